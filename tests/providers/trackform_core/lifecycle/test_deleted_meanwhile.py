"""What somebody deletes between the plan and the write, for every kind: told as that, and nothing is made or lost."""

from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from tests.providers.trackform_core.lifecycle.test_lifecycle import WATCHED
from trackform_core.dynamic import Failed
from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.wire import Values

    Cases = dict[str, Case]

CHANGED = {name: field for name, field in reversed(WATCHED) if field != KINDS[name].key and field != "extra"}
"""Of each kind a field that an update writes."""


def changed(case: "Case") -> "Values":
    return case.fields | case.changes[CHANGED[case.kind.name]]


@pytest.mark.parametrize("name", KINDS)
def test_between_the_plan_and_its_update(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    session = room.process()
    seen = room.read(case.kind, live)
    inputs = room.check(case.kind, changed(case), seen.inputs)
    room.edit(case.kind, live.object_id, delete=True)
    room.forget()
    with pytest.raises(Refused) as refusal:
        lifecycle.update(case.kind, live.object_id, seen.outs, inputs)
    assert str(refusal.value) == (
        f"{case.kind.title} '{inputs[case.kind.key]}': {live.object_id} was deleted meanwhile. Run `pulumi up` again "
        "[deleted-meanwhile]"
    )
    assert room.writes() == [], "it is looked for before anything is sent"
    assert live.object_id not in session.listing(case.kind).rows()
    room.process()
    assert lifecycle.read(case.kind, live.object_id, live.outs) is None


@pytest.mark.parametrize("name", KINDS)
def test_before_the_run_that_updates(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    room.edit(case.kind, live.object_id, delete=True)
    room.process()
    room.forget()
    with pytest.raises(Refused, match=rf"{live.object_id} is gone. Run `pulumi up` again: it will be created"):
        lifecycle.update(case.kind, live.object_id, live.outs, room.check(case.kind, changed(case), live.inputs))
    assert room.writes() == []


@pytest.mark.parametrize("name", KINDS)
def test_between_the_plan_and_taking_it_over(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    made = room.create(case.kind, changed(case))
    room.process()
    inputs = room.check(case.kind, case.fields | {"adopt": True})
    assert inputs["adopts"]["id"] == made.object_id
    room.edit(case.kind, made.object_id, delete=True)
    with pytest.raises(Refused, match=r"was deleted meanwhile. Run `pulumi up` again"):
        lifecycle.create(case.kind, inputs)
    # Neither its name nor its id is set aside for it any longer.
    again = lifecycle.create(case.kind, inputs)
    assert room.stored(case.kind, again.object_id)
    assert again.outs["adopted"] is False


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("policy", ["delete", "pause"])
def test_between_the_plan_and_its_delete(room: "Room", cases: "Cases", name: str, policy: str) -> None:
    case = cases[name]
    if policy not in case.kind.policies:
        assert name not in ("offer", "campaign")
        return
    live = room.create(case.kind, case.fields | {"on_delete": policy})
    session = room.process()
    session.listing(case.kind).complete()
    room.edit(case.kind, live.object_id, delete=True)
    said = lifecycle.delete(case.kind, live.object_id, live.outs)
    assert said.endswith("was gone already" if policy == "pause" else ("was deleted", "was deleted (status 3)")[
        name in ("offer", "campaign")
    ])  # fmt: skip
    assert live.object_id not in session.listing(case.kind).rows()
    assert "was gone already" in lifecycle.delete(case.kind, live.object_id, live.outs)


@pytest.mark.parametrize("name", ["funnel", "campaign", "offer_source", "domain", "postback"])
def test_what_cannot_be_written_and_is_still_listed_is_not_called_deleted(
    room: "Room", cases: "Cases", name: str
) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    room.process()
    seen = room.read(case.kind, live)
    room.control("POST", "clock", json={"advance_seconds": 2})
    service = "bridge" if name == "postback" else "redtrack"
    room.control("POST", "faults", json={"service": service, "method": "PUT", "effect": "status:404", "times": None})
    with pytest.raises(ServiceError, match=r"HTTP 404") as error:
        room.update(case.kind, seen, changed(case))
    assert error.value.reason == "not_found"
    assert ("save it as a template in the web application first" in str(error.value)) == (name == "funnel")
    assert room.read(case.kind, live).outs == seen.outs


@pytest.mark.parametrize("name", KINDS)
def test_any_other_fault_of_a_write_stays_what_it_is(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    room.process()
    seen = room.read(case.kind, live)
    service = "bridge" if name in ("postback", "conversion_type") else "redtrack"
    room.control("POST", "faults", json={"service": service, "method": "PUT", "effect": "status:400"})
    with pytest.raises(ServiceError, match=r"HTTP 400.*Correct what it names"):
        room.update(case.kind, seen, changed(case))


@pytest.mark.parametrize("refreshes", [True, False])
# A conversion type is a place: whoever fills it again, it is the same one.
@pytest.mark.parametrize("name", [name for name in KINDS if name != "conversion_type"])
def test_another_of_its_name_is_not_taken_by_a_later_run_either(
    room: "Room", engine: Engine, cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str, *, refreshes: bool
) -> None:
    """The first run that is refused drops the deleted one from the state; the inventory still has its name."""
    case = cases[name]
    program = {name: {"it": case.fields}}
    # The second run records that it is there.
    engine.up(program)
    engine.up(program)
    room.edit(case.kind, engine.state[name, "it"].object_id, delete=True)
    monkeypatch.setenv("TRACKFORM_ALLOW", f"recreate:{name},gone:{name}/{case.fields[case.kind.key]}")
    their_id = room.edit(case.kind, set=case.kind.body({}, changed(case), frozenset(changed(case))))["id"]
    theirs = room.stored(case.kind, their_id)
    for _ in range(3):
        with pytest.raises(Failed, match=rf"exists already .*{their_id}.* and differs"):
            engine.up(program)
        # Later ones may go by what was read before.
        engine.refreshes = refreshes
    assert room.stored(case.kind, their_id) == theirs
    room.edit(case.kind, their_id, delete=True)
    engine.up(program)
    assert engine.state[name, "it"].object_id != their_id
