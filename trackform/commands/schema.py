"""``trackform schema``: writes the JSON Schema of the account file, for editors. Offline, without a key."""

from pathlib import Path

import click

from trackform.account_file.json_schema import TITLE, text
from trackform.commands.folder import FilePath
from trackform.documents.report_file import ReportFile, holds


@click.command()
@click.option("--out", type=FilePath(dir_okay=False, path_type=Path), help="Write it here, not to the screen.")
def schema(out: Path | None) -> None:
    """Write the JSON Schema of the account file.

    It is also at docs/account-file.schema.json. An editor with a YAML language server reads it where the file's first
    line is: # yaml-language-server: $schema=../docs/account-file.schema.json
    """
    if out is None:
        click.echo(text(), nl=False)
        return
    ReportFile(out, "trackform schema", holds(TITLE)).write(text())
    click.echo(f"wrote {out}", err=True)
