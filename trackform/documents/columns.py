"""Rows as a table where no word has to be broken for it, and as a list where a terminal is too narrow."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from rich.console import Console
    from rich.table import Table

BETWEEN = 2
"""Columns from one cell to the next."""
SLIMMEST = 20
"""Columns below which nothing is wrapped any more."""


def wrapped(sentence: str, width: int, indent: str = "") -> list[str]:
    """A sentence in lines of so many columns; no word is broken. A ``width`` of 0 wraps nothing."""
    if not width:
        return [indent + sentence]
    return textwrap.wrap(
        sentence, max(width, SLIMMEST), initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def fits(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a table of these rows breaks no word."""
    columns = zip(heads, *rows, strict=True)
    return width >= sum(max(map(_longest_word, column)) + BETWEEN for column in columns)


def _longest_word(cell: str) -> int:
    return max(map(len, cell.split()), default=0)


def table_of(heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> Table:
    """A plain table; the columns of the heads in ``right`` are amounts."""
    # Not at the top: it takes longer to load than a whole account takes to check.
    from rich.box import SIMPLE_HEAD  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    for head in heads:
        table.add_column(head, justify="right" if head in right else "left", overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def list_of(heads: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Iterator[str]:
    """The same one below the other: the first cell leads, the others follow with their heads; empty ones do not."""
    for row in rows:
        yield from wrapped(row[0], width)
        for head, cell in zip(heads[1:], row[1:], strict=True):
            if cell:
                yield from wrapped(f"{head}: {cell}", width, "  ")


def show(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], right: Collection[str] = ()) -> None:
    """Print the rows as they fit."""
    if fits(heads, rows, console.width):
        console.print(table_of(heads, rows, right))
        return
    for line in list_of(heads, rows, console.width):
        console.print(line, soft_wrap=True)
