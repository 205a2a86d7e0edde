"""Walks through a listing page by page: when it goes on, and when it ends."""

from collections.abc import Callable, Iterator
from functools import partial
from math import ceil

from trackform_core.http.aside import Aside
from trackform_core.model.wire import Row

Page = tuple[list[Row], int | None]
"""Rows, and how many rows or pages there are in all, where the service tells it."""
AT_A_TIME = 16
"""Pages that are asked for side by side, where it is known that they are there."""


class Walk(Iterator[Page]):
    """Pages from the first on, up to an empty one, or before one that repeats the page before it.

    Lazy: who has seen all that is told of takes no further page. ``read`` takes the number of a page, from 1.
    """

    def __init__(self, read: Callable[[int], Page]) -> None:
        self._read = read
        self._least: Callable[[], int] | None = None
        self._ahead: dict[int, Aside[Page]] = {}
        self._pages = self._walk()

    def side_by_side(self, least: Callable[[], int] = int) -> None:
        """Ask for several pages at a time once a second one is taken.

        As far as the total reaches, which the service has to tell in rows, or the rows that are known to be there.

        Args:
            least: how many those are; asked for when it matters.
        """
        self._least = least

    def __next__(self) -> Page:
        return next(self._pages)

    def _walk(self) -> Iterator[Page]:
        number, last = 1, 1
        before: list[object] = []
        while True:
            rows, total = self._page(number, last)
            shown: list[object] = [row.get("id") or row for row in rows]
            if rows and shown == before:
                # This listing does not page: it would go on for ever.
                return
            yield rows, total
            if not rows:
                return
            if number == 1 and self._least is not None:
                last = ceil(max(total or 0, self._least()) / len(rows))
            before = shown
            number += 1

    def _page(self, number: int, last: int) -> Page:
        if not 1 < number <= last:
            return self._read(number)
        for ahead in range(number, min(last, number + AT_A_TIME - 1) + 1):
            if ahead not in self._ahead:
                self._ahead[ahead] = Aside(partial(self._read, ahead), f"page {ahead}")
        return self._ahead[number].result()


def side_by_side(pages: Iterator[Page], least: Callable[[], int] = int) -> Iterator[Page]:
    """Pages of any kind, of which those of a walk are asked for side by side."""
    if isinstance(pages, Walk):
        pages.side_by_side(least)
    return pages
