"""Injects faults: a matching request is answered wrongly, before or after the service did its work."""

import json
import random
import re
import threading
import time
from typing import TYPE_CHECKING, Annotated, Literal

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

from trackform.sandbox.effects import PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable

Service = Literal["redtrack", "digistore24", "bridge", "t"]


class CutError(ConnectionAbortedError, httpx.ReadError):
    """The connection ends before the answer.

    An OSError makes the server close the socket without a byte; an httpx error is what an in-process client expects.
    """

    def __init__(self, message: str) -> None:
        httpx.ReadError.__init__(self, message)


class RefusedError(ConnectionRefusedError, httpx.ConnectError):
    """Nothing listens: what an in-process client expects. The server, which does, closes the socket."""

    def __init__(self, message: str) -> None:
        httpx.ConnectError.__init__(self, message)


def pattern(text: str) -> str:
    """The text, once it is known to be a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


class Fault(BaseModel):
    """One ordered fault.

    ``effect`` is one of `EFFECTS`. ``path`` is a regular expression, searched in the path below the service's prefix.
    Of the requests that match, the first ``skip`` are spared, and of the others each is hit with the chance ``rate``,
    drawn from ``seed``. ``times`` counts down; None is for ever. ``after``: the service does its work first, then the
    fault hits the answer, or delays it. ``headers`` go with a ``status``.
    """

    model_config = ConfigDict(extra="forbid")

    service: Service
    method: str = ""
    path: Annotated[str, AfterValidator(pattern)] = ""
    effect: Annotated[str, Field(pattern=f"^({PATTERN})$")]
    times: Annotated[int | None, Field(ge=1)] = 1
    after: bool = False
    skip: Annotated[int, Field(ge=0)] = 0
    rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    seed: int = 0
    headers: dict[str, str] = Field(default_factory=dict)
    _chance: random.Random = PrivateAttr(default_factory=random.Random)

    def model_post_init(self, _context: object) -> None:
        self._chance.seed(self.seed)

    def matches(self, service: str, method: str, path: str) -> bool:
        return (
            service == self.service
            and self.method.upper() in ("", method.upper())
            and re.search(self.path, path) is not None
        )

    def hits(self) -> bool:
        """Whether it is the turn of a request that matches."""
        if self.skip:
            self.skip -= 1
            return False
        return self.rate == 1 or self._chance.random() < self.rate


class Faults:
    """The faults still to come, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []
        self._cleared = threading.Event()
        self.sleep: Callable[[float], None] = time.sleep
        self.hold: Callable[[threading.Event], object] = threading.Event.wait
        """How time passes for a request that is held; tests have a clock of their own."""

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(fault)

    def pending(self) -> list[Fault]:
        with self._lock:
            return [fault.model_copy() for fault in self._pending]

    def awaits(self, effect: str) -> bool:
        with self._lock:
            return any(fault.effect == effect for fault in self._pending)

    def clear(self) -> None:
        with self._lock:
            self._pending.clear()
            self._cleared.set()
            self._cleared = threading.Event()

    @property
    def cleared(self) -> threading.Event:
        """Set when the faults are cleared the next time; asked for before one is taken, it misses no clearing."""
        with self._lock:
            return self._cleared

    def take(self, service: str, method: str, path: str) -> Fault | None:
        """The first fault that fits this request, used up by one."""
        with self._lock:
            for fault in self._pending:
                if not fault.matches(service, method, path) or not fault.hits():
                    continue
                if fault.times is not None:
                    fault.times -= 1
                    if fault.times == 0:
                        self._pending.remove(fault)
                return fault
        return None


def error_body(service: str, message: str) -> bytes:
    """An error in the style of the service."""
    if service == "digistore24":
        return json.dumps({"api_version": "1.2", "result": "error", "code": 1, "message": message}).encode()
    if service == "t":
        return json.dumps({"status": 0, "message": message}).encode()
    return json.dumps({"error": message}).encode()
