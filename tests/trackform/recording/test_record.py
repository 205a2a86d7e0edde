"""What `trackform probe --record` keeps, and that it keeps nothing that anybody could not share."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trackform.probe.stage import DIGISTORE24_KEY, ProbeStage
from tests.trackform.reconcile.stage import REDTRACK_KEY
from trackform.recording.allowed import known_fields
from trackform.recording.masking import Masking, strings_in

FILE = Path("recording.json")
CANARY = "canary"


def recorded(stage: ProbeStage) -> str:
    done = stage.probe("--record", str(FILE))
    assert done.exit_code == 0, done.output
    return FILE.read_text(encoding="utf-8")


def test_no_key_mail_name_amount_or_title_is_kept(stage: ProbeStage) -> None:
    stage.declare()
    stage.control("affiliates", {"name": "canaryname", "key": DIGISTORE24_KEY})
    stage.control("products", {"id": "411530", "price": "7351.37", "name": "Canary Guide"})
    more = {"sub1": "canary sub", "alias": "canaryalias", "notes": "ask canary@example.test"}
    stage.edit("network", title="Canary Network", **more)
    link = "https://canary.example.test/x?cid={clickid}"
    money: dict[str, Any] = {"payment": {"amount": 6173.25}, "tags": ["canarytag"]}
    stage.edit("offer", title="canaryoffer", url=link, program_id=stage.network, **money)
    stage.edit("landing", title="canary page", url="https://canary.example.test/lander")
    stage.edit("domain", url="track.canary.test")
    order = stage.sale()
    stage.follow("refund", order)
    text = recorded(stage)
    transactions = {row["deduplicate_token"] for row in stage.conversions}
    clicks = {row["clickid"] for row in stage.conversions}
    amounts = {f"{abs(row['payout'])}" for row in stage.conversions} | {"7351.37", "6173.25"}
    objects = {row["id"] for kind in ("network", "offer", "source", "campaign") for row in rows(stage, kind)}
    for secret in {CANARY, REDTRACK_KEY, DIGISTORE24_KEY, "api_key", "411530", "keto", "facebook", "digistore24.com",
                   "acme.test", "example", order, *transactions, *clicks, *amounts, *objects}:  # fmt: skip
        assert not re.search(rf"(?<![\d.]){re.escape(secret)}(?!\d)", text, re.IGNORECASE), secret
    assert "@" not in text


def rows(stage: ProbeStage, kind: str) -> list[Any]:
    found: list[Any] = [row for _, row in stage.sandbox.store.everywhere(kind)]
    return found


def test_structure_names_enums_and_lengths_are_kept(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    exchanges = json.loads(recorded(stage))["exchanges"]
    offers = next(each for each in exchanges if each["path"] == "offers" and each["answer"])["answer"]
    assert offers[0]["status"] == 1
    assert len(offers[0]["title"]) == len("keto-guide")
    assert offers[0]["url"].startswith("https://")
    assert set(offers[0]) >= {"id", "title", "payment", "program_id"}
    booked = next(each for each in exchanges if each["path"] == "listTransactions")["answer"]["data"]
    assert {row["transaction_type"] for row in booked["transaction_list"]} == {"payment", "refund"}
    assert sorted(row["amount"] > 0 for row in booked["transaction_list"]) == [False, True]
    network = next(each for each in exchanges if each["path"] == "networks" and each["answer"])["answer"][0]
    assert offers[0]["program_id"] == network["id"]


def test_a_long_list_is_cut(stage: ProbeStage) -> None:
    stage.declare()
    for number in range(40):
        stage.edit("source", title=f"channel {number}")
    exchanges = json.loads(recorded(stage))["exchanges"]
    sources = max((each["answer"] for each in exchanges if each["path"] == "sources" and each["answer"]), key=len)
    assert len(sources) == 26
    assert sources[-1] == {"$more": 41 - 25}


def test_it_keeps_one_account_and_replaces_no_other_file(stage: ProbeStage) -> None:
    stage.declare()
    Path("stacks/other.yaml").write_text(Path("stacks/demo.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    assert "name one stack" in stage.probe("--all", "--record", str(FILE)).output
    FILE.write_text("mine\n", encoding="utf-8")
    done = stage.probe("demo", "--record", str(FILE))
    assert done.exit_code == 1
    assert FILE.read_text(encoding="utf-8") == "mine\n"


VALUES = st.recursive(
    st.text(max_size=12) | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(VALUES)
def test_a_replaced_value_has_the_same_type_and_length_and_is_replaced_alike(value: Any) -> None:
    masking = Masking(strings_in(value))
    masked = masking.value(value)
    assert masking.value(value) == masked
    assert shape(masked) == shape(value)


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return "map", [shape(inner) for inner in value.values()]
    if isinstance(value, list):
        return [shape(inner) for inner in value]
    if isinstance(value, str):
        return "text", len(value)
    return type(value), value if value is None or isinstance(value, bool) else (value > 0) - (value < 0)


@pytest.mark.parametrize(
    ("value", "kept"),
    [("{cid}", "{cid}"), ("cid", "cid"), ("{secret}", "{xxxxx1}"),
     ("2026-09-18T13:16:09-07:00", "2001-01-01T00:00:00+00:00"),
     ("2026-09-18 13:16:09", "2001-01-01 00:00:00"), ("2026-09-18", "2001-01-01"), ("Y", "Y"), (True, True), (0, 0),
     ("5f0c1d2e3b4a59687766554f", "000000000000000000000001"), ("48213", "11111"), ("https://a.test/b", "https://xxxxxxx1"),
     (-12.75, -1.5), (12, 1001)],
)  # fmt: skip
def test_what_is_kept_of_a_value(value: Any, kept: Any) -> None:
    assert Masking(set()).value(value) == kept


def test_a_key_that_is_somebodys_value_is_no_field() -> None:
    masking = Masking({"berta"})
    assert masking.value({"berta": 1, "notes": True, "buyer@x.test": None}) == {
        "field_1": 1001, "notes": True, "field_2": None,
    }  # fmt: skip


def test_keys_of_a_map_that_anybody_fills_are_no_fields() -> None:
    """Nor are names of Python's."""
    masking = Masking(set())
    sent = {"integrations": {"params": {"our_secret_shop": "x", "title": 1}}, "rates": {"EUR": 1.25, "PLN": 4.5}}
    assert masking.value(sent) == {
        "integrations": {"field_1": {"field_2": "1", "title": 1001}}, "rates": {"EUR": 1.5, "field_3": 2.5},
    }  # fmt: skip
    assert not known_fields() & {"ArithmeticError", "copyright", "__name__"}


def test_of_headers_usual_media_types_and_numbers_are_kept() -> None:
    sent = {
        "content-type": "application/vnd.canary+json",
        "retry-after": "canary",
        "ratelimit-limit": "20",
        "via": "canary",
    }
    assert Masking(set()).headers(sent) == {"content-type": "another", "ratelimit-limit": "20"}
    assert Masking(set()).headers({"content-type": "Text/HTML; charset=canary"}) == {"content-type": "text/html"}
