"""``trackform operator --evidence``: compares RedTrack's conversion log with what people confirmed. Reads only."""

import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.console import Console

from trackform.commands.progress import under_way
from trackform.documents.columns import show
from trackform.documents.whole import print_json
from trackform.operator.connected import clicks_by_offer, confirmed
from trackform.operator.desk import OperatorDesk
from trackform.operator.evidence import DAYS, MEANING, RECENT, ArrivalCount, Evidence, weigh
from trackform.project.live import configuration, refuse_wrong_accounts
from trackform_core.http.service_error import ServiceError
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK

FINDINGS = 2
WIDTH = 160
COUNTS = (f"{RECENT.days} days", f"{DAYS} days", "tests")


def show_evidence(desks: list[OperatorDesk], as_json: bool) -> None:
    """Print what each stack's log shows, and exit with 2 where something is not as it should be.

    Raises:
        TrackformError: a log or a ledger could not be read.
    """
    by_stack = {desk.stack: evidence_of(desk) for desk in desks}
    if as_json:
        print_json({stack: as_document(evidence) for stack, evidence in by_stack.items()})
    else:
        for stack, evidence in by_stack.items():
            _print(stack, evidence)
    if any(evidence.findings for evidence in by_stack.values()):
        raise click.exceptions.Exit(FINDINGS)


def with_log(desk: OperatorDesk) -> OperatorDesk:
    """The desk with the log beside its steps, where one of them is about what a log shows and there is a key."""
    if not settings_of(desk.stack, configuration(desk.stack)).key(REDTRACK).text:
        return desk
    in_log = any(step.id.startswith(("postbacks/", "conversion_types/")) for step in desk.open())
    return replace(desk, log=evidence_of(desk)) if in_log else desk


def evidence_of(desk: OperatorDesk) -> Evidence:
    """Evidence from the stack's log.

    Raises:
        TrackformError: the log or the ledger could not be read.
    """
    now = datetime.now(UTC)
    try:
        # Of its own: the settings of one stack must not fill the gaps of another's.
        session = Session(desk.stack, settings_of(desk.stack, configuration(desk.stack)))
        # Whose midnight ends a day is not known: tomorrow is asked for as well.
        tomorrow = now.date() + timedelta(days=1)
        with under_way(f"{desk.stack}: reading the log") as tell:
            refuse_wrong_accounts(session, desk.composition.account.file, desk.known().accounts, REDTRACK)
            rows = Logs(session.client(REDTRACK), tell).conversions(tomorrow - timedelta(days=DAYS), tomorrow)
            clicks = clicks_by_offer(desk, session, now)
        return weigh(desk.composition, rows, at=now, confirmed=confirmed(desk, now), clicks=clicks)
    except ServiceError as error:
        raise click.ClickException(f"{desk.stack}: {error}") from None
    except ValueError as error:
        raise click.ClickException(f"{desk.stack}: RedTrack's conversion log could not be read: {error}") from None


def as_document(evidence: Evidence) -> dict[str, Any]:
    """Evidence as JSON."""
    return {
        "days": DAYS,
        "recent_days": RECENT.days,
        "clicks": evidence.clicks,
        "seen": [_as_row(each) for each in evidence.seen],
        "silent_types": evidence.silent_types,
        "findings": [vars(finding) | {"meaning": MEANING[finding.kind]} for finding in evidence.findings],
    }


def _as_row(arrival: ArrivalCount) -> Mapping[str, Any]:
    return vars(arrival) | {"last": arrival.last.isoformat() if arrival.last else None}


def _cells(each: ArrivalCount) -> tuple[str, ...]:
    last = f"{each.last.astimezone(UTC):%Y-%m-%d %H:%M}" if each.last else "never"
    shown = each.booked_as if each.booked_as != each.type else ""
    counts = [str(count) if each.last else "" for count in (each.recent, each.total, each.tests)]
    return each.connection or "(no marker)", each.type or "(not told)" * bool(each.last), shown, last, *counts


def _print(stack: str, evidence: Evidence) -> None:
    heads = ("connection", "type sent", "counted as", "last seen (UTC)", *COUNTS)
    rows = [_cells(each) for each in evidence.seen]
    # Where nobody looks at a terminal, its width must not fold the numbers. What arrived is text, never markup.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)
    click.echo(f"{stack}: RedTrack's conversion log")
    if rows:
        show(console, heads, rows, right=COUNTS)
    else:
        click.echo("Nothing arrived, and the file declares no connection.")
    if evidence.clicks is None:
        click.echo("Clicks of the offers: RedTrack does not tell, so a silent connection cannot be found.")
    if evidence.silent_types:
        click.echo(f"Declared types that nothing brought in {DAYS} days: {', '.join(evidence.silent_types)}.")
    for finding in evidence.findings:
        click.echo(f"finding: {finding.message}.")
    if not evidence.findings:
        click.echo("No findings.")
