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
@click.option("--destroy", is_flag=True, help="Remove there what `pulumi destroy` waits for, declared or not.")
@click.pass_context
def enter(ctx: click.Context, stack: str | None, destroy: bool) -> None:
    """Do the open operator steps of STACK in its sandbox, as a person does in the two web applications.

    To practise without a bridge: the steps are done and stay open until they are confirmed, as they would be in real
    life. With --destroy they are the removals of `trackform operator STACK --destroy`. Only a stack whose settings lead
    to a sandbox on this machine can be entered.
    """
    enter_project(ctx)
    name = chosen_stack(stack)
    ((_, composition),) = composed([name], as_json=False, destroyed=destroy)
    verb = f"trackform operator {name} --destroy" if destroy else f"trackform operator {name}"
    there = accounts_of(name, f"there a person enters it, with `{verb}`")
    desk = desk_of(name, composition, destroy=destroy)
    steps = desk.open()
    with sandbox_at(there.url) as http:
        hands = Hands(http, there.redtrack_key, there.digistore24_key)
        for each in enter_steps(hands, composition, steps, desk.ledger(), desk.secrets):
            click.echo(f"{each.id}: {each.did or each.why}")
    if steps:
        click.echo(f"Look at each, and confirm it as a person does: {verb}")
        click.echo(f"Or all at once: {verb} --confirm '*'")
    elif destroy:
        click.echo(f"`pulumi destroy` waits for no removal in {name}")
    else:
        click.echo(f"Nothing is open in {name}")
