"""The folder of a project, found as Pulumi finds it."""

from pathlib import Path

PROJECT = "Pulumi.yaml"


def project_folder(start: Path) -> Path | None:
    """The folder of the project that ``start`` lies in: it, or the nearest one above, that holds ``Pulumi.yaml``."""
    return next((folder for folder in (start, *start.parents) if (folder / PROJECT).is_file()), None)
