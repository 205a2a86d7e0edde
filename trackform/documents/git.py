"""Calls the person's git, with their own settings; the only module that does."""

import subprocess
from pathlib import Path


class GitError(Exception):
    """git failed; the message is its own."""


class NoGitError(GitError):
    """git is not installed."""


def git(*arguments: str, folder: Path | None = None) -> bytes:
    """Run git and return what it prints.

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
