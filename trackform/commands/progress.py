"""Shows on a terminal that something is under way. Where there is none, nothing is said."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from trackform_core.text.guarded import beneath
from trackform_core.text.shown import encodable, fit_to_show


@contextmanager
def under_way(task: str) -> Iterator[None]:
    """Say at once what is being done, until it is done, and take it away again."""
    stream = beneath(sys.stderr)
    if not stream.isatty():
        yield
        return
    from rich.console import Console  # noqa: PLC0415 -- a fifth of a second that only a terminal needs

    console = Console(file=stream, highlight=False)
    shown = encodable(fit_to_show(task), console.encoding)
    with console.status(shown, spinner="line"):
        yield
