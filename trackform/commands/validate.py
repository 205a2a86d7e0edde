"""``trackform validate``: checks account files and how money is counted. Offline, without a key."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import click

from trackform.account_file.compose import Composition
from trackform.commands.stacks import as_row, chosen_stacks, composed, stack_options, tell
from trackform.documents.columns import list_of, table_of
from trackform.documents.problems import Problems
from trackform.documents.whole import print_json, print_whole
from trackform.flow.matrix import HEAD, MatrixLine, markdown
from trackform.policy import Policy, read_policy
from trackform.project.stacks import FOLDER
from trackform.rules import Finding, check, rule_ids
from trackform.rules.grouped import grouped
from trackform.rules.history import History, Slots
from trackform.rules.matrix import matrix_of
from trackform.rules.proofs import UNPROVEN
from trackform_core.text.counted import counted

FINDINGS = 2
"""Exit status: a rule of severity error has something to say."""

READABLE = 120
"""Columns below which the matrix is a list: its eight columns would be too slim to read."""
WIDE = 10_000
"""Columns of a table that no terminal shows: more than any row needs."""

Format = Literal["table", "markdown", "json"]


@click.command()
@stack_options
@click.option(
    "--matrix", is_flag=True, help="Show what each sequence of order events books, and what channels are told."
)
@click.option(
    "--format", "form", type=click.Choice(["table", "markdown", "json"]), default="table", show_default=True,
    help="Of the matrix.",
)  # fmt: skip
@click.option("--strict", is_flag=True, help="Exit status 2 also for what cannot be proved (the rule `unproven`).")
def validate(
    names: tuple[str, ...], every: bool, pattern: str | None, as_json: bool, matrix: bool, form: Format, strict: bool
) -> None:
    """Check account files without a key or a network.

    Exit status 0: fine, warnings allowed; 1: mistakes in a file; 2: a rule found something of severity error. The rules
    are on the page `trackform docs rules`, and stacks/policy.yaml sets how much each of them counts.
    """
    as_json = as_json or (matrix and form == "json")
    stacks = composed(chosen_stacks(names, every, pattern), as_json)
    policy = policy_here(as_json)
    findings = check(stacks, policy, slots_before([name for name, _ in stacks], as_json))
    rows = [finding.row() for finding in findings]
    if not as_json:
        for text in grouped(findings):
            click.echo(text, err=True)
        for problem in policy.aged:
            click.echo(f"{problem}", err=True)
    if matrix:
        show_matrix(stacks, policy, "json" if as_json else form, rows)
    elif as_json:
        sizes = {name: len(composition.objects) for name, composition in stacks}
        reopened = [as_row(problem) for problem in policy.aged]
        document = {"problems": [], "findings": rows, "stacks": sizes} | ({"reopened": reopened} if reopened else {})
        print_json(document)
    else:
        for name, composition in stacks:
            click.echo(f"{name}: {counted(len(composition.objects), 'object')}, {_mistakes(findings, name)}")
    if any(finding.severity == "error" or (strict and finding.rule == UNPROVEN) for finding in findings):
        raise click.exceptions.Exit(FINDINGS)


def policy_here(as_json: bool = False) -> Policy:
    """The project's policy; a mistake in it ends with exit status 1, as in any other file."""
    try:
        return read_policy(FOLDER, rule_ids())
    except Problems as problems:
        tell(list(problems.problems), as_json)
        raise click.exceptions.Exit(1) from None


def slots_before(names: Sequence[str], as_json: bool = False) -> dict[str, Slots | None]:
    """The slots of each stack's conversion types as they were; a broken ledger ends with exit status 1."""
    history = History(FOLDER)
    try:
        return {name: history.slots(name) for name in names}
    except Problems as problems:
        tell(list(problems.problems), as_json)
        raise click.exceptions.Exit(1) from None


def show_matrix(
    stacks: Sequence[tuple[str, Composition]], policy: Policy, form: Format, findings: Sequence[Mapping[str, Any]] = ()
) -> None:
    """The flow matrix of each stack; for machines with what the rules found."""
    rows = {name: matrix_of(name, composition, policy) for name, composition in stacks}
    if form == "json":
        matrix = {name: [line.row() for line in each] for name, each in rows.items()}
        print_json({"matrix": matrix, "findings": list(findings)})
        return
    for name, each in rows.items():
        if form == "markdown":
            print_whole(f"## {name}\n\n{markdown(each)}")
        else:
            _table(name, each)


def _table(title: str, rows: list[MatrixLine]) -> None:
    # Not at the top: it takes longer to load than a whole account takes to check.
    from rich.console import Console  # noqa: PLC0415

    console = Console(highlight=False, markup=False)
    # In a file or a pipe nothing has to fit.
    console = console if console.is_terminal else Console(highlight=False, markup=False, width=WIDE)
    click.echo(title)
    cells = [line.cells() for line in rows]
    if console.width < READABLE:
        for line in list_of(HEAD, cells, console.width, lead=2):
            click.echo(line)
        return
    console.print(table_of(HEAD, cells, right=("conversions", "total", "expected"), width=console.width))


def _mistakes(findings: list[Finding], stack: str) -> str:
    own = [finding.severity for finding in findings if finding.stack == stack]
    errors, warnings = own.count("error"), own.count("warning")
    said = counted(errors, "error") if errors else "no mistakes"
    return said + (f", {counted(warnings, 'warning')}" if warnings else "")
