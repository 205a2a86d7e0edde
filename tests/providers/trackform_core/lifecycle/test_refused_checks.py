"""What a check refuses is carried along: the plan is shown, and whoever writes all the same is declined."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.trackform_core.lifecycle.test_presence import as_stored
from trackform.resources import RESOURCES
from trackform_core.dynamic import Failed
from trackform_core.errors import Refused
from trackform_core.lifecycle import service as lifecycle
from trackform_core.session.session import Managed, session_of

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

PROVIDERS: dict[str, Any] = {resource.provider.kind.name: resource.provider for resource in RESOURCES}
RENAMED = [name for name, kind in KINDS.items() if not kind.key_is_fixed]


@pytest.mark.parametrize("name", RENAMED)
def test_a_key_that_another_live_object_has_is_refused_before_the_write(
    room: "Room", cases: "Cases", name: str
) -> None:
    case = cases[name]
    kind, renamed = case.kind, case.fields | case.changes[case.kind.key]
    mine = room.create(kind, case.fields)
    assert room.refusal(kind, renamed, mine.inputs) == ""
    theirs = room.edit(kind, set=as_stored(kind, renamed))["id"]
    room.process()
    said = room.refusal(kind, renamed, mine.inputs)
    assert f"has another one of this {kind.key} ({theirs}), so {mine.object_id} is not renamed" in said
    assert f"Rename the other one, or give this one another {kind.key}" in said
    session_of("default").managed[kind.name, str(renamed[kind.key])] = Managed("theirs", "third", adopted=False)
    said = room.refusal(kind, renamed, mine.inputs)
    assert "It is 'theirs' of this stack, which becomes 'third' in the same change. Make that change first" in said


@pytest.mark.parametrize("name", RENAMED)
def test_what_another_name_of_this_stack_gives_up_is_not_taken_in_the_same_run(
    room: "Room", cases: "Cases", name: str
) -> None:
    case = cases[name]
    kind = case.kind
    row = room.edit(kind, set=as_stored(kind, case.fields))
    session_of("default").managed[kind.name, str(case.fields[kind.key])] = Managed("old", "third", adopted=False)
    for options in ({}, {"adopt": True}):
        said = room.refusal(kind, case.fields | options)
        assert f"({row['id']}), so none is made. It is 'old' of this stack, which becomes 'third'" in said
        with pytest.raises(Refused, match="It is 'old' of this stack"):
            lifecycle.create(kind, case.fields | options | {"account": "default"})


def test_a_name_that_stands_in_another_slot_is_refused(room: "Room", cases: "Cases") -> None:
    case = cases["conversion_type"]
    mine = room.create(case.kind, case.fields)
    other = case.fields | {"slot": 19}
    assert f"has another one of the name '{case.fields['name']}' ({mine.object_id})" in room.refusal(case.kind, other)
    theirs = room.create(case.kind, other | {"name": "other"})
    said = room.refusal(case.kind, case.fields | {"name": "other"}, mine.inputs)
    assert f"has another one of the name 'other' ({theirs.object_id})" in said
    assert room.refusal(case.kind, case.fields | {"name": "a third"}, mine.inputs) == ""


def test_what_it_refers_to_is_compared_once_it_is_there(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields))
    checked = lifecycle.check(case.kind, {}, case.fields | {"offer_source_id": "?"}, "?")
    assert not checked.refusals
    assert "object_id" not in checked.inputs
    room.edit(case.kind, row["id"], set={"notes": "theirs"})
    room.process()
    (said,) = lifecycle.check(case.kind, {}, case.fields | {"offer_source_id": "?"}, "?").refusals
    assert "and differs in notes." in said


@pytest.mark.parametrize(("name", "ids"), [("funnel", "offer_ids"), ("campaign", "funnel_ids")])
def test_what_is_said_of_each_member_is_compared_once_they_are_there(
    room: "Room", cases: "Cases", name: str, ids: str
) -> None:
    case = cases[name]
    room.edit(case.kind, set=as_stored(case.kind, case.fields))
    fields = case.fields | {ids: ["?", *case.fields[ids][1:]]}
    assert not lifecycle.check(case.kind, {}, fields, "?").refusals
    all_unknown = case.fields | {ids: "?"}
    assert not lifecycle.check(case.kind, {}, all_unknown, "?").refusals


@pytest.mark.parametrize("name", KINDS)
def test_who_writes_all_the_same_is_declined_and_nothing_is_kept(room: "Room", cases: "Cases", name: str) -> None:
    case, provider = cases[name], PROVIDERS[name]
    inputs = dict(room.check(case.kind, case.fields), refused=["it is not to be [limit]"])
    room.forget()
    with pytest.raises(Failed, match="it is not to be"):
        provider.create(dict(inputs))
    assert room.writes() == []
    made = lifecycle.create(case.kind, room.check(case.kind, case.fields))
    room.forget()
    assert provider.diff(made.object_id, dict(made.outs), dict(inputs)).changes is not False
    with pytest.raises(Failed, match="it is not to be"):
        provider.update(made.object_id, dict(made.outs), dict(inputs))
    assert room.writes() == []
    again = provider.check(dict(inputs), dict(case.fields, account="default"))
    assert "refused" not in again.inputs
