"""Several live objects of one natural key: `adopt_id` picks one."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.trackform_core.lifecycle.test_presence import as_stored
from trackform.resources import RESOURCES
from trackform_core.errors import Refused
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

TWINS = [
    resource.provider.kind
    for resource in RESOURCES
    if resource.provider.kind.has_listing
    and not resource.provider.kind.key_is_fixed
    and resource.provider.kind.name != "postback"
]
"""Kinds of which a service may have two of one natural key."""


def twins(room: "Room", case: "Case", count: int = 2) -> list[str]:
    return [str(room.edit(case.kind, set=as_stored(case.kind, case.fields))["id"]) for _ in range(count)]


def refusals(case: "Case", **options: Any) -> list[str]:
    return [*lifecycle.check(case.kind, {}, case.fields | options, "?").refusals]


@pytest.mark.parametrize("kind", TWINS, ids=lambda kind: str(kind.name))
def test_the_one_that_is_picked_is_taken_and_stays_picked(room: "Room", cases: "Cases", kind: Kind[Any]) -> None:
    case = cases[kind.name]
    first, second = twins(room, case)
    for picked in (second, first):
        room.process()
        room.forget()
        fields = case.fields | {"adopt_id": picked}
        inputs = room.check(kind, fields)
        assert inputs["object_id"] == picked
        live = lifecycle.create(kind, inputs)
        assert live.object_id == picked
        assert room.writes() == []
        room.process()
        seen = room.read(kind, live)
        assert seen.inputs["adopt_id"] == picked
        assert room.differing(kind, seen, fields) == []
        # The state knows which one it is: the pick may go.
        assert room.differing(kind, seen, case.fields) == []
        assert room.update(kind, seen, case.fields).object_id == picked


def test_the_message_about_two_names_both_and_the_way_out(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    ids = twins(room, case)
    inputs = room.check(case.kind, case.fields | {"adopt": True})
    said = room.refusal(case.kind, case.fields | {"adopt": True})
    assert "has 2 of this title" in said
    with pytest.raises(Refused) as refusal:
        lifecycle.create(case.kind, inputs)
    for text in (said, str(refusal.value)):
        assert all(object_id in text for object_id in ids)
        assert f"`id: {min(ids)}`" in text


def test_a_picked_one_that_differs_is_adopted_only_when_told_so(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    _, picked = twins(room, case)
    room.edit(case.kind, picked, set={"notes": "theirs"})
    with pytest.raises(Refused, match="differs in notes"):
        room.create(case.kind, case.fields | {"adopt_id": picked})
    room.process()
    inputs = room.check(case.kind, case.fields | {"adopt_id": picked, "adopt": True})
    assert inputs["adopts"]["id"] == picked
    assert lifecycle.create(case.kind, inputs).outs["adopted"] is True
    assert room.stored(case.kind, picked)["notes"] == case.fields["notes"]


@pytest.mark.parametrize("kind", TWINS, ids=lambda kind: str(kind.name))
def test_an_id_that_is_not_there_is_refused(room: "Room", cases: "Cases", kind: Kind[Any]) -> None:
    case = cases[kind.name]
    (there,) = twins(room, case, 1)
    (said,) = refusals(case, adopt_id="0" * 24)
    assert f"'{case.fields[kind.key]}': `id` says {'0' * 24}, and {kind.service.name} has no such" in said
    (said,) = refusals(case, adopt_id=there, **case.changes[kind.key])
    assert f"`id` says {there}, which is '{case.fields[kind.key]}'" in said
    room.forget()
    for options in ({"adopt_id": "0" * 24}, {"adopt_id": there, **case.changes[kind.key]}):
        room.process()
        with pytest.raises(Refused, match="`id` says"):
            lifecycle.create(kind, case.fields | options | {"account": "default"})
    assert room.writes() == []


def test_a_deleted_offer_cannot_be_picked(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    room.switch(deleted="status3")
    (gone,) = twins(room, case, 1)
    room.edit(case.kind, gone, delete=True)
    (said,) = refusals(case, adopt_id=gone)
    assert "has no such offer" in said


def test_each_twin_can_be_declared_and_none_of_them_twice(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    first, second = twins(room, case)
    lives = [room.create(case.kind, case.fields | {"adopt_id": picked}) for picked in (first, second)]
    assert [live.object_id for live in lives] == [first, second]
    with pytest.raises(Refused, match="declared twice"):
        room.create(case.kind, case.fields | {"adopt_id": first})


def test_an_object_is_not_taken_by_its_id_and_by_its_title(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    (only,) = twins(room, case, 1)
    room.create(case.kind, case.fields | {"adopt_id": only})
    with pytest.raises(Refused, match="declared twice"):
        room.create(case.kind, case.fields)


def test_a_twin_renamed_outside_gets_its_title_back(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    _, picked = twins(room, case)
    fields = case.fields | {"adopt_id": picked}
    live = room.create(case.kind, fields)
    room.edit(case.kind, picked, set={"title": "Renamed"})
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, fields) == ["title"]
    room.update(case.kind, seen, fields)
    assert room.stored(case.kind, picked)["title"] == case.fields["title"]


def test_another_id_for_an_object_that_is_managed_already_is_refused(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    first, second = twins(room, case)
    live = room.create(case.kind, case.fields | {"adopt_id": first})
    checked = lifecycle.check(case.kind, live.inputs, case.fields | {"adopt_id": second}, "?")
    (refusal,) = checked.refusals
    assert checked.inputs["object_id"] == first
    assert f"`id` says {second}, but this stack manages {first} under this name" in refusal


def test_a_reference_can_pick_too(room: "Room", cases: "Cases") -> None:
    case = cases["channel"]
    ids = twins(room, case)
    fields = {"title": case.fields["title"], "existing": True}
    with pytest.raises(Refused, match="has 2 of this title"):
        room.create(case.kind, fields)
    room.process()
    assert room.create(case.kind, fields | {"adopt_id": ids[1]}).object_id == ids[1]
