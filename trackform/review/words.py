"""What all forms of a review have in common: headings, and the lines that tell an object's fields."""

from dataclasses import dataclass

from trackform.review.escape import one_line
from trackform.review.model import Change, FieldChange, Item, Review
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


@dataclass(frozen=True)
class Line:
    """One line of an object. ``old`` None: there is nothing to compare with. ``how`` says what else there is to say."""

    label: str
    old: str | None
    new: str
    how: str = ""


def lines(item: Item) -> list[Line]:
    return [line for field in item.fields for line in _lines(item, field)]


def _lines(item: Item, field: FieldChange) -> list[Line]:
    how = _how(item, field)
    if field.parts:
        return [
            Line(f"{field.name}, {part.part.removeprefix('?')}", _written(part.old), _written(part.new), how)
            for part in field.parts
        ]
    if field.new is None and item.change in ("update", "drift"):
        return [Line(field.name, text(field.old), "no longer declared", how)]
    if item.change in ("create", "operator") and field.old is None:
        return [Line(field.name, None, text(field.new))]
    return [Line(field.name, text(field.old), text(field.new), how)]


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
