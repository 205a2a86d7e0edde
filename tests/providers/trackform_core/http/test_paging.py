"""Walking through listings: when it goes on, and that it always ends."""

from itertools import islice
from math import ceil
from threading import Event
from typing import Any

import pytest

from trackform_core.http.paging import Page, Walk


class Listing:
    """Answers the pages that it is given, the last one for ever, and knows which were asked for."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self.pages = pages
        self.asked: list[int] = []

    def __call__(self, number: int) -> Page:
        self.asked.append(number)
        return self.pages[min(number, len(self.pages)) - 1], None


A, B = {"id": "a", "stat": 1}, {"id": "b"}


@pytest.mark.parametrize(
    ("pages", "shown", "asked"),
    [
        ([[]], [[]], [1]),
        ([[A], [B], []], [[A], [B], []], [1, 2, 3]),
        ([[A], [A | {"stat": 2}]], [[A]], [1, 2]),
        ([[{"n": 1}], [{"n": 2}], []], [[{"n": 1}], [{"n": 2}], []], [1, 2, 3]),
        ([[{"n": 1}]], [[{"n": 1}]], [1, 2]),
    ],
    ids=["nothing", "to the empty page", "one that does not page", "rows without ids", "the same rows without ids"],
)
def test_where_it_ends(pages: list[list[dict[str, Any]]], shown: list[Any], asked: list[int]) -> None:
    listing = Listing(*pages)
    assert [rows for rows, _ in Walk(listing)] == shown
    assert listing.asked == asked


def test_no_page_is_asked_for_before_it_is_wanted() -> None:
    listing = Listing([A], [B], [])
    assert len(list(islice(Walk(listing), 1))) == 1
    assert listing.asked == [1]


@pytest.mark.parametrize(
    ("least", "total"),
    [(0, None), (5, None), (0, 6), (2, None), (10, None)],
    ids=["nothing is known", "the state knows", "the service tells", "one page is known", "fewer than are known"],
)
def test_pages_that_are_known_to_be_there_are_asked_for_side_by_side(least: int, total: int | None) -> None:
    """None of those that are known to be there is answered before all of them were asked for."""
    pages = [[{"id": str(2 * number + each)} for each in range(2)] for number in range(3)]
    known = range(2, max(2, ceil(max(least, total or 0) / 2)) + 1)
    asked: dict[int, Event] = {number: Event() for number in known}

    def read(number: int) -> Page:
        if number in asked:
            asked[number].set()
            assert all(other.wait(10) for other in asked.values())
        return pages[number - 1] if number <= len(pages) else [], total

    walk = Walk(read)
    walk.side_by_side(lambda: least)
    assert [rows for rows, _ in walk] == [*pages, []]


def test_a_page_that_fails_fails_where_it_is_taken() -> None:
    def read(number: int) -> Page:
        if number == 3:
            raise ValueError("broke")
        return [{"id": str(number)}], 4

    walk = Walk(read)
    walk.side_by_side()
    assert [next(walk)[0][0]["id"] for _ in range(2)] == ["1", "2"]
    with pytest.raises(ValueError, match="broke"):
        next(walk)
