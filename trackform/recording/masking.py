"""Replaces what is not allowed to stay in a recording: the same value by the same one, of the same type and length."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from trackform.recording.allowed import (
    ASKED,
    ENUMS,
    HEADERS,
    MACROS,
    MEDIA_TYPES,
    OF_EVERY_FIELD,
    OPEN_MAPS,
    PATH_WORDS,
    is_field,
    known_fields,
)
from trackform.recording.model import MORE, MOST_ROWS
from trackform.urls import macros

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:(?P<sep>[T ])\d\d:\d\d:\d\d(?P<part>\.\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?)?")
ID = re.compile(r"[0-9a-f]{24}")
DIGITS = re.compile(r"\d+")
SCHEME = re.compile(r"https?://")
DAY = "2001-01-01"
ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"


def strings_in(value: Any) -> set[str]:
    """Every string that is a value somewhere in it."""
    if isinstance(value, dict):
        return set().union(*map(strings_in, value.values()))
    if isinstance(value, list):
        return set().union(*map(strings_in, value))
    return {value} if isinstance(value, str) else set()


class Masking:
    """The replacements of one recording. ``values`` are all strings that occur in it as values."""

    def __init__(self, values: set[str]) -> None:
        self._values = values
        self._known = known_fields()
        self._given: dict[tuple[str, object], int] = {}
        self._counts: Counter[str] = Counter()

    def path(self, path: str) -> str:
        return "/".join(part if part in PATH_WORDS else str(self.value(part)) for part in path.split("/"))

    def asked(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Parameters of a query or of a form: of those that are ours the value is kept."""
        names = {name: name if name in ASKED or ("[" in name and self._is_search(name)) else self.name(name)
                 for name in parameters}  # fmt: skip
        return {
            names[n]: value if n in ASKED and _is_short(value) else self.value(value) for n, value in parameters.items()
        }

    def _is_search(self, name: str) -> bool:
        return all(is_field(part) for part in name.rstrip("]").split("["))

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        """Those that matter: the media type, and what tells of limits, in numbers."""
        kept = {name: text for name, text in headers.items() if name in HEADERS}
        return {
            name: _media_type(text) if name == "content-type" else text
            for name, text in kept.items()
            if name == "content-type" or text.isdecimal()
        }

    def name(self, name: str, *, is_open: bool = False) -> str:
        """The name of a field. What occurs as somebody's value is none, unless a published one is called so.

        ``is_open``: it is the key of a map in which anybody can write anything.
        """
        if name in self._known or (is_field(name) and name not in self._values and not is_open):
            return name
        return f"field_{self._number('name', name)}"

    def value(self, value: Any, field: str = "", *, is_open: bool = False) -> Any:
        """A value in place of this one. ``is_open``: see `name`."""
        is_open = is_open or field in OPEN_MAPS
        if isinstance(value, dict):
            return {
                self.name(name, is_open=is_open): self.value(inner, name, is_open=is_open)
                for name, inner in value.items()
            }
        if isinstance(value, list):
            rows = [self.value(inner, field, is_open=is_open) for inner in value[:MOST_ROWS]]
            return [*rows, {MORE: len(value) - MOST_ROWS}] if len(value) > MOST_ROWS else rows
        if value is None or isinstance(value, bool) or value in ("", 0):
            return value
        if value in ENUMS.get(field, ()) or value in OF_EVERY_FIELD:
            return value
        return self._text(value) if isinstance(value, str) else self._figure(value)

    def _figure(self, value: Any) -> Any:
        """A number of the same type and sign."""
        number = self._number(type(value).__name__, abs(value)) + (0.5 if isinstance(value, float) else 1000)
        return -number if value < 0 else number

    def _text(self, text: str) -> str:
        bare = text[1:-1] if macros(text) == [text] else text
        if bare in MACROS:
            return text
        if bare != text:
            return f"{{{self._filler(bare)}}}"
        if match := MOMENT.fullmatch(text):
            return _moment(match)
        if ID.fullmatch(text):
            return f"{self._number('id', text):024x}"
        if DIGITS.fullmatch(text):
            return str(self._number("digits", text)).rjust(len(text), "1")[-len(text) :]
        scheme = SCHEME.match(text)
        start = scheme.end() if scheme else 0
        return text[:start] + self._filler(text[start:])

    def _filler(self, text: str) -> str:
        """Letters of the same number, which say nothing."""
        number, digits = self._number("text", text), ""
        while number:
            number, digit = divmod(number, len(ALPHABET))
            digits = ALPHABET[digit] + digits
        return digits.rjust(len(text), "x")[-len(text) :] if text else ""

    def _number(self, sort: str, value: object) -> int:
        if (sort, value) not in self._given:
            self._counts[sort] += 1
            self._given[sort, value] = self._counts[sort]
        return self._given[sort, value]


def _moment(match: re.Match[str]) -> str:
    """A day, or a time, written in the same way."""
    if not match["sep"]:
        return DAY
    part = "." + "0" * (len(match["part"]) - 1) if match["part"] else ""
    zone = match["zone"] or ""
    return f"{DAY}{match['sep']}00:00:00{part}{zone if zone in ('', 'Z') else '+00:00'}"


def _is_short(value: object) -> bool:
    """Whether a parameter is one of ours: a number, or one of the words that we send."""
    return str(value) in SENT or str(value).isdecimal()


SENT = frozenset({"affiliate", "date", "asc", "desc", "en", "true"})


def _media_type(text: str) -> str:
    """One that is usual, or that it is none: anybody's name can stand in one."""
    bare = text.partition(";")[0].strip().lower()
    return bare if bare in MEDIA_TYPES else "another"
