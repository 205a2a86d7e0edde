"""The bounds of what is asked: how long, and how long one waits; on a clock that only waits move."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import JSON, KEY, Clock, client, refused
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.bounds import BOUNDS, MIB
from trackform_core.http.service_error import ServiceError
from trackform_redtrack.client import RedTrack


class Slowly(httpx.SyncByteStream):
    """A byte every five seconds, for ever."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.clock.sleep(5)
            yield b" "

    def close(self) -> None:
        self.closed = True


def test_a_byte_every_five_seconds_ends() -> None:
    clock, streams = Clock(), []

    def answer(_request: httpx.Request) -> httpx.Response:
        streams.append(Slowly(clock))
        return httpx.Response(200, headers=JSON, stream=streams[-1])

    error = refused(client(answer, clock, BOUNDS))
    assert error.reason == "unreachable"
    assert "it arrives too slowly: 60 s are enough" in str(error)
    assert clock.now - 1000 <= BOUNDS.request
    assert 1 < len(streams) <= BOUNDS.attempts
    assert all(stream.closed for stream in streams)
    late = refused(client(answer, clock, BOUNDS), "post", {"title": "t"})
    assert late.ambiguous, "it may have been made"


@pytest.mark.parametrize(("told", "until"), [
    ("91", " UTC, and nobody waits longer than 90 s"), ("3600", "until 2"), ("9" * 20, "for more than a year"),
    ("9" * 400, "for more than a year"), ("Fri, 31 Dec 9999 23:59:59 GMT", "for more than a year"),
])  # fmt: skip
@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_nobody_sits_out_is_told_at_once(status: int, told: str, until: str) -> None:
    clock, asked = Clock(), []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(status, json={"error": "busy"}, headers={"Retry-After": told})

    one = client(answer, clock)
    error = refused(one)
    assert error.reason == "busy"
    assert until in str(error)
    assert "Run again after that" in str(error)
    assert clock.naps == []
    assert len(asked) == 1
    # After a 429 nobody asks before that, and everybody is told the same.
    assert str(refused(one)).replace("GET", "") == str(error).replace("GET", "")
    assert len(asked) == (1 if status == 429 else 2)
    if status == 429:
        assert not refused(one, "post", {"title": "t"}).ambiguous


@pytest.mark.parametrize("told", ["-1", "soon", "", "1e9", "Fri, 99 Foo 2026", "∞"])
def test_a_retry_after_that_says_nothing_is_none(told: str) -> None:
    clock = Clock()
    answers = [httpx.Response(429, headers=[(b"retry-after", told.encode())]), httpx.Response(200, json={"id": "1"})]
    assert client(lambda _request: answers.pop(0), clock).get("offers/1") == {"id": "1"}
    assert sum(clock.naps) < 2


def test_a_run_does_not_ask_for_ever() -> None:
    clock = Clock()

    def answer(_request: httpx.Request) -> httpx.Response:
        clock.now += 50
        return httpx.Response(200, json={"id": "1"})

    one = client(answer, clock, replace(BOUNDS, run=120))
    for _ in range(3):
        one.get("offers/1")
        clock.now += 10_000  # a person thinks: nothing is asked meanwhile
    error = refused(one, "post", {"title": "t"})
    assert "this run has asked for 2 minutes, and asks no more" in str(error)
    assert not error.ambiguous


@contextmanager
def listening(serve: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server of one connection after another."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def run() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    serve(connection)

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
        thread.join()


def test_a_header_that_never_ends_is_waited_for_aloud_and_not_for_ever(caplog: pytest.LogCaptureFixture) -> None:
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 O")
        ended.wait()

    bounds = replace(BOUNDS, attempt=0.2, shown_after=0.01, request=0.2)
    with listening(serve) as url:
        one = RedTrack(url, KEY, Network(http.over_the_internet, base_wait=0.001, bounds=bounds))
        error = refused(one)
        ended.set()
    assert "no full answer" in str(error)
    assert "RedTrack: no full answer to GET /offers yet; it is waited for" in caplog.text


def test_over_a_socket_what_is_too_large_is_left_there() -> None:
    def serve(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 100000000\r\n\r\n")
        try:
            while True:
                connection.sendall(b" " * 65536)
        except OSError:
            return

    with listening(serve) as url:
        one = RedTrack(url, KEY, Network(http.over_the_internet, bounds=replace(BOUNDS, body=10**6)))
        error = refused(one)
        one.close()
    assert "is not taken: it is larger than 1 MiB" in str(error)


@pytest.mark.parametrize("bound", [
    f"{BOUNDS.silence:.0f} s", f"{BOUNDS.attempt:.0f} s", str(BOUNDS.attempts), f"{BOUNDS.request:.0f} s",
    f"{BOUNDS.wait:.0f} s", f"{BOUNDS.run / 60:.0f} min", f"{BOUNDS.body // MIB} MiB", str(BOUNDS.depth),
    f"{BOUNDS.shown_after:.0f} s",
])  # fmt: skip
def test_the_documentation_has_the_bounds(bound: str) -> None:
    page = (Path(__file__).parents[4] / "docs" / "behaviour.md").read_text(encoding="utf-8")
    assert f" | {bound} | " in page
    assert f"never fewer than {BOUNDS.least_per_minute}" in page


def test_what_a_proxy_does_not_let_through_was_never_sent() -> None:
    def declined(request: httpx.Request) -> httpx.Response:
        raise httpx.ProxyError("407 Proxy Authentication Required", request=request)

    with pytest.raises(ServiceError, match="407 Proxy Authentication Required") as no:
        client(declined, Clock()).post("sources", {})
    assert not no.value.ambiguous


def test_a_listing_that_is_not_found_is_no_object_that_is_gone() -> None:
    one = client(lambda _request: httpx.Response(404, json={"error": "no such page"}), Clock())
    with pytest.raises(ServiceError, match=r"no such page .* does trackform:redtrackUrl name the API\?") as no:
        list(one.pages("sources"))
    assert "deleted meanwhile" not in str(no.value)
