"""Create, read, list, update and delete, the same for every entity. Knows no HTTP."""

from collections.abc import Mapping
from typing import Any

from trackform.sandbox.clock import stamp
from trackform.sandbox.redtrack.entities import SERVER_SET, Entity
from trackform.sandbox.redtrack.fields import check_types, published
from trackform.sandbox.redtrack.problems import RedTrackProblem
from trackform.sandbox.redtrack.view import DELETED, View
from trackform.sandbox.store import Row, object_id

DEFAULT_PER = 100


def show(view: View, entity: Entity, row: Row, *, listed: bool = False) -> Row:
    """The row as an answer carries it."""
    shown = row | entity.derive(view, row, listed) | {"user_id": view.account}
    if "stat" in entity.fields:
        shown["stat"] = view.stat(entity.kind, row["id"])
    answer: Row = published(shown, entity.fields)
    return answer


def stored(view: View, entity: Entity, row_id: str) -> Row:
    """The row behind an id.

    Raises:
        Problem: 404, or what the switch of the entity says; also for a deleted offer or campaign, unless the switch
            ``deleted`` says otherwise.
    """
    row = view.sandbox.store.get(view.account, entity.kind, row_id)
    gone = row is not None and is_deleted(entity, row) and view.sandbox.switches.deleted == "404"
    if row is None or gone:
        status = int(getattr(view.sandbox.switches, entity.missing)) if entity.missing else 404
        raise RedTrackProblem(status, f"{entity.label} not found")
    return row


def is_deleted(entity: Entity, row: Row) -> bool:
    return entity.by_status and row.get("status") == DELETED


def create(view: View, entity: Entity, body: Row) -> Row:
    """Store a new object and show it."""
    with view.sandbox.store.atomic():
        fresh = _writable(entity, body)
        entity.prepare(view, fresh, None)
        row = {name: _copied(value) for name, value in entity.defaults.items()} | fresh
        _check(view, entity, row)
        now = stamp(view.sandbox.clock.now())
        row = {"id": object_id(), "serial_number": view.sandbox.store.serial(view.account, entity.kind)} | row
        row |= {"created_at": now, "updated_at": now}
        view.sandbox.store.put(view.account, entity.kind, row)
    return show(_again(view), entity, row)


def update(view: View, entity: Entity, row_id: str, body: Row) -> Row:
    """Change an object; what a body leaves out stays or goes back to the default, by the switch ``put``."""
    with view.sandbox.store.atomic():
        current = stored(view, entity, row_id)
        fresh = _writable(entity, body)
        entity.prepare(view, fresh, current)
        kept = current
        if view.sandbox.switches.put == "replaces":
            kept = {name: value for name, value in current.items() if name in SERVER_SET or name.startswith("_")}
        if view.sandbox.switches.put == "merges_deeply":
            fresh = _laid_over(kept, fresh)
        nulls = [name for name, value in body.items() if value is None]
        row = {name: value for name, value in (kept | fresh).items() if name not in nulls}
        row = {name: _copied(value) for name, value in entity.defaults.items()} | row
        _check(view, entity, row)
        row["updated_at"] = stamp(view.sandbox.clock.now())
        view.sandbox.store.put(view.account, entity.kind, row)
    return show(_again(view), entity, row)


def delete(view: View, entity: Entity, row_id: str) -> None:
    """Remove an object, whether or not others refer to it (what the service then does is not known)."""
    with view.sandbox.store.atomic():
        stored(view, entity, row_id)
        view.sandbox.store.remove(view.account, entity.kind, row_id)


def set_status(view: View, entity: Entity, ids: list[str], status: int) -> None:
    """Set the status of several offers or campaigns; none is changed if one is missing."""
    with view.sandbox.store.atomic():
        rows = [stored(view, entity, row_id) for row_id in ids]
        for row in rows:
            row |= {"status": status, "updated_at": stamp(view.sandbox.clock.now())}
            view.sandbox.store.put(view.account, entity.kind, row)


def matching(view: View, entity: Entity, query: Mapping[str, str]) -> list[Row]:
    """The stored rows of a listing. Deleted ones are left out unless ``status`` asks for them."""
    rows = view.rows(entity.kind)
    if str(DELETED) not in query.get("status", "").split(","):
        rows = [row for row in rows if not is_deleted(entity, row)]
    title = query.get("title", "").casefold()
    if title:
        rows = [row for row in rows if title in str(row.get("title", "")).casefold()]
    for parameter, name in entity.filters.items():
        if query.get(parameter):
            wanted = {entity.spellings.get(value, value) for value in query[parameter].split(",")}
            rows = [row for row in rows if wanted & _values(row.get(name))]
    return rows


def page(view: View, rows: list[Row], query: Mapping[str, str]) -> list[Row]:
    """One page: ``page`` from 1, ``per`` rows but never more than the switch ``page_cap``."""
    per = min(number(query, "per", DEFAULT_PER), view.sandbox.switches.page_cap)
    start = (number(query, "page", 1) - 1) * per
    return rows[start : start + per]


def number(query: Mapping[str, str], name: str, default: int) -> int:
    """A positive whole number of the query; anything else is the default, as web frameworks read it."""
    text = query.get(name, "")
    return int(text) if text.isdecimal() and int(text) > 0 else default


def _values(value: Any) -> set[str]:
    if isinstance(value, list):
        return {str(item) for item in value}
    return {str(value).lower() if isinstance(value, bool) else str(value)}


def _writable(entity: Entity, body: Row) -> Row:
    """The fields of a body that a client may write. Others are dropped in silence, as a typed decoder drops them."""
    check_types(body, entity.fields, entity.label)
    known = {name: value for name, value in body.items() if name in entity.fields or name in ("copy_from", "name")}
    return {
        name: _copied(value)
        for name, value in known.items()
        if value is not None and name not in SERVER_SET | entity.computed
    }


def _check(view: View, entity: Entity, row: Row) -> None:
    for name in entity.required:
        if not row.get(name):
            raise RedTrackProblem(400, f"{name} is required")
    if view.sandbox.switches.titles == "unique" and entity.key in entity.fields:
        for other in view.rows(entity.kind):
            same = other.get(entity.key) == row[entity.key] and other["id"] != row.get("id")
            if same and not is_deleted(entity, other):
                raise RedTrackProblem(400, f"{entity.kind} with this {entity.key} already exists")


def _laid_over(row: Row, body: Row) -> Row:
    """A body with what the maps of the row hold besides."""
    return {
        name: {**row[name], **_laid_over(row[name], value)}
        if isinstance(value, dict) and isinstance(row.get(name), dict)
        else value
        for name, value in body.items()
    }


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(inner) for name, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _again(view: View) -> View:
    return View(view.sandbox, view.account)
