"""``trackform schema``: writes the JSON Schema of the account file, for editors. Offline, without a key."""

from pathlib import Path

import click

from trackform.account_file.json_schema import TITLE, text
from trackform.commands.folder import FilePath
from trackform.documents.report_file import ReportFile, holds
from trackform.documents.whole import print_whole
from trackform.init.project_files import SCHEMA
from trackform.init.wiring import wire


@click.command()
@click.option("--out", type=FilePath(dir_okay=False, path_type=Path), help="Write it here, not to the screen.")
@click.option("--wire", "wires", is_flag=True, help="Write it into this project, and point its account files at it.")
def schema(out: Path | None, wires: bool) -> None:
    """Write the JSON Schema of the account file; it names the version that it is of.

    An editor with a YAML language server reads it where a comment in the file names it. With --wire it is written to
    .trackform/account-file.schema.json, and that comment into each file in stacks/ that is an account or part of one,
    as its first line where it has none.
    """
    if wires:
        if out is not None:
            raise click.UsageError("--wire has a place for it: leave out --out")
        if not Path("stacks").is_dir():
            raise click.ClickException("there is no folder stacks here: run this in the project's folder")
        changed, exports = wire(Path())
        click.echo(f"wrote {SCHEMA}")
        for path in changed:
            click.echo(f"{path.as_posix()} names it")
        for path in exports:
            click.echo(f"left {path.as_posix()}: with another line the next export could not replace it")
        return
    if out is None:
        print_whole(text(), nl=False)
        return
    ReportFile(out, "trackform schema", holds(TITLE)).write(text())
    click.echo(f"wrote {out}", err=True)
