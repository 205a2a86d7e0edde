"""Walks through a listing page by page: when it goes on, and when it ends."""

import threading
from collections.abc import Callable, Iterator
from math import ceil

from trackform_core.model.wire import Row

Page = tuple[list[Row], int | None]
"""Rows, and how many rows or pages there are in all, where the service tells it."""
AT_A_TIME = 8
"""Pages that are asked for side by side, where it is known that they are there."""


class Walk(Iterator[Page]):
    """Pages from the first on, up to an empty one, or before one that repeats the page before it.

    Lazy: who has seen all that is told of takes no further page. ``read`` takes the number of a page, from 1.
    """

    def __init__(self, read: Callable[[int], Page]) -> None:
        self._read = read
        self._least: Callable[[], int] | None = None
        self._ahead: dict[int, _Asked] = {}
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
                self._ahead[ahead] = _Asked(self._read, ahead)
        return self._ahead[number].answer()


def side_by_side(pages: Iterator[Page], least: Callable[[], int] = int) -> Iterator[Page]:
    """Pages of any kind, of which those of a walk are asked for side by side."""
    if isinstance(pages, Walk):
        pages.side_by_side(least)
    return pages


class _Asked(threading.Thread):
    """A page that is asked for. A daemon, as all requests: nobody waits at the end for one that hangs."""

    def __init__(self, read: Callable[[int], Page], number: int) -> None:
        super().__init__(name=f"page {number}", daemon=True)
        self._read = read
        self._number = number
        self._page: Page | None = None
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        try:
            self._page = self._read(self._number)
        except BaseException as error:  # noqa: BLE001 -- whatever it is, it is that of who takes the page
            self._error = error

    def answer(self) -> Page:
        self.join()
        if self._error is not None:
            raise self._error
        return self._page or ([], None)
