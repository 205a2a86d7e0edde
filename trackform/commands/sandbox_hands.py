"""``trackform sandbox edit`` and ``play``: act as a colleague in the web application, and as a customer."""

import json
from typing import Any

import click
from rich.console import Console

from trackform.commands.progress import under_way
from trackform.commands.sandbox_stack import USUAL, accounts
from trackform.documents.columns import show
from trackform.verify.hands import (
    HEADS,
    WEBAPP_KINDS,
    WORDS,
    Hands,
    conversion_rows,
    happening,
    on_this_machine,
    sandbox_at,
)
from trackform_core.text.counted import counted

URL = click.option("--url", callback=on_this_machine, help=f"Where the sandbox is; the stack's, else {USUAL}.")
REDTRACK_KEY = click.option("--redtrack-key", help="RedTrack account; else the stack's.")
DIGISTORE24_KEY = click.option("--digistore24-key", help="Digistore24 account; else the stack's.")


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
@click.argument("kind", metavar="KIND", type=click.Choice(sorted({*WORDS, *WEBAPP_KINDS})))
@click.argument("name")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@click.pass_context
def edit(
    ctx: click.Context, url: str | None, redtrack_key: str | None, digistore24_key: str | None, kind: str, name: str,
    fields: tuple[str, ...],
) -> None:  # fmt: skip
    """Change an object behind trackform's back, as a person in the web application would.

    KIND is campaign, conversion_type, domain, funnel, landing, offer, offer_source, postback, script or
    traffic_channel; NAME its title. Fields are named as in the account file, or as RedTrack's API does: status=paused,
    cpc=0.40, 'countries=["CH"]', url=https://example.com.
    """
    wanted: dict[str, Any] = {}
    for item in fields:
        field, equals, value = item.partition("=")
        if not equals:
            raise click.UsageError(f"{item}: expected FIELD=VALUE")
        wanted[field] = value_of(value)
    there = accounts(ctx, url, redtrack_key, digistore24_key)
    with sandbox_at(there.url) as http:
        Hands(http, there.redtrack_key, there.digistore24_key).edit(WORDS.get(kind, kind), name, wanted)
    click.echo(f"{kind} '{name}': {', '.join(wanted)} changed in the web application")


@click.command()
@URL
@REDTRACK_KEY
@DIGISTORE24_KEY
@click.argument("campaign")
@click.argument("events", nargs=-1, required=True, metavar="EVENT[:PRODUCT[:AMOUNT]]...")
@click.pass_context
def play(
    ctx: click.Context, url: str | None, redtrack_key: str | None, digistore24_key: str | None, campaign: str,
    events: tuple[str, ...],
) -> None:  # fmt: skip
    """Click a campaign's ad once, let order events happen, and show what RedTrack booked.

    The first is a sale: sale:411530. Then upsell, rebill, refund, chargeback and others of that order;
    partial_refund:411530:10.00 or partial_refund:411530:25% says how much, and is half of it without. What was
    booked is the sum of RedTrack's conversions of the click, what was earned the commission that Digistore24 shows.
    """
    happenings = [happening(item) for item in events]
    there = accounts(ctx, url, redtrack_key, digistore24_key)
    with under_way(f"playing {counted(len(happenings), 'order event')}"), sandbox_at(there.url) as http:
        played = Hands(http, there.redtrack_key, there.digistore24_key).play(campaign, happenings)
    click.echo(f"the ad leads to {played.redirect}")
    click.echo("RedTrack's conversion log")
    if rows := conversion_rows(played):
        show(Console(highlight=False, markup=False), HEADS, rows, right=("payout",))
    else:
        click.echo("  nothing of this click")
    booked, earned = f"{played.booked:z.2f}", f"{played.earned:z.2f}"
    click.echo(f"booked {booked}, earned {earned}" + ("" if booked == earned else ": not the same"))
