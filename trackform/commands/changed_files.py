"""What the hook of pre-commit runs: checks the projects whose files are named, wherever they are in a repository."""

import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from trackform.documents.project_folder import project_folder

RUN = "from trackform.cli import start; start()"
OF_A_PROJECT = ("stacks", "templates")


def check() -> None:
    """Run ``trackform validate --all`` in the project of each file of the command line; the worst status is ours."""
    sys.exit(max((_validated(folder) for folder in projects_of(sys.argv[1:])), default=0))


def projects_of(names: Iterable[str]) -> list[Path]:
    """The folders of the projects that these files belong to: where Pulumi.yaml is, else what holds their folder."""
    return sorted({project for name in names if (project := _project_of(Path(name).absolute()))})


def _project_of(path: Path) -> Path | None:
    holders = (folder.parent for folder in path.parents if folder.name in OF_A_PROJECT)
    return project_folder(path.parent) or next(holders, None)


def _validated(folder: Path) -> int:
    # Lines of files are told as the project names them, and several projects have files of the same names.
    if folder != Path.cwd():
        sys.stderr.write(f"in {os.path.relpath(folder)}:\n")
        sys.stderr.flush()
    # As typed there: by the project's own trackform.
    command = [sys.executable, "-P", "-c", RUN, "validate", "--all"]
    return subprocess.run(command, cwd=folder, check=False).returncode  # noqa: S603
