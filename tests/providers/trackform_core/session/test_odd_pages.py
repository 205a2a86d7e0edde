"""A service that gives seven rows a page: whoever relies on an absence has read them all."""

from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from tests.providers.trackform_core.guard.guarded import LIMITS, channels, live, many, refused, titles
from trackform_core.errors import Refused
from trackform_core.lifecycle import pending as waiting
from trackform_core.lifecycle import service as lifecycle

if TYPE_CHECKING:
    from tests.providers.conftest import Room

CHANNEL = KINDS["channel"]
SOURCE = KINDS["offer_source"]


@pytest.fixture
def last(room: "Room") -> str:
    """The id of the last of many channels, which is on the third page."""
    room.switch(page_cap=7)
    made = [str(room.edit(CHANNEL, set={"title": f"title of {name}", "ref_id": "x"})["id"]) for name in many(16)]
    return made[-1]


def test_what_is_there_is_not_made_again(room: "Room", last: str) -> None:
    session = room.process()
    assert lifecycle.create(CHANNEL, {"title": "title of c15", "account": "default"}).object_id == last
    assert (CHANNEL.name, last) in session.taken
    assert len(live(room, "channel")) == 16


def test_what_is_there_can_be_referred_to(room: "Room", last: str) -> None:
    fields = {"title": "title of c15", "existing": True}
    room.process()
    assert lifecycle.check(CHANNEL, {}, fields, "?").failures == ()
    assert lifecycle.create(CHANNEL, fields | {"account": "default"}).object_id == last


def test_a_campaign_that_is_there_needs_no_funnel(room: "Room") -> None:
    room.switch(page_cap=7)
    source = room.edit(CHANNEL, set={"title": "s"})["id"]
    for name in many(16):
        room.edit(KINDS["campaign"], set={"title": name, "source_id": source})
    room.process()
    fields = {"title": "c15", "channel_id": source}
    assert lifecycle.check(KINDS["campaign"], {}, fields, "?").failures == ()


def test_a_title_that_another_one_has_is_not_taken(room: "Room", last: str) -> None:
    mine = room.create(CHANNEL, {"title": "mine"})
    room.process()
    with pytest.raises(
        Refused, match=rf"RedTrack has another one of this title \({last}\), so {mine.object_id} is not"
    ):
        room.update(CHANNEL, mine, {"title": "title of c15"})
    renamed = room.update(CHANNEL, mine, {"title": "free"})
    assert room.stored(CHANNEL, renamed.object_id)["title"] == "free"


def test_what_a_person_made_is_found(room: "Room") -> None:
    room.switch(page_cap=7)
    for name in many(16):
        room.edit(SOURCE, set={"title": name})
    session = room.process()
    session.awaited.add((SOURCE.name, "c15"))
    assert waiting.asked_for(SOURCE, {}, {"title": "c15"}) == {"title": "c15", "adopt": True}


def test_without_a_refresh_the_guard_asks_for_all(room: "Room") -> None:
    engine = Engine(room)
    engine.up(channels(*many(16)), limits=LIMITS)
    room.switch(page_cap=7)
    engine.refreshes = False
    assert "3 of 16 objects" in refused(engine, channels(*many(13)), limits=LIMITS)


def test_a_new_name_of_what_is_there_is_no_former_one(room: "Room", last: str) -> None:
    assert last
    engine = Engine(room)
    engine.up(channels("a", "b"))
    engine.up(channels("a", "c15", c15={"adopt": True}))
    assert "title of b" not in titles(room)
