"""Digistore24's side of the simulator: what events book, and what the macros then say."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from trackform.flow.assumptions import Assumptions
from trackform.flow.macros import MacroValues
from trackform.flow.orders import (
    CONNECTION_EVENTS,
    Event,
    ImpossibleError,
    Order,
    OrderTransaction,
    SequenceStep,
)
from trackform.flow.sequences import COOKIE_DAYS, sequences_of
from trackform.flow.setup import Connection, Setup, SoldProduct

SHOP = SoldProduct("1", gross=Decimal("33.33"), net=Decimal("28.01"), commission=Decimal("10.50"))
UPSELL = SoldProduct("2", "subscription", Decimal(19), Decimal(19), Decimal("9.50"), "EUR")
PLAN = replace(SHOP, id="3", billing="installment")
PRODUCTS = {one.id: one for one in (SHOP, UPSELL, PLAN)}


def order(*events: tuple[Event, str]) -> list[OrderTransaction]:
    """What each event of one order leads to."""
    one = Order("click", PRODUCTS)
    return [one.happen(SequenceStep(event, product)) for event, product in events]


def amounts(happenings: list[OrderTransaction]) -> list[tuple[str, str, str]]:
    return [(str(one.gross), str(one.net), str(one.commission)) for one in happenings]


def said(happenings: list[OrderTransaction]) -> list[tuple[str, str, str, int]]:
    return [(one.transaction_id, one.transaction_type, one.status, one.item.upsell_no) for one in happenings]


def test_payments_say_what_they_are() -> None:
    found = order(("sale", "1"), ("upsell", "2"), ("rebill", "2"), ("upsell", "3"), ("instalment", "3"),
                  ("instalment", "3"))  # fmt: skip
    assert said(found) == [
        ("t1", "payment", "completed", 0), ("t2", "payment", "paying", 1), ("t3", "payment", "paying", 1),
        ("t4", "payment", "paying", 2), ("t5", "payment", "paying", 2), ("t6", "payment", "completed", 2),
    ]  # fmt: skip
    assert amounts(found)[:3] == [("33.33", "28.01", "10.50"), ("19", "19", "9.50"), ("19", "19", "9.50")]
    assert [one.earned for one in found] == [one.commission for one in found]
    assert {one.click_id for one in found} == {"click"}


def test_notices_move_no_money_and_change_the_status() -> None:
    found = order(("sale", "2"), ("missed_payment", "2"), ("rebill_resumed", "2"))
    assert said(found)[1:] == [("t2", "payment_missed", "aborted", 0), ("t3", "rebill_resumed", "paying", 0)]
    assert amounts(found)[1:] == [("0", "0", "0")] * 2


def test_a_refund_gives_back_the_newest_payment_that_has_something_left() -> None:
    found = order(("sale", "2"), ("rebill", "2"), ("refund", "2"), ("refund", "2"))
    assert said(found)[2:] == [("t3", "refund", "aborted", 0), ("t4", "refund", "aborted", 0)]
    assert amounts(found)[2:] == [("-19", "-19.00", "-9.50")] * 2
    with pytest.raises(ImpossibleError, match="nothing of 2 is left to give back"):
        order(("sale", "2"), ("refund", "2"), ("refund", "2"))
    with pytest.raises(ImpossibleError, match="nothing of 2 is left"):
        order(("sale", "1"), ("refund", "2"))


def test_the_parts_of_a_payment_add_up_to_the_cent() -> None:
    events: list[tuple[Event, str]] = [("sale", "1"), ("partial_refund", "1"), ("partial_refund", "1"), ("refund", "1")]
    found = order(*events)
    # Twice 36 %, and the rest.
    assert amounts(found)[1:] == [
        ("-12.00", "-10.08", "-3.78"), ("-12.00", "-10.09", "-3.78"), ("-9.33", "-7.84", "-2.94"),
    ]  # fmt: skip
    assert [one.status for one in found] == ["completed", "completed", "completed", "aborted"]
    assert [one.transaction_type for one in found[1:]] == ["refund"] * 3
    for sums in zip(*amounts(found), strict=True):
        assert sum(map(Decimal, sums)) == 0


def test_a_chargeback_takes_the_rest_or_moves_nothing_once() -> None:
    found = order(("sale", "1"), ("partial_refund", "1"), ("chargeback", "1"))
    assert amounts(found)[2] == ("-21.33", "-17.93", "-6.72")
    assert said(found)[2] == ("t3", "chargeback", "aborted", 0)
    found = order(("sale", "1"), ("refund", "1"), ("chargeback", "1"))
    assert [Decimal(one) for one in amounts(found)[2]] == [0, 0, 0]
    # Of one that was charged back there is nothing left, of neither sort.
    for last in ("chargeback", "refund", "partial_refund"):
        again: list[tuple[Event, str]] = [("sale", "1"), ("refund", "1"), ("chargeback", "1"), (last, "1")]
        with pytest.raises(ImpossibleError):
            order(*again)
        with pytest.raises(ImpossibleError):
            order(("sale", "1"), ("chargeback", "1"), (last, "1"))
    # A second refund of what was refunded is none.
    with pytest.raises(ImpossibleError):
        order(("sale", "1"), ("refund", "1"), ("refund", "1"))
    with pytest.raises(ImpossibleError):
        order(("sale", "1"), ("refund", "1"), ("partial_refund", "1"))


def test_a_chargeback_prefers_a_payment_with_something_left() -> None:
    found = order(("sale", "2"), ("rebill", "2"), ("refund", "2"), ("chargeback", "2"), ("chargeback", "2"))
    assert [Decimal(gross) for gross, _, _ in amounts(found)[2:]] == [-19, -19, 0]


def test_a_test_order_is_nobodys_and_earns_nothing() -> None:
    one = Order("click", PRODUCTS)
    found = one.happen(SequenceStep("test_order", "1"))
    assert (found.click_id, found.earned, found.commission) == ("test", Decimal(0), Decimal("10.50"))
    assert (found.transaction_type, found.status) == ("payment", "completed")
    assert (one.items, one.payments) == ([], [])
    with pytest.raises(ImpossibleError, match="nothing of 1 is left"):
        one.happen(SequenceStep("refund", "1"))


@pytest.mark.parametrize("event", ["rebill", "instalment", "missed_payment", "rebill_resumed"])
def test_what_was_not_bought_has_no_further_events(event: Event) -> None:
    with pytest.raises(ImpossibleError, match="the order has no 2"):
        order(("sale", "1"), (event, "2"))


def macros(happening: OrderTransaction, currency: str = "USD", **settings: Any) -> MacroValues:
    connection = Connection("one", "https://h.test/postback", frozenset(), frozenset(), currency)
    return MacroValues(happening, connection, Setup((connection,), {}), Assumptions(**settings))


def test_the_macros_of_a_payment() -> None:
    _, upsell = order(("sale", "1"), ("upsell", "2"))
    assert macros(upsell) == {
        "cid": "click", "amount_affiliate": "11.88", "amount_affiliate_abs": "11.88", "amount_brutto": "23.75",
        "amount_brutto_abs": "23.75", "amount_netto": "23.75", "currency": "USD", "product_id": "2",
        "product_name": "product 2", "order_id": "order", "transaction_id": "t2", "transaction_type": "payment",
        "billing_status": "paying", "billing_type": "subscription", "order_type": "upsell", "upsell_no": "1",
        "is_test": "", "campaignkey": "", "sid1": "", "sid2": "", "sid3": "", "sid4": "", "sid5": "", "country": "",
        "merchant_id": "1", "merchant_name": "1", "affiliate_id": "1", "affiliate_name": "1", "datetime_unix": "now",
        "datetime_full": "now", "datetime_utc": "now", "random": "rt2-one",
    }  # fmt: skip
    # Each order's own currency, and one that has no rate.
    for currency in ("", "XYZ"):
        own = macros(upsell, currency)
        assert (own["amount_affiliate"], own["amount_brutto"], own["currency"]) == ("9.50", "19", "EUR")


def test_an_add_on_is_bought_like_the_first_product() -> None:
    found = order(("sale", "1"), ("add_on", "3"), ("upsell", "2"))
    assert [(macros(one)["order_type"], macros(one)["upsell_no"]) for one in found] == [
        ("initial_sale", "0"), ("initial_sale", "0"), ("upsell", "1"),
    ]  # fmt: skip


def test_a_trial_costs_nothing_and_its_rebill_is_paid() -> None:
    found = order(("trial", "2"), ("rebill", "2"), ("refund", "2"))
    assert amounts(found) == [("0", "0", "0"), ("19", "19", "9.50"), ("-19", "-19.00", "-9.50")]
    with pytest.raises(ImpossibleError, match="nothing of 2 is left"):
        order(("trial", "2"), ("refund", "2"))


def test_a_reversed_chargeback_comes_in_as_a_payment() -> None:
    events: list[tuple[Event, str]] = [("sale", "1"), ("partial_refund", "1"), ("chargeback", "1")]
    found = order(*events, ("chargeback_reversed", "1"), ("refund", "1"))
    assert said(found)[3] == ("t4", "payment", "completed", 0)
    # What the chargeback took, and no more; and it can be given back again.
    assert amounts(found)[3:] == [("21.33", "17.93", "6.72"), ("-21.33", "-17.93", "-6.72")]
    for short in (events[:1], events[:2], [*events, ("chargeback_reversed", "1")]):
        with pytest.raises(ImpossibleError, match="no payment of 1 was charged back"):
            order(*short, ("chargeback_reversed", "1"))


@pytest.mark.parametrize(
    ("said", "told"), [("zero", ("0", "0", "0")), ("payment", ("10.50", "33.33", "10.50")), ("empty", ("", "", ""))]
)
def test_what_notices_say_of_amounts(said: str, told: tuple[str, str, str]) -> None:
    _, notice = order(("sale", "1"), ("missed_payment", "1"))
    values = macros(notice, notice_amount=said)
    assert (values["amount_affiliate"], values["amount_brutto"], values["amount_affiliate_abs"]) == told
    assert notice.earned == 0


def test_whose_id_a_transaction_has() -> None:
    found = order(("sale", "1"), ("upsell", "2"), ("rebill", "2"), ("refund", "1"), ("refund", "2"), ("refund", "2"))

    def ids(**settings: str) -> list[str]:
        return [macros(one, **settings)["transaction_id"] for one in found]

    assert ids() == ["t1", "t2", "t3", "t4", "t5", "t6"]
    assert ids(return_ids="payments") == ["t1", "t2", "t3", "t1", "t3", "t2"]
    assert ids(upsell_ids="shared") == ["t1", "t1", "t3", "t4", "t5", "t6"]
    assert ids(return_ids="payments", upsell_ids="shared") == ["t1", "t1", "t3", "t1", "t3", "t1"]


def test_what_a_rebill_calls_itself() -> None:
    found = order(("sale", "2"), ("rebill", "2"), ("upsell", "3"), ("instalment", "3"))
    assert [macros(one)["order_type"] for one in found] == ["initial_sale", "initial_sale", "upsell", "upsell"]
    own = [macros(one, rebill_type="rebill")["order_type"] for one in found]
    assert own == ["initial_sale", "rebill", "upsell", "rebill"]


def test_which_currency_is_named_where_the_connection_converts() -> None:
    _, upsell = order(("sale", "1"), ("upsell", "2"))
    assert [macros(upsell, currency_macro=one)["currency"] for one in ("converted", "purchase")] == ["USD", "EUR"]
    assert {macros(upsell, "", currency_macro=one)["currency"] for one in ("converted", "purchase")} == {"EUR"}


def test_the_macros_of_other_events() -> None:
    sale, plan = order(("sale", "1"), ("upsell", "3"))
    assert (macros(sale)["order_type"], macros(sale)["billing_type"]) == ("initial_sale", "single_payment")
    assert macros(plan)["billing_type"] == "installment"
    (test,) = order(("test_order", "1"))
    assert (macros(test)["is_test"], macros(test)["cid"]) == ("1", "test")


@pytest.mark.parametrize("event", ["refund", "chargeback"])
@pytest.mark.parametrize(("sign", "told"), [("negative", "-10.50"), ("positive", "10.50"), ("zero", "0.00")])
def test_the_sign_of_what_is_given_back(event: Event, sign: str, told: str) -> None:
    sale, back = order(("sale", "1"), (event, "1"))
    values = macros(back, refund_amount=sign)
    assert values["amount_affiliate"] == told
    # Nothing else has a doubtful sign, and no payment has.
    assert (values["amount_affiliate_abs"], values["amount_brutto"], values["amount_brutto_abs"]) == (
        "10.50", "-33.33", "33.33",
    )  # fmt: skip
    assert macros(sale, refund_amount=sign)["amount_affiliate"] == "10.50"


def test_each_event_goes_to_the_connections_of_one_name() -> None:
    assert dict(CONNECTION_EVENTS) == {
        "sale": "payment", "upsell": "payment", "rebill": "payment", "instalment": "payment", "test_order": "payment",
        "refund": "refund", "partial_refund": "refund", "chargeback": "chargeback",
        "missed_payment": "payment_missed", "rebill_resumed": "rebill_resumed", "trial": "payment",
        "add_on": "payment", "chargeback_reversed": "payment", "payment_denial": "payment_denial",
        "rebill_cancelled": "rebill_cancelled", "last_paid_day": "last_paid_day",
    }  # fmt: skip


def test_the_days_of_the_sequences() -> None:
    """The latest sale, a refund on the last day of the guarantee, a chargeback two months later."""
    product = replace(SHOP, guarantee_days=14, upsells=(UPSELL,))
    days = {one.name: [step.day for step in one.steps] for one in sequences_of(product)}
    assert COOKIE_DAYS == 180
    assert days == {
        "sale": [180],
        "sale, refund": [180, 194],
        "sale, partial refund": [180, 194],
        "sale, two partial refunds": [180, 194, 194],
        "sale, partial refund, refund of the rest": [180, 194, 194],
        "sale, chargeback": [180, 254],
        "sale, chargeback, chargeback reversed": [180, 254, 254],
        "sale, refund, chargeback": [180, 194, 254],
        "sale, partial refund, chargeback": [180, 194, 254],
        "sale, upsell": [180, 180],
        "several products in one order": [180, 180],
        "sale, upsell, refund of the upsell": [180, 180, 194],
        "sale, upsell, refund of the first product": [180, 180, 194],
        "sale, upsell, refund of the whole order": [180, 180, 194, 194],
        "sale, upsell, rebill x3 of the upsell": [180, 180, 210, 240, 270],
        "sale, upsell, missed payment of the upsell": [180, 180, 210],
        "sale delivered twice": [180, 180],
        "sale, refund delivered twice": [180, 194, 194],
        "sale, partial refund delivered twice": [180, 194, 194],
        "sale, refund, the sale delivered again": [180, 194, 194],
        "two orders, refund of the second": [180, 180, 194],
        "test order": [180],
    }
    recurring = {
        billing: {one.name: [step.day for step in one.steps] for one in sequences_of(replace(SHOP, billing=billing))}
        for billing in ("subscription", "installment")
    }
    assert recurring["subscription"]["sale, rebill x3"] == [180, 210, 240, 270]
    assert recurring["installment"]["instalments"] == [180, 210, 240]
    for event, found in zip(("rebill", "instalment"), recurring.values(), strict=True):
        assert found[f"sale, {event}, refund of both"] == [180, 210, 270, 270]
        assert found[f"sale, {event} delivered twice"] == [180, 210, 210]
        assert found["notices of the end"] == [180, 210, 210, 210]
        assert found["missed payment, resumed"] == [180, 210, 240, 240]
