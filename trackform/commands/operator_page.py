"""``trackform operator --html``: the open steps as one page."""

from datetime import UTC, datetime
from pathlib import Path

import click

from trackform.operator.desk import Desk
from trackform.operator.page import Part, render


def write_page(file: Path, desks: list[Desk]) -> None:
    """Write the page of all open steps.

    Raises:
        click.ClickException: the file cannot be written; BrokenLedger: a ledger cannot be relied on.
    """
    text = render([Part(desk.stack, tuple(desk.open()), desk.ledger()) for desk in desks], datetime.now(UTC))
    try:
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written: {error.strerror}") from None
    click.echo(f"The page is {file}: open it in a browser, it needs no network", err=True)
