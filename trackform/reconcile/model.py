"""Bookings of both sides, and the result of comparing them.

Amounts are decimal, in major units; times know their zone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

Kind = Literal[
    "missing",
    "unknown_click",
    "no_click",
    "doubled",
    "wrong_amount",
    "wrong_currency",
    "wrong_type",
    "wrong_click",
    "wrong_status",
    "test_order",
    "surplus",
]
"""What can be wrong with one order event."""

MEANING: dict[Kind, str] = {
    "missing": "Digistore24 booked it, RedTrack did not",
    "unknown_click": "Digistore24 booked it for a click that RedTrack's click log does not hold",
    "no_click": "a product of this file was sold without a click id, so RedTrack cannot credit anybody",
    "doubled": "RedTrack booked it more than once",
    "wrong_amount": "RedTrack booked another amount than the commission",
    "wrong_currency": "the amount was taken for another currency",
    "wrong_type": "RedTrack booked it under another type than the postback sent, such as the default",
    "wrong_click": "RedTrack booked it for another click",
    "wrong_status": "RedTrack booked it with a status that does not count",
    "test_order": "a test order was booked with money",
    "surplus": "RedTrack booked it, Digistore24 knows no such order event",
}

Apart = Literal["elsewhere", "in_flight", "test"]
"""Order events listed apart, which are no loss: the click is another tracker's; too young; a test without money."""

ZERO = Decimal(0)
COUNTS = ("", "approved")
"""Statuses that count as revenue; RedTrack's others are pending, declined and, for a mistake, error (help centre)."""


@dataclass(frozen=True)
class Booking:
    """One transaction of Digistore24, with the commission that the affiliate earns by it (negative when taken back)."""

    transaction_id: str
    order_id: str
    click_id: str
    at: datetime
    kind: str
    amount: Decimal
    currency: str
    product_id: str = ""
    main_product_id: str = ""
    upsell: bool | None = None
    billing_type: str = ""
    test: bool = False
    ordered: date | None = None
    """The day of the order's first payment."""


@dataclass(frozen=True)
class Conversion:
    """One row of RedTrack's conversion log.

    ``amount`` is what arrived, in ``currency``; ``payout`` is the same in the account's currency.
    """

    id: str
    click_id: str
    at: datetime
    type: str
    amount: Decimal
    payout: Decimal
    currency: str
    status: str = ""
    event_id: str = ""
    offer_source: str = ""
    is_default: bool = False
    subs: Mapping[int, str] = field(default_factory=dict)

    @property
    def is_revenue(self) -> bool:
        """Whether RedTrack counts its amount: what is pending or declined is shown, and not booked."""
        return self.status in COUNTS


@dataclass(frozen=True)
class BookingFinding:
    """Something wrong with one order event."""

    kind: Kind
    message: str


@dataclass(frozen=True)
class ComparisonLine:
    """One order event, or one conversion without one, and the verdict on it."""

    at: datetime
    day: date
    product: str
    type: str
    currency: str
    expected: Decimal | None
    """The commission in ``currency``; ``None`` where no rate is known, 0 where nothing was to be booked."""
    booked: Mapping[str, Decimal]
    """What RedTrack booked, by currency."""
    conversions: tuple[Conversion, ...]
    booking: Booking | None = None
    connection: str = ""
    findings: tuple[BookingFinding, ...] = ()
    apart: Apart | None = None
    why: str = ""
    """Why it is listed apart."""

    @property
    def verdict(self) -> str:
        return "+".join(finding.kind for finding in self.findings) or self.apart or "ok"
