"""The two invariants, for every product, sequence and setting.

1. Booked payouts equal earned commissions, after every step of every sequence.
2. A channel is told exactly one event with a value for the first payment of a sale, at most one for an upsell's, and
   nothing of returns, further dimensions, rebills and tests, unless `forward` asks for it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from trackform.flow.booking import Told
from trackform.flow.orders import Step
from trackform.flow.sequences import Sequence, sequences_of
from trackform.flow.settings import AXES, Settings, every_setting
from trackform.flow.setup import Product, Setup
from trackform.flow.simulate import Outcome, play

Verdict = Literal["proved", "wrong", "cannot be proved"]
FaultKind = Literal["booked", "told", "told_rebill", "told_nothing"]
RETURNS = ("refund", "chargeback")
MOST_ALIKE = 2
AMOUNTS = ("{amount_affiliate}", "{amount_affiliate_abs}", "-{amount_affiliate_abs}")


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, and at which step. ``connection`` is the one that it is about; empty: none sent."""

    kind: FaultKind
    step: int
    said: str
    connection: str = ""


@dataclass(frozen=True)
class Cell:
    """One product and sequence: what comes of it on the likeliest setting, and where it fails."""

    product: Product
    sequence: Sequence
    settings: Settings
    outcome: Outcome
    faults: Mapping[Settings, tuple[Fault, ...]]
    """Only settings with a fault of the money or of an event too many."""
    notes: tuple[Fault, ...]
    """What a channel is told that is a choice rather than a mistake: rebills, or nothing at all."""
    tried: tuple[Settings, ...]

    @property
    def verdict(self) -> Verdict:
        if not self.faults:
            return "proved"
        return "wrong" if self.settings in self.faults else "cannot be proved"

    def fails_on(self) -> list[tuple[str, str]]:
        """Settings that each alone make it fail, whatever the others are; empty where only a combination does."""
        found = []
        for axis, values in AXES.items():
            for value in values:
                fitting = [one for one in self.tried if getattr(one, axis) == value]
                others = any(getattr(one, axis) != value for one in self.tried)
                if fitting and others and all(one in self.faults for one in fitting):
                    found.append((axis, value))
        return found


def axes_that_matter(setup: Setup) -> set[str]:
    """Settings that can change anything for this set-up: the others need not be tried."""
    active = [one for one in setup.connections if one.active]
    modes = {one.duplicates for one in setup.types.values()} | {setup.source.mode or "create_new"}
    found = set()
    if any(not _is_amount(one.params.get("sum", "")) for one in active):
        found.add("missing_sum")
    if any(event in one.events for one in active for event in RETURNS):
        found |= {"refund_amount", "negative_sum"}
    elif any(one.params.get("sum", "").startswith("-") for one in active):
        found.add("negative_sum")
    if modes & {"ignore", "edit", "increment"}:
        found.add("duplicates")
    if "by_event_id" in modes:
        found.add("event_ids")
    if len(active) > 1:
        found.add("order")
    return found


def prove(setup: Setup, product: Product, known: Mapping[str, str] | None = None) -> list[Cell]:
    """Every sequence of a product on every setting that matters; ``known`` settings are taken as given."""
    tried = tuple(every_setting(axes_that_matter(setup), known or {}))
    return [_cell(setup, product, sequence, tried) for sequence in sequences_of(product)]


def shape(setup: Setup, product: Product) -> tuple[object, ...]:
    """What decides a product's cells besides its name: products of one shape are proved together."""
    return (
        _traits(setup, product),
        # Only a postback without a sum can book it.
        setup.offer_payout if "missing_sum" in axes_that_matter(setup) else None,
        setup.source,
        setup.cid,
        tuple(_traits(setup, u) for u in alike(setup, product)),
    )


def alike(setup: Setup, product: Product) -> tuple[Product, ...]:
    """The upsells, two of each sort: those that the same connections cover and that are paid alike.

    Two, because one event must not be taken for the other; a third adds nothing.
    """
    found: dict[tuple[object, ...], list[Product]] = {}
    for upsell in product.upsells:
        sort = found.setdefault(_traits(setup, upsell), [])
        if len(sort) < MOST_ALIKE:
            sort.append(upsell)
    return tuple(one for sort in found.values() for one in sort)


def proved(setup: Setup, product: Product, known: Mapping[str, str] | None = None) -> list[Cell]:
    """As `prove`, with two upsells of each sort at most."""
    return prove(setup, replace(product, upsells=alike(setup, product)), known)


def _traits(setup: Setup, product: Product) -> tuple[object, ...]:
    covered = tuple(one.covers(product.id) for one in setup.connections)
    amounts = (product.gross, product.net, product.commission, product.currency)
    # How late a refund comes matters only to clicks that expire.
    return (covered, product.billing, amounts, product.guarantee_days if setup.source.expiration else None)


def _is_amount(raw: str) -> bool:
    if raw in AMOUNTS:
        return True
    try:
        return Decimal(raw).is_finite()
    except ArithmeticError:
        return False


def _cell(setup: Setup, product: Product, sequence: Sequence, tried: tuple[Settings, ...]) -> Cell:
    faults: dict[Settings, tuple[Fault, ...]] = {}
    first: Outcome | None = None
    notes: list[Fault] = []
    for settings in tried:
        outcome = play(setup, product, sequence.steps, settings)
        first = first or outcome
        found = list(_told_faults(outcome, sequence.steps, setup.channels))
        if settings == tried[0]:
            notes = [one for one in found if one.kind in ("told_rebill", "told_nothing")]
        wrong = [*_money_faults(outcome, sequence.steps), *(one for one in found if one.kind == "told")]
        if wrong:
            faults[settings] = tuple(wrong)
    assert first is not None  # noqa: S101 -- there is always a first setting
    return Cell(product, sequence, tried[0], first, faults, tuple(notes), tried)


def _money_faults(outcome: Outcome, steps: tuple[Step, ...]) -> Iterator[Fault]:
    """The first step at which the books part, and who was concerned."""
    for at, (booked, earned) in enumerate(outcome.balance):
        if booked != earned:
            senders = [row.connection for row in outcome.rows if row.step == at and row.received != 0]
            lost = [(name, reason) for step, name, reason in outcome.swallowed if step == at]
            why = f" ({', '.join(f'{name}: {reason}' for name, reason in lost)})" if lost else ""
            said = f"after the {steps[at].event.replace('_', ' ')} {booked:.2f} is booked, {earned:.2f} is earned{why}"
            concerned = [*senders, *(name for name, _ in lost)]
            yield Fault("booked", at, said, concerned[0] if concerned else "")
            return


def _told_faults(outcome: Outcome, steps: tuple[Step, ...], channels: Collection[str]) -> Iterator[Fault]:
    senders = {(row.step, row.type): row.connection for row in outcome.rows}
    for channel in channels:
        for at, step in enumerate(steps):
            events = [one for one in outcome.told if one.channel == channel and one.step == at]
            who = next((senders.get((at, one.type), "") for one in events), "")
            what = step.event.replace("_", " ")
            if step.event in ("sale", "upsell"):
                yield from _told_of_first(channel, events, (at, what), who)
            elif events and (step.event in ("repeat", "test_order") or any(not one.asked for one in events)):
                yield Fault("told", at, f"{channel} is told of {_a(what)}: {_events(events)}", who)
            elif events and step.event in ("rebill", "instalment"):
                yield Fault("told_rebill", at, f"{channel} is told of {_a(what)}: {_events(events)}", who)


def _told_of_first(channel: str, events: list[Told], about: tuple[int, str], who: str) -> Iterator[Fault]:
    at, what = about
    with_value = [one for one in events if one.value > 0]
    unasked = [one for one in events if one.value <= 0 and not one.asked]
    if len(with_value) > 1:
        yield Fault("told", at, f"{channel} is told {len(with_value)} events of one {what}: {_events(events)}", who)
    elif not with_value and what == "sale":
        yield Fault("told_nothing", at, f"{channel} is told no event with a value of a sale", who)
    if unasked:
        yield Fault("told", at, f"{channel} is told {unasked[0].event} without a value", who)


def _events(events: list[Told]) -> str:
    return ", ".join(f"{one.event} {one.value:.2f}" for one in events)


def _a(what: str) -> str:
    return f"an {what}" if what.startswith(("i", "u")) else f"a {what}"
