"""The project's own virtual environment: the one in which Pulumi runs the program, and so every verb."""

import os
import sys
from dataclasses import dataclass
from importlib.metadata import distributions, version
from pathlib import Path
from typing import Any

from trackform_core.text import files
from trackform_core.text.shown import fit_to_show

OF_ANY = ("init", "setup", "upgrade")
"""Verbs that make the environment, or what it is made from: they are of the trackform that was started."""
RUN = "from trackform.cli import main; main(prog_name='trackform')"


@dataclass(frozen=True)
class Environment:
    """A virtual environment that has trackform."""

    folder: Path
    version: str

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"


def environment_in(folder: Path) -> Environment | None:
    """The environment that is in a folder; None where there is none, or no trackform in it."""
    if not (folder / "pyvenv.cfg").is_file() or not (folder / "bin" / "python").exists():
        return None
    sites = [str(site) for site in folder.glob("lib/python*/site-packages")]
    versions = [each.version for each in distributions(name="trackform", path=sites)]
    return Environment(folder, versions[0]) if versions else None


def named(file: Path) -> str:
    """The folder of the environment as Pulumi.yaml has it; what is wrong there, Pulumi tells."""
    part: Any = files.mapping_of(file)
    for name in ("runtime", "options", "virtualenv"):
        part = part.get(name) if isinstance(part, dict) else None
    return part if isinstance(part, str) and part else ".venv"


def hand_over(arguments: list[str], project: Path = Path()) -> None:
    """Go on as the project's own trackform where another one was started, and say so where versions differ.

    What was installed with pipx or uv may be newer than what the project pins: it would compose, check and review by
    other rules than those that `pulumi up` then applies.
    """
    if arguments[:1] and arguments[0] in OF_ANY:
        return
    folder = project / named(project / "Pulumi.yaml")
    # First, as it is so nearly always: to read what an environment has takes longer than its name.
    if folder.exists() and folder.samefile(sys.prefix):
        return
    environment = environment_in(folder)
    if environment is None:
        return
    started = version("trackform")
    if started != environment.version and "_TRACKFORM_COMPLETE" not in os.environ:
        said = (
            f"trackform {environment.version} of this project, in {environment.folder}, does this; what was started is "
            f"{started}, in {sys.prefix}. To change over: trackform upgrade\n"
        )
        sys.stderr.write(fit_to_show(said))
        sys.stderr.flush()
    python = str(environment.python)
    # Not the folder that we are in: a file of the project's is no module of ours.
    os.execv(python, [python, "-P", "-c", RUN, *arguments])  # noqa: S606 -- the project's own interpreter
