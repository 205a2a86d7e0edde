"""What Digistore24 booked beside what of it arrived in RedTrack's conversion log."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from trackform.flow.build import Flow
from trackform.flow.setup import Connection
from trackform.reconcile import rows
from trackform.reconcile.connections import DeclaredConnection, connection_behind, connections_of
from trackform.reconcile.model import Booking, Conversion
from trackform.urls import macros

PAYMENT = "payment"
RETURNS = frozenset({"refund", "chargeback"})
SIGNED = "{amount_affiliate}"
SETTLED = timedelta(hours=1)
"""How long after its order event a postback may still be on its way, before it counts as not come."""
SUBS = tuple(f"sub{number}" for number in range(1, 21))


@dataclass(frozen=True)
class ArrivedConversion:
    """A conversion with the connection that its marker names, and what else RedTrack knows of it.

    Attributes:
        payout: of the offer that was clicked; ``None`` where that is not known.
        link: of that offer.
        expiration: of the offer source, in the unit that is not known; 0 is never.
    """

    row: Mapping[str, Any]
    conversion: Conversion
    connection: Connection
    declared: DeclaredConnection
    payout: Decimal | None
    link: str
    expiration: int

    @property
    def amount(self) -> Decimal:
        return self.conversion.amount

    @property
    def click(self) -> str:
        return self.conversion.click_id

    @property
    def clicked(self) -> datetime | None:
        """When the click was."""
        text = str(self.row.get("track_time") or "")
        return rows.moment(text) if text else None

    @property
    def sent_type(self) -> str:
        """The type that came in, which is the type it counts as where there is such a one."""
        return str(self.row.get("event") or self.conversion.type)

    def macro(self, name: str) -> str | None:
        """The value that a macro had in the postback; ``None`` where its URL does not carry it alone."""
        return self.declared.macro_value(self.conversion, name)

    def carries(self, name: str) -> bool:
        """Whether a sub carries this macro: one that came empty leaves no sub in the log."""
        return any(self.connection.params.get(sub) == f"{{{name}}}" for sub in SUBS)

    @property
    def kind(self) -> str:
        """The order event: as the postback said, or as the only one that fires its connection."""
        sent = self.macro("transaction_type")
        return sent or (next(iter(self.connection.events)) if len(self.connection.events) == 1 else "")

    @property
    def is_return(self) -> bool:
        return self.kind in RETURNS or (bool(self.connection.events) and self.connection.events <= RETURNS)


@dataclass(frozen=True)
class Sales:
    """Bookings and arrivals of one stack."""

    flow: Flow
    bookings: Sequence[Booking]
    currencies: Mapping[str, str]
    """Transaction -> the currency the buyer paid in."""
    positions: Mapping[str, str]
    """Transaction -> which item of its order it is of, where that is told."""
    conversions: Sequence[Mapping[str, Any]]
    payouts: Mapping[str, Any]
    links: Mapping[str, str]
    expirations: Mapping[str, Any]
    now: datetime
    since: date
    """The first day of the conversion log that was read."""

    @cached_property
    def arrivals(self) -> list[ArrivedConversion]:
        """Of the file's connections, oldest first."""
        connections = {connection.name: connection for connection in self.flow.connections}
        declared = connections_of(self.flow.composition)
        arrivals = []
        for row, conversion in zip(self.conversions, rows.conversions(self.conversions), strict=True):
            behind = connection_behind(conversion, declared)
            if behind is not None:
                offer, network = str(row.get("offer_id") or ""), str(row.get("program_id") or "")
                arrivals.append(
                    ArrivedConversion(
                        row, conversion, connections[behind.name], behind,
                        number(str(self.payouts.get(offer))),
                        self.links.get(offer, ""), int(number(str(self.expirations.get(network))) or 0),
                    )
                )  # fmt: skip
        return sorted(arrivals, key=lambda arrival: arrival.conversion.at)

    @cached_property
    def orders(self) -> dict[str, list[Booking]]:
        """Order -> its transactions, oldest first. Test money proves nothing."""
        orders: dict[str, list[Booking]] = defaultdict(list)
        for booking in sorted(self.bookings, key=lambda booking: (booking.at, len(booking.transaction_id))):
            if not booking.test:
                orders[booking.order_id].append(booking)
        return dict(orders)

    @cached_property
    def _order_of_click(self) -> dict[str, str]:
        """Of clicks that one order alone came of."""
        orders: dict[str, set[str]] = defaultdict(set)
        for booking in self.bookings:
            if booking.click_id:
                orders[booking.click_id].add(booking.order_id)
        return {click: next(iter(ids)) for click, ids in orders.items() if len(ids) == 1}

    def order_of(self, arrival: ArrivedConversion) -> str:
        """The order that an arrival is of; empty where nobody can tell."""
        carried = arrival.macro("order_id") or ""
        return carried if carried in self.orders else self._order_of_click.get(arrival.click, "")

    @cached_property
    def by_order(self) -> dict[str, list[ArrivedConversion]]:
        by_order: dict[str, list[ArrivedConversion]] = defaultdict(list)
        for arrival in self.arrivals:
            if order := self.order_of(arrival):
                by_order[order].append(arrival)
        return by_order

    def each_order(self) -> Iterator[tuple[list[Booking], list[ArrivedConversion]]]:
        """The transactions of each order with what arrived of it."""
        for order, bookings in self.orders.items():
            yield bookings, self.by_order.get(order, [])

    def bookings_of(self, arrival: ArrivedConversion) -> list[Booking]:
        """The transactions of the order that an arrival is of."""
        return self.orders.get(self.order_of(arrival), [])

    def is_whole(self, arrival: ArrivedConversion) -> bool:
        """Whether the log holds everything that came of its click: nothing comes before the click."""
        return arrival.clicked is not None and arrival.clicked.date() > self.since

    def is_settled(self, booking: Booking) -> bool:
        """Whether its postback, if it ever comes, has come."""
        return self.now - booking.at >= SETTLED

    def mode(self, name: str) -> str:
        """The duplicate mode of a conversion type of the file; empty where there is none of that name."""
        kind = self.flow.types.get(name)
        return kind.duplicates if kind else ""

    def declared_for(self, booking: Booking) -> list[DeclaredConnection]:
        """The connections that an order event should fire."""
        return [each for each in connections_of(self.flow.composition) if each.covers(booking)]

    def token(self, name: str) -> str:
        """The event id that a connection sends, as its URL has it."""
        connection = next(each for each in self.flow.connections if each.name == name)
        return connection.params.get("rdtk_event_id", "")

    def sums(self, name: str) -> str:
        """The sum that a connection sends, as its URL has it; empty without one."""
        return next(each for each in self.flow.connections if each.name == name).params.get("sum", "")


def is_constant(text: str) -> bool:
    return bool(text) and not macros(text)


def number(text: str) -> Decimal | None:
    """The number that a text is; ``None`` where it is none."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return None
