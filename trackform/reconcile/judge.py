"""Whether a conversion is what its transaction should have become."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from trackform.reconcile.model import Booking, Conversion, Finding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trackform.reconcile.connections import Connection

CENT = Decimal("0.01")
COUNTS = ("", "approved")
"""Statuses that count as revenue; RedTrack's others are pending, declined and, for a mistake, error (help centre)."""


@dataclass(frozen=True)
class Rules:
    """When two amounts are the same."""

    home: str = ""
    """Currency of the RedTrack account; empty when it is not declared, as no API tells it."""
    rates: Mapping[tuple[str, str], Decimal] = field(default_factory=dict)
    """(from, to) -> what one unit is worth."""
    tolerance: Decimal = Decimal("0.02")
    """Share by which a converted amount may differ: rates are the day's, and each side rounds."""

    def converted(self, amount: Decimal, source: str, target: str) -> Decimal | None:
        """The amount in another currency, unrounded; ``None`` without a rate."""
        if source == target or not amount:
            return amount
        rate = self.rates.get((source, target))
        return None if rate is None else amount * rate

    def same(self, found: Decimal, wanted: Decimal, *, exactly: bool) -> bool:
        if exactly:
            return abs(found - wanted) < CENT
        return abs(found - wanted) <= max(CENT, abs(wanted) * self.tolerance)


def judged(booking: Booking, conversion: Conversion, connection: Connection | None, rules: Rules) -> list[Finding]:
    """What is wrong with a conversion. A wrong currency says nothing about the amount, so that is not told as well."""
    found = []
    if booking.click_id and conversion.click_id != booking.click_id:
        found.append(Finding("wrong_click", f"booked for click {conversion.click_id}, not {booking.click_id}"))
    if conversion.status not in COUNTS:
        found.append(Finding("wrong_status", f"its status is {conversion.status}, which does not count"))
    sent = (connection.type_sent(conversion) or connection.type_of(booking)) if connection else ""
    if sent and conversion.type != sent:
        found.append(Finding("wrong_type", _type(conversion, sent)))
    currency = _currency(booking, conversion, connection)
    amount = "" if currency else _amount(booking, conversion, connection, rules)
    if currency:
        found.append(Finding("wrong_currency", currency))
    if amount:
        found.append(Finding("wrong_amount", amount))
    return found


def value_of(conversion: Conversion, rules: Rules) -> Decimal:
    """What a conversion counts, in its own currency."""
    return conversion.payout if conversion.currency and conversion.currency == rules.home else conversion.amount


def _type(conversion: Conversion, sent: str) -> str:
    reason = ": no conversion type has exactly this name, in this case" if conversion.is_default else ""
    return f"sent as {sent}, booked as {conversion.type or 'nothing'}{reason}"


def _currency(booking: Booking, conversion: Conversion, connection: Connection | None) -> str:
    if connection is None:
        return ""
    wanted = connection.currency or booking.currency
    told = connection.told(conversion, "currency")
    if told and told != wanted:
        return f"the postback sent {told}, the account file has {wanted}"
    if conversion.currency and conversion.currency != wanted:
        return f"{conversion.amount} {wanted} were booked as {conversion.currency}"
    return ""


def _amount(booking: Booking, conversion: Conversion, connection: Connection | None, rules: Rules) -> str:
    currency = (connection.currency if connection else conversion.currency) or booking.currency
    wanted = rules.converted(booking.amount, booking.currency, currency)
    if wanted is not None and not rules.same(conversion.amount, wanted, exactly=currency == booking.currency):
        earned = f"{wanted:.2f} {currency}"
        if currency != booking.currency:
            earned += f" ({booking.amount} {booking.currency})"
        return f"{conversion.amount} arrived for a commission of {earned}"
    own = conversion.currency or currency
    counted = rules.converted(conversion.amount, own, rules.home) if rules.home else None
    if counted is not None and not rules.same(conversion.payout, counted, exactly=own == rules.home):
        return f"{conversion.payout} {rules.home} are counted of the {conversion.amount} {own} that arrived"
    return ""
