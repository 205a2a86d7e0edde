"""Members of funnels and campaigns as the file says them: by weight, and with what else there is to say of one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.references import Reference
from trackform.account_file.sections import SECTIONS
from trackform.export.secrets import unspeakable
from trackform_core.model.wire import Each, Row, is_blank


@dataclass
class Members:
    """Name -> weight, or a map with it; and remarks on what is not among them."""

    said: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def members(section: str, row: Row, held: Reference, names: Mapping[str, str], weights: Mapping[str, Any]) -> Members:
    """The members that have names.

    Args:
        section: of what has the members.
        row: what has them.
        held: its reference to them.
        names: id -> name.
        weights: name -> weight.
    """
    found = Members(dict(weights))
    wires = [(key, SECTIONS[section].fields[of_each]) for of_each, key in held.parts]
    for key, wire in wires:
        for object_id, value in wire.whole(row).items() if isinstance(wire, Each) else ():
            name = names.get(object_id)
            if name is None or is_blank(value):
                continue
            if reason := unspeakable(value, key):
                found.notes.append(f"{key} of {name} is not written here: {reason}. It stays as it is")
            else:
                found.said[name] = {"weight": weights[name], key: value}
    return found
