"""The branch that a change is to be merged into, read from git: its policy and its account files."""

import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from trackform.documents.git import GitError, NoGitError, git
from trackform_core.errors import TrackformError

READ = ("stacks", "templates", "Pulumi.yaml")


class NoBase(TrackformError):  # noqa: N818 -- the message is the person's to act on
    """git does not tell what the base branch holds."""


@contextmanager
def checked_out(ref: str, folder: Path) -> Iterator[Path]:
    """A copy of the project's stacks, templates and settings as they are at ``ref``, for as long as the context lasts.

    Raises:
        NoBase: there is no git, no repository, no such ref in it, or a link that leads out of the project.
    """
    if ref.startswith("-"):
        raise NoBase(f"{ref} is no name of a branch or commit")
    listed = _git(folder, ref, "ls-tree", "--name-only", ref, "--", *READ).decode().split()
    with tempfile.TemporaryDirectory(prefix="trackform-base-") as place:
        if listed:
            packed = _git(folder, ref, "archive", "--format=tar", ref, "--", *listed)
            try:
                with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
                    archive.extractall(place, filter="data")
            except tarfile.FilterError as error:
                raise NoBase(f"{ref} cannot be read: {error}. Replace it by what it leads to, in a commit") from None
        yield Path(place)


def _git(folder: Path, ref: str, *arguments: str) -> bytes:
    try:
        return git(*arguments, folder=folder)
    except NoGitError:
        raise NoBase("there is no git here, so the base branch cannot be read") from None
    except GitError as said:
        raise NoBase(
            f"git cannot read {ref}: {said}. In CI fetch the base branch first: git fetch origin <branch>"
        ) from None
