"""What of each kind can be declared, within which bounds, and under what name it is sent: to the letter.

States and account files hold these names and values: a change of the kept text is a change for every user.
"""

import json
from collections.abc import Iterator
from typing import Any

from tests.kept import as_kept
from trackform.resources import RESOURCES
from trackform_core.model.kind import OPTIONS, Declared
from trackform_core.model.markers import Exact

SCHEMAS: dict[str, dict[str, Any]] = {
    each.provider.kind.name: each.provider.kind.model.model_json_schema() for each in RESOURCES
}


def shape(value: Any) -> Any:
    """A schema without its prose and its order."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in sorted(value.items()) if name not in ("description", "title")}
    return [shape(one) for one in value] if isinstance(value, list) else value


def lines(name: str, schema: dict[str, Any]) -> Iterator[str]:
    needed = schema.get("required", ())
    for field, form in schema["properties"].items():
        more = " needed" if field in needed else ""
        yield f"{name}.{field}{more}: {json.dumps(shape({'form': form})['form'])}"
    for called, form in schema.get("$defs", {}).items():
        yield f"{name}#{called}: {json.dumps(shape(form))}"


def test_every_field() -> None:
    said = list(lines("*", Declared.model_json_schema()))
    for each in RESOURCES:
        kind: Any = each.provider.kind
        own = {name: form for name, form in SCHEMAS[kind.name]["properties"].items() if name not in OPTIONS}
        said += lines(kind.name, SCHEMAS[kind.name] | {"properties": own})
        exact = kind.marked(Exact)
        for field, wire in kind.fields.items():
            notes = ["never emptied"] * (not wire.clearable) + ["exact"] * (field in exact) + ["merged"] * wire.merged
            if notes or wire.name != field:
                said.append(" ".join([f"{kind.name}.{field} -> {wire.name}", *notes]))
        said.append(f"{kind.name}.extra: {' '.join(sorted(kind.more))}")
    as_kept("providers/fields.txt", "\n".join(said))
