"""Answers to open settings: made of signs, each of which is one thing that was seen."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from trackform_core.text.counted import counted

Sure = Literal["certain", "likely", ""]


@dataclass(frozen=True)
class Sign:
    """One thing that was seen, and the value of a setting that it shows.

    Attributes:
        at: the day of it; ``None`` for what was asked today.
        certain: whether it allows no other value. What did not come can have been lost otherwise.
    """

    value: str
    at: date | None = None
    certain: bool = True


@dataclass(frozen=True)
class Answer:
    """What one account's evidence says of one setting.

    Attributes:
        value: empty where it is open.
        evidence: counts and dates, and no data of customers; where it is open, what it would take.
        since: the day of the first sign.
        contradicts: whether signs show different values: the service does not always behave alike.
    """

    setting: str
    value: str = ""
    evidence: str = ""
    sure: Sure = ""
    since: date | None = None
    contradicts: bool = False

    @property
    def is_open(self) -> bool:
        return not self.value

    def row(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "setting": self.setting, "answer": self.value or None, "evidence": self.evidence, "sure": self.sure or None,
            "since": str(self.since) if self.since else None, "contradicts": self.contradicts,
        }  # fmt: skip


def answered(setting: str, signs: Iterable[Sign], noun: str, takes: str, today: date) -> Answer:
    """The answer that all signs together give. What is only likely counts where nothing is certain.

    ``noun``: what was counted; ``takes``: what an answer would take.
    """
    seen = list(signs)
    seen = [sign for sign in seen if sign.certain] or seen
    values = {sign.value for sign in seen}
    if not seen:
        return Answer(setting, evidence=takes)
    if len(values) > 1:
        each = ((value, sum(sign.value == value for sign in seen)) for value in sorted(values))
        counts = " and ".join(f"{value} {counted(number, 'time')}" for value, number in each)
        if not seen[0].certain:
            return Answer(setting, evidence=f"shows {counts}: guesses that differ, and no answer")
        return Answer(setting, evidence=f"shows {counts}: the service does not always behave alike", contradicts=True)
    days = sorted(sign.at or today for sign in seen)
    period = f"{days[0]}" if days[0] == days[-1] else f"{days[0]} to {days[-1]}"
    sure: Sure = "certain" if seen[0].certain else "likely"
    return Answer(setting, seen[0].value, f"{noun}: {len(seen)}, {period}", sure, days[0])
