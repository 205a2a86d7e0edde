"""The guard of the Account: what leaves the file, and names that were forgotten."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import LIMITS, MANY, channels, live, many, refused, titles
from trackform_core.dynamic import Failed
from trackform_redtrack.offer import KIND as OFFER

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said


def test_the_inventory_is_kept_without_a_change_to_show(engine: Engine) -> None:
    engine.up(channels("a"))
    engine.up(channels("a", "b"))
    account = engine.state["", STACK]
    assert account.inputs["inventory"] == {"channel": {"a": "title of a", "b": "title of b"}}
    assert "inventory" not in account.outs
    assert account.inputs["pending"] == {"channel": ["b"]}
    engine.up(channels("a", "b"))
    assert not {"leaving", "pending"} & account.inputs.keys()


def test_dropping_one_is_told_and_done(engine: Engine, room: "Room", said: "Said") -> None:
    engine.up(channels("a", "b"))
    engine.preview(channels("a"))
    assert "traffic channel 'b' leaves the file: deleted" in said.messages
    engine.up(channels("a"))
    assert titles(room) == {"title of a"}


@pytest.mark.parametrize("adopt", [True, False])
def test_a_forgotten_was_never_deletes_the_live_object(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, *, adopt: bool
) -> None:
    """Another logical name and another title at once: nobody can tell it from a new object in place of an old one."""
    engine.up(channels("old", "other"))
    program = channels("new", "other", new={"adopt": adopt})
    told = refused(engine, program)
    assert "traffic channel 'old' would be deleted or paused while traffic channel 'new' is new" in told
    assert "`was: old` in the entry of 'new'" in told
    assert "TRACKFORM_ALLOW=delete:channel/old" in told
    # It stays refused however often it is tried, and with the Account alone being brought up to date.
    engine.up(channels("old", "other"))
    with pytest.raises(Stopped):
        engine.up_with_the_account_alone(program)
    refused(engine, program)
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel/old")
    engine.up(program)
    assert titles(room) == {"title of new", "title of other"}


def test_of_several_names_the_likeliest_pair_is_suggested(engine: Engine) -> None:
    engine.up(channels("alpha", "facebook-de", "zeta"))
    told = refused(engine, channels("zeta", "taboola", "facebook-germany"))
    assert "traffic channel 'alpha', 'facebook-de' would be deleted or paused while traffic channel 'taboola', " in told
    assert "`was: facebook-de` in the entry of 'facebook-germany'" in told


def test_a_name_that_was_only_announced_is_still_new(engine: Engine, room: "Room") -> None:
    """With the Account as the only target the new name is in the inventory, and nowhere else."""
    engine.up(channels("old", "other"))
    engine.up_with_the_account_alone(channels("old", "other", "new"))
    assert "traffic channel 'new' is new" in refused(engine, channels("other", "new"))
    engine.up_with_the_account_alone(channels("other"))
    assert "traffic channel 'new' is new" in refused(engine, channels("other", "new"))
    assert titles(room) == {"title of old", "title of other"}


def test_was_moves_the_name_and_is_not_refused(engine: Engine, room: "Room") -> None:
    engine.up(channels("old", "other"))
    before = {row["id"] for row in live(room, "channel")}
    renamed = channels("new", "other")
    engine.up(renamed, was={"channel": {"new": "old"}})
    assert {row["id"] for row in live(room, "channel")} == before
    assert titles(room) == {"title of new", "title of other"}
    # It may stay in the file.
    engine.up(renamed, was={"channel": {"new": "old"}})
    engine.up(renamed)


@pytest.mark.parametrize("adopt", [True, False])
def test_another_name_for_the_same_title_keeps_the_live_object(
    engine: Engine, room: "Room", said: "Said", *, adopt: bool
) -> None:
    engine.up(channels("old"))
    (before,) = live(room, "channel")
    engine.up({"channel": {"new": {"title": "title of old", "adopt": adopt}}})
    (after,) = live(room, "channel")
    assert after["id"] == before["id"]
    assert ("channel", "old") not in engine.state
    assert (
        "traffic channel 'old' leaves the file: kept: 'new' has the same title and takes it over (`was: old` there "
        "renames it)"
    ) in said.messages


@pytest.mark.parametrize("adopted", [True, False])
def test_another_name_and_other_fields_change_the_same_object_and_leave_no_ghost(
    engine: Engine, room: "Room", said: "Said", *, adopted: bool
) -> None:
    if adopted:
        room.edit(KINDS["channel"], set={"title": "title of old"})
    engine.up({"channel": {"old": {"title": "title of old"} | ({"adopt": True} if adopted else {})}})
    (before,) = live(room, "channel")
    renamed = {"channel": {"new": {"title": "title of old", "ref_id": "x"}}}
    engine.preview(renamed)
    engine.up(renamed)
    (after,) = live(room, "channel")
    assert (after["id"], after["ref_id"]) == (before["id"], "x")
    assert engine.state.keys() == {("", STACK), ("channel", "new")}
    assert engine.state["channel", "new"].outs["adopted"] is adopted
    for _ in range(2):
        said.clear()
        engine.up(renamed)
        assert "leaves" not in said.ids
    engine.up({"channel": {"new": {"title": "title of old", "ref_id": "x"}, "more": {"title": "more"}}})
    assert titles(room) == {"title of old", "more"}


def test_a_new_name_for_another_live_object_is_no_new_name_for_the_old_one(engine: Engine, room: "Room") -> None:
    engine.up(channels("a", "b"))
    room.edit(KINDS["channel"], set={"title": "title of found"})
    engine.up(channels("a", "found"))
    assert titles(room) == {"title of a", "title of found"}


def test_what_is_kept_anyway_may_go_while_others_come(engine: Engine, room: "Room") -> None:
    room.edit(KINDS["channel"], set={"title": "title of mine"})
    engine.up(channels("mine", "keep", mine={"adopt": True}, keep={"on_delete": "keep"}))
    engine.up(channels("x", "y"))
    assert titles(room) == {f"title of {name}" for name in ("mine", "keep", "x", "y")}


def test_a_run_that_failed_does_not_make_the_next_one_blind(engine: Engine, room: "Room") -> None:
    """The Account takes the new inventory before the objects follow: what left is remembered until it is gone."""
    engine.up(channels(*many()), limits=LIMITS)
    room.fault("status:500", method="DELETE", path="^/sources/", times=None)
    with pytest.raises(Failed):
        engine.up(channels(*many(MANY - 2)), limits=LIMITS)
    assert engine.state["", STACK].inputs["leaving"] == {"channel": {"c18": "title of c18", "c19": "title of c19"}}
    room.control("DELETE", "faults")
    told = refused(engine, channels(*many(MANY - 4)), limits=LIMITS)
    assert "4 of 20 objects of the kind traffic channel would be deleted or paused" in told
    engine.up(channels(*many(MANY - 2)), limits=LIMITS)
    assert len(live(room, "channel")) == MANY - 2
    engine.up(channels(*many(MANY - 2)), limits=LIMITS)
    assert "leaving" not in engine.state["", STACK].inputs


def test_names_that_were_never_made_do_not_leave(engine: Engine, room: "Room", said: "Said") -> None:
    """A first run that failed early left a long inventory and few objects."""
    room.fault("status:500", method="POST", path="^/sources", times=None)
    with pytest.raises(Failed):
        engine.up(channels(*many()), limits=LIMITS)
    room.control("DELETE", "faults")
    engine.up(channels("c00", "c01"), limits=LIMITS)
    assert "leaves the file" not in said.text
    engine.up(channels(*many()), limits=LIMITS)
    assert len(live(room, "channel")) == MANY


def test_a_state_without_an_inventory_is_judged_by_what_is_in_it(engine: Engine, room: "Room") -> None:
    """One that an earlier version wrote."""
    engine.up(channels(*many()), limits=LIMITS)
    del engine.state["", STACK].inputs["inventory"]
    told = refused(engine, channels(*many(10)), limits=LIMITS)
    assert "10 of 20 objects of the kind traffic channel would be deleted or paused: " in told
    engine.up(channels(*many(MANY - 1)), limits=LIMITS)
    assert len(live(room, "channel")) == MANY - 1


def test_a_target_passes_the_account_by_and_is_refused(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels("a", "b", "kept", kept={"on_delete": "keep"}))
    room.forget()
    with pytest.raises(
        Failed, match=r"'title of a' is not deleted: .*without --target; or.*ALLOW='delete:channel/title"
    ):
        engine.up_with_targets(("channel", "a"))
    assert room.writes() == []
    engine.up_with_targets(("channel", "kept"))
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel/title of a")
    engine.up_with_targets(("channel", "a"))
    monkeypatch.delenv("TRACKFORM_ALLOW")
    assert titles(room) == {"title of b", "title of kept"}
    engine.destroy()
    assert titles(room) == {"title of kept"}


def test_two_objects_of_one_title_are_not_mistaken_for_each_other(engine: Engine, room: "Room", said: "Said") -> None:
    ids = [room.edit(KINDS["channel"], set={"title": "twin"})["id"] for _ in range(2)]
    twins = {f"t{n}": {"title": "twin", "adopt_id": each, "adopt": True} for n, each in enumerate(ids)}
    engine.up({"channel": twins})
    room.edit(KINDS["channel"], ids[1], delete=True)
    engine.preview({"channel": {"t0": twins["t0"]}})
    assert "made again" not in said.text
    engine.up({"channel": {"t0": twins["t0"]}})
    assert [row["id"] for row in live(room, "channel")] == ids[:1]
    assert ("channel", "t1") not in engine.state


def test_what_is_told_of_an_object_that_leaves_is_what_happens(
    engine: Engine, room: "Room", said: "Said", monkeypatch: pytest.MonkeyPatch
) -> None:
    made = room.edit(KINDS["offer_source"], set={"title": "shop"})["id"]
    room.edit(KINDS["offer"], set={"title": "adopted", "url": "https://p.test/", "program_id": made})
    offers: dict[str, dict[str, Any]] = {
        name: {"title": name, "url": "https://p.test/", "offer_source_id": made}
        for name in ("plain", "clicked", "named", "adopted", "keeps", "pauses", "guarded", "used")
    }
    offers["adopted"] |= {"adopt": True}
    offers["keeps"] |= {"on_delete": "keep"}
    offers["pauses"] |= {"on_delete": "pause"}
    domain = {"main": {"url": "track.acme.test"}}
    engine.up({"offer": offers, "domain": domain}, protected={"offer": ["guarded"]})
    ids = {row["title"]: row["id"] for row in live(room, "offer")}
    stream = room.edit(KINDS["funnel"], set={"title": "f", "offers": [{"id": ids["clicked"], "weight": 100}]})["id"]
    source = room.edit(KINDS["channel"], set={"title": "ads"})["id"]
    campaign = room.edit(
        KINDS["campaign"], set={"title": "c", "source_id": source, "streams": [{"id": stream, "weight": 100}]}
    )["id"]
    room.web.get(f"/t/{campaign}")
    room.edit(KINDS["funnel"], stream, set={"offers": [{"id": ids["named"], "weight": 100}]})
    room.web.get(f"/t/{campaign}")
    room.edit(KINDS["funnel"], stream, set={"offers": [{"id": ids["used"], "weight": 100}]})
    client = room.process().client(OFFER.service)
    assert [name for name in offers if OFFER.clicked(client, ids[name])] == ["clicked", "named"]
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete-clicked:offer/named,delete:offer")

    engine.preview({})
    told = {
        line.split("'")[1]: line.partition(" leaves the file: ")[2]
        for line in said.messages
        if "leaves the file" in line
    }
    assert told == {
        "plain": "deleted",
        "clicked": "paused, not deleted: it had clicks in the last 30 days",
        "named": "deleted, whether or not it had clicks: TRACKFORM_ALLOW names it",
        "adopted": "kept: it was adopted, not created",
        "keeps": "kept: on_delete is keep",
        "pauses": "paused: on_delete is pause",
        "used": "kept: funnel 'f' still uses it",
        "guarded": "protected: Pulumi refuses to delete it. Take `protect` out first, in a change of its own",
        "main": "kept: never deleted by default",
    }
    said.clear()
    engine.up({})
    status = {name: room.stored(KINDS["offer"], ids[name])["status"] for name in offers}
    assert (status["plain"], status["named"]) == (3, 3)
    assert (status["clicked"], status["pauses"]) == (2, 2)
    assert (status["adopted"], status["keeps"], status["used"]) == (1, 1, 1)
    assert live(room, "domain") != []


def test_a_key_or_a_bridge_that_an_object_needs_is_missed_before_the_first_write(engine: Engine, room: "Room") -> None:
    url = "https://track.acme.test/postback?clickid={cid}&type={order_type}&sub20=tf.sales"
    postback = {"name": "sales", "url": url, "events": ["payment"], "product_ids": ["1"]}
    program = channels("a") | {"postback": {"sales": postback}}
    room.digistore24_key = ""
    room.forget()
    with pytest.raises(
        Failed, match=r"account 'default', for .*connection 'sales': Digistore24: no API key: set DIGISTO"
    ):
        engine.up(program)
    assert room.writes() == []
    engine.up(channels("a"))
    assert titles(room) == {"title of a"}
