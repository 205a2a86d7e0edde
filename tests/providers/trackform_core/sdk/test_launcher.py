"""An error is one text for the user, also where the SDK's launcher would send where it was raised."""

import asyncio
import sys
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from trackform_core.sdk.launcher import keep_loops, serve, tell_texts_alone

OF_NEWER_SDKS = """
import traceback

def _abort_with_traceback(fn):
    def wrapper(*args):
        try:
            return fn(*args)
        except Exception:
            return traceback.format_exc()
    return wrapper

def raises(error):
    raise error

check = _abort_with_traceback(raises)
"""


class Told(Exception):  # noqa: N818 -- like the one that the user is told
    pass


@pytest.fixture
def launcher() -> ModuleType:
    module = ModuleType("__main__")
    exec(OF_NEWER_SDKS, vars(module))  # noqa: S102 -- the text above
    return module


def test_the_text_alone(launcher: ModuleType) -> None:
    assert launcher.check(Told("offer 'Keto': no")).startswith("Traceback")
    tell_texts_alone(launcher, Told)
    assert launcher.check(Told("offer 'Keto': no")) == "Exception calling application: offer 'Keto': no"


def test_of_any_other_error_where_it_was_raised(launcher: ModuleType) -> None:
    tell_texts_alone(launcher, Told)
    said = launcher.check(KeyError("x"))
    assert said.startswith("Traceback")
    assert "in raises" in said


def test_an_older_launcher_stays_as_it_is() -> None:
    older = ModuleType("__main__")
    tell_texts_alone(older, Told)
    assert not hasattr(older, "traceback")


def answered(launcher: ModuleType, answer: Coroutine[Any, Any, Any]) -> Any:
    """As the launcher answers: a loop of its own for each, as it thinks."""
    loop = launcher.asyncio.new_event_loop()
    try:
        return loop.run_until_complete(answer)
    finally:
        loop.close()


async def loop_of_the_answer() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


async def fails() -> None:
    raise Told("no")


def test_a_thread_keeps_one_loop_for_all_its_answers(launcher: ModuleType) -> None:
    vars(launcher)["asyncio"] = asyncio
    keep_loops(launcher)
    own = answered(launcher, loop_of_the_answer())
    with pytest.raises(Told):
        answered(launcher, fails())
    assert answered(launcher, loop_of_the_answer()) is own
    with ThreadPoolExecutor(1) as pool:
        others = [pool.submit(answered, launcher, loop_of_the_answer()).result() for _ in range(2)]
    assert others[0] is others[1] is not own
    for loop in (own, others[0]):
        assert not loop.is_closed()
        loop.close()


def test_a_launcher_without_loops_stays_as_it_is(launcher: ModuleType) -> None:
    keep_loops(launcher)
    assert not hasattr(launcher, "asyncio")


def test_a_pool_that_serves_no_engine_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nobody's frames but this thread's own are asked for: that stopped a plugin for ever, now and then."""
    monkeypatch.setattr(sys, "_current_frames", None)
    with ThreadPoolExecutor(2) as pool:
        pool.submit(serve, 32).result()
        assert pool._max_workers == 2
