"""HTTP for both services: httpx transports that add the key, wait, retry and keep the key out of every message.

The key is added below the client, on a copy of the request: the URL that httpx logs and puts into its exceptions never
holds it.
"""

import contextlib
import logging
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar
from urllib.request import getproxies, proxy_bypass

import httpx

from trackform_core.http.exchange import Exchange, exchange_of
from trackform_core.http.hosts import STORED, AddressError, checked
from trackform_core.http.keys import Key, KeyTransport
from trackform_core.http.retry import RetryTransport, never_sent
from trackform_core.http.service_error import Reason, ServiceError
from trackform_core.model.service import Endpoint
from trackform_core.model.wire import id_of

log = logging.getLogger("trackform.http")


@dataclass
class Network:
    """The network that every client is built over; tests put a sandbox there."""

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
        url = f"{self.url}/{path.lstrip('/')}"
        try:
            response = self._http.request(method, url, **options)
        except httpx.RequestError as error:
            fault = self.key.redact(str(error)) or type(error).__name__
            lost = method != "GET" and not never_sent(error)
        else:
            if not response.is_redirect:
                return response
            reply = f"a redirect (HTTP {response.status_code}), which is not followed: the key would go along. {STORED}"
            raise self.error("not_json", f"{self.url} answered with {reply}", response)
        # Raised out here, so that the transport's own exception is not part of it.
        raise ServiceError(
            self.endpoint.title,
            "unreachable",
            f"no answer from {self.url} ({fault}). Is the service up, is trackform:{self.endpoint.url_setting} right? "
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
