"""A terminal of a width and an encoding, on which a verb is called in this process."""

import io
import os
import re
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from unittest.mock import patch

from trackform.cli import main
from trackform.documents.folding import cells_of

STYLES = re.compile(r"\x1b\[([0-9;]*)m")
COPIED = re.compile(r" *(trackform|pulumi|mkdir|read|export|git|<script) ")
"""Commands and code."""
STEERED = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Stream(io.TextIOWrapper):
    """A stream of the process, of a terminal or not, in an encoding."""

    def __init__(self, *, terminal: bool, encoding: str = "utf-8") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, write_through=True)
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal

    @property
    def text(self) -> str:
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode(self.encoding)


@dataclass(frozen=True)
class Screen:
    """What somebody saw: ``said`` on standard output, ``told`` on standard error, with their escape sequences."""

    said: str
    told: str
    status: int

    @property
    def lines(self) -> list[str]:
        """All lines, those of progress too, without colours."""
        return STEERED.sub("", f"{self.said}\n{self.told}").replace("\r", "\n").split("\n")

    @property
    def codes(self) -> set[str]:
        """The codes of weight and colour."""
        return {code for codes in STYLES.findall(self.said + self.told) for code in codes.split(";")}


def seen(
    *arguments: str,
    width: int = 80,
    encoding: str = "utf-8",
    terminal: bool = True,
    progress: bool = False,
    error: Stream | None = None,
    environment: Mapping[str, str] | None = None,
) -> Screen:
    """What this command line shows. ``progress``: whether standard error is a terminal, too, as it is for people."""
    out = Stream(terminal=terminal, encoding=encoding)
    error = error or Stream(terminal=progress, encoding=encoding)
    status = 0
    given = {"COLUMNS": str(width), "TERM": "xterm", "NO_COLOR": "", **(environment or {})}
    nobody = patch("sys.stdin", io.StringIO())
    with patch.dict(os.environ, given), nobody, redirect_stdout(out), redirect_stderr(error):
        try:
            main(list(arguments), "trackform")
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 1
    return Screen(out.text, error.text, status)


def too_long(screen: Screen, width: int) -> list[str]:
    """Lines that a terminal of this width has to break, but for those of one piece."""
    return [
        line
        for line in screen.lines
        if cells_of(line.rstrip()) > width and " " in re.sub(r"`[^`]*`", "x", line.strip()) and not COPIED.match(line)
    ]
