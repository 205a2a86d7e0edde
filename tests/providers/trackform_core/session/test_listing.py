"""A listing: all rows, few requests, and nothing believed that a fault cut short."""

from __future__ import annotations

from itertools import product
from threading import Event, Thread
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform_core.http.service_error import ServiceError
from trackform_core.session.listing import Listing, Pages
from trackform_redtrack.traffic_channel import KIND as CHANNEL

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from tests.providers.conftest import Room
    from trackform_core.model.wire import Row
    from trackform_redtrack.client import RedTrack

Test = TypeVar("Test", bound="Callable[..., None]")


class Served:
    """Pages of a capped listing that tells a total or not."""

    def __init__(self, count: int, cap: int, *, total: bool = False, breaks_at: int = 0, pages: bool = True) -> None:
        self.rows: list[Row] = [{"id": str(n), "title": f"t{n}", "status": 1} for n in range(count)]
        self.cap, self.total, self.breaks_at, self.pages = cap, total, breaks_at, pages
        self.requests = 0

    def fetch(self) -> Pages:
        page = 0
        while True:
            self.requests += 1
            if self.requests == self.breaks_at:
                raise ServiceError("RedTrack", "failed", "broke")
            rows = self.rows[page * self.cap : (page + 1) * self.cap] if self.pages else self.rows[: self.cap]
            yield rows, len(self.rows) if self.total else None
            if not rows:
                return
            page += 1

    def listing(self) -> Listing:
        return Listing(self.fetch, lambda row: row["status"] == 3, lambda row: row["title"])


def each(*names: str, of: Iterable[tuple[Any, ...]]) -> Callable[[Test], Test]:
    """What decides something, each time."""

    def examples(test: Test) -> Test:
        for values in of:
            test = example(**dict(zip(names, values, strict=True)))(test)
        return test

    return examples


# Empty, one page and its neighbours, several full ones; the caps that are known, one that nobody would guess.
@each("count", "cap", "total", of=product((0, 1, 6, 7, 8, 9, 10, 11, 14, 20, 25, 30), (1, 7, 10, 25), (False, True)))
@given(st.integers(0, 30), st.sampled_from([*range(1, 8), 10, 25, 100]), st.booleans())
def test_every_row_is_found_with_few_requests(count: int, cap: int, total: bool) -> None:
    served = Served(count, cap, total=total)
    listing = served.listing()
    listing.rows()
    assert listing.complete().keys() == {str(n) for n in range(count)}
    assert listing.complete() == listing.rows()
    assert served.requests <= max(1, -(-count // cap)) + 1
    if total:
        assert served.requests == max(1, -(-count // cap))


@each("count", of=((count,) for count in (1, 9, 11, 24, 26, 49, 51, 99)))
@given(st.integers(1, 99).filter(lambda count: count % 10 and count % 25))
def test_a_first_page_that_is_no_cap_is_one_request(count: int) -> None:
    served = Served(count, 100)
    assert len(served.listing().rows()) == count
    assert served.requests == 1


@each("count", "cap", "place", of=product((1, 10, 11, 25, 50, 100, 101, 300), (10, 25, 50, 100), (0.0, 0.4, 0.999)))
@given(st.integers(1, 300), st.sampled_from([10, 25, 50, 100]), st.floats(0, 0.999))
def test_a_known_object_costs_the_pages_before_it_and_no_more(count: int, cap: int, place: float) -> None:
    """Ten, fifty or a hundred objects are one page: that none follows is of no interest while nothing is missing."""
    served = Served(count, cap)
    listing = served.listing()
    number = int(place * count)
    assert listing.row(str(number)) == served.rows[number]
    assert served.requests == number // cap + 1
    assert listing.row("of nobody") is None
    assert listing.complete().keys() == {str(n) for n in range(count)}


def test_nobody_waits_for_a_page_that_the_own_object_is_not_on() -> None:
    served, asked, answers = Served(20, 10), Event(), Event()

    def fetch() -> Pages:
        pages = served.fetch()
        yield next(pages)
        asked.set()
        assert answers.wait(10)
        yield from pages

    listing = Listing(fetch, lambda _row: False, lambda row: row["title"])
    listing.rows()
    other = Thread(target=listing.row, args=("15",))
    other.start()
    assert asked.wait(10)
    assert listing.row("5") == served.rows[5]
    answers.set()
    other.join()
    assert listing.row("15") == served.rows[15]


def test_a_name_is_looked_for_beyond_a_first_page_that_is_full() -> None:
    served = Served(30, 10)
    listing = served.listing()
    assert [object_id for object_id, _ in listing.named("t29")] == ["29"]


def test_a_first_page_of_deleted_rows_hides_none_of_those_behind_it() -> None:
    served = Served(20, 10)
    for row in served.rows[:10]:
        row["status"] = 3
    assert served.listing().row("15") == served.rows[15]


@each("count", "cap", of=((1, 1), (1, 10), (9, 10), (10, 10), (11, 10), (30, 1), (30, 10)))
@given(st.integers(1, 30), st.integers(1, 10))
def test_a_listing_that_does_not_page_ends(count: int, cap: int) -> None:
    served = Served(count, cap, pages=False)
    assert len(served.listing().complete()) == min(count, cap)
    assert served.requests <= 2


@each("count", "cap", "breaks_at", of=product((2, 9, 10, 20, 30), (1, 10), (1, 2, 3, 4)))
@given(st.integers(2, 30), st.sampled_from([1, 2, 3, 5, 10]), st.integers(1, 4))
def test_a_page_that_fails_is_never_an_end(count: int, cap: int, breaks_at: int) -> None:
    served = Served(count, cap, breaks_at=breaks_at)
    listing = served.listing()
    for _ in range(3):
        try:
            found = listing.complete()
        except ServiceError:
            continue
        assert len(found) == count
    if breaks_at == 1:
        assert served.requests == 1
        with pytest.raises(ServiceError):
            listing.row("0")
        listing.forget()
        assert len(listing.complete()) == count


def test_a_row_on_a_later_page_is_found_by_id_but_not_looked_for_by_name() -> None:
    served = Served(20, 7)
    listing = served.listing()
    assert listing.named("t12") == []
    assert served.requests == 1
    assert listing.row("12") == served.rows[12]
    assert [object_id for object_id, _ in listing.named("t12")] == ["12"]


@example([])
@example([("a", "x", False), ("a", "y", False)])  # Renamed.
@example([("a", "x", False), ("b", "x", False), ("a", "x", True)])  # One of two namesakes goes.
@example([("a", "x", True)])  # Nothing is dropped.
@example([("a", None, False), ("b", None, False), ("a", "t0", False), ("a", "t0", True), ("a", "x", False)])
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["x", "y", None]), st.booleans()), max_size=12))
def test_names_follow_what_is_put_and_dropped(steps: list[tuple[str, str | None, bool]]) -> None:
    listing = Served(3, 100).listing()
    listing.rows()
    wanted = {str(n): f"t{n}" for n in range(3)}
    for object_id, title, drop in steps:
        if drop:
            listing.drop(object_id)
            wanted.pop(object_id, None)
        else:
            listing.put(object_id, {"id": object_id, "title": title})
            wanted[object_id] = title  # type: ignore[assignment]
    for title in {*wanted.values(), "x", "y", "t0"}:
        assert {object_id for object_id, _ in listing.named(title)} == {k for k, v in wanted.items() if v == title}


def test_deleted_rows_and_rows_without_an_id_are_none() -> None:
    served = Served(3, 100)
    served.rows += [{"id": "9", "title": "gone", "status": 3}, {"title": "odd", "status": 1}]
    assert served.listing().complete().keys() == {"0", "1", "2"}


def test_an_absence_without_a_get_is_read_again_once() -> None:
    served = Served(3, 100)
    listing = served.listing()
    listing.complete()
    before = served.requests
    listing.confirmed()
    listing.confirmed()
    assert served.requests <= before + 2


def test_an_id_under_another_name() -> None:
    listing = Listing(
        lambda: iter([([{"_id": "5", "title": "t"}], None)]), lambda _row: False, lambda row: row["title"]
    )
    assert listing.complete().keys() == {"5"}


@pytest.mark.parametrize("cap", [1, 7, 10, 100])
@pytest.mark.parametrize("count", [0, 1, 7, 10, 20])
def test_the_sandboxs_listing(room: Room, cap: int, count: int) -> None:
    room.switch(page_cap=cap)
    session = room.process()
    for n in range(count):
        room.edit(CHANNEL, set={"title": f"t{n}"})
    room.forget()
    assert len(session.listing(CHANNEL).complete()) == count
    assert len(room.requests()) <= max(1, -(-count // cap)) + 1


def test_the_client_stops_asking_when_nobody_reads_on(room: Room) -> None:
    session = room.process()
    client: RedTrack = session.client(CHANNEL.service)
    pages: Iterator[object] = client.pages("sources")
    next(pages)
    assert len(room.requests()) == 1
