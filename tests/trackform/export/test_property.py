"""Any account: its export changes nothing, is the same again, and makes a twin."""

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import HealthCheck, example, given, note, settings

from tests.thorough import examples
from tests.trackform.export.generated import Plan, of_everything, plans
from tests.trackform.export.living import House, Living
from trackform.documents.merge import load
from trackform.export.text import text

OFTEN = settings(
    max_examples=examples(8, thorough=25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@OFTEN
@example(plan=of_everything())
@example(plan=of_everything(titles=("Keto", "Keto")))
@given(plan=plans())
def test_applied_to_its_own_account_it_writes_nothing(house: House, plan: Plan) -> None:
    house.empty()
    living = house.living()
    plan.make(living)
    first = living.export()
    assert first.unproven == []
    text = living.file()
    note(text)
    assert living.apply(own=text) == []
    assert living.file() == text
    assert "canary-secret" not in text
    own, shared = living.two_files()
    assert living.apply(own=own, shared=shared) == []


def meaning(own: str, shared: str) -> Any:
    """What the two files say together."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (("own", own), ("shared", shared)):
            (Path(folder) / f"{name}.yaml").write_text(text, encoding="utf-8")
        return load(Path(folder) / "own.yaml").data


def of_the_other(own: str, one: Living, other: Living) -> str:
    """The account's own few lines, as somebody writes them for the second account: the declared differences."""

    def zeta(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: zeta(item, str(name)) for name, item in value.items()}
        if key in ("url", "affiliate"):
            # Without a link that tells another, it is the account's own name at Digistore24, which the sandbox made.
            return str(value).replace("acme", "zeta").replace(one.vendor, other.vendor)
        return "GBP" if key == "currency" and value == "USD" else value

    data = zeta(yaml.safe_load(own))
    # Here a saved funnel stands for what lives only inside a campaign there.
    data.pop("funnels", None)
    for entry in data.get("campaigns", {}).values():
        entry.pop("funnel", None)
        entry.pop("funnels", None)
    data = {key: value for key, value in data.items() if key != "campaigns" or any(value.values())}
    data["account"]["redtrack_user"] = other.owner
    data["digistore24"]["account"] = int(other.vendor)
    return text(data, {}, [])


@OFTEN
@example(plan=of_everything())
@given(plan=plans(twin=True))
def test_the_shared_part_makes_a_twin(house: House, plan: Plan) -> None:
    house.empty()
    one, other = house.living(1), house.living(2)
    plan.make(one)
    own, shared = one.two_files()
    mine = of_the_other(own, one, other)
    note(own)
    note(shared)
    other.apply(own=mine, shared=shared)
    assert other.apply(own=mine, shared=shared) == []
    again, shared_again = other.two_files()
    note(again)
    note(shared_again)
    assert meaning(again, shared_again) == meaning(mine, shared)
