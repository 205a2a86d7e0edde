"""Is the object there, which one is it, is it still ours: an absence is proven before anybody acts on it."""

import logging
from typing import Any

from trackform_core.lifecycle.usage import users
from trackform_core.lifecycle.witnesses import still_searched
from trackform_core.model.kind import Kind
from trackform_core.model.messages import refused
from trackform_core.model.wire import Row, Values, same
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.session.session import Managed, Session

log = logging.getLogger("trackform")


def label(kind: Kind[Any], values: Values) -> str:
    return f"{kind.title} '{values.get(kind.key, values.get('object_id', '?'))}'"


def managed_before(kind: Kind[Any], session: Session, inputs: Values, object_id: str = "") -> Managed | None:
    """The object of this stack that had the declared natural key at the last run; None where none had.

    With ``object_id`` only that one: another may be called so today.
    """
    managed = session.managed.get((kind.name, str(inputs[kind.key])))
    return None if managed and object_id and managed.object_id not in ("", object_id) else managed


def candidates(kind: Kind[Any], session: Session, key: Any) -> list[tuple[str, Row]]:
    """The live objects of a natural key, among the rows read so far."""
    return session.listing(kind).named(key)


def others_of(kind: Kind[Any], session: Session, object_id: str, key: Any) -> list[str]:
    """The ids of other live objects of a natural key."""
    session.listing(kind).complete()
    return [other for other, _ in candidates(kind, session, key) if other != object_id]


def meant(kind: Kind[Any], session: Session, inputs: Values) -> list[tuple[str, Row]]:
    """The live objects that a declaration can mean: the one that it picks, or all of its key, as far as rows were read.

    Raises:
        Refused: it picks one that is not there, or one of another key.
    """
    picked = inputs.get("adopt_id")
    if not picked:
        return candidates(kind, session, inputs[kind.key])
    row = session.listing(kind).row(picked)
    if row is None and kind.can_get:
        row = kind.get(session.client(kind.service), picked)
    if row is None or kind.is_gone(row):
        raise refused(
            "id-not-there",
            f"{label(kind, inputs)}: `id` says {picked}, and {kind.service.name} has no such {kind.title}. Correct it, "
            f"or take it out: then one is looked up by its {kind.key}, and created where there is none",
        )
    key = kind.key_of(row)
    if not same(key, inputs[kind.key]):
        raise refused(
            "id-of-another",
            f"{label(kind, inputs)}: `id` says {picked}, which is '{key}' in {kind.service.name}. `id` picks among "
            f"objects of one {kind.key}: correct it, or declare the {kind.key} '{key}' first and change it later",
        )
    session.listing(kind).put(picked, row)
    return [(picked, row)]


def live_row(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> Row | None:
    """The row of an object we know; ``None`` only when it is certainly gone: a listing alone is no proof.

    Raises:
        Refused: it cannot be told.
    """
    listing = session.listing(kind)
    row = listing.row(object_id)
    if row is None:
        row = _asked_again(kind, session, object_id, outs)
    if row is None:
        same_owner(kind, session, outs)
        _refuse_a_blind_eye(kind, session, object_id, outs)
        _refuse_a_wipe(kind, session, object_id, outs)
        return None
    return row


def _asked_again(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> Row | None:
    listing = session.listing(kind)
    if not kind.can_get:
        row = listing.confirmed().get(object_id)
        if row is None:
            _refuse_a_contradiction(kind, session, object_id, outs)
        return row
    row = kind.get(session.client(kind.service), object_id)
    if row is None or kind.is_gone(row):
        return None
    if not listing.rows():
        raise refused(
            "listing-incomplete",
            f"{label(kind, outs)} ({object_id}): {kind.service.name} lists no {kind.title} at all, yet still has this "
            "one. Its listing is not to be trusted now: try again later",
            shared=f"{kind.service.name} lists no {kind.title}, yet still has this one",
        )
    listing.put(object_id, row)
    return row


def _refuse_a_contradiction(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> None:
    """A listing read twice is one witness, and an absence takes all there are: there is no GET by id to ask."""
    key = str(outs.get(kind.key))
    if permitted("gone", kind.name, key, object_id):
        return
    if said := _contradiction(kind, session, object_id, outs):
        raise refused(
            "absence-doubtful",
            f"{label(kind, outs)} ({object_id}): {kind.service.name} does not list it any more, but {said}. Try again "
            f"later. If it really was deleted, run again with {setting(permission('gone', kind.name, key, object_id))}",
        )


def _contradiction(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> str:
    """What speaks against an absence from a listing; empty where nothing does."""
    listing = session.listing(kind)
    if doubt := listing.doubt():
        return f"its listing {doubt}"
    if listing.rows() and not listing.tells_a_total():
        return "its listing does not tell how many there are"
    if user := next(users(kind, session, object_id), None):
        return f"{user} still refers to it"
    key = outs.get(kind.key)
    if still_searched(kind, session, object_id, key):
        return f"asked for the {kind.key} '{key}' it still finds it"
    return ""


def _refuse_a_blind_eye(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> None:
    reason = kind.hidden(session.client(kind.service), outs)
    if reason and not permitted("gone", kind.name):
        raise refused(
            "hidden",
            f"{label(kind, outs)} ({object_id}): {reason}. If it really is gone, run again with "
            f"{setting(permission('gone', kind.name))}",
            shared="the API key in use cannot see it",
        )


def _refuse_a_wipe(kind: Kind[Any], session: Session, object_id: str, outs: Values) -> None:
    """No object at all is more likely a fault than a wish: one may have been the last, two were not.

    How many there were, the state tells: counted in this run alone, each run would believe one more. Where there is no
    GET by id, even one is not believed.
    """
    if permitted("gone", kind.name, str(outs.get(kind.key)), object_id):
        return
    others = sorted(set((session.made or {}).get(kind.name, ())) - {str(outs.get(kind.key))})
    # Where there is no listing, each is asked for by itself.
    if session.listing(kind).rows() if kind.has_listing else any(map(session.listing(kind).row, others)):
        return
    alone = not others and (not kind.has_listing or session.missed(kind, object_id) == 1)
    if kind.can_get and alone and session.knows_its_past:
        return
    shows = f"{kind.service.name} {'lists' if kind.has_listing else 'has'} no {kind.title}"
    raise refused(
        "listing-empty",
        f"{label(kind, outs)} ({object_id}): {shows} at all. All gone at once is more likely a fault than a wish. If "
        f"they really were deleted, run again with {setting(permission('gone', kind.name))}",
        shared=shows,
    )


def same_owner(kind: Kind[Any], session: Session, outs: Values) -> None:
    """The key must still be one of the account in which this object was made.

    Raises:
        Refused: it is another account's.
    """
    # Who made a row may be another user of the same account; an older state has nothing else.
    was = outs.get("account_id") or outs.get("owner")
    if not was:
        return
    now = session.owner(kind.service)
    whose = kind.service.whose.name
    if was != now:
        raise refused(
            "other-account",
            f"{label(kind, outs)} belongs to the {whose} account {was}, but the key in use is of {now}. Nothing was "
            "touched: use the key of the stack's own account",
            shared=f"the key in use is of the {whose} account {now}",
        )
