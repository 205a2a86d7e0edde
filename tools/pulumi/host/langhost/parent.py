"""End with the process that started us."""

import os
import threading
import time
from collections.abc import Callable

INTERVAL_S = 0.3


def watch(parent: int, on_end: Callable[[], object]) -> None:
    """Call ``on_end`` in a thread once ``parent`` is no longer this process's parent.

    Polled on purpose: Linux's parent-death signal fires when the *thread* that started us ends, and the CLI's Go
    runtime ends threads at will; other systems have no such signal.
    """

    def wait() -> None:
        while os.getppid() == parent:
            time.sleep(INTERVAL_S)
        on_end()

    threading.Thread(target=wait, name="parent-watch", daemon=True).start()
