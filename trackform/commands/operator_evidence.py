"""``trackform operator --evidence``: RedTrack's conversion log beside what people confirmed. Reads, writes nothing."""

import json
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from trackform.operator.desk import Desk
from trackform.operator.evidence import DAYS, MEANING, RECENT, SETTLING, Evidence, Seen, weigh
from trackform.project.live import configuration
from trackform_core.http.service_error import ServiceError
from trackform_core.no_api.status import key_of
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of
from trackform_digistore24.postback_connection import KIND
from trackform_redtrack.conversions import Logs
from trackform_redtrack.service import REDTRACK

FINDINGS = 2
WIDTH = 160


def show_evidence(desks: list[Desk], as_json: bool) -> None:
    """Print what each stack's log shows, and exit with 2 where something is not as it should be.

    Raises:
        TrackformError: a log or a ledger could not be read.
    """
    found = {desk.stack: evidence_of(desk) for desk in desks}
    if as_json:
        click.echo(json.dumps({stack: as_document(one) for stack, one in found.items()}, indent=2, ensure_ascii=False))
    else:
        for stack, one in found.items():
            _print(stack, one)
    if any(one.findings for one in found.values()):
        raise click.exceptions.Exit(FINDINGS)


def with_log(desk: Desk) -> Desk:
    """The desk with the log beside its steps, where one of them is about what a log shows and there is a key."""
    if not settings_of(desk.stack, configuration(desk.stack)).key(REDTRACK).text:
        return desk
    in_log = any(step.id.startswith(("postbacks/", "conversion_types/")) for step in desk.open())
    return replace(desk, log=evidence_of(desk)) if in_log else desk


def evidence_of(desk: Desk) -> Evidence:
    """What the stack's log shows.

    Raises:
        TrackformError: the log or the ledger could not be read.
    """
    now = datetime.now(UTC)
    try:
        # Of its own: the settings of one stack must not fill the gaps of another's.
        session = Session(desk.stack, settings_of(desk.stack, configuration(desk.stack)))
        pinned = desk.composition.account.file.account.redtrack_user
        if pinned and (live := session.owner(REDTRACK)) != pinned:
            raise click.ClickException(f"{desk.stack}: the key is of RedTrack account {live}, the file names {pinned}")
        logs = Logs(session.client(REDTRACK), lambda text: click.echo(text, err=True))
        # Whose midnight ends a day is not known: tomorrow is asked for as well.
        tomorrow = now.date() + timedelta(days=1)
        rows = logs.conversions(tomorrow - timedelta(days=DAYS), tomorrow)
        clicks = clicks_by_offer(desk, session, now)
        return weigh(desk.composition, rows, at=now, confirmed=confirmed(desk, now), clicks=clicks)
    except ServiceError as error:
        raise click.ClickException(f"{desk.stack}: {error}") from None
    except ValueError as error:
        raise click.ClickException(f"{desk.stack}: RedTrack's conversion log could not be read: {error}") from None


def clicks_by_offer(desk: Desk, session: Session, now: datetime) -> dict[str, int] | None:
    """Clicks of the last 7 days by the offer's name in the file; ``None`` where the listing shows none."""
    period = {"date_from": str((now - RECENT).date()), "date_to": str((now + timedelta(days=1)).date())}
    counts: dict[str, int] = {}
    for rows, _ in session.client(REDTRACK).pages("offers", **period):
        for row in rows:
            stat = row.get("stat")
            if isinstance(stat, dict) and isinstance(stat.get("clicks"), int | float):
                title = str(row.get("title"))
                counts[title] = counts.get(title, 0) + int(stat["clicks"])
    titles = {
        name: entry.existing or entry.title or name for name, entry in desk.composition.account.file.offers.items()
    }
    found = {name: counts[title] for name, title in titles.items() if title in counts}
    return found or None


def confirmed(desk: Desk, now: datetime) -> dict[str, datetime]:
    """Connection -> since when it is known to be there. What a bridge wrote counts as long there."""
    postbacks = {wanted.name: wanted for wanted in desk.composition.objects if wanted.section == "postbacks"}
    if desk.bridge:
        return dict.fromkeys(postbacks, now - 2 * SETTLING)
    entries = desk.ledger().entries
    found = {name: entries.get(key_of(KIND, dict(wanted.fields))) for name, wanted in postbacks.items()}
    return {name: datetime.fromisoformat(entry.confirmed) for name, entry in found.items() if entry}


def as_document(one: Evidence) -> dict[str, Any]:
    """For machines."""
    return {
        "days": DAYS,
        "recent_days": RECENT.days,
        "clicks": one.clicks,
        "seen": [_as_row(each) for each in one.seen],
        "silent_types": one.silent_types,
        "findings": [vars(finding) | {"meaning": MEANING[finding.kind]} for finding in one.findings],
    }


def _as_row(one: Seen) -> Mapping[str, Any]:
    return vars(one) | {"last": one.last.isoformat() if one.last else None}


def _print(stack: str, one: Evidence) -> None:
    table = Table(title=f"{stack}: RedTrack's conversion log", title_justify="left", box=SIMPLE_HEAD)
    for column in ("connection", "type sent", "counted as", "last seen (UTC)"):
        table.add_column(column, overflow="fold")
    for column in (f"{RECENT.days} days", f"{DAYS} days", "tests"):
        table.add_column(column, justify="right")
    for each in one.seen:
        last = f"{each.last.astimezone(UTC):%Y-%m-%d %H:%M}" if each.last else "never"
        shown = each.booked_as if each.booked_as != each.type else ""
        counts = [str(count) if each.last else "" for count in (each.recent, each.total, each.tests)]
        table.add_row(
            each.connection or "(no marker)", each.type or "(not told)" * bool(each.last), shown, last, *counts
        )
    # Where nobody looks at a terminal, its width must not fold the numbers. What arrived is text, never markup.
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDTH)
    console.print(table)
    if one.clicks is None:
        click.echo("Clicks of the offers: RedTrack does not tell, so a silent connection cannot be found.")
    if one.silent_types:
        click.echo(f"Declared types that nothing brought in {DAYS} days: {', '.join(one.silent_types)}.")
    for finding in one.findings:
        click.echo(f"finding: {finding.message}.")
    if not one.findings:
        click.echo("No findings.")
