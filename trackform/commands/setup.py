"""``trackform setup``: makes the project's environment, and gets the Pulumi CLI."""

from pathlib import Path

import click

from trackform.documents.project_folder import PROJECT
from trackform.init.environment import get_cli, make


@click.command()
def setup() -> None:
    """Make the virtual environment that Pulumi.yaml names from requirements.txt, and get the Pulumi CLI into it.

    A `pulumi` on PATH is taken where it fits (3.254 or later, below 4). Else Pulumi's own bundle is downloaded, and its
    sha256 compared with the one that trackform knows; TRACKFORM_PULUMI_MIRROR is an address at which the bundle is, for
    networks that do not reach Pulumi's. Where there is no bundle to be had and Go is there, the CLI is built.

    Exit status 0: all is there; 1: an error.
    """
    if not Path(PROJECT).is_file():
        raise click.ClickException(f"there is no {PROJECT} here or above: `trackform init` makes a project")
    environment = make(Path.cwd(), _say)
    if not get_cli(environment, _say):
        raise click.exceptions.Exit(1)
    click.echo(f"ready: . {environment.relative_to(Path.cwd()).as_posix()}/bin/activate")


def _say(line: str) -> None:
    click.echo(f"setup: {line}", err=True)
