"""Pulumi's launcher of the plugin, as far as it is ours to say how it serves: from within, whatever the SDK's version.

It takes attributes of gRPC's server and of a pool of threads, and a name of the launcher's, that nobody promised. Where
one of them is called something else, the launcher goes on as it would without us.
"""

import asyncio
import contextlib
import functools
import inspect
import sys
import threading
import traceback
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor, thread
from types import ModuleType, SimpleNamespace
from typing import Any

GRACE_S = 60.0
"""How long an end that was asked for waits for calls under way: as long as one attempt of a request may take."""

SERVER = "grpc._server"
"""Of the process that serves; nobody else loads it for our sake."""
AS_EVER = "Exception calling application: "
"""What gRPC writes before the text of an error that nobody caught, as the launcher of older SDKs leaves it."""


def tell_texts_alone(launcher: ModuleType, kind: type[Exception]) -> None:
    """Keep the launcher from sending where in the code an error of this class was raised.

    Newer ones, as of 3.272, send the traceback: the reader would have to find the text below fifteen lines of paths.
    """
    if hasattr(launcher, "_abort_with_traceback"):
        vars(launcher)["traceback"] = SimpleNamespace(format_exc=lambda: _text(kind))


def _text(kind: type[Exception]) -> str:
    error = sys.exception()
    return f"{AS_EVER}{error}" if isinstance(error, kind) else traceback.format_exc()


class KeptLoop:
    """The one event loop of a thread, which the launcher makes anew for every answer, with three files for each."""

    _own = threading.local()

    def __init__(self) -> None:
        if not hasattr(self._own, "loop"):
            self._own.loop = asyncio.new_event_loop()

    def run_until_complete(self, answer: Coroutine[Any, Any, Any]) -> Any:
        return self._own.loop.run_until_complete(answer)

    def close(self) -> None:
        """It ends with the plugin."""


def keep_loops(launcher: ModuleType) -> None:
    """Spare the launcher an event loop for each of thousands of answers, which takes it longer than to fill one."""
    if getattr(launcher, "asyncio", None) is asyncio:
        vars(launcher)["asyncio"] = SimpleNamespace(new_event_loop=KeptLoop)


def serve(at_once: int) -> None:
    """Serve so many calls at a time, or more, and answer those under way before an interrupt ends the plugin.

    Called while a call is served. Only this thread's own frames lead to the pool: to ask for those of others while a
    thread is about to start stops both for ever (CPython's `sys._current_frames`, seen on 3.11).
    """
    pool = _pool_of_this_call()
    if pool is not None:
        if getattr(pool, "_max_workers", at_once) < at_once:
            vars(pool)["_max_workers"] = at_once
            # A thread starts when a call comes: those that came before this one would wait for the few there were.
            with contextlib.suppress(RuntimeError):  # it is about to end
                for _ in range(at_once):
                    pool.submit(int)
        _let_finish()


def _pool_of_this_call() -> ThreadPoolExecutor | None:
    """The pool of gRPC's server in which this thread works; None where no server calls."""
    frame, served = inspect.currentframe(), False
    while frame is not None:
        module = frame.f_globals.get("__name__")
        served = served or module == SERVER
        if served and module == thread.__name__ and callable(executor := frame.f_locals.get("executor_reference")):
            pool = executor()
            return pool if isinstance(pool, ThreadPoolExecutor) else None
        frame = frame.f_back
    return None


def _let_finish() -> None:
    """The launcher ends its server without a moment for what was just made: in the account, and in no state."""
    kind = getattr(sys.modules[SERVER], "_Server", None)
    stop_at_once = getattr(kind, "stop", None)
    if stop_at_once is None or hasattr(stop_at_once, "__wrapped__"):
        return

    @functools.wraps(stop_at_once)
    def stop(server: Any, grace: float | None) -> Any:
        try:
            stop_at_once(server, GRACE_S).wait()
        except KeyboardInterrupt:
            return stop_at_once(server, grace)

    kind.stop = stop  # type: ignore[union-attr]
