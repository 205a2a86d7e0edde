"""The values that tell one account from another, wherever they stand: ids, logins, hosts, addresses, who is paid."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trackform.account_file.sections import SECTIONS
from trackform.export.snapshot import Snapshot
from trackform.urls import parse
from trackform.urls.promolink import HOPLINK, credit
from trackform_core.model.kind import Kind
from trackform_core.model.markers import OfAccount
from trackform_core.model.wire import Row, dig, id_of, is_blank
from trackform_core.no_api.base import BridgeKind

WORD = re.compile(r"[^\W_]+")
EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
AN_ID = re.compile(r"(?:\d{5,}|(?=[a-z]*\d)(?=\d*[a-z])[0-9a-z]{12,})", re.IGNORECASE)
"""A piece of a path that no person would choose."""
OF_SOMEBODY = re.compile(
    rf"{EMAIL.pattern}"
    r"|(?<![A-Za-z0-9])(?:act_?\d+|\d{3}-\d{3}-\d{4}|\d{8,}|[0-9a-f]{24})(?![A-Za-z0-9])"  # Facebook, Google, RedTrack
)
"""What is somebody's wherever it stands: addresses, and the ids that channels and RedTrack give."""
ID_KEY = re.compile(r"(?:.*_)?ids?")
SHORTEST, SHORTEST_NUMBER = 2, 4
"""A shorter name, or number, stands everywhere by chance."""
LONG_NUMBER = 5
"""Digits of a number that is no weight, amount or choice."""


class OwnValues:
    """Finds an account's own values in whatever it has."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.by_word: dict[str, list[tuple[str, ...]]] = {}
        named = [snapshot.redtrack_user, snapshot.digistore24_account, snapshot.affiliate()]
        for section, rows in snapshot.rows.items():
            for row in rows:
                named += _of_row(SECTIONS[section], row)
        for value in dict.fromkeys(named):
            words = _words(value)
            if sum(map(len, words)) >= (SHORTEST_NUMBER if all(map(str.isdigit, words)) else SHORTEST):
                self.by_word.setdefault(words[0], []).append(words)

    def reason(self, value: Any) -> str:
        """Why no other account may have this value; empty where any may. The reason holds no value itself."""
        for text in _texts(value):
            if self._spans(text):
                return "it holds a name or an id of the account it comes from"
            if reason := _in_links(text):
                return reason
        return ""

    def removed(self, text: str, instead: str = "") -> str:
        """The text without them."""
        for start, end in reversed(self._spans(text)):
            text = text[:start] + instead + text[end:]
        return text

    def _spans(self, text: str) -> list[tuple[int, int]]:
        """Where they are, in order; none overlaps another."""
        matches = list(WORD.finditer(text))
        words = [each[0].casefold() for each in matches]
        spans = [each.span() for each in OF_SOMEBODY.finditer(text)]
        for at, word in enumerate(words):
            for value in self.by_word.get(word, ()):
                end = at + len(value)
                if tuple(words[at:end]) == value:
                    spans.append((matches[at].start(), matches[end - 1].end()))
        apart: list[tuple[int, int]] = []
        for start, end in sorted(spans):
            if apart and start < apart[-1][1]:
                apart[-1] = (apart[-1][0], max(end, apart[-1][1]))
            else:
                apart.append((start, end))
        return apart


def _of_row(kind: Kind[Any], row: Row) -> Iterator[str]:
    # What no API takes has its place in the file for an id, and that is shared.
    if not isinstance(kind, BridgeKind):
        yield id_of(row)
        yield str(row.get(kind.owner) or "")
    for field in kind.references:
        held = row.get(kind.fields[field].name)
        for item in held if isinstance(held, list) else [{"id": held}]:
            yield id_of(item)
    for field, mark in kind.markers(OfAccount).items():
        wire = kind.fields.get(field)
        value = dig(row, wire.name) if wire else row.get(field.removeprefix("extra."))
        yield from _ids(value, named=mark.names)
    if paid := credit(str(row.get("url") or "")):
        yield paid.affiliate


def _ids(value: Any, *, named: bool) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _ids(item, named=bool(ID_KEY.fullmatch(str(key))))
    elif isinstance(value, list):
        for item in value:
            yield from _ids(item, named=named)
    elif named and not isinstance(value, bool) and not is_blank(value):
        yield str(value)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in WORD.findall(text))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield str(key)
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) or (isinstance(value, int) and len(str(value)) >= LONG_NUMBER):
        yield str(value)


def _in_links(text: str) -> str:
    """What in a link may stand for an account: nobody knows the parameters of every network."""
    for link in text.split():
        if "://" not in link and "?" not in link:
            continue
        parts = parse(link)
        if HOPLINK.fullmatch(parts.host) or "@" in parts.host:
            return "its link names somebody in the host"
        for name, value in parts.params:
            if name and re.search(r"\w", _without_macros(value or "")):
                return f"its link says {name}=…, which may be the account's"
        if any(AN_ID.fullmatch(piece) for piece in parts.path.split("/")):
            return "its link holds an id"
        if parts.fragment and "=" in parts.fragment:
            return "its link says something behind #, which may be the account's"
    return ""


def _without_macros(text: str) -> str:
    return re.sub(r"\{\{[^{}]*\}\}|\{[^{}]*\}|\[[^\[\]]*\]", "", text)
