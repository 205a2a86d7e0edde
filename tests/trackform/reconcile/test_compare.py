"""Two lists of bookings in, lines out: borders of the period, conversions without ids, and currencies."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tests.trackform.reconcile.made import BERLIN, CLICK, DEMO, NIGHT, booking, conversion, terms, verdicts
from trackform.reconcile.compare import reconcile
from trackform.reconcile.connections import DeclaredConnection
from trackform.reconcile.model import Conversion
from trackform.reconcile.report import stretches, totals
from trackform.reconcile.rows import bookings, conversions, moment


def test_what_is_booked_at_2359_may_arrive_at_0001() -> None:
    assert verdicts([booking()], [conversion()]) == ["ok"]
    assert verdicts([booking()], [conversion()], terms(11, 11)) == []
    assert verdicts([booking()], []) == ["missing"]
    assert verdicts([booking()], [], terms(11, 11)) == []


@pytest.mark.parametrize("minutes", [-90, 0, 1, 60 * 24 * 9])
def test_the_day_is_digistore24s(minutes: int) -> None:
    arrived = conversion(at=(NIGHT + timedelta(minutes=minutes)).astimezone(UTC))
    (line,) = reconcile([booking()], [arrived], DEMO, terms())
    assert (line.verdict, line.day) == ("ok", date(2026, 11, 10))


def test_a_surplus_belongs_to_the_day_it_arrived() -> None:
    late = conversion(at=NIGHT + timedelta(minutes=1))
    assert verdicts([], [late]) == []
    assert verdicts([], [late], terms(11, 11)) == ["surplus"]


def test_without_event_ids_click_and_details_decide() -> None:
    booked = [
        booking(1), booking(2, kind="refund", amount=Decimal("-23.50")),
        booking(3, product_id="411531", upsell=True, amount=Decimal("13.50")),
    ]  # fmt: skip
    refund = conversion(
        2, type="refund", amount="-23.50", subs={3: "refund", 20: "tf.returns"}, event_id="",
        at=NIGHT + timedelta(hours=1),
    )  # fmt: skip
    upsell = conversion(3, type="upsell", amount="13.50", subs={1: "411531", 4: "upsell"}, event_id="")
    sale = conversion(1, event_id="")
    assert verdicts(booked, [refund, upsell, sale]) == ["ok", "ok", "ok"]
    assert verdicts(booked, [refund, sale]) == ["ok", "ok", "missing"]
    again, other = (conversion(9, event_id="", at=NIGHT, amount=amount) for amount in ("23.50", "9"))
    assert sorted(verdicts(booked, [refund, upsell, sale, again])) == ["doubled", "ok", "ok"]
    assert sorted(verdicts(booked, [refund, upsell, sale, other])) == ["ok", "ok", "ok", "surplus"]


def test_a_wrong_amount_without_an_event_id_is_one_finding() -> None:
    assert verdicts([booking()], [conversion(event_id="", amount="20")]) == ["wrong_amount"]


def test_conversions_of_a_connection_by_hand() -> None:
    plain = {"subs": {}, "event_id": "", "type": "default", "is_default": True}
    by_hand = Conversion(id="x", click_id=CLICK, at=NIGHT, amount=Decimal("23.50"), payout=Decimal("23.50"),
                         currency="USD", offer_source="digistore24", **plain)  # type: ignore[arg-type]  # fmt: skip
    assert verdicts([booking()], [by_hand]) == ["ok"]


def test_a_converted_amount_needs_a_rate() -> None:
    euros = booking(currency="EUR", amount=Decimal(20))
    rates = {("EUR", "USD"): Decimal("1.175")}
    assert verdicts([euros], [conversion()]) == ["ok"]
    assert verdicts([euros], [conversion()], terms(rates=rates)) == ["ok"]
    assert verdicts([euros], [conversion(amount="23.80")], terms(rates=rates)) == ["ok"]
    assert verdicts([euros], [conversion(amount="20.00")], terms(rates=rates)) == ["wrong_amount"]
    (total,) = totals(reconcile([euros], [conversion()], DEMO, terms())).values()
    assert total.earned is None


def test_an_account_in_another_currency() -> None:
    rates = {("USD", "EUR"): Decimal("0.80")}
    good = conversion(payout=Decimal("18.80"))
    assert verdicts([booking()], [good], terms(home="EUR", rates=rates)) == ["ok"]
    twice = conversion(payout=Decimal("15.04"))
    assert verdicts([booking()], [twice], terms(home="EUR", rates=rates)) == ["wrong_amount"]


def test_an_inactive_connection_of_the_file_covers_nothing() -> None:
    off = [DeclaredConnection("sales", "{order_type}", frozenset({"payment"}), frozenset({"411530"}), active=False)]
    (line,) = reconcile([booking()], [], off, terms())
    assert line.findings[0].message == "no connection of this file books a payment of product 411530"


def test_a_refund_request_moves_no_money() -> None:
    assert verdicts([booking(kind="refund_request", amount=Decimal(0))], []) == []


def test_a_stretch_ends_where_something_arrives() -> None:
    booked = [booking(n, at=NIGHT - timedelta(hours=9 - n)) for n in range(8)]
    found = stretches(reconcile(booked, [conversion(4)], DEMO, terms()))
    assert [(one.missing, one.since) for one in found] == [(4, booked[0].at), (3, booked[5].at)]


def test_published_fields_are_enough() -> None:
    """listTransactions publishes neither product nor upsell number; listPurchases little but the click id."""
    (found,) = bookings(
        [{"id": 7, "purchase_id": "A", "amount": 47, "currency": "USD", "transaction_type": "payment",
          "created_at": "2026-11-10 23:59:00"}],
        [{"transaction_id": 7, "amount": 23.5, "currency": "USD", "reason": "affiliate_share"},
         {"transaction_id": 7, "amount": 20, "currency": "USD", "reason": "merchant_share"}],
        {"A": {"id": "A", "click_id": CLICK}},
        lambda text: datetime.fromisoformat(text).replace(tzinfo=BERLIN),
    )  # fmt: skip
    assert (found.amount, found.product_id, found.upsell, found.at) == (Decimal("23.5"), "", None, NIGHT)
    row = {"id": "c", "clickid": CLICK, "created_at": "2026-11-10T23:01:00Z", "type": "initial_sale", "payout": 23.5}
    log = conversions([row | {"deduplicate_token": "7", "p_sub20": "tf.sales", "currency": "USD"}])
    assert verdicts([found], log) == ["ok"]
    assert verdicts([found], []) == ["missing"]
    assert moment("2026-11-10 23:01:00") == log[0].at


def test_event_ids_are_read_through_their_template() -> None:
    (billing,) = (one for one in DEMO if one.name == "billing")
    row = conversion(event_id="70000001-411530-single_payment", subs={5: "single_payment"})
    assert billing.macro_value(row, "transaction_id") == "70000001"
    assert (billing.books, [one.books for one in DEMO if one.name == "sales"]) == (Decimal(0), [None])
