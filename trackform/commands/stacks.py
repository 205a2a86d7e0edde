"""Shared by the commands: options that choose stacks, their compositions, and printing mistakes in their files."""

import fnmatch
import os
from collections.abc import Callable
from typing import Any

import click

from trackform.account_file.compose import Composition
from trackform.account_file.stack_names import known_stacks, stacks_to_choose_from, with_where_to_go
from trackform.commands.completed import stack_names
from trackform.documents.problems import Problem, Problems
from trackform.documents.whole import print_json
from trackform.project.selection import selected, short_name
from trackform.project.stacks import FOLDER, compose_given_up, compose_stack


def chosen_stacks(names: tuple[str, ...], every: bool, pattern: str | None) -> list[str]:
    """The stacks that a command line chooses; where it names none, the one that Pulumi would take, or the only one.

    Where others could have been meant, it says which it took, and why.

    Raises:
        click.UsageError: none or several could be meant.
        TrackformError: a stack of another project is meant.
    """
    known = known_stacks(FOLDER)
    if every or pattern:
        fitting = [name for name in known if fnmatch.fnmatch(name, pattern or "*")]
        if not known:
            raise click.UsageError(with_where_to_go(f"there is no account file in {FOLDER}/"))
        if not fitting:
            raise click.UsageError(f"no stack fits {pattern}; known: {', '.join(known)}")
        return fitting
    return list(dict.fromkeys(short_name(name) for name in names)) or [_meant("name a stack, or use --all")]


def chosen_stack(name: str | None, how: str = "name a stack") -> str:
    """The one stack that a command line names, or means as that of `chosen_stacks`; ``how`` tells how to name it.

    Raises:
        click.UsageError: none or several could be meant.
        TrackformError: a stack of another project is meant.
    """
    return short_name(name) if name else _meant(how)


def _meant(how: str) -> str:
    known = known_stacks(FOLDER)
    meant = selected(known, os.environ)
    if meant is None:
        raise click.UsageError(f"{how}; known: {stacks_to_choose_from(FOLDER)}")
    if known != [meant.stack]:
        click.echo(f"stack {meant.stack}: {meant.by}", err=True)
    return meant.stack


def stack_options(command: Callable[..., None]) -> Callable[..., None]:
    """Arguments and options that choose stacks, and ``--json``."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="For machines."),
        click.option("--stacks", "pattern", metavar="GLOB", help="Stacks whose names fit."),
        click.option("--all", "every", is_flag=True, help="All stacks that have an account file."),
        click.argument("names", nargs=-1, metavar="[STACK]...", shell_complete=stack_names),
    ):
        command = option(command)
    return command


def composed(
    names: list[str], as_json: bool, *, may_be_empty: bool = False, destroyed: bool = False
) -> list[tuple[str, Composition]]:
    """Compose all stacks; if any has a mistake, print all mistakes and exit with status 1."""
    compositions: list[tuple[str, Composition]] = []
    problems: list[Problem] = []
    for name in names:
        try:
            composition = compose_given_up(name) if destroyed else compose_stack(name, may_be_empty=may_be_empty)
            compositions.append((name, composition))
        except Problems as mistakes:
            problems += mistakes.problems
    if problems:
        tell(list(Problems(problems).problems), as_json)
        raise click.exceptions.Exit(1)
    return compositions


def tell(problems: list[Problem], as_json: bool) -> None:
    if as_json:
        print_json({"problems": [as_row(problem) for problem in problems]})
    else:
        for problem in problems:
            click.echo(str(problem), err=True)


def as_row(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.file,
        "line": problem.line,
        "where": problem.where,
        "message": problem.message,
        "suggestion": problem.suggestion,
    }
