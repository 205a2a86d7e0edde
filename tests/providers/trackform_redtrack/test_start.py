"""Money before traffic: a new campaign is made paused until its connections are there; one that runs is left alone."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from trackform.sandbox.accounts import redtrack_account

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.said import Said

    Cases = dict[str, Case]

KIND = KINDS["campaign"]
WAITS: dict[str, Any] = {"starts_after": ["tf.sales"]}


@pytest.fixture
def fields(cases: "Cases") -> dict[str, Any]:
    """A campaign whose file says no status."""
    return {name: value for name, value in cases["campaign"].fields.items() if name != "status"}


def status(room: "Room", object_id: str) -> int:
    return int(room.stored(KIND, object_id)["status"])


@pytest.mark.parametrize("declared", [{}, {"status": "active"}, {"status": "active", "enforce": ["status"]}])
def test_a_new_campaign_waits_and_then_starts(
    room: "Room", fields: dict[str, Any], said: "Said", declared: dict[str, Any]
) -> None:
    fields |= declared
    live = room.create(KIND, fields | WAITS)
    assert status(room, live.object_id) == 2
    assert said.ids == ["held"]
    assert said.messages[0].startswith(
        f"campaign '{fields['title']}' is paused until tf.sales is confirmed, or seen in"
    )
    assert "`trackform operator default`" in said.messages[0]
    assert live.outs["changed_outside"] == {}, "the pause is ours"
    room.process()
    said.clear()
    live = room.read(KIND, live)
    assert (said.ids, live.outs["changed_outside"], live.inputs["starts_after"]) == ([], {}, ["tf.sales"])
    assert room.differing(KIND, live, fields | WAITS) == [], "no drift"
    assert said.ids == ["held"], "each preview names it"
    said.clear()
    assert room.differing(KIND, live, fields) == ["starts_after"]
    live = room.update(KIND, live, fields)
    assert (status(room, live.object_id), live.outs["starts_after"], said.ids) == (1, [], [])
    room.process()
    live = room.read(KIND, live)
    assert room.differing(KIND, live, fields) == []
    assert room.differing(KIND, live, fields | WAITS) == [], "it runs: it is never paused for what comes later"
    room.edit(KIND, live.object_id, set={"status": 2})
    room.process()
    live = room.read(KIND, live)
    healed = ["status"] if declared.get("enforce") else []
    assert room.differing(KIND, live, fields) == healed, "who pauses it later has his way"


def test_another_change_does_not_start_it(room: "Room", fields: dict[str, Any]) -> None:
    live = room.create(KIND, fields | WAITS)
    live = room.update(KIND, live, fields | WAITS | {"redirect_type": 2})
    assert status(room, live.object_id) == 2
    room.web.delete("/_control/requests")
    live = room.update(KIND, live, fields | {"redirect_type": 2, "starts_after": ["tf.sales", "tf.more"]})
    assert (room.writes(), live.outs["starts_after"]) == ([], ["tf.sales", "tf.more"])


def test_who_starts_it_by_hand_has_started_it(room: "Room", fields: dict[str, Any]) -> None:
    live = room.create(KIND, fields | WAITS)
    room.edit(KIND, live.object_id, set={"status": 1})
    room.process()
    live = room.read(KIND, live)
    assert room.differing(KIND, live, fields | WAITS) == []
    live = room.update(KIND, live, fields | WAITS | {"redirect_type": 2})
    assert status(room, live.object_id) == 1
    room.web.delete("/_control/requests")
    room.update(KIND, live, fields | {"redirect_type": 2})
    assert (room.writes(), status(room, live.object_id)) == ([], 1)


def test_a_campaign_that_runs_is_not_paused(room: "Room", fields: dict[str, Any], said: "Said") -> None:
    live = room.create(KIND, fields)
    room.process()
    live = room.read(KIND, live)
    assert room.differing(KIND, live, fields | WAITS) == []
    live = room.update(KIND, live, fields | WAITS | {"redirect_type": 2})
    assert (status(room, live.object_id), said.ids, "starts_after" in live.outs) == (1, [], False)


@pytest.mark.parametrize(("live_status", "options"), [(1, {}), (1, {"adopt": True}), (2, {"adopt": True})])
def test_what_is_taken_over_stays_as_it_is(
    room: "Room", fields: dict[str, Any], said: "Said", live_status: int, options: dict[str, Any]
) -> None:
    made = room.create(KIND, fields)
    room.edit(KIND, made.object_id, set={"status": live_status})
    room.process()
    live = room.create(KIND, fields | options | WAITS)
    assert (live.object_id, status(room, made.object_id)) == (made.object_id, live_status)
    assert "starts_after" not in live.outs
    assert "held" not in said.ids


def test_a_lost_answer_leaves_it_waiting(room: "Room", fields: dict[str, Any]) -> None:
    """What was made paused, and of which the state knows nothing, is what would be made."""
    made = room.create(KIND, fields | WAITS)
    room.process()
    live = room.create(KIND, fields | WAITS)
    assert (live.object_id, live.outs["starts_after"]) == (made.object_id, ["tf.sales"])
    live = room.update(KIND, live, fields)
    assert status(room, live.object_id) == 1


def test_a_campaign_that_the_file_starts_waits_as_well(room: "Room", fields: dict[str, Any], said: "Said") -> None:
    live = room.create(KIND, fields | {"status": "paused"})
    assert said.ids == []
    wanted = fields | {"status": "active"} | WAITS
    live = room.update(KIND, live, wanted)
    assert (status(room, live.object_id), said.ids) == (2, ["held"])
    live = room.update(KIND, live, fields | {"status": "active"})
    assert status(room, live.object_id) == 1


def test_a_pause_in_the_file_stays_one(room: "Room", fields: dict[str, Any]) -> None:
    live = room.create(KIND, fields | WAITS)
    live = room.update(KIND, live, fields | {"status": "paused"})
    assert status(room, live.object_id) == 2
    room.process()
    live = room.read(KIND, live)
    assert room.differing(KIND, live, fields | {"status": "paused"}) == []


def offers_of(room: "Room", fields: dict[str, Any]) -> list[str]:
    """The offers of a campaign's funnels."""
    funnels = (room.stored(KINDS["funnel"], each) for each in fields["funnel_ids"])
    return sorted({offer["id"] for funnel in funnels for offer in funnel["offers"]})


def sold(room: "Room", offer: str, marker: str) -> None:
    """A conversion of an offer that carries a marker."""
    ids = dict.fromkeys(("campaign_id", "source_id", "program_id", "clickid"), "0" * 24)
    row = {"created_at": room.sandbox.clock.now().isoformat(), "p_sub20": marker, "status": "pending", **ids}
    room.sandbox.store.put(
        redtrack_account(room.redtrack_key), "conversion", row | {"id": f"{offer} {marker}", "offer_id": offer}
    )


def test_what_the_log_shows_is_there(room: "Room", fields: dict[str, Any], said: "Said") -> None:
    waits = {"starts_after": ["tf.sales", "tf.billing"]}
    live = room.create(KIND, fields | waits)
    (offer,) = offers_of(room, fields)
    sold(room, offer, "tf.sales")
    room.process()
    said.clear()
    live = room.update(KIND, live, fields | waits)
    assert live.outs["starts_after"] == ["tf.billing"]
    assert "until tf.billing is confirmed" in said.messages[0]
    sold(room, offer, "tf.billing")
    room.process()
    live = room.update(KIND, live, fields | waits)
    assert (live.outs["starts_after"], status(room, live.object_id)) == ([], 1)
    room.process()
    assert room.check(KIND, fields | waits | {"title": "another"}).get("starts_after") is None, "nothing to wait for"


def test_sales_of_another_offer_show_nothing_of_a_new_one(room: "Room", fields: dict[str, Any]) -> None:
    """The same connection booked them, before its list of products had this one."""
    (offer,) = offers_of(room, fields)
    others = [row["id"] for row in room.all_stored(KINDS["offer"]) if row["id"] != offer]
    sold(room, others[0], "tf.sales")
    live = room.create(KIND, fields | WAITS)
    assert (live.outs["starts_after"], status(room, live.object_id)) == (["tf.sales"], 2)
    sold(room, offer, "tf.sales")
    room.process()
    assert status(room, room.update(KIND, live, fields | WAITS).object_id) == 1


def test_each_offer_of_a_campaign_is_to_be_shown(room: "Room", fields: dict[str, Any]) -> None:
    funnel, (offer,) = fields["funnel_ids"][0], offers_of(room, fields)
    other = next(row["id"] for row in room.all_stored(KINDS["offer"]) if row["id"] != offer)
    room.edit(KINDS["funnel"], funnel, set={"offers": [{"id": offer, "weight": 50}, {"id": other, "weight": 50}]})
    sold(room, offer, "tf.sales")
    live = room.create(KIND, fields | WAITS)
    assert status(room, live.object_id) == 2
    sold(room, other, "tf.sales")
    room.process()
    assert status(room, room.update(KIND, live, fields | WAITS).object_id) == 1


def test_nothing_is_shown_for_funnels_that_are_yet_to_be_made(room: "Room", fields: dict[str, Any]) -> None:
    sold(room, offers_of(room, fields)[0], "tf.sales")
    room.process()
    funnels = {"funnel_ids": [*fields["funnel_ids"], "unknown"], "funnel_weights": None, "funnel_optimizations": None}
    assert room.check(KIND, fields | WAITS).get("starts_after") is None
    assert room.check(KIND, fields | WAITS | funnels)["starts_after"] == ["tf.sales"]


def test_a_log_that_cannot_be_read_shows_nothing(room: "Room", fields: dict[str, Any]) -> None:
    room.fault("status:500", path="conversions", times=None)
    assert status(room, room.create(KIND, fields | WAITS).object_id) == 2


def test_the_way_out_is_told_once(room: "Room", fields: dict[str, Any], said: "Said") -> None:
    room.process()
    for number in range(3):
        room.check(KIND, fields | WAITS | {"title": f"campaign {number}"})
    assert said.ids == ["held"] * 3
    assert ["`pulumi up`" in text for text in said.messages] == [True, False, False]


def test_the_log_is_asked_once_for_many(room: "Room", fields: dict[str, Any]) -> None:
    room.process()
    room.web.delete("/_control/requests")
    for number in range(5):
        room.check(KIND, fields | WAITS | {"title": f"campaign {number}"})
    assert len([each for each in room.requests() if each["path"].endswith("/conversions")]) == 1
