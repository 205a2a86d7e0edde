"""The sequences of order events that a set-up is proved with."""

from collections.abc import Iterator
from dataclasses import dataclass

from trackform.flow.orders import Event, SequenceStep
from trackform.flow.setup import SoldProduct

COOKIE_DAYS = 180
"""How long Digistore24's affiliate cookie lasts (its help centre): a sale may come this long after the click."""
MONTH_DAYS = 30
CHARGEBACK_DAYS = 60
"""How much later a chargeback comes here (ours)."""


@dataclass(frozen=True)
class Sequence:
    """Order events of one click, in order."""

    name: str
    steps: tuple[SequenceStep, ...]


def sequences_of(product: SoldProduct) -> Iterator[Sequence]:
    """Every sequence that can happen to a product: those with rebills or instalments only where it has them."""
    main, day = product.id, COOKIE_DAYS
    back = day + product.guarantee_days
    sale = SequenceStep("sale", main, day)
    upsells = tuple(SequenceStep("upsell", upsell.id, day) for upsell in product.upsells)
    yield Sequence("sale", (sale,))
    if upsells:
        yield Sequence("sale, upsell", (sale, *upsells))
    if product.billing == "subscription":
        yield Sequence("sale, rebill x3", (sale, *_again("rebill", main, 3)))
    if product.billing == "installment":
        yield Sequence("instalments", (sale, *_again("instalment", main, 2)))
    for each in product.upsells:
        if each.billing == "subscription":
            steps = (sale, SequenceStep("upsell", each.id, day), *_again("rebill", each.id, 3))
            yield Sequence("sale, upsell, rebill x3 of the upsell", steps)
    yield Sequence("sale, refund", (sale, SequenceStep("refund", main, back)))
    if upsells:
        refunds = tuple(SequenceStep("refund", upsell.id, back) for upsell in product.upsells)
        yield Sequence("sale, upsell, refund of the upsell", (sale, *upsells, *refunds))
    yield Sequence("sale, partial refund", (sale, SequenceStep("partial_refund", main, back)))
    chargeback = SequenceStep("chargeback", main, back + CHARGEBACK_DAYS)
    yield Sequence("sale, refund, chargeback", (sale, SequenceStep("refund", main, back), chargeback))
    yield Sequence("sale, partial refund, chargeback", (sale, SequenceStep("partial_refund", main, back), chargeback))
    if product.billing != "single":
        event: Event = "rebill" if product.billing == "subscription" else "instalment"
        later = day + 2 * MONTH_DAYS
        notices = (SequenceStep("missed_payment", main, day + MONTH_DAYS), SequenceStep("rebill_resumed", main, later))
        yield Sequence("missed payment, resumed", (sale, *notices, SequenceStep(event, main, later)))
    yield Sequence("sale delivered twice", (sale, SequenceStep("repeat", main, day)))
    yield Sequence("test order", (SequenceStep("test_order", main, day),))


def _again(event: Event, product: str, times: int) -> tuple[SequenceStep, ...]:
    return tuple(SequenceStep(event, product, COOKIE_DAYS + n * MONTH_DAYS) for n in range(1, times + 1))
