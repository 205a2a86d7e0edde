"""Each value on which a verdict about the conversion log turns."""

from decimal import Decimal
from typing import Any

import pytest

from tests.trackform.verify.test_log import REFUND, flow, judged
from trackform.flow.build import Flow
from trackform.verify.log import amount_of, marker_of

__all__ = ["flow"]


@pytest.mark.parametrize(
    ("row", "amount"),
    [
        ({"payout_network": 1.5, "payout": 2}, "1.5"), ({"payout": "2"}, "2"), ({}, "0"), ({"payout": "much"}, "0"),
        ({"payout_network": None, "payout": 3}, "3"), ({"payout_network": 0, "payout": 3}, "0"),
        ({"payout": "NaN"}, "0"), ({"payout": float("inf")}, "0"), ({"payout": ["2"]}, "0"),
    ],
)  # fmt: skip
def test_what_arrived(row: dict[str, Any], amount: str) -> None:
    assert amount_of(row) == Decimal(amount)


@pytest.mark.parametrize(("sub", "name"), [("tf.sales", "sales"), ("", ""), (None, ""), ("other", "other")])
def test_the_connection_that_a_row_names(sub: str | None, name: str) -> None:
    assert marker_of({"p_sub20": sub}) == name


@pytest.mark.parametrize(
    ("status", "counts"),
    [("approved", True), ("APPROVED", True), ("", True), (None, True), ("pending", False), ("other", False)],
)
def test_which_status_counts(flow: Flow, status: str | None, counts: bool) -> None:
    assert (judged(flow, {"status": status}).bad == []) is counts


@pytest.mark.parametrize(
    ("amount", "sign", "bad"),
    [(-0.01, "negative", 0), (0, "zero", 0), (0.01, "positive", 1)],
)
def test_the_sign_of_a_refund(flow: Flow, amount: float, sign: str, bad: int) -> None:
    found = judged(flow, {**REFUND, "payout_network": amount})
    assert found.seen["refund_amount"] == sign
    assert len([one for one in found.bad if "with a sum above 0" in one]) == bad
    assert ("negative_sum" in found.seen) is (amount < 0)


@pytest.mark.parametrize(
    ("kind", "amount", "seen"), [("chargeback", 0, False), ("chargeback", -1, True), ("refund", 0, True)]
)
def test_only_a_chargeback_of_nothing_is_no_sign(flow: Flow, kind: str, amount: float, seen: bool) -> None:
    found = judged(flow, {**REFUND, "type": kind, "event": kind, "payout_network": amount})
    assert ("refund_amount" in found.seen) is seen


def test_a_payment_shows_nothing_of_refunds(flow: Flow) -> None:
    assert judged(flow, {"payout_network": -1}).seen == {"negative_sum": "booked"}


@pytest.mark.parametrize(
    ("second", "again"),
    [
        ({}, 1), ({"type": "upsell", "event": "upsell"}, 0), ({"clickid": "c" * 24}, 0),
        ({"deduplicate_token": "8"}, 0),
        ({"p_sub20": "tf.returns", "type": "refund", "event": "refund", "payout_network": -1}, 0),
    ],
)  # fmt: skip
def test_what_is_the_same_event_again(flow: Flow, second: dict[str, Any], again: int) -> None:
    bad = judged(flow, {"deduplicate_token": "7"}, {"deduplicate_token": "7", **second}).bad
    assert len([one for one in bad if "with an event id that was booked before" in one]) == again


def test_each_is_counted(flow: Flow) -> None:
    found = judged(flow, {"deduplicate_token": "7"}, {"deduplicate_token": "7"}, {"deduplicate_token": "7"})
    assert found.good == ["initial_sale by sales, 3 times"]
    assert found.bad[0].startswith("sales: 2 conversions of initial_sale with an event id that was booked before")
    nameless = judged(flow, {"type": "", "event": ""}, {"type": None, "event": None})
    assert nameless.bad == ["no type by sales, 2 times: no conversion type of the file is called so"]


@pytest.mark.parametrize(("product", "strange"), [("411530", False), ("411531", False), ("", False), ("9", True)])
def test_which_product_is_covered(flow: Flow, product: str, strange: bool) -> None:
    assert bool(judged(flow, {"p_sub1": product}).bad) is strange


def test_other_currencies_are_told_in_order(flow: Flow) -> None:
    rows = [{"currency": one} for one in ("SEK", "EUR", "USD", "CHF", "GBP")]
    assert judged(flow, *rows).bad == ["sales: amounts in USD are read as CHF, EUR, GBP, SEK"]


def test_nothing_is_the_same_in_any_currency(flow: Flow) -> None:
    """Of what books nothing, over an offer source of another currency, no amount is misread."""
    assert judged(flow, {"currency": "EUR", "payout": 0, "payout_network": 0}).bad == []


@pytest.mark.parametrize(
    "ragged",
    [
        {"clickid": {"id": "x"}, "deduplicate_token": ["t"]}, {"payout_network": "NaN"}, {"type": ["refund"]},
        {"status": 7}, {"offer": {"title": "keto-guide"}}, {"p_sub20": 20}, {"currency": ["USD"]}, {"p_sub1": {}},
    ],
)  # fmt: skip
def test_a_ragged_row_is_judged_all_the_same(flow: Flow, ragged: dict[str, Any]) -> None:
    """What is of another sort than the published spec has it."""
    for row in ({}, REFUND):
        assert judged(flow, {**row, **ragged}, {**row, **ragged}).silent
