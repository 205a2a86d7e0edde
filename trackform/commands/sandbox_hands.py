"""``trackform sandbox edit`` and ``play``: act as a colleague in the web application, and as a customer."""

import json
from typing import Any

import click
from rich.console import Console

from trackform.verify.hands import WEBAPP_KINDS, Hands, conversion_table, on_this_machine, sandbox_at

URL = click.option(
    "--url", default="http://127.0.0.1:8650", show_default=True, callback=on_this_machine, help="Where the sandbox is."
)
REDTRACK_KEY = click.option("--redtrack-key", envvar="REDTRACK_API_KEY", required=True, help="RedTrack account.")
DIGISTORE24_KEY = click.option(
    "--digistore24-key", envvar="DIGISTORE24_API_KEY", required=True, help="Digistore24 account."
)


def value_of(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return json.loads(text)
    except ValueError:
        return text


@click.command()
@URL
@REDTRACK_KEY
@DIGISTORE24_KEY
@click.argument("kind", type=click.Choice(sorted(WEBAPP_KINDS)))
@click.argument("name")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
def edit(url: str, redtrack_key: str, digistore24_key: str, kind: str, name: str, fields: tuple[str, ...]) -> None:
    """Change an object behind trackform's back, as a person in the web application would."""
    wanted: dict[str, Any] = {}
    for item in fields:
        field, equals, value = item.partition("=")
        if not equals:
            raise click.UsageError(f"{item}: expected FIELD=VALUE")
        wanted[field] = value_of(value)
    with sandbox_at(url) as http:
        Hands(http, redtrack_key, digistore24_key).edit(kind, name, wanted)
    click.echo(f"{kind} '{name}': {', '.join(wanted)} changed in the web application")


@click.command()
@URL
@REDTRACK_KEY
@DIGISTORE24_KEY
@click.argument("campaign")
@click.argument("events", nargs=-1, required=True, metavar="EVENT:PRODUCT...")
def play(url: str, redtrack_key: str, digistore24_key: str, campaign: str, events: tuple[str, ...]) -> None:
    """Click a campaign's ad once, let order events happen, and show what RedTrack booked."""
    pairs = [(event, product) for event, _, product in (item.partition(":") for item in events)]
    with sandbox_at(url) as http:
        played = Hands(http, redtrack_key, digistore24_key).play(campaign, pairs)
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"the ad leads to {played.redirect}")
    console.print(conversion_table(played))
    console.print(f"booked {played.booked:z.2f}, earned {played.earned:z.2f}")
