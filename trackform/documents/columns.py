"""Rows as a table where no word has to be broken for it, and as a list where a terminal is too narrow."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trackform.documents.folding import cells_of, folded
from trackform_core.text.secrets import redacted
from trackform_core.text.shown import encodable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

WIDE = 10_000
"""Columns where nothing has to fit."""
EDGE = 1
BETWEEN = 2
"""Columns from one cell to the next."""


def wrapped(sentence: str, width: int, indent: str = "") -> list[str]:
    """A sentence in lines of so many columns; no word is broken. A ``width`` of 0 wraps nothing.

    Without secrets: nobody would know one again whose words stand in two lines. In the letters that the terminal has: a
    sign that becomes two makes a line too long.
    """
    said = redacted(sentence)
    said = encodable(said, sys.stdout.encoding or "utf-8") if width else said
    return folded(indent + " ".join(said.split()), width, indent).split("\n")


def fits(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a table of these rows breaks no word."""
    return width >= EDGE + sum(slimmest + BETWEEN for slimmest in _slimmest(heads, rows))


def _slimmest(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[int]:
    """The width of each column below which a word of it is broken."""
    return [max(map(_longest_word, column)) for column in zip(heads, *rows, strict=True)]


def _longest_word(cell: str) -> int:
    return max(map(cells_of, cell.split()), default=0)


def _widths(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> list[int]:
    """The width of each column: what its cells take, or where that is too much, a fair share that breaks no word."""
    widest = [max(map(cells_of, column)) for column in zip(heads, *rows, strict=True)]
    widths = _slimmest(heads, rows)
    left = width - EDGE - sum(each + BETWEEN for each in widths)
    while left > 0 and (short := [at for at, each in enumerate(widths) if each < widest[at]]):
        for at in short[:left]:
            widths[at] += 1
        left -= len(short)
    return widths


def table_of(
    heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = (), width: int = WIDE
) -> Table:
    """A plain table; the columns of the heads in ``right`` are amounts."""
    # Not at the top: it takes longer to load than a whole account takes to check.
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    # Left to itself a table takes room from its widest column first, whatever that breaks.
    for head, columns in zip(heads, _widths(heads, rows, width), strict=True):
        table.add_column(head, justify="right" if head in right else "left", overflow="fold", width=columns)
    for row in rows:
        table.add_row(*row)
    return table


def list_of(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int, lead: int = 1) -> Iterator[str]:
    """The same one below the other: the first cells lead, the others follow with their heads; empty ones do not."""
    for row in rows:
        yield from wrapped(": ".join(row[:lead]), width)
        for head, cell in zip(heads[lead:], row[lead:], strict=True):
            if cell:
                yield from wrapped(f"{head}: {cell}", width, "  ")


@dataclass(frozen=True)
class FittingRows:
    """Rows for a console of rich's: as a table where they fit, else as a list."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Collection[str] = ()

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.text import Text  # noqa: PLC0415 -- as above

        # Before a cell goes into several lines, as above.
        rows = [[encodable(redacted(cell), options.encoding) for cell in row] for row in self.rows]
        if fits(self.heads, rows, options.max_width):
            yield table_of(self.heads, rows, self.right, options.max_width)
            return
        for line in list_of(self.heads, self.rows, options.max_width):
            # Else a name that is longer than a line would be broken, and could not be copied.
            yield Text(line, no_wrap=True, overflow="ignore")


def show(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> None:
    """Print the rows as they fit."""
    console.print(FittingRows(heads, rows, right), crop=False)
