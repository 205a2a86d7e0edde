"""What a run without a program does with what it gives up: `on_delete` is obeyed, no limit holds, and both are said."""

import logging

import pytest

from tests.providers.conftest import Room
from tests.providers.small_engine import Engine
from tests.providers.trackform_core.guard.guarded import channels, titles
from tests.providers.trackform_core.lifecycle.test_operator import SALES, TYPE, Desk, desk, provider
from trackform_core.dynamic import NO_LIMITS, Failed
from trackform_core.errors import Refused
from trackform_core.guard.guard import guard_of
from trackform_core.lifecycle import manual as by_hand
from trackform_core.session import session as sessions
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_redtrack.conversion_type import KIND as CONVERSION_TYPE

__all__ = ["desk"]


def test_a_destroy_names_the_list_of_what_is_declared_as_well(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    desk.room.process(checked=False)
    guard_of(sessions.session_of("default")).refreshed = True
    with pytest.raises(Failed, match=r"confirm that with `trackform operator default --destroy`"):
        provider(POSTBACK).delete(live.object_id, dict(live.outs))
    desk.remove(POSTBACK, SALES)
    provider(POSTBACK).delete(live.object_id, dict(live.outs))


def test_a_type_whose_on_delete_came_later_is_removed_by_its_key(desk: Desk) -> None:
    """The ledger does not know that it is to go, so no list of steps has it."""
    desk.confirm(CONVERSION_TYPE, TYPE)
    live = desk.create(CONVERSION_TYPE, {**TYPE, "on_delete": "delete"})
    for checked, flag in ((True, ""), (False, " --destroy")):
        desk.room.process(checked=checked)
        with pytest.raises(Refused, match=f"`trackform operator default{flag} --confirm conversion_types/type3`"):
            by_hand.delete(CONVERSION_TYPE, live.object_id, live.outs)


def test_no_limit_holds_a_destroy_and_on_delete_does(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(room)
    names = [f"c{number:02}" for number in range(12)]
    engine.up(channels(*names, c00={"on_delete": "keep"}))
    assert NO_LIMITS not in caplog.messages
    with caplog.at_level(logging.INFO, "trackform"):
        engine.destroy()
    assert caplog.messages.count(NO_LIMITS) == 1
    told = [message for message in caplog.messages if message.startswith("traffic channel")]
    assert len(told) == len(names)
    assert titles(room) == {"title of c00"}
    assert engine.state == {}


def test_what_an_up_deletes_is_under_its_limits(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    engine = Engine(room)
    engine.up(channels("a", "b", "c"))
    with caplog.at_level(logging.INFO, "trackform"):
        engine.up(channels("a", "b"))
    assert NO_LIMITS not in caplog.messages
