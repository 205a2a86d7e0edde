"""Mistakes in a file: where they are, what is wrong, and how to correct them."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from trackform_core.errors import TrackformError
from trackform_core.text.secrets import redacted
from trackform_core.text.shown import fit_to_show

if TYPE_CHECKING:
    from collections.abc import Iterable


MOST = 200
"""Mistakes that are told at once: nobody reads the millionth."""
LONGEST = 4_000
"""Characters of a message and of a place: a message may quote the value that it is about."""


def _cut(text: str) -> str:
    """A text that may quote a value of megabytes: redacted before it is cut, so that no half of a secret stays."""
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2
    whole = redacted(text)
    return f"{whole[:half]} … {whole[-half:]} ({len(text):,} characters)"


@dataclass(frozen=True)
class Problem:
    """One mistake in one place.

    Attributes:
        file: the file as the person knows it, relative to the working directory; empty when there is none.
        line: counted from 1; 0 when not known.
        where: the place inside the file as a dotted path, e.g. `offers.keto-guide.url`; empty for the file itself.
        message: what is wrong, without a full stop.
        suggestion: the way out, e.g. `did you mean "countries"?`; may be empty.
    """

    file: str
    line: int
    where: str
    message: str
    suggestion: str = ""

    @property
    def place(self) -> str:
        """File and line, as editors open them."""
        return f"{self.file}:{self.line}" if self.file and self.line else self.file

    def __str__(self) -> str:
        message, where = _cut(self.message), _cut(self.where)
        text = f"{message}; {self.suggestion}" if self.suggestion else message
        return ": ".join(part for part in (self.place, where, text) if part)


class Problems(TrackformError):  # noqa: N818 - what it carries are the person's problems, not an error of ours
    """All mistakes as one error: sorted by file and line, without repetition."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(set(problems), key=lambda p: (p.file, p.line, p.where, p.message, p.suggestion)))
        super().__init__("")
        self.args = (self.problems,)

    def __str__(self) -> str:
        more = len(self.problems) - MOST
        lines = [str(problem) for problem in self.problems[:MOST]]
        return fit_to_show(
            "\n".join([*lines, f"and {more:,} more mistakes: correct these first"] if more > 0 else lines)
        )


def nearest(word: str, choices: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The choice a person who wrote `word` most likely meant; None when nothing is near."""
    known = sorted(set(choices))
    by_lower = {choice.lower(): choice for choice in reversed(known)}
    if word.lower() in by_lower:
        return by_lower[word.lower()]
    matches = difflib.get_close_matches(word.lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[matches[0]] if matches else None


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The suggestion that goes with an unknown word: `did you mean "…"?`, or nothing."""
    choice = nearest(word, choices)
    return f'did you mean "{choice}"?' if choice else ""


def dotted(path: Iterable[str | int]) -> str:
    """A path into a file as people read it: `offers.keto-guide.countries[0]`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
