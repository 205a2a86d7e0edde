"""Injects faults: a matching request is answered wrongly, before or after the service did its work."""

import json
import re
import threading
from typing import Annotated, Any, Literal

import httpx
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Service = Literal["redtrack", "digistore24", "bridge", "t"]


class CutError(ConnectionAbortedError, httpx.ReadError):
    """The connection ends before the answer.

    An OSError makes the server close the socket without a byte; an httpx error is what an in-process client expects.
    """

    def __init__(self, message: str) -> None:
        httpx.ReadError.__init__(self, message)


def pattern(text: str) -> str:
    """The text, once it is known to be a regular expression."""
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"no regular expression: {error}") from error
    return text


class Fault(BaseModel):
    """One ordered fault.

    ``path`` is a regular expression, searched in the path below the service's prefix. ``times`` counts down; None
    is for ever. ``after``: the service does its work first, then the fault hits the answer, or delays it. ``hold``
    delays it until the faults are cleared.
    """

    model_config = ConfigDict(extra="forbid")

    service: Service
    method: str = ""
    path: Annotated[str, AfterValidator(pattern)] = ""
    effect: Annotated[str, Field(pattern=r"^(status:[1-5]\d\d|cut|html|error200|empty|hold|slow:\d+(\.\d+)?)$")]
    times: Annotated[int | None, Field(ge=1)] = 1
    after: bool = False

    def matches(self, service: str, method: str, path: str) -> bool:
        return (
            service == self.service
            and self.method.upper() in ("", method.upper())
            and re.search(self.path, path) is not None
        )


class Faults:
    """The faults still to come, in the order in which they were given."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pending: list[Fault] = []
        self._cleared = threading.Event()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._pending.append(fault)

    def pending(self) -> list[Fault]:
        with self._lock:
            return [fault.model_copy() for fault in self._pending]

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
                if not fault.matches(service, method, path):
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


def emptied(body: bytes, empty: list[Any] | None) -> bytes:
    """A listing's answer without its rows: lists become ``empty``, counts beside them 0; envelopes stay."""

    def without_rows(value: Any) -> Any:
        if isinstance(value, list):
            return empty
        if isinstance(value, dict):
            return {
                key: 0 if re.fullmatch(r"total|(item|page)_count", key) and isinstance(inner, int)
                else {} if key == "total"
                else without_rows(inner) if isinstance(inner, list) or key == "data"
                else inner
                for key, inner in value.items()
            }  # fmt: skip
        return value

    try:
        return json.dumps(without_rows(json.loads(body))).encode()
    except ValueError:
        return body
