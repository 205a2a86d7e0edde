"""Proves the two invariants of the money flow for every product, sequence and open question about the live services.

1. Booked payouts equal earned commissions, after every step of every sequence.
2. A channel is told what it is asked to be told: see `trackform.flow.told`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.explore import explore
from trackform.flow.likeness import with_few_upsells
from trackform.flow.orders import SequenceStep
from trackform.flow.sequences import Sequence, sequences_of
from trackform.flow.setup import Setup, SoldProduct
from trackform.flow.simulate import Simulation, play
from trackform.flow.told import Violation, ViolationKind, channel_violations

__all__ = ["Cell", "Violation", "ViolationKind", "prove", "proved", "settings_that_matter"]

Verdict = Literal["proved", "wrong", "cannot be proved"]
CHOICES = ("told_rebill", "told_nothing")


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

    @property
    def may_book_payout(self) -> bool:
        """Whether RedTrack books what the offer is worth, or might, on one of its settings."""
        return not self.outcome.consulted.keys().isdisjoint(("missing_sum", "zero_sum"))

    @property
    def books_payout(self) -> bool:
        """Whether it does on the likeliest assumptions."""
        return self.assumptions.missing_sum == "offer_payout" and "missing_sum" in self.outcome.consulted

    def only(self, kinds: Collection[ViolationKind]) -> "Cell":
        """The cell as far as violations of these kinds go."""
        of_kind = {setting: tuple(v for v in some if v.kind in kinds) for setting, some in self.violations.items()}
        return replace(self, violations={setting: some for setting, some in of_kind.items() if some})

    def fails_on(self) -> list[tuple[str, str]]:
        """Settings that each alone make it fail."""
        return [failing[0] for failing in self._failing if len(failing) == 1]

    def fails_together(self) -> list[tuple[tuple[str, str], ...]]:
        """Pairs of settings that make it fail together, and neither of them alone."""
        return self._failing_pairs

    @cached_property
    def _failing(self) -> list[tuple[tuple[str, str], ...]]:
        """What differs from the likeliest setting where it fails. Products of one shape share the work."""
        at = list(AXES)
        return sorted(
            (failing for setting in self.violations if (failing := setting.unlike(self.assumptions))),
            key=lambda failing: [(at.index(axis), AXES[axis].index(value)) for axis, value in failing],
        )

    @cached_property
    def _failing_pairs(self) -> list[tuple[tuple[str, str], ...]]:
        alone = set(self.fails_on())
        return [failing for failing in self._failing if len(failing) > 1 and alone.isdisjoint(failing)]


def prove(setup: Setup, product: SoldProduct, known: Mapping[str, str] | None = None) -> list[Cell]:
    """Every sequence of a product on all assumptions that matter; ``known`` ones are taken as given."""
    return [_cell(setup, product, sequence, known or {}) for sequence in sequences_of(product)]


def settings_that_matter(
    setup: Setup, product: SoldProduct, known: Mapping[str, str] | None = None
) -> list[Assumptions]:
    """All settings on which some sequence of a product is tried, the likeliest first."""
    return list(dict.fromkeys(setting for cell in proved(setup, product, known) for setting in cell.tried))


def proved(setup: Setup, product: SoldProduct, known: Mapping[str, str] | None = None) -> list[Cell]:
    """Prove as `prove` does, with two upsells of each sort at most."""
    return prove(setup, with_few_upsells(setup, product), known)


def told_to(cell: Cell, channels: Collection[str]) -> Cell:
    """The cell of an offer on which only these channels buy clicks: what others would be told, nobody is."""
    concerned = {"", *channels}

    def own(some: tuple[Violation, ...]) -> tuple[Violation, ...]:
        return tuple(each for each in some if each.channel in concerned)

    events = tuple(event for event in cell.outcome.events if event.channel in concerned)
    violations = {setting: kept for setting, some in cell.violations.items() if (kept := own(some))}
    outcome = replace(cell.outcome, events=events)
    return replace(cell, outcome=outcome, violations=violations, notes=own(cell.notes))


def named_as(cell: Cell, connections: Mapping[str, str]) -> Cell:
    """The cell over the connections of another offer of the same shape, by those that it speaks of."""
    outcome = replace(
        cell.outcome,
        rows=tuple(replace(row, connection=connections[row.connection]) for row in cell.outcome.rows),
        swallowed=tuple((step, connections[name], reason) for step, name, reason in cell.outcome.swallowed),
    )
    violations = {
        setting: tuple(each.over(connections) for each in some) for setting, some in cell.violations.items()
    }  # fmt: skip
    notes = tuple(each.over(connections) for each in cell.notes)
    return replace(cell, outcome=outcome, violations=violations, notes=notes)


def played_again(cell: Cell, setup: Setup) -> Cell:
    """The cell as it is with this set-up, of which only what is booked and told by amount may differ."""
    steps = cell.sequence.steps
    outcomes = {each: play(setup, cell.product, steps, each) for each in (cell.assumptions, *cell.violations)}
    wrong = {each: _wrong(outcome, steps, setup.channels) for each, outcome in outcomes.items()}
    violations = {each: some for each, some in wrong.items() if some}
    return replace(cell, outcome=outcomes[cell.assumptions], violations=violations)


def booking_violations(setup: Setup, cell: Cell) -> tuple[Violation, ...]:
    """What a set-up books wrongly on the sequence and the likeliest assumptions of a cell."""
    steps = cell.sequence.steps
    return tuple(_booking_violations(play(setup, cell.product, steps, cell.assumptions), steps))


def _cell(setup: Setup, product: SoldProduct, sequence: Sequence, known: Mapping[str, str]) -> Cell:
    outcomes = explore(lambda assumptions: play(setup, product, sequence.steps, assumptions), known)
    violations: dict[Assumptions, tuple[Violation, ...]] = {}
    likeliest, first = next(iter(outcomes.items()))
    notes = [each for each in channel_violations(first, sequence.steps, setup.channels) if each.kind in CHOICES]
    for assumptions, outcome in outcomes.items():
        if wrong := _wrong(outcome, sequence.steps, setup.channels):
            violations[assumptions] = wrong
    return Cell(product, sequence, likeliest, first, violations, tuple(notes), tuple(outcomes))


def _wrong(outcome: Simulation, steps: tuple[SequenceStep, ...], channels: Collection[str]) -> tuple[Violation, ...]:
    of_channels = (each for each in channel_violations(outcome, steps, channels) if each.kind == "told")
    return (*_booking_violations(outcome, steps), *of_channels)


def _booking_violations(outcome: Simulation, steps: tuple[SequenceStep, ...]) -> Iterator[Violation]:
    """The first step at which booked and earned amounts differ, and the connections concerned."""
    for at, (booked, earned) in enumerate(outcome.balance):
        if booked != earned:
            senders = [row.connection for row in outcome.rows if row.step == at and row.received != 0]
            lost = [(name, reason) for step, name, reason in outcome.swallowed if step == at]
            fact = f"after the {steps[at].name} {booked:z.2f} is booked, {earned:z.2f} is earned"
            concerned = [*senders, *(name for name, _ in lost)]
            yield Violation("booked", at, fact, concerned[0] if concerned else "", lost=tuple(lost))
            return
