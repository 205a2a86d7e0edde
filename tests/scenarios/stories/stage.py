"""Where stories are played, what is said there, and how one ends that does not hold."""

import logging
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tests.scenarios.faults.cells import TimedRoom, all_cases
from trackform.sandbox.switches import Switches

if TYPE_CHECKING:
    from tests.providers.conftest import Case


class Stage:
    """Where the stories of one kind are played, one after the other, each on a copy of what it begins with."""

    def __init__(self) -> None:
        self.original, self.room = TimedRoom(), TimedRoom()
        self.cases: dict[str, Case] = all_cases(self.original)
        clock = self.room.sandbox.clock
        clock.now = self.room.now
        self.spoken = Spoken()

    def fresh(self, switches: Mapping[str, Any]) -> TimedRoom:
        room = self.room
        self.original.sandbox.store._db.backup(room.sandbox.store._db)
        room.sandbox.faults.clear()
        room.sandbox.limits._minute = ""
        room.clock.now = 0
        room.clock.alarms.clear()
        for name, value in (Switches().model_dump() | dict(switches)).items():
            setattr(room.sandbox.switches, name, value)
        room.forget()
        return room


class Spoken(logging.Handler):
    """All that is said to the user, of every level."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(record.getMessage())


def in_short(said: str) -> str:
    """The first words of a message, and its mark."""
    marks = re.findall(r"\[[a-z-]+\]", said)
    return " ".join([" ".join(said.split())[:90] + ("…" if len(said) > 90 else ""), *dict.fromkeys(marks)])


class BrokenError(AssertionError):
    """Something does not hold; its text is the story."""
