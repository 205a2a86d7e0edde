"""Verbs work in the project's folder, wherever below it they are called; files are named from where one is."""

import os
from pathlib import Path
from typing import Any

import click

from trackform.documents.project_folder import PROJECT, project_folder

STARTED_IN = "trackform.started_in"


def enter_project(ctx: click.Context) -> None:
    """Go up to the project's folder, as Pulumi does, and say so."""
    here = Path.cwd()
    above = project_folder(here)
    if above is not None and above != here:
        ctx.meta[STARTED_IN] = here
        os.chdir(above)
        # Nobody reads it where a shell only asks what could come next.
        if not ctx.resilient_parsing:
            click.echo(f"in {above}, where {PROJECT} is", err=True)


class FilePath(click.Path):
    """A file as the command line names it, from the folder in which it was typed."""

    def convert(self, value: str | os.PathLike[str], param: click.Parameter | None, ctx: click.Context | None) -> Any:
        started = ctx.meta.get(STARTED_IN) if ctx else None
        if os.fspath(value) == "-":
            if not self.allow_dash:
                self.fail("- is no file here: name one; a file of that name is ./-", param, ctx)
        elif started is not None:
            value = os.path.relpath(started / value)
        return super().convert(value, param, ctx)
