"""When an object counts as gone: each combination of what a service shows, and what is said where nobody can tell."""

from dataclasses import replace
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.kept import as_kept
from trackform_core.errors import Refused
from trackform_core.lifecycle import manual as by_hand
from trackform_core.lifecycle.lookup import live_row, meant, same_owner
from trackform_core.no_api.ledger import ledger_of
from trackform_core.no_api.status import entry_for
from trackform_core.session import session as sessions
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_redtrack.conversion_type import KIND as TYPE

ROW = {"id": "7", "title": "a"}
OTHER = {"9": {"id": "9", "title": "b"}}
SERVICE = SimpleNamespace(name="RedTrack", whose=SimpleNamespace(name="RedTrack"))


class Listing:
    def __init__(self, rows: dict[str, Any], again: dict[str, Any] | None = None) -> None:
        self.known = dict(rows)
        self.again = again
        self.asked_again = 0

    def row(self, object_id: str) -> Any:
        return self.known.get(object_id)

    def rows(self) -> dict[str, Any]:
        return self.known

    def confirmed(self) -> dict[str, Any]:
        self.asked_again += 1
        return self.known if self.again is None else self.again

    def doubt(self) -> str:
        return ""

    def tells_a_total(self) -> bool:
        return True

    def named(self, key: Any) -> list[tuple[str, Any]]:
        return [(object_id, row) for object_id, row in self.known.items() if row["title"] == key]

    def put(self, object_id: str, row: Any) -> None:
        self.known[object_id] = row


def kind_of(**more: Any) -> Any:
    usual = {
        "title": "offer", "name": "offer", "key": "title", "service": SERVICE, "can_get": True, "has_listing": True,
        "get": lambda _client, _id: None, "is_gone": lambda row: row.get("status") == 3,
        "hidden": lambda _client, _outs: "", "key_of": lambda row: row["title"], "search": lambda _client, _key: None,
    }  # fmt: skip
    return SimpleNamespace(**{**usual, **more})


def place_of(listing: Listing, *, missed: int = 1, owner: str = "u1", made: tuple[str, ...] = ("a",)) -> Any:
    return SimpleNamespace(
        listing=lambda _kind: listing,
        client=lambda _service: None,
        missed=lambda *_: missed,
        owner=lambda _: owner,
        made={"offer": made},
        knows_its_past=True,
    )


def told(work: Any) -> str:
    try:
        found = work()
    except Refused as error:
        return f"{error} ({error.shared or 'told in full each time'})"
    return f"there: {found}" if found is not None else "gone"


ANSWERS: dict[str, Any] = {"none": None, "the object": ROW, "one that was deleted": {**ROW, "status": 3}}
YES = (False, True)


def looked_for(answer: Any, *, can_get: bool, empty: bool, hidden: bool, missed: int) -> str:
    rows = {} if empty else OTHER
    listing = Listing(rows, {**rows, "7": ROW} if answer is ROW else rows)
    reason = "the key sees no such object" if hidden else ""
    kind = kind_of(can_get=can_get, get=lambda *_: answer, hidden=lambda *_: reason)
    said = told(lambda: live_row(kind, place_of(listing, missed=missed), "7", {"title": "a"}))
    assert listing.asked_again == (not can_get)
    assert (listing.row("7") == ROW) is (said.startswith("there") and can_get)
    return said


def test_whether_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """By id or by a second reading; never on the word of an empty listing alone, but for one object."""
    monkeypatch.setattr("trackform_core.lifecycle.lookup.users", lambda *_: iter(()))
    lines = []
    for can_get, empty, hidden, allow, missed, title in product(YES[::-1], YES, YES, YES, (1, 2), ANSWERS):
        monkeypatch.setenv("TRACKFORM_ALLOW", "gone:offer" if allow else "gone:campaign")
        said = looked_for(ANSWERS[title], can_get=can_get, empty=empty, hidden=hidden, missed=missed)
        lines.append(
            f"{'GET' if can_get else 'read again'}: {title}; listing {'empty' if empty else 'of others'}; "
            f"{'hidden; ' if hidden else ''}{'allowed; ' if allow else ''}{missed} missed -> {said}"
        )
    as_kept("core/gone.txt", "\n".join(lines))


def test_what_is_in_the_listing_is_there_without_a_question() -> None:
    kind = kind_of(get=lambda *_: pytest.fail("asked"), hidden=lambda *_: pytest.fail("asked"))
    assert live_row(kind, place_of(Listing({"7": ROW})), "7", {}) == ROW


def test_without_a_listing_each_answer_stands_for_itself() -> None:
    kind = kind_of(has_listing=False)
    assert live_row(kind, place_of(Listing({}), missed=2), "7", {"title": "a"}) is None


ANOTHER = (
    "offer 'a' belongs to the RedTrack account u2, but the key in use is of u1. Nothing was touched: use the key of "
    "the stack's own account [other-account] (the key in use is of the RedTrack account u1)"
)


def test_another_accounts_key_proves_nothing() -> None:
    for outs, fine in (
        ({}, True), ({"owner": "u1"}, True), ({"owner": "u2"}, False), ({"account_id": "u1", "owner": "u2"}, True),
        ({"account_id": "u2", "owner": "u1"}, False), ({"account_id": "", "owner": ""}, True),
    ):  # fmt: skip
        values = {"title": "a", **outs}
        said = told(lambda values=values: same_owner(kind_of(), place_of(Listing({})), values))
        assert said == ("gone" if fine else ANOTHER)
    with pytest.raises(Refused):
        live_row(kind_of(), place_of(Listing(OTHER)), "7", {"title": "a", "owner": "u2"})


@pytest.mark.parametrize(
    ("rows", "answer", "can_get", "found"),
    [
        ({"7": ROW}, None, True, [("7", ROW)]), ({}, ROW, True, [("7", ROW)]),
        ({}, ROW, False, "`id` says 7, and RedTrack has no such offer. Correct it, or take it out"),
        ({}, None, True, "`id` says 7, and RedTrack has no such offer"),
        ({}, {**ROW, "status": 3}, True, "`id` says 7, and RedTrack has no such offer"),
        ({"7": {**ROW, "title": "x"}}, None, True, "`id` says 7, which is 'x' in RedTrack. `id` picks"),
    ],
)  # fmt: skip
def test_the_object_that_is_picked(rows: dict[str, Any], answer: Any, can_get: bool, found: Any) -> None:
    listing = Listing(rows)
    kind = kind_of(can_get=can_get, get=lambda *_: answer)
    if isinstance(found, list):
        assert meant(kind, place_of(listing), {"title": "a", "adopt_id": "7"}) == found
        assert listing.row("7") == ROW
    else:
        with pytest.raises(Refused, match=found):
            meant(kind, place_of(listing), {"title": "a", "adopt_id": "7"})
    assert meant(kind, place_of(Listing({"7": ROW, **OTHER})), {"title": "b"}) == [("9", OTHER["9"])]


CONNECTION = {"account": "acme", "name": "sales", "url": "https://t.test/?sub20=tf.sales", "events": ["payment"]}
RUNS = {"up": True, "destroy": False}
"""Whether the stack's Account was checked: what runs no program has none to check."""
OUTS: dict[str, dict[str, Any]] = {
    "as it is": {}, "existing": {"existing": True}, "to keep": {"on_delete": "keep"},
    "confirmed": {"status": "confirmed"}, "over a bridge": {"owner": "u1", "status": "over the bridge"},
}  # fmt: skip


def test_what_becomes_of_an_object_that_a_person_entered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the run, what the state says of it, what the ledger says, and what is allowed once."""
    monkeypatch.chdir(tmp_path)
    sessions.forget_everything()
    lines = []
    entered = replace(entry_for(POSTBACK, CONNECTION), confirmed="2026-11-23T10:00:00Z", by="Ann")
    ledgers = {"no ledger": None, "not in the ledger": [], "in the ledger": [entered]}
    allowed = ("", f"forget:{POSTBACK.name}/sales")
    for run, (title, more), (kept, entries), permission in product(RUNS, OUTS.items(), ledgers.items(), allowed):
        sessions.session_of("acme").checked = RUNS[run]
        monkeypatch.setenv("TRACKFORM_ALLOW", permission)
        file = ledger_of("acme").file
        file.unlink(missing_ok=True)
        if entries is not None:
            replace(ledger_of("acme"), entries={entry.key: entry for entry in entries}).write()
        outs = {**CONNECTION, **more}
        said = told(lambda outs=outs: by_hand.delete(POSTBACK, "tf.sales", outs))
        lines.append(f"{run}; {title}; {kept}{'; allowed' if permission else ''} -> {said.removeprefix('there: ')}")
    lines.append(f"conversion type -> {by_hand.delete(TYPE, 'type1', {'account': 'acme', 'slot': 1, 'name': 'sale'})}")
    sessions.session_of("acme").taken.add((POSTBACK.name, "tf.sales"))
    lines.append(f"declared anew -> {by_hand.delete(POSTBACK, 'tf.sales', CONNECTION)}")
    sessions.forget_everything()
    as_kept("core/by-hand.txt", "\n".join(lines))
