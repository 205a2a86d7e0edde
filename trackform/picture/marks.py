"""Marks on the objects of the picture: drift, findings, dangers, open steps, changes."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from trackform.review.model import Item, Review
from trackform.rules.registry import Finding

Sort = Literal["danger", "drift", "finding", "step", "change"]


@dataclass(frozen=True)
class Mark:
    """One thing that a reader has to know about an object; ``text`` is plain text in one line."""

    sort: Sort
    text: str


SIGNS: Mapping[Sort, tuple[str, str]] = {
    "danger": ("▲", "danger"),
    "drift": ("≠", "changed outside"),
    "finding": ("!", "finding"),
    "step": ("✎", "open operator step"),
    "change": ("•", "change"),
}
"""Sign and meaning, the most important first. A sign of its own for each: colour alone says nothing to many."""

SAID = {
    "take-over": "is taken over", "create": "is created", "update": "is updated", "replace": "is replaced",
    "delete": "is deleted",
}  # fmt: skip


def marks_of(review: Review, findings: Iterable[Finding] = ()) -> dict[str, list[Mark]]:
    """section/name -> its marks: what a review tells of it, and what the rules found in the file."""
    by_object: dict[str, list[Mark]] = {}
    for danger in review.dangers:
        by_object.setdefault(danger.about, []).append(Mark("danger", danger.reason))
    for item in review.items:
        by_object.setdefault(item.ref, []).append(_mark(item))
    for finding in findings:
        section, _, rest = finding.problem.where.partition(".")
        by_object.setdefault(f"{section}/{_name(rest)}", []).append(Mark("finding", finding.problem.message))
    return {ref: list(dict.fromkeys(marks)) for ref, marks in by_object.items()}


def _mark(item: Item) -> Mark:
    fields = ", ".join(dict.fromkeys(field.name for field in item.fields))
    if item.change == "drift":
        return Mark("drift", fields or "it is not what was applied")
    if item.change == "operator":
        return Mark("step", fields or "to be done by hand")
    said = "leaves the file and stays in the account" if item.kept else SAID[item.change]
    return Mark("change", f"{said}: {fields}" if fields and item.change == "update" else said)


def _name(rest: str) -> str:
    """The name in `name.field.more`. A name may hold dots itself: then the mark has no object, and is listed below."""
    return rest.partition(".")[0].partition("[")[0]
