"""Report files: a command may replace a report of its own, and nothing else."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trackform_core.errors import TrackformError
from trackform_core.no_api import atomic
from trackform_core.text.shown import escaped


@dataclass(frozen=True)
class ReportFile:
    """A file that somebody named for a report.

    Attributes:
        path: as it was named.
        maker: the command that writes it, for people: ``trackform review``.
        is_ours: whether a text is what that command writes into such a file.
    """

    path: Path
    maker: str
    is_ours: Callable[[str], bool]

    def refuse_others(self) -> None:
        """Refuse to replace what is no report of this command: an account file, a ledger, whatever somebody wrote.

        Asked before the work begins, and again before the file is written.

        Raises:
            TrackformError: it is; or it cannot be read, or no file can be made there.
        """
        if self.path.exists() and not self.path.is_file():
            return
        try:
            # What was read from two services for minutes must not be lost for want of a folder.
            with tempfile.TemporaryFile(dir=self.path.resolve().parent):
                pass
        except OSError as error:
            raise TrackformError(f"{self.path} cannot be written: {error.strerror}") from None
        if not self.path.exists():
            return
        try:
            there = self.path.read_bytes().decode("utf-8", "replace")
        except OSError as error:
            raise TrackformError(f"{self.path} cannot be read: {error.strerror}") from None
        if there.strip() and not self.is_ours(there):
            raise TrackformError(
                f"{self.path} is not replaced: what it holds was not written by `{self.maker}`. Name another file, or "
                "move this one away first"
            )

    def write(self, text: str) -> None:
        """Put the report there, in one step.

        Raises:
            TrackformError: the file holds something else, or cannot be written.
        """
        self.refuse_others()
        try:
            atomic.write(self.path, escaped(text).encode())
        except OSError as error:
            raise TrackformError(f"{self.path} cannot be written: {error.strerror}") from None


def holds(*marks: str) -> Callable[[str], bool]:
    """A test for texts that contain all of these."""
    return lambda text: all(mark in text for mark in marks)


def begins(*marks: str) -> Callable[[str], bool]:
    """A test for texts that begin with one of these."""
    return lambda text: text.startswith(marks)


def has_keys(*alternatives: frozenset[str]) -> Callable[[str], bool]:
    """A test for JSON objects with all keys of one of these sets."""

    def is_ours(text: str) -> bool:
        try:
            data = json.loads(text)
        except ValueError:
            return False
        return isinstance(data, dict) and any(keys <= data.keys() for keys in alternatives)

    return is_ours
