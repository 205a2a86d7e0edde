"""Shared files that lie beside an export, and have the postback connections that no service told it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trackform.documents.problems import Problems
from trackform.documents.yaml_document import read
from trackform.export.text import flow

SHARED = "shared"
POSTBACKS = "postbacks"
SOURCES = "offer_sources"


@dataclass(frozen=True)
class SharedFile:
    """A part that account files may extend.

    Attributes:
        name: as a file in the stacks' folder extends it.
        sources: its offer sources.
    """

    name: str
    sources: tuple[str, ...]


def with_connections(folder: Path) -> list[SharedFile]:
    """The shared files of a stacks' folder that have postback connections."""
    files = []
    for path in sorted((folder / SHARED).glob("*.yaml")):
        try:
            data = read(path).data
        except Problems:
            # Its mistakes are told once somebody extends it.
            continue
        if isinstance(data.get(POSTBACKS), dict):
            sources = data.get(SOURCES)
            files.append(SharedFile(f"{SHARED}/{path.name}", tuple(sources) if isinstance(sources, dict) else ()))
    return files


def lines_to_type(
    account: Mapping[str, Any], extended: Sequence[str], files: Sequence[SharedFile], stack: str
) -> list[str]:
    """What takes the connections of such a file into an account's own one, which would be of two offer sources then.

    Args:
        account: the whole account, as one file would have it.
        extended: what the account's own file extends already.
        files: those that it may extend.
        stack: whose it is.
    """
    said = []
    there = account.get(SOURCES) or {}
    for file in files:
        if file.name in extended:
            continue
        said.append(f"{file.name} has some. To have them here, too, write at the top of this file:")
        said.append(f"  extends: {flow([*extended, file.name])}")
        if others := [name for name in file.sources if there and name not in there]:
            said.append(f"and under `{SOURCES}`, as this account has its own:")
            said += [f"  {name}: null" for name in others]
    if said:
        said.append(f"`trackform operator {stack}` then shows each, to compare with what the web forms have.")
    return said
