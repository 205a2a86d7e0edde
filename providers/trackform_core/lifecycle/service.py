"""Create, read, diff, update and delete over any kind. Pure Python: JSON in, JSON out, no Pulumi type.

An input that is not known yet arrives as an opaque text, which is never equal to anything.
"""

import logging
from dataclasses import dataclass, replace
from typing import Any

from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.check import check as check  # noqa: PLC0414 -- the first of the steps that a strategy has
from trackform_core.lifecycle.fate import Fate, kept
from trackform_core.lifecycle.lookup import (
    label,
    live_row,
    managed_before,
    meant,
    others_of,
    same_owner,
)
from trackform_core.lifecycle.lost_answer import found_after_all, made_though_declined
from trackform_core.lifecycle.refusals import (
    ambiguous,
    cannot_be_made,
    changed_meanwhile,
    declared_twice,
    exists_already,
    key_taken,
    none_to_refer_to,
    not_deleted,
    not_to_be_taken,
)
from trackform_core.lifecycle.remarks import tell_changed_outside, tell_doubled, tell_not_declared, tell_stopped
from trackform_core.lifecycle.twins import tell_made_twice
from trackform_core.lifecycle.usage import kept_by_users, marked_by_others, others_mark
from trackform_core.lifecycle.witnesses import fresh_row, is_seen_removed, searched
from trackform_core.model.compare import (
    EXTRA,
    Comparison,
    asked,
    changed_fields,
    declared_names,
    unmanaged_fields,
)
from trackform_core.model.kind import FROM_CHECK, Kind, OnDelete, Removal
from trackform_core.model.messages import refused
from trackform_core.model.wire import Row, Values, id_of, same
from trackform_core.session.permissions import VARIABLE, permitted
from trackform_core.session.session import Session, session_for

log = logging.getLogger("trackform")

ECHOED = (
    "account", "account_id", "adopt", "adopt_id", "existing", "mark", "on_delete", "enforce", "leave", "unset",
    "starts_after",
)  # fmt: skip


@dataclass(frozen=True)
class Live:
    """An object as it was read: every output, and the inputs that would declare exactly this."""

    object_id: str
    outs: Values
    inputs: Values


def create(kind: Kind[Any], inputs: Values) -> Live:
    """Make the object, or take the one that is there. Never posts twice.

    Raises:
        Refused: it exists and differs, or more than one exists.
        ServiceError: the service declined, or the answer was lost and the object is not there.
    """
    session = _writable(kind, inputs)
    if inputs.get("existing"):
        return _refer(kind, session, inputs)
    # Two of one title may be declared, where each picks its own.
    key = (inputs[kind.key], inputs.get("adopt_id"))
    if not session.claim(kind, key):
        raise Refused(declared_twice(kind, inputs))
    try:
        return _make_or_take(kind, session, inputs)
    except Exception:
        session.release(kind, key)
        raise


def _make_or_take(kind: Kind[Any], session: Session, inputs: Values) -> Live:
    listing = session.listing(kind)
    listing.complete()
    listing.hear_where_empty(lambda: _hidden(kind, session, inputs))
    matches = meant(kind, session, inputs)
    if not matches and (inputs.get("adopt") or listing.doubt()):
        # It may be among the rows that are missing.
        matches = _hidden(kind, session, inputs)
    if matches:
        return _take(kind, session, inputs, matches)
    if kind.to_create - inputs.keys():
        raise Refused(cannot_be_made(kind, inputs))
    everything = frozenset(inputs) | declared_names(kind, inputs)
    body = {name: item for name, item in kind.body({}, inputs, everything).items() if item is not None}
    if inputs.get(kind.starts_after):
        body = kind.stop(body)
    lost: ServiceError | None = None
    row: Row | None = None
    try:
        row = kind.create(session.client(kind.service), body)
    except ServiceError as error:
        if not error.ambiguous and (row := made_though_declined(kind, session, inputs)) is None:
            raise
        lost = error
    object_id = id_of(row or {})
    if row and object_id:
        listing.put(object_id, row)
    else:
        object_id, row = found_after_all(kind, session, inputs, lost)
    return _result(session, object_id, Comparison(kind, row, inputs))


def _hidden(kind: Kind[Any], session: Session, inputs: Values) -> list[tuple[str, Row]]:
    """What a declaration means and the listing did not show: searched, or where nobody can ask, read once more."""
    listing, key = session.listing(kind), inputs[kind.key]
    if kind.search(session.client(kind.service), key) is None:
        listing.confirmed()
        return meant(kind, session, inputs)
    matches = searched(kind, session, key)
    for object_id, row in matches:
        listing.put(object_id, row)
    return matches


def read(kind: Kind[Any], object_id: str, outs: Values) -> Live | None:
    """The object as it is; ``None`` only when it is certainly gone.

    Raises:
        Refused: it cannot be told whether it is gone.
        ServiceError: the service did not tell.
    """
    session = session_for(outs)
    row = live_row(kind, session, object_id, outs)
    same_owner(kind, session, outs)
    if row is None:
        return None
    for remark in kind.watch(row, outs):
        log.warning("%s: %s", label(kind, outs), remark)
    tell_stopped(kind, row, outs)
    tell_doubled(kind, session, outs)
    tell_made_twice(kind, session, object_id, row, outs)
    declared = {name: value for name, value in outs.items() if name in kind.model.model_fields}
    echoed = {name: declared[name] for name in ECHOED if declared.get(name) is not None}
    inputs = echoed | Comparison(kind, row, declared).live_inputs
    return _result(session, object_id, Comparison(kind, row, inputs), adopted=bool(outs.get("adopted")))


def to_write_and_steered(kind: Kind[Any], olds: Values, news: Values) -> tuple[list[str], Values]:
    """(Fields that the file asks to be otherwise, what people made of those that it leaves to them).

    Of the first, without those that people made just so already; the second as the last read told it.
    """
    unmanaged = unmanaged_fields(kind, news)
    there = {name: value for name, value in (olds.get("changed_outside") or {}).items() if name in unmanaged}
    changed = changed_fields(kind, olds, news)
    return [name for name in changed if name not in there or not same(there[name], news.get(name))], there


def diff(kind: Kind[Any], olds: Values, news: Values) -> tuple[list[str], list[str]]:
    """(fields that differ, those of them that force a replacement). Asks nobody.

    A value that people set outside and that the file now declares is there already: nothing is left to do.
    """
    changed, there = to_write_and_steered(kind, olds, news)
    # Told here and not where it is read: only here it is known what the file says today.
    tell_not_declared(kind, olds, news)
    # Of several members the file may have changed one, and people another.
    tell_changed_outside(kind, news, {name: there[name] for name in there.keys() - (set(changed) - kind.of_each)})
    return changed, [name for name in changed if name == kind.key and kind.key_is_fixed]


def update(kind: Kind[Any], object_id: str, olds: Values, news: Values) -> Live:
    """Read, merge, write; no request where nothing differs.

    Raises:
        Refused: it is gone, its new natural key is taken, or it was only referred to so far.
    """
    session = _writable(kind, news)
    same_owner(kind, session, olds)
    row = live_row(kind, session, object_id, olds)
    if row is None:
        raise refused(
            "deleted-meanwhile", f"{label(kind, news)}: {object_id} is gone. Run `pulumi up` again: it will be created"
        )
    adopted = bool(olds.get("adopted"))
    live = Comparison(kind, row, news)
    if news.get("existing"):
        return _result(session, object_id, live, adopted=adopted)
    if olds.get("existing") and live.differing and not news.get("adopt"):
        raise Refused(exists_already(kind, news, object_id, list(live.differing)))
    starts = olds.get(kind.starts_after) and not news.get(kind.starts_after)
    ahead = Comparison(kind, row, asked(kind, olds, news) | (kind.started(news) if starts else {}))
    changed = ahead.to_write(olds)
    if kind.key in changed and news.get("adopt_id") != object_id:
        _key_is_free(kind, session, object_id, news)
    if changed:
        live = replace(_write(session, object_id, ahead, changed), declared=news)
    return _result(session, object_id, live, adopted=adopted)


def delete(kind: Kind[Any], object_id: str, outs: Values) -> str:
    """Remove what is ours to remove; returns what was done, in a few words."""
    session = session_for(outs)
    name = f"{label(kind, outs)} ({object_id})"
    if spared := _kept(kind, session, object_id, outs):
        return f"{name} is {spared}"
    same_owner(kind, session, outs)
    if permitted("forget", kind.name, str(outs.get(kind.key)), object_id):
        return f"{name} is forgotten here, and stays as it is in {kind.service.name}: {VARIABLE} says so"
    row = live_row(kind, session, object_id, outs)
    if row is None:
        return f"{name} was gone already"
    # As it is by now: what somebody made of it since this run read it decides, too.
    row = fresh_row(kind, session, object_id, kind.key_of(row)) or row
    called = kind.key_of(row)
    # Not every service tells it.
    if called and not same(called, outs.get(kind.key)):
        raise refused(
            "not-announced",
            f"{name} is not deleted: it is called '{called}' in {kind.service.name} now, which this run did not know. "
            "Run again without --refresh=false",
        )
    policy = outs.get("on_delete") or kind.on_delete
    others = marked_by_others(kind, session, row)
    # Who asks for a pause knows that others use it.
    if spared := others or (kept_by_users(kind, session, object_id) if policy == "delete" else None):
        return f"{name} is {spared}"
    removal = _removed(kind, session, object_id, row, policy)
    if not is_seen_removed(kind, session, object_id, outs.get(kind.key), removal):
        raise refused("not-deleted", not_deleted(kind, object_id, outs, removal))
    if removal.gone:
        session.listing(kind).drop(object_id)
    return f"{name} {removal.said}"


def _removed(kind: Kind[Any], session: Session, object_id: str, row: Row, policy: OnDelete) -> Removal:
    """What a delete says that it did; of an answer that is lost only the service can tell."""
    try:
        return kind.delete(session.client(kind.service), object_id, row, policy)
    except ServiceError as error:
        removal = Removal("was deleted, and the answer was lost", gone=True)
        if not error.ambiguous or not is_seen_removed(kind, session, object_id, kind.key_of(row), removal):
            raise
        return removal


def _kept(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> Fate | None:
    """The fate of an object to which nothing at all is done; None where something may be."""
    if (kind.name, object_id) in session.taken:
        return Fate("kept-taken")
    if (kind.name, object_id) in session.declared:
        return Fate("kept-declared")
    return kept(kind, outs)


def _key_is_free(kind: Kind[Any], session: Session, object_id: str, news: Values) -> None:
    taken = others_of(kind, session, object_id, news[kind.key])
    if taken:
        raise Refused(key_taken(kind, news, object_id, taken, managed_before(kind, session, news)))


def _write(
    session: Session, object_id: str, live: Comparison, changed: frozenset[str], *, unmarked: bool = False
) -> Comparison:
    """Send what ``changed``; returns the declaration beside the row that the service has now.

    ``unmarked``: without the marks of those that gave it up.
    """
    kind, news = live.kind, live.declared
    fresh = fresh_row(kind, session, object_id, kind.key_of(live.row))
    if fresh is None:
        raise _deleted_meanwhile(kind, session, object_id, news)
    # Compared again only where it is not as it was read.
    now = live if live.is_of(fresh) else replace(live, row=fresh)
    if now is not live:
        if meanwhile := live.changed_meanwhile(now, changed):
            raise Refused(changed_meanwhile(kind, news, object_id, meanwhile))
        changed = now.still_to_write(changed)
        if not changed and not unmarked:
            session.listing(kind).put(object_id, fresh)
            return now
    return _send(session, object_id, kind.unmarked(fresh) if unmarked else fresh, now, changed)


def _send(session: Session, object_id: str, fresh: Row, live: Comparison, changed: frozenset[str]) -> Comparison:
    """Send what ``changed`` of an object, laid over how it was a moment ago."""
    kind, news, client = live.kind, live.declared, session.client(live.kind.service)
    body = kind.body(fresh, news, changed)
    try:
        answer = kind.update(client, object_id, body)
    except ServiceError as error:
        if error.reason != "not_found" or object_id in session.listing(kind).confirmed():
            raise
        raise _deleted_meanwhile(kind, session, object_id, news) from None
    if not answer or id_of(answer) != object_id:
        answer = fresh_row(kind, session, object_id, kind.key_of(body)) or {**fresh, **body}
    session.listing(kind).put(object_id, answer)
    written = Comparison(kind, answer, news)
    if written.stubborn:
        emptied = replace(written, declared={**news, "extra": written.stubborn, "unset": ()})
        written = _send(session, object_id, answer, emptied, frozenset(EXTRA + name for name in written.stubborn))
    return replace(written, declared=news)


def _deleted_meanwhile(kind: Kind[Any], session: Session, object_id: str, news: Values) -> Refused:
    session.listing(kind).drop(object_id)
    return refused(
        "deleted-meanwhile", f"{label(kind, news)}: {object_id} was deleted meanwhile. Run `pulumi up` again"
    )


def _refer(kind: Kind[Any], session: Session, inputs: Values) -> Live:
    session.listing(kind).complete()
    matches = meant(kind, session, inputs)
    if not matches:
        raise Refused(none_to_refer_to(kind, inputs))
    if len(matches) > 1:
        raise Refused(ambiguous(kind, inputs, matches))
    object_id, row = matches[0]
    return _result(session, object_id, Comparison(kind, row, inputs), adopted=True)


def _take(kind: Kind[Any], session: Session, inputs: Values, matches: list[tuple[str, Row]]) -> Live:
    if len(matches) > 1:
        raise Refused(ambiguous(kind, inputs, matches))
    object_id, row = matches[0]
    adopt = bool(inputs.get("adopt"))
    live = Comparison(kind, row, inputs)
    managed = managed_before(kind, session, inputs, object_id)
    if refusal := not_to_be_taken(kind, inputs, object_id, row, managed):
        raise Refused(refusal)
    takes = adopt or managed is not None
    if not takes and (live.tells_apart or not kind.equal_is_ours):
        raise Refused(exists_already(kind, inputs, object_id, list(live.differing)))
    if not session.claim(kind, ("id", object_id)):
        raise Refused(declared_twice(kind, inputs))
    changed = live.to_write(None) if takes else frozenset()
    given_up = bool(others_mark(kind, session, row))
    try:
        if changed or given_up:
            live = _write(session, object_id, live, changed, unmarked=given_up)
    except Exception:
        session.release(kind, ("id", object_id))
        raise
    session.taken.add((kind.name, object_id))
    return _result(session, object_id, live, adopted=managed.adopted if managed else adopt)


def _writable(kind: Kind[Any], inputs: Values) -> Session:
    session = session_for(inputs)
    if not session.checked:
        raise refused(
            "account-unchecked",
            f"{label(kind, inputs)}: nothing is written before the stack's Account was checked in this run. With "
            "--target, name the Account as well: --target '**trackform:Account::*'",
            shared="the stack's Account was not checked",
        )
    same_owner(kind, session, {**inputs, "owner": None})
    return session


def _result(session: Session, object_id: str, live: Comparison, *, adopted: bool = False) -> Live:
    kind, row = live.kind, live.row
    kept = {name: value for name, value in live.declared.items() if name not in FROM_CHECK}
    kept["object_id"] = object_id
    outs = {
        **kept,
        **kind.computed_of(row),
        "adopted": adopted,
        # Some rows do not say whose they are; the key they were reached with does.
        "owner": id_of(row, kind.owner) or session.owner(kind.service),
        "changed_outside": live.changed_outside,
    }
    return Live(object_id, outs, kept)
