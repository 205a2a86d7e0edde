"""The threads and connections of requests: how many there are, and that none is held by another."""

import socketserver
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from queue import Empty, SimpleQueue

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import KEY
from trackform_core.http import attempt
from trackform_core.http.api import Network, over_the_internet
from trackform_core.http.attempt import Watched
from trackform_core.http.bounds import BOUNDS, Late
from trackform_redtrack.client import RedTrack

AT_ONCE = 24
"""More than the 20 connections that httpx keeps by itself."""
BUSY = replace(BOUNDS, attempt=0.05, shown_after=0.01)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that stands still for a moment ends no thread."""
    monkeypatch.setattr(attempt, "IDLE_S", 60.0)


def in_thread() -> httpx.Response:
    return httpx.Response(200, text=str(threading.get_ident()))


def untold() -> None:
    raise AssertionError("nobody waited")


def test_one_after_another_they_share_a_thread() -> None:
    watched = Watched()
    threads = {watched(in_thread, BOUNDS, untold).text for _ in range(20)}
    assert len(threads) == 1
    assert str(threading.get_ident()) not in threads


def test_as_many_go_at_once_as_are_asked_and_the_next_ones_take_their_threads() -> None:
    watched, all_there = Watched(), threading.Barrier(AT_ONCE)

    def work() -> httpx.Response:
        all_there.wait()
        return in_thread()

    with ThreadPoolExecutor(AT_ONCE) as callers:
        bursts = [
            {one.text for one in callers.map(lambda _: watched(work, BOUNDS, untold), range(AT_ONCE))}
            for _ in range(2)
        ]  # fmt: skip
    assert len(bursts[0]) == AT_ONCE
    assert bursts[1] == bursts[0]


def test_one_that_hangs_holds_no_other() -> None:
    watched, end, told = Watched(), threading.Event(), []

    def hang() -> httpx.Response:
        end.wait()
        return in_thread()

    with pytest.raises(Late):
        watched(hang, BUSY, lambda: told.append("waits"))
    assert told == ["waits"]
    assert watched(in_thread, BOUNDS, untold).status_code == 200
    end.set()


def test_what_the_work_raises_is_raised_and_its_thread_goes_on() -> None:
    watched = Watched()

    def fail() -> httpx.Response:
        raise httpx.ConnectError(str(threading.get_ident()))

    with pytest.raises(httpx.ConnectError) as error:
        watched(fail, BOUNDS, untold)
    assert watched(in_thread, BOUNDS, untold).text == str(error.value)


def test_threads_without_work_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempt, "IDLE_S", 0.001)
    watched, threads = Watched(), []

    def work() -> httpx.Response:
        threads.append(threading.current_thread())
        return in_thread()

    for _ in range(3):
        watched(work, BOUNDS, untold)
        threads[-1].join()
    assert len(set(threads)) == 3


class Over(SimpleQueue[attempt.Job]):
    """A wait that is over as the work is put there."""

    def get(self, block: bool = True, timeout: float | None = None) -> attempt.Job:
        if timeout is not None:
            raise Empty
        return super().get(block)


def test_a_thread_whose_wait_ends_as_work_comes_takes_it() -> None:
    watched, work = Watched(), attempt.Job(in_thread)
    watched._queue = Over()
    watched._queue.put(work)
    assert watched._next() is work


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    all_there: threading.Barrier

    def do_GET(self) -> None:
        self.all_there.wait()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the library's name
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = AT_ONCE

    def __init__(self) -> None:
        handler = type("Handler", (Handler,), {"all_there": threading.Barrier(AT_ONCE)})
        super().__init__(("127.0.0.1", 0), handler)
        self.connections = 0

    def process_request(self, *accepted: object) -> None:
        self.connections += 1
        super().process_request(*accepted)  # type: ignore[arg-type]


def test_connections_are_kept_for_as_many_as_go_at_once() -> None:
    with Server() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        client = RedTrack(f"http://127.0.0.1:{server.server_address[1]}", KEY, Network(over_the_internet))
        with ThreadPoolExecutor(AT_ONCE) as callers:
            for _ in range(3):
                assert list(callers.map(lambda _: client.get("offers"), range(AT_ONCE))) == [[]] * AT_ONCE
        client.close()
        server.shutdown()
    assert server.connections == AT_ONCE
