"""The ledger: what people confirmed to be in the web applications, for objects that no API reads.

One file a stack, kept in git. Each entry is one block of lines, so that two branches that confirm different objects
merge, and carries a fingerprint: an entry that was changed by hand says nothing about the web application any more.
"""

import hashlib
import json
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from trackform_core.errors import Refused
from trackform_core.model.kind import WHEN_USED
from trackform_core.model.wire import Values, canonical
from trackform_core.no_api import atomic
from trackform_core.text import files

if sys.platform != "win32":
    import fcntl

FOLDER = Path("stacks")
"""Where ledgers are, seen from the project's folder: the plugin's working directory (measured)."""
ENDING = ".ledger.yaml"
VERSION = 1
ACCOUNTS = "accounts"
MARKER = re.compile(r"^(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)( |$)")
ENTRY = re.compile(r"^([^\s#:][^:]*):\s*$")
STACK = re.compile(r"^\w[\w.-]*$")
LINE_ENDS = re.compile("[\r\n\x85\u2028\u2029]")
HEAD = """\
# What was last confirmed to be in the web applications: objects that no API reads or writes.
# Written by `trackform operator`. Changed by hand, an entry no longer fits its fingerprint and is refused.
"""


class _Dumper(yaml.SafeDumper):
    """Writes text with other line ends than YAML's own in escapes: PyYAML reads them back as a blank."""


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if LINE_ENDS.search(value) else None)


_Dumper.add_representer(str, _text)


class BrokenLedger(Refused):
    """The ledger cannot be relied on. ``faults`` are (line, counted from 1; what is wrong and the way out)."""

    def __init__(self, file: Path, faults: list[tuple[int, str]]) -> None:
        self.file = file
        self.faults = sorted(faults)
        super().__init__("\n".join(f"{file}:{line}: {said}" for line, said in self.faults))


class _Written(BaseModel):
    """One entry as it stands in the file."""

    model_config = ConfigDict(**WHEN_USED, strict=True)

    fields: dict[str, Any]
    confirmed: str
    by: str
    fingerprint: str


@dataclass(frozen=True)
class LedgerEntry:
    """One object as somebody saw it.

    Attributes:
        key: ``<heading>/<identity>``, such as ``postbacks/tf.sales``.
        fields: the declared fields by name; a secret as its fingerprint.
        confirmed: when, as ISO 8601 in UTC.
        by: who said so.
        line: where it stands in the file; 0 for one that is not written yet.
    """

    key: str
    fields: Values
    confirmed: str
    by: str
    line: int = field(default=0, compare=False)

    @property
    def fingerprint(self) -> str:
        """Fingerprint of all that the entry says: 16 hexadecimal digits."""
        said = json.dumps([self.key, self.fields, self.confirmed, self.by], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def block(self) -> str:
        shown = {
            "fields": dict(sorted(self.fields.items())),
            "confirmed": self.confirmed,
            "by": self.by,
            "fingerprint": self.fingerprint,
        }
        return yaml.dump({self.key: shown}, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


@dataclass(frozen=True)
class Ledger:
    """The confirmed objects of one stack, by key.

    Attributes:
        accounts: pin -> id of the live account in which they were seen, as far as it was known.
    """

    file: Path
    entries: Mapping[str, LedgerEntry] = field(default_factory=dict)
    accounts: Mapping[str, str] = field(default_factory=dict)

    def with_entry(self, entry: LedgerEntry) -> "Ledger":
        return replace(self, entries={**self.entries, entry.key: entry})

    def without(self, key: str) -> "Ledger":
        return replace(self, entries={name: entry for name, entry in self.entries.items() if name != key})

    def text(self) -> str:
        """The whole file, in an order that does not depend on who confirmed first."""
        head = {"version": VERSION} | ({ACCOUNTS: dict(sorted(self.accounts.items()))} if self.accounts else {})
        blocks = [self.entries[key].block() for key in sorted(self.entries)]
        return "\n".join([HEAD + yaml.dump(head, sort_keys=False), *blocks])

    def write(self) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        atomic.write(self.file, self.text().encode())


def ledger_of(stack: str, folder: Path = FOLDER) -> Ledger:
    """The ledger of a stack; an empty one where nothing was confirmed yet.

    Raises:
        BrokenLedger: it cannot be relied on.
    """
    file = folder / f"{stack}{ENDING}"
    if not STACK.match(stack):
        raise BrokenLedger(file, [(0, f"'{stack}' is no stack's name: no file is looked for")])
    return read(file)


def ledger_left_behind(former: str, stack: str, folder: Path = FOLDER) -> str:
    """The command that brings a renamed stack's ledger along; empty where none was left behind."""
    old, new = (folder / f"{name}{ENDING}" for name in (former, stack))
    return f"git mv {old} {new}" if old.exists() and not new.exists() else ""


def read(file: Path) -> Ledger:
    """One ledger file.

    Raises:
        BrokenLedger: with every fault of the file and its line.
    """
    if not files.is_there(file):
        return Ledger(file)
    try:
        now = file.stat()
        version = (now.st_ino, now.st_mtime_ns, now.st_size)
    except OSError:
        version = (0, 0, 0)  # reading it says why
    try:
        return _read(file, version)
    except FileNotFoundError:
        return Ledger(file)


@lru_cache(maxsize=32)
def _read(file: Path, _version: tuple[int, int, int]) -> Ledger:
    """A plugin asks for the same file for each object."""
    try:
        text = files.read_text(file)
    except files.UnreadableError as error:
        raise BrokenLedger(file, [(error.line, f"{error}. {_restore(file)}")]) from None
    return parse(file, text)


def parse(file: Path, text: str) -> Ledger:
    """The ledger that a text is, today's or an earlier one; ``file`` is where it stands.

    Raises:
        BrokenLedger: with every fault and its line.
    """
    if faults := list(_unmerged(text)):
        raise BrokenLedger(file, faults)
    try:
        root = files.compose(text, aliases=False)
    except files.UnreadableError as error:
        raise BrokenLedger(file, [(error.line, f"{error}. {_restore(file)}")]) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or "this is no YAML"
        raise BrokenLedger(
            file, [(mark.line + 1 if mark else 0, f"not valid YAML: {said}. {_restore(file)}")]
        ) from None
    if root is None:
        return Ledger(file)
    if not isinstance(root, yaml.MappingNode):
        raise BrokenLedger(file, [(root.start_mark.line + 1, f"this is no ledger. {_restore(file)}")])
    return _entries(file, root)


def _entries(file: Path, root: yaml.MappingNode) -> Ledger:
    entries: dict[str, LedgerEntry] = {}
    accounts: dict[str, str] = {}
    faults: list[tuple[int, str]] = []
    for key_node, value_node in root.value:
        key, line = str(key_node.value), key_node.start_mark.line + 1
        try:
            value = _plain(value_node)
        except yaml.YAMLError as error:
            faults.append((line, f"'{key}' cannot be read: {getattr(error, 'problem', error)}. {_restore(file)}"))
            continue
        if key == "version":
            if value != VERSION:
                faults.append((line, f"version {value} is not known here: this trackform writes version {VERSION}"))
        elif key == ACCOUNTS:
            if isinstance(value, dict) and all(isinstance(each, str) for each in (*value, *value.values())):
                accounts = value
            else:
                faults.append((line, f"'{key}' names no accounts. {_restore(file)}"))
        elif key in entries:
            faults.append(
                (line, f"'{key}' stands twice, first in line {entries[key].line}: keep one of the two blocks")
            )
        else:
            entry, fault = _entry(file, key, line, value)
            if fault:
                faults.append((line, fault))
            entries[key] = entry
    if faults:
        raise BrokenLedger(file, faults)
    return Ledger(file, entries, accounts)


def _entry(file: Path, key: str, line: int, value: Any) -> tuple[LedgerEntry, str]:
    try:
        written = _Written.model_validate(value)
    except ValidationError as error:
        misfits = ", ".join(".".join(map(str, mistake["loc"])) or "all of it" for mistake in error.errors())
        return LedgerEntry(key, {}, "", "", line), f"'{key}' is no entry of a ledger (see {misfits}). {_restore(file)}"
    entry = LedgerEntry(key, canonical(written.fields), written.confirmed, written.by, line)
    if entry.fingerprint == written.fingerprint:
        return entry, ""
    return entry, (
        f"'{key}' was changed by hand: it no longer fits its fingerprint, so it is not what somebody confirmed. "
        f"{_restore(file)}, or take its block out and confirm it again with `trackform operator {_stack(file)}`"
    )


def _stack(file: Path) -> str:
    return file.name.removesuffix(ENDING)


def _restore(file: Path) -> str:
    return f"Get the last good one back (`git checkout -- {file}`)"


def _plain(node: yaml.Node) -> Any:
    """The node's value, duplicate keys refused: PyYAML would take the last one without a word."""
    for each in _mappings(node):
        counts = Counter(str(key.value) for key, _ in each.value)
        twice = next((name for name, count in counts.items() if count > 1), None)
        if twice is not None:
            raise yaml.constructor.ConstructorError(problem=f"{twice} stands twice in it")
    loader = yaml.SafeLoader("")
    try:
        return loader.construct_document(node)
    finally:
        loader.dispose()


def _mappings(node: yaml.Node) -> Iterator[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        yield node
        for _, value in node.value:
            yield from _mappings(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _mappings(item)


def _unmerged(text: str) -> Iterator[tuple[int, str]]:
    """(line, message) of each conflict that git left in the file, with the entries that it is about."""
    start, last, inside = 0, "", list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        marker = MARKER.match(line)
        if marker and marker[1] == "<<<<<<<":
            start, inside = number, [last] if last else []
        elif marker and start and marker[1] == ">>>>>>>":
            about = ", ".join(dict.fromkeys(inside)) or "the head of the file"
            yield (
                start,
                (
                    f"an unfinished merge, up to line {number}, about {about}. Of each entry keep one whole block (of "
                    "two entries that differ in name, both), take the marker lines out, and run again"
                ),
            )
            start = 0
        elif marker and not start:
            yield number, "a line of an unfinished merge: take it out, keep one whole block of each entry"
        elif entry := ENTRY.match(line):
            last = entry[1].strip("'\"")
            if start:
                inside.append(last)
    if start:
        yield start, "an unfinished merge without an end: keep one whole block of each entry"


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """One writer at a time, among all terminals: who reads and writes inside loses nobody's entry."""
    if sys.platform == "win32":
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def secret_fingerprint(key: str, text: str) -> str:
    """A secret's stand-in in a ledger: slow to guess from, and different for each entry."""
    made = hashlib.scrypt(text.encode(), salt=f"trackform ledger {key}".encode(), n=2**12, r=8, p=1, dklen=8)
    return f"fingerprint {made.hex()}"
