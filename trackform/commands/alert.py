"""``trackform alert``: tells a chat what a check found."""

from pathlib import Path

import click

from trackform.account_file.stack_names import with_where_to_go
from trackform.commands.folder import FilePath
from trackform.commands.validate import policy_here


@click.command()
@click.argument("text")
@click.option(
    "--details", "files", multiple=True, type=FilePath(dir_okay=False, path_type=Path), metavar="FILE",
    help="What the check printed; one that is not there is left out. Can be given more than once.",
)  # fmt: skip
@click.option("--link", default="", metavar="URL", help="Where more of it stands.")
def alert(text: str, files: tuple[Path, ...], link: str) -> None:
    """Post TEXT to the webhook that `alerts` in stacks/policy.yaml names, in Slack's format.

    For scripts that check at night, or apply: trackform alert "acme: not applied" --details apply.txt. Secrets that
    this process knows are left out. Exit status 0: sent, or the policy names no webhook; 1: it was not taken.
    """
    from trackform.alerts import read_details, send  # noqa: PLC0415 -- needs httpx

    if send(policy_here(), text, read_details(files), link):
        click.echo("alert: sent")
    else:
        said = with_where_to_go("`alerts` in stacks/policy.yaml names no webhook")
        click.echo(f"alert: nothing sent: {said}", err=True)
