"""Merges YAML files: follows `extends`, and keeps for each value which file it comes from."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from trackform.documents import needed_version
from trackform.documents.problems import Problem, Problems, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path
from trackform.documents.yaml_document import Document, Origin, Steps, read_what_is_right, shown


def merge(documents: Iterable[Document]) -> Document:
    """One document out of several: maps are merged deeply, anything else is replaced by the later one, `null` removes.

    A `null` inside a list stays, as lists are taken whole. Every key remembers who mentioned it last.
    """
    data: dict[str, Any] = {}
    origins: dict[Steps, Origin] = {}
    file = ""
    for document in documents:
        file = document.file
        origins[()] = document.origin()
        _fold(data, document.data, (), document, origins)
    return Document(data, file, origins)


def load(path: Path, root: Path | None = None) -> Document:
    """Read a file and those it names under `extends:`, and merge them: the first is weakest, the file itself wins.

    Paths are relative to the file that names them. None may lead out of `root` (default: the folder of `path`), by a
    symbolic link neither. `extends` itself is not part of the result, nor is `trackform`.

    Raises:
        Problems: of all files at once; a file that is missing, outside or in a circle, at the line that names it; one
            that is for other versions of trackform.
    """
    document = load_what_is_right(path, root)
    if document.problems:
        raise Problems(document.problems)
    return document


def load_what_is_right(path: Path, root: Path | None = None) -> Document:
    """Load as `load` does, but leave out what is wrong in one place only: it stands in the document's `problems`.

    Raises:
        Problems: where a whole file cannot be had.
    """
    chain = _Extends((root or path.parent).resolve())
    document = chain.load(_resolved(path) or path, ())
    if chain.lost or document is None:
        raise Problems(chain.problems)
    return replace(document, problems=tuple(chain.problems), doubts=frozenset(chain.doubts))


def _fold(
    into: dict[str, Any], data: Mapping[str, Any], path: Steps, source: Document, origins: dict[Steps, Origin]
) -> None:
    for key, value in data.items():
        here = (*path, key)
        old = into.get(key)
        both = isinstance(old, dict) and isinstance(value, dict)
        if key in into and not both:
            _forget(into.pop(key), here, origins)
        if value is None:
            continue
        origins[here] = source.origin(here)
        if isinstance(value, dict):
            _fold(into.setdefault(key, {}), value, here, source, origins)
        else:
            into[key] = copy.deepcopy(value)
            _remember(value, here, source, origins)


def _children(value: Any) -> Iterable[tuple[str | int, Any]]:
    if isinstance(value, dict):
        return value.items()
    return enumerate(value) if isinstance(value, list) else ()


def _forget(value: Any, path: Steps, origins: dict[Steps, Origin]) -> None:
    origins.pop(path, None)
    for step, child in _children(value):
        _forget(child, (*path, step), origins)


def _remember(value: Any, path: Steps, source: Document, origins: dict[Steps, Origin]) -> None:
    origins[path] = source.origin(path)
    for step, child in _children(value):
        _remember(child, (*path, step), source, origins)


class _Extends:
    """A file and all that it extends, each read once."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.problems: list[Problem] = []
        self.doubts: set[Steps] = set()
        self.lost = False
        self._done: dict[Path, Document | None] = {}

    def load(self, path: Path, above: tuple[Path, ...]) -> Document | None:
        """The merged document, or None when there is none; what is wrong is in `problems`."""
        if path not in self._done:
            try:
                own = read_what_is_right(path)
            except Problems as problems:
                self.problems.extend(problems.problems)
                self.lost = True
                self._done[path] = None
            else:
                self.problems += [*own.problems, *own.zeros.values()]
                self.doubts |= own.doubts | own.zeros.keys()
                self._done[path] = self._merged(own, path, (*above, path))
        return self._done[path]

    def _merged(self, own: Document, path: Path, above: tuple[Path, ...]) -> Document:
        if needed_version.KEY in own.data:
            message, hint = needed_version.objection(own.data.pop(needed_version.KEY))
            if message:
                self.problems.append(own.problem((needed_version.KEY,), message, hint))
                self.lost = True
        named = own.data.pop("extends", [])
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            self.problems.append(own.problem(("extends",), "must be a list of files", "write extends: [shared/x.yaml]"))
            self.lost = True
            named = []
        parts = []
        for i, name in enumerate(named):
            target = _resolved(path.parent / name)
            message = self._objection(target, above) if target else "is no name of a file, or a link in a circle"
            if message or target is None:
                near = [p.relative_to(path.parent).as_posix() for p in path.parent.rglob("*.yaml") if p != path]
                hint = did_you_mean(name, near) if message == "no such file" else ""
                self.problems.append(own.problem(("extends", i), f"{name}: {message}", hint))
                self.lost = True
            elif document := self.load(target, above):
                parts.append(document)
        return merge([*parts, own])

    def _objection(self, target: Path, above: tuple[Path, ...]) -> str:
        if not target.is_relative_to(self.root):
            return f"leads out of {shown(self.root)}"
        if target in above:
            circle = [*above[above.index(target) :], target]
            return "extends in a circle: " + " -> ".join(shown(p) for p in circle)
        if target.exists() and not target.is_file():
            return "not a file"
        return "" if target.is_file() else "no such file"


def _resolved(path: Path) -> Path | None:
    """Where a file is, behind all links; None where no file can be."""
    try:
        whole = path.resolve()
        whole.exists()
    except (OSError, RuntimeError, ValueError):
        return None
    return whole
