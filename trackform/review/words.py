"""What all forms of a review have in common: headings, and the lines that tell an object's fields."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from trackform.account_file.sections import SECTIONS
from trackform.review.escape import one_line
from trackform.review.model import Change, FieldChange, Item, Review, WeightedMember
from trackform.review.values import text
from trackform_core.model.wire import same

HEADINGS: dict[Change, str] = {
    "drift": "Drift: changed outside",
    "take-over": "Taken over",
    "create": "Created",
    "update": "Updated",
    "replace": "Replaced",
    "delete": "Deleted",
    "operator": "Open operator steps",
}
IMPORTANCE: tuple[Change, ...] = ("delete", "replace", "drift", "take-over", "update", "operator", "create")
"""What is kept first where not everything fits."""


TOGETHER = 50
"""Most objects that one entry names: more are a wall, and a comment is cut between entries."""


@dataclass(frozen=True)
class Line:
    """One line of an object. ``old`` None: there is nothing to compare with. ``how`` says what else there is to say."""

    label: str
    old: str | None
    new: str
    how: str = ""


def lines(item: Item) -> list[Line]:
    lists = SECTIONS[item.section].weights if item.section in SECTIONS else {}
    listed = {lists.get(field.name) for field in item.fields if field.members}
    return [line for field in item.fields if field.name not in listed for line in _lines(item, field)]


def groups(items: Iterable[Item]) -> list[list[Item]]:
    """Items that say the same of several objects of a kind, each group in the place of its first."""
    by_kind: dict[str, list[Item]] = {}
    for item in items:
        says = item.model_copy(update={"name": "", "object_id": ""})
        by_kind.setdefault(says.model_dump_json(), []).append(item)
    return [group[at : at + TOGETHER] for group in by_kind.values() for at in range(0, len(group), TOGETHER)]


def refs(group: Sequence[Item]) -> str:
    """What a group of items is about; all of them are named, for each of them is changed."""
    return ", ".join(item.ref for item in group)


def _lines(item: Item, field: FieldChange) -> list[Line]:
    how = _how(item, field)
    if field.parts:
        return [
            Line(f"{field.name}, {part.part.removeprefix('?')}", _written(part.old), _written(part.new), how)
            for part in field.parts
        ]
    if field.members:
        return [Line(f"{field.name}, {each.name}", *_weight(item, each), how) for each in field.members]
    if field.new is None and item.change in ("update", "drift"):
        goes = SECTIONS[item.section].goes(field.name)
        return [Line(field.name, text(field.old), "nothing" if goes else "no longer declared: stays as it is", how)]
    if item.change in ("create", "operator") and field.old is None:
        return [Line(field.name, None, text(field.new))]
    return [Line(field.name, text(field.old), text(field.new), how)]


def _weight(item: Item, member: WeightedMember) -> tuple[str | None, str]:
    old, new = ("no weight" if weight is None else f"weight {weight}" for weight in (member.old, member.new))
    if not member.is_in:
        return old, "leaves"
    if not member.was_in:
        return (None if item.change in ("create", "operator") else "not in it"), new
    return (None, new) if old == new else (old, new)


def _written(side: str | None) -> str:
    return "nothing" if side is None else one_line(side) or "an empty value"


def _how(item: Item, field: FieldChange) -> str:
    if item.change != "drift" or item.note:
        return ""
    if same(field.applied, field.new):
        return "set back"
    return f"the file was changed too; it was {text(field.applied)}"


def apply_command(review: Review) -> str:
    return f"trackform review {review.stack} --apply {review.digest}"


def is_applicable(review: Review) -> bool:
    """Whether there is anything that `--apply` would do."""
    return review.verdict in ("differs", "drift") and bool(review.rows)
