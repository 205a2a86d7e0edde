"""What git tells: the one place that calls it. The person's own git, with the person's own settings."""

import subprocess
from pathlib import Path


class GitError(Exception):
    """git refused; the message is what it said."""


class NoGitError(GitError):
    """There is no git here."""


def git(*arguments: str, folder: Path | None = None) -> bytes:
    """What git prints.

    Raises:
        NoGitError: there is none.
        GitError: it refused.
    """
    try:
        done = subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)  # noqa: S603, S607
    except OSError:
        raise NoGitError from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ").partition("\n")[0]
        raise GitError(said or f"git {arguments[0]} ended with status {done.returncode}")
    return done.stdout
