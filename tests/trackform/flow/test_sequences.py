"""Every sequence that the proof promises, and which products share a proof."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trackform.flow.stage import MAIN, UPSELLS, USUAL, url_of
from trackform.flow.likeness import shape
from trackform.flow.proof import prove
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source

KNOWN = {
    "refund_amount": "negative", "negative_sum": "booked", "return_ids": "own", "upsell_ids": "own",
    "rebill_type": "as_bought",
}  # fmt: skip
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
    "sale, refund": ["sale", "refund"],
    "sale, partial refund": ["sale", "partial_refund"],
    "sale, two partial refunds": ["sale", "partial_refund", "partial_refund"],
    "sale, partial refund, refund of the rest": ["sale", "partial_refund", "refund"],
    "sale, chargeback": ["sale", "chargeback"],
    "sale, chargeback, chargeback reversed": ["sale", "chargeback", "chargeback_reversed"],
    "sale, refund, chargeback": ["sale", "refund", "chargeback"],
    "sale, partial refund, chargeback": ["sale", "partial_refund", "chargeback"],
    "sale delivered twice": ["sale", "repeat"],
    "sale, refund delivered twice": ["sale", "refund", "repeat"],
    "sale, partial refund delivered twice": ["sale", "partial_refund", "repeat"],
    "sale, refund, the sale delivered again": ["sale", "refund", "repeat"],
    "two orders, refund of the second": ["sale", "sale", "refund"],
    "test order": ["test_order"],
}
WITH_UPSELL = {
    "sale, upsell": ["sale", "upsell"],
    "several products in one order": ["sale", "add_on"],
    "sale, upsell, refund of the upsell": ["sale", "upsell", "refund"],
    "sale, upsell, refund of the first product": ["sale", "upsell", "refund"],
    "sale, upsell, refund of the whole order": ["sale", "upsell", "refund", "refund"],
}
NOTICES = {"notices of the end": ["sale", "payment_denial", "rebill_cancelled", "last_paid_day"]}
RECURRING = {
    "single": {},
    "subscription": {
        "sale, rebill x3": ["sale", "rebill", "rebill", "rebill"],
        "trial for 0.00, rebill": ["trial", "rebill"],
        "sale, rebill, refund of both": ["sale", "rebill", "refund", "refund"],
        "sale, rebill delivered twice": ["sale", "rebill", "repeat"],
        "missed payment, resumed": ["sale", "missed_payment", "rebill_resumed", "rebill"],
        **NOTICES,
    },
    "installment": {
        "instalments": ["sale", "instalment", "instalment"],
        "sale, instalment, refund of both": ["sale", "instalment", "refund", "refund"],
        "sale, instalment delivered twice": ["sale", "instalment", "repeat"],
        "missed payment, resumed": ["sale", "missed_payment", "rebill_resumed", "instalment"],
        **NOTICES,
    },
}
OF_THE_UPSELL = {
    "subscription": {
        "sale, upsell, rebill x3 of the upsell": ["sale", "upsell", "rebill", "rebill", "rebill"],
        "sale, upsell, missed payment of the upsell": ["sale", "upsell", "missed_payment"],
    },
    "installment": {
        "sale, upsell, instalments of the upsell": ["sale", "upsell", "instalment", "instalment"],
        "sale, upsell, missed payment of the upsell": ["sale", "upsell", "missed_payment"],
    },
}


def events(product: SoldProduct) -> dict[str, list[str]]:
    return {one.name: [step.event for step in one.steps] for one in sequences_of(product)}


@pytest.mark.parametrize("billing", RECURRING)
def test_the_sequences_and_that_they_balance(billing: str) -> None:
    product = replace(SHOP, billing=billing)
    assert events(product) == ALWAYS | WITH_UPSELL | RECURRING[billing]
    assert events(replace(product, upsells=())) == ALWAYS | RECURRING[billing]
    assert {cell.verdict for cell in prove(SETUP, product, KNOWN)} == {"proved"}


@pytest.mark.parametrize("billing", OF_THE_UPSELL)
def test_an_upsell_has_payments_of_its_own(billing: str) -> None:
    product = replace(SHOP, upsells=(SoldProduct(UPSELLS[0], billing), SoldProduct(UPSELLS[1])))
    several = {
        "sale, several upsells": ["sale", "upsell", "upsell"],
        "several products in one order": ["sale", "add_on", "add_on"],
        "sale, upsell, refund of the upsell": ["sale", "upsell", "upsell", "refund", "refund"],
        "sale, upsell, refund of the first product": ["sale", "upsell", "upsell", "refund"],
        "sale, upsell, refund of the whole order": ["sale", "upsell", "upsell", "refund", "refund", "refund"],
    }
    assert events(product) == ALWAYS | WITH_UPSELL | several | OF_THE_UPSELL[billing]
    assert {cell.verdict for cell in prove(SETUP, product, KNOWN)} == {"proved"}


def test_two_partial_refunds_are_equal_and_the_rest_is_another_amount() -> None:
    cells = {cell.sequence.name: cell for cell in prove(SETUP, SHOP, KNOWN)}
    two, rest = (cells[f"sale, {name}"] for name in ("two partial refunds", "partial refund, refund of the rest"))
    (_, first, second), (_, _, left) = two.outcome.rows, rest.outcome.rows
    assert first.payout == second.payout != left.payout < 0


def test_an_event_id_with_the_amount_tells_no_partial_refund_from_the_next() -> None:
    url = RETURNS.url.replace("{transaction_id}", "{transaction_id}-{amount_affiliate}")
    setup = replace(SETUP, connections=(SALES, replace(RETURNS, url=url)))
    wrong = {cell.sequence.name for cell in prove(setup, SHOP, KNOWN | {"return_ids": "payments"}) if cell.violations}
    assert "sale, two partial refunds" in wrong


def test_an_order_that_is_given_back_whole_where_all_of_it_has_one_id() -> None:
    one_id = KNOWN | {"return_ids": "payments", "upsell_ids": "shared"}
    product = replace(SHOP, upsells=tuple(SoldProduct(one) for one in UPSELLS))
    by_product = tuple(
        replace(each, url=each.url.replace("{transaction_id}", "{transaction_id}-{product_id}-{transaction_type}"))
        for each in SETUP.connections
    )
    for connections, verdict in ((SETUP.connections, "wrong"), (by_product, "proved")):
        (cell,) = (
            each
            for each in prove(replace(SETUP, connections=connections), product, one_id)
            if each.sequence.name == "sale, upsell, refund of the whole order"
        )
        assert cell.verdict == verdict


def test_which_order_and_which_event_are_meant() -> None:
    two, again = (
        next(one for one in sequences_of(SHOP) if one.name == name)
        for name in ("two orders, refund of the second", "sale, refund, the sale delivered again")
    )
    assert [step.order for step in two.steps] == [0, 1, 1]
    assert [step.of for step in again.steps] == [None, None, 0]
    # What the other order earned stays.
    (cell,) = (one for one in prove(SETUP, SHOP, KNOWN) if one.sequence.name == two.name)
    assert [earned for _, earned in cell.outcome.balance] == [Decimal("23.50"), Decimal(47), Decimal("23.50")]


FAULTS = {
    "two refunds of one payment share an id": ("sale, two partial refunds", {"return_ids": "payments"}, "returns"),
    "two upsells of one checkout share an id": ("sale, several upsells", {"upsell_ids": "shared"}, "sales"),
    "what is bought together shares an id": ("several products in one order", {"upsell_ids": "shared"}, "sales"),
    "a rebill of a type of its own is told and counted twice": (
        "sale, rebill delivered twice", {"rebill_type": "rebill"}, "sales",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("sequence", "live", "who"), FAULTS.values(), ids=FAULTS)
def test_what_each_open_question_does_to_the_usual_set_up(sequence: str, live: dict[str, str], who: str) -> None:
    product = replace(SHOP, billing="subscription", upsells=tuple(SoldProduct(one) for one in UPSELLS))
    wrong = {cell.sequence.name: cell for cell in prove(SETUP, product, KNOWN | live) if cell.verdict == "wrong"}
    assert [each.connection for each in wrong[sequence].violations[wrong[sequence].assumptions]] == [who]


BY_OTHERS = {
    "none": (None, ["sale delivered twice"]),
    "the order": ("{order_id}", ["sale, two partial refunds"]),
    "the product": ("{product_id}", ["two orders, refund of the second"]),
    "the click": ("{cid}", ["two orders, refund of the second"]),
    "a constant": ("x", ["two orders, refund of the second"]),
    "what changes when it is sent again": ("{transaction_id}-{random}", ["sale delivered twice"]),
    "the time": ("{datetime_unix}", ["sale, two partial refunds"]),
}
"""An event id that is none, and a sequence that shows it."""


@pytest.mark.parametrize(("event_id", "sequences"), BY_OTHERS.values(), ids=BY_OTHERS)
def test_an_event_id_that_is_none_shows_without_any_rule(event_id: str | None, sequences: list[str]) -> None:
    connections = tuple(
        replace(each, url=each.url.replace("&rdtk_event_id={transaction_id}", f"&rdtk_event_id={event_id}"))
        if event_id
        else replace(each, url=each.url.replace("&rdtk_event_id={transaction_id}", ""))
        for each in SETUP.connections
    )
    product = replace(SHOP, upsells=())
    not_proved = [cell.sequence.name for cell in prove(replace(SETUP, connections=connections), product, KNOWN)
                  if cell.verdict != "proved"]  # fmt: skip
    assert set(sequences) <= set(not_proved)


def test_the_chargeback_of_a_refunded_payment_is_a_conversion_that_moves_nothing() -> None:
    (cell,) = (one for one in prove(SETUP, SHOP, KNOWN) if one.sequence.name == "sale, refund, chargeback")
    assert [(row.type, row.payout) for row in cell.outcome.rows] == [
        ("initial_sale", Decimal("23.50")), ("refund", Decimal("-23.50")), ("chargeback", Decimal(0)),
    ]  # fmt: skip
    assert {amount for step in cell.outcome.balance[1:] for amount in step} == {0}


def test_what_cannot_matter_needs_no_proof_of_its_own() -> None:
    paid, late = replace(SETUP, offer_payout=Decimal(5)), replace(SHOP, guarantee_days=14)
    assert shape(paid, SHOP) == shape(replace(SETUP, offer_payout=Decimal(7)), SHOP)
    assert shape(SETUP, SHOP) == shape(SETUP, late)
    # A postback without a sum may book the offer's payout; a click that expires, no late refund.
    assert shape(SETUP, SHOP) != shape(paid, SHOP)
    assert shape(SETUP, SHOP) != shape(replace(SETUP, keeps_cid=False), SHOP)
    expiring = replace(SETUP, source=Source(expiration=200))
    assert shape(expiring, SHOP) != shape(expiring, late)
