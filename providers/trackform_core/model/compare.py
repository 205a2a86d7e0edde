"""What differs between a declaration and a live object, and which of it an update has to send. Pure."""

from typing import Any

from trackform_core.model.kind import Kind
from trackform_core.model.wire import Members, Row, Values, covers, same

UNWATCHED = frozenset({"object_id", "account_id", "adopts", "adopt", "adopt_id", "mark"})
"""Inputs that are no wish of the user: a change in them alone is no change."""

EXTRA = "extra."

HIDDEN = "[secret]"
"""In the place of a secret, wherever a value is shown."""


def value_of(values: Values, name: str) -> Any:
    """A field's value; ``extra.<wire name>`` is a field as well."""
    if name.startswith(EXTRA):
        return (values.get("extra") or {}).get(name.removeprefix(EXTRA))
    return values.get(name)


def declared_names(kind: Kind[Any], values: Values) -> set[str]:
    """Every field that ``values`` declare, parts of ``extra`` one by one."""
    return {name for name in kind.fields if name in values} | {EXTRA + name for name in values.get("extra") or ()}


def left_alone(values: Values) -> set[str]:
    names = set(values.get("leave") or ())
    return names | {EXTRA + name for name in names}


def unmanaged_fields(kind: Kind[Any], values: Values) -> set[str]:
    """Fields that are sent once: initial ones unless enforced, what the service may make, what is to be left alone."""
    once = set(kind.initial) - set(values.get("enforce") or ())
    return once | {EXTRA + name for name in kind.may_compute} | left_alone(values)


def not_empty(kind: Kind[Any], row: Row, values: Values) -> list[str]:
    """Fields that are to be empty and are not."""
    return [name for name in values.get("unset") or () if not kind.is_unset(row, name)]


def differences(kind: Kind[Any], row: Row, inputs: Values) -> dict[str, tuple[Any, Any]]:
    """Field -> (live, declared), over all that would be sent to create it."""
    live = kind.live(row, inputs)
    found = {
        name: (value_of(live, name), value_of(inputs, name))
        for name in sorted(declared_names(kind, inputs))
        if not same(value_of(live, name), value_of(inputs, name))
    }
    return found | dict.fromkeys(not_empty(kind, row, inputs), ("set", "empty"))


def outside(kind: Kind[Any], row: Row, values: Values) -> Values:
    """Initial fields that somebody changed in the web application, as they are there; a secret is not shown."""
    live = kind.live(row, values)
    watched = unmanaged_fields(kind, values) - left_alone(values)
    return {
        name: HIDDEN if name in kind.secret else "" if live.get(name) is None else live[name]
        for name in sorted(watched & values.keys())
        if not covers(live.get(name), values[name])
    }


def to_write(kind: Kind[Any], row: Row, news: Values, olds: Values | None) -> frozenset[str]:
    """Fields of ``news`` that have to be sent; ``olds`` are ``None`` when the object is taken over."""
    declared = declared_names(kind, news)
    leave = left_alone(news)
    unmanaged = unmanaged_fields(kind, news) - leave
    sealed = kind.write_only & declared
    new = {name for name in declared if olds is None or _redeclared(kind, olds, news, name)}
    differing = set(differences(kind, row, news)) - set(news.get("unset") or ())
    # An initial field is sent when the file's value changed, not because the live one did.
    wanted = (differing - unmanaged - leave) | (differing & unmanaged & new if olds is not None else set())
    wanted |= sealed & new - leave
    if [name for name in not_empty(kind, row, news) if name not in leave]:
        wanted.add("unset")
    # What the service does not show back goes along: where a PUT replaces, leaving it out would clear it.
    return frozenset(wanted | (sealed if wanted else set()))


def _redeclared(kind: Kind[Any], olds: Values, news: Values, name: str) -> bool:
    if name in kind.fields:
        return kind.fields[name].redeclared(olds, news, name)
    return not same(value_of(olds, name), value_of(news, name))


def as_inputs(kind: Kind[Any], row: Row, declared: Values) -> Values:
    """The inputs that would declare the object as it is: the declared keys, projected from ``row``."""
    live = kind.live(row, declared)
    unmanaged = unmanaged_fields(kind, declared)
    for name in unmanaged & declared.keys():
        wire = kind.fields.get(name)
        members = isinstance(wire, Members) and wire.part != "ids" and wire.ids not in unmanaged
        live[name] = wire.kept(row, declared) if members and isinstance(wire, Members) else declared[name]
    parts = unmanaged & {EXTRA + name for name in declared.get("extra") or ()}
    if parts:
        kept = {name.removeprefix(EXTRA): value_of(declared, name) for name in parts}
        live["extra"] = live.get("extra", {}) | kept
    if declared.get("unset"):
        live["unset"] = [name for name in declared["unset"] if kind.is_unset(row, name)]
    return live


def changed_fields(kind: Kind[Any], olds: Values, news: Values) -> list[str]:
    """Fields and options that the file asks to be otherwise than they were."""
    names = (kind.model.model_fields.keys() & (olds.keys() | news.keys())) - UNWATCHED
    return sorted(name for name in names if not same(olds.get(name), news.get(name)))
