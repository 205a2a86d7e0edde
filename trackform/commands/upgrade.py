"""``trackform upgrade``: brings the files that `init` made to the installed version, but for what people edited."""

from importlib.metadata import version
from pathlib import Path

import click

from trackform.init.requirements import PACKAGE
from trackform.init.written import RECORD, FileChange, change, differences, read_record

DIFFERS = 2
"""Exit status where a file differs that is not changed."""
SAID = {
    "new": "{name} is new in this version",
    "changed": "{name} is as trackform {version} made it",
    "edited": "{name} was edited here, and stays as it is: take from this what you want",
    "taken away": "{name} was taken away here, and stays so: `trackform init` makes it again",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Show it, and change nothing.")
def upgrade(dry_run: bool) -> None:
    """Show how this project's generated files differ from those of the installed version; change what nobody edited.

    Account files, their settings and ledgers are yours, and no version changes them.

    Exit status 0: all is as this version makes it; 1: an error; 2: something differs that was edited or taken away,
    or, with --dry-run, that would be changed.
    """
    folder = Path.cwd()
    record = read_record(folder)
    if record is None:
        raise click.ClickException(
            f"there is no {RECORD}: this is no project's folder, or one that `trackform init` did not make. Run that "
            "first: it replaces no file"
        )
    compared = differences(folder, record)
    if compared and record.version != version(PACKAGE):
        click.echo(f"these files are of trackform {record.version}, and this is {version(PACKAGE)}\n")
    for each in compared:
        click.echo(_explained(each, record.version))
    if not dry_run:
        change(folder, record, compared)
    open_ones = [each for each in compared if dry_run or each.fate in ("edited", "taken away")]
    if not compared:
        click.echo("every generated file is as this version makes it")
    elif not dry_run:
        changed = len(compared) - len(open_ones)
        click.echo(f"{changed} changed, {len(open_ones)} left as they are")
    if not dry_run and any(each.name == "requirements.txt" and each.fate == "changed" for each in compared):
        click.echo("next: pip install -r requirements.txt, in the project's environment")
    if open_ones:
        raise click.exceptions.Exit(DIFFERS)


def _explained(difference: FileChange, by: str) -> str:
    head = SAID[difference.fate].format(name=difference.name, version=by)
    return f"{head}\n{difference.diff}".rstrip() + "\n"
