"""Every kind through its whole life against the sandbox."""

import logging
from typing import TYPE_CHECKING, Any

import pytest

from trackform.resources import RESOURCES
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}
FIELDS = [
    (name, field)
    for name, kind in KINDS.items()
    for field in [*kind.fields, *(["extra"] if kind.more else [])]
    if (name, field) != ("domain", "type")
]
"""Every field that may change. A domain has one type that works."""
WATCHED = [
    (name, field)
    for name, field in FIELDS
    if field not in KINDS[name].initial | KINDS[name].write_only
    and not (KINDS[name].key_is_fixed and field == KINDS[name].key)
]


def wire_of(kind: Kind[Any], row: Row, case: "Case", field: str) -> Row:
    """The stored fields that a person would have changed to give ``field`` its other value."""
    changed = case.changes[field]
    names = frozenset(changed) | {f"extra.{name}" for name in changed.get("extra", {})}
    body = kind.body(row, case.fields | changed, names)
    return {name: item for name, item in body.items() if row.get(name) != item}


def parts_of(kind: Kind[Any], field: str) -> list[str]:
    """What is declared of each member of a list of references."""
    weights = [kind.weights[field]] if field in kind.weights else []
    return weights + [each.field for each in kind.each.get(field, ())]


def in_force(value: Any) -> Any:
    """Without filters that are off: there is none, however it is spelled."""
    if isinstance(value, dict):
        kept = {name: in_force(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if not isinstance(item, dict) or item.get("active", True)}
    return [in_force(item) for item in value] if isinstance(value, list) else value


def test_every_field_has_a_case(cases: "Cases") -> None:
    for kind in KINDS.values():
        assert set(cases[kind.name].fields) >= set(kind.fields), kind.name


@pytest.mark.parametrize("name", KINDS)
def test_check_is_idempotent_and_asks_only_for_the_listing(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    room.forget()
    once = room.check(case.kind, case.fields)
    assert room.check(case.kind, once) == once
    assert room.writes() == []
    # A bridge is also told which account is meant, and its vendor is asked for that once.
    assert (
        len([entry for entry in room.requests() if not entry["path"].endswith(("/getUserInfo", "/me/settings"))]) <= 2
    )


@pytest.mark.parametrize("name", KINDS)
def test_create_read_diff_is_quiet(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    room.forget()
    live = room.create(case.kind, case.fields)
    assert len(room.writes()) == 1
    assert room.writes()[0].startswith("POST")
    assert room.differing(case.kind, live, case.fields) == []
    room.process()
    again = room.read(case.kind, live)
    assert again.object_id == live.object_id
    assert room.differing(case.kind, again, case.fields) == []
    assert again.inputs == room.check(case.kind, case.fields, again.inputs)
    assert again.outs == live.outs
    assert room.update(case.kind, again, case.fields).outs == again.outs
    assert len(room.writes()) == 1


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_a_changed_field_is_named_written_and_then_quiet(
    room: "Room", cases: "Cases", name: str, field: str
) -> None:  # fmt: skip
    case = cases[name]
    live = room.create(case.kind, case.fields)
    changed = case.fields | case.changes[field]
    assert field in room.differing(case.kind, live, changed)
    # Where other members stand in the list, what is said in their order is said of others.
    assert set(room.differing(case.kind, live, changed)) <= {*case.changes[field], *parts_of(case.kind, field)}
    if case.kind.key_is_fixed and field == case.kind.key:
        assert lifecycle.diff(case.kind, live.outs, room.check(case.kind, changed, live.inputs))[1] == [field]
        return
    room.process()
    room.forget()
    # A campaign just created is not found by its first PUT.
    room.control("POST", "clock", json={"advance_seconds": 2})
    live = room.update(case.kind, room.read(case.kind, live), changed)
    assert [write.split()[0] for write in room.writes()] == ["PUT"]
    room.process()
    live = room.read(case.kind, live)
    assert room.differing(case.kind, live, changed) == []
    room.update(case.kind, live, changed)
    assert len(room.writes()) == 1
    assert live.outs["changed_outside"] == {}


@pytest.mark.parametrize(("name", "field"), WATCHED)
def test_drift_is_shown_and_healed(room: "Room", cases: "Cases", name: str, field: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    before = room.stored(case.kind, live.object_id)
    room.edit(case.kind, live.object_id, set=wire_of(case.kind, before, case, field))
    room.process()
    seen = room.read(case.kind, live)
    expected = room.check(case.kind, case.fields | case.changes[field], seen.inputs)
    if field != "extra":
        assert seen.inputs[field] == expected[field]
    assert field in room.differing(case.kind, seen, case.fields)
    healed = room.update(case.kind, seen, case.fields)
    room.process()
    healed = room.read(case.kind, healed)
    assert room.differing(case.kind, healed, case.fields) == []
    assert healed.inputs == live.inputs | {"object_id": live.object_id}


NEVER_EMPTY = {("landing", "type"), ("postback", "url"), ("postback", "token")}
"""No page is without a type, and the parts of a URL are not removed one by one."""
EMPTY_IS_DECLARED = {("domain", "use_auto_generated_ssl"), ("conversion_type", "show_in_journey")}
CAN_BE_EMPTIED = [
    (name, field)
    for name, field in WATCHED
    if field not in ("extra", KINDS[name].key, "offer_source_id", "channel_id")
    and (name, field) not in NEVER_EMPTY | EMPTY_IS_DECLARED
]


@pytest.mark.parametrize(("name", "field"), CAN_BE_EMPTIED)
def test_drift_to_nothing_is_shown_and_healed(room: "Room", cases: "Cases", name: str, field: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    top = case.kind.fields[field].name.split(".")[0]
    room.edit(case.kind, live.object_id, remove=[top])
    room.process()
    seen = room.read(case.kind, live)
    assert field in room.differing(case.kind, seen, case.fields)
    room.update(case.kind, seen, case.fields)
    room.process()
    assert room.differing(case.kind, room.read(case.kind, live), case.fields) == []


INITIAL = [(name, field) for name, field in FIELDS if field in KINDS[name].initial]


@pytest.mark.parametrize(("name", "field"), INITIAL)
def test_an_initial_field_changed_outside_is_named_and_left_alone(
    room: "Room", cases: "Cases", caplog: pytest.LogCaptureFixture, name: str, field: str
) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    drift = wire_of(case.kind, room.stored(case.kind, live.object_id), case, field)
    room.edit(case.kind, live.object_id, set=drift)
    room.process()
    seen = room.read(case.kind, live)
    assert seen.outs["changed_outside"] == case.changes[field]
    with caplog.at_level(logging.WARNING, "trackform"):
        assert room.differing(case.kind, seen, case.fields) == []
    assert f"{field} was changed outside, not managed" in caplog.text
    other = next(f for n, f in WATCHED if n == name and f not in ("extra", "template"))
    if name in ("funnel", "campaign"):
        other = "title"
    room.update(case.kind, seen, case.fields | case.changes[other])
    stored = room.stored(case.kind, live.object_id)
    for key, item in drift.items():
        assert stored[key] == item


@pytest.mark.parametrize(("name", "field"), INITIAL)
def test_enforce_heals_an_initial_field(room: "Room", cases: "Cases", name: str, field: str) -> None:
    case = cases[name]
    fields = case.fields | {"enforce": [field]}
    live = room.create(case.kind, fields)
    room.edit(
        case.kind, live.object_id, set=wire_of(case.kind, room.stored(case.kind, live.object_id), case, field)
    )  # fmt: skip
    room.process()
    seen = room.read(case.kind, live)
    assert seen.outs["changed_outside"] == {}
    assert room.differing(case.kind, seen, fields) == [field]
    room.update(case.kind, seen, fields)
    room.process()
    assert room.differing(case.kind, room.read(case.kind, live), fields) == []


@pytest.mark.parametrize(
    ("name", "field"), [(n, f) for n, f in WATCHED if f != KINDS[n].key and (n, f) != ("postback", "url")]
)
def test_leave_never_touches_a_field_again(
    room: "Room", cases: "Cases", caplog: pytest.LogCaptureFixture, name: str, field: str
) -> None:
    case = cases[name]
    names = list(case.fields["extra"]) if field == "extra" else [field, *parts_of(case.kind, field)]
    fields = case.fields | {"leave": [name for name in names if name in case.kind.fields or name in case.kind.more]}
    live = room.create(case.kind, fields)
    drift = wire_of(case.kind, room.stored(case.kind, live.object_id), case, field)
    room.edit(case.kind, live.object_id, set=drift)
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, fields) == []
    assert not caplog.records
    room.update(case.kind, seen, fields | case.changes[case.kind.key] if not case.kind.key_is_fixed else fields)
    stored = room.stored(case.kind, live.object_id)
    assert {key: in_force(stored[key]) for key in drift if key != "url"} == {
        key: in_force(item) for key, item in drift.items() if key != "url"
    }


@pytest.mark.parametrize("name", KINDS)
def test_a_field_that_is_not_mentioned_is_not_watched_and_survives(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    needed = {field for field, info in case.kind.model.model_fields.items() if info.is_required()}
    needed |= case.kind.to_create
    few = {field: value for field, value in case.fields.items() if field in needed}
    live = room.create(case.kind, few)
    others = [f for n, f in FIELDS if n == name and f not in few and f not in ("template", "active", "token")]
    for field in others:
        if field == "extra" or field.endswith("_weights"):
            continue
        drift: Row = {}
        body = case.kind.body(room.stored(case.kind, live.object_id), case.fields, frozenset([field]))
        top = case.kind.fields[field].name.split(".")[0]
        drift[top] = body[top]
        room.edit(case.kind, live.object_id, set=drift)
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, few) == []
    before = room.stored(case.kind, live.object_id)
    if name in ("domain", "conversion_type"):
        changeable = "use_auto_generated_ssl" if name == "domain" else "name"
    else:
        changeable = next(iter(few))
    changed = few | case.changes[changeable]
    room.update(case.kind, seen, changed)
    after = room.stored(case.kind, live.object_id)
    touched = {case.kind.fields[f].name for f in case.changes[changeable]} | {"updated_at", "_fresh"}
    assert {k: v for k, v in after.items() if k not in touched} == {k: v for k, v in before.items() if k not in touched}


UNSETTABLE = [
    (name, field)
    for name, field in FIELDS
    if field != "extra"
    and not KINDS[name].model.model_fields[field].is_required()
    and KINDS[name].fields[field].clearable
    and field not in KINDS[name].write_only
    and (name, field) not in {("conversion_type", "duplicates"), ("funnel", "template"), ("postback", "active")}
]


@pytest.mark.parametrize(("name", "field"), UNSETTABLE)
def test_unset_empties_a_field_and_keeps_it_empty(room: "Room", cases: "Cases", name: str, field: str) -> None:
    case = cases[name]
    parts = parts_of(case.kind, field)
    fields = {f: v for f, v in case.fields.items() if f not in (field, *parts)} | {"unset": [field]}
    live = room.create(case.kind, fields)
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, fields) == []
    stored = room.stored(case.kind, live.object_id)
    not_empty = next(v for v in (case.fields, case.changes[field]) if v[field] not in (False, "off"))
    body = case.kind.body(stored, case.fields | not_empty, frozenset([field]))
    top = case.kind.fields[field].name.split(".")[0]
    room.edit(case.kind, live.object_id, set={top: body[top]})
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, fields) == ["unset"]
    room.update(case.kind, seen, fields)
    room.process()
    assert room.differing(case.kind, room.read(case.kind, live), fields) == []
    assert case.kind.is_unset(room.stored(case.kind, live.object_id), field)


FOREIGN: dict[str, Row] = {
    "channel": {"imp_id": "x"},
    "offer_source": {"hints": {"sub1": "h"}, "sub9": "nine"},
    "offer": {"cap_alert": True, "fingerprint_settings": {"a": 1}},
    "funnel": {},
    "campaign": {"cache_buster_enabled": True, "custom_throttles": [{"a": 1}]},
}
"""Published fields that the cases do not declare."""
NESTED: dict[str, Row] = {
    "offers": {"name": "shown name", "filters": {"os": {"active": True}}},
    "streams": {"optimization": {"is_enabled": True, "limit": 3}},
    "postbacks": {"payment_percent": 5, "goals": ["a"]},
}
"""Parts of items that the file does not mention."""


@pytest.mark.parametrize("name", FOREIGN)
@pytest.mark.parametrize("put", ["merges", "replaces"])
def test_an_update_keeps_what_is_not_modelled(room: "Room", cases: "Cases", name: str, put: str) -> None:
    room.switch(put=put)
    case = cases[name]
    parts = {each.field for found in case.kind.each.values() for each in found}
    case.fields = {field: value for field, value in case.fields.items() if field not in parts}
    live = room.create(case.kind, case.fields)
    row = room.stored(case.kind, live.object_id)
    foreign = dict(FOREIGN[name])
    for path, more in NESTED.items():
        if row.get(path):
            foreign[path] = [item | more for item in row[path]]
    room.edit(case.kind, live.object_id, set=foreign)
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, case.fields) == []
    for field in ("title", "funnel_ids", "offer_ids", "postbacks"):
        if field not in case.fields:
            continue
        changed = case.fields | {field: case.fields[field][::-1]}
        weights = field.replace("_ids", "_weights")
        if weights != field:
            changed |= {weights: case.fields[weights][::-1]}
        room.update(case.kind, room.read(case.kind, seen), changed)
        stored = room.stored(case.kind, live.object_id)
        for path, value in foreign.items():
            items = {str(item.get("id")): item for item in value} if path in NESTED else value
            assert ({str(item.get("id")): item for item in stored[path]} if path in NESTED else stored[path]) == items
