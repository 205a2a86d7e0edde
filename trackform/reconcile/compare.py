"""Compares Digistore24's bookings with RedTrack's: one line for every order event, with a verdict."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from trackform.reconcile.connections import DeclaredConnection, is_test
from trackform.reconcile.judge import AmountRules, judged, value_of
from trackform.reconcile.model import ZERO, Apart, Booking, BookingFinding, ComparisonLine, Conversion, Kind
from trackform.reconcile.pairs import Arrival, paired

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime, tzinfo
    from decimal import Decimal

CLICK_ID = re.compile(r"[0-9a-f]{24}")
"""The form of RedTrack's click ids (seen in client code)."""


@dataclass(frozen=True)
class Period:
    """Days, both ends included, in the time zone of Digistore24's account."""

    first: date
    last: date
    zone: tzinfo
    now: datetime

    def local(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def day(self, at: datetime) -> date:
        return self.local(at).date()

    def age(self, at: datetime) -> timedelta:
        """How long ago that was. Two times of one zone are subtracted as clocks show them, across a change of these."""
        return self.now.astimezone(UTC) - at.astimezone(UTC)

    def holds(self, at: datetime) -> bool:
        return self.first <= self.day(at) <= self.last


@dataclass(frozen=True)
class Terms:
    """The terms of a comparison: its period, when two amounts are the same, and when a missing one is lost."""

    period: Period
    rules: AmountRules = field(default_factory=AmountRules)
    grace: timedelta = timedelta(0)
    """How old an order event must be before its conversion is missed."""
    strangers: frozenset[str] = frozenset()
    """Click ids that look like RedTrack's and are not in its click log."""
    products: frozenset[str] = frozenset()
    """Ids of the products that the account file names, besides those of its connections."""


def reconcile(
    bookings: list[Booking], conversions: Iterable[Conversion], connections: list[DeclaredConnection], terms: Terms
) -> list[ComparisonLine]:
    """One line for every order event and every conversion without one, in order of time.

    Both lists reach beyond the period: a booking at 23:59 may arrive at 00:01, or ten days later. Only what belongs
    into the period makes a line.
    """
    pairs = paired(bookings, conversions, connections)
    compared = _Compared(connections, terms)
    for booking in bookings:
        arrivals = pairs.of.get(booking.transaction_id, [])
        if terms.period.holds(booking.at) and (arrivals or booking.kind in EVENTS or booking.amount):
            compared.order_event(booking, arrivals)
    for arrival in pairs.rest:
        if terms.period.holds(arrival.conversion.at):
            compared.without_event(arrival)
    return sorted(compared.lines, key=lambda line: (line.at, line.booking.transaction_id if line.booking else ""))


EVENTS = ("payment", "refund", "chargeback")
"""Transactions that a connection tells. A fourth type, `refund_request`, moves no money (published OpenAPI)."""


def doubtful_clicks(lines: Iterable[ComparisonLine]) -> list[tuple[str, date]]:
    """(click id, day of the order) of missing sales, where the click left no trace at all: is it RedTrack's?"""
    seen = Counter(conversion.click_id for line in lines for conversion in line.conversions)
    doubtful: dict[str, date] = {}
    for line in lines:
        if line.booking and line.verdict == "missing" and not seen[line.booking.click_id]:
            doubtful.setdefault(line.booking.click_id, line.booking.ordered or line.day)
    return list(doubtful.items())


class _Compared:
    """Collects the lines of a comparison."""

    def __init__(self, connections: list[DeclaredConnection], terms: Terms) -> None:
        self.connections = [connection for connection in connections if connection.books is None]
        covered = {product for connection in self.connections for product in connection.products}
        self.products = terms.products | covered
        self.terms = terms
        self.lines: list[ComparisonLine] = []

    def order_event(self, booking: Booking, arrivals: list[Arrival]) -> None:
        covering = [connection for connection in self.connections if connection.covers(booking)]
        if not arrivals:
            self._not_arrived(booking, covering)
            return
        main, *others = sorted(arrivals, key=lambda arrival: self._fit(booking, arrival))
        connection = main.connection or next(iter(covering), None)
        if booking.test:
            if findings := _test_findings(arrivals):
                self._add(booking, arrivals, connection, findings=findings)
            else:
                self._add(booking, arrivals, connection, apart="test", why="a test order, booked without money")
            return
        findings = judged(booking, main.conversion, main.connection, self.terms.rules)
        booked = [arrival for arrival in arrivals if arrival.conversion.is_revenue]
        if others and len(booked) > 1:
            findings.append(BookingFinding("doubled", _doubled(booked)))
        self._add(booking, arrivals, connection, findings=findings)

    def without_event(self, arrival: Arrival) -> None:
        conversion, connection = arrival.conversion, arrival.connection
        kind: Kind = "surplus"
        if connection is not None and is_test(conversion, connection):
            if conversion.amount == ZERO or not conversion.is_revenue:
                return
            kind = "test_order"
        elif not conversion.is_revenue:
            # Nothing was earned, and nothing is counted.
            return
        values = {
            name: connection.macro_value(conversion, name) if connection else None
            for name in ("product_id", "order_id")
        }
        message = {
            "test_order": "a test order was booked with money",
            "surplus": "no such transaction at Digistore24"
            + ("" if arrival.books_the_commission else f"; it came from {_origin(arrival)}"),
        }[kind]
        self.lines.append(
            ComparisonLine(
                at=conversion.at,
                day=self.terms.period.day(conversion.at),
                product=values["product_id"] or "",
                type=conversion.type,
                currency=conversion.currency,
                expected=ZERO,
                booked=self._booked([arrival], conversion.currency),
                conversions=(conversion,),
                connection=connection.name if connection else "",
                findings=(BookingFinding(kind, message),),
            )
        )

    def _not_arrived(self, booking: Booking, covering: list[DeclaredConnection]) -> None:
        why = self._elsewhere(booking, covering)
        connection = next(iter(covering), None)
        if booking.test:
            self._add(booking, [], connection, apart="test", why="a test order, not booked")
        elif not booking.click_id and booking.kind in EVENTS and self._is_own(booking):
            message = "it has no click id: the buyer came by a link without one, or the offer URL lost its cid"
            self._add(booking, [], connection, findings=[BookingFinding("no_click", message)])
        elif why:
            self._add(booking, [], connection, apart="elsewhere", why=why)
        elif self.terms.period.age(booking.at) < self.terms.grace:
            self._add(booking, [], connection, apart="in_flight", why="younger than the grace time")
        elif unknown := self._unknown(booking.click_id):
            self._add(booking, [], connection, findings=[BookingFinding("unknown_click", unknown)])
        elif connection is None:
            message = f"no connection of this file books a {booking.kind} of product {booking.product_id or '?'}"
            self._add(booking, [], None, findings=[BookingFinding("missing", message)])
        else:
            message = f"nothing arrived from the connection {connection.name}"
            self._add(booking, [], connection, findings=[BookingFinding("missing", message)])

    def _elsewhere(self, booking: Booking, covering: list[DeclaredConnection]) -> str:
        """Why RedTrack could not book it; empty where it should have."""
        if not booking.click_id:
            return "no click id"
        if not CLICK_ID.fullmatch(booking.click_id) and not _unfilled(booking.click_id):
            return "the click id is not one of RedTrack's"
        if not covering and _named(booking) and not self._is_own(booking):
            return "this file does not name the product"
        return ""

    def _is_own(self, booking: Booking) -> bool:
        """Whether this file names the product that was sold."""
        return bool(_named(booking) & self.products)

    def _unknown(self, click_id: str) -> str:
        """Why RedTrack cannot credit anybody with a sale of this click; empty where it could."""
        if _unfilled(click_id):
            return f"{click_id} came as the click id: the macro of the offer URL was not filled"
        return f"RedTrack's click log has no click {click_id}" if click_id in self.terms.strangers else ""

    def _fit(self, booking: Booking, arrival: Arrival) -> tuple[bool, bool, bool, int, Decimal, datetime]:
        """How badly an arrival fits; the best one is judged, the others are too many."""
        conversion = arrival.conversion
        findings = judged(booking, conversion, arrival.connection, self.terms.rules)
        strange = bool(booking.click_id) and conversion.click_id != booking.click_id
        off = abs(conversion.amount - booking.amount)
        return (
            not arrival.books_the_commission, not conversion.is_revenue, strange, len(findings), off, conversion.at,
        )  # fmt: skip

    def _booked(self, arrivals: list[Arrival], currency: str) -> dict[str, Decimal]:
        booked: dict[str, Decimal] = {}
        for arrival in arrivals:
            name = arrival.conversion.currency or currency
            booked[name] = booked.get(name, ZERO) + value_of(arrival.conversion, self.terms.rules)
        return booked

    def _add(
        self,
        booking: Booking,
        arrivals: list[Arrival],
        connection: DeclaredConnection | None,
        *,
        findings: Iterable[BookingFinding] = (),
        apart: Apart | None = None,
        why: str = "",
    ) -> None:
        currency = (connection.currency if connection else "") or booking.currency
        rules = self.terms.rules
        expected = ZERO if booking.test else rules.converted(booking.amount, booking.currency, currency)
        if apart:
            # Nobody converted what went elsewhere.
            currency, expected = booking.currency, ZERO if booking.test else booking.amount
        sent = connection and arrivals and connection.type_sent(arrivals[0].conversion)
        self.lines.append(
            ComparisonLine(
                at=booking.at,
                day=self.terms.period.day(booking.at),
                product=booking.product_id or booking.main_product_id,
                type=sent or (connection.type_of(booking) if connection else "") or booking.kind,
                currency=currency,
                expected=expected,
                booked=self._booked(arrivals, currency),
                conversions=tuple(arrival.conversion for arrival in arrivals),
                booking=booking,
                connection=connection.name if connection else "",
                findings=tuple(findings),
                apart=apart,
                why=why,
            )
        )


def _named(booking: Booking) -> set[str]:
    """The ids of its product, and of its order's first one, as far as Digistore24 tells them."""
    return {booking.product_id, booking.main_product_id} - {""}


def _unfilled(click_id: str) -> bool:
    """Whether it is still the macro that stands for a click id: somebody bought through a link that RedTrack made."""
    return "{" in click_id and "}" in click_id


def _test_findings(arrivals: list[Arrival]) -> list[BookingFinding]:
    amounts = [arrival.conversion.amount for arrival in arrivals if arrival.conversion.is_revenue]
    total, paid = sum(amounts, ZERO), any(amounts)
    return [BookingFinding("test_order", f"a test order was booked with {total}")] if paid else []


def _doubled(arrivals: list[Arrival]) -> str:
    strange = sorted({_origin(arrival) for arrival in arrivals if not arrival.books_the_commission})
    more = f"; one came from {', '.join(strange)}" if strange else ""
    return f"booked {len(arrivals)} times{more}"


def _origin(arrival: Arrival) -> str:
    if arrival.connection is None:
        return "a connection that this file does not name"
    return f"the connection {arrival.connection.name}, which should not book this"
