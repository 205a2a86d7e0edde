"""The comparison as a report for the terminal: totals first, then what is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING

from trackform.documents.columns import FittingRows
from trackform.reconcile.model import MEANING, ZERO
from trackform.reconcile.report import Key, Total, currency_changed, stretches, totals
from trackform_core.text.counted import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from rich.console import RenderableType

    from trackform.reconcile.compare import Period
    from trackform.reconcile.model import Apart, BookingFinding, ComparisonLine

SHOWN = 50
"""Findings shown one by one; the others are in the CSV and the JSON."""

APART: dict[Apart, str] = {
    "elsewhere": "not RedTrack's",
    "in_flight": "too young to be missed",
    "test": "test orders without money",
}


def report(lines: list[ComparisonLine], period: Period, name: str) -> Iterator[RenderableType]:
    """The parts of the report, from top to bottom."""
    by_key = totals(lines)
    currencies: dict[str, Total] = defaultdict(Total)
    for (_, _, _, currency), total in by_key.items():
        currencies[currency] += total
    yield f"{name}: {period.first} to {period.last}, days in {period.zone}"
    for currency, total in sorted(currencies.items()):
        yield (
            f"  {counted(total.order_events, 'order event')}, earned {_amount(total.earned)} {currency}; "
            f"{counted(total.conversions, 'conversion')}, booked {_amount(total.booked)} {currency}"
        )
    kinds = Counter(finding.kind for line in lines for finding in line.findings)
    if not kinds:
        yield "  nothing is wrong" if by_key else "  nothing was booked on either side"
    for kind, count in kinds.most_common():
        yield f"  {count} {kind}: {MEANING[kind]}"
    if last := currency_changed(lines):
        yield (
            f"  every wrong_currency is of {last} or before, and older than the rest: if the currency was changed "
            f"then, that is no loss, and --from {last + timedelta(days=1)} leaves it out"
        )
    yield from _apart(lines)
    if by_key:
        yield _totals(by_key)
    wrong = [(line, finding) for line in lines for finding in line.findings]
    for line, finding in wrong[:SHOWN]:
        yield _finding(line, finding, period)
    if len(wrong) > SHOWN:
        yield f"and {len(wrong) - SHOWN} more: see --csv or --json"
    for stretch in stretches(lines):
        since, until = (period.local(at).strftime("%Y-%m-%d %H:%M") for at in (stretch.since, stretch.until))
        yield (
            f"connection {stretch.connection}: nothing arrived from {since} to {until} "
            f"({stretch.missing} order events). Was it inactive, or the tracking domain down?"
        )


def _apart(lines: Iterable[ComparisonLine]) -> Iterator[str]:
    groups: dict[tuple[Apart, str, str], list[Decimal]] = defaultdict(list)
    for line in lines:
        if line.apart:
            groups[line.apart, line.why, line.currency].append(line.expected or ZERO)
    for (apart, why, currency), amounts in sorted(groups.items()):
        yield f"  {len(amounts)} {APART[apart]} ({why}), {_amount(sum(amounts, ZERO))} {currency}: no loss"


HEADS = (
    "day", "product", "type", "currency", "order events", "conversions", "earned", "booked", "difference", "findings",
)  # fmt: skip
AMOUNTS = HEADS[4:9]


def _totals(by_key: dict[Key, Total]) -> FittingRows:
    rows = []
    for (day, product, sort, currency), total in by_key.items():
        off = None if total.earned is None else total.booked - total.earned
        findings = ", ".join(f"{count} {kind}" for kind, count in total.findings.most_common())
        rows.append((
            str(day), _plain(product) or "?", _plain(sort), _plain(currency), str(total.order_events),
            str(total.conversions), _amount(total.earned), _amount(total.booked),
            _amount(off) if off else "", findings,
        ))  # fmt: skip
    return FittingRows(HEADS, rows, AMOUNTS)


def _finding(line: ComparisonLine, finding: BookingFinding, period: Period) -> str:
    booking = line.booking
    clicks = dict.fromkeys(conversion.click_id for conversion in line.conversions)
    click = (booking.click_id if booking else "") or " ".join(clicks)
    who = f"order {booking.order_id}, transaction {booking.transaction_id}, " if booking else ""
    subject = " ".join(filter(None, (finding.kind, line.product, line.type)))
    return _plain(f"{period.local(line.at):%Y-%m-%d %H:%M} {subject}: {finding.message} ({who}click {click})")


def _plain(text: str) -> str:
    """Without what a terminal would obey: a click id is whatever somebody wrote into a link."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _amount(amount: Decimal | None) -> str:
    return "?" if amount is None else f"{amount:z,.2f}"
