"""What a command prints, kept from steering the terminal: titles and answers are other people's."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from trackform_core.text.shown import encodable

STYLE = re.compile(r"(\x1b\[(?:(?:[0-4]|3[1-6])(?:;(?=\d)|(?=m)))*m)")
"""Weight and colours that our own lines have on a terminal. None of them hides a text, as black on black would."""


class Guarded:
    """A stream that changes what is written to it, and is the one beneath it in all else."""

    def __init__(self, stream: Any, change: Callable[[str], str]) -> None:
        self._stream = stream
        self._change = change

    def write(self, text: str) -> int:
        parts = STYLE.split(text)
        shown = "".join(part if n % 2 else self._change(part) for n, part in enumerate(parts))
        written: int = self._stream.write(encodable(shown, self._stream.encoding or "utf-8"))
        return written

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def beneath(stream: Any) -> Any:
    """The stream as it is: for what moves the cursor and is ours to the last letter, such as progress."""
    return stream._stream if isinstance(stream, Guarded) else stream  # noqa: SLF001 -- of this module


@contextmanager
def guarded(name: Literal["stdout", "stderr"], change: Callable[[str], str]) -> Iterator[None]:
    """Change all that is written to this stream of the process, as long as the context lasts."""
    stream = getattr(sys, name)
    guard = Guarded(stream, change)
    setattr(sys, name, guard)
    try:
        yield
    finally:
        try:
            guard.flush()
        except BrokenPipeError:
            # Whoever read it has gone, as `head` does; what is left goes nowhere, also when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        if getattr(sys, name) is guard:
            setattr(sys, name, stream)
