"""The bounds of what is asked: how long, how often, how much; on a clock that only waits move."""

import gzip
import json
import socket
import threading
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.attempt import here
from trackform_core.http.body import is_deeper
from trackform_core.http.bounds import BOUNDS, MIB, Bounds
from trackform_core.http.keys import Key
from trackform_core.http.limiter import Limiter
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


class Endless(httpx.SyncByteStream):
    """A body that never ends; counts what is taken of it."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += len(self.piece)
            yield self.piece


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


@pytest.mark.parametrize("encoding", ["", "gzip", "deflate"])
def test_a_body_that_does_not_end_is_not_read_to_its_end(encoding: str) -> None:
    packed = {"": b"x" * 100, "gzip": gzip.compress(b"x" * 10**7), "deflate": zlib.compress(b"x" * 10**7)}[encoding]
    stream = Endless(packed)
    headers = JSON | ({"content-encoding": encoding} if encoding else {})
    error = refused(client(lambda _request: httpx.Response(200, headers=headers, stream=stream)))
    assert error.reason == "not_json"
    assert "it is larger than 0 MiB" in str(error)
    assert stream.taken <= SMALL.body + len(packed)


def test_a_gzip_bomb_is_unpacked_no_further_than_a_body_may_be() -> None:
    bomb = gzip.compress(b"[" + b" " * (MIB * 16) + b"]", compresslevel=1)
    headers = JSON | {"content-encoding": "gzip"}
    one = client(always(headers=headers, stream=httpx.ByteStream(bomb)), bounds=replace(BOUNDS, body=MIB))
    tracemalloc.start()
    try:
        error = refused(one)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert "larger than 1 MiB" in str(error)
    assert most < 8 * MIB


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "compress"])
def test_what_is_packed_as_nobody_asked_is_not_unpacked(encoding: str) -> None:
    asked: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, headers=JSON | {"content-encoding": encoding}, stream=httpx.ByteStream(b"x"))

    error = refused(client(answer), "post", {"title": "t"})
    assert f"packed as '{encoding}', which was not asked for" in str(error)
    assert error.ambiguous
    assert [request.headers["accept-encoding"] for request in asked] == ["gzip, deflate"]


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress, lambda data: zlib.compress(data)[2:-4]],
                         ids=["gzip", "deflate", "raw deflate"])  # fmt: skip
def test_what_was_packed_as_asked_is_read(pack: Callable[[bytes], bytes]) -> None:
    packed = pack(json.dumps({"id": "1"}).encode())
    encoding = "gzip" if pack is gzip.compress else "deflate"
    headers = JSON | {"content-encoding": encoding}
    assert client(always(headers=headers, stream=httpx.ByteStream(packed))).get("offers/1") == {"id": "1"}
    for damaged in (packed[:-3], b"\x00" * 20):
        error = refused(client(always(headers=headers, stream=httpx.ByteStream(damaged))))
        assert error.reason == "not_json"
        assert "it is damaged" in str(error)


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize("levels", [6, 500, 100_000])
def test_json_that_nests_without_end_is_no_answer(levels: int) -> None:
    error = refused(client(always(headers=JSON, content=nested(levels)), bounds=replace(BOUNDS, depth=5)))
    assert error.reason == "not_json"
    assert "more than 5 maps and lists within each other" in str(error)


def test_how_deep_is_counted() -> None:
    assert not is_deeper(json.loads(nested(5)), 5)
    assert is_deeper({"a": [{"b": [{"c": []}]}]}, 5)
    assert not is_deeper([[], {}, "x" * 100], 2)


@pytest.mark.parametrize("text", [r'{"id": "1", "title": "\ud800"}', r'{"\uD800": "1"}'])
def test_half_a_letter_is_no_text(text: str) -> None:
    assert "or half a letter" in str(refused(client(always(headers=JSON, content=text))))
    whole = json.dumps({"id": "1", "title": "😀"})
    assert client(always(headers=JSON, content=whole)).get("offers/1")["title"] == "😀"


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


def limiter(clock: Clock) -> Limiter:
    return Limiter("RedTrack", BOUNDS, clock.sleep, clock)


def passes(one: Limiter, clock: Clock, most: int) -> int:
    """How many of a minute's requests go before one has to wait."""
    before = len(clock.naps)
    for number in range(most):
        with one.turn():
            if len(clock.naps) > before:
                return number
        one.learn(httpx.Response(200))
    return most


def test_a_complaint_teaches_how_many_go_in_a_minute() -> None:
    clock = Clock()
    one = limiter(clock)
    assert passes(one, clock, 20) == 20, "nothing is known yet"
    with one.turn():
        pass
    one.learn(httpx.Response(429))
    one.ask_for(40)
    assert passes(one, clock, 30) == 0, "not before the service wants to be asked"
    assert clock.naps == [40]
    one.learn(httpx.Response(200))
    assert passes(one, clock, 30) == 19
    assert clock.naps == [40, 60]
    # A minute without a complaint: maybe it takes more.
    clock.now += 60
    assert passes(one, clock, 60) == 40


def test_it_never_learns_to_stand_still() -> None:
    clock = Clock()
    one = limiter(clock)
    for _ in range(5):
        with one.turn():
            pass
        one.learn(httpx.Response(429))
        one.ask_for(10)
    clock.now += 60
    assert passes(one, clock, 100) >= BOUNDS.least_per_minute


def test_what_was_guessed_grows_also_while_more_want_to_ask() -> None:
    clock = Clock()
    one = limiter(clock)
    assert passes(one, clock, 20) == 20
    for _ in range(2):
        one.learn(httpx.Response(429))
        one.ask_for(100)
        clock.now += 100
    minutes = []
    for _ in range(4):
        minutes.append(passes(one, clock, 1000))
        one.learn(httpx.Response(200))
    least = BOUNDS.least_per_minute
    assert minutes == [least, 2 * least - 1, 4 * least - 1, 8 * least - 1], "the last of each was the first of the next"


def test_two_complaints_in_one_minute_teach_what_went_in_it() -> None:
    clock = Clock()
    one = limiter(clock)
    assert passes(one, clock, 20) == 20
    for _ in range(2):
        one.learn(httpx.Response(429))
        one.ask_for(2)
        clock.now += 2
    assert passes(one, clock, 30) == 20


def test_who_waits_for_a_turn_hears_of_a_complaint_meanwhile() -> None:
    clock = Clock()

    def sleep(seconds: float) -> None:
        clock.sleep(seconds)
        if len(clock.naps) == 1:
            one.ask_for(5)

    one = Limiter("RedTrack", BOUNDS, sleep, clock)
    one.ask_for(2)
    with one.turn():
        pass
    assert clock.naps == [2, 5]


@pytest.mark.parametrize(("headers", "waited"), [
    ({"X-Ratelimit-Remaining-Minute": "0", "Ratelimit-Reset": "17"}, 17),
    ({"RateLimit-Remaining": "0", "RateLimit-Reset": "17"}, 17),
    ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "17;w=60"}, 17),
    ({"X-Ratelimit-Remaining-Minute": "3", "Ratelimit-Reset": "17"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0", "X-Ratelimit-Reset-Minute": "17", "X-Ratelimit-Reset-Day": "40000"}, 17),
    ({"X-Ratelimit-Remaining-Minute": "3", "X-Ratelimit-Remaining-Day": "0", "X-Ratelimit-Reset-Minute": "17"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "0", "Ratelimit-Reset": "never"}, 0),
    ({"X-Ratelimit-Remaining-Day": "0", "Ratelimit-Reset": "86400"}, 0),
    ({"X-Ratelimit-Remaining-Minute": "x" * 10_000, "Ratelimit-Reset": "17"}, 0),
])  # fmt: skip
def test_what_the_headers_say_is_left_is_heeded_before_there_is_a_complaint(
    headers: dict[str, str], waited: float
) -> None:
    clock = Clock()
    one = client(lambda _request: httpx.Response(200, json={"id": "1"}, headers=headers), clock)
    one.get("offers/1")
    assert clock.naps == []
    one.get("offers/1")
    assert sum(clock.naps) == waited


def test_all_clients_of_one_key_wait_for_the_same_turn(caplog: pytest.LogCaptureFixture) -> None:
    clock = Clock()
    answers = [httpx.Response(429, headers={"Retry-After": "30"}), *[httpx.Response(200, json={"id": "1"})] * 4]
    network = Network(
        lambda _url: httpx.MockTransport(lambda _request: answers.pop(0)), sleep=clock.naps.append, clock=clock,
        watch=here,
    )  # fmt: skip
    RedTrack(URL, KEY, network).get("offers/1")
    RedTrack(f"{URL}/", KEY, network).get("offers/1")
    assert clock.naps == [30, 30, 30]
    RedTrack(URL, Key("another", "the test"), network).get("offers/1")
    RedTrack("http://localhost", KEY, network).get("offers/1")
    assert clock.naps == [30, 30, 30]
    assert caplog.text.count("wait") == 1, "and it is told once"


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


@pytest.mark.parametrize("response", [
    httpx.Response(200, content=b"", headers={"content-type": "application/json"}),
    httpx.Response(204),
    httpx.Response(206, json=[]),
    httpx.Response(200, content=b" \n", headers={"content-type": "application/json"}),
], ids=["nothing", "no content", "a part", "blanks"])  # fmt: skip
def test_no_answer_and_a_part_of_one_are_no_empty_listing(response: httpx.Response) -> None:
    one = client(lambda _request: response, Clock())
    with pytest.raises(ServiceError, match=r"answered with (nothing|a part of it) instead of JSON") as no:
        list(one.pages("sources"))
    assert no.value.reason == "not_json"


def test_nothing_is_an_answer_to_a_write_and_in_a_refusal() -> None:
    answers = [httpx.Response(200), httpx.Response(404)]
    one = client(lambda _request: answers.pop(0), Clock())
    assert one.post("offers", {}) in (None, {})
    with pytest.raises(ServiceError) as no:
        one.get("offers/1")
    assert no.value.reason == "not_found"


def test_what_is_packed_in_two_parts_is_not_taken_for_the_first() -> None:
    content = gzip.compress(b"[]") + gzip.compress(b" ")
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    def answer(_request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, stream=httpx.ByteStream(content), headers=headers)

    with pytest.raises(ServiceError, match="it is damaged: it goes on behind its end"):
        list(client(answer, Clock()).pages("sources"))


def test_what_a_proxy_does_not_let_through_was_never_sent() -> None:
    def declined(request: httpx.Request) -> httpx.Response:
        raise httpx.ProxyError("407 Proxy Authentication Required", request=request)

    with pytest.raises(ServiceError, match="407 Proxy Authentication Required") as no:
        client(declined, Clock()).post("sources", {})
    assert not no.value.ambiguous


def test_an_answer_that_is_small_and_fills_the_memory_is_not_read() -> None:
    content = b"[" + b"{}," * BOUNDS.parts + b"{}]"
    one = client(lambda _request: httpx.Response(200, content=content, headers=JSON), Clock(), BOUNDS)
    with pytest.raises(ServiceError, match="JSON of more than 500,000 maps and lists") as no:
        list(one.pages("sources"))
    assert no.value.reason == "not_json"


def test_a_listing_that_is_not_found_is_no_object_that_is_gone() -> None:
    one = client(lambda _request: httpx.Response(404, json={"error": "no such page"}), Clock())
    with pytest.raises(ServiceError, match=r"no such page .* does trackform:redtrackUrl name the API\?") as no:
        list(one.pages("sources"))
    assert "deleted meanwhile" not in str(no.value)
