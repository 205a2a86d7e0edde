"""Requests that are sent again, and how long anybody waits."""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx
import tenacity

from trackform_core.http.bounds import BOUNDS, Bounds, Waits
from trackform_core.http.limiter import NOTICED, Limiter, Run

log = logging.getLogger("trackform.http")

WAIT_AS_TOLD = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
"""Answers whose Retry-After counts."""

FAR = 366 * 24 * 3600.0
"""Seconds. Beyond a year no date is told."""


class wait_as_told(tenacity.wait.wait_base):  # noqa: N801 -- named like tenacity's own strategies
    """Retry-After where the answer has one, else what ``untold`` says after a 429, and ``otherwise`` after the rest."""

    def __init__(self, otherwise: tenacity.wait.wait_base, untold: tenacity.wait.wait_base) -> None:
        self._otherwise = otherwise
        self._untold = untold

    def __call__(self, retry_state: tenacity.RetryCallState) -> float:
        outcome = retry_state.outcome
        if outcome is not None and not outcome.failed:
            # Not of a 500, which RedTrack also answers to a key that it refuses: nobody waits minutes to be told so.
            response = outcome.result()
            seconds = retry_after(response) if response.status_code in WAIT_AS_TOLD else None
            # At once is believed once: a service that counts seconds rounds its last one away, and refuses again.
            if seconds or (seconds is not None and retry_state.attempt_number == 1):
                return seconds
            if _not_processed(response):
                return self._untold(retry_state)
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
        limiter: Limiter,
        run: Run,
        service: str,
        base_wait: float = 0.4,
        bounds: Bounds = BOUNDS,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._inner = inner
        self._service = service
        self._limiter = limiter
        self._run = run
        self._bounds = bounds
        self._clock = clock
        self._retrying = tenacity.Retrying(
            sleep=sleep,
            wait=wait_as_told(
                tenacity.wait_exponential(multiplier=base_wait, max=8) + tenacity.wait_random(0, base_wait),
                # Limits are of a minute: the last attempt comes when that is over.
                tenacity.wait_exponential(multiplier=3 * base_wait, exp_base=7, max=bounds.wait)
                + tenacity.wait_random(0, base_wait),
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
        retrying = self._retrying_idempotent if _idempotent(request) else self._retrying
        with self._run.asking(self._bounds):
            until = self._clock() + self._bounds.request - self._bounds.attempt

            def enough(state: tenacity.RetryCallState) -> bool:
                too_often = state.attempt_number >= self._bounds.attempts
                return too_often or self._clock() + state.upcoming_sleep > until

            return retrying.copy(stop=enough)(self._once, request)

    def close(self) -> None:
        self._inner.close()

    def _once(self, request: httpx.Request) -> httpx.Response:
        with self._limiter.turn():
            response = self._inner.handle_request(request)
            self._limiter.learn(response)
        busy = _not_processed(response)
        if busy or (response.status_code in WAIT_AS_TOLD and _idempotent(request)):
            seconds = retry_after(response)
            if seconds is not None and seconds > self._bounds.wait:
                most = f"{self._bounds.wait:.0f} s"
                said = f"it asks to be left alone {_until(seconds)}, and nobody waits longer than {most}"
                if busy:
                    self._limiter.close(seconds, said)
                raise Waits(said)
        return response

    def _before_sleep(self, state: tenacity.RetryCallState) -> None:
        seconds = state.next_action.sleep if state.next_action else 0.0
        outcome, is_news = state.outcome, True
        if outcome is not None and not outcome.failed:
            response = outcome.result()
            if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
                # Of as many as are under way, each hears of it.
                is_news = self._limiter.ask_for(seconds)
        if seconds >= NOTICED and is_news:
            log.warning("%s asks to wait %.0f s", self._service, seconds)


def _idempotent(request: httpx.Request) -> bool:
    return request.method != "POST" or bool(request.extensions.get("idempotent", False))


def _until(seconds: float) -> str:
    if seconds > FAR:
        return "for more than a year"
    return f"until {datetime.now(UTC) + timedelta(seconds=seconds):%Y-%m-%d %H:%M} UTC"


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
