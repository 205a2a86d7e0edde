"""A client of answers that a test has written, on a clock that only waits move."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import httpx
import pytest

from trackform_core.http.api import Network
from trackform_core.http.attempt import here
from trackform_core.http.bounds import BOUNDS, Bounds
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_redtrack.client import RedTrack

KEY = Key("canary-0f1e2d", "the test")
URL = "http://127.0.0.1"
SMALL = replace(BOUNDS, body=1000, depth=5)
JSON = {"content-type": "application/json"}


@dataclass
class Clock:
    """Time that only waits move."""

    now: float = 1000.0
    naps: list[float] = field(default_factory=list)

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


def client(
    answer: Callable[[httpx.Request], httpx.Response], clock: Clock | None = None, bounds: Bounds = SMALL
) -> RedTrack:
    clock = clock or Clock()
    network = Network(
        lambda _url: httpx.MockTransport(answer), sleep=clock.sleep, clock=clock, bounds=bounds, watch=here
    )
    return RedTrack(URL, KEY, network)


def refused(one: RedTrack, method: str = "get", *more: Any) -> ServiceError:
    with pytest.raises(ServiceError) as error:
        getattr(one, method)("offers", *more)
    assert "canary" not in str(error.value)
    return error.value


def always(**answer: Any) -> Callable[[httpx.Request], httpx.Response]:
    return lambda _request: httpx.Response(200, **answer)
