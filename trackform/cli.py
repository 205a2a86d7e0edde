"""The `trackform` command: one verb a file in trackform/commands, imported only when it is called."""

import gc
import os
import sys
import traceback
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

import click
from click.shell_completion import CompletionItem

from trackform.commands.folder import enter_project
from trackform.commands.group import COMPLETE, SuggestingGroup
from trackform.documents.folding import columns_of, for_terminal
from trackform.documents.project_folder import project_folder
from trackform_core.errors import TrackformError
from trackform_core.text.guarded import guarded
from trackform_core.text.secrets import without_keys
from trackform_core.text.shown import escaped, fit_to_show

# 2 means "differs, or findings" here: a call that cannot be understood is an error like any other.
click.UsageError.exit_code = 1
NARROW = 52
"""Columns below which help is laid out for a narrow terminal."""

VERBS = {
    "accept": "Write what was changed outside into the account file.",
    "alert": "Tell a chat what a check found, through the webhook that the policy names.",
    "completion": "Print what makes a shell complete verbs, stacks and objects.",
    "demo": "Show the main job on a sandbox, from an empty account to counted conversions.",
    "docs": "Print a page of the documentation.",
    "doctor": "Look at what a set-up needs, each line green or with a fix.",
    "export": "Write a living account down as an account file; list what is not in it.",
    "init": "Make a project around an account: all that trackform needs in a repository.",
    "links": "Print the offer and postback URLs of an account file.",
    "operator": "Walk through what only a person can do in the web applications.",
    "probe": "Answer what is open of the live services, from what is there in the accounts.",
    "reconcile": "Compare what Digistore24 booked with RedTrack's conversion log.",
    "render": "Print what an account file asks for, everything resolved.",
    "review": "Tell what a preview would change, the dangerous first; apply exactly what was reviewed.",
    "sandbox": "A stand-in for RedTrack and Digistore24.",
    "schema": "Write the JSON Schema of the account file, for editors.",
    "setup": "Make the project's virtual environment, and get the Pulumi CLI.",
    "status": "Show what is true right now: campaigns, links, drift, findings, open steps.",
    "upgrade": "Show how a project's generated files differ from this version's, and change what nobody edited.",
    "validate": "Check account files without a key or a network.",
    "verify": "Compare what is booked with the flow matrix: on a sandbox, or read-only on a live account.",
}
ANYWHERE = frozenset({"completion", "docs", "init", "sandbox", "schema"})
"""The verbs that need no project: they work in the folder in which they are called."""


def loaded(module: str) -> ModuleType:
    """A module and all that it needs, which stays as long as the process: collecting garbage there is in vain.

    It takes a fifth of the time of an import.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(module)
    finally:
        if collects:
            gc.enable()


def _fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A fault of ours, as Python tells it, but for secrets: the text of an error may be anybody's."""
    sys.stderr.write(fit_to_show("".join(traceback.format_exception(kind, error, trace))))


class FittingHelp(click.HelpFormatter):
    """Help for terminals of any width: click's own is never narrower than 50 columns."""

    def __init__(self, indent_increment: int = 2, width: int | None = None, max_width: int | None = None) -> None:
        columns = columns_of(sys.stdout)
        self.is_narrow = 0 < columns < NARROW
        super().__init__(indent_increment, columns - 2 if self.is_narrow else width, max_width)

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 30, col_spacing: int = 2) -> None:
        super().write_dl(rows, self.width // 3 if self.is_narrow else col_max, col_spacing)


click.Context.formatter_class = FittingHelp


class Verbs(SuggestingGroup):
    """Finds a verb's module by its name."""

    def main(self, *args: Any, **extra: Any) -> Any:
        sys.excepthook = _fault
        if COMPLETE in os.environ:
            # A shell reads it, and click writes bytes, beneath what is guarded.
            return super().main(*args, **extra)
        # What is asked for may hold a protection token, to be entered by hand. No message does.
        with (
            guarded("stdout", lambda text: escaped(without_keys(text)), for_terminal),
            guarded("stderr", fit_to_show, for_terminal),
        ):
            return super().main(*args, **extra)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(VERBS)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name, command, rest = super().resolve_command(ctx, args)
        if name not in ANYWHERE:
            enter_project(ctx)
        return name, command, rest

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(loaded(f"trackform.commands.{cmd_name}"), cmd_name)
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The verbs' names from the table: click would load the modules of all for their help."""
        verbs = [
            CompletionItem(name, help=summary) for name, summary in sorted(VERBS.items()) if name.startswith(incomplete)
        ]
        return verbs + click.Command.shell_complete(self, ctx, incomplete)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except TrackformError as error:
            raise click.ClickException(str(error)) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(sorted(VERBS.items()))


def _tell_versions(ctx: click.Context, _parameter: click.Parameter, asked: bool) -> None:
    if asked and not ctx.resilient_parsing:
        for line in loaded("trackform.project.versions").versions():
            click.echo(line)
        ctx.exit()


def start() -> None:
    """What the command `trackform` runs: with the project's own environment, whatever it was started from."""
    if project := project_folder(Path.cwd()):
        loaded("trackform.project.environment").hand_over(sys.argv[1:], Path(os.path.relpath(project)))
    main()


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_tell_versions,
              help="Show the versions of trackform, Pulumi's SDK and its CLI, and exit.")  # fmt: skip
def main() -> None:
    """Ad tracking as code for RedTrack and Digistore24."""
