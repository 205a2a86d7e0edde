"""What an answer may be: how large, how packed, how deep; and what is no answer."""

import gzip
import json
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import JSON, SMALL, always, client, refused
from trackform_core.http.body import is_deeper
from trackform_core.http.bounds import BOUNDS, MIB
from trackform_core.http.service_error import ServiceError


class Endless(httpx.SyncByteStream):
    """A body that never ends; counts what is taken of it."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.taken = 0

    def __iter__(self) -> Iterator[bytes]:
        while True:
            self.taken += len(self.piece)
            yield self.piece


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


@pytest.mark.parametrize("response", [
    httpx.Response(200, content=b"", headers={"content-type": "application/json"}),
    httpx.Response(204),
    httpx.Response(206, json=[]),
    httpx.Response(200, content=b" \n", headers={"content-type": "application/json"}),
], ids=["nothing", "no content", "a part", "blanks"])  # fmt: skip
def test_no_answer_and_a_part_of_one_are_no_empty_listing(response: httpx.Response) -> None:
    one = client(lambda _request: response)
    with pytest.raises(ServiceError, match=r"answered with (nothing|a part of it) instead of JSON") as no:
        list(one.pages("sources"))
    assert no.value.reason == "not_json"


def test_nothing_is_an_answer_to_a_write_and_in_a_refusal() -> None:
    answers = [httpx.Response(200), httpx.Response(404)]
    one = client(lambda _request: answers.pop(0))
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
        list(client(answer).pages("sources"))


def test_an_answer_that_is_small_and_fills_the_memory_is_not_read() -> None:
    content = b"[" + b"{}," * BOUNDS.parts + b"{}]"
    one = client(lambda _request: httpx.Response(200, content=content, headers=JSON), bounds=BOUNDS)
    with pytest.raises(ServiceError, match="JSON of more than 500,000 maps and lists") as no:
        list(one.pages("sources"))
    assert no.value.reason == "not_json"
