"""``trackform sandbox enter``: does in the sandbox what a person does in the two web applications."""

import click

from trackform.commands.completed import stack_names
from trackform.commands.folder import enter_project
from trackform.commands.operator import desk_of
from trackform.commands.stacks import chosen_stack, composed
from trackform.project.live import live_session
from trackform.verify.enter import enter as enter_steps
from trackform.verify.hands import Hands, is_on_this_machine, sandbox_at
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK

PATH = "/redtrack"
"""Where a sandbox has RedTrack's API."""


@click.command()
@click.argument("stack", required=False, shell_complete=stack_names)
@click.pass_context
def enter(ctx: click.Context, stack: str | None) -> None:
    """Do the open operator steps of STACK in its sandbox, as a person does in the two web applications.

    To practise without a bridge: the steps are done and stay open until they are confirmed, as they would be in real
    life. Only a stack whose settings lead to a sandbox on this machine can be entered.
    """
    enter_project(ctx)
    name = chosen_stack(stack)
    ((_, composition),) = composed([name], as_json=False)
    settings = live_session(name).settings
    address = settings.url(REDTRACK)
    if not (is_on_this_machine(address) and address.rstrip("/").endswith(PATH)):
        raise click.ClickException(
            f"{name} is on {address}, which is no sandbox on this machine: there a person enters it, with "
            f"`trackform operator {name}`"
        )
    desk = desk_of(name, composition)
    steps = desk.open()
    with sandbox_at(address.rstrip("/").removesuffix(PATH)) as http:
        hands = Hands(http, settings.key(REDTRACK).text, settings.key(DIGISTORE24).text)
        for each in enter_steps(hands, composition, steps, desk.ledger(), desk.secrets):
            click.echo(f"{each.id}: {each.did or each.why}")
    if steps:
        click.echo(f"Look at each, and confirm it as a person does: trackform operator {name}")
        click.echo(f"Or all at once: trackform operator {name} --confirm '*'")
    else:
        click.echo(f"Nothing is open in {name}")
