"""HTTP for both services: httpx transports that add the key, wait, retry and keep the key out of every message.

The key is added below the client, on a copy of the request: the URL that httpx logs and puts into its exceptions never
holds it.
"""

import contextlib
import json
import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, ClassVar

import httpx

from trackform_core.http.attempt import AttemptTransport, Send, Watched
from trackform_core.http.body import is_deeper
from trackform_core.http.bounds import BOUNDS, Bounds, Unusable, Waits
from trackform_core.http.exchange import Exchange, exchange_of
from trackform_core.http.hosts import STORED, AddressError, checked, origin
from trackform_core.http.keys import Key, KeyTransport
from trackform_core.http.limiter import Limiter, Run
from trackform_core.http.proxies import proxy_of
from trackform_core.http.retry import RetryTransport, never_sent
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import id_of

log = logging.getLogger("trackform.http")

KEPT_URLS = 256
"""Most are asked again: each create of a kind goes to one, and what is read before a write is written there."""


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Network:
    """The network that every client is built over; tests put a sandbox there."""

    transport: Callable[[str], httpx.BaseTransport]
    base_wait: float = 0.4
    """Seconds before the first repetition."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = utc_now
    """What is kept from run to run needs a time that all of them share."""
    bounds: Bounds = BOUNDS
    watch: Callable[[Send, Bounds, Callable[[], None]], httpx.Response] = field(default_factory=Watched)
    limiters: dict[tuple[object, ...], Limiter] = field(default_factory=dict)
    """By the origin and the key: whatever asks there in this process waits for the same turn."""

    def __post_init__(self) -> None:
        self.run = Run(self.clock)
        self._lock = threading.Lock()

    def limiter(self, service: str, url: str, key: str) -> Limiter:
        with self._lock:
            at = (*origin(httpx.URL(url)), key)
            if at not in self.limiters:
                self.limiters[at] = Limiter(service, self.bounds, self.sleep, self.clock)
            return self.limiters[at]

    def attempts(self, service: str, inner: httpx.BaseTransport) -> AttemptTransport:
        """A transport that sends once, within the bounds."""
        return AttemptTransport(inner, service=service, bounds=self.bounds, clock=self.clock, watch=self.watch)

    def once(self, url: str, timeout: float = 0) -> httpx.Client:
        """A client without a key and without repetitions, for what belongs to no account."""
        transport = self.attempts(httpx.URL(url).host, self.transport(url))
        return httpx.Client(transport=transport, timeout=timeout or self.bounds.silence)


@cache
def _trust() -> ssl.SSLContext:
    """Whose certificates are believed. Reading them takes longer than a request, so all transports share it."""
    return httpx.create_ssl_context()


def over_the_internet(url: str) -> httpx.BaseTransport:
    """A transport that honours the usual proxy variables, which httpx reads only where it builds the transport.

    Raises:
        httpx.ProxyError: what they name is no proxy.
    """
    proxy = proxy_of(url)
    # By itself httpx closes what it does not need at the moment, as soon as there are more than 20.
    limits = httpx.Limits(max_keepalive_connections=BOUNDS.in_flight)
    if proxy is None:
        return httpx.HTTPTransport(verify=_trust(), limits=limits)
    try:
        return httpx.HTTPTransport(verify=_trust(), limits=limits, proxy=proxy.url)
    except (ValueError, ImportError, httpx.InvalidURL):
        pass
    raise httpx.ProxyError(f"{proxy.shown} is no address of a proxy over http")


NETWORK = Network(over_the_internet)


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
        self._bounds = network.bounds
        inner = KeyTransport(self._reached(network), self.sign, httpx.URL(self.url))
        title = self.endpoint.title
        retrying = RetryTransport(
            network.attempts(title, inner),
            limiter=network.limiter(title, self.url, key.text), run=network.run, service=title,
            base_wait=network.base_wait, bounds=network.bounds, sleep=network.sleep, clock=network.clock,
        )  # fmt: skip
        headers = {"accept": "application/json"}
        self._http = httpx.Client(transport=retrying, timeout=network.bounds.silence, headers=headers)

    def _reached(self, network: Network) -> httpx.BaseTransport:
        try:
            return network.transport(self.url)
        except httpx.ProxyError as error:
            said = f"{self.url} cannot be asked: {error}. Correct it, or take it out of the environment"
        raise ServiceError(self.endpoint.title, "address", said)

    def _usable(self, url: str) -> str:
        try:
            return checked(url, self.endpoint.name, self.endpoint.own_hosts)
        except AddressError as error:
            said = f"trackform:{self.endpoint.url_setting} {error}. {STORED}"
        raise ServiceError(self.endpoint.title, "address", said)

    def sign(self, request: httpx.Request) -> httpx.Request:
        raise NotImplementedError

    def observe(self, hear: Callable[[Exchange], None]) -> None:
        """Let somebody hear of every exchange from now on. Of one that is repeated, the last answer counts."""

        def heard(response: httpx.Response) -> None:
            hear(exchange_of(self.endpoint.name, self.url, response))

        self._http.event_hooks = {"response": [*self._http.event_hooks["response"], heard]}

    def close(self) -> None:
        self._http.close()

    def delete(self, path: str) -> None:
        """Delete; an object that is already gone is deleted."""
        try:
            self._call("DELETE", path)
        except ServiceError as error:
            if error.reason != "not_found":
                raise

    def _call(self, method: str, path: str, **options: Any) -> Any:
        """Send one request and read the answer, as the service says yes and no."""
        raise NotImplementedError

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
        url = address(self.url, path)
        title = self.endpoint.title
        try:
            response = self._http.request(method, url, **options)
        except Waits as error:
            no = ServiceError(title, "busy", f"nothing was done: {error}", request=_asked(method, url))
            no.advice = "Run again after that: what was written stays, nothing is doubled"
        except Unusable as error:
            said = f"the answer of {self.url}{self._by_way} is not taken: {error}"
            said = self.key.redact(said)
            no = ServiceError(title, "not_json", said, request=_asked(method, url), ambiguous=method != "GET")
        except httpx.RequestError as error:
            fault = self.key.redact(str(error)) or type(error).__name__
            no = ServiceError(
                title,
                "unreachable",
                f"no answer from {self.url}{self._by_way} ({fault}). Is the service up, is "
                f"trackform:{self.endpoint.url_setting} right? {STORED}",
                request=_asked(method, url),
                # A proxy fails so before it has a way to the service.
                ambiguous=method != "GET" and not (never_sent(error) or isinstance(error, httpx.ProxyError)),
            )
        else:
            if not response.is_redirect:
                return response
            reply = f"a redirect (HTTP {response.status_code}), which is not followed: the key would go along. {STORED}"
            raise self.error("not_json", f"{self.url} answered with {reply}", response)
        # Raised out here, so that the transport's own exception is not part of it.
        raise no

    @property
    def _by_way(self) -> str:
        """The proxy in the way: it may be what does not answer, or what did."""
        proxy = proxy_of(self.url)
        return f", asked through {proxy.shown}," if proxy else ""

    def json(self, response: httpx.Response) -> Any:
        """The JSON body; ``None`` for an empty one, which only a write or a refusal has.

        Raises:
            ServiceError: ``not_json`` for anything else, and for a part of it. RedTrack answers unknown paths with a
                page and status 200 (seen in client code), so the status alone proves nothing.
        """
        partial = response.status_code == httpx.codes.PARTIAL_CONTENT
        if not (response.content.strip() or partial or self._was_read(response)):
            return None
        if not partial and "json" in response.headers.get("content-type", ""):
            with contextlib.suppress(ValueError):
                return self._readable(response)
        kind = (response.headers.get("content-type") or "no content type").split(";")[0]
        if partial or not response.content.strip():
            kind = "with a part of it" if partial else "with nothing"
        elif "json" in kind:
            kind = f"{kind} that nobody can read"
        raise self.error(
            "not_json",
            f"{self.url}{self._by_way} answered {kind} instead of JSON. Does trackform:{self.endpoint.url_setting} "
            "name the API, and not the web application or a proxy's page?",
            response,
        )

    @staticmethod
    def _was_read(response: httpx.Response) -> bool:
        """Whether something has to be there: nothing at all would pass for a listing without rows."""
        return response.request.method == "GET" and response.is_success

    def _readable(self, response: httpx.Response) -> Any:
        """The JSON body.

        Raises:
            ValueError: it is none.
            ServiceError: ``not_json`` for one that no code of ours could walk through, or write down.
        """
        if response.content.count(b"{") + response.content.count(b"[") > self._bounds.parts:
            said = f"{self.url}{self._by_way} answered JSON of more than {self._bounds.parts:,} maps and lists"
            raise self.error("not_json", said, response)
        with contextlib.suppress(RecursionError, UnicodeEncodeError):
            body = response.json()
            if rb"\ud" in response.content.lower():
                # Half of a surrogate pair, which JSON can spell and no text can hold.
                json.dumps(body, ensure_ascii=False).encode()
            if not is_deeper(body, self._bounds.depth):
                return body
        said = f"{self.url}{self._by_way} answered JSON that cannot be: more than {self._bounds.depth} maps and lists "
        raise self.error("not_json", f"{said}within each other, or half a letter", response)


@lru_cache(maxsize=KEPT_URLS)
def address(base: str, path: str) -> httpx.URL:
    """What is asked below a service's base URL: once read, httpx reads it no more."""
    return httpx.URL(f"{base}/{path.lstrip('/')}")


def _asked(method: str, url: httpx.URL) -> str:
    return f"{method} {url.path}"


def one_row(service: str, request: str, body: Any) -> dict[str, Any]:
    """The object of a GET by id.

    Raises:
        ServiceError: ``not_json`` for ``null`` or a row without an id: neither proves that the object is gone.
    """
    if isinstance(body, dict) and id_of(body):
        return body
    raise ServiceError(service, "not_json", "the answer holds no object", request=request)
