"""Makes what a project runs in: its virtual environment from requirements.txt, and a Pulumi CLI in that."""

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from trackform.documents.project_folder import PROJECT
from trackform.documents.shipped import shipped
from trackform.project.environment import named
from trackform_core.errors import TrackformError

REQUIREMENTS = "requirements.txt"
Say = Callable[[str], None]


def make(project: Path, say: Say) -> Path:
    """The environment that Pulumi.yaml names, with what requirements.txt says: its folder.

    Raises:
        TrackformError: it cannot be made here.
    """
    if os.name == "nt":
        raise TrackformError(
            "this sets up Linux and macOS alone. On Windows install pulumi (https://www.pulumi.com/docs/install/), and "
            f"{REQUIREMENTS} into the environment that {PROJECT} names"
        )
    folder = named(project / PROJECT)
    environment = project / folder
    if not _works(environment):
        _refuse_another_folder(environment, folder)
        say(f"making the virtual environment {folder}")
        command = [sys.executable, "-m", "venv", "--clear", str(environment)]
        _run(
            command,
            f"the virtual environment {folder} cannot be made",
            "on Debian and Ubuntu: apt install python3-venv",
        )
    if (project / REQUIREMENTS).is_file():
        say(f"installing the packages of {REQUIREMENTS}")
        pip = [str(environment / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
        _run([*pip, "-r", str(project / REQUIREMENTS)], f"{REQUIREMENTS} cannot be installed", "check the network")
    else:
        say(f"there is no {REQUIREMENTS}, so packages stay as they are")
    return environment


def get_cli(environment: Path, say: Say) -> bool:
    """The CLI as `make setup` of a clone gets it: a fitting one of PATH, else Pulumi's bundle, else built.

    Whether there is one now; why not, is said.
    """
    link = environment / "bin" / "pulumi"
    command = [sys.executable, "-P", str(shipped("tools/pulumi/install.py")), "--link", str(link)]
    with subprocess.Popen(  # noqa: S603 -- our own
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as running:
        for line in running.stderr or ():
            say(line.strip().partition(": ")[2] or line.strip())
    return running.returncode == 0


def _works(environment: Path) -> bool:
    """Whether there is an environment with its Python and pip; one that was moved or whose Python is gone is none."""
    python = environment / "bin" / "python"
    if not (environment / "pyvenv.cfg").is_file() or not python.exists():
        return False
    done = subprocess.run([str(python), "-c", "import pip"], capture_output=True, check=False)  # noqa: S603
    return done.returncode == 0


def _refuse_another_folder(environment: Path, folder: str) -> None:
    """Refuse to clear what is no environment of this project's own."""
    if environment.is_symlink():
        raise TrackformError(
            f"{folder} is a link to what is no environment with pip. Take it away, then run this again: "
            f"rm {shlex.quote(folder)}"
        )
    if environment.exists() and not (environment / "pyvenv.cfg").is_file() and any(environment.iterdir()):
        raise TrackformError(f"{folder} is there and no virtual environment: move it away, then run this again")


def _run(command: list[str], failed: str, way_out: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        *_, why = ["no message", *filter(None, map(str.strip, f"{done.stdout}\n{done.stderr}".splitlines()))]
        raise TrackformError(f"{failed} ({why}): {way_out}, then run this again")
