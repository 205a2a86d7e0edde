"""The folder of a project, found as Pulumi finds it."""

from pathlib import Path

from trackform_core.errors import TrackformError

PROJECT = "Pulumi.yaml"
GO_THERE = "run this in the project's folder, where Pulumi.yaml is"


def project_folder(start: Path) -> Path | None:
    """The folder of the project that ``start`` lies in: it, or the nearest one above, that holds ``Pulumi.yaml``."""
    return next((folder for folder in (start, *start.parents) if (folder / PROJECT).is_file()), None)


def must_be_project(folder: Path) -> None:
    """Pulumi would look in the folders above, too, and work on another project than the one whose files were read.

    Raises:
        TrackformError: it is not the folder of a project.
    """
    if not (folder / PROJECT).exists():
        raise TrackformError(GO_THERE)
