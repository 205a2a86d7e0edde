"""Presets: what is known about an offer source or a traffic channel, as data to start from.

RedTrack has no call that applies a template: its presets are copies of fields, and so are these.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import TYPE_CHECKING, Any

from trackform.documents.problems import Problem, Problems, did_you_mean
from trackform.documents.yaml_document import Document, read, shown
from trackform.urls import PROJECT, TEMPLATES
from trackform.urls.bounds import leads_out
from trackform_redtrack import offer_source, traffic_channel
from trackform_redtrack.base import Sub

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from trackform_core.model.kind import Kind

SUBS = tuple(f"sub{n}" for n in range(1, 21))
"""The names of RedTrack's twenty subs."""

KINDS: dict[str, Kind[Any]] = {"offer_sources": offer_source.KIND, "traffic_channels": traffic_channel.KIND}
"""Kinds that have presets, by the section of the account file that they belong to."""


def _writable(kind: Kind[Any]) -> frozenset[str]:
    """The wire fields that a kind can write, but for secrets, which no file holds."""
    return frozenset(wire.name for name, wire in kind.fields.items() if name not in kind.secret) | kind.more


FIELDS = {section: _writable(kind) for section, kind in KINDS.items()}
"""Fields that a preset may hold, by section."""
_SUB_FIELDS = frozenset(Sub.model_fields)


def presets(kind: str, folder: Path = PROJECT) -> dict[str, dict[str, Any]]:
    """The presets of one kind, `offer_sources` or `traffic_channels`, by file name: a folder's own before ours.

    Raises:
        Problems: in any of the files, with lines; or there is no such kind.
    """
    if kind not in FIELDS:
        raise Problems([Problem("", 0, "", f"no presets are called {kind}", did_you_mean(kind, FIELDS))])
    preset_of: dict[str, dict[str, Any]] = {}
    problems: list[Problem] = []
    file_of = {path.stem: path for each in (TEMPLATES, folder) for path in (each / "presets" / kind).glob("*.yaml")}
    for _, path in sorted(file_of.items()):
        try:
            _refuse_link(path, folder)
            status = path.stat()
            preset_of[path.stem] = deepcopy(_preset(kind, path, (path.absolute(), status.st_mtime_ns, status.st_size)))
        except Problems as wrong:
            problems += wrong.problems
    if problems:
        raise Problems(problems)
    return preset_of


def _refuse_link(path: Path, folder: Path) -> None:
    if leads_out(path, folder):
        hint = "put a copy of the file there"
        raise Problems([Problem(shown(path), 0, "", f"a link out of {folder.name}/", hint)])


@cache
def _preset(kind: str, path: Path, _as_it_is: tuple[Path, int, int]) -> dict[str, Any]:
    """One preset, read once as long as its file stays as it is: every account file that is composed asks for all.

    Raises:
        Problems: all that is wrong with it.
    """
    document = read(path)
    if problems := list(_mistakes(document, FIELDS[kind])):
        raise Problems(problems)
    return document.data


def declared(kind: Kind[Any], wires: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A preset's fields as a kind declares them, and those without a name of their own, which go into `extra`."""
    names = {wire.name: name for name, wire in kind.fields.items()}
    named = {names[wire]: value for wire, value in wires.items() if wire in names and wire != "title"}
    return named, {wire: value for wire, value in wires.items() if wire not in names}


def numbered_subs(offer_source: Mapping[str, Any]) -> dict[str, str]:
    """The subs that an offer source fills, `sub1` first: what a postback URL carries besides its type and sum."""
    return {name: offer_source[name] for name in SUBS if offer_source.get(name)}


def _mistakes(document: Document, fields: frozenset[str]) -> Iterator[Problem]:
    for name in document.data:
        if name not in fields:
            yield document.problem((name,), "unknown field", did_you_mean(name, fields))
    subs = document.data.get("subs", [])
    if not isinstance(subs, list) or len(subs) > len(SUBS):
        yield document.problem(("subs",), f"must be a list of at most {len(SUBS)}, sub1 first")
        return
    for i, sub in enumerate(subs):
        path = ("subs", i)
        if not isinstance(sub, dict):
            yield document.problem(path, f"must be a map of {', '.join(sorted(_SUB_FIELDS))}")
            continue
        for name, value in sub.items():
            if name not in _SUB_FIELDS:
                yield document.problem((*path, name), "unknown field", did_you_mean(name, _SUB_FIELDS))
            elif not isinstance(value, str):
                yield document.problem((*path, name), "must be a string", f'write "{value}"')
