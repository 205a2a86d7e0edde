"""`mark: true`: written along, never a difference, and respected by other stacks."""

import re
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.trackform_core.lifecycle.test_presence import as_stored
from trackform.resources import RESOURCES
from trackform_core.errors import Refused
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row
from trackform_core.session.permissions import setting

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

ALL = [resource.provider.kind for resource in RESOURCES]
MARKED = [kind for kind in ALL if kind.mark_in]
CHANGED = {"offer": "payout", "campaign": "cost_model", "landing": "url", "offer_source": "currency"}
by_name = pytest.mark.parametrize("kind", MARKED, ids=lambda kind: str(kind.name))


def carried(kind: Kind[Any], row: Row) -> str:
    return str(row.get(kind.mark_in))


def test_where_there_is_room() -> None:
    assert {kind.name for kind in MARKED} == {"offer", "campaign", "landing", "offer_source"}


@by_name
def test_a_mark_is_written_along_and_is_no_difference(room: "Room", cases: "Cases", kind: Kind[Any]) -> None:
    case = cases[kind.name]
    fields = case.fields | {"mark": True}
    live = room.create(kind, fields)
    assert "trackform:default" in carried(kind, room.stored(kind, live.object_id))
    for declared in (fields, case.fields, {name: v for name, v in fields.items() if name != kind.mark_in}):
        room.process()
        seen = room.read(kind, live)
        assert "trackform:" not in str(seen.inputs)
        assert room.differing(kind, seen, fields) == []
        if kind.mark_in in declared:
            assert room.differing(kind, seen, declared) == []


@by_name
def test_a_missing_mark_waits_for_the_next_change(room: "Room", cases: "Cases", kind: Kind[Any]) -> None:
    case = cases[kind.name]
    live = room.create(kind, case.fields)
    room.forget()
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.process()
    seen = room.read(kind, live)
    marked = case.fields | {"mark": True}
    assert room.differing(kind, seen, marked) == []
    room.update(kind, seen, marked)
    assert room.writes() == []
    room.update(kind, seen, marked | case.changes[CHANGED[kind.name]])
    assert len(room.writes()) == 1
    assert "trackform:default" in carried(kind, room.stored(kind, live.object_id))


@by_name
def test_marks_survive_a_change_of_what_they_stand_in(room: "Room", cases: "Cases", kind: Kind[Any]) -> None:
    case = cases[kind.name]
    fields = case.fields | {"mark": True}
    live = room.create(kind, fields)
    room.control("POST", "clock", json={"advance_seconds": 2})
    other = case.changes[kind.mark_in]
    room.update(kind, live, case.fields | other)
    stored = room.stored(kind, live.object_id)
    assert "trackform:default" in carried(kind, stored), "whoever no longer asks for a mark does not remove it"
    room.process()
    seen = room.read(kind, live)
    assert seen.inputs[kind.mark_in] == other[kind.mark_in]
    without = {name: value for name, value in case.fields.items() if name != kind.mark_in} | {"unset": [kind.mark_in]}
    live = room.update(kind, seen, without)
    assert "trackform:default" in carried(kind, room.stored(kind, live.object_id))
    room.process()
    seen = room.read(kind, live)
    assert room.differing(kind, seen, without) == []
    room.update(kind, seen, case.fields | {"mark": False})
    assert "trackform:" not in carried(kind, room.stored(kind, live.object_id))


@by_name
def test_what_another_stack_marked_is_not_taken(
    room: "Room", cases: "Cases", caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: Kind[Any]
) -> None:
    case = cases[kind.name]
    row = room.edit(kind, set=as_stored(kind, case.fields | {"account": "other", "mark": True}))
    for options in ({"adopt": True, **case.changes[CHANGED[kind.name]]}, {"adopt": True}, {}):
        room.process()
        room.forget()
        inputs = room.check(kind, case.fields | options)
        assert "adopts" not in inputs
        assert "object_id" not in inputs
        assert "carries the mark of stack other" in room.refusal(kind, case.fields | options)
        allow = f"take-over:{kind.name}/{case.fields['title']}"
        with pytest.raises(Refused, match=re.escape(setting(allow))):
            lifecycle.create(kind, inputs)
        assert room.writes() == []
    monkeypatch.setenv("TRACKFORM_ALLOW", allow)
    room.process()
    changed = case.fields | case.changes[CHANGED[kind.name]] | {"adopt": True, "mark": True}
    inputs = room.check(kind, changed)
    assert inputs["adopts"]["id"] == row["id"]
    assert lifecycle.create(kind, inputs).object_id == row["id"]
    assert "trackform:default" in carried(kind, room.stored(kind, row["id"]))
    assert "trackform:other" not in carried(kind, room.stored(kind, row["id"]))


def test_an_own_mark_is_no_hindrance_and_a_reference_needs_none(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields | {"account": "default", "mark": True}))
    assert room.create(case.kind, case.fields | {"mark": True}).object_id == row["id"]
    room.edit(case.kind, row["id"], set={"tags": ["trackform:other"]})
    room.process()
    assert room.create(case.kind, {"title": case.fields["title"], "existing": True}).object_id == row["id"]


@pytest.mark.parametrize("kind", [kind for kind in ALL if not kind.mark_in], ids=lambda kind: str(kind.name))
def test_where_there_is_no_room_it_is_said(kind: Kind[Any]) -> None:
    checked = lifecycle.check(
        kind, {}, {kind.key: 1 if kind.key == "slot" else "x", "existing": True, "mark": True}, ""
    )
    assert [failure.reason for failure in checked.failures if failure.field == "mark"] == [
        f"{kind.title} has no room for a mark in {kind.service.name}"
    ]


def test_nobody_declares_a_mark_by_hand(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    (failure,) = lifecycle.check(case.kind, {}, case.fields | {"tags": ["a", "trackform:x"]}, "?").failures
    assert (failure.field, "`mark: true` sets" in failure.reason) == ("tags", True)
