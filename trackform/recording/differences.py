"""Where a sandbox answers otherwise than a recording: in status, headers that matter, shape and types."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from trackform.recording.allowed import HEADERS
from trackform.recording.model import MORE, KeptExchange, Recording
from trackform.recording.replay import Replayed, replayed
from trackform.sandbox.switches import Switches

Aspect = Literal["switch", "status", "header", "shape", "type"]
ID = re.compile(r"[0-9a-f]{24}")
ABSENT = "has no such field"
ENVELOPE = ("result", "code")
"""Fields of an envelope whose values say how it went."""


@dataclass(frozen=True)
class SandboxDifference:
    """One thing in which the sandbox is not as what was recorded.

    Attributes:
        where: the request, with the field where it is about one; of a switch its name.
    """

    aspect: Aspect
    where: str
    recorded: str
    sandbox: str

    def row(self) -> dict[str, str]:
        """As JSON."""
        return dict(vars(self))

    def __str__(self) -> str:
        return f"{self.aspect}: {self.where}: recorded {self.recorded}, the sandbox {self.sandbox}"


def differences(recording: Recording, switches: Switches) -> list[SandboxDifference]:
    """Each difference once. A switch that is set otherwise is told as such, and what follows from it is not."""
    answers = {name: value for name, value in recording.answers.items() if name in Switches.model_fields}
    switched = Switches.model_validate(switches.model_dump() | answers)
    unlike = [
        SandboxDifference("switch", name, str(getattr(switched, name)), str(getattr(switches, name)))
        for name in Switches.model_fields
        if getattr(switched, name) != getattr(switches, name)
    ]
    replies = [each for exchange, answer in replayed(recording, switched) for each in _differences(exchange, answer)]
    # Of rows that differ among themselves, one answer shows what another one has not.
    shown = {field for each in recording.exchanges for field in _shown(_where(each), each.answer)}
    return [each for each in dict.fromkeys([*unlike, *replies]) if each.recorded != ABSENT or each.where not in shown]


def _differences(exchange: KeptExchange, answer: Replayed) -> Iterator[SandboxDifference]:
    where = _where(exchange)
    if exchange.status != answer.status:
        yield SandboxDifference("status", where, str(exchange.status), str(answer.status))
        return
    for name in sorted(HEADERS):
        was, is_now = _header(name, exchange.headers), _header(name, answer.headers)
        if was != is_now:
            yield SandboxDifference("header", f"{where}, {name}", was, is_now)
    if exchange.is_empty != answer.is_empty:
        yield SandboxDifference("shape", where, *("no body" if empty else "a body" for empty in
                                                  (exchange.is_empty, answer.is_empty)))  # fmt: skip
        return
    for name in ENVELOPE:
        said = [str(body.get(name)) for body in (exchange.answer, answer.answer) if isinstance(body, dict)]
        if len(set(said)) > 1:
            yield SandboxDifference("shape", f"{where}, {name}", *said)
            return
    if _is_empty(exchange.answer) != _is_empty(answer.answer) or (
        _is_empty(exchange.answer) and exchange.answer != answer.answer
    ):
        yield SandboxDifference("shape", where, _size(exchange.answer), _size(answer.answer))
        return
    yield from _shapes(where, exchange.answer, answer.answer)


def _where(exchange: KeptExchange) -> str:
    return f"{exchange.method} {ID.sub('{id}', exchange.path)}"


def _shown(where: str, value: Any) -> Iterator[str]:
    """The place of every field in it."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield _at(where, name)
            yield from _shown(_at(where, name), inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _shown(f"{where}[]", inner)


def _at(where: str, name: str) -> str:
    return f"{where}.{name}" if "," in where else f"{where}, {name}"


def _header(name: str, headers: Mapping[str, str]) -> str:
    """A media type as it is; of others only whether they are there: numbers come and go."""
    text = headers.get(name)
    if text is None or name != "content-type":
        return "none" if text is None else "there"
    return text.partition(";")[0].strip().lower()


def _is_empty(body: Any) -> bool:
    return body in (None, [])


def _size(body: Any) -> str:
    return "null" if body is None else "an empty array" if body == [] else f"an {_type(body)} with something in it"


def _shapes(where: str, recorded: Any, sandbox: Any) -> Iterator[SandboxDifference]:
    """What differs between two values, whatever they say. ``null`` and an empty list may stand for anything."""
    was, is_now = _type(recorded), _type(sandbox)
    if "null" in (was, is_now):
        return
    if was != is_now:
        yield SandboxDifference("type", where, was, is_now)
    elif isinstance(recorded, dict):
        yield from _fields(where, recorded, sandbox)
    elif isinstance(recorded, list):
        rows, ours = _joined(recorded), _joined(sandbox)
        if rows is not None and ours is not None:
            yield from _shapes(f"{where}[]", rows, ours)


def _fields(where: str, recorded: Mapping[str, Any], sandbox: Mapping[str, Any]) -> Iterator[SandboxDifference]:
    for name in dict.fromkeys([*recorded, *sandbox]):
        at = _at(where, name)
        if name not in sandbox:
            yield SandboxDifference("shape", at, f"has it ({_type(recorded[name])})", ABSENT)
        elif name not in recorded:
            yield SandboxDifference("shape", at, ABSENT, f"has it ({_type(sandbox[name])})")
        else:
            yield from _shapes(at, recorded[name], sandbox[name])


def _joined(rows: list[Any]) -> Any:
    """One row with the fields of all, each with a value where any row has one; ``None`` of no rows."""
    rows = [row for row in rows if not (isinstance(row, dict) and MORE in row)]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return rows[0] if rows else None
    joined: dict[str, Any] = {}
    for row in rows:
        for name, value in row.items():
            if joined.get(name) in (None, [], {}):
                joined[name] = value
    return joined


def _type(value: Any) -> str:
    """The JSON type; whole numbers and others are one."""
    if value is None:
        return "null"
    names = {bool: "boolean", str: "string", int: "number", float: "number", list: "array", dict: "object"}
    return names[type(value)]
