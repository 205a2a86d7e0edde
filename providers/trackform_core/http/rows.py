"""Rows as a service sends them: what identifies an object, and what it refers to, has to be readable.

Anything else in a row may be of any type: that is a difference, which can be written. But a row without an id, without
a readable name or with references that nobody can follow would count as an object that is not there, or is not used.
"""

from collections.abc import Callable, Iterator
from typing import Any

from trackform_core.http.paging import side_by_side
from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Members, Row, dig, id_of

Pages = Iterator[tuple[list[Row], int | None]]


def pages_of(kind: Kind[Any], client: Any, least: Callable[[], int] = int) -> Pages:
    """The pages of a kind's listing, of which ``least`` rows are known to be there.

    Raises:
        ServiceError: ``not_json`` for a row that nobody can read: the listing is none, and proves nothing.
    """
    for rows, total in side_by_side(kind.pages(client), least):
        for row in rows:
            if reason := unreadable(kind, row):
                raise ServiceError(kind.service.name, "not_json", f"its listing has a {kind.title} that {reason}")
        yield rows, total


def readable(kind: Kind[Any], row: Row, object_id: str, request: str) -> Row:
    """The answer to a GET of one object.

    Raises:
        ServiceError: ``not_json`` for another object's, or one that nobody can read.
    """
    reason = unreadable(kind, row) or ("" if id_of(row) == object_id else f"has the id {id_of(row)[:40]!r}")
    if reason:
        raise ServiceError(kind.service.name, "not_json", f"it shows a {kind.title} that {reason}", request=request)
    return row


def unreadable(kind: Kind[Any], row: Any) -> str:
    """Why a row is no object of the kind, as the end of a sentence; empty where it is one."""
    if not id_of(row):
        return "has no id"
    if _is_nested(dig(row, kind.fields[kind.key].name)):
        return f"({id_of(row)[:40]}) has a {kind.key} that is no text"
    for name in kind.references:
        wire = kind.fields[name]
        value = dig(row, wire.name)
        listed = isinstance(wire, Members)
        if value and (not _is_list_of_maps(value) if listed else _is_nested(value)):
            return f"({id_of(row)[:40]}) has {wire.name} of another type"
    try:
        kind.key_of(row), kind.uses(row)
    except (AttributeError, KeyError, TypeError, ValueError):
        return f"({id_of(row)[:40]}) holds values of other types"
    return ""


def _is_nested(value: Any) -> bool:
    return isinstance(value, dict | list)


def _is_list_of_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
