"""What a person may type into a field of the web applications: in the account file's words, or in the service's own."""

from collections.abc import Mapping
from copy import deepcopy
from difflib import get_close_matches
from typing import Any

from trackform_core.errors import TrackformError
from trackform_core.model.kind import Kind
from trackform_core.model.validate import validated
from trackform_core.model.wire import Members

Row = dict[str, Any]


def edited(kind: Kind[Any], row: Row, wanted: Mapping[str, Any]) -> Row:
    """The stored fields that an edit sets, of a live ``row``.

    Raises:
        TrackformError: there is no such field, or it takes no such value.
    """
    fields: Row = {}
    for name, value in wanted.items():
        fields |= _set(kind, {**row, **fields}, name, value)
    return fields


def _set(kind: Kind[Any], row: Row, name: str, value: Any) -> Row:
    wire = kind.fields.get(name)
    as_served = name in row and _is_alike(row[name], value)
    if as_served and not _is_said_in_words(kind, name, value):
        if wire is not None and wire.name == name and value is not None and wire.read({name: value}, {}) is None:
            raise TrackformError(_not_possible(kind, name, value, f"it is {row[name]!r} now"))
        if wire is not None and wire.name == name and wire.read({name: value}, {}) == value:
            _refuse(kind, name, value, row[name])
        return {name: value}
    if wire is None or isinstance(wire, Members) or name in kind.references:
        if name in row or name in kind.more or any(each.name == name for each in kind.fields.values()):
            return {name: _alike(kind, row, name, value)}
        raise TrackformError(_no_such_field(kind, row, name))
    if name in row and isinstance(value, str) and wire.name == name and isinstance(row[name], str):
        _alike(kind, row, name, value)
    listed = [value] if isinstance(value, str) and isinstance(row.get(wire.name), list) else value
    inputs = _refuse(kind, name, listed, row.get(wire.name))
    changed = deepcopy(row)
    wire.write(changed, inputs, name)
    return {part: item for part, item in changed.items() if part not in row or item != row[part]}


def _refuse(kind: Kind[Any], name: str, value: Any, before: Any) -> Row:
    """What the account file's model takes of a value; what is there already it need not take anew.

    Raises:
        TrackformError: it takes no such value.
    """
    field = next((each for each, wire in kind.fields.items() if name in (each, wire.name)), name)
    if field == kind.key and isinstance(value, str) and not value.strip():
        raise TrackformError(_not_possible(kind, name, value, "people know it by that"))
    if field == kind.key and isinstance(before, str) and "://" in str(value) and "://" not in before:
        raise TrackformError(_not_possible(kind, name, value, f"it is {before!r} now, a value of another sort"))
    inputs, failures = validated(kind, {name: value}, "")
    reasons = [each.reason for each in failures if each.field == name]
    if reasons and value != before:
        raise TrackformError(_not_possible(kind, name, value, "; ".join(reasons)))
    return inputs


def _is_said_in_words(kind: Kind[Any], name: str, value: Any) -> bool:
    """Whether the account file spells this field otherwise than the service, and this is its spelling."""
    return name in kind.fields and isinstance(value, str) and kind.fields[name].name == name


def _is_alike(before: Any, value: Any) -> bool:
    if before is None:
        return True
    if isinstance(before, bool) or isinstance(value, bool):
        return isinstance(before, bool) and isinstance(value, bool)
    if isinstance(before, int | float):
        return isinstance(value, int | float)
    is_link = isinstance(before, str) and "://" in before
    return isinstance(value, type(before)) and (not is_link or "://" in value)


def _alike(kind: Kind[Any], row: Row, name: str, value: Any) -> Any:
    if not _is_alike(row.get(name), value):
        raise TrackformError(_not_possible(kind, name, value, f"it is {row[name]!r} now, a value of another sort"))
    return value


def _not_possible(kind: Kind[Any], name: str, value: Any, reason: str) -> str:
    return f"{kind.title}: {name} cannot be {value!r}: {reason}"


def _no_such_field(kind: Kind[Any], row: Row, name: str) -> str:
    known = sorted({*kind.fields, *row} - kind.served)
    near = get_close_matches(name, known, 1)
    way_out = f": did you mean {near[0]}?" if near else f". There are: {', '.join(known)}"
    return f"{kind.title} has no field {name!r}{way_out}"
