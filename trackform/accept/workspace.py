"""The account files in a copy, where an edit is tried before the real ones are touched."""

import difflib
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from trackform.account_file.compose import Composition, read_composition
from trackform.documents.merge import load
from trackform.documents.problems import Problem, Problems, dotted
from trackform.documents.yaml_document import Document, Steps, read, shown
from trackform.documents.yaml_text import REMOVE, CannotEdit, edited
from trackform_core.no_api import atomic
from trackform_core.text import files

Target = tuple[Steps, Any]
"""What should stand at a path of the merged file; `REMOVE` for nothing."""
ABSENT = object()


class Workspace:
    """A copy of ``folder`` and the account file of one stack in it.

    Texts are UTF-8, without the byte order mark that a file may have; it is kept on write.
    """

    def __init__(self, folder: Path, stack: str, copy: Path, templates: Path) -> None:
        self.folder = folder
        self.stack = stack
        self.templates = templates
        self.copy = copy
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns("Pulumi.*.yaml", "*.ledger.yaml"))
        self.files = {name: _text(folder / name) for name in _names(copy)}
        self.now = dict(self.files)
        self.own = Path(f"{stack}.yaml")
        self._merged: Document | None = None

    @property
    def document(self) -> Document:
        """The stack's merged file, as the copy stands."""
        if self._merged is None:
            self._merged = load(self.copy / self.own)
        return self._merged

    def compose(self, stack: str = "") -> Composition:
        """The objects that a stack asks for, as the copy stands.

        Raises:
            Problems: as always; with paths of the copy, which `with_real_paths` turns into the real ones.
        """
        return read_composition(self.copy / f"{stack or self.stack}.yaml", self.templates)

    def with_real_paths(self, text: object) -> str:
        """A message about the copy, with the paths of the real files."""
        return str(text).replace(f"{self.copy}{os.sep}", f"{self.folder}{os.sep}")

    def place(self, path: Iterable[str | int]) -> tuple[str, int]:
        """Real file and line of a path, or of what is around it."""
        file, line = self.document.origin(path)
        return self.with_real_paths(file), line

    def apply(self, targets: Iterable[Target], *, own: bool) -> None:
        """Make the merged file say this; ``own`` keeps it all in the stack's own file.

        Raises:
            CannotEdit: not possible; the copy may be half changed then, so go `back` to what was kept.
        """
        for path, value in targets:
            for leaf, item in leaves(path, _at(self.document.data, path), value):
                self._set(self.own if own else self._file_of(leaf), leaf, item)
                if _at(self.document.data, leaf) != (ABSENT if item is REMOVE else item):
                    # A file above or below says it too: the stack's own has the last word.
                    self._set(self.own, leaf, None if item is REMOVE else item)
                if _at(self.document.data, leaf) != (ABSENT if item is REMOVE else item):
                    raise CannotEdit(f"{dotted(leaf)} cannot be made to read back as intended: edit it by hand")

    def back(self, files: Mapping[Path, str]) -> None:
        """Return to texts that were kept: ``dict(workspace.now)``."""
        for name, text in files.items():
            if self.now[name] != text:
                self._put(name, text)

    def users(self, name: Path, stacks: Iterable[str]) -> list[str]:
        """Other stacks that extend a file."""
        return [stack for stack in stacks if stack != self.stack and name in self._chain(Path(f"{stack}.yaml"))]

    def changed(self) -> list[Path]:
        return [name for name, text in self.now.items() if text != self.files[name]]

    def diff(self, name: Path) -> str:
        """Unified diff of one file, as `git diff` would show it."""
        path = (self.folder / name).as_posix()
        old, new = (text.splitlines(keepends=True) for text in (self.files[name], self.now[name]))
        lines = difflib.unified_diff(old, new, f"a/{path}", f"b/{path}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def write(self) -> None:
        """Put the changed files into the real folder, each at once.

        Raises:
            CannotEdit: one was changed by somebody else meanwhile; nothing was written.
        """
        for name in self.changed():
            if _text(self.folder / name) != self.files[name]:
                raise CannotEdit(f"{self.folder / name} was changed meanwhile. Nothing was written: run again")
        for name in self.changed():
            _write(self.folder / name, self.now[name])

    def _set(self, name: Path, path: Steps, value: Any) -> None:
        expected = _with(read(self.copy / name).data, path, value)
        try:
            self._put(name, edited(self.now[name], path, value))
        except CannotEdit as error:
            raise CannotEdit(f"{self.folder / name}: {dotted(path)} {error}: edit it by hand") from None
        if _without_empty(read(self.copy / name).data) != _without_empty(expected):
            raise CannotEdit(f"{self.folder / name}: {dotted(path)} is written in a way that is not changed here")

    def _put(self, name: Path, text: str) -> None:
        self.now[name] = text
        self._merged = None
        (self.copy / name).write_bytes(text.encode())

    def _file_of(self, path: Steps) -> Path:
        """The file that says it. What no file says, as a preset or a template made it, is this stack's own."""
        origins = self.document.origins
        return self._named(origins[path][0]) if path in origins else self.own

    def _named(self, file: str) -> Path:
        path = Path(file)
        return (path if path.is_absolute() else Path.cwd() / path).resolve().relative_to(self.copy.resolve())

    def _chain(self, name: Path, seen: frozenset[Path] = frozenset()) -> set[Path]:
        """The file and all that it extends."""
        if name in seen or name not in self.files:
            return set()
        chain = {name}
        for other in read(self.copy / name).data.get("extends") or ():
            target = (self.copy / name).parent / str(other)
            if target.resolve().is_relative_to(self.copy.resolve()):
                chain |= self._chain(target.resolve().relative_to(self.copy.resolve()), seen | {name})
        return chain


@contextmanager
def workspace(folder: Path, stack: str, templates: Path) -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory(prefix="trackform-") as temporary:
        yield Workspace(folder, stack, Path(temporary).resolve() / "stacks", templates)


def leaves(path: Steps, was: Any, value: Any) -> Iterator[Target]:
    """Single changes that turn one value into another: maps key by key, all else as a whole."""
    if was is ABSENT and value is REMOVE:
        return
    if isinstance(was, dict) and isinstance(value, dict) and was and value:
        for key in was:
            if key not in value:
                yield (*path, key), REMOVE
        for key, item in value.items():
            yield from leaves((*path, key), was.get(key, ABSENT), item)
    elif was != value or isinstance(was, bool) != isinstance(value, bool):
        yield path, value


def _at(data: Any, path: Steps) -> Any:
    for step in path:
        if not isinstance(data, dict) or step not in data:
            return ABSENT
        data = data[step]
    return data


def _with(data: dict[str, Any], path: Steps, value: Any) -> dict[str, Any]:
    """A copy of ``data`` with ``value`` at ``path``."""
    if value is REMOVE and _at(data, path) is ABSENT:
        return data
    key, rest = str(path[0]), path[1:]
    copy = dict(data)
    if rest:
        inner = copy.get(key)
        copy[key] = _with(inner if isinstance(inner, dict) else {}, rest, value)
    elif value is REMOVE:
        copy.pop(key, None)
    else:
        copy[key] = value
    return copy


def _without_empty(data: dict[str, Any]) -> dict[str, Any]:
    """A section that lists nothing is none."""
    return {key: value for key, value in data.items() if value != {}}


def _names(copy: Path) -> list[Path]:
    return [path.relative_to(copy) for path in sorted(copy.rglob("*.y*ml"))]


def _text(path: Path) -> str:
    try:
        return files.read_text(path)
    except files.UnreadableError as error:
        raise Problems([Problem(shown(path), error.line, "", error.message, error.way_out)]) from None


def _write(path: Path, text: str) -> None:
    mark = b"\xef\xbb\xbf" if path.read_bytes().startswith(b"\xef\xbb\xbf") else b""
    atomic.write(path, mark + text.encode())
