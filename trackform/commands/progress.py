"""Shows on a terminal that something is under way. Where there is none, nothing is said."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import click

from trackform_core.text.guarded import beneath, led_through
from trackform_core.text.secrets import redacted
from trackform_core.text.shown import encodable, fit_to_show

Line = TypeVar("Line")
Tell = Callable[[str], None]


def note(text: str) -> None:
    """Say on standard error what stays true when all is done."""
    click.echo(text, err=True)


@contextmanager
def under_way(task: str) -> Iterator[Tell]:
    """Say at once what is being done, until it is done, and take it away again.

    Yields what tells how far it is. Meanwhile nothing goes to standard output: it may be the same terminal.
    """
    stream = beneath(sys.stderr)
    if not stream.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 -- a fifth of a second that only a terminal needs
    from rich.live import Live  # noqa: PLC0415
    from rich.spinner import Spinner  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False)

    def line(text: str) -> Text:
        return Text(encodable(fit_to_show(redacted(text)), console.encoding))

    spinner = Spinner("line", line(task))

    def tell(text: str) -> None:
        spinner.update(text=line(f"{task}: {text}"))
        shown.refresh()

    shown = Live(spinner, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    try:
        # What is told meanwhile stands above, and is guarded like all else.
        with shown, led_through(sys.stderr, lambda text: console.out(text, end="")):
            yield tell
    except BaseException:
        # An interrupt while it begins leaves it hidden.
        console.show_cursor()
        raise


def one_by_one(lines: Callable[[Tell], Iterable[Line]], task: str) -> Iterator[Line]:
    """The lines, each as soon as it is there; while the next one is made, the task is under way."""
    now: list[Tell] = []

    def tell(text: str) -> None:
        now[-1](text)

    todo = iter(lines(tell))
    while True:
        with under_way(task) as shown:
            now.append(shown)
            line = next(todo, None)
        if line is None:
            return
        yield line
