"""``trackform operator --html``: writes the open steps as an HTML page."""

from datetime import UTC, datetime
from pathlib import Path

import click

from trackform.documents.report_file import ReportFile, holds
from trackform.operator.desk import OperatorDesk
from trackform.operator.page import StackSteps, render


def report(file: Path) -> ReportFile:
    return ReportFile(file, "trackform operator", holds('<meta name="generator" content="trackform operator">'))


def write_page(file: Path, desks: list[OperatorDesk]) -> None:
    """Write the page of all open steps.

    Raises:
        TrackformError: the file cannot be written, or holds something else; BrokenLedger: a ledger cannot be
            relied on.
    """
    parts = [StackSteps(desk.stack, tuple(desk.open()), desk.ledger(), desk.destroy) for desk in desks]
    text = render(parts, datetime.now(UTC))
    report(file).write(text)
    click.echo(f"The page is {file}: open it in a browser, it needs no network", err=True)
