"""Reads YAML strictly, with the file and line of every value.

Scalars are those of YAML 1.2's core schema, so `off`, `no`, `NO` and `12:30` are strings. Refused, because two readers
of the same file could understand it differently: duplicate keys, keys that are not strings, values left empty, aliases
and merge keys (`extends:` is the way to share), and tags of other schemas.
"""

from __future__ import annotations

import math
import os
import re
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import yaml

from trackform.documents.problems import Problem, Problems, did_you_mean, dotted
from trackform.documents.yaml_syntax import NO_BLANK, syntax_problem, written_with_a_blank
from trackform_core.text import files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

Steps: TypeAlias = tuple[str | int, ...]


Origin: TypeAlias = tuple[str, int]


NO_VALUE = "has no value"


_TAG = "tag:yaml.org,2002:"


class _Core(files.LOADER):  # type: ignore[misc]  # what it is, the installation says
    """PyYAML's parser with the resolvers of YAML 1.2's core schema instead of 1.1's."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own


for _name, _pattern, _first in (
    ("null", r"null|Null|NULL|~|", ["n", "N", "~", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
):
    _Core.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), _first)


@dataclass(frozen=True)
class Document:
    """The content of one YAML file, or of several merged ones.

    Attributes:
        data: plain dicts, lists, strings, numbers, booleans and None.
        file: the file (the last one of several), relative to the working directory where possible.
        origins: the file and line of every key and list item, by path.
        problems: what is wrong with it; the data is then what is left without that.
        doubts: the paths of those, of which nobody knows what was meant.
        zeros: what is wrong with numbers that begin with a zero, where such a number may be a name.
    """

    data: dict[str, Any]
    file: str
    origins: Mapping[Steps, Origin] = field(default_factory=dict, repr=False)
    problems: tuple[Problem, ...] = ()
    doubts: frozenset[Steps] = frozenset()
    zeros: Mapping[Steps, Problem] = field(default_factory=dict, repr=False)

    def origin(self, path: Iterable[str | int] = ()) -> Origin:
        """File and line (from 1; 0 unknown) of the path, or of the nearest thing around it that is known."""
        steps = tuple(path)
        for end in range(len(steps), -1, -1):
            if known := self.origins.get(steps[:end]):
                return known
        return self.file, 0

    def line(self, path: Iterable[str | int] = ()) -> int:
        """The line alone. In a merged document it may belong to another file: use `origin` there."""
        return self.origin(path)[1]

    def doubts_about(self, path: Steps) -> bool:
        """Whether this, or something around it, was left out as wrong."""
        return any(path[: len(doubt)] == doubt for doubt in self.doubts)

    def problem(self, path: Iterable[str | int], message: str, suggestion: str = "") -> Problem:
        """A problem at that path, with its file and line."""
        steps = tuple(path)
        return Problem(*self.origin(steps), dotted(steps), message, suggestion)


def read(path: Path) -> Document:
    """Read one file; an empty one is `{}`.

    Raises:
        Problems: everything that is wrong with it, with lines.
    """
    document = read_what_is_right(path)
    if document.problems:
        raise Problems(document.problems)
    return document


def read_what_is_right(path: Path) -> Document:
    """Read one file; values with a mistake are left out, and stand in `problems`.

    Raises:
        Problems: nothing of it can be read.
    """
    file = shown(path)
    text = _text(path, file)
    if unmerged := list(_unmerged(text, file)):
        raise Problems(unmerged)
    try:
        root = files.compose(text, _Core)
    except files.UnreadableError as error:
        raise Problems([Problem(file, error.line, "", error.message, error.way_out)]) from None
    except yaml.MarkedYAMLError as error:
        raise Problems([syntax_problem(file, text, error)]) from None
    except yaml.YAMLError as error:
        position = getattr(error, "position", None)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 0
        raise Problems([Problem(file, line, "", f"not valid YAML: {getattr(error, 'reason', error)}")]) from None
    if root is None or (isinstance(root, yaml.ScalarNode) and not root.value and not root.style):
        return Document({}, file, {(): (file, 1)})
    walk = _Walk(file)
    data = walk.value(root, (), root.start_mark.line + 1)
    if not isinstance(data, dict):
        raise Problems(
            walk.problems or [Problem(file, root.start_mark.line + 1, "", "must be a map of keys and values")]
        )
    return Document(data, file, walk.origins, tuple(walk.problems), frozenset(walk.doubts), walk.zeros)


def shown(path: Path) -> str:
    """A path as people in the working directory would write it."""
    here, as_named = Path.cwd(), Path(os.path.abspath(path))  # noqa: PTH100 -- a link is called by its own name
    if as_named.is_relative_to(here):
        return as_named.relative_to(here).as_posix()
    with suppress(OSError, RuntimeError, ValueError):
        return path.resolve().relative_to(here).as_posix()
    return path.as_posix()


class _Walk:
    """From nodes to plain data, noting lines and collecting problems on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.origins: dict[Steps, Origin] = {}
        self.problems: list[Problem] = []
        self.doubts: set[Steps] = set()
        self.zeros: dict[Steps, Problem] = {}
        self._seen: set[int] = set()

    def value(self, node: yaml.Node, path: Steps, line: int) -> Any:
        if len(path) > files.DEEPEST:
            raise Problems([Problem(self.file, line, "", "nested too deeply")])
        self.origins[path] = (self.file, line)
        if id(node) in self._seen:
            self._refuse(line, path, "aliases are not supported", "repeat the value, or share a file through extends")
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, line)
        if node.tag not in {_TAG + "map", _TAG + "seq"}:
            self._refuse(line, path, f"the tag {node.tag.removeprefix(_TAG)} is not supported", "leave it out")
        if isinstance(node, yaml.MappingNode):
            return self._map(node, path)
        return [self.value(item, (*path, i), item.start_mark.line + 1) for i, item in enumerate(node.value)]

    def _map(self, node: yaml.MappingNode, path: Steps) -> dict[str, Any]:
        data: dict[str, Any] = {}
        lines: dict[str, int] = {}
        before, named = yaml.ScalarNode("", ""), ""
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if node.flow_style and _is_rest_of_a_number(before, key_node, value_node):
                whole = f"{before.value}.{key_node.value}"
                self._refuse(
                    line, (*path, named), f"a decimal comma: {before.value},{key_node.value}", f"write {whole}"
                )
                continue
            if node.flow_style and _is_empty(value_node) and (mended := _closed_up(key_node)):
                self._refuse(line, (*path, mended[0]), NO_BLANK, mended[1])
                continue
            before, named = value_node, str(key_node.value)
            key = self._key(key_node, path, line)
            if key is None:
                continue
            if key in lines:
                at = f" in line {line}" if lines[key] == line else f", in lines {lines[key]} and {line}"
                message = f"written twice{at}"
                self._refuse(line, (*path, key), message, "keep one of them")
                continue
            lines[key] = line
            data[key] = self.value(value_node, (*path, key), line)
        return data

    def _key(self, node: yaml.Node, path: Steps, line: int) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self._refuse(line, path, "a key must be a string, not a list or a map")
        elif node.value == "<<" and not node.style:
            self._refuse(line, (*path, "<<"), "merge keys are not supported", "share a file through extends")
        elif node.tag != _TAG + "str":
            kind = node.tag.removeprefix(_TAG)
            self._refuse(line, path, f"the key {node.value} is read as {kind}", f'write it in quotes: "{node.value}"')
        else:
            return str(node.value)
        return None

    def _scalar(self, node: yaml.ScalarNode, path: Steps, line: int) -> Any:
        kind, text = node.tag.removeprefix(_TAG), str(node.value)
        if kind == "str":
            return text
        if not text and not node.style:
            hint = "write it, or leave the line out; {} is an empty entry, null removes an inherited one"
            self._refuse(line, path, NO_VALUE, hint)
            return None
        if kind == "int" and LEADING_ZERO.fullmatch(text):
            number = text.lstrip("+-0") or "0"
            hint = f'write {number} if it is a number, "{text}" in quotes if it is a name or an id'
            self.zeros[path] = Problem(self.file, line, dotted(path), f"begins with a zero: {text}", hint)
        try:
            return _number(kind, text)
        except (KeyError, ValueError):
            known = kind in _KINDS
            self._refuse(line, path, f"not of the kind {kind}: {text}" if known else f"the tag {kind} is not supported")
        except OverflowError:
            self._refuse(line, path, f"a number too large to be kept: {text}", f'if it is a name, write "{text}"')
        return None

    def _refuse(self, line: int, path: Steps, message: str, suggestion: str = "") -> None:
        self.problems.append(Problem(self.file, line, dotted(path), message, suggestion))
        self.doubts.add(path)


LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")


def _is_rest_of_a_number(before: yaml.Node, key: yaml.Node, value: yaml.Node) -> bool:
    """Whether `25` in ``{cpc: 0,25}``, which YAML takes for a key, is what follows a comma."""
    parts = all(
        isinstance(each, yaml.ScalarNode) and each.value.isdecimal() and not each.style for each in (before, key)
    )
    return parts and _is_empty(value) and key.start_mark.index == before.end_mark.index + 1


def _is_empty(value: yaml.Node) -> bool:
    return isinstance(value, yaml.ScalarNode) and not value.value and not value.style


def _closed_up(key: yaml.Node) -> tuple[str, str] | None:
    """What was meant with `currency:USD` in ``{currency:USD}``, which YAML takes for a key."""
    plain = isinstance(key, yaml.ScalarNode) and not key.style
    return written_with_a_blank(key.value) if plain else None


_KINDS = {"null", "bool", "int", "float"}


def _number(kind: str, text: str) -> Any:
    """A scalar that is no string.

    Raises:
        ValueError, KeyError: the text is not of that kind, or no kind is called so.
        OverflowError: a number became an infinity that nobody wrote, as an id such as `64e500` would.
    """
    if kind == "null":
        return None
    if kind == "bool":
        return {"true": True, "false": False}[text.lower()]
    if kind == "int":
        return int(text, 8 if text.startswith("0o") else 16 if text.startswith("0x") else 10)
    if kind != "float":
        raise KeyError(kind)
    bare = text.lower().lstrip("+-")
    if bare in {".inf", ".nan"}:
        return float(text.lower().replace(".", ""))
    number = float(text)
    if math.isinf(number):
        raise OverflowError
    return number


def _text(path: Path, file: str) -> str:
    try:
        return files.read_text(path)
    except FileNotFoundError:
        near = [p.name for p in path.parent.glob("*.yaml")] if path.parent.is_dir() else []
        raise Problems([Problem(file, 0, "", "no such file", did_you_mean(path.name, near))]) from None
    except files.UnreadableError as error:
        raise Problems([Problem(file, error.line, "", error.message, error.way_out)]) from None


_MARKER = re.compile(r"(?:<{7}|\|{7}|={7}|>{7})(?: |$)")


def _unmerged(text: str, file: str) -> Iterator[Problem]:
    """Each conflict that git left in the file: what YAML makes of its lines is beside the point."""
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if not _MARKER.match(line):
            continue
        if line[0] == "<" or not inside:
            hint = "keep what is meant of both sides, and take the marker lines out"
            yield Problem(file, number, "", f"an unfinished merge: {line[:7]}", hint)
        inside = line[0] != ">" and (inside or line[0] == "<")
