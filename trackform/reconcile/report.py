"""The comparison as totals, as rows for CSV and JSON, and as stretches of time in which nothing arrived."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeAlias

from trackform.reconcile.model import ZERO, ComparisonLine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from decimal import Decimal

STRETCH = 3
"""Order events in a row, of one connection, that make a stretch: fewer may be chance."""

COLUMNS = (
    "verdict", "day", "at", "product", "type", "currency", "expected", "booked", "booked_currency", "conversions",
    "click_id", "transaction_id", "order_id", "connection", "conversion_ids", "message",
)  # fmt: skip


@dataclass
class Total:
    """What was booked on both sides of one kind of order event. ``earned`` is ``None`` where a rate is missing."""

    order_events: int = 0
    conversions: int = 0
    earned: Decimal | None = ZERO
    booked: Decimal = ZERO
    findings: Counter[str] = field(default_factory=Counter)

    def __iadd__(self, other: Total) -> Total:  # noqa: PYI034 -- nobody derives from it
        self.order_events += other.order_events
        self.conversions += other.conversions
        self.earned = None if self.earned is None or other.earned is None else self.earned + other.earned
        self.booked += other.booked
        self.findings += other.findings
        return self


Key: TypeAlias = "tuple[date, str, str, str]"


def totals(lines: Iterable[ComparisonLine]) -> dict[Key, Total]:
    """Totals by (day, product, type, currency), without what is listed apart."""
    by_key: dict[Key, Total] = {}
    for line in lines:
        if line.apart:
            continue
        place = (line.day, line.product, line.type)
        own = Total(int(line.booking is not None), 0, line.expected, ZERO, Counter(f.kind for f in line.findings))
        entries = {line.currency: own}
        for currency, amount in line.booked.items():
            entries.setdefault(currency, Total()).booked += amount
        for conversion in line.conversions:
            entries[conversion.currency or line.currency].conversions += 1
        for currency, entry in entries.items():
            key = (*place, currency)
            by_key[key] = by_key.get(key, Total())
            by_key[key] += entry
    return dict(sorted(by_key.items()))


@dataclass(frozen=True)
class Stretch:
    """A time in which one connection's order events did not arrive: it was inactive, or the domain was down."""

    connection: str
    since: datetime
    until: datetime
    missing: int


def stretches(lines: Iterable[ComparisonLine]) -> list[Stretch]:
    """Stretches of missing order events, with none that arrived between them."""
    gaps: list[Stretch] = []
    of_connection: dict[str, list[ComparisonLine]] = {}
    for line in lines:
        # An unknown click, or none, says nothing about the connection: there was nobody to credit.
        if line.booking and line.connection and not line.apart and line.verdict not in ("unknown_click", "no_click"):
            of_connection.setdefault(line.connection, []).append(line)
    for name, own in of_connection.items():
        for arrived, group in groupby(own, key=lambda line: bool(line.conversions)):
            run = list(group)
            if not arrived and len(run) >= STRETCH:
                gaps.append(Stretch(name, run[0].at, run[-1].at, len(run)))
    return sorted(gaps, key=lambda stretch: stretch.since)


def currency_changed(lines: Iterable[ComparisonLine]) -> date | None:
    """The last day with order events in another currency, where all of them are older than all in the right one.

    So it is after a change of currency: what was booked before stays as it was booked, and is no loss.
    """
    booked = [line for line in lines if line.booking and line.conversions and not line.apart]
    wrong = [line for line in booked if any(finding.kind == "wrong_currency" for finding in line.findings)]
    right = [line.at for line in booked if line not in wrong]
    last = max(wrong, key=lambda line: line.at, default=None)
    return last.day if last and right and last.at < min(right) else None


def as_row(line: ComparisonLine) -> dict[str, Any]:
    """One line with the fields of ``COLUMNS``; amounts as texts, so that nobody rounds them."""
    booking = line.booking
    clicks = dict.fromkeys(conversion.click_id for conversion in line.conversions)
    return {
        "verdict": line.verdict,
        "day": str(line.day),
        "at": line.at.isoformat(timespec="seconds"),
        "product": line.product,
        "type": line.type,
        "currency": line.currency,
        "expected": None if line.expected is None else f"{line.expected:z.2f}",
        "booked": " ".join(f"{amount:z.2f}" for amount in line.booked.values()),
        "booked_currency": " ".join(line.booked),
        "conversions": len(line.conversions),
        "click_id": (booking.click_id if booking else "") or " ".join(clicks),
        "transaction_id": booking.transaction_id if booking else "",
        "order_id": booking.order_id if booking else "",
        "connection": line.connection,
        "conversion_ids": " ".join(conversion.id for conversion in line.conversions),
        "message": "; ".join(finding.message for finding in line.findings) or line.why,
    }


def as_document(lines: list[ComparisonLine]) -> dict[str, Any]:
    """The whole comparison for machines."""
    return {
        "totals": [
            {
                "day": str(day), "product": product, "type": sort, "currency": currency,
                "order_events": total.order_events, "conversions": total.conversions,
                "earned": None if total.earned is None else f"{total.earned:z.2f}", "booked": f"{total.booked:z.2f}",
                "findings": dict(total.findings),
            }
            for (day, product, sort, currency), total in totals(lines).items()
        ],
        "findings": [
            {"kind": finding.kind} | as_row(line) | {"message": finding.message}
            for line in lines
            for finding in line.findings
        ],
        "apart": [as_row(line) for line in lines if line.apart],
        "stretches": [
            {
                "connection": stretch.connection, "since": stretch.since.isoformat(timespec="seconds"),
                "until": stretch.until.isoformat(timespec="seconds"), "missing": stretch.missing,
            }
            for stretch in stretches(lines)
        ],
    }  # fmt: skip
