"""A resource gets another name, or another object: the live one that people's links lead to must not notice.

What the engine does is played here in its order: check and create what is new, update what depends on it, then delete
what left. `tests/engine` has it with the real CLI.
"""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.trackform_core.lifecycle.test_presence import DIFFERS
from trackform.resources import RESOURCES
from trackform_core.errors import Refused
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}
every_kind = pytest.mark.parametrize("name", KINDS)


def alive(room: "Room", kind: Kind[Any], object_id: str) -> bool:
    row = next((row for row in room.all_stored(kind) if row["id"] == object_id), None)
    return row is not None and row.get("status") not in (2, 3)


@every_kind
@pytest.mark.parametrize("adopt", [True, False], ids=["adopting", "not adopting"])
def test_a_rename_without_was_keeps_the_live_object(room: "Room", cases: "Cases", name: str, adopt: bool) -> None:
    case = cases[name]
    fields = case.fields | {"on_delete": "delete"} | ({"adopt": True} if adopt else {})
    old = room.create(case.kind, fields)
    room.process()
    room.forget()
    new = room.create(case.kind, fields)
    assert new.object_id == old.object_id
    assert "is kept: it was taken over in this run" in lifecycle.delete(case.kind, old.object_id, old.outs)
    assert [write for write in room.writes() if not write.startswith("PUT")] == []
    assert alive(room, case.kind, old.object_id)


@every_kind
def test_a_rename_with_a_change_and_no_adoption_is_refused_before_anything_is_deleted(
    room: "Room", cases: "Cases", name: str
) -> None:
    """The engine deletes after all creates have succeeded; this one does not."""
    case = cases[name]
    field = DIFFERS.get(name, "expires_at" if "expires_at" in case.fields else "currency")
    old = room.create(case.kind, case.fields)
    room.process()
    room.forget()
    with pytest.raises(Refused, match="exists already"):
        room.create(case.kind, case.fields | case.changes[field])
    assert room.writes() == []
    assert alive(room, case.kind, old.object_id)


@every_kind
def test_a_rename_that_broke_off_keeps_the_live_object_in_the_next_run(room: "Room", cases: "Cases", name: str) -> None:
    """The new name was created, the old one not yet deleted: both are in the state, with one id."""
    case = cases[name]
    fields = case.fields | {"on_delete": "delete", "adopt": True}
    old = room.create(case.kind, fields)
    room.process()
    new = room.create(case.kind, fields)
    room.process()
    room.forget()
    new = room.read(case.kind, new)
    room.check(case.kind, fields, new.inputs)
    said = lifecycle.delete(case.kind, old.object_id, old.outs)
    assert "is kept: this stack declares it under another name" in said
    assert room.writes() == []
    # Both gone from the program, as on `destroy`: then it is the user's wish.
    room.process()
    assert "is kept" in lifecycle.delete(case.kind, new.object_id, new.outs | {"on_delete": None, "adopted": True})
    assert "was deleted" in lifecycle.delete(case.kind, new.object_id, new.outs)


def test_a_replaced_domain_is_deleted_after_the_campaign_moved(room: "Room", cases: "Cases") -> None:
    domain, campaign = cases["domain"], cases["campaign"]
    old = room.create(domain.kind, domain.fields | {"on_delete": "delete"})
    run = room.create(campaign.kind, campaign.fields | {"domain_id": old.object_id})
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.process()
    moved = domain.fields | {"url": "track9.acme.test", "on_delete": "delete"}
    inputs = room.check(domain.kind, moved, room.read(domain.kind, old).inputs)
    assert lifecycle.diff(domain.kind, old.outs, inputs)[1] == ["url"]
    new = room.create(domain.kind, moved)
    assert f"is kept: campaign '{campaign.fields['title']}' still uses it" in lifecycle.delete(
        domain.kind, old.object_id, old.outs
    )
    room.update(campaign.kind, room.read(campaign.kind, run), campaign.fields | {"domain_id": new.object_id})
    assert "was deleted" in lifecycle.delete(domain.kind, old.object_id, old.outs)
    assert room.stored(campaign.kind, run.object_id)["domain_id"] == new.object_id


INITIAL = [(name, field) for name, kind in KINDS.items() for field in sorted(kind.initial)]


@pytest.mark.parametrize(("name", "field"), INITIAL)
def test_what_people_set_and_the_file_takes_over_is_no_change(
    room: "Room", cases: "Cases", caplog: pytest.LogCaptureFixture, name: str, field: str
) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    before = room.stored(case.kind, live.object_id)
    body = case.kind.body(before, case.fields | case.changes[field], frozenset([field]))
    room.edit(case.kind, live.object_id, set={key: item for key, item in body.items() if before.get(key) != item})
    room.process()
    seen = room.read(case.kind, live)
    assert seen.outs["changed_outside"] == case.changes[field]
    accepted = case.fields | case.changes[field]
    assert room.differing(case.kind, seen, accepted) == []
    # The state learns of it only with the next write to the object, and the preview does not tell it until then.
    assert room.differing(case.kind, room.read(case.kind, seen), accepted) == []
    assert "changed outside" not in caplog.text
    # Anything else in the file is a change, and enforcing is one as well.
    assert room.differing(case.kind, seen, accepted | {"on_delete": "keep"}) == ["on_delete"]
    assert field in room.differing(case.kind, seen, accepted | {"enforce": [field]})
    room.forget()
    live = room.update(case.kind, seen, accepted)
    assert room.writes() == []
    assert live.outs["changed_outside"] == {}
