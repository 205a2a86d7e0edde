"""The state of a stack, and who made it so: from Pulumi's own files where they are on this machine."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from trackform.documents.project_folder import PROJECT
from trackform.project.pulumi_cli import run_pulumi, with_way_out
from trackform_core.errors import TrackformError
from trackform_core.model.wire import whole
from trackform_core.text import files

LARGEST = 512 * 1024 * 1024
"""Bytes of a state: one of ten thousand objects has a twentieth."""
SIGNED = "4dabf18193072939515e22adb298388d"
"""What Pulumi marks a map with that is no map, such as an encrypted secret (pkg/resource/stack, v3.259.0)."""
SHORT = 7
"""Digits of a commit that git shows."""


@dataclass(frozen=True)
class LastUpdate:
    """The last run that changed the state.

    Attributes:
        kind: Pulumi's word: `update`, `refresh`, `destroy`.
        result: Pulumi's word: `succeeded`, `failed`.
        by: whose commit was applied; empty where Pulumi noted none.
        commit: that commit, in short.
        dirty: whether something was not committed.
    """

    kind: str
    at: datetime
    result: str
    by: str = ""
    commit: str = ""
    dirty: bool = False


@dataclass(frozen=True)
class StateResource:
    """A resource of the state, without its secrets."""

    urn: str
    object_id: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any]


@dataclass(frozen=True)
class State:
    """The state of one stack.

    Attributes:
        last: the run that made it; None where Pulumi keeps no history on this machine.
    """

    resources: tuple[StateResource, ...] = ()
    last: LastUpdate | None = field(default=None)


def backend(project: Path) -> Path | None:
    """The folder of Pulumi's that the project's states are in; None where they are on no disk of this machine."""
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    named = files.mapping_of(project / PROJECT).get("backend")
    url = os.environ.get("PULUMI_BACKEND_URL") or (named.get("url") if isinstance(named, dict) else "")
    url = str(url or files.mapping_of(home / "credentials.json").get("current") or "")
    if not url.startswith("file://"):
        return None
    parts = urlsplit(url)
    return project / Path(unquote(parts.netloc + parts.path)).expanduser() / ".pulumi"


def read_state(stack: str, project: Path = Path()) -> State:
    """The state of a stack of the project in a folder; without resources where it was never applied.

    Raises:
        TrackformError: it cannot be read.
    """
    kept = backend(project)
    name = str(files.mapping_of(project / PROJECT).get("name", ""))
    file = kept / "stacks" / name / f"{stack}.json" if kept else None
    if file is None or file.with_name(f"{file.name}.gz").exists():
        return State(_resources(_exported(stack, project).get("deployment")))
    if not file.exists():
        return State()
    try:
        checkpoint = files.parse_json(files.read_text(file, LARGEST))
        latest = checkpoint["checkpoint"].get("latest")
    except (files.UnreadableError, KeyError, TypeError, AttributeError):
        raise TrackformError(f"{file} cannot be read. Ask `trackform doctor {stack}`") from None
    return State(_resources(latest), _last(kept / "history" / name / stack) if kept else None)


def _exported(stack: str, project: Path) -> dict[str, Any]:
    done = run_pulumi("stack", "export", stack=stack, cwd=project)
    if done.returncode:
        raise TrackformError(
            f"the state of stack '{stack}' cannot be read: {with_way_out(done.stderr.strip(), stack)}",
            "PULUMI_BACKEND_URL or `pulumi login` says where it is kept",
        )
    exported: dict[str, Any] = json.loads(done.stdout)
    return exported


def _resources(deployment: Any) -> tuple[StateResource, ...]:
    listed = (deployment or {}).get("resources") or () if isinstance(deployment, dict | None) else ()
    return tuple(
        StateResource(
            str(each.get("urn", "")), str(each.get("id", "")), _plain(each.get("inputs")), _plain(each.get("outputs"))
        )
        for each in listed
        if isinstance(each, dict) and not each.get("delete")
    )


def _plain(values: Any) -> dict[str, Any]:
    """Without secrets, which are encrypted here, and without what Pulumi keeps of the provider."""
    given = values if isinstance(values, dict) else {}
    return {
        name: _whole(value)
        for name, value in given.items()
        if name != "__provider" and value is not None and not (isinstance(value, dict) and SIGNED in value)
    }


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(item) for name, item in value.items() if item is not None}
    return [_whole(item) for item in value] if isinstance(value, list) else whole(value)


def _last(history: Path) -> LastUpdate | None:
    """The newest run that Pulumi noted; a file that cannot be read says nothing."""
    for file in sorted(history.glob("*.history.json"), reverse=True):
        run = files.mapping_of(file)
        ended, environment = run.get("endTime"), run.get("environment")
        if not isinstance(ended, int | float) or not isinstance(environment, dict | None):
            continue
        noted = environment or {}
        return LastUpdate(
            str(run.get("kind", "")),
            datetime.fromtimestamp(ended, UTC),
            str(run.get("result", "")),
            str(noted.get("git.author") or ""),
            str(noted.get("git.head") or "")[:SHORT],
            noted.get("git.dirty") == "true",
        )
    return None
