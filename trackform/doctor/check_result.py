"""The result of one check: fine, to be fixed, or unknown, with what to do."""

from dataclasses import asdict, dataclass
from typing import Literal

State = Literal["ok", "fix", "unknown"]
"""``unknown``: it cannot be found out from here, or not without writing; the fix says who can."""


@dataclass(frozen=True)
class CheckResult:
    """The result of one check, one line of the report.

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
        """As JSON."""
        return asdict(self)

    def __str__(self) -> str:
        sign = {"ok": "ok     ", "fix": "FIX    ", "unknown": "unknown"}[self.state]
        place = f"{self.stack}: " if self.stack else ""
        fix = f"\n        -> {self.fix}" if self.fix else ""
        return f"{sign} {place}{self.topic}: {self.said}{fix}"


def ok(topic: str, said: str, stack: str = "") -> CheckResult:
    return CheckResult(topic, "ok", said, "", stack)


def wrong(topic: str, said: str, fix: str, stack: str = "") -> CheckResult:
    return CheckResult(topic, "fix", said, fix, stack)


def unknown(topic: str, said: str, fix: str, stack: str = "") -> CheckResult:
    return CheckResult(topic, "unknown", said, fix, stack)
