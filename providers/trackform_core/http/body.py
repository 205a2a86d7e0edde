"""Reads an answer within its bounds: no more than may be kept, also of one that unpacks to a thousandfold."""

import zlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

import httpx

from trackform_core.http.bounds import MIB, Bounds, Late, Unusable

ENCODINGS = {"gzip": 16 + zlib.MAX_WBITS, "x-gzip": 16 + zlib.MAX_WBITS, "deflate": zlib.MAX_WBITS}
"""What is asked for, besides nothing. One layer: of several, each could multiply the one before by a thousand."""

ACCEPTED = "gzip, deflate"

OF_THE_WIRE = frozenset({b"content-encoding", b"content-length", b"transfer-encoding"})
"""Headers that are no longer true of a body that was read and unpacked."""


def read_whole(
    response: httpx.Response, bounds: Bounds, clock: Callable[[], float], until: float
) -> httpx.Response:  # fmt: skip
    """The response with its whole body, unpacked.

    Raises:
        Unusable: it is larger than anybody reads, or packed in a way that was not asked for.
        Late: the time is up before the last byte.
    """
    if response.is_stream_consumed:
        # Made in this process, or read on the way.
        return _with(response, b"".join(_within(iter([response.content]), bounds)))
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    if encoding != "identity" and encoding not in ENCODINGS:
        response.close()
        raise Unusable(f"it is packed as '{encoding[:40]}', which was not asked for")
    try:
        arriving = _in_time(response, clock, until)
        whole = b"".join(_within(_unpacked(arriving, ENCODINGS.get(encoding), bounds), bounds))
    except zlib.error as error:
        raise Unusable(f"it is damaged: {error}") from None
    finally:
        response.close()
    return _with(response, whole)


def _with(response: httpx.Response, content: bytes) -> httpx.Response:
    # As bytes: what a server writes there need not be text.
    headers = [(name, value) for name, value in response.headers.raw if name.lower() not in OF_THE_WIRE]
    return httpx.Response(response.status_code, headers=headers, content=content, extensions=response.extensions)


def _in_time(response: httpx.Response, clock: Callable[[], float], until: float) -> Iterator[bytes]:
    for piece in response.stream if isinstance(response.stream, httpx.SyncByteStream) else ():
        yield piece
        if clock() > until:
            raise Late("it arrives too slowly")


def _unpacked(pieces: Iterator[bytes], window: int | None, bounds: Bounds) -> Iterator[bytes]:
    if window is None:
        yield from pieces
        return
    unpacking: Any = None
    for piece in pieces:
        if unpacking is None:
            # Some servers send deflate without its two bytes of a header.
            raw = window == zlib.MAX_WBITS and (piece[0] & 0x0F) != zlib.DEFLATED if piece else False
            unpacking = zlib.decompressobj(-window if raw else window)
        left = piece
        while left:
            yield unpacking.decompress(left, bounds.body + 1 if bounds.body < MIB else MIB)
            left = unpacking.unconsumed_tail
        if unpacking.unused_data:
            # A second part may be rows: what the first one holds would pass for all.
            raise zlib.error("it goes on behind its end")
    if unpacking is not None:
        yield unpacking.flush()
        if not unpacking.eof:
            raise zlib.error("it ends in the middle")


def _within(pieces: Iterator[bytes], bounds: Bounds) -> Iterator[bytes]:
    size = 0
    for piece in pieces:
        size += len(piece)
        if size > bounds.body:
            raise Unusable(f"it is larger than {bounds.body / MIB:.0f} MiB")
        yield piece


def is_deeper(value: Any, most: int) -> bool:
    """Whether maps and lists stand deeper within each other."""
    level = [value]
    for _ in range(most):
        level = [inner for outer in level for inner in _within_it(outer)]
        if not level:
            return False
    return any(isinstance(inner, dict | list) for inner in level)


def _within_it(value: Any) -> Collection[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
