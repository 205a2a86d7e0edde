"""Spoils the answer to one request, as a fault says."""

from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from threading import Event
from typing import NoReturn

from trackform.sandbox.effects import EFFECTS, bomb, changed, dripping, emptied, spaces
from trackform.sandbox.faults import CutError, Fault, RefusedError, error_body
from trackform.sandbox.world import Sandbox

Headers = list[tuple[str, str]]
Own = tuple[str, Headers, bytes]
"""What the service itself answers."""
Answer = tuple[str, Headers, bytes | Iterator[bytes]]

HTML = '<!DOCTYPE html><html><head><title>Swagger UI</title></head><body><div id="swagger-ui"></div></body></html>'
JSON = "application/json; charset=utf-8"


def answer_of(status: int, body: bytes, content_type: str = JSON, more: Headers | None = None) -> Answer:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body))), *(more or [])]
    return f"{status} {phrase(status)}", headers, body


def phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def with_body(answer: Own, body: bytes) -> Answer:
    status, headers, _ = answer
    kept = [(name, text) for name, text in headers if name.lower() != "content-length"]
    return status, [*kept, ("Content-Length", str(len(body)))], body


def cut_off(body: bytes) -> Iterator[bytes]:
    yield body[: max(1, len(body) // 2)]
    raise CutError("connection closed in the middle of the body")


class Spoiler:
    """Spoils the answer to one request; ``run`` lets the service do its work."""

    def __init__(self, sandbox: Sandbox, service: str, run: Callable[[], Own], cleared: Event) -> None:
        self._sandbox = sandbox
        self._service = service
        self._run = run
        self._cleared = cleared

    def spoiled(self, fault: Fault) -> Answer:
        effect, _, value = fault.effect.partition(":")
        if effect in ("slow", "hold"):
            return self._delayed(fault, value)
        instead = self._instead(fault, value).get(effect)
        if instead is None:
            return self._changed(effect, value)
        if fault.after:
            self._run()
        return instead()

    def _delayed(self, fault: Fault, seconds: str) -> Answer:
        done = self._run() if fault.after else None
        if seconds:
            self._sandbox.faults.sleep(float(seconds))
        else:
            self._sandbox.faults.hold(self._cleared)
        return done or self._run()

    def _instead(self, fault: Fault, value: str) -> Mapping[str, Callable[[], Answer]]:
        """What comes in place of the service's own answer."""
        error = error_body(self._service, "ordered fault")
        return {
            "cut": self._cut,
            "refuse": self._refuse,
            "html": lambda: answer_of(HTTPStatus.OK, HTML.encode(), "text/html; charset=utf-8"),
            "error200": lambda: answer_of(HTTPStatus.OK, error),
            "status": lambda: answer_of(int(value), error, more=[*fault.headers.items()]),
        }

    @staticmethod
    def _cut() -> NoReturn:
        raise CutError("connection closed before a full answer")

    @staticmethod
    def _refuse() -> NoReturn:
        raise RefusedError("connection refused")

    def _changed(self, effect: str, value: str) -> Answer:
        """The service's own answer, with something done to it."""
        own = status, headers, body = self._run()
        if change := EFFECTS[effect].change:
            return with_body(own, changed(body, change))
        if effect == "empty":
            as_null = self._service == "redtrack" and self._sandbox.switches.empty_list == "null"
            return with_body(own, emptied(body, None if as_null else []))
        if effect == "cut_body":
            return status, headers, cut_off(body)
        kept = [(name, text) for name, text in headers if name.lower() != "content-length"]
        if effect == "drip":
            return status, kept, dripping(body, float(value), self._sandbox.faults.sleep)
        if effect == "big":
            return status, kept, spaces(int(value))
        return status, [*kept, ("Content-Encoding", "gzip")], iter([bomb(int(value))])
