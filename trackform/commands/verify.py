"""``trackform verify``: checks that an applied set-up is counted as the flow matrix says."""

from collections.abc import Mapping

import click

from trackform.commands.completed import stack_names
from trackform.commands.progress import note, under_way
from trackform.commands.stacks import chosen_stack, composed
from trackform.commands.validate import policy_here
from trackform.documents.colours import BAD, DOUBTFUL, GOOD
from trackform.documents.whole import print_json
from trackform.flow.build import Flow
from trackform.project.live import live_session
from trackform.verify.hands import on_this_machine, sandbox_at
from trackform_core.text.counted import counted

DIFFERS = 2
TIMEOUT_S = 30
UNPROVEN = (
    "the sandbox does as the matrix says, and the money is wrong on these settings: `trackform validate` says that it "
    "cannot be proved. Once it is known how the live services behave, `live:` in stacks/policy.yaml says so, and only "
    "that is played"
)


@click.command()
@click.argument("name", required=False, metavar="[STACK]", shell_complete=stack_names)
@click.option(
    "--sandbox", "url", metavar="URL", callback=on_this_machine,
    help="Play every sequence on this sandbox, where the stack is applied.",
)  # fmt: skip
@click.option("--every-setting", is_flag=True, help="On the sandbox: with every setting that can matter.")
@click.option("--strict", is_flag=True, help="With --every-setting: also fail on what cannot be proved.")
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
    strict: bool,
    days: int,
    campaign: str | None,
    tracking_url: str,
    as_json: bool,
) -> None:
    """Compare what is booked with the flow matrix.

    With --sandbox every sequence is played through real clicks and real postbacks. On a live account nothing is written
    and no postback is sent: the conversion log is compared with what the file declares. Either way `live:` of
    stacks/policy.yaml is taken as given. Exit status 0: all as it should be; 1: error; 2: something differs, or a
    confirmed connection is silent while its offers have sales or clicks.
    """
    if url and (campaign or tracking_url):
        raise click.UsageError("--sandbox plays clicks of its own: --clicks and --tracking-url are for a live account")
    if every_setting and not url:
        raise click.UsageError("--every-setting needs --sandbox: on a live account nobody can choose")
    if strict and not every_setting:
        raise click.UsageError("--strict needs --every-setting: a single setting is green or red")
    if tracking_url and not campaign:
        raise click.UsageError("--tracking-url needs --clicks: without it no tracking link is followed")
    stack = chosen_stack(name)
    ((_, composition),) = composed([stack], as_json)
    flow = Flow(composition)
    known = policy_here(as_json).live
    if url:
        red = on_sandbox(flow, stack, url, as_json, known, every_setting=every_setting, strict=strict)
    else:
        red = _on_live_account(flow, stack, days, campaign, tracking_url, known, as_json)
    if red:
        raise click.exceptions.Exit(DIFFERS)


def _on_live_account(
    flow: Flow, stack: str, days: int, campaign: str | None, tracking_url: str, known: Mapping[str, str], as_json: bool
) -> bool:
    """Read the log, and return whether anything in it is not as declared."""
    from trackform.verify.live import LiveCheck, document, lines_of, on_live_account  # noqa: PLC0415 -- needs httpx

    with under_way(f"{stack}: reading the logs") as tell:
        check = LiveCheck(days, campaign, tracking_url, known)
        count, judged = on_live_account(flow, stack, check, tell, note)
    if as_json:
        print_json(document(count, judged))
    else:
        verdict = counted(len(judged.bad), "difference") if judged.bad else "nothing differs"
        click.echo(f"{stack}: {counted(count, 'conversion')} in {counted(days, 'day')}, {verdict}")
        for line in lines_of(judged, known):
            click.echo(line)
    return bool(judged.bad)


def on_sandbox(
    flow: Flow, stack: str, url: str, as_json: bool, known: Mapping[str, str], *, every_setting: bool, strict: bool
) -> bool:
    """Play every sequence on the sandbox, and return whether any cell is red; ``strict`` counts unproven ones as red.

    ``known`` is what the policy takes as given about the live services.
    """
    from trackform.verify.sandbox import SandboxAccount, Verified  # noqa: PLC0415 -- needs httpx
    from trackform_digistore24.service import DIGISTORE24  # noqa: PLC0415 -- needs httpx
    from trackform_redtrack.service import REDTRACK  # noqa: PLC0415 -- needs httpx

    settings = live_session(stack).settings
    cells: list[Verified] = []
    with under_way(f"{stack}: playing every sequence") as tell, sandbox_at(url, TIMEOUT_S) as http:
        keys = settings.key(REDTRACK).text, settings.key(DIGISTORE24).text
        account = SandboxAccount(flow, http, *keys)
        with account.restored():
            settings_tried = account.every_setting(known) if every_setting else [account.settings(known)]
            for number, chosen in enumerate(settings_tried, 1):
                about = f"setting {number} of {len(settings_tried)}, " if every_setting else ""
                account.switch(chosen)
                for cell in account.verify(chosen, settings_tried[0] if every_setting else None):
                    cells.append(cell)
                    tell(f"{about}{cell.product}, {cell.sequence}")
    if as_json:
        rows = [{**vars(cell), "expected": str(cell.expected), "booked": str(cell.booked)} for cell in cells]
        documents = [row | {"green": cell.green} for row, cell in zip(rows, cells, strict=True)]
        print_json({"cells": documents})
    else:
        last = ""
        for cell in cells:
            if cell.settings != last:
                click.echo(f"{stack} on {cell.settings}")
                last = cell.settings
            word, colour = ("red  ", BAD) if cell.red else ("green", GOOD) if cell.green else ("unproven", DOUBTFUL)
            verdict = click.style(word, fg=colour)
            amounts = f"booked {cell.booked:z.2f}, earned {cell.expected:z.2f}"
            click.echo(
                f"  {verdict} {cell.product} [{cell.sequence}]: {amounts}" + (f": {cell.reason}" if cell.reason else "")
            )
        click.echo(f"{stack}: {counted(len(cells), 'result')}, {sum(cell.red for cell in cells) or 'none'} red")
        if count := sum(cell.unproven for cell in cells):
            click.echo(f"{count} unproven: {UNPROVEN}")
    return any(cell.red or (strict and cell.unproven) for cell in cells)
