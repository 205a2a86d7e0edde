"""Writes what was seen of the live services into the policy, and leaves every other byte of it as it is."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from trackform.documents.scalars import flow
from trackform.documents.yaml_document import read
from trackform.documents.yaml_text import CannotEdit, edited
from trackform.flow.live_settings import LiveFact
from trackform_core.errors import TrackformError
from trackform_core.no_api import atomic

WRITABLE = 0o222
"""Some bit of it, where a file may be written: whoever took them all away wants it to stay as it is."""
MARK = "\ufeff"
"""What some editors put before a text; the parser takes it for one where the first key begins."""


NULL = "tag:yaml.org,2002:null"
"""In place of a section: it says as much as an empty one."""


def save(path: Path, facts: Mapping[tuple[str, ...], LiveFact]) -> list[str]:
    """Write facts under their places, and return the places of those that were not so already, day and all.

    Raises:
        TrackformError: the file is written in a way that is not changed here, or cannot be; nothing is written then.
    """
    if path.exists() and not path.stat().st_mode & WRITABLE:
        raise TrackformError(f"{path} is read-only: nothing is saved. Make it writable, and run it again")
    raw = path.read_bytes().decode("utf-8") if path.exists() else ""
    mark = MARK if raw.startswith(MARK) else ""
    text = before = raw.removeprefix(MARK)
    written = []
    for place, fact in facts.items():
        changed = _with(text, place, _entry(fact), path)
        if changed != text:
            written.append(".".join(place))
        text = changed
    if text != before:
        try:
            atomic.write(path, (mark + text).encode())
        except OSError as error:
            raise TrackformError(f"{path} cannot be written: {error.strerror}. Nothing is saved") from None
        read(path)
    return written


def _entry(fact: LiveFact) -> dict[str, str]:
    return {"value": fact.value, "seen": str(fact.seen), "evidence": fact.evidence}


def _with(text: str, place: tuple[str, ...], entry: Mapping[str, str], path: Path) -> str:
    try:
        changed = _edited(text, place, dict(entry))
        data: Any = yaml.safe_load(changed)
        for step in place:
            data = data[step]
    except (CannotEdit, yaml.YAMLError, KeyError, TypeError) as error:
        data = str(error)
    if data != entry:
        raise TrackformError(
            f"{path}: {'.'.join(place)} cannot be written there: {data}. Nothing is saved. Write it by hand: "
            f"{place[-1]}: {flow(dict(entry))}"
        )
    return changed


def _edited(text: str, place: tuple[str, ...], entry: Mapping[str, str]) -> str:
    """The text with the entry. An entry is a line of its own: nobody could read the history of one otherwise."""
    for depth in range(1, len(place)):
        node = _node(text, place[:depth])
        if node is None:
            text = _appended(text, place[0]) if depth == 1 else edited(text, place[:depth], {})
            node = _node(text, place[:depth])
        elif node.tag == NULL and node.start_mark.index < node.end_mark.index:
            text = f"{text[: node.start_mark.index]}{{}}{text[node.end_mark.index :]}"
            node = _node(text, place[:depth])
        if isinstance(node, yaml.MappingNode) and not node.value:
            is_last = depth == len(place) - 1
            text = _opened(text, node, f"{'  ' * depth}{flow(place[depth])}: {flow(dict(entry) if is_last else {})}")
    return edited(text, place, dict(entry))


def _node(text: str, place: tuple[str, ...]) -> yaml.Node | None:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for step in place:
        pairs = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in pairs if key.value == step), None)
    return node


def _appended(text: str, section: str) -> str:
    """At the end: behind the last entry there may be comments on it."""
    newline = _newline(text)
    return (text.rstrip() + newline * 2 if text.strip() else "") + f"{section}: {{}}{newline}"


def _opened(text: str, node: yaml.Node, line: str) -> str:
    """The text with an empty map on one line made one that has its first entry on a line of its own."""
    start, end, newline = node.start_mark.index, node.end_mark.index, _newline(text)
    at = text.find(newline, end)
    at = len(text) if at < 0 else at
    return text[:start].rstrip(" ") + text[end:at].rstrip(" ") + newline + line + text[at:]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
