"""``trackform upgrade``: brings the files that `init` made to the installed version, but for what people edited."""

from importlib.metadata import version
from pathlib import Path

import click

from trackform.documents.whole import print_whole
from trackform.init.requirements import PACKAGE
from trackform.init.written import RECORD, change, differences, read_record

DIFFERS = 2
"""Exit status where somebody has to look at a file."""
SAID = {
    "new": "{name} is new in this version",
    "changed": "{name} is as trackform {version} made it",
    "away": "{name} was taken away here, and stays so: `trackform init` makes it again",
    "edited": "{name} was edited here, and stays as it is: take from this what you want (it is shown once)",
}


@click.command()
@click.option("--dry-run", is_flag=True, help="Show it, and change nothing.")
def upgrade(dry_run: bool) -> None:
    """Show how this project's generated files differ from those of the installed version; change what nobody edited.

    Account files, their settings and ledgers are yours, and no version changes them; nor a file that you made or took
    away, or that you edited and this version has nothing new for. `trackform init` makes again what was taken away.

    Exit status 0: nothing is left to look at; 1: an error; 2: this version has something new for a file that you
    edited, which it shows once; or, with --dry-run, something would be changed or shown.
    """
    folder = Path.cwd()
    record = read_record(folder)
    if record is None:
        raise click.ClickException(
            f"there is no {RECORD}: this is no project's folder, or one that `trackform init` did not make. Run that "
            "first: it replaces no file"
        )
    differing = differences(folder, record)
    compared = [each for each in differing if each.fate != "away"]
    if compared and record.version != version(PACKAGE):
        click.echo(f"these files are of trackform {record.version}, and this is {version(PACKAGE)}\n")
    for each in differing:
        click.echo(SAID[each.fate].format(name=each.name, version=record.version))
        print_whole(each.diff.rstrip() + "\n" if each.diff else "")
    if not dry_run:
        change(folder, record, compared)
    open_ones = [each for each in compared if dry_run or each.fate == "edited"]
    if not compared:
        click.echo("every generated file that is here is as this version makes it, but for what is yours")
    elif not dry_run:
        changed = len(compared) - len(open_ones)
        click.echo(f"{changed} changed, {len(open_ones)} left as they are")
    if not dry_run and any(each.name == "requirements.txt" and each.fate == "changed" for each in compared):
        click.echo("next, in the project's environment: pip install -r requirements.txt")
    if open_ones:
        raise click.exceptions.Exit(DIFFERS)
