"""What only a person can bring about waits, with all that refers to it; the rest of the run goes on."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, REDTRACK_KEY, Room
from tests.providers.small_engine import PROVIDERS, STACK, Engine
from trackform.sandbox.accounts import redtrack_account
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import pending as waiting
from trackform_core.lifecycle.service import Live

if TYPE_CHECKING:
    from trackform_core.model.wire import Values

SOURCE = {"title": "Digistore24", "clickid": "{cid}", "sum": "{amount_affiliate}"}
DOMAIN = {"url": "nocname.acme.test"}
CHANNEL = {"title": "Taboola"}


def offer(source: str) -> dict[str, Any]:
    return {"title": "Keto", "url": "https://p.test/?cid={clickid}", "offer_source_id": source}


def by_hand(room: Room, fields: "Values") -> str:
    """The plan binds the API alone."""
    room.switch(post_networks="allowed")
    made = room.edit(KINDS["offer_source"], set=fields)["id"]
    room.switch(post_networks="premium_only")
    return str(made)


@pytest.fixture
def engine(room: Room) -> Engine:
    room.switch(post_networks="premium_only")
    return Engine(room)


def up(engine: Engine, **more: Any) -> None:
    """As the engine does it: what refers to the offer source gets the id that this run gave it."""
    engine.up({"offer_source": {"ds24": SOURCE}, "channel": {"tb": CHANNEL}} | more)
    source = engine.state["offer_source", "ds24"].outs["object_id"]
    engine.up({"offer_source": {"ds24": SOURCE}, "channel": {"tb": CHANNEL}, "offer": {"keto": offer(source)}} | more)


def outs(engine: Engine, kind: str, name: str) -> dict[str, Any]:
    return engine.state[kind, name].outs


def test_the_rest_is_made_and_what_depends_on_it_waits(engine: Engine, room: Room) -> None:
    up(engine, domain={"main": DOMAIN})
    assert outs(engine, "offer_source", "ds24")["status"] == "awaiting operator"
    assert outs(engine, "domain", "main")["status"] == "awaiting DNS"
    assert outs(engine, "offer", "keto")["status"] == "awaiting offer source 'Digistore24'"
    assert [row["title"] for row in room.all_stored(KINDS["channel"])] == ["Taboola"]
    for kind in ("offer_source", "domain", "offer"):
        assert room.all_stored(KINDS[kind]) == []
    assert not [each for each in room.writes() if "offers" in each]


def test_the_warning_says_what_to_do(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="trackform"):
        engine.up({"offer_source": {"ds24": SOURCE}})
    assert "offer source 'Digistore24' was not created, whatever the engine says: awaiting operator" in caplog.text
    assert "premium plans only. Create the offer source by hand" in caplog.text
    assert "All open steps: `trackform operator default --live`" in caplog.text


def test_what_a_person_made_is_taken_over_and_the_rest_follows(engine: Engine, room: Room) -> None:
    up(engine)
    made = by_hand(room, {"title": "Digistore24", "notes": "mine", "sum": "{other}"})
    up(engine)
    source = engine.state["offer_source", "ds24"]
    assert source.object_id == made
    assert source.outs["adopted"] is True
    stored = room.stored(KINDS["offer_source"], made)
    assert (stored["sum"], stored["notes"]) == ("{amount_affiliate}", "mine")
    (row,) = room.all_stored(KINDS["offer"])
    assert row["program_id"] == made
    room.forget()
    engine.up({"offer_source": {"ds24": SOURCE}, "channel": {"tb": CHANNEL}, "offer": {"keto": offer(made)}})
    assert room.writes() == []


def test_a_stranger_of_that_title_is_still_refused(engine: Engine, room: Room) -> None:
    """Only what this stack waited for is taken over unasked."""
    by_hand(room, {"title": "Digistore24", "sum": "{other}"})
    with pytest.raises(Exception, match="exists already"):
        engine.up({"offer_source": {"ds24": SOURCE}})


def test_the_domain_is_made_once_its_name_resolves(engine: Engine, room: Room) -> None:
    program = {"domain": {"main": DOMAIN}}
    engine.up(program)
    engine.preview(program)
    assert room.all_stored(KINDS["domain"]) == []
    row = room.edit(KINDS["domain"], set={"url": "track.acme.test", "type": "track"})
    made = row["id"]
    room.sandbox.store.put(redtrack_account(REDTRACK_KEY), "domain", {**row, **DOMAIN}, row_id=made)
    engine.up(program)
    assert engine.state["domain", "main"].object_id == made


def test_any_other_refusal_stays_an_error(engine: Engine) -> None:
    with pytest.raises(Exception, match="domain type is not defined"):
        engine.up({"domain": {"main": {"url": "bad.acme.test", "type": "tracker"}}})
    assert ("domain", "main") not in engine.state


def test_a_live_object_keeps_what_it_refers_to_until_the_new_one_is_there(engine: Engine, room: Room) -> None:
    there = by_hand(room, {"title": "another"})
    engine.up({"offer": {"keto": offer(there)}})
    engine.up({"offer_source": {"ds24": SOURCE}, "offer": {"keto": offer(there)}})
    awaited = outs(engine, "offer_source", "ds24")["object_id"]
    room.forget()
    engine.up({"offer_source": {"ds24": SOURCE}, "offer": {"keto": offer(awaited) | {"countries": ["DE"]}}})
    (row,) = room.all_stored(KINDS["offer"])
    assert (row["program_id"], row.get("country_codes") or []) == (there, [])
    assert [each for each in room.writes() if "offers" in each] == []


def test_nothing_is_left_of_it_when_it_leaves_the_file_or_the_stack_goes(engine: Engine, room: Room) -> None:
    up(engine)
    engine.up({"channel": {"tb": CHANNEL}})
    assert set(engine.state) == {("", STACK), ("channel", "tb")}
    up(engine)
    engine.destroy()
    assert engine.state == {}
    assert room.all_stored(KINDS["channel"]) == []


def test_without_a_refresh_it_is_replaced_and_forgotten(engine: Engine, room: Room) -> None:
    provider = PROVIDERS["offer_source"]
    engine.up({"offer_source": {"ds24": SOURCE}})
    kept = engine.state["offer_source", "ds24"]
    planned = provider.diff(kept.object_id, dict(kept.outs), dict(kept.inputs))
    # The inputs may be the same: asked whether it knows, the engine would compare them and find nothing to do.
    assert (planned.changes, planned.replaces) == (True, ["title"])
    room.forget()
    provider.delete(kept.object_id, dict(kept.outs))
    assert room.requests() == []


def test_the_guard_counts_it_neither_as_removed_nor_as_made_again(engine: Engine, room: Room) -> None:
    names = [f"d{number:02}" for number in range(20)]
    program = {"domain": {name: {"url": f"nocname.{name}.test"} for name in names}}
    limits = {"domain": {each: {"percent": 5, "objects": 1} for each in ("delete", "update", "recreate")}}
    engine.up(program, limits=limits)
    engine.up(program, limits=limits)
    engine.up({"domain": {}}, limits=limits)
    assert set(engine.state) == {("", STACK)}


def test_which_ids_are_steps_of_their_own() -> None:
    root, other = f"{waiting.PREFIX}DNS/tracking domain/a/b", f"{waiting.PREFIX}another/offer/x"
    assert [waiting.waits_for_a_person(each) for each in (root, other, "64f0", None)] == [True, False, False, False]
    assert waiting.waited_for({"list": [{"id": root}]}) == "tracking domain 'a/b'"
    assert waiting.waited_for({"list": [root, root], "a": other}) == "offer 'x', tracking domain 'a/b'"
    assert waiting.waited_for({"id": "64f0", "weight": 100}) == ""


def test_what_was_held_back_stays_planned_without_a_refresh(engine: Engine, room: Room) -> None:
    """The engine stored the new inputs and the old outputs: it sees nothing to do unless it is told."""
    there = by_hand(room, {"title": "another"})
    engine.up({"offer": {"keto": offer(there)}})
    engine.up({"offer_source": {"ds24": SOURCE}, "offer": {"keto": offer(there)}})
    awaited = outs(engine, "offer_source", "ds24")["object_id"]
    program = {"offer_source": {"ds24": SOURCE}, "offer": {"keto": offer(awaited)}}
    engine.up(program)
    engine.refreshes = False
    engine.preview(program)
    assert ("offer", "keto") in engine.planned
    assert ("offer_source", "ds24") in engine.planned


def test_an_object_without_a_difference_is_not_planned_without_a_refresh(engine: Engine) -> None:
    engine.up({"channel": {"tb": CHANNEL}})
    engine.refreshes = False
    for run in (engine.preview, engine.up):
        run({"channel": {"tb": CHANNEL}})
        assert engine.planned == []


def test_what_waited_and_is_then_only_referred_to_is_not_taken_over(engine: Engine, room: Room) -> None:
    up(engine)
    made = by_hand(room, {"title": "Digistore24", "notes": "mine", "sum": "{other}"})
    program: dict[str, Any] = {
        "offer_source": {"ds24": {"title": "Digistore24", "existing": True}},
        "channel": {"tb": CHANNEL},
    }
    room.forget()
    engine.up(program)
    source = engine.state["offer_source", "ds24"]
    assert source.object_id == made
    assert "adopt" not in source.inputs
    engine.up(program)
    assert [write for write in room.writes() if "networks" in write] == []
    stored = room.stored(KINDS["offer_source"], made)
    assert (stored["sum"], stored["notes"]) == ("{other}", "mine")
    # Declared again, it is one that somebody else made.
    with pytest.raises(Exception, match=r"exists already .* differs in clickid, sum"):
        engine.up({"offer_source": {"ds24": SOURCE}, "channel": {"tb": CHANNEL}})


@pytest.mark.parametrize("wish", [True, False])
def test_what_the_file_says_of_taking_over_counts(engine: Engine, room: Room, *, wish: bool) -> None:
    up(engine)
    by_hand(room, {"title": "Digistore24", "sum": "{other}"})
    program: dict[str, Any] = {"offer_source": {"ds24": SOURCE | {"adopt": wish}}, "channel": {"tb": CHANNEL}}
    if wish:
        engine.up(program)
        assert outs(engine, "offer_source", "ds24")["adopted"] is True
    else:
        with pytest.raises(Exception, match="exists already"):
            engine.up(program)


@pytest.mark.parametrize(("need", "noted"), [("operator", True), ("DNS", False), ("another", False)])
def test_only_what_a_person_was_asked_to_make_is_noted(room: Room, need: str, *, noted: bool) -> None:
    session = room.process()
    waiting.note(KINDS["offer_source"], f"{waiting.PREFIX}{need}/offer source/Shop", {"title": "Shop"})
    assert session.awaited == ({("offer_source", "Shop")} if noted else set())
    assert waiting.asked_for(KINDS["offer_source"], {}, {"title": "Shop"}) == {"title": "Shop"}, "nobody made it yet"
    room.edit(KINDS["offer_source"], set={"title": "Shop"})
    session.listing(KINDS["offer_source"]).forget()
    adopting = {"title": "Shop", "adopt": True} if noted else {"title": "Shop"}
    assert waiting.asked_for(KINDS["offer_source"], {}, {"title": "Shop"}) == adopting
    assert waiting.asked_for(KINDS["offer_source"], {"title": "Shop"}, {"title": "Shop"}) == {"title": "Shop"}


@pytest.mark.parametrize(("name", "by_hand", "waits"), [
    ("offer_source", True, True), ("offer_source", False, False), ("channel", True, False), ("channel", False, False),
])  # fmt: skip
def test_only_what_a_person_can_bring_about_waits(name: str, *, by_hand: bool, waits: bool) -> None:
    error = ServiceError("RedTrack", "forbidden", "no")
    error.by_hand = by_hand

    def make() -> Live:
        raise error

    if waits:
        assert waiting.create(KINDS[name], {"title": "t"}, make).outs["status"] == "awaiting operator"
    else:
        with pytest.raises(ServiceError):
            waiting.create(KINDS[name], {"title": "t"}, make)
