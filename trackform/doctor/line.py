"""One thing that a set-up needs: whether it is there, and the way to it."""

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "fix", "unknown"]
"""``unknown``: it cannot be found out from here, or not without writing; the fix says who can."""


@dataclass(frozen=True)
class Line:
    """One line of the report.

    Attributes:
        topic: what was looked at, e.g. `RedTrack key`.
        said: what was found, without a full stop.
        fix: what to do; empty where nothing is.
        stack: whose it is; empty for what all stacks share.
    """

    topic: str
    state: State
    said: str
    fix: str = ""
    stack: str = ""

    def row(self) -> dict[str, str]:
        """For machines."""
        return asdict(self)

    def __str__(self) -> str:
        sign = {"ok": "ok     ", "fix": "FIX    ", "unknown": "unknown"}[self.state]
        place = f"{self.stack}: " if self.stack else ""
        way = f"\n        -> {self.fix}" if self.fix else ""
        return f"{sign} {place}{self.topic}: {self.said}{way}"


def ok(topic: str, said: str, stack: str = "") -> Line:
    return Line(topic, "ok", said, "", stack)


def wrong(topic: str, said: str, way: str, stack: str = "") -> Line:
    return Line(topic, "fix", said, way, stack)


def unknown(topic: str, said: str, way: str, stack: str = "") -> Line:
    return Line(topic, "unknown", said, way, stack)
