"""The middleware in front of both services: latency, faults, the request log."""

import io
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from threading import Event
from typing import Any

from trackform.sandbox.clock import stamp
from trackform.sandbox.faults import CutError, Fault, emptied, error_body
from trackform.sandbox.log import body_of, query_of
from trackform.sandbox.world import Sandbox

Headers = list[tuple[str, str]]
Answer = tuple[str, Headers, bytes]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LOGGED = ("redtrack", "digistore24", "bridge", "t")
HTML = '<!DOCTYPE html><html><head><title>Swagger UI</title></head><body><div id="swagger-ui"></div></body></html>'


def run(app: Application, environ: dict[str, Any]) -> Answer:
    """The whole answer of an application: nothing is on the wire before a fault had its say."""
    started: list[tuple[str, Headers]] = []

    def start_response(status: str, headers: Headers, _exc_info: Any = None) -> Callable[[bytes], None]:
        started.append((status, headers))
        return lambda _: None

    chunks = app(environ, start_response)
    try:
        body = b"".join(chunks)
    finally:
        close = getattr(chunks, "close", None)
        if close:
            close()
    status, headers = started[-1]
    return status, headers, body


def answer_of(status: int, body: bytes, content_type: str = "application/json; charset=utf-8") -> Answer:
    headers = [("Content-Type", content_type), ("Content-Length", str(len(body)))]
    return f"{status} {HTTPStatus(status).phrase}", headers, body


class Front:
    """WSGI middleware. Faults live here, outside Flask, because a cut connection must not become a 500."""

    def __init__(self, app: Application, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        service, _, below = str(environ["PATH_INFO"]).lstrip("/").partition("/")
        if service not in LOGGED:
            return self._app(environ, start_response)
        below = below.removeprefix("api/call/") if service == "digistore24" else below
        method = str(environ["REQUEST_METHOD"])
        sent = self._take_body(environ)
        began = time.monotonic()
        entry = {
            "at": stamp(self._sandbox.clock.now()), "service": service, "method": method, "path": f"/{below}",
            "query": query_of(environ.get("QUERY_STRING", "")),
            "body": body_of(sent, environ.get("CONTENT_TYPE", "")),
        }  # fmt: skip
        status = 0
        try:
            cleared = self._sandbox.faults.cleared
            fault = self._sandbox.faults.take(service, method, f"/{below}")
            answer = self._answer(environ, service, fault, cleared)
            status = int(answer[0].split()[0])
        finally:
            # A cut answer has no status: 0 says that the client saw none.
            entry |= {"account": environ.get("sandbox.account", ""), "status": status}
            self._sandbox.log.add(entry | {"duration": round(time.monotonic() - began, 4)})
        start_response(answer[0], answer[1])
        return [answer[2]]

    def _take_body(self, environ: dict[str, Any]) -> bytes:
        length = environ.get("CONTENT_LENGTH") or ""
        data: bytes = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
        environ["wsgi.input"] = io.BytesIO(data)
        return data

    def _answer(self, environ: dict[str, Any], service: str, fault: Fault | None, cleared: Event) -> Answer:
        if self._sandbox.switches.latency:
            # Not of 0 seconds: on a busy machine that is the end of a turn, for each of thousands of requests.
            time.sleep(self._sandbox.switches.latency)
        if fault is None:
            return run(self._app, environ)
        effect, _, value = fault.effect.partition(":")
        if effect in ("slow", "hold"):
            done = run(self._app, environ) if fault.after else None
            if effect == "slow":
                time.sleep(float(value))
            else:
                cleared.wait()
            return done or run(self._app, environ)
        if effect == "empty":
            status, headers, body = run(self._app, environ)
            body = emptied(body, None if service == "redtrack" and self._sandbox.switches.empty_list == "null" else [])
            kept = [(name, text) for name, text in headers if name.lower() != "content-length"]
            return status, [*kept, ("Content-Length", str(len(body)))], body
        if fault.after:
            run(self._app, environ)
        if effect == "cut":
            raise CutError("connection closed before a full answer")
        if effect == "html":
            return answer_of(HTTPStatus.OK, HTML.encode(), "text/html; charset=utf-8")
        if effect == "error200":
            return answer_of(HTTPStatus.OK, error_body(service, "ordered fault"))
        return answer_of(int(value), error_body(service, "ordered fault"))
