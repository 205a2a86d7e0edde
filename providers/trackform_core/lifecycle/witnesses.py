"""What a service shows of one object right now, past every listing that was read before: witnesses of what is there."""

from collections.abc import Iterator
from typing import Any

from trackform_core.model.kind import Kind, Removal
from trackform_core.model.wire import Row, id_of, same
from trackform_core.session.session import Session

WAITS = (0.5, 1.0, 2.0, 4.0)
"""Seconds between the looks: a write was seen to show after half a second (seen in client code)."""


def fresh_row(kind: Kind[Any], session: Session, object_id: str, key: Any) -> Row | None:
    """An object as the service has it now: by its id where it can be asked for, else by its key, else in all pages."""
    client = session.client(kind.service)
    if kind.can_get:
        row = kind.get(client, object_id)
        return None if row is None or kind.is_gone(row) else row
    return next((row for row in _shown(kind, session, key) if id_of(row) == object_id), None)


def searched(kind: Kind[Any], session: Session, key: Any) -> list[tuple[str, Row]]:
    """What the service finds when asked for a natural key; nothing where it takes no such question."""
    rows = kind.search(session.client(kind.service), key) or ()
    return [(id_of(row), row) for row in rows if id_of(row) and not kind.is_gone(row) and same(kind.key_of(row), key)]


def still_searched(kind: Kind[Any], session: Session, object_id: str, key: Any) -> bool:
    """Whether the service, asked for a natural key, finds an object that its listing lacks."""
    return object_id in dict(searched(kind, session, key))


def is_seen_removed(kind: Kind[Any], session: Session, object_id: str, key: Any, removal: Removal) -> bool:
    """Whether what a delete claims can be seen, sooner or later: an answer alone is no proof."""
    for seconds in (*WAITS, 0):
        row = _as_it_is(kind, session, object_id, key)
        if kind.is_removed(row, removal):
            return True
        if seconds:
            session.wait(seconds)
    return False


def _as_it_is(kind: Kind[Any], session: Session, object_id: str, key: Any) -> Row | None:
    """With its status where it is deleted by one."""
    client = session.client(kind.service)
    return kind.get(client, object_id) if kind.can_get else fresh_row(kind, session, object_id, key)


def _shown(kind: Kind[Any], session: Session, key: Any) -> Iterator[Row]:
    client = session.client(kind.service)
    yield from kind.search(client, key) or ()
    # Somebody may have given it another name.
    for rows, _ in kind.pages(client):
        yield from rows
