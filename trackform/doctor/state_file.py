"""The state of a stack, where Pulumi keeps it in a folder of this machine: what a run that was killed left there.

Pulumi's own words for it name no way out, and some of its commands fail for all stacks of the project.
"""

import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from trackform.doctor.check_result import CheckResult, ok, unknown, wrong
from trackform.project.state import LARGEST, backend
from trackform_core.text import files
from trackform_core.text.counted import counted

TOPIC = "state"


def state(stack: str, project: Path) -> Iterator[CheckResult]:
    """Check the state of a stack of the project in a folder; nothing where it is kept elsewhere, or was never made."""
    kept = backend(project)
    name = files.mapping_of(project / "Pulumi.yaml").get("name")
    if kept is None or not isinstance(name, str):
        return
    file = kept / "stacks" / name / f"{stack}.json"
    earlier = file.with_name(f"{file.name}.bak")
    if not file.exists() and not earlier.exists():
        return
    yield from _locks(kept / "locks" / "organization" / name / stack, stack)
    # What the file holds in short, and Pulumi reads first: it is not written in one go, so it is what a kill cuts.
    beside = file.with_name(f"{file.name}.attrs")
    if beside.exists() and not files.mapping_of(beside):
        fix = f"`rm '{beside}'`: it is not needed. Then `pulumi cancel --stack {stack}`, and run again what was killed"
        yield wrong(TOPIC, f"{beside} is empty or cut: a run was killed while it saved it", fix, stack)
    reason, checkpoint = _read(file)
    if reason:
        yield wrong(TOPIC, f"{file} {reason}", _restore(file, earlier, kept / "history" / name / stack, stack), stack)
        return
    pending = [_name_of(each) for each in checkpoint.get("pending_operations") or () if each.get("type") == "creating"]
    if pending:
        yield wrong(
            TOPIC, f"a run was broken off while it created {', '.join(pending)}, and Pulumi still has that in mind",
            f"run `pulumi up --stack {stack}`, which takes what was created after all, and then "
            f"`pulumi refresh --clear-pending-creates --yes --stack {stack}`",
            stack,
        )  # fmt: skip
    else:
        yield ok(TOPIC, counted(len(checkpoint.get("resources") or ()), "resource"), stack)


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    """Why a checkpoint is of no use, or what it holds."""
    try:
        text = files.read_text(file, LARGEST)
    except FileNotFoundError:
        return "is missing", {}
    except files.UnreadableError as error:
        return f"cannot be read: {error.message}", {}
    if not text.strip():
        return "is empty: a run was killed while it saved it", {}
    try:
        return "", json.loads(text)["checkpoint"].get("latest") or {}
    except (ValueError, KeyError, TypeError, AttributeError):
        return "is not whole: a run was killed while it saved it", {}


def _restore(file: Path, earlier: Path, history: Path, stack: str) -> str:
    """The newest that is whole in its place: what was done after it, the next run finds in the account."""
    saved = sorted(history.glob("*.checkpoint.json"), reverse=True)
    whole = next((each for each in (earlier, *saved) if not _read(each)[0]), None)
    if whole is None:
        return f"nothing whole is left of it: `rm '{file}'`, then `trackform docs state`, 'The state is lost'"
    return f"`cp '{whole}' '{file}'`, then `pulumi cancel --stack {stack}`, and run again what was killed"


def _locks(folder: Path, stack: str) -> Iterator[CheckResult]:
    for each in sorted(folder.glob("*.json")):
        held = files.mapping_of(each)
        process, host = held.get("pid"), held.get("hostname")
        by = f"process {process} on {host}, since {held.get('timestamp')}"
        if host == socket.gethostname() and isinstance(process, int) and not _runs(process):
            yield wrong(TOPIC, f"locked by {by}, which is no more", f"`pulumi cancel --stack {stack}`", stack)
        else:
            fix = f"let it end; where it was killed, `pulumi cancel --stack {stack}`"
            yield unknown(TOPIC, f"locked by {by}", fix, stack)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _name_of(operation: dict[str, Any]) -> str:
    return str(operation.get("resource", {}).get("urn")).rpartition("::")[2]
