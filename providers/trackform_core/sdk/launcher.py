"""Pulumi's launcher of the plugin, as far as it is ours to say how it serves: from within, whatever the SDK's version.

It takes an attribute of the server and a name of the launcher's that nobody promised. Where one of them is called
something else, the launcher goes on as it would without us.
"""

import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from types import ModuleType, SimpleNamespace
from typing import Any

WORKERS = 32
"""Calls of the engine that are served at a time: as many as `PULUMI_PARALLEL` of our environments lets it send. The
launcher's own four are what a first `pulumi up` of a thousand objects would spend its time with."""
GRACE_S = 60.0
"""How long an end that was asked for waits for calls under way: as long as one attempt of a request may take."""

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


def serve_thousands(launcher: ModuleType) -> None:
    """Serve more calls at a time, and answer those under way before an interrupt ends the plugin."""
    server = _server_of(launcher)
    if server is not None:
        _widen(server)
        _let_finish(server)


def _widen(server: Any) -> None:
    pool = getattr(getattr(server, "_state", None), "thread_pool", None)
    if isinstance(pool, ThreadPoolExecutor) and getattr(pool, "_max_workers", WORKERS) < WORKERS:
        vars(pool)["_max_workers"] = WORKERS


def _let_finish(server: Any) -> None:
    stop_at_once = server.stop

    def stop(grace: float | None) -> Any:
        # The launcher gives them none: what was just made would be in the account, and in no state.
        try:
            stop_at_once(GRACE_S).wait()
        except KeyboardInterrupt:
            return stop_at_once(grace)

    if hasattr(stop_at_once, "__self__"):  # a method of its own: it was not replaced before
        server.stop = stop


def _server_of(launcher: ModuleType) -> Any:
    """What the launcher serves with: a variable of the function in which the process's first thread waits."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)  # noqa: SLF001 -- no other way leads there
    while frame is not None:
        if frame.f_globals is vars(launcher) and frame.f_code.co_name == "main":
            return frame.f_locals.get("server")
        frame = frame.f_back
    return None
