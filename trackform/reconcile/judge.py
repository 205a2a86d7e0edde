"""Judges a conversion by the transaction that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from trackform.reconcile.model import ZERO, Booking, BookingFinding, Conversion

if TYPE_CHECKING:
    from collections.abc import Mapping

    from trackform.reconcile.connections import DeclaredConnection

CENT = Decimal("0.01")


@dataclass(frozen=True)
class AmountRules:
    """Rules for amounts: their conversion, and when two are the same."""

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

    def same(self, booked: Decimal, wanted: Decimal, *, exactly: bool) -> bool:
        if exactly:
            return abs(booked - wanted) < CENT
        return abs(booked - wanted) <= max(CENT, abs(wanted) * self.tolerance)


def judged(
    booking: Booking, conversion: Conversion, connection: DeclaredConnection | None, rules: AmountRules
) -> list[BookingFinding]:
    """The findings on a conversion. Under a wrong currency the amount says nothing, so it is not judged as well."""
    findings = []
    if booking.click_id and conversion.click_id != booking.click_id:
        findings.append(
            BookingFinding("wrong_click", f"booked for click {conversion.click_id}, not {booking.click_id}")
        )
    if not conversion.is_revenue:
        findings.append(BookingFinding("wrong_status", f"its status is {conversion.status}, which does not count"))
    sent = (connection.type_sent(conversion) or connection.type_of(booking)) if connection else ""
    if sent and conversion.type != sent:
        findings.append(BookingFinding("wrong_type", _type(conversion, sent)))
    currency = _currency(booking, conversion, connection)
    amount = "" if currency else _amount(booking, conversion, connection, rules)
    if currency:
        findings.append(BookingFinding("wrong_currency", currency))
    if amount:
        findings.append(BookingFinding("wrong_amount", amount))
    return findings


def value_of(conversion: Conversion, rules: AmountRules) -> Decimal:
    """The revenue of a conversion, in its own currency."""
    if not conversion.is_revenue:
        return ZERO
    return conversion.payout if conversion.currency and conversion.currency == rules.home else conversion.amount


def _type(conversion: Conversion, sent: str) -> str:
    reason = ": no conversion type has exactly this name, in this case" if conversion.is_default else ""
    return f"sent as {sent}, booked as {conversion.type or 'nothing'}{reason}"


def _currency(booking: Booking, conversion: Conversion, connection: DeclaredConnection | None) -> str:
    if connection is None:
        return ""
    wanted = connection.currency or booking.currency
    sent = connection.macro_value(conversion, "currency")
    if sent and sent != wanted:
        return f"the postback sent {sent}, the account file has {wanted}"
    if conversion.currency and conversion.currency != wanted:
        return f"{conversion.amount} {wanted} were booked as {conversion.currency}"
    return ""


def _amount(booking: Booking, conversion: Conversion, connection: DeclaredConnection | None, rules: AmountRules) -> str:
    currency = (connection.currency if connection else conversion.currency) or booking.currency
    wanted = rules.converted(booking.amount, booking.currency, currency)
    if wanted is not None and not rules.same(conversion.amount, wanted, exactly=currency == booking.currency):
        earned = f"{wanted:z.2f} {currency}"
        if currency != booking.currency:
            earned += f" ({booking.amount} {booking.currency})"
        return f"{conversion.amount} arrived for a commission of {earned}"
    own = conversion.currency or currency
    counted = rules.converted(conversion.amount, own, rules.home) if rules.home else None
    if counted is not None and not rules.same(conversion.payout, counted, exactly=own == rules.home):
        return f"{conversion.payout} {rules.home} are counted of the {conversion.amount} {own} that arrived"
    return ""
