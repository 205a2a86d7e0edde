"""One attempt of a request: within its bounds, and never waited for in silence."""

import contextlib
import logging
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue

import httpx

from trackform_core.http.aside import Work
from trackform_core.http.body import ACCEPTED, read_whole
from trackform_core.http.bounds import Bounds, Late

log = logging.getLogger("trackform.http")

Send = Callable[[], httpx.Response]

IDLE_S = 5.0
"""How long a thread waits for more to do."""


class Job(Work[httpx.Response]):
    """A request that waits for its answer. ``done`` is set once its thread is free again."""

    def __init__(self, send: Send) -> None:
        super().__init__(send)
        self.done = threading.Event()


class Watched:
    """Runs work in threads of its own: no name that is looked up, and no header that trickles, holds its caller.

    A thread that is done takes the next work, if some comes soon: to start one costs a tenth of a request. All are
    daemons: what hangs in the system's resolver ends with the process, and nobody waits for it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle = 0
        """Threads that wait, for whom no work is on its way."""
        self._queue: SimpleQueue[Job] = SimpleQueue()

    def __call__(self, send: Send, bounds: Bounds, tell: Callable[[], None]) -> httpx.Response:
        """The answer.

        Raises:
            Late: it took longer than an attempt may.
        """
        job = Job(send)
        with self._lock:
            starts = not self._idle
            self._idle -= not starts
        if starts:
            threading.Thread(target=self._serve, args=(job,), name="requests", daemon=True).start()
        else:
            self._queue.put(job)
        if not job.done.wait(min(bounds.shown_after, bounds.attempt)):
            tell()
            job.done.wait(max(0.0, bounds.attempt - bounds.shown_after))
        if not job.done.is_set():
            raise Late("no full answer")
        return job.result()

    def _serve(self, job: Job | None) -> None:
        while job is not None:
            job.run()
            # Before it is told, so that who asks again at once finds this thread.
            with self._lock:
                self._idle += 1
            job.done.set()
            # Else an answer would be kept until the next one.
            job = None
            job = self._next()

    def _next(self) -> Job | None:
        """The next work; None where none came for a while."""
        with contextlib.suppress(Empty):
            return self._queue.get(timeout=IDLE_S)
        with self._lock:
            if self._idle:
                self._idle -= 1
                return None
        return self._queue.get()


def here(send: Send, bounds: Bounds, tell: Callable[[], None]) -> httpx.Response:  # noqa: ARG001
    """In the caller's own thread: for services in this process, which end."""
    return send()


class AttemptTransport(httpx.BaseTransport):
    """Sends a request once and reads the whole answer, within the bounds."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        service: str,
        bounds: Bounds,
        clock: Callable[[], float],
        watch: Callable[[Send, Bounds, Callable[[], None]], httpx.Response],
    ) -> None:
        self._inner = inner
        self._service = service
        self._bounds = bounds
        self._clock = clock
        self._watch = watch

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        bounds, until = self._bounds, self._clock() + self._bounds.attempt
        # What comes packed in another way is not read: httpx would unpack it without a limit.
        request.headers["accept-encoding"] = ACCEPTED
        # Its body is read here, once: a late attempt may still hold it when the next begins.
        request.read()

        def send() -> httpx.Response:
            return read_whole(self._inner.handle_request(request), bounds, self._clock, until)

        try:
            return self._watch(send, bounds, lambda: self._tell(request))
        except Late as error:
            raise Late(f"{error}: {bounds.attempt:.0f} s are enough") from None

    def close(self) -> None:
        self._inner.close()

    def _tell(self, request: httpx.Request) -> None:
        log.warning(
            "%s: no full answer to %s %s yet; it is waited for %.0f s",
            self._service, request.method, request.url.path, self._bounds.attempt,
        )  # fmt: skip
