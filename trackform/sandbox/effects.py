"""What a fault does to an answer: one table. All of it is ours; neither vendor was seen to do most of this."""

import gzip
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

Rows = list[Any]

MIB = 2**20
NUMBER = r"\d+(\.\d+)?"


@dataclass(frozen=True)
class Effect:
    """What happens to a request.

    Attributes:
        about: what the client sees.
        argument: a regular expression of what is said behind a colon; empty where nothing is.
        change: what becomes of the JSON of the service's own answer, where it is that alone.
        hits: ``any`` request, or a ``read`` alone.
    """

    about: str
    argument: str = ""
    change: Callable[[Any], Any] | None = None
    hits: Literal["any", "read"] = "any"


def on_rows(value: Any, change: Callable[[Rows], Any]) -> Any:
    """An answer with its rows changed: a list, or the lists inside an envelope. What an object lists are no rows."""
    if isinstance(value, list):
        return change(value)
    if isinstance(value, dict) and not value.get("id"):
        return {
            name: on_rows(inner, change) if isinstance(inner, list) or name == "data" else inner
            for name, inner in value.items()
        }
    return value


def on_each(value: Any, change: Callable[[dict[str, Any]], Any]) -> Any:
    """An answer with each of its objects changed, also where it is one."""
    data = value.get("data") if isinstance(value, dict) else None
    if isinstance(data, dict):
        return value | {"data": on_each(data, change)}
    listed = isinstance(value, list) or (isinstance(value, dict) and any(isinstance(x, list) for x in value.values()))
    if isinstance(value, dict) and (value.get("id") or not listed):
        return change(value)
    return on_rows(value, lambda rows: [change(row) if isinstance(row, dict) else row for row in rows])


def with_total(value: Any) -> Any:
    """The answer with a total that is one too high."""
    if isinstance(value, list):
        return {"items": value, "total": len(value) + 1}
    if isinstance(value, dict) and isinstance(value.get("total"), int):
        return value | {"total": value["total"] + 1}
    return value


def retyped(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the same id in which every other value has another type."""
    return {name: value if name in IDS else _another_type(value) for name, value in row.items()}


def _another_type(value: Any) -> Any:
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool) or value is None:
        return {"value": value}
    if isinstance(value, int | float):
        return {"amount": str(value)}
    return "text"


IDS = ("id", "_id", "user_id")


EFFECTS: Mapping[str, Effect] = {
    "refuse": Effect("no connection: nothing listens. Over real HTTP the same as cut"),
    "cut": Effect("the connection ends without an answer"),
    "cut_body": Effect("the connection ends in the middle of the body"),
    "hold": Effect("no answer until the faults are cleared"),
    "slow": Effect("an answer after so many seconds", argument=NUMBER),
    "drip": Effect("a body of one byte every so many seconds", argument=NUMBER),
    "big": Effect("a body of so many MiB", argument=r"\d{1,4}"),
    "bomb": Effect("a body that unpacks to so many MiB", argument=r"\d{1,4}"),
    "status": Effect("another status, with an error in the style of the service", argument=r"[1-5]\d\d"),
    "html": Effect("a page, with status 200"),
    "error200": Effect("an error inside status 200"),
    "empty": Effect("a listing without its rows", hits="read"),
    "null": Effect("null", change=lambda _: None),
    "repeats": Effect("a row that comes twice", change=lambda v: on_rows(v, lambda x: x + x[-1:]), hits="read"),
    "misses": Effect("the last row is missing", change=lambda v: on_rows(v, lambda rows: rows[:-1]), hits="read"),
    "reorders": Effect("rows in another order", change=lambda v: on_rows(v, lambda rows: rows[::-1]), hits="read"),
    "total": Effect("a total that is one too high", change=with_total, hits="read"),
    "stale": Effect("the answer that the same read got before", hits="read"),
    "types": Effect("values of other types", change=lambda v: on_each(v, retyped)),
    "no_ids": Effect("objects without an id", change=lambda v: on_each(v, lambda row: row | dict.fromkeys(IDS[:2]))),
    "other_ids": Effect("objects with another id", change=lambda v: on_each(v, lambda row: row | {"id": "0"})),
    "scalars": Effect("rows that are no objects", change=lambda v: on_rows(v, lambda _: [1, "x", None])),
    "deep": Effect("lists within each other without end", change=lambda _: _nested(500)),
}  # fmt: skip


def _nested(levels: int) -> Any:
    value: Any = []
    for _ in range(levels):
        value = [value]
    return value


PATTERN = "|".join(name + (f":{effect.argument}" if effect.argument else "") for name, effect in EFFECTS.items())
"""A regular expression of all that can be ordered."""


def changed(body: bytes, change: Callable[[Any], Any]) -> bytes:
    """The body with its JSON changed; one that is none stays as it is."""
    try:
        return json.dumps(change(json.loads(body))).encode()
    except ValueError:
        return body


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

    return changed(body, without_rows)


def spaces(megabytes: int) -> Iterator[bytes]:
    """A body that is nothing but long."""
    for _ in range(megabytes):
        yield b" " * MIB


@cache
def bomb(megabytes: int) -> bytes:
    """A small body that unpacks to a long one."""
    return gzip.compress(b" " * (megabytes * MIB), compresslevel=1)


def dripping(body: bytes, seconds: float, sleep: Callable[[float], None]) -> Iterator[bytes]:
    """The body behind blanks that take their time; JSON may begin with them."""
    for _ in range(10_000):
        sleep(seconds)
        yield b" "
    yield body
