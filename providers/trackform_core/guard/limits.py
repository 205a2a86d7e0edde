"""How much of a kind one run may delete, change or make again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from trackform_core.model.kind import OPTIONS

Action = Literal["delete", "update", "recreate"]


ACTIONS: tuple[Action, ...] = ("delete", "update", "recreate")
FEW = 10
"""A kind with fewer objects has no limits: two of five offers are 40 % and an everyday change."""

SEVERAL = 2
"""Of a kind with so many objects a run does not delete all unasked, whatever its limit: no everyday change does."""

NO_WRITE = OPTIONS - {"extra", "unset", "enforce"}
"""Options that change how an object is treated, and nothing in the service."""


@dataclass(frozen=True)
class Limit:
    """How many objects of a kind one run may touch: ``percent`` of those it has, and never more than ``objects``."""

    percent: float
    objects: int

    def most(self, of: int) -> int | None:
        """The number for a kind of so many objects; ``None`` where there is no limit."""
        return None if of < FEW else min(self.objects, int(of * self.percent / 100))

    def __str__(self) -> str:
        return f"{self.percent:g} %, {self.objects} at the most"


DEFAULTS: dict[Action, Limit] = {
    "delete": Limit(percent=20, objects=20),
    "update": Limit(percent=25, objects=100),
    "recreate": Limit(percent=10, objects=10),
}


Limits = Mapping[str, Mapping[Action, Limit]]
"""By kind; what is not named has the default."""
