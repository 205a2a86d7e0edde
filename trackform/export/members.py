"""Members of funnels and campaigns as the file declares them: weight, filters, optimization."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.references import Reference
from trackform.account_file.sections import SECTIONS
from trackform.export.secrets import unspeakable
from trackform_core.model.kind import Kind
from trackform_core.model.validate import validated
from trackform_core.model.wire import Each, Row, id_of, is_blank


@dataclass(frozen=True)
class Unsaid:
    """A setting of a member that the file does not declare: filters, or optimization."""

    held: Reference
    object_id: str
    name: str
    part: str
    reason: str

    @property
    def steps(self) -> tuple[str, str, str]:
        """Where the entry would say it."""
        return self.held.key, self.name, self.part

    @property
    def note(self) -> str:
        return f"{self.part} of {self.name} is not written here: {self.reason}. It stays as it is"


@dataclass
class NamedMembers:
    """Members by name, with their weights or maps that hold these, and the settings that are not declared."""

    said: dict[str, Any]
    unsaid: list[Unsaid] = field(default_factory=list)


def members(
    section: str, row: Row, held: Reference, names: Mapping[str, str], weights: Mapping[str, Any]
) -> NamedMembers:
    """The members that have names.

    Args:
        section: of what has the members.
        row: what has them.
        held: its reference to them.
        names: id -> name.
        weights: name -> weight.
    """
    named = NamedMembers(dict(weights))
    kind = SECTIONS[section]
    for of_each, key in held.parts:
        wire = kind.fields[of_each]
        for object_id, value in wire.whole(row).items() if isinstance(wire, Each) else ():
            name = names.get(object_id)
            if name is None or is_blank(value):
                continue
            if reason := unspeakable(value, key) or refusal(kind, of_each, [value]):
                named.unsaid.append(Unsaid(held, object_id, name, key, reason))
            else:
                named.said[name] = {"weight": weights[name], key: value}
    return named


def fields_of(held: Reference, said: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The fields of the object that has the members, of what is declared of them; ``ids`` by name."""
    items = [item if isinstance(item, Mapping) else {"weight": item} for item in said.values()]
    return {
        held.field: [ids[name] for name in said],
        held.weights: [item["weight"] for item in items],
        **{of_each: [item.get(key, {}) for item in items] for of_each, key in held.parts},
    }


def refusal(kind: Kind[Any], name: str, value: Any) -> str:
    """Why a field cannot be declared with this value; empty where it can."""
    _, failures = validated(kind, {name: value}, "")
    # Of other fields, that they are missing.
    return next((each.reason for each in failures if each.field.split(".")[0] == name), "")


def without(row: Row, unsaid: Iterable[Unsaid]) -> Row:
    """The row as if what is not said of its members were not there."""
    for each in unsaid:
        items = [
            {key: value for key, value in item.items() if key != each.part} if id_of(item) == each.object_id else item
            for item in row[each.held.wire]
        ]
        row = {**row, each.held.wire: items}
    return row
