"""Requests that are sent again, and how long anybody waits."""

import logging
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx
import tenacity

log = logging.getLogger("trackform.http")

ATTEMPTS = 4

LONGEST_WAIT = 90.0
"""Seconds. RedTrack's limits are per calendar minute, so a longer Retry-After is not about its rate limit."""

WAIT_AS_TOLD = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
"""Answers whose Retry-After counts."""


class Pause:
    """One pause shared by all threads: after a 429 nobody asks before the service wants to be asked."""

    def __init__(self, sleep: Callable[[float], None]) -> None:
        self._sleep = sleep
        self._lock = threading.Lock()
        self._until = 0.0

    def ask_for(self, seconds: float) -> None:
        with self._lock:
            self._until = max(self._until, time.monotonic() + seconds)

    def wait(self) -> None:
        with self._lock:
            left = self._until - time.monotonic()
        if left > 0:
            self._sleep(left)


class wait_as_told(tenacity.wait.wait_base):  # noqa: N801 -- named like tenacity's own strategies
    """Retry-After where the answer has one, else what ``otherwise`` says."""

    def __init__(self, otherwise: tenacity.wait.wait_base) -> None:
        self._otherwise = otherwise

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        outcome = retry_state.outcome
        if outcome is not None and not outcome.failed:
            # Not of a 500, which RedTrack also answers to a key that it refuses: nobody waits minutes to be told so.
            response = outcome.result()
            seconds = retry_after(response) if response.status_code in WAIT_AS_TOLD else None
            if seconds is not None:
                return min(seconds, LONGEST_WAIT)
        return self._otherwise(retry_state)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, which may also be a date; ``None`` without a usable one."""
    header = response.headers.get("retry-after", "")
    if header.strip().isdecimal():
        return float(header)
    try:
        when = parsedate_to_datetime(header)
    except ValueError:
        return None
    return max(0.0, (when.replace(tzinfo=when.tzinfo or UTC) - datetime.now(UTC)).total_seconds())


class RetryTransport(httpx.BaseTransport):
    """Sends again what may be sent again.

    A request that was never processed (429, no connection) always may. What fails half-way may only where doing it
    twice is doing it once: GET, PUT, DELETE and PATCH, or a request marked ``extensions={"idempotent": True}``. A POST
    whose answer is lost is never repeated: there is no idempotency key in either API.
    """

    def __init__(
        self,
        inner: httpx.BaseTransport,
        *,
        service: str,
        base_wait: float = 0.4,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._inner = inner
        self._service = service
        self._pause = Pause(sleep)
        self._retrying = tenacity.Retrying(
            sleep=sleep,
            stop=tenacity.stop_after_attempt(ATTEMPTS),
            wait=wait_as_told(
                tenacity.wait_exponential(multiplier=base_wait, max=8) + tenacity.wait_random(0, base_wait)
            ),
            retry=tenacity.retry_if_exception(never_sent) | tenacity.retry_if_result(_not_processed),
            before_sleep=self._before_sleep,
            retry_error_callback=_last_outcome,
            reraise=True,
        )
        self._retrying_idempotent = self._retrying.copy(
            retry=tenacity.retry_if_exception(_may_pass) | tenacity.retry_if_result(_try_again),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        idempotent = request.method != "POST" or request.extensions.get("idempotent", False)
        retrying = self._retrying_idempotent if idempotent else self._retrying
        return retrying.copy()(self._once, request)

    def close(self) -> None:
        self._inner.close()

    def _once(self, request: httpx.Request) -> httpx.Response:
        self._pause.wait()
        response = self._inner.handle_request(request)
        # Read here, so that a connection cut in the middle of the body is an error of this attempt.
        response.read()
        return response

    def _before_sleep(self, state: tenacity.RetryCallState) -> None:
        seconds = state.next_action.sleep if state.next_action else 0.0
        outcome = state.outcome
        if outcome is not None and not outcome.failed:
            response = outcome.result()
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                self._pause.ask_for(seconds)
        if seconds >= 2:  # noqa: PLR2004 -- a wait that a person notices wants a word
            log.warning("%s asks to wait %.0f s", self._service, seconds)


def never_sent(error: BaseException) -> bool:
    return isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)


def _may_pass(error: BaseException) -> bool:
    hopeless = httpx.UnsupportedProtocol | httpx.LocalProtocolError | httpx.ProxyError
    return isinstance(error, httpx.TransportError) and not isinstance(error, hopeless)


def _not_processed(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.TOO_MANY_REQUESTS


def _try_again(response: httpx.Response) -> bool:
    return _not_processed(response) or response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR


def _last_outcome(state: tenacity.RetryCallState) -> httpx.Response:
    """The last answer, or its exception, in place of tenacity's RetryError."""
    if state.outcome is None:  # pragma: no cover -- tenacity calls this after an attempt
        raise RuntimeError("no attempt was made")
    response: httpx.Response = state.outcome.result()
    return response
