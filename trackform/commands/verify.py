"""``trackform verify``: checks that an applied set-up is counted as the flow matrix says."""

import json

import click

from trackform.commands.stacks import chosen_stacks, composed
from trackform.commands.validate import policy_here
from trackform.flow.build import Flow
from trackform.project.live import live_session
from trackform.verify.hands import on_this_machine, sandbox_at

DIFFERS = 2
TIMEOUT_S = 30


@click.command()
@click.argument("name", required=False, metavar="[STACK]")
@click.option(
    "--sandbox", "url", metavar="URL", callback=on_this_machine,
    help="Play every sequence on this sandbox, where the stack is applied.",
)  # fmt: skip
@click.option("--every-setting", is_flag=True, help="On the sandbox: with every setting that can matter.")
@click.option("--days", type=click.IntRange(1, 90), default=7, show_default=True, help="Of the live conversion log.")
@click.option(
    "--clicks", "campaign", metavar="CAMPAIGN",
    help="Live: one click through this check campaign of the file. Its channel must be told of nothing.",
)  # fmt: skip
@click.option(
    "--tracking-url", default="", metavar="URL",
    help="With --clicks: where tracking links are served if their domain leads nowhere; on the sandbox its /t.",
)  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def verify(
    name: str | None,
    url: str | None,
    every_setting: bool,
    days: int,
    campaign: str | None,
    tracking_url: str,
    as_json: bool,
) -> None:
    """Compare what is booked with the flow matrix.

    With --sandbox every sequence is played through real clicks and real postbacks. On a live account nothing is written
    and no postback is sent: the conversion log is compared with what the file declares. Exit status 0: all as it should
    be; 1: error; 2: something differs.
    """
    if url and (campaign or tracking_url):
        raise click.UsageError("--sandbox plays clicks of its own: --clicks and --tracking-url are for a live account")
    if every_setting and not url:
        raise click.UsageError("--every-setting needs --sandbox: on a live account nobody can choose")
    if tracking_url and not campaign:
        raise click.UsageError("--tracking-url needs --clicks: without it no tracking link is followed")
    (stack,) = chosen_stacks((name,) if name else (), every=False, pattern=None)
    ((_, composition),) = composed([stack], as_json)
    flow = Flow(composition)
    if url:
        red = on_sandbox(flow, stack, url, as_json, every_setting=every_setting)
    else:
        from trackform.verify.live import on_live_account  # noqa: PLC0415 -- needs the providers

        red = on_live_account(flow, stack, days, campaign, tracking_url, policy_here(as_json).live, as_json)
    if red:
        raise click.exceptions.Exit(DIFFERS)


def on_sandbox(flow: Flow, stack: str, url: str, as_json: bool, *, every_setting: bool) -> bool:
    """Play every sequence on the sandbox, and return whether any cell is red."""
    from trackform.verify.sandbox import SandboxAccount, Verified  # noqa: PLC0415 -- needs httpx
    from trackform_digistore24.service import DIGISTORE24  # noqa: PLC0415 -- needs httpx
    from trackform_redtrack.service import REDTRACK  # noqa: PLC0415 -- needs httpx

    settings = live_session(stack).settings
    cells: list[Verified] = []
    with sandbox_at(url, TIMEOUT_S) as http:
        keys = settings.key(REDTRACK).text, settings.key(DIGISTORE24).text
        account = SandboxAccount(flow, http, *keys)
        with account.restored():
            settings_tried = account.every_setting() if every_setting else [account.settings()]
            for chosen in settings_tried:
                account.switch(chosen)
                cells += account.verify(chosen, settings_tried[0] if every_setting else None)
    if as_json:
        rows = [{**vars(cell), "expected": str(cell.expected), "booked": str(cell.booked)} for cell in cells]
        click.echo(json.dumps({"cells": [row | {"green": not row["reason"]} for row in rows]}, indent=2))
    else:
        last = ""
        for cell in cells:
            if cell.settings != last:
                click.echo(f"{stack} on {cell.settings}")
                last = cell.settings
            verdict = click.style("red  ", fg="red") if cell.reason else click.style("green", fg="green")
            amounts = f"booked {cell.booked:.2f}, earned {cell.expected:.2f}"
            click.echo(
                f"  {verdict} {cell.product} [{cell.sequence}]: {amounts}" + (f": {cell.reason}" if cell.reason else "")
            )
    return any(cell.reason for cell in cells)
