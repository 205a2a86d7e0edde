"""Reading a file that anybody may have written: not without end, not nested without end, and as UTF-8.

The one place that reads what people keep in a project: YAML, JSON, templates.
"""

import codecs
import json
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""PyYAML's parser in C where it was built, else the one in Python."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a file that people write. The account file of a thousand campaigns has a tenth."""
LARGEST_MADE = 64 * 1024 * 1024
"""Bytes of a file that a program writes: a preview of ten thousand resources has a third."""
DEEPEST = 100
"""Levels of maps and lists. Nobody writes as many; Python's own limit differs between its versions."""
MOST_VALUES = 1_000_000
"""Values that a text of YAML stands for, with all that its aliases repeat."""
HARMLESS = 500
"""Levels that the parser written in C takes anywhere. It has no limit of its own: the stack ends, and the process."""
LARGE = 65_536
"""Bytes that are looked at for their levels in any case; of less only where they could be so many."""


class UnreadableError(ValueError):
    """A file that cannot be used. ``line`` counts from 1 and is 0 where none is meant; ``way_out`` may be empty."""

    def __init__(self, message: str, line: int = 0, way_out: str = "") -> None:
        super().__init__(message, line, way_out)
        self.message, self.line, self.way_out = message, line, way_out

    def __str__(self) -> str:
        return f"{self.message}; {self.way_out}" if self.way_out else self.message

    def located(self, path: Path | str) -> str:
        """The whole error, with file and line as editors open them."""
        return f"{path}:{self.line}: {self}" if self.line else f"{path}: {self}"


def read_text(path: Path, largest: int = LARGEST) -> str:
    """The text of a file, without a byte order mark.

    Raises:
        FileNotFoundError: there is none.
        UnreadableError: it is too large, no file, not readable, or not UTF-8.
    """
    try:
        with open(path, "rb", opener=None if _is_of_shell(path) else _at_once) as stream:
            mode = os.fstat(stream.fileno()).st_mode
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
                raise UnreadableError("this is a device, not a file")
            if stat.S_ISFIFO(mode) and not _is_of_shell(path):
                raise UnreadableError("this is a pipe, not a file")
            raw = stream.read(largest + 1)
    except FileNotFoundError:
        if path.is_symlink():
            raise UnreadableError("a link to a file that is not there") from None
        raise
    except OSError as error:
        raise UnreadableError(f"cannot be read: {error.strerror}") from None
    return decoded(raw, largest)


def is_there(path: Path) -> bool:
    """Whether there is a file to read, or a link, which may lead nowhere: then reading it says so."""
    return path.exists() or path.is_symlink()


def _is_of_shell(path: Path) -> bool:
    """Whether it is what a shell makes of ``<(command)``: somebody writes into that, and ends."""
    return path.is_relative_to("/dev")


def _at_once(name: str, flags: int) -> int:
    """Open without waiting for somebody who writes: a pipe may have nobody."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def decoded(raw: bytes, largest: int = LARGEST) -> str:
    """The text of a file's bytes, without a byte order mark.

    Raises:
        UnreadableError: there are too many of them, or they are not UTF-8.
    """
    if len(raw) > largest:
        raise UnreadableError(f"larger than {largest // 1024:,} KB", way_out="is it the file that was meant?")
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnreadableError("not UTF-8 text but UTF-16", 1, "save the file as UTF-8")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise UnreadableError("not UTF-8 text", line, "save the file as UTF-8") from None


def read_json(path: Path, largest: int = LARGEST_MADE, *, repeats: bool = True) -> Any:
    """What a file of JSON holds; where not ``repeats``, no map of it may say a key twice.

    Raises:
        FileNotFoundError: there is none.
        UnreadableError: it cannot be read, or is no JSON.
    """
    return parse_json(read_text(path, largest), repeats=repeats)


def parse_json(text: str, *, repeats: bool = True) -> Any:
    """What a text of JSON says; where not ``repeats``, no map of it may say a key twice.

    Raises:
        UnreadableError: it is none, or nested too deeply.
    """
    try:
        data = json.loads(text, object_pairs_hook=None if repeats else _each_once)
    except UnreadableError:
        raise
    except json.JSONDecodeError as error:
        raise UnreadableError(f"this is no JSON: {error.msg}", error.lineno) from None
    except RecursionError:
        raise UnreadableError("nested too deeply") from None
    except ValueError:
        raise UnreadableError("a number of JSON with too many digits") from None
    level: list[Any] = [data]
    for _ in range(DEEPEST + 1):
        level = [part for each in level for part in _members(each) if isinstance(part, dict | list)]
    if level:
        raise UnreadableError("nested too deeply", way_out=f"nothing needs more than {DEEPEST} levels")
    return data


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The map of these pairs.

    Raises:
        UnreadableError: two of them have one key.
    """
    data = dict(pairs)
    if len(data) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise UnreadableError(f"{twice[:60]!r} stands twice in one map")
    return data


def _members(data: Any) -> Iterable[Any]:
    return data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()


def compose(text: str, loader: Any = yaml.SafeLoader, *, aliases: bool = True) -> Any:
    """YAML's nodes of a text; None where it holds nothing.

    Raises:
        UnreadableError: it is nested too deeply; or it has aliases, which may not be.
        yaml.YAMLError: it is no YAML.
    """
    if not aliases or len(text) > LARGE or max_depth(text) > HARMLESS:
        for _ in _events(text, aliases=aliases):
            pass
    try:
        return yaml.compose(text, Loader=loader)
    except RecursionError:
        raise UnreadableError("nested too deeply", way_out="is it the file that was meant?") from None


def load_yaml(text: str, *, repeats: bool = True) -> Any:
    """The values of a text of YAML; where not ``repeats``, no map of it may say a key twice.

    Raises:
        UnreadableError: it is no YAML, or nested too deeply.
    """
    try:
        node = compose(text, LOADER)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = min(mark.line + 1, len(text.splitlines())) if mark else 0
        raise UnreadableError("this is no YAML", line, "correct it by hand") from None
    if node is None:
        return None
    if not repeats:
        _refuse_repeats(node)
    loader = yaml.SafeLoader("")
    try:
        if _values(node, {}) <= MOST_VALUES:
            return loader.construct_document(node)
    except RecursionError:
        raise UnreadableError("nested too deeply", way_out="is it the file that was meant?") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said, line = error.problem or "a value that is none", mark.line + 1 if mark else 0
        raise UnreadableError(said, line, "correct it by hand") from None
    except (ValueError, OverflowError, AttributeError) as error:
        raise UnreadableError(f"a value that is none: {error}") from None
    finally:
        loader.dispose()
    raise UnreadableError(f"its aliases make more than {MOST_VALUES:,} values", way_out="repeat what is meant")


def mapping_of(path: Path) -> dict[str, Any]:
    """The map that a file of another program's holds, in YAML or JSON; empty where that is not so. Its owner tells."""
    try:
        data = load_yaml(read_text(path)) if is_there(path) else None
    except (UnreadableError, OSError):
        return {}
    return data if isinstance(data, dict) else {}


def _refuse_repeats(root: yaml.Node) -> None:
    """Look at each map once.

    Raises:
        UnreadableError: one says a key twice.
    """
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        lines: dict[str, int] = {}
        for key, value in node.value:
            line, name = key.start_mark.line + 1, str(key.value)
            if name in lines:
                said = f"'{name[:60]}' stands twice in one map, in lines {lines[name]} and {line}"
                raise UnreadableError(said, line, "keep one of them")
            lines[name] = line
            waiting.append(value)


def _values(node: yaml.Node, counted: dict[int, int]) -> int:
    """How many values a node stands for, each alias counted as what it repeats: merge keys copy all of it."""
    if not isinstance(node, yaml.CollectionNode):
        return 1
    if id(node) not in counted:
        counted[id(node)] = 1  # of one that holds itself
        members = node.value if isinstance(node, yaml.SequenceNode) else [part for pair in node.value for part in pair]
        counted[id(node)] = 1 + sum(_values(member, counted) for member in members)
    return counted[id(node)]


def max_depth(text: str) -> int:
    """More levels than a text of YAML has: cheaper than reading it."""
    opened = text.count("[") + text.count("{")
    block = max((len(line) - len(line.lstrip(" -?:")) for line in text.splitlines()), default=0)
    # A list may stand as far left as the map that it is a value of.
    return opened + 2 * block + 2


def _events(text: str, *, aliases: bool) -> Iterator[None]:
    """YAML read event by event, which needs no stack.

    Raises:
        UnreadableError: it is nested too deeply; or it has aliases, which may not be.
    """
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST + 1:
                raise UnreadableError("nested too deeply", line, f"no file needs more than {DEEPEST} levels")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.AliasEvent) and not aliases:
            raise UnreadableError("aliases are not supported", line, "repeat the value")
        yield
