"""Rows of both services as bookings and conversions, and what a connection says about one."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.trackform.reconcile.made import BERLIN, DEMO, NIGHT, booking, conversion, only, terms, verdicts
from trackform.reconcile.compare import doubtful_clicks, reconcile
from trackform.reconcile.connections import _fixed, _inverse, connection_behind, is_test
from trackform.reconcile.model import Booking, Conversion
from trackform.reconcile.rows import bookings, conversions

SALES = next(one for one in DEMO if one.name == "sales")


def read(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def booked(transaction: dict[str, Any], purchase: dict[str, Any], *commissions: dict[str, Any]) -> Booking:
    row = {"id": 7, "purchase_id": "A", "transaction_type": "payment", "created_at": "2026-11-10 23:59:00"}
    told = [{"transaction_id": 7, **one} for one in commissions]
    (found,) = bookings([row | transaction], told, {"A": purchase}, read)
    return found


@pytest.mark.parametrize(
    ("commissions", "amount", "currency"),
    [
        ([], "0", "GBP"),
        ([{"amount": 1.5, "currency": "USD"}, {"amount": "2", "currency": "EUR"}], "3.5", "USD"),
        ([{"amount": 5, "reason": "merchant_share"}, {"amount": 2, "currency": "USD"}], "2", "USD"),
        ([{"amount": 5, "reason": "merchant_share"}], "5", "GBP"),
        ([{"amount": "much"}, {"amount": None}, {"amount": "nan"}, {"amount": "inf"}], "0", "GBP"),
    ],
)
def test_what_was_earned(commissions: Any, amount: str, currency: str) -> None:
    found = booked({"currency": "GBP"}, {}, *commissions)
    assert (found.amount, found.currency) == (Decimal(amount), currency)


@pytest.mark.parametrize(
    ("transaction", "purchase", "upsell"),
    [
        ({"upsell_no": 0}, {}, False), ({"upsell_no": "0"}, {}, False), ({"upsell_no": "2"}, {}, True),
        ({"upsell_no": ""}, {}, None), ({"product_id": 1}, {"main_product_id": "1"}, False),
        ({"product_id": 2}, {"main_product_id": "1"}, True), ({"product_id": 2}, {}, None),
        ({}, {"main_product_id": "1"}, None),
    ],
)  # fmt: skip
def test_whether_it_is_an_upsell(transaction: Any, purchase: Any, upsell: bool | None) -> None:
    assert booked(transaction, purchase).upsell is upsell


def test_each_field_comes_from_where_it_is_told() -> None:
    found = booked(
        {"product_id": "2", "billing_type": ""},
        {"product_id": "1", "click_id": " c ", "billing_type": "subscription", "order_type": "test",
         "created_at": "2026-11-01 01:00:00"},
    )  # fmt: skip
    assert (found.product_id, found.main_product_id, found.click_id, found.test) == ("2", "1", "c", True)
    assert (found.billing_type, str(found.ordered)) == ("", "2026-11-01"), "another product may be paid otherwise"
    same = booked({"main_product_id": "1"}, {"main_product_id": "1", "billing_type": "subscription"})
    assert (same.billing_type, same.ordered, same.test) == ("subscription", None, False)
    assert booked({"order_type": "test", "billing_type": "single"}, {}).test
    assert found.at == NIGHT


def test_a_row_of_the_conversion_log() -> None:
    row = {
        "id": 1, "clickid": "c", "created_at": "2026-11-10T22:00:00", "conv_time": "x", "type": "sale",
        "currency": "USD", "payout_default": "2", "payout": "3", "status": "Approved", "deduplicate_token": "e",
        "network": "n", "default_type": 1, "p_sub1": "a", "p_sub2": None, "p_sub20": "",
    }  # fmt: skip
    (found,) = conversions([row])
    assert found == Conversion(
        id="1", click_id="c", at=datetime(2026, 11, 10, 22, tzinfo=UTC), type="sale", amount=Decimal(2),
        payout=Decimal(3), currency="USD", status="approved", event_id="e", offer_source="n", is_default=True,
        subs={1: "a", 20: ""},
    )  # fmt: skip
    (other,) = conversions([{"conv_time": "2026-11-10T22:00:00+02:00", "payout_network": "odd", "payout_default": 4}])
    assert str(other.at) == "2026-11-10 22:00:00+02:00"
    assert (other.amount, other.payout) == (Decimal(4), Decimal(4))
    with pytest.raises(ValueError, match="Invalid isoformat"):
        conversions([{}])


@pytest.mark.parametrize(
    ("type_", "sold", "sent"),
    [
        ("{order_type}", {"upsell": True}, "upsell"), ("{order_type}", {"upsell": False}, "initial_sale"),
        ("{order_type}", {"upsell": None}, ""), ("{transaction_type}", {"kind": "refund"}, "refund"),
        ("{billing_type}", {"billing_type": "single"}, "single"), ("fixed", {}, "fixed"), ("{other}", {}, ""),
        ("x{order_type}", {}, "x{order_type}"),
    ],
)  # fmt: skip
def test_the_type_that_will_be_sent(type_: str, sold: Any, sent: str) -> None:
    assert replace(SALES, type=type_).type_of(booking(**sold)) == sent


def test_the_type_that_was_sent() -> None:
    assert SALES.type_sent(conversion(subs={4: "upsell"})) == "upsell"
    assert SALES.type_sent(conversion(subs={4: None})) == ""
    assert replace(SALES, type="fixed").type_sent(conversion(subs={4: "upsell"})) == "fixed"


def test_what_a_sub_carries_comes_before_what_the_event_id_does() -> None:
    told = replace(SALES, event_id=_inverse("{transaction_id}"), subs={"transaction_id": 9})
    for carried, said in (("8", "8"), ("", ""), (None, "7")):
        assert told.macro_value(conversion(event_id="7", subs={9: carried}), "transaction_id") == said
    assert told.macro_value(conversion(event_id="7"), "order_id") is None


@pytest.mark.parametrize(("text", "amount"), [("0", 0), ("", 0), ("1.5", "1.5"), ("much", 0), ("{amount}", None)])
def test_what_a_url_always_books(text: str, amount: Any) -> None:
    assert _fixed(text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(
    ("template", "text", "read_back"),
    [
        ("{transaction_id}", "12", {"transaction_id": "12"}), ("{transaction_id}", "1x", None),
        ("{transaction_id}-{billing_type}", "12-a-b", {"transaction_id": "12", "billing_type": "a-b"}),
        ("x.{order_id}.{order_id}", "x.a.b", {"order_id": "a"}), ("x{a-b}", "xy", {}),
    ],
)  # fmt: skip
def test_an_event_id_is_read_back(template: str, text: str, read_back: dict[str, str] | None) -> None:
    pattern = _inverse(template)
    assert pattern is not None
    found = pattern.fullmatch(text)
    assert (found.groupdict() if found else None) == read_back
    assert _inverse("constant") is None


@pytest.mark.parametrize(
    ("sold", "covered"),
    [
        ({}, True), ({"kind": "refund"}, False), ({"product_id": "9"}, False), ({"product_id": ""}, True),
        ({"product_id": "", "main_product_id": "9"}, False), ({"product_id": "", "main_product_id": ""}, True),
    ],
)  # fmt: skip
def test_what_a_connection_covers(sold: Any, covered: bool) -> None:
    assert SALES.covers(booking(**sold)) is covered
    assert not replace(SALES, active=False).covers(booking(**sold))


@pytest.mark.parametrize(("marker", "name"), [("tf.sales", "sales"), ("sales", None), ("", None), ("tf.", None)])
def test_whose_conversion_it_is(marker: str, name: str | None) -> None:
    found = connection_behind(conversion(subs={20: marker}), DEMO)
    assert (found.name if found else None) == name


@pytest.mark.parametrize(
    ("said", "test"),
    [("1", True), ("Y", True), ("", False), ("0", False), ("False", False), ("N", False), ("no", False)],
)
def test_what_says_that_it_is_a_test(said: str, test: bool) -> None:
    told = replace(SALES, subs={**SALES.subs, "is_test": 9})
    assert is_test(conversion(subs={9: said}), told) is test
    assert not is_test(conversion(), SALES)


def tried(amount: str, **more: Any) -> list[str]:
    """A test order that Digistore24 does not list."""
    told = [replace(one, subs={**one.subs, "is_test": 9}) for one in DEMO]
    lone = conversion(8, at=NIGHT, amount=amount, subs={3: "999", 9: "1"}, **more)
    return [line.verdict for line in reconcile([], [lone], told, terms())]


def test_a_test_order_without_a_booking() -> None:
    assert tried("0") == []
    assert tried("5") == ["test_order"]


def test_a_test_order_with_one() -> None:
    line = only([booking(test=True)], [conversion(amount="0")])
    assert (line.verdict, line.why, line.expected) == (
        "test", "a test order, booked without money", Decimal(0),
    )  # fmt: skip
    line = only([booking(test=True)], [conversion(amount="2"), conversion(2, amount="-2", event_id="1", subs={3: "1"})])
    assert (line.verdict, line.apart) == ("test_order", None)
    assert line.findings[0].message == "a test order was booked with 0"


def test_what_came_more_than_once_and_from_whom() -> None:
    again = conversion(2, event_id="1", subs={})
    assert only([booking()], [conversion(), again]).findings[-1].message == "booked 2 times"
    strange = conversion(2, event_id="1", subs={20: "tf.theirs"})
    assert only([booking()], [conversion(), strange]).findings[-1].message == (
        "booked 2 times; one came from a connection that this file does not name"
    )
    wrong = conversion(2, event_id="1-single_payment", subs={20: "tf.billing", 3: None, 5: "single_payment"})
    line = only([booking()], [conversion(), wrong])
    assert (
        line.findings[-1].message == "booked 2 times; one came from the connection billing, which should not book this"
    )
    assert line.conversions[0].id == "c1"


def test_the_best_fitting_arrival_is_judged() -> None:
    other = conversion(2, event_id="1", amount="1", at=NIGHT)
    assert only([booking()], [other, conversion()]).verdict == "doubled"


def test_clicks_that_may_be_unknown() -> None:
    sold = [booking(1), booking(2, click_id="a" * 24, ordered=NIGHT.date()), booking(3, click_id="a" * 24)]
    lines = reconcile(sold, [conversion(1)], DEMO, terms())
    assert doubtful_clicks(lines) == [("a" * 24, NIGHT.date())]
    assert doubtful_clicks(reconcile([booking(1), booking(2)], [conversion(1)], DEMO, terms())) == []


def test_a_further_dimension_books_what_it_is_declared_to() -> None:
    billing: dict[str, Any] = {"type": "single_payment", "subs": {20: "tf.billing", 3: None, 5: "single_payment"}}
    paid = conversion(event_id="1-single_payment", amount="0", **billing)
    assert verdicts([booking()], [conversion(), paid]) == ["ok"]
    lone = conversion(event_id="9-single_payment", amount="3", at=NIGHT, **billing)
    assert verdicts([], [lone]) == ["surplus"]
    assert only([], [lone]).findings[0].message == (
        "no such transaction at Digistore24; it came from the connection billing, which should not book this"
    )


def test_a_connection_that_is_switched_off_is_none_of_a_products() -> None:
    line = only([booking(kind="refund", amount=Decimal(-3), product_id="", main_product_id="")], [])
    assert line.findings[0].message == "nothing arrived from the connection returns"
    lines = reconcile([booking(kind="chargeback")], [], [SALES], terms())
    assert lines[0].findings[0].message == "no connection of this file books a chargeback of product 411530"
