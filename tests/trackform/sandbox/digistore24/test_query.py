"""Periods, pages, flags and searches that the listings share."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trackform.sandbox.digistore24.errors import ApiError, Code
from trackform.sandbox.digistore24.query import (
    Page,
    SearchPeriod,
    chosen,
    flag,
    listed,
    page,
    page_of,
    period,
    point_of_time,
    sorting,
)

NOW = datetime(2026, 3, 1, 12, 30, 45, 250000, tzinfo=UTC)
WHOLE = NOW.replace(microsecond=0)


@pytest.mark.parametrize("value", ["1", 1, "Y", "y", "yes", " YES ", "T", "true", True])
def test_yes(value: Any) -> None:
    assert flag(value) is True


@pytest.mark.parametrize("value", ["0", 0, "N", "no", "F", "False", False])
def test_no(value: Any) -> None:
    assert flag(value) is False


@pytest.mark.parametrize("value", ["", "maybe", "2", "ja", None])
def test_neither(value: Any) -> None:
    with pytest.raises(ApiError) as raised:
        flag(value)
    assert (raised.value.code, raised.value.message) == (Code.BAD_FUNCTION_PARAMS, f"not a yes or no: {value}")


@pytest.mark.parametrize(
    ("value", "found"),
    [("a,b", {"a", "b"}), (" a , ,b ", {"a", "b"}), ("", set()), (["a ", "b", ""], {"a", "b"}), ([1, 2], {"1", "2"}),
     (7, {"7"})],
)  # fmt: skip
def test_a_list(value: Any, found: set[str]) -> None:
    assert listed(value) == found


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", WHOLE),
        ("start", datetime(2012, 1, 1, tzinfo=UTC)),
        ("-24h", WHOLE - timedelta(hours=24)),
        ("-3d", WHOLE - timedelta(days=3)),
        ("-2w", WHOLE - timedelta(weeks=2)),
        ("2014-02-28 23:11:24", datetime(2014, 2, 28, 23, 11, 24, tzinfo=UTC)),
        ("2014-02-28T23:11:24+02:00", datetime(2014, 2, 28, 21, 11, 24, tzinfo=UTC)),
        ("2014-02-28", datetime(2014, 2, 28, tzinfo=UTC)),
    ],
)
def test_points_of_time(text: str, at: datetime) -> None:
    assert point_of_time(text, NOW) == at


@pytest.mark.parametrize("text", ["yesterday", "-3m", "3d", "-d", "-1.5h", " now", "2014-13-01"])
def test_what_is_no_point_of_time(text: str) -> None:
    with pytest.raises(ApiError, match="not a point of time"):
        point_of_time(text, NOW)


def test_a_period_holds_both_of_its_seconds() -> None:
    at = SearchPeriod(WHOLE, WHOLE + timedelta(seconds=2))
    held = [(-1, 999), (0, 0), (0, 250), (2, 0), (2, 999), (3, 0)]
    found = [at.holds((WHOLE + timedelta(seconds=s, milliseconds=ms)).isoformat()) for s, ms in held]
    assert found == [False, True, True, True, True, False]


def test_the_default_period_is_the_last_day() -> None:
    assert period({}, NOW) == period({"from": "", "to": None}, NOW) == SearchPeriod(WHOLE - timedelta(hours=24), WHOLE)
    assert period({"from": "-2d", "to": "-1d"}, NOW) == SearchPeriod(
        WHOLE - timedelta(days=2), WHOLE - timedelta(days=1)
    )


@pytest.mark.parametrize(
    ("asked", "found"),
    [({}, Page(1, 50)), ({"page_no": "", "page_size": None}, Page(1, 50)), ({"page_no": "2"}, Page(2, 50)),
     ({"page_size": "10"}, Page(1, 10)), ({"page_size": 100}, Page(1, 100)), ({"page_no": 1}, Page(1, 50)),
     ({"page_size": 5}, Page(1, 5))],
)  # fmt: skip
def test_a_page(asked: dict[str, Any], found: Page) -> None:
    assert page(asked, size=50, least=5, most=100) == found


@pytest.mark.parametrize("asked", [{"page_no": 0}, {"page_no": -1}, {"page_size": 4}, {"page_size": 101}])
def test_what_is_no_page(asked: dict[str, Any]) -> None:
    with pytest.raises(ApiError, match="out of range"):
        page(asked, size=50, least=5, most=100)


def test_without_a_limit_a_page_may_be_of_any_size() -> None:
    assert page({"page_size": 10**6}, size=50, least=1) == Page(1, 10**6)


@pytest.mark.parametrize(
    ("number", "size", "found"),
    [(1, 2, ("ab", 3)), (2, 2, ("cd", 3)), (3, 2, ("e", 3)), (4, 2, ("", 3)), (1, 5, ("abcde", 1)),
     (1, 6, ("abcde", 1)), (1, 4, ("abcd", 2)), (1, 0, ("abcde", 1)), (2, 0, ("", 1))],
)  # fmt: skip
def test_the_entries_of_a_page(number: int, size: int, found: tuple[str, int]) -> None:
    assert page_of("abcde", Page(number, size)) == found
    assert page_of("", Page(1, 2)) == ("", 0)


def test_sorting() -> None:
    assert sorting({}) == sorting({"sort_by": "", "sort_order": None}) == ("date", "asc")
    for by in ("date", "earning", "amount"):
        assert sorting({"sort_by": by, "sort_order": "desc"}) == (by, "desc")
    for wrong in ({"sort_by": "price"}, {"sort_order": "up"}):
        with pytest.raises(ApiError, match="sort_by is date, earning or amount"):
            sorting(wrong)


VIEW = {
    "id": 7, "purchase_id": "A", "product_id": {"1", "2"}, "currency": "USD", "order_type": "live",
    "pay_method": "paypal", "billing_type": "subscription", "transaction_type": "refund", "affiliate_name": "acme",
    "buyer": {"first_name": "Bea", "last_name": "Buyer", "email": "bea@acme.test"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("search", "fits"),
    [
        ({}, True),
        ({"currency": "", "product_id": None}, True),
        ({"product_id": "2,9"}, True),
        ({"product_id": "9"}, False),
        ({"currency": "EUR,USD"}, True),
        ({"currency": "EUR"}, False),
        ({"order_type": "test"}, False),
        ({"pay_method": "card"}, False),
        ({"billing_type": "single_payment"}, False),
        ({"transaction_type": "payment"}, False),
        ({"affiliate_name": "zenith"}, False),
        ({"purchase_id": "A,B"}, True),
        ({"purchase_id": "B"}, False),
        ({"has_affiliate": "Y"}, True),
        ({"has_affiliate": "N"}, False),
        ({"first_name": "bea"}, True),
        ({"last_name": "BUYER"}, True),
        ({"email": "BEA@acme.test"}, True),
        ({"first_name": "Bob"}, False),
        ({"last_name": "Bea"}, False),
        ({"email": "bea"}, False),
        # Each of several must fit, and what nobody knows says nothing.
        ({"currency": "USD", "product_id": "9"}, False),
        ({"first_name": "Bea", "currency": "EUR"}, False),
        ({"currency": "", "first_name": None, "product_id": "9"}, False),
        ({"colour": "red"}, True),
        ({"role": "vendor"}, True),
    ],
)
def test_which_rows_fit_a_search(search: dict[str, Any], fits: bool) -> None:
    assert chosen(VIEW, search) is fits


def test_an_order_is_found_by_its_own_id() -> None:
    order = {name: value for name, value in VIEW.items() if name != "purchase_id"}
    assert chosen(order, {"purchase_id": "7"})
    assert not chosen(order, {"purchase_id": "A"})
