"""``trackform sandbox enter``: does in the sandbox what a person does in the two web applications."""

import click

from trackform.commands.completed import stack_names
from trackform.commands.folder import enter_project
from trackform.commands.operator import desk_of
from trackform.commands.sandbox_stack import accounts_of
from trackform.commands.stacks import chosen_stack, composed
from trackform.verify.enter import enter as enter_steps
from trackform.verify.hands import Hands, sandbox_at


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
    there = accounts_of(name, f"there a person enters it, with `trackform operator {name}`")
    desk = desk_of(name, composition)
    steps = desk.open()
    with sandbox_at(there.url) as http:
        hands = Hands(http, there.redtrack_key, there.digistore24_key)
        for each in enter_steps(hands, composition, steps, desk.ledger(), desk.secrets):
            click.echo(f"{each.id}: {each.did or each.why}")
    if steps:
        click.echo(f"Look at each, and confirm it as a person does: trackform operator {name}")
        click.echo(f"Or all at once: trackform operator {name} --confirm '*'")
    else:
        click.echo(f"Nothing is open in {name}")
