"""Proves a whole account: every offer, on the work of those that no simulation can tell from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from trackform.flow.build import Flow, Sold
from trackform.flow.likeness import senders_of, shape, with_few_upsells
from trackform.flow.proof import Cell, named_as, proved, told_to
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import Setup, SoldProduct

MOST_NAMED = 3
MOST_KEPT = 256
"""Proofs of which the work is kept: an account is judged before and after an edit, and most of it is the same then."""


@dataclass(frozen=True)
class Proof:
    """The proof of one product, over the offers for which all of it is the same.

    Attributes:
        name: of the product, with its offers where others of the same product have another proof.
        simulated: what the work came to that it shares with others, for the channels of all of them, in the names of
            the first.
        as_first: this proof's connections by those of the first that it shares with.
    """

    name: str
    offers: tuple[Sold, ...]
    simulated: tuple[Cell, ...]
    as_first: Mapping[str, str] = field(default_factory=dict)

    @property
    def channels(self) -> tuple[str, ...]:
        return self.offers[0].setup.channels

    @property
    def waiting(self) -> tuple[str, ...]:
        """Channels that hear of it as soon as what is paused is started."""
        return self.offers[0].waiting

    @cached_property
    def _own(self) -> tuple[Cell, ...]:
        """The shared cells, those of which something is to be said in this proof's own names."""
        if all(name == own for name, own in self.as_first.items()):
            return self.simulated
        first = self.offers[0]
        product = with_few_upsells(first.setup, first.product)
        return tuple(
            named_as(cell, product, sequence, self.as_first) if cell.violations else cell
            for cell, sequence in zip(self.simulated, sequences_of(product), strict=True)
        )

    @cached_property
    def once_started(self) -> tuple[Cell, ...]:
        """Its cells with what these would be told."""
        return tuple(told_to(cell, self.waiting) for cell in self._own if cell.tells_wrongly and self.waiting)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Its own cells: with what its channels are told."""
        return tuple(told_to(cell, self.channels) for cell in self._own)

    @cached_property
    def judged(self) -> tuple[Cell, ...]:
        """Its cells as far as faults go: the shared ones, but where a channel is told something wrong."""
        return tuple(told_to(cell, self.channels) if cell.tells_wrongly else cell for cell in self._own)


@dataclass(frozen=True)
class Asked:
    """What a proof depends on. ``said`` is all of it, and what two of them are compared by."""

    said: str = field(init=False)
    setup: Setup = field(compare=False)
    product: SoldProduct = field(compare=False)
    known: Mapping[str, str] = field(compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "said", repr((self.setup, self.product, sorted(self.known.items()))))


@lru_cache(MOST_KEPT)
def _cells(asked: Asked) -> tuple[Cell, ...]:
    return tuple(proved(asked.setup, asked.product, asked.known))


def prove_account(flow: Flow, known: Mapping[str, str]) -> list[Proof]:
    """A proof for each product and each sort of offers that sell it, in the order of the file."""
    simulated: dict[Any, tuple[tuple[Cell, ...], tuple[str, ...]]] = {}
    alike: dict[tuple[Any, ...], list[Sold]] = {}
    for sold in flow.sold:
        key = shape(sold.setup, sold.product)
        if key not in simulated:
            setup = replace(sold.setup, channels=flow.channels_once_started)
            simulated[key] = (_cells(Asked(setup, sold.product, known)), _senders(sold))
        alike.setdefault((sold.product.id, (sold.setup.channels, sold.waiting), key), []).append(sold)
    sorts = Counter(product for product, *_ in alike)
    return [
        Proof(
            _name(offers, only=sorts[product] == 1), tuple(offers), simulated[key][0],
            dict(zip(simulated[key][1], _senders(offers[0]), strict=True)),
        )
        for (product, _, key), offers in alike.items()
    ]  # fmt: skip


def _senders(sold: Sold) -> tuple[str, ...]:
    """The connections that its proof speaks of."""
    return tuple(connection.name for connection in senders_of(sold.setup, sold.product))


def _name(offers: Sequence[Sold], *, only: bool) -> str:
    first = offers[0]
    return first.name if only else f"{first.name} (offer{'s' if len(offers) > 1 else ''} {named(offers)})"


def named(offers: Sequence[Sold]) -> str:
    """The names of the first few."""
    more = f" and {len(offers) - MOST_NAMED} more" if len(offers) > MOST_NAMED else ""
    return ", ".join(sold.offer for sold in offers[:MOST_NAMED]) + more
