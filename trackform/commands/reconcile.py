"""``trackform reconcile``: compares Digistore24's bookings with RedTrack's conversion log. Reads only."""

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
from rich.console import Console

from trackform.account_file.compose import Composition
from trackform.commands.folder import FilePath
from trackform.commands.progress import note, under_way
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.documents.report_file import ReportFile, begins
from trackform.documents.whole import print_json
from trackform.operator.in_state import known_of
from trackform.project.live import configuration, refuse_wrong_accounts
from trackform.reconcile import rows
from trackform.reconcile.compare import Period, Terms, doubtful_clicks
from trackform.reconcile.compare import reconcile as compared
from trackform.reconcile.connections import connections_of
from trackform.reconcile.judge import AmountRules
from trackform.reconcile.model import Booking, ComparisonLine, Conversion
from trackform.reconcile.pairs import EARLY, LATE
from trackform.reconcile.report import as_document
from trackform.reconcile.spreadsheet import DIALECTS, Locale, spreadsheet
from trackform.reconcile.table import report
from trackform_core.errors import TrackformError
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_digistore24.bookings import Bookings, Clock
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK

FINDINGS = 2
WIDTH = 160
DAY = click.DateTime(["%Y-%m-%d"])
YEARS = range(2000, 2101)
"""Beyond them nothing was booked, and there are no days before the first or after the last of the calendar."""
MOST_DAYS = 3660


def _of_our_time(_context: click.Context, _option: click.Parameter, day: datetime | None) -> datetime | None:
    if day and day.year not in YEARS:
        raise click.BadParameter(f"{day.date()} is not between {YEARS[0]} and {YEARS[-1]}")
    return day


@click.command()
@stack_options
@click.option(
    "--from", "first", type=DAY, callback=_of_our_time, metavar="DAY",
    help="First day, in Digistore24's time zone: 2026-11-01.",
)  # fmt: skip
@click.option(
    "--to", "last", type=DAY, callback=_of_our_time, metavar="DAY", help="Last day, included; today without it."
)
@click.option(
    "--days", type=click.IntRange(1, MOST_DAYS), default=7, show_default=True, help="Days up to --to, without --from."
)
@click.option("--csv", "table", type=FilePath(dir_okay=False, path_type=Path), help="Write every order event there.")
@click.option(
    "--csv-locale", "locale", type=click.Choice(list(DIALECTS)), default="en", show_default=True,
    help="Whose spreadsheet opens it: de has semicolons, decimal commas and a byte order mark.",
)  # fmt: skip
@click.option(
    "--grace",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    metavar="MINUTES",
    help="What is younger is not missed yet.",
)
@click.option(
    "--tolerance",
    type=click.FloatRange(0, 100),
    default=2.0,
    show_default=True,
    metavar="PERCENT",
    help="How far a converted amount may be off: rates change from day to day.",
)
@click.option(
    "--clicks",
    type=click.IntRange(0),
    default=30,
    show_default=True,
    metavar="N",
    help="Look up to so many clicks in RedTrack's click log, one request each.",
)
def reconcile(
    names: tuple[str, ...],
    every: bool,
    pattern: str | None,
    as_json: bool,
    first: datetime | None,
    last: datetime | None,
    days: int,
    table: Path | None,
    locale: Locale,
    grace: int,
    tolerance: float,
    clicks: int,
) -> None:
    """Compare what Digistore24 booked with RedTrack's conversion log, for the last days or a period.

    Exit status: 0 when every commission was counted once and right, or there is nothing to compare; 2 with findings; 1
    when it could not be compared: of several stacks the others are.
    """
    if first and last and first > last:
        raise click.UsageError("--from is after --to")
    ours = begins(*(dialect.header for dialect in DIALECTS.values()))
    file = ReportFile(table, "trackform reconcile --csv", ours) if table else None
    if file:
        file.refuse_others()
    stacks = composed(chosen_stacks(names, every, pattern), as_json)
    options = ReconcileOptions(
        first.date() if first else None, last.date() if last else None, days, grace, tolerance, clicks
    )
    done, failed = _compared(stacks, options)
    if failed and not done:
        raise click.ClickException("\n".join(failed))
    if file:
        file.write(spreadsheet({name: comparison.lines for name, comparison in done.items()}, locale))
    if as_json:
        print_json({name: comparison.document() for name, comparison in done.items()})
    else:
        # Where nobody looks at a terminal, its width must not fold the totals.
        console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)
        for name, comparison in done.items():
            for part in report(comparison.lines, comparison.period, name):
                console.print(part, soft_wrap=isinstance(part, str), crop=False)
    if failed:
        raise click.ClickException("\n".join(failed))
    if any(line.findings for comparison in done.values() for line in comparison.lines):
        raise click.exceptions.Exit(FINDINGS)


@dataclass(frozen=True)
class ReconcileOptions:
    """Options of the command line. ``grace`` is in minutes, ``tolerance`` in percent."""

    first: date | None
    last: date | None
    days: int
    grace: int
    tolerance: float
    clicks: int


@dataclass(frozen=True)
class Compared:
    """One stack's comparison."""

    lines: list[ComparisonLine]
    period: Period

    def document(self) -> dict[str, Any]:
        period = {"from": str(self.period.first), "to": str(self.period.last), "time_zone": str(self.period.zone)}
        return {"period": period, **as_document(self.lines)}


class Reading:
    """Reads both accounts of one stack, and compares them."""

    def __init__(
        self, name: str, composition: Composition, options: ReconcileOptions, tell: Callable[[str], None]
    ) -> None:
        # Of its own: the settings of one stack must not fill the gaps of another's.
        self.session = Session(name, settings_of(name, configuration(name)))
        self.file = composition.account.file
        self.connections = connections_of(composition)
        self.options = options
        self.books = Bookings(self.session.client(DIGISTORE24), tell)
        self.logs = Logs(self.session.client(REDTRACK), tell, note=note)

    def compare(self) -> Compared:
        """Digistore24 is read first: what it booked by then had the time of the second reading to arrive.

        Raises:
            TrackformError: a service could not be read, or a key belongs to another account than the stack's.
            ValueError: an answer holds no time where one must be.
        """
        refuse_wrong_accounts(self.session, self.file, known_of(self.session.account).accounts)
        clock = self.books.clock()
        period = self._period(clock)
        bookings = self._bookings(clock, period)
        until = min(period.last + LATE, period.local(clock.now).date()) + EARLY
        conversions = rows.conversions(self.logs.conversions(period.first - EARLY, until))
        rules = AmountRules(
            home=self.file.account.currency or "",
            rates=self._rates(bookings, conversions),
            tolerance=Decimal(str(self.options.tolerance)) / 100,
        )
        declared = {each for product in self.file.products.values() for each in (product.id, *product.upsells)}
        terms = Terms(period, rules, timedelta(minutes=self.options.grace), products=frozenset(declared))
        lines = compared(bookings, conversions, self.connections, terms)
        if strangers := self._strangers(lines, {conversion.click_id for conversion in conversions}):
            lines = compared(bookings, conversions, self.connections, replace(terms, strangers=strangers))
        return Compared(lines, period)

    def _period(self, clock: Clock) -> Period:
        today = clock.now.astimezone(clock.zone).date()
        first = self.options.first
        # A first day far back without a last one means the days from then on, up to today.
        last = self.options.last or today
        if first is None:
            first = last - timedelta(days=self.options.days - 1)
        return Period(first, last, clock.zone, clock.now)

    def _bookings(self, clock: Clock, period: Period) -> list[Booking]:
        start = clock.written(midnight(period.first, clock) - LATE)
        end = clock.written(min(midnight(period.last + timedelta(days=1), clock) + EARLY, clock.now))
        transactions = self.books.transactions(start, end)
        # A commission that is booked a little after its transaction must not look like none.
        commissions = self.books.commissions(start, clock.written(clock.now))
        purchases = self.books.purchases(str(row.get("purchase_id") or "") for row in transactions)
        return rows.bookings(transactions, commissions, purchases, clock.read)

    def _rates(self, bookings: list[Booking], conversions: list[Conversion]) -> dict[tuple[str, str], Decimal]:
        """Rates are only asked for where a currency was converted."""
        home = self.file.account.currency or ""
        converted = {(b.currency, c.currency) for b in bookings for c in self.connections if c.currency}
        converted |= {(conversion.currency, home) for conversion in conversions if home}
        targets = {target for source, target in converted if source and source != target}
        return {
            (source, target): rate for target in sorted(targets) for source, rate in self.books.rates(target).items()
        }

    def _strangers(self, lines: list[ComparisonLine], arrived: set[str]) -> frozenset[str]:
        """Clicks of missing sales that RedTrack's click log does not hold."""
        doubtful = [(click, day) for click, day in doubtful_clicks(lines) if click not in arrived]
        if len(doubtful) > self.options.clicks:
            note(f"RedTrack clicks: {self.options.clicks} of {len(doubtful)} are looked up (--clicks)")
        known = self.logs.known_clicks(doubtful[: self.options.clicks])
        return frozenset(click for click, is_known in known.items() if not is_known)


def _compared(
    stacks: list[tuple[str, Composition]], options: ReconcileOptions
) -> tuple[dict[str, Compared], list[str]]:
    """The comparison of each stack, and why one could not be compared: the others are."""
    done: dict[str, Compared] = {}
    failed: list[str] = []
    for number, (name, composition) in enumerate(stacks, 1):
        if all(connection.books is not None for connection in connections_of(composition)):
            note(f"no postback connection of {name} books money: there is nothing to compare")
            continue
        try:
            of_all = f" ({number} of {len(stacks)} stacks)" if len(stacks) > 1 else ""
            with under_way(f"{name}{of_all}") as tell:
                done[name] = Reading(name, composition, options, tell).compare()
        except TrackformError as error:
            failed.append(f"{name}: {error}")
        except ValueError as error:
            failed.append(f"{name}: an answer could not be read: {error}")
    return done, failed


def midnight(day: date, clock: Clock) -> datetime:
    return datetime.combine(day, time(), clock.zone)
