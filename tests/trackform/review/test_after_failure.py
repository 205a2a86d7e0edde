"""A run that failed leaves what people changed in the state: the next review still tells it from what the file says."""

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, Room, cases, engine, furnished, room
from tests.providers.small_engine import Engine
from tests.providers.trackform_core.lifecycle.test_presence import as_stored
from trackform.accept.drift import drift_of
from trackform.preview.plan import read_plan
from trackform.review.judge import judge
from trackform.review.model import Item
from trackform_core.dynamic import Failed

if TYPE_CHECKING:
    from tests.providers.conftest import Case

    Cases = dict[str, Case]

__all__ = ["cases", "engine", "furnished", "room"]
NO_LIMITS: Any = {name: {"update": {"percent": 100, "objects": 999}} for name in KINDS}


def items(engine: Engine, program: Any) -> tuple[Item, ...]:
    engine.preview(program, limits=NO_LIMITS)
    return judge(read_plan({"steps": engine.steps})).items


def fails(engine: Engine, program: Any) -> None:
    """A run of which no write succeeds."""
    for service, method in product(("redtrack", "bridge"), ("POST", "PUT", "PATCH", "DELETE")):
        fault = {"service": service, "effect": "status:400", "method": method, "times": None}
        engine.room.control("POST", "faults", json=fault)
    with pytest.raises(Failed):
        engine.up(program, limits=NO_LIMITS)
    engine.room.control("DELETE", "faults")


@pytest.mark.parametrize("name", KINDS)
def test_what_people_changed_is_still_told_apart(engine: Engine, room: Room, cases: "Cases", name: str) -> None:
    case = cases[name]
    program = {name: {"it": case.fields}}
    engine.up(program, limits=NO_LIMITS)
    (kept,) = [kept for (kind, _), kept in engine.state.items() if kind]
    for field, change in case.changes.items():
        if field == case.kind.key or set(change) & case.kind.secret:
            # The key may be fixed; and of a secret no preview shows a value, so nobody tells whose it is.
            continue
        room.edit(case.kind, kept.object_id, set=as_stored(case.kind, case.fields | change))
        before = items(engine, program)
        if not before:
            continue
        fails(engine, program)
        assert items(engine, program) == before
        fails(engine, program)
        assert items(engine, program) == before
        acceptable = drift_of(read_plan({"steps": engine.steps})).changes
        assert {each.why for each in acceptable if each.field not in case.kind.initial} <= {"drift"}
        engine.up(program, limits=NO_LIMITS)
        assert items(engine, program) == ()


@pytest.mark.parametrize("name", KINDS)
def test_what_people_deleted_is_still_told(engine: Engine, room: Room, cases: "Cases", name: str) -> None:
    case = cases[name]
    program = {name: {"it": case.fields}}
    engine.up(program, limits=NO_LIMITS)
    (kept,) = [kept for (kind, _), kept in engine.state.items() if kind]
    room.edit(case.kind, kept.object_id, delete=True)
    (before,) = items(engine, program)
    assert (before.change, before.note.partition(";")[0]) == ("drift", "Deleted outside")
    for _ in range(2):
        fails(engine, program)
        (after,) = items(engine, program)
        assert (after.change, after.note) == (before.change, before.note)
    engine.up(program, limits=NO_LIMITS)
    assert items(engine, program) == ()


def test_what_was_never_made_is_new_however_often_it_failed(engine: Engine, cases: "Cases") -> None:
    program = {name: {"it": cases[name].fields} for name in ("offer_source", "domain")}
    engine.up({"offer_source": program["offer_source"]}, limits=NO_LIMITS)
    for _ in range(2):
        fails(engine, program)
        assert [(item.section, item.change) for item in items(engine, program)] == [("domains", "create")]
