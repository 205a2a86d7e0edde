"""Walks through a listing page by page: when it goes on, and when it ends."""

from collections.abc import Callable, Iterator

from trackform_core.model.wire import Row

Page = tuple[list[Row], int | None]
"""Rows, and how many rows or pages there are in all, where the service tells it."""


def walk(read: Callable[[int], Page]) -> Iterator[Page]:
    """Pages from the first on, up to an empty one, or before one that repeats the page before it.

    Lazy: who has seen all that is told of takes no further page. ``read`` takes the number of a page, from 1.
    """
    number = 1
    before: list[object] = []
    while True:
        rows, total = read(number)
        shown: list[object] = [row.get("id") or row for row in rows]
        if rows and shown == before:
            # This listing does not page: it would go on for ever.
            return
        yield rows, total
        if not rows:
            return
        before = shown
        number += 1
