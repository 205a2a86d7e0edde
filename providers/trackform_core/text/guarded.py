"""What a command prints, kept from steering the terminal: titles and answers are other people's."""

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from trackform_core.text.shown import encodable

Fold = Callable[[str, Any], str]
"""Text and the stream that it goes to -> the text in lines that fit."""
STYLE = re.compile(r"(\x1b\[(?:(?:[0-4]|3[125])(?:;(?=\d)|(?=m)))*m)")
"""Weight and colours that our own lines have on a terminal: red, green and magenta.

None of them hides a text, on black or on white, as black, yellow or cyan would.
"""


class Guarded:
    """A stream that changes what is written to it, and is the one beneath it in all else.

    ``fold`` lays text out for a terminal; it is given the stream beneath.
    """

    def __init__(self, stream: Any, change: Callable[[str], str], fold: Fold | None = None) -> None:
        self._stream = stream
        self._change = change
        self._fold = fold
        self.folds = True

    def write(self, text: str) -> int:
        parts = STYLE.split(text)
        styled = has_style()
        shown = "".join(styled * part if n % 2 else self._change(part) for n, part in enumerate(parts))
        shown = encodable(shown, self._stream.encoding or "utf-8")
        written: int = self._stream.write(self._fold(shown, self._stream) if self._fold and self.folds else shown)
        return written

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            # Click writes past a stream whose encoding is ASCII, in UTF-8, where it finds the bytes beneath.
            raise AttributeError(name)
        return getattr(self._stream, name)


def has_style() -> bool:
    """Whether this process may write bold and in colour, by what its environment says of the terminal."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") not in {"dumb", "unknown"}


def beneath(stream: Any) -> Any:
    """The stream as it is: for what moves the cursor and is ours to the last letter, such as progress."""
    return stream._stream if isinstance(stream, Guarded) else stream  # noqa: SLF001 -- of this module


@contextmanager
def led_through(stream: Any, write: Callable[[str], Any]) -> Iterator[None]:
    """Hand what this stream would write to ``write``, guarded as before, as long as the context lasts."""
    if not isinstance(stream, Guarded):
        yield
        return
    before = stream._stream  # noqa: SLF001 -- of this module
    stream._stream = _LedThrough(before, write)  # noqa: SLF001
    try:
        yield
    finally:
        stream._stream = before  # noqa: SLF001


class _LedThrough:
    """The stream, but for what is written to it."""

    def __init__(self, stream: Any, write: Callable[[str], Any]) -> None:
        self._stream = stream
        self.write = write

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def unfolded(stream: Any) -> Iterator[None]:
    """Leave the lines of this stream as they are, as long as the context lasts."""
    guard = stream if isinstance(stream, Guarded) else None
    before = guard.folds if guard else True
    try:
        if guard:
            guard.folds = False
        yield
    finally:
        if guard:
            guard.folds = before


@contextmanager
def guarded(
    name: Literal["stdout", "stderr"], change: Callable[[str], str], fold: Fold | None = None
) -> Iterator[None]:
    """Change all that is written to this stream of the process, as long as the context lasts."""
    stream = getattr(sys, name)
    guard = Guarded(stream, change, fold)
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
