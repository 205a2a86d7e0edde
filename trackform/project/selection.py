"""Which project and which stack are meant where a command line does not say: the ones that Pulumi would take."""

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from trackform.documents.project_folder import PROJECT
from trackform_core.errors import TrackformError
from trackform_core.text import files


@dataclass(frozen=True)
class Selection:
    """A stack that nobody named in the command line, and what did name it."""

    stack: str
    by: str


def short_name(name: str, folder: Path = Path()) -> str:
    """The stack of a full name: ``acme`` of ``organization/trackform/acme``. Account files know no organisation.

    Raises:
        TrackformError: the full name is of another project than that of ``folder``, or names no stack.
    """
    owner, _, stack = name.rpartition("/")
    if not stack:
        raise TrackformError(f"{name!r} names no stack: its name is what stands behind the last /")
    _, _, theirs = owner.rpartition("/")
    ours = str(files.mapping_of(folder / PROJECT).get("name", ""))
    if "/" in owner and ours and theirs != ours:
        raise TrackformError(f"{name} is a stack of the project {theirs}, and {PROJECT} here is that of {ours}")
    return stack


def selected(known: Iterable[str], environment: Mapping[str, str], folder: Path = Path()) -> Selection | None:
    """The stack of ``PULUMI_STACK``, else the one selected in Pulumi, else the only one of ``known``.

    Raises:
        TrackformError: ``PULUMI_STACK`` names a stack of another project.
    """
    if named := environment.get("PULUMI_STACK", "").strip():
        return Selection(short_name(named, folder), "PULUMI_STACK")
    if named := _in_pulumi(environment, folder.resolve()):
        return Selection(short_name(named, folder), "selected in Pulumi")
    names = list(known)
    return Selection(names[0], "the only one") if len(names) == 1 else None


def _in_pulumi(environment: Mapping[str, str], folder: Path) -> str:
    """What ``pulumi stack select`` left in Pulumi's own folder: one stack a project and backend.

    Its CLI would tell as well, but asks the backend; this is for verbs that need no network. What is not as expected
    counts as no selection.
    """
    home = Path(environment.get("PULUMI_HOME") or Path.home() / ".pulumi")
    project = folder / PROJECT
    settings = files.mapping_of(project)
    backend = settings.get("backend")
    url = (
        environment.get("PULUMI_BACKEND_URL")
        or (backend.get("url") if isinstance(backend, dict) else None)
        or files.mapping_of(home / "credentials.json").get("current")
    )
    digest = hashlib.sha1(os.fsencode(project), usedforsecurity=False).hexdigest()
    stacks = files.mapping_of(home / "workspaces" / f"{settings.get('name')}-{digest}-workspace.json").get("stacks")
    stack = stacks.get(url) if isinstance(stacks, dict) else None
    return stack if isinstance(stack, str) else ""
