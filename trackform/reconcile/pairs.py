"""Pairs conversions with transactions: by transaction id, else by click and what else both sides carry."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from trackform.reconcile.connections import DeclaredConnection, connection_behind
from trackform.reconcile.model import ZERO, Booking, Conversion
from trackform_digistore24.marker import SUB

if TYPE_CHECKING:
    from collections.abc import Iterable

EARLY = timedelta(days=1)
"""How much before its transaction a conversion may seem to be: two clocks, two time zones."""

LATE = timedelta(days=10)
"""How long Digistore24 repeats a delivery that fails: documented for its IPN, presumed for S2S postbacks."""


@dataclass(frozen=True)
class Arrival:
    """A conversion with the connection that its marker names."""

    conversion: Conversion
    connection: DeclaredConnection | None

    @property
    def books_the_commission(self) -> bool:
        return self.connection is not None and self.connection.books is None


@dataclass
class Pairs:
    """Arrivals by transaction id, and those that belong to no transaction."""

    of: dict[str, list[Arrival]] = field(default_factory=dict)
    rest: list[Arrival] = field(default_factory=list)


def paired(bookings: list[Booking], conversions: Iterable[Conversion], connections: list[DeclaredConnection]) -> Pairs:
    """Pair every conversion of Digistore24's order events with its transaction.

    Conversions of further dimensions that book what they are declared to are left out, and so is whatever comes
    neither from a connection of this file nor from its offer sources.
    """
    by_id = {booking.transaction_id: booking for booking in bookings}
    sources = {connection.offer_source for connection in connections} - {""}
    pairs = Pairs()
    unnamed: list[Arrival] = []
    naming_another: list[Arrival] = []
    for conversion in conversions:
        arrival = Arrival(conversion, connection_behind(conversion, connections))
        connection = arrival.connection
        if connection is not None and connection.books is not None and conversion.amount == connection.books:
            continue
        carried = connection.macro_value(conversion, "transaction_id") if connection else None
        transaction_id = carried or (conversion.event_id if conversion.event_id in by_id else None)
        if connection is None and conversion.amount == ZERO:
            continue
        if carried in by_id and not _tells_of(arrival, by_id[carried]):
            # Whether a return, or an upsell, has an id of its own or names the first payment is not published.
            naming_another.append(arrival)
        elif transaction_id in by_id:
            pairs.of.setdefault(transaction_id, []).append(arrival)
        elif carried is not None:
            pairs.rest.append(arrival)
        elif connection is not None or _is_unmarked(conversion, sources):
            unnamed.append(arrival)
    for arrival in _by_click(bookings, naming_another, pairs):
        named = arrival.connection and arrival.connection.macro_value(arrival.conversion, "transaction_id")
        pairs.of.setdefault(named or "", []).append(arrival)
    pairs.rest += _by_click(bookings, unnamed, pairs)
    return pairs


def _is_unmarked(conversion: Conversion, sources: set[str]) -> bool:
    """From one of the offer sources, and not from another file's connection."""
    return conversion.offer_source in sources and not conversion.subs.get(SUB)


def _by_click(bookings: list[Booking], unnamed: list[Arrival], pairs: Pairs) -> list[Arrival]:
    """Pair what carries no transaction id: the best fitting amount first, one for each transaction that has none.

    What is left then and equals a transaction's commission is that transaction once more. The others are given back.
    """
    of_click: dict[str, list[Booking]] = {}
    for booking in bookings:
        if booking.click_id:
            of_click.setdefault(booking.click_id, []).append(booking)
    options = sorted(
        (
            (abs(arrival.conversion.amount - booking.amount), abs(arrival.conversion.at - booking.at), at, number)
            for at, arrival in enumerate(unnamed)
            for number, booking in enumerate(of_click.get(arrival.conversion.click_id, []))
            if _fits(arrival, booking)
        ),
    )
    taken: set[int] = set()
    for again in (False, True):
        for off, _, at, number in options:
            transaction_id = of_click[unnamed[at].conversion.click_id][number].transaction_id
            if at not in taken and ((again and off == ZERO) or transaction_id not in pairs.of):
                pairs.of.setdefault(transaction_id, []).append(unnamed[at])
                taken.add(at)
    return [arrival for at, arrival in enumerate(unnamed) if at not in taken]


def _fits(arrival: Arrival, booking: Booking) -> bool:
    at = arrival.conversion.at
    return booking.at - EARLY <= at <= booking.at + LATE and _carries(arrival, booking)


def _tells_of(arrival: Arrival, booking: Booking) -> bool:
    """Whether a conversion that names this transaction can be its own."""
    connection = arrival.connection
    return connection is None or (booking.kind in connection.events and _carries(arrival, booking))


def _carries(arrival: Arrival, booking: Booking) -> bool:
    """Whether nothing that a conversion carries is another than of this transaction."""
    conversion, connection = arrival.conversion, arrival.connection
    facts = {
        "order_id": booking.order_id,
        "product_id": booking.product_id,
        "transaction_type": booking.kind,
        "order_type": "" if booking.upsell is None else "upsell" if booking.upsell else "initial_sale",
    }
    carried = {macro: connection.macro_value(conversion, macro) if connection else None for macro in facts}
    return all(not carried[macro] or not fact or carried[macro] == fact for macro, fact in facts.items())
