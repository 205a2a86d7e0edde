"""HTTP for both services: httpx transports that add the key, wait, retry and keep the key out of every message.

The key is added below the client, on a copy of the request: the URL that httpx logs and puts into its exceptions never
holds it.
"""

import contextlib
import logging
import re
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any, ClassVar, Literal
from urllib.request import getproxies, proxy_bypass

import httpx
import tenacity

from trackform_core.http.hosts import STORED, AddressError, checked, origin
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import id_of

log = logging.getLogger("trackform.http")

Reason = Literal[
    "not_found",  # the object is not there, said by the service itself
    "unauthorized",  # the key is not taken
    "forbidden",  # the key is taken, the plan or the key's rights do not allow this
    "refused",  # the service read the request and declined it
    "busy",  # rate limit, still after waiting
    "failed",  # the service broke (5xx)
    "unreachable",  # no answer, or half of one
    "address",  # it is not where the key may be sent; nothing was
    "not_json",  # something answered that is not the API
]

ATTEMPTS = 4
LONGEST_WAIT = 90.0
"""Seconds. RedTrack's limits are per calendar minute, so a longer Retry-After is not about its rate limit."""
WAIT_AS_TOLD = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)
"""Answers whose Retry-After counts."""

SHARED: frozenset[Reason] = frozenset({"unauthorized", "busy", "failed", "unreachable", "address", "not_json"})
"""Faults that are not about one object: the next request meets them as well."""

ADVICE: dict[Reason, str] = {
    "refused": "Correct what it names. If that is nothing of yours, run again later, or ask the service's support",
    "forbidden": "The key is accepted, but its rights or the account's plan do not allow this. Use a key that may, or "
    "make the change by hand in the web application",
    "not_found": "It is not there: deleted meanwhile, or in another account. Run again: what is gone is made anew",
    "not_json": "Run again later; if it stays so, ask the service's support",
    "busy": "Wait a minute and run again: what was written stays, nothing is doubled",
    "failed": "Run again later: what was written is found again, nothing is doubled",
}


class ServiceError(Exception):
    """A service said no, or nothing. ``str()`` is for the person who reads it and never holds a key.

    ``ambiguous`` tells that a write may have been applied all the same: look before writing again. ``advice`` is the
    way out, where there is one to tell. ``by_hand``: only a person can bring about what was refused.
    """

    def __init__(
        self,
        service: str,
        reason: Reason,
        message: str,
        *,
        request: str = "",
        status: int | None = None,
        ambiguous: bool = False,
    ) -> None:
        self.service = service
        self.reason = reason
        self.message = message
        self.request = request
        self.status = status
        self.ambiguous = ambiguous
        self.advice = ADVICE.get(reason, "")
        self.by_hand = False
        super().__init__(service, reason, message)

    def __str__(self) -> str:
        request = f" [{self.request}]" if self.request else ""
        return f"{self.service}: {self.message}{request}" + (f". {self.advice}" if self.advice else "")


@dataclass(frozen=True)
class Key:
    """An API key and where it came from. Its text appears in no repr."""

    text: str = field(repr=False)
    source: str
    """In words, for messages: nobody reads them back."""
    variable: str = ""
    """The environment variable that it is from; empty where it is from none."""
    setting: str = ""
    """The config secret that it is from; empty where it is from none."""

    @property
    def is_whole(self) -> bool:
        """Whether it can travel in a header or a query: a copied line break or a typographic dash cannot."""
        return bool(self.text) and self.text.isascii() and self.text.isprintable() and " " not in self.text

    @property
    def renewal(self) -> str:
        """What there is to do after a key in the config was changed, as a sentence; empty for one of the environment.

        A refresh runs before the program, with the config that the last update stored (measured).
        """
        if not self.setting:
            return ""
        return (
            " If you changed it: preview, up and destroy read with the one that the last `pulumi up` stored. Run "
            "`pulumi up --run-program` once, then everything uses the new one"
        )

    def redact(self, text: str) -> str:
        """``text`` without the key, however an answer or a URL spells it: percent-encoded in part, twice, in JSON."""
        letters = (rf"(?:\\?{re.escape(each)}|%(?:25)*(?i:{ord(each):02x}))" for each in self.text)
        return re.sub("".join(letters), "***", text) if self.text else text


@dataclass
class Network:
    """What every client is built over; tests put a sandbox there."""

    transport: Callable[[str], httpx.BaseTransport]
    base_wait: float = 0.4
    """Seconds before the first repetition."""
    timeout: float = 30.0
    sleep: Callable[[float], None] = time.sleep


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed. Reading them takes longer than a request, so all transports share it."""
    return httpx.create_ssl_context()


def over_the_internet(url: str) -> httpx.BaseTransport:
    """A transport that honours the usual proxy variables, which httpx reads only where it builds the transport."""
    target = httpx.URL(url)
    proxies = {} if proxy_bypass(target.host) else getproxies()
    return httpx.HTTPTransport(verify=_trust(), proxy=proxies.get(target.scheme) or proxies.get("all"))


NETWORK = Network(over_the_internet)


class KeyTransport(httpx.BaseTransport):
    """Signs a copy of each request, so that the key is on the wire and nowhere else: and on no wire but to ``base``."""

    def __init__(
        self, inner: httpx.BaseTransport, sign: Callable[[httpx.Request], httpx.Request], base: httpx.URL
    ) -> None:
        self._inner = inner
        self._sign = sign
        self._goes_to = origin(base)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if origin(request.url) != self._goes_to:
            # Whatever made it so, a redirect or a path that is none: the host that was checked is not this one.
            raise httpx.UnsupportedProtocol(f"nothing is sent to {request.url.raw_host!r}", request=request)
        return self._inner.handle_request(self._sign(request))

    def close(self) -> None:
        self._inner.close()


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
            told = retry_after(response) if response.status_code in WAIT_AS_TOLD else None
            if told is not None:
                return min(told, LONGEST_WAIT)
        return self._otherwise(retry_state)


def retry_after(response: httpx.Response) -> float | None:
    """Seconds of a Retry-After header, which may also be a date; ``None`` without a usable one."""
    told = response.headers.get("retry-after", "")
    if told.strip().isdecimal():
        return float(told)
    try:
        when = parsedate_to_datetime(told)
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
            retry=tenacity.retry_if_exception(_never_sent) | tenacity.retry_if_result(_not_processed),
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


def _never_sent(error: BaseException) -> bool:
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


class JsonApi:
    """A JSON service behind one base URL. Subclasses know its key and its way of saying no."""

    endpoint: ClassVar[Endpoint]

    def __init__(self, url: str, key: Key, network: Network | None = None) -> None:
        """Prepare; nothing is sent yet.

        Raises:
            ServiceError: the URL or the key cannot be one, or the key may not go there.
        """
        network = network or NETWORK
        self.key = key
        self.url = self._usable(url)
        if not key.is_whole:
            raise ServiceError(
                self.endpoint.title,
                "unauthorized",
                f"the API key from {key.source} holds a blank, a line break or a letter that no key has: was it copied "
                "whole, and nothing else?",
            )
        inner = KeyTransport(network.transport(self.url), self.sign, httpx.URL(self.url))
        retrying = RetryTransport(inner, service=self.endpoint.title, base_wait=network.base_wait, sleep=network.sleep)
        self._http = httpx.Client(transport=retrying, timeout=network.timeout, headers={"accept": "application/json"})

    def _usable(self, url: str) -> str:
        try:
            return checked(url, self.endpoint.name, self.endpoint.own_hosts)
        except AddressError as error:
            said = f"trackform:{self.endpoint.url_setting} {error}. {STORED}"
        raise ServiceError(self.endpoint.title, "address", said)

    def sign(self, request: httpx.Request) -> httpx.Request:
        raise NotImplementedError

    def close(self) -> None:
        self._http.close()

    def error(self, reason: Reason, message: str, response: httpx.Response) -> ServiceError:
        request = response.request
        writes = request.method != "GET"
        return ServiceError(
            self.endpoint.title,
            reason,
            self.key.redact(message),
            request=f"{request.method} {request.url.path}",
            status=response.status_code,
            ambiguous=writes and reason in ("failed", "not_json"),
        )

    def send(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request.

        Raises:
            ServiceError: ``unreachable`` when there is no full answer, ``not_json`` for a redirect.
        """
        url = f"{self.url}/{path.lstrip('/')}"
        try:
            response = self._http.request(method, url, **options)
        except httpx.RequestError as error:
            what = self.key.redact(str(error)) or type(error).__name__
            lost = method != "GET" and not _never_sent(error)
        else:
            if not response.is_redirect:
                return response
            told = f"a redirect (HTTP {response.status_code}), which is not followed: the key would go along. {STORED}"
            raise self.error("not_json", f"{self.url} answered with {told}", response)
        # Raised out here, so that the transport's own exception is not part of it.
        raise ServiceError(
            self.endpoint.title,
            "unreachable",
            f"no answer from {self.url} ({what}). Is the service up, is trackform:{self.endpoint.url_setting} right? "
            f"{STORED}",
            request=f"{method} {httpx.URL(url).path}",
            ambiguous=lost,
        )

    def json(self, response: httpx.Response) -> Any:
        """The JSON body; ``None`` for an empty one.

        Raises:
            ServiceError: ``not_json`` for anything else. RedTrack answers unknown paths with a page and status 200
                (seen in client code), so the status alone proves nothing.
        """
        if not response.content.strip():
            return None
        if "json" in response.headers.get("content-type", ""):
            with contextlib.suppress(ValueError):
                return response.json()
        kind = (response.headers.get("content-type") or "no content type").split(";")[0]
        raise self.error(
            "not_json",
            f"{self.url} answered {kind} instead of JSON. Does trackform:{self.endpoint.url_setting} name the API, "
            "and not the web application or a proxy's page?",
            response,
        )


def one_row(service: str, request: str, body: Any) -> dict[str, Any]:
    """The object of a GET by id.

    Raises:
        ServiceError: ``not_json`` for ``null`` or a row without an id: neither proves that the object is gone.
    """
    if isinstance(body, dict) and id_of(body):
        return body
    raise ServiceError(service, "not_json", "the answer holds no object", request=request)
