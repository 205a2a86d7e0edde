"""Unsent values: what a live object holds and an export cannot carry over to another account."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from trackform.account_file.references import reference
from trackform.account_file.sections import SECTIONS
from trackform_core.model.compare import EXTRA, declared_names
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Members, Row, Values, Wire, canonical, dig, is_blank, same

ITEM = ("id", "weight", "name", "stream")
"""Of a member: what its own fields say, and what only shows the other object."""


def unsent(kind: Kind[Any], row: Row, inputs: Values) -> list[str]:
    """Names of unsent values: declared fields, parts of ``extra``, and paths of what nobody here knows.

    Args:
        kind: of the object.
        row: the object as it is.
        inputs: what is declared of it, with the ids that it refers to.
    """
    row = kind.unmarked(row)
    sent = kind.body({}, inputs, frozenset(declared_names(kind, inputs)))
    fields = [name for name in kind.fields if not _is_sent(kind, name, row, sent, inputs)]
    # Where a list itself is not said as it is, so is what is said of each in it.
    of_each = {each.field: ids for ids, several in kind.each.items() for each in several}
    fields = [name for name in fields if of_each.get(name) not in fields]
    member_keys = {(each.name, each.key) for several in kind.each.values() for each in several if each.field in fields}
    # Of members that nobody declared, what else is said of each is told as well.
    done = {kind.fields[name].name.split(".")[0] for name in fields if not isinstance(kind.fields[name], Members)}
    done |= kind.served | {kind.owner} | {wire.name for wire in kind.computed.values()}
    known: dict[str, list[Wire]] = {}
    for wire in kind.fields.values():
        known.setdefault(wire.name.split(".")[0], []).append(wire)
    for top in sorted(row.keys() - done):
        value, other = canonical(row[top]), canonical(sent.get(top))
        if top not in known:
            if not is_blank(value) and not same(value, other):
                fields.append(EXTRA + top if top in kind.more else top)
            continue
        for wire in known[top]:
            value, other = wire.in_force(value), wire.in_force(other)
        members = isinstance(known[top][0], Members)
        there = set(_parts(value, members=members)) - set(_parts(other, members=members))
        # A declared value may be spelled otherwise; a part that nobody declared has a name of its own.
        names = {path for path, _ in _parts(other, members=members)}
        paths = {_shortest(path, names, 2 if members else 1) for path, _ in there if members or path not in names}
        fields += sorted(f"{top}.{path}" for path in paths if path and (top, path.split(".")[0]) not in member_keys)
    return fields


def entry_key(section: str, name: str) -> str:
    """The entry's key for a field: `channel` for `channel_id`, `offers.filters` for `offer_filters`."""
    held = reference(section, name) if name in SECTIONS[section].fields else None
    if held is None:
        return name
    part = dict(held.parts).get(name)
    return f"{held.key}.{part}" if part else held.key


def _is_sent(kind: Kind[Any], name: str, row: Row, sent: Row, inputs: Values) -> bool:
    wire = kind.fields[name]
    there, here = canonical(wire.read(row, inputs)), canonical(wire.read(sent, inputs))
    if there is None:
        # Read as nothing, though something is there: a word that nobody here knows.
        raw = dig(row, wire.name)
        return type(wire) is not Wire or is_blank(raw) or isinstance(raw, list | dict)
    return is_blank(there) or same(there, here)


def _shortest(path: str, names: Collection[str], least: int) -> str:
    """Only so much of the path as nothing that is sent begins with: a whole that is not sent has one name."""
    steps = path.split(".")
    tried = (".".join(steps[:count]) for count in range(least, len(steps)))
    return next((each for each in tried if not any(f"{name}.".startswith(f"{each}.") for name in names)), path)


def _parts(value: Any, path: str = "", *, members: bool = False) -> Iterator[tuple[str, str]]:
    """(path, text) of each leaf that is not blank; lists have no places of their own."""
    if isinstance(value, dict):
        for key, item in value.items():
            if not (members and not path and key in ITEM):
                yield from _parts(item, f"{path}.{key}".lstrip("."))
    elif isinstance(value, list):
        for item in value:
            yield from _parts(item, path, members=members)
    elif not is_blank(value):
        yield path, json.dumps(value, sort_keys=True)
