"""Proves a whole account: every offer, on the work of those that no simulation can tell from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

from trackform.flow.build import Flow, Sold
from trackform.flow.likeness import Likeness, shape, with_few_upsells
from trackform.flow.proof import Cell, Violation, named_as, played_again, proved, told_to
from trackform.flow.sequences import Sequence as SoldSequence
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import Setup, SoldProduct
from trackform_core.text.counted import first_few

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
        first: the offer that was simulated, of this account or of one that was judged before.
    """

    name: str
    offers: tuple[Sold, ...]
    simulated: tuple[Cell, ...]
    first: Sold

    @property
    def channels(self) -> tuple[str, ...]:
        return self.offers[0].setup.channels

    @property
    def waiting(self) -> tuple[str, ...]:
        """Channels that hear of it as soon as what is paused is started."""
        return self.offers[0].waiting

    @cached_property
    def senders(self) -> Mapping[str, str]:
        """Its connections by those of the offer that was simulated."""
        return dict(zip(_senders(self.first), _senders(self.offers[0]), strict=True))

    @cached_property
    def _product(self) -> SoldProduct:
        return with_few_upsells(self.offers[0].setup, self.offers[0].product)

    @cached_property
    def _sequences(self) -> dict[int, SoldSequence]:
        """Its own sequence for each of those that were simulated."""
        own = sequences_of(self._product)
        return {id(cell.sequence): sequence for cell, sequence in zip(self.simulated, own, strict=True)}

    @cached_property
    def _is_named_alike(self) -> bool:
        return all(name == own for name, own in self.senders.items())

    def of_its_own(self, cell: Cell) -> Cell:
        """A shared cell as one of its own product, over the connections of the first."""
        return replace(cell, product=self._product, sequence=self._sequences[id(cell.sequence)])

    def own(self, cell: Cell) -> Cell:
        """A shared cell in its own names, and with the amounts that its own offers book."""
        setup = self.offers[0].setup
        books_otherwise = setup.offer_payout != self.first.setup.offer_payout and cell.may_book_payout
        if not cell.violations or (self._is_named_alike and not books_otherwise):
            return cell
        own = named_as(self.of_its_own(cell), self.senders)
        channels = (*self.channels, *self.waiting)
        return played_again(own, replace(setup, channels=channels)) if books_otherwise else own

    def own_violation(self, violation: Violation) -> Violation:
        """A violation of a shared cell in its own names."""
        return violation if self._is_named_alike else violation.over(self.senders)

    @cached_property
    def once_started(self) -> tuple[Cell, ...]:
        """Its shared cells with what these would be told."""
        return tuple(told_to(cell, self.waiting) for cell in self.simulated if cell.tells_wrongly and self.waiting)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Its own cells: with what its channels are told."""
        return tuple(told_to(self.own(cell), self.channels) for cell in self.simulated)

    @cached_property
    def judged(self) -> tuple[Cell, ...]:
        """The shared cells as far as faults go: its own where a channel is told something wrong."""
        return tuple(told_to(cell, self.channels) if cell.tells_wrongly else cell for cell in self.simulated)


@dataclass(frozen=True)
class Asked:
    """What a proof depends on, and two of them are compared by: the shape, and what is the account's own.

    ``setup`` is that of the offer with all of the account's channels.
    """

    shape: Likeness
    of_account: str = field(init=False)
    sold: Sold = field(compare=False)
    setup: Setup = field(compare=False)
    known: Mapping[str, str] = field(compare=False)

    def __post_init__(self) -> None:
        own = (self.setup.types, self.setup.channels, self.setup.rates, sorted(self.known.items()))
        object.__setattr__(self, "of_account", repr(own))


@lru_cache(MOST_KEPT)
def _cells(asked: Asked) -> tuple[tuple[Cell, ...], Sold]:
    """The cells, in the names of the offer that was simulated."""
    return tuple(proved(asked.setup, asked.sold.product, asked.known)), asked.sold


def prove_account(flow: Flow, known: Mapping[str, str]) -> list[Proof]:
    """A proof for each product and each sort of offers that sell it, in the order of the file."""
    simulated: dict[Any, tuple[tuple[Cell, ...], Sold]] = {}
    alike: dict[tuple[Any, ...], list[Sold]] = {}
    for sold in flow.sold:
        key = shape(sold.setup, sold.product)
        if key not in simulated:
            setup = replace(sold.setup, channels=flow.channels_once_started)
            simulated[key] = _cells(Asked(key, sold, setup, known))
        cells, _ = simulated[key]
        tells_payout = any(cell.books_payout for cell in cells)
        own = (sold.setup.channels, sold.waiting, sold.setup.offer_payout if tells_payout else None)
        alike.setdefault((sold.product.id, own, key), []).append(sold)
    sorts = Counter(product for product, *_ in alike)
    return [
        Proof(_name(offers, only=sorts[product] == 1), tuple(offers), *simulated[key])
        for (product, _, key), offers in alike.items()
    ]


def _senders(sold: Sold) -> tuple[str, ...]:
    """The connections that its proof speaks of."""
    return tuple(connection.name for connection in sold.setup.connections)


def _name(offers: Sequence[Sold], *, only: bool) -> str:
    first = offers[0]
    return first.name if only else f"{first.name} (offer{'s' if len(offers) > 1 else ''} {named(offers)})"


def named(offers: Sequence[Sold]) -> str:
    """The names of the first few."""
    return first_few([sold.offer for sold in offers], MOST_NAMED)
