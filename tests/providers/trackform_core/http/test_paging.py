"""Walking through listings: when it goes on, and that it always ends."""

from itertools import islice
from typing import Any

import pytest

from trackform_core.http.paging import Page, walk


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
    assert [rows for rows, _ in walk(listing)] == shown
    assert listing.asked == asked


def test_no_page_is_asked_for_before_it_is_wanted() -> None:
    listing = Listing([A], [B], [])
    assert len(list(islice(walk(listing), 1))) == 1
    assert listing.asked == [1]
