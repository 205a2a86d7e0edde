"""The sequences of order events that a set-up is proved with."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

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
    sale = SequenceStep("sale", product.id, COOKIE_DAYS)
    yield Sequence("sale", (sale,))
    if product.billing != "single":
        yield from _recurring(product, sale)
    yield from _returns(product, sale)
    if product.upsells:
        yield from _upsells(product, sale)
    yield from _deliveries(product, sale)
    second = replace(sale, order=1)
    refund = SequenceStep("refund", product.id, COOKIE_DAYS + product.guarantee_days, order=1)
    yield Sequence("two orders, refund of the second", (sale, second, refund))
    yield Sequence("test order", (SequenceStep("test_order", product.id, COOKIE_DAYS),))


def _recurring(product: SoldProduct, sale: SequenceStep) -> Iterator[Sequence]:
    main, event = product.id, _payment_of(product)
    back = COOKIE_DAYS + MONTH_DAYS + product.guarantee_days
    rebill = SequenceStep(event, main, COOKIE_DAYS + MONTH_DAYS)
    refund = SequenceStep("refund", main, back)
    if event == "rebill":
        yield Sequence("sale, rebill x3", (sale, *_again(event, main, 3)))
        yield Sequence("trial for 0.00, rebill", (replace(sale, event="trial"), rebill))
    else:
        yield Sequence("instalments", (sale, *_again(event, main, 2)))
    yield Sequence(f"sale, {event}, refund of both", (sale, rebill, refund, refund))
    yield Sequence(f"sale, {event} delivered twice", (sale, rebill, replace(rebill, event="repeat")))
    later = COOKIE_DAYS + 2 * MONTH_DAYS
    missed, resumed = _notices(main, "missed_payment", "rebill_resumed")
    resumed = replace(resumed, day=later)
    yield Sequence("missed payment, resumed", (sale, missed, resumed, SequenceStep(event, main, later)))
    yield Sequence("notices of the end", (sale, *_notices(main, "payment_denial", "rebill_cancelled", "last_paid_day")))


def _returns(product: SoldProduct, sale: SequenceStep) -> Iterator[Sequence]:
    main, back = product.id, COOKIE_DAYS + product.guarantee_days
    refund, part = SequenceStep("refund", main, back), SequenceStep("partial_refund", main, back)
    chargeback = SequenceStep("chargeback", main, back + CHARGEBACK_DAYS)
    yield Sequence("sale, refund", (sale, refund))
    yield Sequence("sale, partial refund", (sale, part))
    yield Sequence("sale, two partial refunds", (sale, part, part))
    yield Sequence("sale, partial refund, refund of the rest", (sale, part, refund))
    yield Sequence("sale, chargeback", (sale, chargeback))
    reversed_ = replace(chargeback, event="chargeback_reversed")
    yield Sequence("sale, chargeback, chargeback reversed", (sale, chargeback, reversed_))
    yield Sequence("sale, refund, chargeback", (sale, refund, chargeback))
    yield Sequence("sale, partial refund, chargeback", (sale, part, chargeback))


def _upsells(product: SoldProduct, sale: SequenceStep) -> Iterator[Sequence]:
    upsells = tuple(SequenceStep("upsell", upsell.id, COOKIE_DAYS) for upsell in product.upsells)
    back = COOKIE_DAYS + product.guarantee_days
    refunds = tuple(SequenceStep("refund", upsell.id, back) for upsell in product.upsells)
    first = SequenceStep("refund", product.id, back)
    if len(upsells) > 1:
        yield Sequence("sale, upsell", (sale, upsells[0]))
        yield Sequence("sale, several upsells", (sale, *upsells))
    else:
        yield Sequence("sale, upsell", (sale, *upsells))
    yield Sequence("several products in one order", (sale, *(replace(each, event="add_on") for each in upsells)))
    yield Sequence("sale, upsell, refund of the upsell", (sale, *upsells, *refunds))
    yield Sequence("sale, upsell, refund of the first product", (sale, *upsells, first))
    yield Sequence("sale, upsell, refund of the whole order", (sale, *upsells, first, *refunds))
    for each in product.upsells:
        if each.billing != "single":
            event = _payment_of(each)
            times, more = (3, " x3") if event == "rebill" else (2, "s")
            steps = (sale, SequenceStep("upsell", each.id, COOKIE_DAYS))
            yield Sequence(f"sale, upsell, {event}{more} of the upsell", (*steps, *_again(event, each.id, times)))
            yield Sequence("sale, upsell, missed payment of the upsell", (*steps, *_notices(each.id, "missed_payment")))


def _deliveries(product: SoldProduct, sale: SequenceStep) -> Iterator[Sequence]:
    """Events that Digistore24 sends again, as it does until it is answered."""
    back = COOKIE_DAYS + product.guarantee_days
    refund = SequenceStep("refund", product.id, back)
    part = SequenceStep("partial_refund", product.id, back)
    yield Sequence("sale delivered twice", (sale, replace(sale, event="repeat")))
    yield Sequence("sale, refund delivered twice", (sale, refund, replace(refund, event="repeat")))
    yield Sequence("sale, partial refund delivered twice", (sale, part, replace(part, event="repeat")))
    late = SequenceStep("repeat", product.id, back, of=0)
    yield Sequence("sale, refund, the sale delivered again", (sale, refund, late))


def _payment_of(product: SoldProduct) -> Event:
    """What the later payments of a recurring product are."""
    return "rebill" if product.billing == "subscription" else "instalment"


def _notices(product: str, *events: Event) -> tuple[SequenceStep, ...]:
    return tuple(SequenceStep(event, product, COOKIE_DAYS + MONTH_DAYS) for event in events)


def _again(event: Event, product: str, times: int) -> tuple[SequenceStep, ...]:
    return tuple(SequenceStep(event, product, COOKIE_DAYS + n * MONTH_DAYS) for n in range(1, times + 1))
