"""One attempt of a request: within its bounds, and never waited for in silence."""

import logging
import threading
from collections.abc import Callable

import httpx

from trackform_core.http.body import ACCEPTED, read_whole
from trackform_core.http.bounds import Bounds, Late

log = logging.getLogger("trackform.http")

Work = Callable[[], httpx.Response]


class Watched:
    """Runs work in a thread of its own: no name that is looked up, and no header that trickles, holds its caller."""

    def __call__(self, work: Work, bounds: Bounds, tell: Callable[[], None]) -> httpx.Response:
        """The work's result.

        Raises:
            Late: it took longer than an attempt may.
        """
        done = threading.Event()
        results: list[httpx.Response] = []
        errors: list[BaseException] = []

        def run() -> None:
            try:
                results.append(work())
            except BaseException as error:  # noqa: BLE001 -- whatever it is, it is its caller's
                errors.append(error)
            finally:
                done.set()

        # A daemon: what hangs in the system's resolver ends with the process, and nobody waits for it.
        threading.Thread(target=run, name="request", daemon=True).start()
        if not done.wait(min(bounds.shown_after, bounds.attempt)):
            tell()
            done.wait(max(0.0, bounds.attempt - bounds.shown_after))
        if errors:
            raise errors[0]
        if not results:
            raise Late("no full answer")
        return results[0]


def here(work: Work, bounds: Bounds, tell: Callable[[], None]) -> httpx.Response:  # noqa: ARG001
    """In the caller's own thread: for services in this process, which end."""
    return work()


class AttemptTransport(httpx.BaseTransport):
    """Sends a request once and reads the whole answer, within the bounds."""

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        service: str,
        bounds: Bounds,
        clock: Callable[[], float],
        watch: Callable[[Work, Bounds, Callable[[], None]], httpx.Response],
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
