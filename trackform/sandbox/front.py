"""The middleware in front of both services: latency, faults, the request log."""

import io
import time
from collections.abc import Callable, Iterable
from threading import Event
from typing import Any

from trackform.sandbox.clock import stamp
from trackform.sandbox.faults import Fault
from trackform.sandbox.log import body_of, query_of
from trackform.sandbox.spoiler import Answer, Headers, Own, Spoiler
from trackform.sandbox.world import Sandbox

Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

LOGGED = ("redtrack", "digistore24", "bridge", "t")


def run(app: Application, environ: dict[str, Any]) -> Own:
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


class Front:
    """WSGI middleware. Faults live here, outside Flask, because a cut connection must not become a 500."""

    def __init__(self, app: Application, sandbox: Sandbox) -> None:
        self._app = app
        self._sandbox = sandbox
        self._seen: dict[tuple[object, ...], Own] = {}
        """Answers that a stale read repeats: the first of each request since one was ordered."""
        self._until: Event | None = None
        """Set when the faults are cleared, and what was seen with them."""

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
            answer = self._answer(environ, service, sent, fault, cleared)
            status = int(answer[0].split()[0])
        finally:
            # A cut answer has no status: 0 says that the client saw none.
            entry |= {"account": environ.get("sandbox.account", ""), "status": status}
            self._sandbox.log.add(entry | {"duration": round(time.monotonic() - began, 4)})
        start_response(answer[0], answer[1])
        return [answer[2]] if isinstance(answer[2], bytes) else answer[2]

    def _take_body(self, environ: dict[str, Any]) -> bytes:
        length = environ.get("CONTENT_LENGTH") or ""
        data: bytes = environ["wsgi.input"].read(int(length)) if length.isdigit() else b""
        environ["wsgi.input"] = io.BytesIO(data)
        return data

    def _answer(
        self, environ: dict[str, Any], service: str, sent: bytes, fault: Fault | None, cleared: Event
    ) -> Answer:
        if self._sandbox.switches.latency:
            # Not of 0 seconds: on a busy machine that is the end of a turn, for each of thousands of requests.
            self._sandbox.faults.sleep(self._sandbox.switches.latency)
        read = (service, environ["REQUEST_METHOD"], environ["PATH_INFO"], environ.get("QUERY_STRING", ""), sent)
        spoiler = Spoiler(self._sandbox, service, lambda: run(self._app, environ), cleared)
        if fault is not None and fault.effect != "stale":
            return spoiler.spoiled(fault)
        own = run(self._app, environ)
        if cleared is not self._until:
            self._seen.clear()
            self._until = cleared
        if not self._sandbox.faults.awaits("stale") and fault is None:
            self._seen.clear()
            return own
        before = self._seen.setdefault(read, own)
        return before if fault else own
