"""`trackform operator` as a person sees it, from the first step to the last: to the letter."""

import json
import re
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import click
import pytest

from tests.kept import as_kept
from tests.machines import for_machines
from tests.trackform.operator.test_evidence import BILLING, NOW, row, weighed
from tests.trackform.operator.test_verb import ALL, WHO, call, project
from trackform.commands import operator as verb
from trackform.commands import operator_evidence
from trackform.commands.stacks import composed
from trackform.operator.connected import clicks_by_offer, confirmed
from trackform.operator.desk import OperatorDesk
from trackform.operator.evidence import SETTLING
from trackform_core.no_api.ledger import Ledger, LedgerEntry
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of

__all__ = ["project"]


def told(text: str) -> str:
    return re.sub(r"[ \t]+$", "", click.unstyle(text), flags=re.MULTILINE).rstrip()


def test_a_walk(project: Path) -> None:
    """Confirm, skip, go back, confirm, back to the first, quit; and again."""
    as_kept("operator/walk.txt", told(call("demo", *WHO, answers="c\ns\nb\nc\nx\nb\nb\nq\n").output))
    as_kept("operator/walk-again.txt", told(call("demo", *WHO, answers="c\n" * 9).output))
    as_kept("operator/walk-nothing.txt", told(call("demo", *WHO).output))


@pytest.mark.usefixtures("project")
def test_what_was_confirmed_before_is_passed_over() -> None:
    """Skip, confirm two, back over them to the first, confirm it: the next is the fourth."""
    shown = told(call("demo", *WHO, answers="s\nc\nc\nb\nb\nb\nc\nq\n").output).splitlines()
    steps = [line for line in shown if line.startswith("[")]
    assert steps == [f"[{number} of {ALL}] stack demo" for number in (1, 2, 3, 4, 3, 2, 1, 4)]


@pytest.mark.usefixtures("project")
def test_the_list() -> None:
    as_kept("operator/list.txt", told(call("demo", "--list").output))
    done = call("demo", *WHO, "--confirm", "conversion_types/*", "--confirm", "postbacks/sales")
    as_kept("operator/confirmed.txt", told(done.output))
    assert for_machines(call("demo", *WHO, "--confirm", "postbacks/*", "--json").stdout)["confirmed"] == [
        {"stack": "demo", "id": "postbacks/returns"}, {"stack": "demo", "id": "postbacks/billing"},
    ]  # fmt: skip


def test_the_list_of_many_stacks(project: Path) -> None:
    text = (project / "stacks/demo.yaml").read_text()
    (project / "stacks/beta.yaml").write_text(text)
    (project / "stacks/alpha.yaml").write_text(text.replace("affiliate: acme", "affiliate: other"))
    lines = told(call("--all", "--list").output).splitlines()
    kept = [line for line in lines if line.startswith("[") or (": " in line and "→" in line) or "open in" in line]
    as_kept("operator/list-of-many.txt", "\n".join(line for line in kept if not line.startswith(" ")))


@pytest.mark.usefixtures("project")
def test_who_confirms() -> None:
    assert verb._signature("Ann")() == "Ann"
    known = {"user.name": "Bob", "user.email": "bob@acme.test"}
    for name, email, said in (
        ("Bob", "bob@acme.test", "Bob <bob@acme.test>"), ("", "bob@acme.test", "<bob@acme.test>"), ("Bob", "", "Bob"),
    ):  # fmt: skip
        known |= {"user.name": name, "user.email": email}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(verb, "_git", known.__getitem__)
            assert verb._signature(None)() == said


class OperatorNoon(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "OperatorNoon":
        return cls(2026, 11, 23, 12, tzinfo=tz)


def test_the_page_of_the_verb(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform.commands.operator_page.datetime", OperatorNoon)
    done = call("demo", "--html", "steps.html")
    assert done.stderr == "The page is steps.html: open it in a browser, it needs no network\n"
    assert done.stdout == "11 steps are open in demo\n"
    assert '<time datetime="2026-11-23T12:00:00+00:00">2026-11-23 12:00 UTC' in (project / "steps.html").read_text()


def test_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    found = weighed(
        row(days=1), row(days=20), row(p_sub8="1"), row("old"), row(p_sub20="", event=""), BILLING,
        row("returns", "chargeback", type="default", default_type=1),
    )  # fmt: skip
    operator_evidence._print("demo", found)
    as_kept("operator/evidence-table.txt", told(capsys.readouterr().out))
    document = operator_evidence.as_document(found)
    as_kept("operator/evidence.json", json.dumps(document, indent=1, ensure_ascii=False))


@pytest.fixture
def desk(project: Path) -> OperatorDesk:
    ((_, composition),) = composed(["demo"], as_json=True)
    return OperatorDesk("demo", composition, lambda _: None, folder=project / "stacks")


def test_since_when_connections_are_there(desk: OperatorDesk) -> None:
    when = "2026-11-20T10:00:00Z"
    ledger = Ledger(desk.ledger().file).with_entry(LedgerEntry("postbacks/tf.sales", {"name": "sales"}, when, "Ann"))
    ledger.with_entry(LedgerEntry("postbacks/tf.gone", {}, when, "Ann")).write()
    assert confirmed(desk, NOW) == {"sales": datetime(2026, 11, 20, 10, tzinfo=UTC)}
    over_a_bridge = OperatorDesk("demo", desk.composition, desk.secrets, bridge=True, folder=desk.folder)
    assert confirmed(over_a_bridge, NOW) == dict.fromkeys(("sales", "returns", "billing"), NOW - 2 * SETTLING)


class OffersWithClicks:
    """RedTrack's offers with their statistics, over two pages."""

    def __init__(self, *rows: object) -> None:
        self.rows = rows
        self.asked: list[dict[str, str]] = []

    def pages(self, path: str, **query: str) -> list[tuple[list[object], None]]:
        self.asked.append({"path": path, **query})
        return [([one], None) for one in self.rows]


def keto(stat: object) -> dict[str, object]:
    return {"title": "keto-guide", "stat": stat}


def test_clicks_are_those_of_the_offers_of_the_file(desk: OperatorDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session("demo", settings_of("demo", {}))
    for rows, found in (
        ([], None), ([keto({"clicks": 0})], {"keto-guide": 0}),
        ([keto({"clicks": 2}), keto({"clicks": 3.0})], {"keto-guide": 5}),
        ([keto({"clicks": "2"}), keto(7), {"title": "keto-guide"}], None),
        ([{"title": "another", "stat": {"clicks": 2}}], None),
    ):  # fmt: skip
        listing = OffersWithClicks(*rows)
        monkeypatch.setattr(session, "client", lambda _service, listing=listing: listing)
        assert clicks_by_offer(desk, session, NOW) == found
        assert listing.asked == [{"path": "offers", "date_from": "2026-11-16", "date_to": "2026-11-24"}]
