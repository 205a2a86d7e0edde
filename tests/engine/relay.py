"""A relay between the project and its sandbox, which does something at the n-th write, and never by time.

Its address stays while the sandbox behind it is killed and started again.
"""

import http.client
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal
from urllib.parse import urlsplit

Moment = Literal["sent", "committed", "answered"]
"""Of a write: before it reaches the sandbox, before its answer is passed on, after that."""
MOMENTS: tuple[Moment, ...] = ("sent", "committed", "answered")
LONGEST_S = 240
WRITES_OF_DIGISTORE24 = ("/ipnSetup", "/ipnDelete")
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "date", "server"}


@dataclass
class Order:
    """What is done once, at the n-th write that comes by; ``cut``: and then that write, or its answer, is lost."""

    number: int
    moment: Moment
    do: Callable[[], None]
    cut: bool
    taken: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)


class Relay:
    """Passes requests on to ``target``, counts the writes, and carries one order out."""

    def __init__(self) -> None:
        self.target = ""
        self.order: Order | None = None
        self.writes: list[str] = []
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.relay = self
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator[None]:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        try:
            yield
        finally:
            self._server.shutdown()
            self._server.server_close()

    def note(self, method: str, path: str) -> Order | None:
        """The order that this request is the turn of."""
        if not is_write(method, path):
            return None
        with self._lock:
            self.writes.append(f"{method} {path}")
            if self.order is None or len(self.writes) != self.order.number:
                return None
            self.order.taken.set()
            return self.order

    def forget(self, order: Order | None = None) -> None:
        """Count from the beginning, for another order."""
        with self._lock:
            self.writes, self.order = [], order


def is_write(method: str, path: str) -> bool:
    if path.startswith("/digistore24/"):
        return path.endswith(WRITES_OF_DIGISTORE24)
    return method != "GET" and path.startswith(("/redtrack/", "/bridge/"))


class _Server(ThreadingHTTPServer):
    relay: Relay
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Nothing: whoever asked was killed."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def pass_on(self) -> None:
        relay = self.server.relay
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        order = relay.note(self.command, urlsplit(self.path).path)
        if self._came(order, "sent"):
            return
        answer = self._asked(body)
        if answer is None or self._came(order, "committed"):
            self._hang_up()
            return
        with suppress(OSError):
            self._answer(*answer)
        if order is not None:
            self._came(order, "answered")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on  # noqa: N815 -- http.server's

    def _came(self, order: Order | None, moment: Moment) -> bool:
        """Carry the order out if this is its moment; whether the request ends here."""
        if order is None or order.moment != moment:
            return False
        try:
            order.do()
        finally:
            order.done.set()
        if order.cut:
            self._hang_up()
        return order.cut

    def _asked(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes] | None:
        """The sandbox's answer; nothing where it is killed meanwhile."""
        target = urlsplit(self.server.relay.target)
        line = http.client.HTTPConnection(target.hostname or "", target.port, timeout=LONGEST_S)
        headers = {name: text for name, text in self.headers.items() if name.lower() not in HOP_BY_HOP}
        try:
            line.request(self.command, self.path, body or None, headers)
            answer = line.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        except (OSError, http.client.HTTPException):
            return None
        finally:
            line.close()

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response_only(status)
        for name, text in headers:
            if name.lower() not in HOP_BY_HOP:
                self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _hang_up(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        """Nothing."""
