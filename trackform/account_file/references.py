"""References between objects, and the keys by which the account file declares them: from the fields' markers."""

from dataclasses import dataclass
from functools import cache
from typing import get_args

from pydantic import BaseModel

from trackform.account_file.models import AccountFile, OnlyOne
from trackform.account_file.sections import SECTIONS


@dataclass(frozen=True)
class Reference:
    """A field that holds the ids of other objects.

    Attributes:
        key: of the entry: names the object, or several with their weights.
        section: of what it refers to.
        wire: where the service has the ids.
        weights: the field with the weight of each; empty where it refers to one object.
        parts: what else is said of each: the field with it, and its key beside `weight`.
        only_one: whether the only object of the section is meant where the entry names none.
    """

    field: str
    key: str
    section: str
    wire: str
    weights: str = ""
    only_one: bool = False
    parts: tuple[tuple[str, str], ...] = ()

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the reference: the ids, the weights, and what else is declared of each."""
        return tuple(filter(None, (self.field, self.weights, *(field for field, _ in self.parts))))


@cache
def entry_model(section: str) -> type[BaseModel]:
    """The model of one entry of a section."""
    annotation = get_args(AccountFile.model_fields[section].annotation)[1]
    model: type[BaseModel] = get_args(annotation)[0] if get_args(annotation) else annotation
    return model


def reference(section: str, field: str) -> Reference | None:
    """The reference whose ids or weights a field holds, or what else is declared of each."""
    return next((each for each in references(section) if field in each.fields), None)


@cache
def references(section: str) -> tuple[Reference, ...]:
    """References of a section, in the order of its fields: `channel` declares `channel_id`, `offers` `offer_ids`."""
    kind = SECTIONS[section]
    keys = entry_model(section).model_fields
    sections = {each.name: name for name, each in SECTIONS.items()}
    declared = []
    for field, target in kind.references.items():
        weights = kind.weights.get(field, "")
        key = f"{field.removesuffix('_ids')}s" if weights else field.removesuffix("_id")
        only_one = OnlyOne in keys[key].metadata
        parts = tuple((each.field, each.key) for each in kind.each.get(field, ()))
        declared.append(Reference(field, key, sections[target], kind.fields[field].name, weights, only_one, parts))
    return tuple(declared)
