"""What a call that is served makes of the pool and of the server's end, whatever the SDK's version has of them."""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType
from typing import Any

import pytest

from trackform_core.http.bounds import BOUNDS
from trackform_core.sdk import launcher
from trackform_core.sdk.launcher import GRACE_S, SERVER


class Server:
    """As gRPC has it: told to stop, it answers with something to wait for."""

    def __init__(self, *, interrupted: bool = False) -> None:
        self.graces: list[float | None] = []
        self.waited = 0
        self.interrupted = interrupted

    def stop(self, grace: float | None) -> "Server":
        self.graces.append(grace)
        return self

    def wait(self) -> None:
        self.waited += 1
        if self.interrupted:
            raise KeyboardInterrupt


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Serve a call from a pool of so many workers; how many there are then."""
    module = ModuleType(SERVER)
    exec("def call(served):\n    served()", vars(module))  # noqa: S102 -- the frame of gRPC's
    vars(module)["_Server"] = type("_Server", (Server,), {"stop": Server.stop})
    monkeypatch.setitem(sys.modules, SERVER, module)

    def served(workers: int) -> int:
        with ThreadPoolExecutor(workers) as pool:
            pool.submit(module.call, lambda: launcher.serve(BOUNDS.at_once)).result()
            return pool._max_workers

    return served


def server(**how: Any) -> Any:
    return sys.modules[SERVER]._Server(**how)


@pytest.mark.parametrize(("workers", "then"), [(4, 32), (31, 32), (32, 32), (40, 40)])
def test_no_fewer_are_served_at_a_time_than_the_engine_sends(
    serve: Callable[..., int], workers: int, then: int
) -> None:
    assert BOUNDS.at_once == 32
    assert serve(workers) == then


def test_the_end_waits_for_calls_under_way_however_often_it_was_arranged(serve: Callable[..., int]) -> None:
    serve(2)
    serve(2)
    ends = server()
    assert ends.stop(None) is None
    assert (ends.graces, ends.waited, GRACE_S) == ([60.0], 1, 60.0)


def test_a_second_interrupt_ends_it_as_it_was_asked_to(serve: Callable[..., int]) -> None:
    serve(2)
    ends = server(interrupted=True)
    assert ends.stop(0.5) is ends
    assert ends.graces == [60.0, 0.5]


@pytest.mark.parametrize("called", ["", "_Server"])
def test_a_server_that_is_called_something_else_stays_as_it_is(serve: Callable[..., int], called: str) -> None:
    module = vars(sys.modules[SERVER])
    del module["_Server"]
    if called:
        module[called] = type("_Server", (), {})
    assert serve(2) == 32
    assert not hasattr(module.get("_Server"), "stop")


def test_calls_that_came_before_are_served_at_once_as_well(serve: Callable[..., int]) -> None:
    assert serve(1) == BOUNDS.at_once
    call, came, all_of_them = vars(sys.modules[SERVER])["call"], threading.Event(), threading.Barrier(BOUNDS.at_once)

    def first() -> None:
        came.wait()
        launcher.serve(BOUNDS.at_once)
        all_of_them.wait(30)

    with ThreadPoolExecutor(2) as pool:
        calls = [pool.submit(call, first), *(pool.submit(all_of_them.wait, 30) for _ in range(BOUNDS.at_once - 1))]
        came.set()
        for each in calls:
            each.result()
