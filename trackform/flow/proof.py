"""Proves the two invariants of the money flow for every product, sequence and combination of assumptions.

1. Booked payouts equal earned commissions, after every step of every sequence.
2. A channel is told exactly one event with a value for the first payment of a sale, at most one for an upsell's, and
   nothing of returns, further dimensions, rebills and tests, unless `forward` asks for it.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from typing import Literal

from trackform.flow.assumptions import AXES, Assumptions, every_setting
from trackform.flow.booking import ChannelEvent
from trackform.flow.orders import SequenceStep
from trackform.flow.sequences import Sequence, sequences_of
from trackform.flow.setup import Setup, SoldProduct
from trackform.flow.simulate import Simulation, play

Verdict = Literal["proved", "wrong", "cannot be proved"]
ViolationKind = Literal["booked", "told", "told_rebill", "told_nothing"]
RETURNS = ("refund", "chargeback")
MOST_ALIKE = 2
AMOUNTS = ("{amount_affiliate}", "{amount_affiliate_abs}", "-{amount_affiliate_abs}")


@dataclass(frozen=True)
class Violation:
    """A broken invariant, and at which step.

    ``connection`` is the one that it is about; empty: none sent. ``channel``: who is told; empty: it is about money.
    """

    kind: ViolationKind
    step: int
    said: str
    connection: str = ""
    channel: str = ""


@dataclass(frozen=True)
class Cell:
    """One product and sequence: its outcome on the likeliest assumptions, and the assumptions on which it fails."""

    product: SoldProduct
    sequence: Sequence
    assumptions: Assumptions
    outcome: Simulation
    violations: Mapping[Assumptions, tuple[Violation, ...]]
    """Only for assumptions on which the amounts differ, or a channel gets an event too many."""
    notes: tuple[Violation, ...]
    """What a channel is told that is a choice rather than a mistake: rebills, or nothing at all."""
    tried: tuple[Assumptions, ...]

    @property
    def verdict(self) -> Verdict:
        if not self.violations:
            return "proved"
        return "wrong" if self.assumptions in self.violations else "cannot be proved"

    @cached_property
    def tells_wrongly(self) -> bool:
        """Whether a channel is told anything wrong, on any assumptions."""
        return any(each.channel for some in self.violations.values() for each in some)

    def fails_on(self) -> list[tuple[str, str]]:
        """Assumptions that each alone make it fail, whatever the others are; empty where only a combination does."""
        failing = []
        for axis, values in AXES.items():
            for value in values:
                fitting = [each for each in self.tried if getattr(each, axis) == value]
                others = any(getattr(each, axis) != value for each in self.tried)
                if fitting and others and all(each in self.violations for each in fitting):
                    failing.append((axis, value))
        return failing


def axes_that_matter(setup: Setup) -> set[str]:
    """Assumptions that can change anything for this set-up: the others need not be tried."""
    active = [connection for connection in setup.connections if connection.active]
    modes = {kind.duplicates for kind in setup.types.values()} | {setup.source.mode or "create_new"}
    axes = set()
    if any(not _is_amount(connection.params.get("sum", "")) for connection in active):
        axes.add("missing_sum")
    if any(event in connection.events for connection in active for event in RETURNS):
        axes |= {"refund_amount", "negative_sum"}
    elif any(connection.params.get("sum", "").startswith("-") for connection in active):
        axes.add("negative_sum")
    if modes & {"ignore", "edit", "increment"}:
        axes.add("duplicates")
    if "by_event_id" in modes:
        axes.add("event_ids")
    if len(active) > 1:
        axes.add("order")
    return axes


def prove(setup: Setup, product: SoldProduct, known: Mapping[str, str] | None = None) -> list[Cell]:
    """Every sequence of a product on all assumptions that matter; ``known`` ones are taken as given."""
    tried = tuple(every_setting(axes_that_matter(setup), known or {}))
    return [_cell(setup, product, sequence, tried) for sequence in sequences_of(product)]


def shape(setup: Setup, product: SoldProduct) -> tuple[object, ...]:
    """The properties that decide a product's cells besides its name: offers of one shape are proved together.

    All of one account: its connections, types, domains and rates are the same. Channels only hear what is booked, so a
    proof for all of them holds for each (`told_to`).
    """
    return (
        _traits(setup, product),
        # Only a postback without a sum can book it.
        setup.offer_payout if "missing_sum" in axes_that_matter(setup) else None,
        setup.source,
        setup.account_currency,
        setup.cid,
        setup.default_status,
        tuple(_traits(setup, u) for u in alike(setup, product)),
    )


def alike(setup: Setup, product: SoldProduct) -> tuple[SoldProduct, ...]:
    """The upsells, two of each sort: those that the same connections cover and that are paid alike.

    Two, because one event must not be taken for the other; a third adds nothing.
    """
    sorts: dict[tuple[object, ...], list[SoldProduct]] = {}
    for upsell in product.upsells:
        sort = sorts.setdefault(_traits(setup, upsell), [])
        if len(sort) < MOST_ALIKE:
            sort.append(upsell)
    return tuple(upsell for sort in sorts.values() for upsell in sort)


def proved(setup: Setup, product: SoldProduct, known: Mapping[str, str] | None = None) -> list[Cell]:
    """Prove as `prove` does, with two upsells of each sort at most."""
    return prove(setup, replace(product, upsells=alike(setup, product)), known)


def told_to(cell: Cell, channels: Collection[str]) -> Cell:
    """The cell of an offer on which only these channels buy clicks: what others would be told, nobody is."""
    concerned = {"", *channels}

    def own(some: tuple[Violation, ...]) -> tuple[Violation, ...]:
        return tuple(each for each in some if each.channel in concerned)

    events = tuple(event for event in cell.outcome.events if event.channel in concerned)
    violations = {setting: kept for setting, some in cell.violations.items() if (kept := own(some))}
    outcome = replace(cell.outcome, events=events)
    return replace(cell, outcome=outcome, violations=violations, notes=own(cell.notes))


def booking_violations(setup: Setup, cell: Cell) -> tuple[Violation, ...]:
    """What a set-up books wrongly on the sequence and the likeliest assumptions of a cell."""
    steps = cell.sequence.steps
    return tuple(_booking_violations(play(setup, cell.product, steps, cell.assumptions), steps))


def _traits(setup: Setup, product: SoldProduct) -> tuple[object, ...]:
    covered = tuple(connection.covers(product.id) for connection in setup.connections)
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


def _cell(setup: Setup, product: SoldProduct, sequence: Sequence, tried: tuple[Assumptions, ...]) -> Cell:
    violations: dict[Assumptions, tuple[Violation, ...]] = {}
    first: Simulation | None = None
    notes: list[Violation] = []
    for assumptions in tried:
        outcome = play(setup, product, sequence.steps, assumptions)
        first = first or outcome
        of_channels = [
            replace(each, channel=channel)
            for channel in setup.channels
            for each in _channel_violations(outcome, sequence.steps, (channel,))
        ]
        if assumptions == tried[0]:
            notes = [each for each in of_channels if each.kind in ("told_rebill", "told_nothing")]
        wrong = [*_booking_violations(outcome, sequence.steps), *(each for each in of_channels if each.kind == "told")]
        if wrong:
            violations[assumptions] = tuple(wrong)
    assert first is not None  # noqa: S101 -- there is always a first setting
    return Cell(product, sequence, tried[0], first, violations, tuple(notes), tried)


def _booking_violations(outcome: Simulation, steps: tuple[SequenceStep, ...]) -> Iterator[Violation]:
    """The first step at which booked and earned amounts differ, and the connections concerned."""
    for at, (booked, earned) in enumerate(outcome.balance):
        if booked != earned:
            senders = [row.connection for row in outcome.rows if row.step == at and row.received != 0]
            lost = [(name, reason) for step, name, reason in outcome.swallowed if step == at]
            why = f" ({', '.join(f'{name}: {reason}' for name, reason in lost)})" if lost else ""
            said = f"after the {steps[at].event.replace('_', ' ')} {booked:.2f} is booked, {earned:.2f} is earned{why}"
            concerned = [*senders, *(name for name, _ in lost)]
            yield Violation("booked", at, said, concerned[0] if concerned else "")
            return


def _channel_violations(
    outcome: Simulation, steps: tuple[SequenceStep, ...], channels: Collection[str]
) -> Iterator[Violation]:
    senders = {(row.step, row.type): row.connection for row in outcome.rows}
    for channel in channels:
        for at, step in enumerate(steps):
            events = [event for event in outcome.events if event.channel == channel and event.step == at]
            who = next((senders.get((at, event.type), "") for event in events), "")
            step_name = step.event.replace("_", " ")
            if step.event in ("sale", "upsell"):
                yield from _first_payment_violations(channel, events, (at, step_name), who)
            elif events and (step.event in ("repeat", "test_order") or any(not event.asked for event in events)):
                yield Violation("told", at, f"{channel} is told of {_a(step_name)}: {_events(events)}", who)
            elif events and step.event in ("rebill", "instalment"):
                yield Violation("told_rebill", at, f"{channel} is told of {_a(step_name)}: {_events(events)}", who)


def _first_payment_violations(
    channel: str, events: list[ChannelEvent], about: tuple[int, str], who: str
) -> Iterator[Violation]:
    at, step_name = about
    with_value = [event for event in events if event.value > 0]
    unasked = [event for event in events if event.value <= 0 and not event.asked]
    if len(with_value) > 1:
        yield Violation(
            "told", at, f"{channel} is told {len(with_value)} events of one {step_name}: {_events(events)}", who
        )
    elif not with_value and step_name == "sale":
        yield Violation("told_nothing", at, f"{channel} is told no event with a value of a sale", who)
    if unasked:
        yield Violation("told", at, f"{channel} is told {unasked[0].event} without a value", who)


def _events(events: list[ChannelEvent]) -> str:
    return ", ".join(f"{event.event} {event.value:.2f}" for event in events)


def _a(noun: str) -> str:
    return f"an {noun}" if noun.startswith(("i", "u")) else f"a {noun}"
