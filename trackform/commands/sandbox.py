"""``trackform sandbox``: serves a stand-in for RedTrack and Digistore24 on this machine."""

import shlex
import signal
import sqlite3
import sys
from importlib.util import find_spec
from pathlib import Path
from types import FrameType

import click

from trackform.commands.folder import FilePath
from trackform.commands.group import SuggestingGroup
from trackform.commands.sandbox_check import check
from trackform.commands.sandbox_enter import enter
from trackform.commands.sandbox_hands import edit, play
from trackform.commands.sandbox_switches import switches

EXTRA = ("flask", "waitress")
"""The server's packages are those of the extra `sandbox`: where keys are held, none is needed."""


def _way_to(packages: list[str]) -> str:
    """How this environment gets them: a project's own has none of them, as `trackform init` pins what `up` needs."""
    if find_spec("pip") is None:
        return "Install trackform as you did, with its extra: trackform[sandbox]"
    return f"To add them: {shlex.join([sys.executable, '-m', 'pip', 'install', *packages])}"


@click.group(cls=SuggestingGroup)
def sandbox() -> None:
    """A stand-in for RedTrack and Digistore24 on this machine."""


@sandbox.command()
@click.option("--port", type=click.IntRange(0, 65535), default=8650, show_default=True, help="0 picks a free one.")
@click.option("--data", type=FilePath(file_okay=False, path_type=Path), help="Folder of its state; none: in memory.")
@click.option("--reset", is_flag=True, help="Start empty: what a sandbox kept in --data is gone.")
@click.option("--set", "assignments", multiple=True, metavar="NAME=VALUE", help="A behaviour switch; repeatable.")
def serve(port: int, data: Path | None, reset: bool, assignments: tuple[str, ...]) -> None:
    """Serve it in the foreground, on 127.0.0.1 only, until Ctrl-C or SIGTERM."""
    chosen = switches(assignments)

    def end(_signal: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    missing = [name for name in EXTRA if find_spec(name) is None]
    if missing:
        raise click.ClickException(
            f"the sandbox needs packages that are not installed here: {', '.join(missing)}. {_way_to(missing)}"
        )
    from trackform.sandbox.app import OtherDataError  # noqa: PLC0415 -- of the extra
    from trackform.sandbox.serve import Served  # noqa: PLC0415 -- of the extra

    try:
        served = Served(port, data, chosen, reset=reset)
    except OtherDataError as error:
        raise click.ClickException(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        raise click.ClickException(f"cannot serve on port {port}: {error}") from error
    url = served.url
    click.echo(
        f"sandbox ready: {url} (RedTrack {url}/redtrack, Digistore24 {url}/digistore24/api/call, bridge {url}/bridge)"
    )
    served.run()


sandbox.add_command(check)
sandbox.add_command(edit)
sandbox.add_command(enter)
sandbox.add_command(play)
