"""One request and its answer, for whoever listens to a client. Without the key, which is added below."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import httpx


@dataclass(frozen=True)
class Exchange:
    """A request as the client made it, and the answer that was taken.

    Attributes:
        path: below the service's base URL.
        sent: the body: JSON, or a form as a map; ``None`` without one.
        answer: the JSON; ``None`` for an empty body and for what is no JSON.
        length: of the answer's body, in bytes.
    """

    service: str
    method: str
    path: str
    query: Mapping[str, str]
    sent: Any
    status: int
    headers: Mapping[str, str]
    answer: Any
    length: int


def exchange_of(service: str, base: str, response: httpx.Response) -> Exchange:
    request = response.request
    return Exchange(
        service,
        request.method,
        request.url.path.removeprefix(httpx.URL(base).path).strip("/"),
        dict(request.url.params),
        _sent(request),
        response.status_code,
        {name.lower(): text for name, text in response.headers.items()},
        _parsed(response.read()),
        len(response.content),
    )


def _sent(request: httpx.Request) -> Any:
    content = request.read()
    if "form-urlencoded" in request.headers.get("content-type", ""):
        return dict(parse_qsl(content.decode(), keep_blank_values=True))
    return _parsed(content)


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
