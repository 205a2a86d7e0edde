"""Runs the project's own Pulumi CLI, the one beside this Python."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from trackform.account_file.compose import SECTIONS
from trackform.account_file.stack_names import absent
from trackform.documents.project_folder import must_be_project
from trackform.documents.shipped import GET_CLI
from trackform_core.errors import TrackformError
from trackform_core.guard.limits import ACTIONS
from trackform_core.http.bounds import BOUNDS
from trackform_core.session.permissions import SHOWN_THOUGH_REFUSED, extended, permission
from trackform_core.text import files

LONGEST_S = 60
"""A CLI that does not tell its version within this time is broken."""
LEADS_TO_LIVE = ("PULUMI_", "TRACKFORM_", "REDTRACK_", "DIGISTORE24_")


def apart() -> dict[str, str]:
    """The environment without what leads to a live account or state, for a stack that has its own in the sandbox.

    A key of one stack would come before the sandbox's, a backend that somebody works with would take its state.
    """
    return {
        name: value for name, value in os.environ.items() if name == "PULUMI_HOME" or not name.startswith(LEADS_TO_LIVE)
    }


def binary() -> Path:
    """The Pulumi CLI beside this Python, else the one on PATH.

    Raises:
        TrackformError: there is none.
    """
    own = Path(sys.executable).parent / "pulumi"
    if own.exists():
        return own
    on_path = shutil.which("pulumi")
    if on_path is None:
        raise TrackformError(f"there is no Pulumi CLI beside this Python and none on PATH: run `{GET_CLI}`")
    return Path(on_path)


def version_of(cli: Path) -> str | None:
    """What a CLI says its version is; None where it says nothing of the kind."""
    quiet = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(  # noqa: S603 -- the project's own CLI
            [str(cli), "version"], capture_output=True, text=True, check=False, timeout=LONGEST_S, env=quiet
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return match.group() if match and done.returncode == 0 else None


def version_in_path(cli: Path) -> str | None:
    """The version that the folder of a CLI is named by, as ours and those of package managers are."""
    names = (part.name for part in cli.resolve().parents if "pulumi" in f"{part.parent.name}/{part.name}".lower())
    return next((match[1] for name in names if (match := re.search(r"(?:^|[-v])(3\.\d+\.\d+)$", name))), None)


def seeing_all() -> dict[str, str]:
    """The environment for a preview that nobody applies: it lifts all limits, since nothing is written."""
    wanted = (permission(action, kind.name) for kind in SECTIONS.values() for action in ACTIONS)
    return {**os.environ, **extended(wanted), **SHOWN_THOUGH_REFUSED}


def run_pulumi(
    *arguments: str, stack: str, cwd: Path | None = None, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run Pulumi in the project's folder and wait. The exit status is the caller's to judge.

    Raises:
        TrackformError: there is no CLI, or no project in the folder.
    """
    folder = cwd or Path.cwd()
    must_be_project(folder)
    command = [str(binary()), *arguments, "--stack", stack, "--non-interactive", "--color", "never"]
    # The engine's own number is that of the cores times four, which on a small machine is what a first `up` waits for.
    variables = {"PULUMI_PARALLEL": str(BOUNDS.at_once), **(os.environ if env is None else env)}
    return subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)  # noqa: S603 -- the project's own CLI


def with_way_out(said: str, stack: str) -> str:
    """What Pulumi says, and who says what to do where its own words do not."""
    if "failed to load checkpoint" in said:
        return f"{said}. Ask `trackform doctor {stack}`"
    file = Path("stacks") / f"{stack}.yaml"
    return f"{said}. {absent(file)}" if "no stack named" in said and not files.is_there(file) else said


def preview_json(stack: str, cwd: Path | None = None) -> Any:
    """Run a preview that reads the live account, and return its JSON, unchanged objects included.

    No limit ends it, however much would change.

    Raises:
        TrackformError: it failed; with what Pulumi said.
    """
    done = run_pulumi("preview", "--json", "--show-sames", "--refresh", stack=stack, cwd=cwd, env=seeing_all())
    try:
        parsed = json.loads(done.stdout)
    except ValueError:
        parsed = None
    data: dict[str, Any] = parsed if isinstance(parsed, dict) else {}
    if done.returncode or not data.get("steps"):
        messages = [str(each.get("message", "")).strip() for each in data.get("diagnostics") or () if _is_error(each)]
        said = "\n".join(dict.fromkeys(filter(None, messages))) or done.stderr.strip() or done.stdout.strip()
        raise TrackformError(f"the preview of stack '{stack}' failed: {with_way_out(said, stack)}")
    return data


def _is_error(diagnostic: dict[str, Any]) -> bool:
    return str(diagnostic.get("severity", "")).startswith("error")
