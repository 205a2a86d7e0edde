"""Scripts: a listing without pages, a missing one that is answered like a mistake, and who uses them."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

SCRIPT = KINDS["script"]


def test_the_listing_is_asked_for_once_and_without_pages(room: "Room") -> None:
    room.switch(page_cap=2)
    made = [room.edit(SCRIPT, set={"name": f"s{n}"})["id"] for n in range(5)]
    room.forget()
    session = room.process()
    assert list(session.listing(SCRIPT).complete()) == made
    assert session.listing(SCRIPT).named("missing") == []
    (entry,) = (entry for entry in room.requests() if entry["path"].endswith("/scripts"))
    assert {"page", "per"} & set(entry.get("query") or {}) == set()


def test_its_code_is_an_output_and_follows_what_it_is_made_of(room: "Room", cases: "Cases") -> None:
    case = cases["script"]
    live = room.create(case.kind, case.fields)
    assert f"defaultcampaignid={case.fields['campaign_id']}" in live.outs["script_code"]
    assert "script_code" not in live.inputs
    room.process()
    after = room.update(case.kind, room.read(case.kind, live), case.fields | case.changes["campaign_id"])
    assert f"defaultcampaignid={case.changes['campaign_id']['campaign_id']}" in after.outs["script_code"]


@pytest.mark.parametrize("status", ["400", "404"])
def test_a_missing_one_is_gone_however_that_is_answered(room: "Room", cases: "Cases", status: str) -> None:
    """The published spec names a 400 for scripts, and no 404."""
    room.switch(missing_script=status)
    case = cases["script"]
    live = room.create(case.kind, case.fields)
    room.edit(case.kind, live.object_id, delete=True)
    room.process()
    assert lifecycle.read(case.kind, live.object_id, live.outs) is None
    with pytest.raises(ServiceError) as gone:
        case.kind.update(room.process().client(case.kind.service), live.object_id, {"name": "x"})
    assert gone.value.reason == "not_found"


def test_a_refusal_of_one_that_is_there_is_a_refusal(room: "Room", cases: "Cases") -> None:
    case = cases["script"]
    live = room.create(case.kind, case.fields)
    client = room.process().client(case.kind.service)
    room.fault("status:400", path=f"/scripts/{live.object_id}")
    with pytest.raises(ServiceError, match="HTTP 400") as refused:
        case.kind.get(client, live.object_id)
    assert refused.value.reason == "refused"
    room.fault("status:400", method="DELETE", path=f"/scripts/{live.object_id}")
    with pytest.raises(ServiceError, match="HTTP 400"):
        case.kind.delete(client, live.object_id, room.stored(case.kind, live.object_id), "delete")
    assert room.stored(case.kind, live.object_id)["name"] == case.fields["name"]


@pytest.mark.parametrize("policy", ["delete", None])
def test_one_that_an_offer_refers_to_is_kept(room: "Room", cases: "Cases", policy: Any) -> None:
    script = room.create(SCRIPT, {"name": "Shop", "on_delete": policy})
    offer = cases["offer"]
    row = room.create(offer.kind, offer.fields | {"script_id": script.object_id})
    room.process()
    told = lifecycle.delete(SCRIPT, script.object_id, script.outs)
    assert told.endswith("is kept: offer 'Keto Guide' still uses it")
    room.edit(offer.kind, row.object_id, set={"script_id": ""})
    room.process()
    assert lifecycle.delete(SCRIPT, script.object_id, script.outs).endswith("was deleted")


def test_a_domain_that_a_script_is_loaded_from_is_kept(room: "Room", cases: "Cases") -> None:
    domain = room.create(KINDS["domain"], cases["domain"].fields | {"on_delete": "delete"})
    room.create(SCRIPT, {"name": "Shop", "domain_id": domain.object_id})
    room.process()
    told = lifecycle.delete(KINDS["domain"], domain.object_id, domain.outs)
    assert told.endswith("is kept: script 'Shop' still uses it")
