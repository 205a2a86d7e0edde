"""What becomes of a live object that its stack gives up: decided here, and rendered wherever it is told.

The guard decides before a run, with what a refresh and the service tell; it goes into the `Account`'s inputs, so that
whoever reads a preview has it as a value.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from trackform_core.model.kind import Kind

FateId = Literal[
    "deleted",
    "deleted-clicked",
    "deleted-unless-adopted",
    "deleted-unless-clicked",
    "deleted-unless-used",
    "paused",
    "paused-clicked",
    "kept-adopted",
    "kept-asked",
    "kept-declared",
    "kept-default",
    "kept-elsewhere",
    "kept-existing",
    "kept-renamed",
    "kept-taken",
    "kept-unless-asked",
    "kept-used",
    "by-hand",
    "gone",
    "protected",
]

SAID: Mapping[FateId, str] = {
    "deleted": "deleted",
    "deleted-clicked": "deleted, whether or not it had clicks: {detail} names it",
    "deleted-unless-adopted": "deleted, unless it was adopted or its `on_delete` said otherwise, which cannot be told "
    "here",
    "deleted-unless-clicked": "deleted, or paused if it had clicks in the last 30 days",
    "deleted-unless-used": "deleted, unless a live object still uses it",
    "paused": "paused: on_delete is pause",
    "paused-clicked": "paused, not deleted: it had clicks in the last 30 days",
    "kept-adopted": "kept: it was adopted, not created",
    "kept-asked": "kept: on_delete is keep",
    "kept-declared": "kept: this stack declares it under another name",
    "kept-default": "kept: never deleted by default",
    "kept-elsewhere": "kept for another stack: {detail}",
    "kept-existing": "kept: this stack only refers to it",
    "kept-renamed": "kept: {detail}",
    "kept-taken": "kept: it was taken over in this run",
    "kept-unless-asked": "kept by default, unless its `on_delete` said otherwise",
    "kept-used": "kept: {detail} still uses it",
    "by-hand": "to be removed by hand: `trackform operator` names the step",
    "gone": "gone already",
    "protected": "protected: Pulumi refuses to delete it. Take `protect` out first, in a change of its own",
}
"""What a person reads after "it is"; ``detail`` is what the fate brings along."""


@dataclass(frozen=True)
class Fate:
    """What becomes of one object."""

    id: FateId
    detail: str = ""

    def __str__(self) -> str:
        return SAID[self.id].format(detail=self.detail)

    @property
    def harms(self) -> bool:
        """Whether the live object is deleted or paused by a run, or may be."""
        return self.id.startswith(("deleted", "paused"))

    @property
    def spares(self) -> bool:
        """Whether the live object stays as it is, or is gone anyway."""
        return self.id.startswith(("kept", "gone", "protected"))

    @property
    def clicked(self) -> bool | None:
        """Whether it had clicks in the last 30 days, where that was looked up to decide."""
        return {"paused-clicked": True, "deleted": False}.get(self.id)

    def as_input(self) -> dict[str, str]:
        return {"fate": self.id, **({"detail": self.detail} if self.detail else {})}

    @staticmethod
    def of_input(given: Any) -> "Fate | None":
        """The fate that an `Account` has among its inputs; None where it is none that this version knows."""
        if not isinstance(given, Mapping) or given.get("fate") not in get_args(FateId):
            return None
        return Fate(given["fate"], str(given.get("detail", "")))


def kept(kind: Kind[Any], outs: Mapping[str, Any]) -> Fate | None:
    """The fate of an object that a delete leaves alone, as far as its state tells; None where it does not."""
    policy = outs.get("on_delete")
    if outs.get("existing"):
        return Fate("kept-existing")
    if outs.get("adopted") and not policy:
        return Fate("kept-adopted")
    if (policy or kind.on_delete) == "keep":
        return Fate("kept-asked" if policy else "kept-default")
    return None


def fate_of(kind: Kind[Any], outs: Mapping[str, Any]) -> Fate:
    """The fate of an object of which only the state is known: nobody looked for clicks, or for who uses it."""
    if fate := kept(kind, outs):
        return fate
    if (outs.get("on_delete") or kind.on_delete) == "pause":
        return Fate("paused")
    if "pause" in kind.policies:
        return Fate("deleted-unless-clicked")
    return Fate("deleted-unless-used" if kind.kept_while_used else "deleted")
