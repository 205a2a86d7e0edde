"""Somebody changes an object after this run read it and before it writes: what they did is not undone unseen."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.trackform_digistore24.test_ipn import FIELDS as IPN_FIELDS
from trackform_core.errors import Refused
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row, Values, is_blank, same
from trackform_digistore24.ipn_connection import KIND as IPN

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

FIELDS = [
    (name, field)
    for name, kind in KINDS.items()
    for field in kind.fields
    if field != kind.key and field not in kind.write_only
]
"""Of each kind each field that an update can change and a reading shows."""


def written_by_hand(kind: Kind[Any], row: Row, values: Values, field: str) -> Row:
    """What somebody's own write of one field leaves behind."""
    parts = {f"extra.{name}" for name in values.get("extra") or ()} if field == "extra" else {field}
    return kind.body(row, values, frozenset(parts))


def is_another(case: "Case", field: str, other: str) -> bool:
    """Whether a person can change one field while the file changes another: neither changes along with it."""
    kind, changes = case.kind, case.changes
    if other not in changes or other in {kind.key, *kind.write_only, *changes[field]}:
        return False
    return kind.fields[other].name.split(".")[0] != kind.fields[field].name.split(".")[0] and not same(
        changes[other].get(other), case.fields[other]
    )


def changed_by_hand(room: "Room", kind: Kind[Any], object_id: str, values: Values, field: str) -> bool:
    """Somebody sets a field in the web application; returns whether that made a difference."""
    row = room.stored(kind, object_id)
    body = written_by_hand(kind, row, values, field)
    changed = {name: item for name, item in body.items() if not same(item, row.get(name))}
    if changed:
        room.edit(kind, object_id, set=changed)
    return bool(changed)


def emptied_by_hand(room: "Room", kind: Kind[Any], object_id: str, field: str) -> bool:
    """Somebody empties a field, where it can be empty."""
    wire = kind.fields[field]
    row = room.stored(kind, object_id)
    body = {name: item for name, item in row.items() if name not in kind.served}
    wire.blank(body, kind._empty(field))
    if not wire.clearable or same(wire.read(row, {}), wire.read(body, {})) or not is_blank(wire.read(body, {})):
        return False
    room.edit(kind, object_id, set={name: item for name, item in body.items() if not same(item, row.get(name))})
    return True


def planned(room: "Room", case: "Case", field: str) -> tuple[lifecycle.Live, Values]:
    """An object, read by the run that is to change ``field``, and what the file says of it now."""
    live = room.create(case.kind, case.fields)
    room.process()
    seen = room.read(case.kind, live)
    return seen, room.check(case.kind, case.fields | case.changes[field], seen.inputs)


def declared(case: "Case", field: str) -> Values:
    return case.fields | case.changes[field]


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_of_two_fields_both_changes_stand(room: "Room", cases: "Cases", name: str, field: str) -> None:
    """The file changes one, a person each of the others, one after the other."""
    case = cases[name]
    kind = case.kind
    seen, inputs = planned(room, case, field)
    theirs = [other for other in kind.fields if is_another(case, field, other)]
    tried = [other for other in theirs if changed_by_hand(room, kind, seen.object_id, declared(case, other), other)]
    before = kind.live(room.stored(kind, seen.object_id), case.fields)
    lifecycle.update(kind, seen.object_id, seen.outs, inputs)
    after = kind.live(room.stored(kind, seen.object_id), case.fields)
    said = kind.live(room.stored(kind, seen.object_id), inputs)
    assert {other: after.get(other) for other in tried} == {other: before.get(other) for other in tried}
    assert same(said.get(field), inputs.get(field))


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_of_one_field_the_persons_change_is_not_undone(room: "Room", cases: "Cases", name: str, field: str) -> None:
    case = cases[name]
    kind = case.kind
    seen, inputs = planned(room, case, field)
    if same(case.changes[field].get(field), case.fields[field]) or not emptied_by_hand(
        room, kind, seen.object_id, field
    ):
        pytest.skip("nothing else that it could be set to")
    if same(kind.live(room.stored(kind, seen.object_id), inputs).get(field), inputs[field]):
        pytest.skip("empty is what the file says")
    room.forget()
    with pytest.raises(
        Refused, match=rf"was changed in .* while this run was under way: .*{field} is .*, and was "
    ) as no:
        lifecycle.update(kind, seen.object_id, seen.outs, inputs)
    assert "Run `pulumi up` again" in str(no.value)
    assert room.writes() == []
    # The way out: the next run reads what the person made of it, shows it, and then the file counts.
    room.process()
    again = room.read(kind, seen)
    assert field in room.differing(kind, again, declared(case, field))
    lifecycle.update(kind, again.object_id, again.outs, room.check(kind, declared(case, field), again.inputs))


@pytest.mark.parametrize(("name", "field"), FIELDS)
def test_what_a_person_set_as_the_file_says_is_left_as_it_is(
    room: "Room", cases: "Cases", name: str, field: str
) -> None:
    case = cases[name]
    seen, inputs = planned(room, case, field)
    for each in case.changes[field]:
        changed_by_hand(room, case.kind, seen.object_id, declared(case, field), each)
    room.forget()
    live = lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)
    # Of members that came and went, what is said of each may still have to follow.
    assert room.writes() == [] or case.kind.write_only or field in case.kind.weights
    assert same(live.outs.get(field), inputs.get(field))


@pytest.mark.parametrize("name", ["funnel", "campaign"])
def test_weights_that_a_person_set_meanwhile_stand(room: "Room", cases: "Cases", name: str) -> None:
    """The file changes something else; a funnel has no GET by id, so it is looked for anew."""
    case, field = cases[name], "title"
    members = {"funnel": ("offers", "offer_weights"), "campaign": ("streams", "funnel_weights")}[name]
    seen, inputs = planned(room, case, field)
    row = room.stored(case.kind, seen.object_id)
    theirs = [{**item, "weight": weight} for item, weight in zip(row[members[0]], (11, 89), strict=True)]
    room.edit(case.kind, seen.object_id, set={members[0]: theirs})
    lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)
    after = room.stored(case.kind, seen.object_id)
    assert [item["weight"] for item in after[members[0]]] == [11, 89]
    assert after["title"] == inputs["title"]


def test_of_two_weights_a_person_sets_one_and_the_file_the_other(room: "Room", cases: "Cases") -> None:
    case = cases["funnel"]
    live = room.create(case.kind, case.fields)
    room.process()
    seen = room.read(case.kind, live)
    inputs = room.check(case.kind, case.fields | {"offer_weights": [70, 44]}, seen.inputs)
    row = room.stored(case.kind, seen.object_id)
    room.edit(case.kind, seen.object_id, set={"offers": [{**row["offers"][0], "weight": 7}, row["offers"][1]]})
    lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)
    assert [item["weight"] for item in room.stored(case.kind, seen.object_id)["offers"]] == [7, 44]
    # Of the very weight that the file changes, the person's is not undone unseen.
    room.process()
    seen = room.read(case.kind, seen)
    inputs = room.check(case.kind, case.fields | {"offer_weights": [70, 55]}, seen.inputs)
    row = room.stored(case.kind, seen.object_id)
    room.edit(case.kind, seen.object_id, set={"offers": [row["offers"][0], {**row["offers"][1], "weight": 8}]})
    with pytest.raises(Refused, match=r"offer_weights is .*changed-meanwhile"):
        lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)


def test_a_secret_is_not_shown(room: "Room", cases: "Cases") -> None:
    case = cases["postback"]
    seen, inputs = planned(room, case, "token")
    assert changed_by_hand(room, case.kind, seen.object_id, {**case.fields, "token": "theirs-canary"}, "token")
    with pytest.raises(Refused, match=r"token is \[secret\], and was \[secret\]") as no:
        lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)
    assert "canary" not in str(no.value)


def test_an_ipn_connection_is_read_before_it_is_sent_whole(room: "Room") -> None:
    """ipnSetup takes all of it at once."""
    live = room.create(IPN, IPN_FIELDS)
    room.process()
    seen = room.read(IPN, live)
    inputs = room.check(IPN, IPN_FIELDS | {"timing": "before_thankyou"}, seen.inputs)
    others = {
        name: value for name, value in IPN.body({}, IPN_FIELDS, frozenset(IPN_FIELDS)).items() if name != "timing"
    }
    by_hand = room.process().client(IPN.service)
    by_hand.ask("ipnSetup", **{**others, "timing": "delayed", "name": "theirs"})
    # This process has read it as it was.
    room.process().listing(IPN).put(
        seen.object_id, {**IPN.body({}, IPN_FIELDS, frozenset(IPN_FIELDS)), "id": seen.object_id}
    )
    lifecycle.update(IPN, seen.object_id, seen.outs, inputs)
    sent = room.asked("ipnSetup")[-1]["body"]
    assert (sent["name"], sent["timing"]) == ("theirs", "before_thankyou")


def test_what_is_taken_over_is_read_again(room: "Room", cases: "Cases") -> None:
    """The plan showed what a take-over changes; what somebody made of it since, nobody saw."""
    case = cases["channel"]
    made = room.create(case.kind, declared(case, "alias"))
    room.process()
    inputs = room.check(case.kind, case.fields | {"adopt": True})
    room.edit(case.kind, made.object_id, set={"alias": "theirs"})
    with pytest.raises(Refused, match=r"alias is theirs, and was another alias.*changed-meanwhile"):
        lifecycle.create(case.kind, inputs)
    room.process()
    lifecycle.create(case.kind, room.check(case.kind, case.fields | {"adopt": True}))
    assert room.stored(case.kind, made.object_id)["alias"] == case.fields["alias"]


def test_what_is_sent_is_laid_over_the_object_as_a_get_tells_it(room: "Room", cases: "Cases") -> None:
    """A listing spells a landing's type otherwise (seen in client code), and is not what an update takes."""
    case = cases["landing"]
    seen, inputs = planned(room, case, "tags")
    session = room.process()
    session.listing(case.kind).rows()
    session.listing(case.kind).put(seen.object_id, {**room.stored(case.kind, seen.object_id), "type": "landing"})
    lifecycle.update(case.kind, seen.object_id, seen.outs, inputs)
    (sent,) = [entry["body"] for entry in room.requests() if entry["method"] == "PUT"]
    assert sent["type"] == room.stored(case.kind, seen.object_id)["type"] == "l"
