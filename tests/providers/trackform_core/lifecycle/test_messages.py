"""Where a service declines, the message names the way out."""

from typing import TYPE_CHECKING

import httpx
import pytest

from tests.providers.trackform_core.lifecycle.test_presence import as_stored
from trackform_core.errors import Refused
from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_redtrack.client import RedTrack
from trackform_redtrack.tracking_domain import KIND as DOMAIN

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]


def test_a_name_that_stands_in_another_slot(room: "Room", cases: "Cases") -> None:
    case = cases["conversion_type"]
    room.edit(case.kind, set=as_stored(case.kind, case.fields))
    moved = {"slot": 5, "name": case.fields["name"]}
    with pytest.raises(ServiceError, match=r"HTTP 409.*A slot holds one conversion type and a name stands in one slot"):
        room.create(case.kind, moved)
    other = room.create(case.kind, {"slot": 6, "name": "other"})
    with pytest.raises(ServiceError, match="Declare this type with the slot in which RedTrack has the name"):
        room.update(case.kind, other, {"slot": 6, "name": case.fields["name"]})
    assert {row["slot"] for row in room.all_stored(case.kind)} == {3, 6, 9}


def test_a_title_that_redtrack_has_but_does_not_show(room: "Room", cases: "Cases") -> None:
    """A title that somebody took since the listing was read is not in it; nor, perhaps, that of a deleted object."""
    case = cases["offer"]
    room.switch(titles="unique")
    inputs = room.check(case.kind, case.fields)
    room.edit(case.kind, set=as_stored(case.kind, case.fields))
    with pytest.raises(ServiceError, match="Another offer has this title, maybe one that is deleted or archived"):
        lifecycle.create(case.kind, inputs)


def test_a_host_that_is_registered_already(room: "Room", cases: "Cases") -> None:
    case = cases["domain"]
    inputs = room.check(case.kind, case.fields)
    room.edit(case.kind, set={"url": case.fields["url"]})
    with pytest.raises(ServiceError, match="not listed in this account: it belongs to another"):
        lifecycle.create(case.kind, inputs)


def test_a_campaign_cannot_be_created_without_a_funnel(room: "Room", cases: "Cases") -> None:
    case = cases["campaign"]
    fields = {name: value for name, value in case.fields.items() if not name.startswith("funnel_")}
    said = room.refusal(case.kind, fields)
    assert "'FB Keto DE': RedTrack has none, and none can be created without funnel_ids" in said
    room.forget()
    with pytest.raises(Refused, match=r"Declare `funnel` \(funnel_ids in Python\), or correct the title"):
        lifecycle.create(case.kind, fields | {"account": "default"})
    assert room.writes() == []


def test_a_campaign_keeps_the_funnel_that_lives_inside_it(room: "Room", cases: "Cases") -> None:
    case = cases["campaign"]
    offers = [
        {"id": room.edit(cases["offer"].kind, set={**as_stored(cases["offer"].kind, cases["offer"].fields)})["id"]}
    ]
    inside = room.edit(cases["funnel"].kind, set={"title": "inside", "offers": offers})["id"]
    room.edit(cases["funnel"].kind, inside, set={"template": False, "_embedded": True})
    fields = {name: value for name, value in case.fields.items() if not name.startswith("funnel_")}
    row = room.edit(case.kind, set=as_stored(case.kind, fields | {"notes": ["theirs"]}))
    room.edit(case.kind, row["id"], set={"streams": [{"id": inside, "weight": 100, "optimization": {"limit": 3}}]})
    before = room.stored(case.kind, row["id"])["streams"]
    adopting = fields | {"adopt": True}
    inputs = room.check(case.kind, adopting)
    assert inputs["adopts"]["id"] == row["id"]
    live = lifecycle.create(case.kind, inputs)
    room.process()
    seen = room.read(case.kind, live)
    assert room.differing(case.kind, seen, adopting) == []
    room.update(case.kind, seen, adopting | {"cost_model": "CPM"})
    stored = room.stored(case.kind, row["id"])
    assert stored["cost_model"] == "CPM"
    assert stored["streams"] == before
    sent = [entry["body"]["streams"] for entry in room.requests() if entry["method"] == "PUT"]
    assert sent, "it was updated"
    for streams in sent:
        assert streams[0]["stream"]["offers"] == offers, "where a PUT replaces, it would be lost without"
    # To declare funnels for it now is a wish like any other.
    assert "funnel_ids" in room.differing(case.kind, seen, case.fields)


@pytest.mark.parametrize(
    ("said", "advice", "by_hand"),
    [
        ("CNAME is missing", "Point a CNAME record of track.acme.test at the account's own tracking domain", True),
        ("it exists Already", "track.acme.test is registered in RedTrack, and not listed in this account", False),
        ("type is not defined", "Correct what it names", False),
    ],
)
def test_why_a_domain_is_not_added(said: str, advice: str, *, by_hand: bool) -> None:
    transport = httpx.MockTransport(lambda _request: httpx.Response(400, json={"error": said}))
    client = RedTrack("http://127.0.0.1", Key("x", "the test"), Network(lambda _url: transport))
    with pytest.raises(ServiceError) as error:
        DOMAIN.create(client, {"url": "track.acme.test"})
    assert error.value.advice.startswith(advice)
    assert error.value.by_hand is by_hand
