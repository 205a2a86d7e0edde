"""Changing one value in a YAML text and leaving every other byte as it is: comments, order, quotes, indentation.

A round trip through a YAML library rewraps flow maps, turns `null` into nothing and moves comments. Here the parser
only tells where a value stands.
"""

import difflib
import json
from dataclasses import dataclass
from typing import Any, Final

import yaml

from trackform.documents.scalars import flow
from trackform.documents.yaml_document import Steps
from trackform_core.errors import TrackformError
from trackform_core.text import files


class Remove:
    """Stands in place of a value, where the key is to be taken out."""

    def __repr__(self) -> str:
        return "REMOVE"


REMOVE: Final = Remove()


class CannotEdit(TrackformError):  # noqa: N818 -- what it says is no fault of the program
    """The text is written in a way that is not changed here; the message says which."""


@dataclass(frozen=True)
class _Text:
    text: str
    root: yaml.Node | None

    @property
    def newline(self) -> str:
        return "\r\n" if "\r\n" in self.text else "\n"

    def line_start(self, index: int) -> int:
        return self.text.rfind("\n", 0, index) + 1

    def line_end(self, index: int) -> int:
        """Where the line ends, before its line break."""
        line_break = self.text.find("\n", index)
        end = len(self.text) if line_break < 0 else line_break
        return end - 1 if end > index and self.text[end - 1] == "\r" else end

    def cut(self, start: int, end: int, new: str = "") -> str:
        return self.text[:start] + new + self.text[end:]

    def cut_lines(self, start: int, end: int, before: str) -> str:
        """Without the lines of an entry, which must have them for itself."""
        first, last = self.line_start(start), self.text.find("\n", end)
        if self.text[first:start].strip() != before:
            raise CannotEdit("shares its line with something else")
        return self.cut(first, len(self.text) if last < 0 else last + 1)


def edited(text: str, path: Steps, value: Any) -> str:
    """The text with ``value`` at ``path``; with `REMOVE`, without it. Maps on the way are made where they are missing.

    Raises:
        CannotEdit: written in a way that is not changed here.
    """
    here = _Text(text, files.compose(text, files.LOADER))
    if here.root is None:
        return text if value is REMOVE else text + _block(path, value, here.newline)
    node: yaml.Node = here.root
    trail: list[tuple[yaml.MappingNode, int]] = []
    for at, step in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            raise CannotEdit("is not inside a map")
        position = next((i for i, (key, _) in enumerate(node.value) if key.value == step), None)
        if position is None:
            return text if value is REMOVE else _insert(here, node, path[at:], value)
        trail.append((node, position))
        node = node.value[position][1]
    if value is REMOVE:
        return _remove(here, trail)
    if isinstance(node, yaml.SequenceNode) and isinstance(value, list) and node.value and value:
        return _list(text, path, node, value)
    return _replace(here, trail[-1][0].value[trail[-1][1]][0], node, value)


def _replace(here: _Text, key: yaml.Node, node: yaml.Node, value: Any) -> str:
    if isinstance(node, yaml.ScalarNode) and node.style not in ("|", ">"):
        return here.cut(node.start_mark.index, node.end_mark.index, flow(value, node.style))
    if isinstance(node, yaml.CollectionNode) and node.flow_style:
        return here.cut(node.start_mark.index, node.end_mark.index, flow(value))
    colon = here.text.index(":", key.end_mark.index) + 1
    first_end = here.line_end(colon)
    rest = here.text[colon:first_end] if isinstance(node, yaml.CollectionNode) else ""
    return here.text[:colon] + f" {flow(value)}" + rest + here.text[_end(node, here.text) :]


def _insert(here: _Text, parent: yaml.MappingNode, keys: Steps, value: Any) -> str:
    entry = value
    for key in reversed(keys[1:]):
        entry = {str(key): entry}
    name = str(keys[0])
    if parent.flow_style:
        if not parent.value:
            return here.cut(parent.start_mark.index, parent.end_mark.index, flow({name: entry}))
        at = _end(parent.value[-1][1], here.text)
        return here.cut(at, at, f", {flow(name)}: {flow(entry)}")
    at = here.line_end(_end(parent.value[-1][1], here.text))
    column = parent.value[0][0].start_mark.column
    if parent is here.root and isinstance(entry, dict) and entry:
        gap = here.newline if f"{here.newline}{here.newline}" in here.text else ""
        return here.cut(at, at, here.newline + gap + _block(keys, value, here.newline).rstrip("\r\n"))
    return here.cut(at, at, f"{here.newline}{' ' * column}{flow(name)}: {flow(entry)}")


def _block(keys: Steps, value: Any, newline: str) -> str:
    """A section and its entry on lines of their own, what is in the entry on one line: as people write these files."""
    if len(keys) == 1 and not (isinstance(value, dict) and value):
        return f"{flow(str(keys[0]))}: {flow(value)}{newline}"
    inner = value
    for key in reversed(keys[1:]):
        inner = {str(key): inner}
    lines = [f"  {flow(str(name))}: {flow(item)}{newline}" for name, item in inner.items()]
    return f"{flow(str(keys[0]))}:{newline}" + "".join(lines)


def _remove(here: _Text, trail: list[tuple[yaml.MappingNode, int]]) -> str:
    parent, at = trail[-1]
    key, value = parent.value[at]
    end = _end(value, here.text)
    if len(parent.value) == 1 and len(trail) > 1:
        # A section that lists nothing goes too; what stays empty elsewhere says so.
        above, above_at = trail[-2]
        return _remove(here, trail[:-1]) if len(trail) == 2 else _replace(here, above.value[above_at][0], parent, {})  # noqa: PLR2004 -- section, entry
    if not parent.flow_style:
        return here.cut_lines(key.start_mark.index, end, "")
    return _remove_inline(
        here, [(entry_key.start_mark.index, _end(item, here.text)) for entry_key, item in parent.value], at
    )


def _remove_inline(here: _Text, spans: list[tuple[int, int]], at: int) -> str:
    start, end = spans[at]
    if at + 1 < len(spans):
        return here.cut(start, spans[at + 1][0])
    return here.cut(spans[at - 1][1] if at else start, end)


def _list(text: str, path: Steps, node: yaml.SequenceNode, value: list[Any]) -> str:
    """The list changed item by item, so that the items that stay are not touched."""
    while True:
        was = [_key(_plain(item)) for item in node.value]
        steps = difflib.SequenceMatcher(None, was, [_key(item) for item in value], autojunk=False).get_opcodes()
        todo = next((step for step in steps if step[0] != "equal"), None)
        if todo is None:
            return text
        text = _one_step(_Text(text, None), node, todo, value)
        node = _sequence_at(files.compose(text, files.LOADER), path)


def _one_step(here: _Text, node: yaml.SequenceNode, todo: tuple[str, int, int, int, int], value: list[Any]) -> str:
    kind, i, _, j, _ = todo
    spans = [(item.start_mark.index, _end(item, here.text)) for item in node.value]
    if kind == "replace":
        old = node.value[i]
        return here.cut(*spans[i], flow(value[j], old.style if isinstance(old, yaml.ScalarNode) else None))
    if kind == "delete":
        return _remove_inline(here, spans, i) if node.flow_style else here.cut_lines(*spans[i], "-")
    if node.flow_style:
        at = spans[i][0] if i < len(spans) else spans[-1][1]
        return here.cut(at, at, f"{flow(value[j])}, " if i < len(spans) else f", {flow(value[j])}")
    dash = " " * node.start_mark.column + "- "
    if i:
        at = here.line_end(spans[i - 1][1])
        return here.cut(at, at, f"{here.newline}{dash}{flow(value[j])}")
    at = here.line_start(spans[0][0])
    return here.cut(at, at, f"{dash}{flow(value[j])}{here.newline}")


def _sequence_at(root: yaml.Node | None, path: Steps) -> yaml.SequenceNode:
    node = root
    for step in path:
        entries = node.value if isinstance(node, yaml.MappingNode) else ()
        node = next((value for key, value in entries if key.value == step), None)
    if not isinstance(node, yaml.SequenceNode):
        raise CannotEdit("is a list that cannot be changed item by item")
    return node


def _plain(node: yaml.Node) -> Any:
    """Enough of a node's data to tell whether it is the same as a value."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(item) for key, item in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    return str(node.value)


def _key(value: Any) -> str:
    """Scalars by their text: `411530` and `"411530"` are one item of a list of ids."""
    return json.dumps(_texts(value), sort_keys=True)


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return value if isinstance(value, str) else flow(value)


def _end(node: yaml.Node, text: str) -> int:
    """Where the last byte of a value is: the parser puts the end of a block behind the blank lines that follow."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(node, yaml.MappingNode) else last, text)
    end: int = node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in ("|", ">"):
        return len(text[:end].rstrip("\r\n"))
    return end
