"""Event ids: what tells the conversions of one connection from those of others."""

from collections.abc import Collection
from dataclasses import replace

from trackform.flow.setup import Connection
from trackform.rules.conversion_types import type_macro
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import has_url, joined, parameter, variable
from trackform.rules.registry import Case
from trackform.urls import with_param
from trackform.urls.macros import Raw

TEMPLATE = "postback_url.j2"
"""The template that takes its event id from the entry."""


def unlike(taken: Collection[str], event_id: str, connection: Connection) -> str:
    """The event id, with more in it where it is taken: the connection's type, or its name."""
    macro = type_macro(connection)
    more = [f"-{{{macro}}}", f"-{connection.name}"] if macro else [f"-{connection.name}"]
    return next(text for text in (event_id, *(f"{event_id}{each}" for each in more)) if text not in taken)


def identified(case: Case, connection: Connection, event_id: str) -> tuple[FileEdit, ...]:
    """Another event id, where the file says it or the usual template takes it from the entry."""
    place = ("postbacks", connection.name)
    entry = case.flow.file.postbacks[connection.name]
    if has_url(case, *place) or variable(case, place, "event_id") or entry.event_id is not None:
        return parameter(case, place, connection.url, "rdtk_event_id", event_id)
    return (FileEdit((*place, "event_id"), event_id),) if entry.template == TEMPLATE else ()


def with_own_id(
    case: Case, connection: Connection, edits: tuple[FileEdit, ...], name: str, value: str
) -> tuple[FileEdit, ...]:
    """The edits that give a connection's URL another parameter, and an event id that no other has of the same events.

    With the same type, or where types do not matter, one of two would be taken for a repetition of the other.
    """
    meant = replace(connection, url=with_param(joined(connection.url), name, Raw(value)))
    raw = meant.params.get("rdtk_event_id", "")
    others = [each for each in case.flow.connections if each.active and each.name != connection.name]
    taken = {each.params.get("rdtk_event_id", "") for each in others if each.events & connection.events}
    if not raw or raw not in taken or not edits:
        return edits
    own = identified(case, meant, unlike(taken, raw, meant))
    # Of a whole URL the last edit has both.
    return (*(() if has_url(case, "postbacks", connection.name) and own else edits), *own)
