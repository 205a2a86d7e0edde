"""Lines folded between words, so that a narrow terminal breaks none; what people copy stays in one piece."""

from __future__ import annotations

import os
import re
import unicodedata
from typing import Any

SLIMMEST = 20
"""Columns below which nothing is folded any more."""
HANG = "  "
"""Indents what follows a fold, beyond the line's own indent: where the next line begins stays clear."""
USUAL = 80
"""Columns of a terminal that does not tell."""
STYLE = re.compile(r"\x1b\[[0-9;]*m")
COMMAND = re.compile(r"(?<=: )(?:trackform|pulumi|git|mv|rm|mkdir|export|\S*python\S*|\S*pip) \S.*$|^\$ .*$")
"""A command to type, up to the end of its line: typed with a fold in it, it would be two."""
PIECE = re.compile(r"(?:`[^`]+`|[^\s`]|`)+")
"""A word, and what stands in backticks."""


def cells_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    if "\x1b" in text:
        text = STYLE.sub("", text)
    if text.isascii():
        return len(text)
    return sum(map(_cells, text))


def _cells(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Cf", "Me", "Mn"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in {"F", "W"} else 1


def folded(line: str, width: int, hang: str | None = None) -> str:
    """A line in lines of so many columns. A piece that is longer has its line, and is not broken.

    ``hang`` indents those that follow; two columns beyond the line's own indent unless said. A ``width`` of 0 folds
    nothing.
    """
    if not width or cells_of(line) <= max(width, SLIMMEST):
        return line
    indent = line[: len(line) - len(line.lstrip(" "))]
    hang = (indent + HANG if hang is None else hang)[: max(width, SLIMMEST) // 2]
    lines, at = [indent], cells_of(indent)
    for gap, piece in _pieces(line[len(indent) :]):
        begun = lines[-1].strip(" ") != ""
        if begun and at + gap + cells_of(piece) > max(width, SLIMMEST):
            lines.append(hang)
            at, begun = cells_of(hang), False
        lines[-1] += " " * (gap if begun else 0) + piece
        at += (gap if begun else 0) + cells_of(piece)
    # A question ends with one: what is typed stands behind it.
    blanks = len(line) - len(line.rstrip(" "))
    return "\n".join(lines) + " " * (blanks if at + blanks <= max(width, SLIMMEST) else 0)


def _pieces(text: str) -> list[tuple[int, str]]:
    """Each piece of a line, with the blanks before it."""
    command = COMMAND.search(text)
    end = command.start() if command else len(text)
    spans = [each.span() for each in PIECE.finditer(text, 0, end)]
    spans += [command.span()] if command else []
    before = 0
    pieces = []
    for start, stop in spans:
        pieces.append((start - before, text[start:stop]))
        before = stop
    return pieces


def columns_of(stream: Any) -> int:
    """How wide the terminal is that a stream leads to; 0 where it leads to none."""
    if not stream.isatty():
        return 0
    given = os.environ.get("COLUMNS", "")
    if given.isdecimal() and int(given):
        return int(given)
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL
    except (OSError, ValueError):
        return USUAL


def for_terminal(text: str, stream: Any) -> str:
    """A text as the terminal beneath a stream can show it; as it is where there is none."""
    width = columns_of(stream)
    if not width:
        return text
    return "\n".join(folded(line, width) for line in text.split("\n"))
