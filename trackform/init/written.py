"""Writes a project's files, and remembers what it wrote: what nobody has edited since, another version may change."""

import difflib
import hashlib
import json
import os
import shlex
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TextIO

from trackform.documents.project_folder import PROJECT, project_folder
from trackform.init.account import checked
from trackform.init.github import CODEOWNERS, checked_owners
from trackform.init.project_files import PROGRAM, SCHEMA, ProjectFiles
from trackform.init.requirements import PACKAGE
from trackform_core.errors import TrackformError
from trackform_core.model.pulumi_names import NAMESPACE
from trackform_core.no_api import atomic
from trackform_core.text import files
from trackform_core.text.files import UnreadableError

RECORD = Path(".trackform") / "generated.json"
Fate = Literal["same", "new", "changed", "edited", "away", "theirs"]
"""What becomes of a file: nothing, as it is the same; it is new; nobody edited it; somebody did, and this version has
something new for it; somebody took it away; it is theirs: made by somebody, or edited where this version has nothing
new."""


@dataclass
class Record:
    """What `trackform init` and `trackform upgrade` wrote: the layout, and each file's digest."""

    layout: ProjectFiles
    digests: dict[str, str] = field(default_factory=dict)
    version: str = field(default_factory=lambda: version(PACKAGE))
    """Of the trackform that wrote them."""

    def write(self, folder: Path) -> None:
        data = {
            "version": self.version, "stack": self.layout.stack, "owners": list(self.layout.owners),
            "files": dict(sorted(self.digests.items())),
        }  # fmt: skip
        (folder / RECORD).parent.mkdir(exist_ok=True)
        _replace(folder / RECORD, RECORD.as_posix(), json.dumps(data, indent=2) + "\n")


def read_record(folder: Path) -> Record | None:
    """None where there is none.

    Raises:
        TrackformError: somebody edited it, so that it cannot be read.
    """
    try:
        data: Any = json.loads(files.read_text(folder / RECORD))
        layout = ProjectFiles(checked(data["stack"]), checked_owners(data["owners"]))
        digests = {str(path): str(digest) for path, digest in data["files"].items()}
        return Record(layout, digests, str(data["version"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError, AttributeError, TrackformError):
        raise TrackformError(
            f"{RECORD} cannot be read. Get it back from git, or move it away and run `trackform init`: then each file "
            "that is not as this version makes it counts as edited"
        ) from None


def refuse_another_project(folder: Path) -> None:
    """Refuse a folder whose program is somebody else's, in which nothing of trackform would run; and one of ours below.

    Raises:
        TrackformError: it is.
    """
    way_out = "Nothing was written. Make a folder for it, in this repository or another, and run this there"
    project = folder / PROJECT
    if files.is_there(project):
        name = files.mapping_of(project).get("name")
        if name != NAMESPACE:
            raise TrackformError(f"Pulumi.yaml is that of another project, {name!r}. {way_out}")
    elif (above := project_folder(folder)) and files.mapping_of(above / PROJECT).get("name") == NAMESPACE:
        raise TrackformError(
            f"this folder lies in the project {above}, which other verbs would take for it. Nothing was written. Run "
            f"this there: cd {shlex.quote(str(above))}"
        )
    program = folder / "__main__.py"
    if files.is_there(program):
        try:
            text = files.read_text(program)
        except UnreadableError as error:
            raise TrackformError(f"{error.located('__main__.py')}. {way_out}") from None
        if PROGRAM.partition("\n")[0] not in text:
            raise TrackformError(f"__main__.py is another program. {way_out}")


def refuse_a_folder_of_everything(folder: Path) -> None:
    """Refuse the root and a home folder, in which whatever lies there would be the project's; one that is there stays.

    Raises:
        TrackformError: it is one of them.
    """
    here = folder.resolve()
    homes = {Path(here.anchor): "the root of all folders"}
    with suppress(RuntimeError):  # who has no home, as in a container, has none to spare
        homes = {Path.home().resolve(): "your home folder"} | homes
    if here in homes and not files.is_there(folder / PROJECT):
        raise TrackformError(
            f"this is {homes[here]}, and a project has a folder of its own: its program, README and .gitignore would "
            "hold for all that lies here. Nothing was written. Make a folder, and run this there: "
            "mkdir tracking && cd tracking"
        )


def refuse_links_out(folder: Path, names: Iterable[str]) -> None:
    """Refuse to write where a link leads out of the folder: that is another's, whatever this one is.

    Raises:
        TrackformError: one does; nothing was written.
    """
    for name in (*names, str(RECORD)):
        if not (folder / name).parent.resolve().is_relative_to(folder.resolve()):
            raise TrackformError(
                f"{name} would be written outside of this folder: {Path(name).parts[0]} is a link, or in it is one, "
                "that leads out. Nothing was written. Take the link away, or run this in the folder that it leads to"
            )


def put(folder: Path, texts: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Write the files that are not there; never one that is. What was written, and what was left.

    Raises:
        TrackformError: one cannot be written; those before it are there.
    """
    written, left = [], []
    for name, text in texts.items():
        path = folder / name
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(parents=True)
            with path.open("x", encoding="utf-8", newline="\n") as new:
                _fill(new, path, text)
            if path.suffix == ".sh":
                path.chmod(path.stat().st_mode | 0o111)
        except FileExistsError:
            if not path.parent.is_dir():
                raise TrackformError(f"{name} cannot be written: a file is in the place of a folder") from None
            left.append(name)
        except OSError as error:
            raise TrackformError(f"{name} cannot be written: {error.strerror or error}") from None
        else:
            written.append(name)
    return written, left


def _fill(new: TextIO, path: Path, text: str) -> None:
    """The whole text, or no file: half of one would count as somebody's own ever after."""
    try:
        new.write(text)
        new.flush()
    except BaseException:
        path.unlink()
        raise


def _replace(path: Path, name: str, text: str) -> None:
    try:
        atomic.write(path, text.encode())
    except OSError as error:
        raise TrackformError(f"{name} cannot be written: {error.strerror or error}") from None


def make(folder: Path, layout: ProjectFiles, own: Mapping[str, str]) -> tuple[Record, list[str], list[str]]:
    """A project's files as far as they are missing: what was written, and what was there and is not ours."""
    texts = _texts(folder, layout)
    refuse_links_out(folder, [*texts, *own])
    written, there = put(folder, {**texts, **own})
    record = read_record(folder) or Record(layout)
    record = Record(layout, record.digests, record.version)
    for name in texts:
        if name in written or text_of(folder / name) == texts[name]:
            record.digests[name] = digest(texts[name])
    record.write(folder)
    others = codeowners_elsewhere(folder) if layout.owners else []
    return record, written, [name for name in there if name not in record.digests and name not in own] + others


def codeowners_elsewhere(folder: Path) -> list[str]:
    """Of the places where GitHub looks the first counts alone: a file of ours would put theirs out of force."""
    return [name for name in CODEOWNERS[1:] if (folder / name).exists()]


def _texts(folder: Path, layout: ProjectFiles) -> dict[str, str]:
    without = CODEOWNERS[:1] if codeowners_elsewhere(folder) else ()
    return {name: text for name, text in layout.generated().items() if name not in without}


@dataclass(frozen=True)
class FileChange:
    """How a generated file differs from the installed version's."""

    name: str
    fate: Fate
    diff: str = ""


def differences(folder: Path, record: Record) -> list[FileChange]:
    """Each file that is not as the installed version makes it and not theirs, and whether it may be changed."""
    compared = [_compared(folder, record, name, text) for name, text in _texts(folder, record.layout).items()]
    return [each for each in compared if each.fate not in ("same", "theirs")]


def _compared(folder: Path, record: Record, name: str, text: str) -> FileChange:
    there, made = text_of(folder / name), record.digests.get(name)
    if there is None:
        return FileChange(name, "new" if made is None else "away")
    if there == text:
        return FileChange(name, "same")
    # What a link leads out to is another's, whatever stands in it.
    is_ours = (folder / name).resolve().is_relative_to(folder.resolve())
    if is_ours and made == digest(there):
        fate: Fate = "changed"
    else:
        fate = "theirs" if made in (None, digest(text)) else "edited"
    shown = "" if name == SCHEMA else _diff(name, there, text)
    return FileChange(name, fate, shown)


def change(folder: Path, record: Record, compared: list[FileChange]) -> None:
    """Bring to the installed version what nobody edited, and add what it has new. What was shown counts as seen."""
    texts = _texts(folder, record.layout)
    refuse_links_out(folder, texts)
    fates = {each.name: each.fate for each in compared if each.fate != "away"}
    put(folder, {name: text for name, text in texts.items() if fates.get(name) == "new"})
    for name, text in texts.items():
        if fates.get(name) == "changed":
            _replace(folder / name, name, text)
        if name in fates or text_of(folder / name) == text:
            record.digests[name] = digest(text)
    record.version = version(PACKAGE)
    record.write(folder)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def text_of(path: Path) -> str | None:
    """A file's text, however git ends its lines here; None where there is none."""
    if not os.path.lexists(path):
        return None
    try:
        return files.read_text(path).replace("\r\n", "\n")
    except (UnreadableError, OSError):
        return ""


def _diff(name: str, there: str, text: str) -> str:
    old, new = (each.splitlines(keepends=True) for each in (there, text))
    return "".join(difflib.unified_diff(old, new, f"{name} (here)", f"{name} (trackform {version('trackform')})"))
