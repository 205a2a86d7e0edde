"""What a preview plans is what a review tells, and what is written was told: every kind, every field, every change.

Apart from the code under test: the JSON of the plan is read here once more, plainly, and what was written is read off
the rows of the service.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from tests.providers.conftest import KINDS, Room, build_cases, cases, engine, furnished, room
from tests.providers.small_engine import Engine, Stopped
from tests.thorough import examples
from trackform.account_file.sections import SECTIONS
from trackform.preview.plan import read_plan
from trackform.preview.steps import SECTION_OF
from trackform.preview.urn import read_urn
from trackform.review.judge import judge
from trackform.review.model import Review

if TYPE_CHECKING:
    from tests.providers.conftest import Case
    from trackform_core.model.wire import Values

    Cases = dict[str, Case]

__all__ = ["cases", "engine", "furnished", "room"]
Changes = set[tuple[str, str, str]]
"""(object, what becomes of it, field), the field empty where the object as a whole is meant."""

NOT_THE_OBJECTS = {"account", "account_id", "object_id", "adopts", "refused"}
SECTION = {kind.name: section for section, kind in SECTIONS.items()}
WRITTEN_BY_THE_SERVICE = {"updated_at"}
NO_LIMITS: Any = {name: {"update": {"percent": 100, "objects": 999}} for name in KINDS}


def fields(inputs: "Values") -> "Values":
    """Field -> value, parts of `extra` one by one."""
    found = {name: value for name, value in inputs.items() if name not in NOT_THE_OBJECTS | {"extra"}}
    return found | {f"extra.{name}": value for name, value in (inputs.get("extra") or {}).items()}


def planned(steps: list["Values"]) -> Changes:
    """What the engine plans, read off its JSON."""
    found: Changes = set()
    known = {step["urn"] for step in steps if step["op"] == "refresh"}
    for step in steps:
        urn = read_urn(step["urn"])
        section, op = SECTION_OF.get(urn.type), step["op"]
        if section is None or op in ("refresh", "same"):
            continue
        about = f"{section}/{urn.name}"
        old, new = (fields((step.get(state) or {}).get("inputs") or {}) for state in ("oldState", "newState"))
        adopts = ((step.get("newState") or {}).get("inputs") or {}).get("adopts")
        if op == "delete":
            found.add((about, "goes", ""))
        elif op == "create" and step["urn"] in known:
            found.add((about, "is made again", ""))
        elif adopts is not None:
            found |= {(about, "is written", name) for name in adopts["changes"]} or {(about, "is taken", "")}
        else:
            names = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
            found |= {(about, "is written", name) for name in names}
    return found


def reviewed(review: Review) -> Changes:
    found: Changes = set()
    for item in review.items:
        about = f"{item.section}/{item.name}"
        if item.change == "delete":
            found.add((about, "goes", ""))
        elif "Deleted outside" in item.note:
            found.add((about, "is made again", ""))
        elif item.change == "take-over" and not item.fields:
            found.add((about, "is taken", ""))
        else:
            found |= {(about, "is written", field.name) for field in item.fields}
    return found


class Written:
    """The fields of each live object that a run changed, read off the service's rows before and after."""

    def __init__(self, here: Room, engine: Engine) -> None:
        self.room = here
        self.engine = engine
        self.before = self._rows()

    def _rows(self) -> dict[tuple[str, str], "Values"]:
        return {
            (name, str(row["id"])): deepcopy(row)
            for name, kind in KINDS.items()
            for row in self.room.all_stored(kind)
            if not kind.is_gone(row)
        }

    def changes(self, names: dict[tuple[str, str], str]) -> Changes:
        """``names``: (kind, id) -> logical name, before the run and after it."""
        after, found = self._rows(), set()
        for at in after.keys() | self.before.keys():
            about = f"{SECTION[at[0]]}/{names.get(at, at[1])}"
            old, new = self.before.get(at), after.get(at)
            if new is None:
                found.add((about, "goes", ""))
            elif old != new:
                found |= {(about, "is written", name) for name in self._fields(at[0], old or {}, new)}
        return found

    def _fields(self, kind_name: str, old: "Values", new: "Values") -> Iterator[str]:
        kind, known = KINDS[kind_name], set(WRITTEN_BY_THE_SERVICE)
        # What a new row has by itself is nobody's wish.
        changed = {name for name, wire in kind.fields.items() if old and wire.read(old, {}) != wire.read(new, {})}
        # What is said of each member moves with the members.
        yield from changed - (kind.of_each if changed & kind.weights.keys() else frozenset())
        known |= {wire.name.split(".")[0] for wire in kind.fields.values()}
        for name in sorted((old.keys() | new.keys()) - known) if old else ():
            if old.get(name) != new.get(name) and not name.startswith("_"):
                yield f"extra.{name}"


def ids(engine: Engine) -> dict[tuple[str, str], str]:
    return {(kind, kept.object_id): name for (kind, name), kept in engine.state.items() if kind}


def is_complete(engine: Engine, program: Any, **account: Any) -> Changes:
    """A preview, its review and the run: both tell the same, nothing else is written. Returns what is told."""
    account = {"limits": NO_LIMITS, **account}
    try:
        engine.preview(program, **account)
    except Stopped:
        review = judge(read_plan({"steps": engine.steps}))
        assert (review.verdict, review.digest) == ("refused", "")
        assert reviewed(review) == planned(engine.steps)
        return reviewed(review)
    review = judge(read_plan({"steps": engine.steps}))
    assert reviewed(review) == planned(engine.steps)
    written, before = Written(engine.room, engine), ids(engine)
    engine.up(program, **account)
    assert written.changes({**before, **ids(engine)}) <= reviewed(review)
    engine.preview(program, **account)
    again = judge(read_plan({"steps": engine.steps}))
    assert reviewed(again) == set(), "what was applied is as declared"
    return reviewed(review)


def one(case: "Case", **changes: Any) -> Any:
    return {case.kind.name: {"it": case.fields | changes}}


@pytest.mark.parametrize("name", KINDS)
def test_each_field_that_the_file_changes(engine: Engine, cases: "Cases", name: str) -> None:
    case = cases[name]
    assert {field for _, _, field in is_complete(engine, one(case))} >= {case.kind.key}
    for field, change in case.changes.items():
        if field == case.kind.key and case.kind.key_is_fixed:
            continue
        changed = {field for field, value in change.items() if value != case.fields.get(field)}
        found = is_complete(engine, one(case, **change))
        assert {field.partition(".")[0] for _, _, field in found} == changed, (field, found)
        is_complete(engine, one(case))


@pytest.mark.parametrize("name", KINDS)
def test_each_field_that_people_change(engine: Engine, room: Room, cases: "Cases", name: str) -> None:
    """Told and healed, or, of an initial field, told as left alone; with another one in the file at the same time."""
    from tests.providers.trackform_core.lifecycle.test_presence import as_stored  # noqa: PLC0415

    case = cases[name]
    is_complete(engine, one(case))
    (kept,) = [kept for (kind, _), kept in engine.state.items() if kind]
    for field, change in case.changes.items():
        if field == case.kind.key and case.kind.key_is_fixed:
            continue
        room.edit(case.kind, kept.object_id, set=as_stored(case.kind, case.fields | change))
        is_complete(engine, one(case))
    room.edit(case.kind, kept.object_id, delete=True)
    assert is_complete(engine, one(case))


World = dict[str, Callable[["Case"], "Values"]]


@settings(
    max_examples=examples(6, thorough=25),
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@example(picks=[(name, "unset", 0) for name in KINDS])
@example(picks=[(name, "adopt", 0) for name in KINDS])
@given(
    picks=st.lists(
        st.tuples(
            st.sampled_from(sorted(KINDS)), st.sampled_from(["file", "outside", "gone", "leaves", "adopt", "unset"]),
            st.integers(0, 30),
        ),
        max_size=12, unique_by=lambda pick: pick[0],
    )
)  # fmt: skip
def test_many_changes_at_once(monkeypatch: pytest.MonkeyPatch, room: Room, picks: list[tuple[str, str, int]]) -> None:
    from tests.providers.trackform_core.lifecycle.test_presence import as_stored  # noqa: PLC0415

    room.control("POST", "reset")
    room.process()
    engine, cases = Engine(room), build_cases(room)
    start = {name: {"it": case.fields} for name, case in cases.items() if (name, "adopt", 0) not in picks}
    is_complete(engine, start)
    program = deepcopy(start)
    for name, how, at in picks:
        case = cases[name]
        changes = [change for field, change in case.changes.items() if field != case.kind.key]
        change = changes[at % len(changes)]
        if how == "file" and name in program:
            program[name]["it"] = case.fields | change
        elif how == "outside" and name in program:
            kept = engine.state[name, "it"]
            room.edit(case.kind, kept.object_id, set=as_stored(case.kind, case.fields | change))
        elif how == "gone" and name in program:
            room.edit(case.kind, engine.state[name, "it"].object_id, delete=True)
        elif how == "leaves":
            program.pop(name, None)
        elif how == "adopt":
            if name not in program:
                room.edit(case.kind, set=as_stored(case.kind, case.fields | change))
            program[name] = {"it": case.fields | {"adopt": True}}
        elif how == "unset" and name in program:
            field = sorted(case.fields)[at % len(case.fields)]
            if field not in case.kind.needed | {case.kind.key}:
                program[name]["it"] = {other: value for other, value in case.fields.items() if other != field}
    is_complete(engine, program)
