"""One request and its answer, for whoever listens to a client. Without the key, which is added below."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx


@dataclass(frozen=True)
class Exchange:
    """A request as the client made it, and the answer that was taken.

    Attributes:
        path: below the service's base URL.
        sent: the body's JSON; ``None`` without one.
        answer: the body's JSON; ``None`` without one, and for what is no JSON.
        is_empty: whether the answer had no body.
    """

    service: str
    method: str
    path: str
    query: Mapping[str, str]
    sent: Any
    status: int
    headers: Mapping[str, str]
    answer: Any
    is_empty: bool


def exchange_of(service: str, base: str, response: httpx.Response) -> Exchange:
    request = response.request
    return Exchange(
        service,
        request.method,
        request.url.path.removeprefix(httpx.URL(base).path).strip("/"),
        dict(request.url.params),
        _parsed(request.read()),
        response.status_code,
        {name.lower(): text for name, text in response.headers.items()},
        _parsed(response.read()),
        not response.content,
    )


def _parsed(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None
