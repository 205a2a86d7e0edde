"""Proves a whole account: every offer, on the work of those that no simulation can tell from it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trackform.flow.build import Flow, Sold
from trackform.flow.proof import Cell, proved, shape, told_to

MOST_NAMED = 3


@dataclass(frozen=True)
class Proof:
    """The proof of one product, over the offers for which all of it is the same.

    Attributes:
        name: of the product, with its offers where others of the same product have another proof.
    """

    name: str
    offers: tuple[Sold, ...]
    cells: tuple[Cell, ...]


def prove_account(flow: Flow, known: Mapping[str, str]) -> list[Proof]:
    """A proof for each product and each sort of offers that sell it, in the order of the file."""
    simulated: dict[Any, list[Cell]] = {}
    alike: dict[tuple[Any, ...], list[Sold]] = {}
    for sold in flow.sold:
        key = shape(sold.setup, sold.product)
        if key not in simulated:
            simulated[key] = proved(replace(sold.setup, channels=flow.channels), sold.product, known)
        alike.setdefault((sold.product.id, sold.setup.channels, key), []).append(sold)
    sorts = Counter(product for product, *_ in alike)
    heard: dict[tuple[Any, ...], tuple[Cell, ...]] = {}
    proofs = []
    for (product, channels, key), offers in alike.items():
        if (channels, key) not in heard:
            heard[channels, key] = tuple(told_to(cell, channels) for cell in simulated[key])
        proofs.append(Proof(_name(offers, only=sorts[product] == 1), tuple(offers), heard[channels, key]))
    return proofs


def _name(offers: Sequence[Sold], *, only: bool) -> str:
    first = offers[0]
    return first.name if only else f"{first.name} (offer{'s' if len(offers) > 1 else ''} {named(offers)})"


def named(offers: Sequence[Sold]) -> str:
    """The names of the first few."""
    more = f" and {len(offers) - MOST_NAMED} more" if len(offers) > MOST_NAMED else ""
    return ", ".join(sold.offer for sold in offers[:MOST_NAMED]) + more
