"""What hardly any run meets: answers, files and installations that are odd in a way of their own."""

import asyncio
import os
import re
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
import yaml

from tests.providers.conftest import KINDS
from trackform_core import account
from trackform_core.account import Account
from trackform_core.errors import Refused
from trackform_core.guard.guard import Guard
from trackform_core.http import hosts
from trackform_core.http.api import JsonApi
from trackform_core.http.rows import unreadable
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import check as checks
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle import unconfirmed
from trackform_core.model import vendors
from trackform_core.model.compare import Comparison
from trackform_core.model.messages import not_all_created
from trackform_core.model.pulumi_names import UNKNOWN
from trackform_core.model.starting import Starting
from trackform_core.model.vendors import NotInstalled
from trackform_core.no_api import ledger
from trackform_core.session.listing import Lookup
from trackform_core.text import files
from trackform_core.text.files import UnreadableError
from trackform_core.text.guarded import guarded
from trackform_redtrack.filters import FiltersWire
from trackform_redtrack.funnel import KIND as FUNNEL
from trackform_redtrack.offer import KIND as OFFER

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]


def test_a_run_of_which_nobody_saw_the_end_fails_with_each_reason_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async def known(reasons: list[str]) -> list[str]:
        await asyncio.sleep(0)
        return reasons

    monkeypatch.setattr(account, "_known", known)
    of_nothing: Any = object.__new__(Account)
    noted = [("", ""), ("offer", "keto"), ("offer", "slim")]
    of_nothing.__dict__.update(_breaches=[], _noted=noted, _places={("offer", "keto"): "stacks/acme.yaml:7"})
    of_nothing.__dict__["_refused"] = [["one may exist"], [], ["one may exist", "another"]]
    with pytest.raises(pulumi.RunError) as told:
        asyncio.run(of_nothing._settle())
    assert str(told.value) == (
        "Nobody saw whether all of this was created, and the state remembers it:\n- one may exist\n- another"
    )
    of_nothing.__dict__["_refused"] = [[], ["one may exist", "another"], ["another", "a third"]]
    with pytest.raises(pulumi.RunError) as told:
        asyncio.run(of_nothing._judge())
    assert re.findall("^- .*", str(told.value), re.MULTILINE) == [
        "- stacks/acme.yaml:7: one may exist", "- stacks/acme.yaml:7: another", "- a third",
    ]  # fmt: skip
    of_nothing.__dict__["_refused"] = [[], []]
    assert asyncio.run(of_nothing._settle()) is True
    assert not_all_created([]).endswith(":")


def test_what_was_read_under_two_names_of_an_account_counts_together() -> None:
    one, other = Guard(), Guard()
    one.note_read(OFFER, "1", {"title": "a"}, {"title": "b"})
    other.note_read(OFFER, "2", {"title": "c"}, None)
    other.note_read(FUNNEL, "3", {"title": "d"}, {})
    one.join(other)
    one.join(one)
    assert [(each.object_id, each.key, each.key_today, each.gone) for each in one.of(OFFER)] == [
        ("1", "a", "b", False), ("2", "c", "", True),
    ]  # fmt: skip
    assert [(each.object_id, each.key_today) for each in one.of(FUNNEL)] == [("3", "d")]
    assert [each.object_id for each in other.of(OFFER)] == ["2"]


def test_a_service_says_itself_how_it_is_called() -> None:
    with pytest.raises(NotImplementedError):
        JsonApi.delete(object.__new__(JsonApi), "offers/1")


@pytest.mark.parametrize("text", ["hosts: \x07\n", "\x00", "hosts: {redtrack: [\ufffe]}"])
def test_a_policy_with_signs_that_no_yaml_has_allows_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "policy.yaml").write_text(text, encoding="utf-8")
    allowed = hosts.read(tmp_path / "policy.yaml")
    assert dict(allowed.hosts) == {}
    assert [(each.line, each.message) for each in allowed.mistakes] == [(0, "it cannot be read as YAML in UTF-8")]


@pytest.mark.parametrize("error", [AttributeError, KeyError, TypeError, ValueError])
def test_a_row_whose_uses_nobody_can_follow_is_no_object(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise error("odd")

    monkeypatch.setattr(type(OFFER), "uses", fails)
    assert unreadable(OFFER, {"id": "1" * 50, "title": "t"}) == f"({'1' * 40}) holds values of other types"


def test_of_an_object_that_is_named_later_nothing_is_asked(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    room.process()
    room.forget()
    for more in ({"title": UNKNOWN}, {"account": UNKNOWN}):
        news = {**case.fields, "account": "default", **more}
        checked = checks.check(OFFER, {}, news, UNKNOWN)
        assert (list(checked.failures), checked.inputs.items() >= more.items()) == ([], True)
        assert "adopts" not in checked.inputs
    assert room.sandbox.store.rows("nobody", "offer") == []


@pytest.mark.parametrize("is_listed", [True, False])
def test_an_update_that_finds_nothing_any_more(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, *, is_listed: bool
) -> None:
    """Deleted between the last look and the write; a service that still lists it says something else."""
    case = cases["offer"]
    live = room.create(case.kind, case.fields)
    session = room.process()
    inputs = room.check(case.kind, case.fields | {"notes": "other"}, live.inputs)

    def gone(*_: object) -> None:
        if not is_listed:
            room.edit(case.kind, live.object_id, delete=True)
            session.listing(case.kind).forget()
        raise ServiceError("RedTrack", "not_found", "is gone")

    monkeypatch.setattr(type(OFFER), "update", gone)
    with pytest.raises(
        ServiceError if is_listed else Refused, match="is gone" if is_listed else "was deleted meanwhile"
    ):
        lifecycle.update(case.kind, live.object_id, live.outs, inputs)


def lost(room: "Room", case: "Case", **more: Any) -> dict[str, Any]:
    return {**case.fields, "account": "default", "title": "lost", **more}


def test_of_several_that_may_be_it_none_is_taken(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    for notes in ("one", "two"):
        there = {"title": "lost", "notes": notes, "url": "https://x.test", "program_id": case.fields["offer_source_id"]}
        room.edit(case.kind, set=there)
    room.process()
    with pytest.raises(Refused, match=r"lost.*\[ambiguous\]"):
        unconfirmed.find(case.kind, lost(room, case, notes="three"))


def test_what_a_person_says_is_not_there_is_made_again(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases["offer"]
    room.process()
    outs = lost(room, case, lost={"at": "2026-06-01T12:00:00+00:00", "answered": True})
    with pytest.raises(Refused, match=r"lost"):
        unconfirmed.find(case.kind, outs)
    monkeypatch.setenv("TRACKFORM_ALLOW", "gone:offer/lost")
    assert unconfirmed.find(case.kind, outs) == ""


def test_a_field_that_is_to_be_empty_is_read_as_it_is_live() -> None:
    row = {"id": "1", "title": "t", "notes": "there", "url": "https://x.test"}
    comparison = Comparison(OFFER, row, {"title": "t", "unset": ["notes"]})
    assert comparison.live_value("notes") == "there"
    assert comparison.live_value("title") == "t"


def test_what_is_said_of_members_is_kept_in_their_order_and_strangers_come_last() -> None:
    wire = FUNNEL.fields["offer_filters"]
    live = {"offers": [{"id": each, "weight": 1} for each in ("9", "1", "2", "0")]}
    declared = {"offer_ids": ["2", "7", "1"], "offer_filters": [{"a": 2}, {"a": 7}, {"a": 1}]}
    kept: Any = getattr(wire, "kept")  # noqa: B009 -- of `Each` alone
    assert kept(live, declared) == [{"a": 2}, {"a": 1}, {}, {}]
    assert kept(live, {}) == [{}, {}, {}, {}]
    assert kept({"offers": None}, declared) == []


def test_most_kinds_start_nothing() -> None:
    nothing: Starting[Any] = Starting()
    assert nothing.starts_after == ""
    assert nothing.starts({"status": "paused"}, {"status": "active"}) is False
    assert (nothing.shown(None), nothing.started({}), nothing.is_stopped({"status": 2})) == (set(), {}, False)
    assert nothing.needed_by({}, dict) == set()
    body = {"title": "t"}
    assert nothing.stop(body) is body
    with pytest.raises(NotImplementedError):
        nothing.held(["a"])
    with pytest.raises(NotImplementedError):
        nothing.way_to_start("acme")
    assert [name for name, kind in KINDS.items() if kind.starts_after] == ["campaign"]


@pytest.mark.parametrize("error", [ImportError, AttributeError])
def test_a_vendor_that_cannot_be_loaded_is_named(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    class Moved(metadata.EntryPoint):
        def load(self) -> Any:
            raise error("it moved")

    entry = Moved("redtrack", "trackform_redtrack.vendor:VENDOR", vendors.GROUP)
    with pytest.raises(
        NotInstalled, match=r"the vendor 'redtrack' of trackform's installation cannot be loaded: it moved\."
    ):
        vendors._loaded(entry)


def test_a_ledger_that_goes_while_it_is_read_is_an_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "acme.ledger.yaml"
    file.write_text("version: 1\n")

    def goes(*_: object) -> None:
        raise FileNotFoundError

    monkeypatch.setattr(ledger, "_read", goes)
    assert ledger.read(file) == ledger.Ledger(file)


def test_where_files_cannot_be_locked_a_writer_is_alone_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with ledger.alone(tmp_path / "stacks"):
        assert not (tmp_path / "stacks").exists()


def test_objects_that_are_asked_for_one_by_one_are_all_told() -> None:
    there = {"1": {"id": "1"}, "2": None}
    lookup = Lookup(there.get)
    assert lookup.tells_a_total() is True
    assert lookup.doubt() == ""
    assert (lookup.named("1"), lookup.named(2), lookup.row("3")) == ([("1", {"id": "1"})], [], None)
    assert lookup.rows() == lookup.complete() == lookup.confirmed() == {"1": {"id": "1"}}


def test_a_yaml_whose_values_nest_too_deeply_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def deep(*_: object) -> int:
        raise RecursionError

    monkeypatch.setattr(files, "_values", deep)
    with pytest.raises(UnreadableError, match="nested too deeply") as told:
        files.load_yaml("a: 1")
    assert told.value.way_out == "is it the file that was meant?"
    assert yaml.safe_load("a: 1") == {"a": 1}


def test_whoever_goes_while_we_write_ends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `head` does: what is left goes nowhere, also when Python ends."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        with guarded("stdout", str.upper):
            print("one line")  # noqa: T201
        assert sys.stdout is gone
        gone.write("more")
        gone.flush()


@pytest.mark.parametrize("value", [None, "text", 7, [{"a": 1}]])
def test_filters_that_are_none_are_in_force_as_they_are(value: Any) -> None:
    assert FiltersWire("filters").in_force(value) == value
