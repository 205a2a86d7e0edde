"""The earlier slots of a stack's conversion types, from its ledger or from git. Offline."""

import tarfile
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from trackform.documents.git import GitError, git
from trackform.documents.merge import load
from trackform.documents.problems import Problem, Problems
from trackform_core.no_api.ledger import BrokenLedger, ledger_of

SECTION = "conversion_types"
COMMITS = {"HEAD": "the last commit", "HEAD^": "the commit before"}
"""Where to look: in a clean working tree, as in CI, the last commit is what is to be judged."""


@dataclass(frozen=True)
class Slots:
    """Conversion types by the name that RedTrack has for them. ``source``: who says so, for people."""

    of: Mapping[str, int]
    source: str


class History:
    """The earlier slots of every stack in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[str, Mapping[str, bytes]] = {}

    def slots(self, stack: str) -> Slots | None:
        """Slots that the stack's ledger confirms, else those of its file in the last commit that differs.

        None where neither exists.

        Raises:
            Problems: the ledger cannot be relied on.
        """
        try:
            entries = ledger_of(stack, self.folder).entries
        except BrokenLedger as broken:
            file = f"{self.folder.name}/{broken.file.name}"
            raise Problems([Problem(file, line, "", said) for line, said in broken.faults]) from None
        kept = [entry.fields for key, entry in entries.items() if key.startswith(f"{SECTION}/")]
        slots = {
            str(fields["name"]): fields["slot"]
            for fields in kept
            if fields.get("name") and isinstance(fields.get("slot"), int)
        }
        if slots:
            return Slots(slots, f"{stack}.ledger.yaml")
        return self._committed(stack)

    def _committed(self, stack: str) -> Slots | None:
        for revision, said in COMMITS.items():
            before = self._at(revision)
            if f"{stack}.yaml" not in before:
                return None
            if any(self._now(name) != text for name, text in before.items()):
                return _read(stack, before, said)
        return None

    def _now(self, name: str) -> bytes | None:
        path = self.folder / name
        return path.read_bytes() if path.is_file() else None

    def _at(self, revision: str) -> Mapping[str, bytes]:
        """The YAML files of the folder in a commit; none where there is no git, or no such commit."""
        if revision not in self._known:
            self._known[revision] = self._archived(revision)
        return self._known[revision]

    def _archived(self, revision: str) -> Mapping[str, bytes]:
        try:
            packed = git("archive", "--format=tar", revision, ".", folder=self.folder)
        except GitError:
            return {}
        with tarfile.open(fileobj=BytesIO(packed)) as archive:
            members = [member for member in archive.getmembers() if member.isfile() and member.name.endswith(".yaml")]
            read = ((member.name, archive.extractfile(member)) for member in members)
            return {name: file.read() for name, file in read if file}


def _read(stack: str, files: Mapping[str, bytes], said: str) -> Slots | None:
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)
        try:
            return Slots(dict(_slots(load(Path(folder) / f"{stack}.yaml").data)), said)
        except Problems:
            # What was committed with a mistake was never applied.
            return None


def _slots(data: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    section = data.get(SECTION)
    for name, entry in section.items() if isinstance(section, dict) else ():
        if isinstance(entry, dict) and isinstance(entry.get("slot"), int):
            yield str(entry.get("title") or name), entry["slot"]
