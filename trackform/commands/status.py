"""``trackform status``: what is true of each stack right now. Reads only, without Pulumi's engine."""

import logging
import sys
from pathlib import Path

import click
from rich.console import Console

from trackform.account_file.sections import Composition
from trackform.commands.folder import FilePath
from trackform.commands.operator import desk_of
from trackform.commands.progress import under_way
from trackform.commands.stacks import chosen_stacks, composed, stack_options
from trackform.commands.validate import policy_here, slots_before
from trackform.documents.columns import show
from trackform.documents.report_file import ReportFile, begins
from trackform.documents.whole import print_json, print_whole
from trackform.operator.in_state import known_in
from trackform.project.live import live_session, refuse_wrong_accounts
from trackform.project.state import read_state
from trackform.rules import Finding, check
from trackform.status.build import status_of
from trackform.status.model import StackStatus
from trackform.status.text import HEADER, HEADS, lines_of, links_of, rows_of, spreadsheet, title_of
from trackform_core.http.service_error import ServiceError

WIDE = 10_000
"""Columns where nobody looks at a terminal: nothing has to fit."""
WORST = (1, 3, 2, 4, 0)
"""Of several stacks, the exit status that is told."""


@click.command()
@stack_options
@click.option(
    "--csv", "table", type=FilePath(dir_okay=False, allow_dash=True, path_type=Path), metavar="FILE",
    help="Write campaigns, offers and links there, for a spreadsheet; - for standard output.",
)  # fmt: skip
def status(names: tuple[str, ...], every: bool, pattern: str | None, as_json: bool, table: Path | None) -> None:
    """Show what is true of a stack right now: campaigns, links to copy, drift, findings, open steps, the last `up`.

    Reads both accounts, and writes nothing. Secrets are not compared: a preview does that.

    Exit status 0: all is as the file says; 1: an error, or something could not be read; 2: the file differs, or a rule
    found an error; 3: something was changed outside; 4: only operator steps are open.
    """
    file = ReportFile(table, "trackform status --csv", begins(HEADER)) if table and str(table) != "-" else None
    if file:
        file.refuse_others()
    # What a plugin would tell of each object stands in the table.
    logging.getLogger("trackform").addHandler(logging.NullHandler())
    stacks = composed(chosen_stacks(names, every, pattern), as_json)
    findings = check(stacks, policy_here(as_json), slots_before([name for name, _ in stacks], as_json))
    statuses = [_read(name, composition, findings) for name, composition in stacks]
    if as_json:
        print_json([each.document() for each in statuses])
    elif table and not file:
        print_whole(spreadsheet(statuses), nl=False)
    else:
        _show(statuses)
    if file:
        file.write(spreadsheet(statuses))
    raise click.exceptions.Exit(min((each.exit_status for each in statuses), key=WORST.index))


def _read(name: str, composition: Composition, findings: list[Finding]) -> StackStatus:
    with under_way(f"{name}: reading the accounts"):
        session = live_session(name)
        try:
            state = read_state(name)
            refuse_wrong_accounts(session, composition.account.file, known_in(state).accounts)
            own = [each for each in findings if each.stack == name]
            return status_of(composition, state, session, own, desk_of(name, composition, state=state).open())
        except ServiceError as error:
            raise click.ClickException(f"{name}: {error}") from None


def _show(statuses: list[StackStatus]) -> None:
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else WIDE)
    for each in statuses:
        click.echo(title_of(each))
        if each.rows:
            show(console, HEADS, rows_of(each))
        for title, copied in links_of(each):
            click.echo(f"{title}:")
            print_whole(copied)
        click.echo()
        for line in lines_of(each):
            click.echo(line)
        click.echo()
