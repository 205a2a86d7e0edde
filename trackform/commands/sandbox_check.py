"""``trackform sandbox check``: compares the sandbox with what was recorded on a live account."""

from pathlib import Path

import click

from trackform.commands.folder import FilePath
from trackform.commands.sandbox_switches import switches
from trackform.documents.whole import print_json

DIFFERS = 2


@click.command()
@click.argument("recording", type=FilePath(exists=True, dir_okay=False, path_type=Path))
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A behaviour switch; repeatable.")
@click.option("--strict", is_flag=True, help="Exit status 2 where anything differs.")
@click.option("--json", "as_json", is_flag=True, help="For machines.")
def check(recording: Path, assignments: tuple[str, ...], strict: bool, as_json: bool) -> None:
    """Replay a recording of `trackform probe --record` against a sandbox, and list where it answers otherwise.

    Compared are status, headers that matter, shape and types; a switch that is set otherwise than the recording shows
    is told by its name. Nothing is sent anywhere: the sandbox is in this process.

    Exit status: 0; with --strict 2 where anything differs; 1 when it is no recording.
    """
    from trackform.recording.differences import differences  # noqa: PLC0415 -- of the extra `sandbox`
    from trackform.recording.recorder import read_recording  # noqa: PLC0415

    recorded = read_recording(recording)
    unlike = differences(recorded, switches(assignments))
    if as_json:
        rows = [each.row() for each in unlike]
        print_json({"exchanges": len(recorded.exchanges), "differences": rows})
    else:
        for each in unlike:
            click.echo(str(each))
        click.echo(f"{_counted(len(recorded.exchanges), 'exchange')}, {_counted(len(unlike), 'difference')}")
    if unlike and strict:
        raise click.exceptions.Exit(DIFFERS)


def _counted(count: int, noun: str) -> str:
    return f"{count or 'no'} {noun}{'' if count == 1 else 's'}"
