"""Every sequence that the proof promises, and which products share a proof."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trackform.flow.stage import MAIN, UPSELLS, USUAL, url_of
from trackform.flow.proof import prove, shape
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source

KNOWN = {"refund_amount": "negative", "negative_sum": "booked"}
NAMES = ("initial_sale", "upsell", "refund", "chargeback")
SALES = Connection("sales", url_of("sales", USUAL), frozenset(["payment"]), frozenset(["all"]))
RETURNS = replace(
    SALES, name="returns", events=frozenset(["refund", "chargeback"]),
    url=url_of("returns", USUAL | {"type": "{transaction_type}"}),
)  # fmt: skip
SETUP = Setup((SALES, RETURNS), {name: DeclaredType(name, "by_event_id") for name in NAMES})
SHOP = SoldProduct(MAIN, upsells=(SoldProduct(UPSELLS[0]),))

ALWAYS = {
    "sale": ["sale"],
    "sale, upsell": ["sale", "upsell"],
    "sale, refund": ["sale", "refund"],
    "sale, upsell, refund of the upsell": ["sale", "upsell", "refund"],
    "sale, partial refund": ["sale", "partial_refund"],
    "sale, refund, chargeback": ["sale", "refund", "chargeback"],
    "sale, partial refund, chargeback": ["sale", "partial_refund", "chargeback"],
    "sale delivered twice": ["sale", "repeat"],
    "test order": ["test_order"],
}
RECURRING = {
    "single": {},
    "subscription": {
        "sale, rebill x3": ["sale", "rebill", "rebill", "rebill"],
        "missed payment, resumed": ["sale", "missed_payment", "rebill_resumed", "rebill"],
    },
    "installment": {
        "instalments": ["sale", "instalment", "instalment"],
        "missed payment, resumed": ["sale", "missed_payment", "rebill_resumed", "instalment"],
    },
}


@pytest.mark.parametrize("billing", RECURRING)
def test_the_sequences_and_that_they_balance(billing: str) -> None:
    product = replace(SHOP, billing=billing)
    found = {one.name: [step.event for step in one.steps] for one in sequences_of(product)}
    assert found == ALWAYS | RECURRING[billing]
    assert {cell.verdict for cell in prove(SETUP, product, KNOWN)} == {"proved"}


def test_the_chargeback_of_a_refunded_payment_is_a_conversion_that_moves_nothing() -> None:
    (cell,) = (one for one in prove(SETUP, SHOP, KNOWN) if one.sequence.name == "sale, refund, chargeback")
    assert [(row.type, row.payout) for row in cell.outcome.rows] == [
        ("initial_sale", Decimal("23.50")), ("refund", Decimal("-23.50")), ("chargeback", Decimal(0)),
    ]  # fmt: skip
    assert {amount for step in cell.outcome.balance[1:] for amount in step} == {0}


def test_what_cannot_matter_needs_no_proof_of_its_own() -> None:
    paid, late = replace(SETUP, offer_payout=Decimal(5)), replace(SHOP, guarantee_days=14)
    assert shape(SETUP, SHOP) == shape(paid, SHOP) == shape(SETUP, late)
    # A postback without a sum may book the offer's payout; a click that expires, no late refund.
    silent = replace(SETUP, connections=(replace(SALES, url=url_of("sales", USUAL | {"sum": None})), RETURNS))
    assert shape(silent, SHOP) != shape(replace(silent, offer_payout=Decimal(5)), SHOP)
    expiring = replace(SETUP, source=Source(expiration=200))
    assert shape(expiring, SHOP) != shape(expiring, late)
