"""The one model of a plan that every form of a review is made from. Nothing in it is secret."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, computed_field

Change = Literal["drift", "take-over", "create", "update", "replace", "delete", "operator"]
CHANGES: tuple[Change, ...] = ("drift", "take-over", "create", "update", "replace", "delete", "operator")
"""The order in which a review tells them."""

Verdict = Literal["nothing", "differs", "drift", "operator", "refused", "failed"]
EXIT: dict[Verdict, int] = {"nothing": 0, "refused": 1, "failed": 1, "differs": 2, "drift": 3, "operator": 4}
"""Exit status. Drift wins over other differences: whoever asks every night asks about drift."""

COUNTED: dict[Change, tuple[str, str]] = {
    "drift": ("changed outside", "changed outside"),
    "take-over": ("to take over", "to take over"),
    "create": ("to create", "to create"),
    "update": ("to update", "to update"),
    "replace": ("to replace", "to replace"),
    "delete": ("to delete", "to delete"),
    "operator": ("open operator step", "open operator steps"),
}
DIGEST_LENGTH = 20
"""Hexadecimal digits, 80 bits: nobody finds a second change of the same digest, and it still fits on one line."""


DangerKind = Literal[
    "address",
    "tracking-link",
    "money",
    "url",
    "conversion-type",
    "traffic",
    "postback",
    "other-stack",
    "policy",
    "protection",
]
DANGERS: tuple[DangerKind, ...] = get_args(DangerKind)
"""The order in which they are told."""


class Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Part(Model):
    """One part in which two URLs differ: `scheme`, `host`, `path`, `fragment`, or `?name` for a parameter."""

    part: str
    old: str | None = None
    new: str | None = None


class WeightedMember(Model):
    """One of a list of weighted references. A weight is None where it is not in the list, or none is told."""

    name: str
    old: int | None = None
    new: int | None = None
    was_in: bool = True
    is_in: bool = True


class FieldChange(Model):
    """One field of one object: as it is live, and as it will be.

    Attributes:
        name: of the resource; `extra.<wire name>` for a part of extra.
        old: live now; ids of objects of the set-up are given as section/name. None: nothing there.
        new: what is written. None: it is not written any more (an update leaves it as it is).
        applied: what `pulumi up` set last; told for drift alone.
        parts: of two URLs, where they differ.
        members: of a list of weighted references and its weights, each member with both weights.
    """

    name: str
    old: Any = None
    new: Any = None
    applied: Any = None
    parts: tuple[Part, ...] = ()
    members: tuple[WeightedMember, ...] = ()


class Item(Model):
    """One object and what happens to it. An object may be told twice: with its drift, and with its update.

    Attributes:
        kind: what the web application calls such an object.
        object_id: the service's id; empty when there is none yet.
        note: what else the reader has to know, such as what a deletion really does.
        kept: it leaves the file, and the live object stays.
    """

    change: Change
    section: str
    name: str
    kind: str
    service: str
    object_id: str = ""
    fields: tuple[FieldChange, ...] = ()
    note: str = ""
    kept: bool = False

    @property
    def ref(self) -> str:
        return f"{self.section}/{self.name}"


class Danger(Model):
    """A change of meaning. ``about`` is an object as section/name, a file or a setting; ``kind`` is for machines."""

    kind: DangerKind
    about: str
    reason: str


class Left(Model):
    """A field that people steer, changed outside: told, and left alone."""

    about: str
    field: str
    declared: Any = None
    live: Any = None


class Row(Model):
    """One line of what a digest stands for."""

    about: str
    change: str
    field: str
    old: str
    new: str

    def __str__(self) -> str:
        subject = f"{self.about}.{self.field}" if self.field else self.about
        return f"{self.change} {subject}: {self.old} -> {self.new}"


class Review(Model):
    """A plan, read and judged.

    Attributes:
        refusals: why it is not applied, in the words of whoever refused; the plan is told all the same.
        unchanged: how many objects are as declared.
        left: what people steer and changed.
        warnings: what the preview said besides.
        rows: what the digest is made of. Values that may be secret are told as fingerprints.
        unknown: what could not be looked at, and how it can be.
    """

    stack: str
    verdict: Verdict
    refusals: tuple[str, ...] = ()
    dangers: tuple[Danger, ...] = ()
    items: tuple[Item, ...] = ()
    unchanged: int = 0
    left: tuple[Left, ...] = ()
    warnings: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    rows: tuple[Row, ...] = Field(default=(), repr=False)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def digest(self) -> str:
        """Of every (object, field, old, new): the same exactly when the same is written over the same.

        Empty where the preview failed or is refused: there is no plan that anybody could approve.
        """
        return "" if self.verdict in ("refused", "failed") else digest_of(self.stack, self.rows)

    @computed_field  # type: ignore[prop-decorator]
    @property
    def counts(self) -> dict[str, int]:
        """Objects by what happens to them."""
        return {change: sum(item.change == change for item in self.items) for change in CHANGES}

    @computed_field  # type: ignore[prop-decorator]
    @property
    def summary(self) -> str:
        """Verdict and counts in one line of plain text."""
        return f"{self.stack}: {', '.join([self._said(), *self._counted()])}"

    @property
    def exit_status(self) -> int:
        return EXIT[self.verdict]

    def of(self, change: Change) -> list[Item]:
        return [item for item in self.items if item.change == change]

    def _said(self) -> str:
        if self.verdict == "nothing":
            return f"nothing to do: {_many(self.unchanged, 'object is', 'objects are')} as declared"
        if self.verdict == "refused":
            return "REFUSED"
        if self.verdict == "failed":
            return "the preview FAILED"
        if self.dangers:
            return _many(len(self.dangers), "DANGER", "DANGERS")
        return {"differs": "differs", "drift": "drift", "operator": "only operator steps open"}[self.verdict]

    def _counted(self) -> list[str]:
        first = [_many(len(self.dangers), "danger", "dangers")] if self.dangers and not self._names_dangers() else []
        kept = sum(item.kept for item in self.of("delete"))
        kept_of = {"delete": f" ({kept:,} kept)"} if kept else {}
        return [
            *first,
            *(_many(n, *COUNTED[each]) + kept_of.get(each, "") for each in CHANGES if (n := self.counts[each])),
        ]

    def _names_dangers(self) -> bool:
        return self.verdict not in ("refused", "failed", "nothing")


def _many(count: int, single: str, several: str) -> str:
    return f"{count:,} {single if count == 1 else several}"


def digest_of(stack: str, rows: Iterable[Row]) -> str:
    facts = [stack, *sorted([row.about, row.change, row.field, row.old, row.new] for row in rows)]
    return hashlib.sha256(json.dumps(facts, ensure_ascii=True).encode()).hexdigest()[:DIGEST_LENGTH]
