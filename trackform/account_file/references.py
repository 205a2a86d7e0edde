"""What the objects of a section refer to, and by which keys the account file says it: from the fields' markers."""

from dataclasses import dataclass
from functools import cache

from trackform.account_file.sections import SECTIONS


@dataclass(frozen=True)
class Reference:
    """A field that holds the ids of other objects.

    Attributes:
        key: of the entry: names the object, or several with their weights.
        section: of what it refers to.
        wire: where the service has the ids.
        weights: the field with the weight of each; empty where it refers to one object.
    """

    field: str
    key: str
    section: str
    wire: str
    weights: str = ""


def reference(section: str, field: str) -> Reference | None:
    """The one whose ids or weights a field holds."""
    return next((each for each in references(section) if field in (each.field, each.weights)), None)


@cache
def references(section: str) -> tuple[Reference, ...]:
    """Of one section, in the order of its fields. `channel_id` is said by `channel`, `offer_ids` by `offers`."""
    kind = SECTIONS[section]
    sections = {each.name: name for name, each in SECTIONS.items()}
    return tuple(
        Reference(
            field,
            f"{field.removesuffix('_ids')}s" if field in kind.weights else field.removesuffix("_id"),
            sections[target],
            kind.fields[field].name,
            kind.weights.get(field, ""),
        )
        for field, target in kind.references.items()
    )
