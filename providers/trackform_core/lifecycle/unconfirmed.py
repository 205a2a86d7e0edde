"""An object whose creation was not answered: it may exist. The state keeps it until somebody can tell.

It is a resource of the state whose id says so. A refresh looks for it, and gives it its real id once the service shows
it; an update looks before it sends it again, and a delete looks for what it has to delete. Unlike what waits for a
person, a refresh never takes it out.
"""

import logging
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain, repeat
from typing import Any

from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service
from trackform_core.lifecycle.lookup import candidates, label, same_owner
from trackform_core.lifecycle.lost_answer import NotListed
from trackform_core.lifecycle.refusals import ambiguous, exists_already, may_exist, not_listed
from trackform_core.lifecycle.service import Live
from trackform_core.lifecycle.witnesses import WAITS, searched
from trackform_core.model.compare import Comparison
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked, refused
from trackform_core.model.wire import Row, Values
from trackform_core.session.permissions import permitted
from trackform_core.session.session import Session, session_for

log = logging.getLogger("trackform")

PREFIX = "trackform:unconfirmed/"
LOST = "lost"
"""The output that tells when that was sent whose answer was lost."""
ANSWERED = "answered"
"""In it: whether the service said that it was created, and only did not show it."""
LATER = (8.0, 16.0, 32.0)
"""Seconds between the looks after the first ones; the last for as long as it takes."""

Match = tuple[str, Row]


def is_unconfirmed(object_id: Any) -> bool:
    return isinstance(object_id, str) and object_id.startswith(PREFIX)


def id_now(object_id: str, outs: Values) -> str:
    """The id by which an object goes: an update found it out, and only a refresh can write it over the state's."""
    return str(outs.get("object_id") or object_id) if is_unconfirmed(object_id) else object_id


def referred_to(value: Any) -> str:
    """An object of which nobody knows whether it exists, and that a declaration refers to; empty for none."""
    if is_unconfirmed(value):
        title, key = str(value).removeprefix(PREFIX).split("/", 1)
        return f"{title} '{key}'"
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next(filter(None, map(referred_to, inside)), "")


def decline(kind: Kind[Any], inputs: Values) -> None:
    """Nothing is sent that refers to what may not exist.

    Raises:
        Refused: it does.
    """
    if needed := referred_to(inputs):
        raise Refused(
            marked(
                "may-exist",
                f"{label(kind, inputs)} refers to {needed}, of which {kind.service.name} did not tell whether it was "
                "created, so nothing was sent for it. Run `pulumi up` again: it looks for that first",
            )
        )


def create(kind: Kind[Any], inputs: Values, make: Callable[[], Live]) -> Live:
    """Make it; or keep in mind that it may have been made.

    Raises:
        Refused: of another one nobody knows that already; one at a time is enough to look for.
    """
    session = session_for(inputs)
    if session.lost:
        because = f"the answer for {session.lost} was lost in this run, and nothing more is created after it"
        raise refused(
            "may-exist", f"{label(kind, inputs)} was not sent: {because}. Run `pulumi up` again", shared=because
        )
    sent = session.now()
    try:
        return make()
    except ServiceError as error:
        if not error.may_exist:
            raise
        return _kept(kind, inputs, str(error), sent, answered=False)
    except NotListed as error:
        return _kept(kind, inputs, str(error), sent, answered=True)


def _kept(kind: Kind[Any], inputs: Values, reason: str, sent: datetime, *, answered: bool) -> Live:
    session_for(inputs).lost = label(kind, inputs)
    said = may_exist(kind, inputs, reason)
    log.warning("%s", said)
    object_id = f"{PREFIX}{kind.title}/{inputs[kind.key]}"
    lost = {"at": sent.isoformat(timespec="seconds"), ANSWERED: answered}
    outputs = {"object_id": object_id, "adopted": False, "owner": "", "changed_outside": {}, LOST: lost}
    # Whoever awaits what was refused hears of it, too: the `Account` ends the run with it.
    outputs["refused"] = [said]
    return Live(object_id, {**inputs, **dict.fromkeys(kind.computed, ""), **outputs}, inputs)


def read(kind: Kind[Any], outs: Values) -> str | None:
    """The real id, where the service shows it by now; else empty, or None where a person says that it is not there.

    One look: a refresh waits for nobody.
    """
    session = session_for(outs)
    same_owner(kind, session, outs)
    matches = _looked_for(kind, session, outs)
    equal = _equal(kind, outs, matches)
    if len(equal) == 1:
        log.warning("%s was created after all: %s", label(kind, outs), equal[0][0])
        return equal[0][0]
    if not matches and permitted("gone", kind.name, str(outs.get(kind.key))):
        return None
    log.warning("%s", may_exist(kind, outs, f"its answer was lost at {(outs.get(LOST) or {}).get('at')}"))
    return ""


def find(kind: Kind[Any], outs: Values, *, adopt: bool = False) -> str:
    """The real id of what may have been made; empty where it certainly was not.

    Raises:
        Refused: nobody can tell, or what is there may be somebody else's.
    """
    session = session_for(outs)
    same_owner(kind, session, outs)
    matches = _looked_for(kind, session, outs)
    for seconds in _waits(kind, session, outs):
        if matches:
            break
        session.wait(seconds)
        matches = _looked_for(kind, session, outs)
    equal = _equal(kind, outs, matches) or (matches if adopt else [])
    if len(equal) == 1:
        return equal[0][0]
    if len(matches) > 1:
        raise Refused(ambiguous(kind, outs, matches))
    if matches:
        fields = list(Comparison(kind, matches[0][1], _sent(kind, outs)).differing)
        raise Refused(exists_already(kind, outs, matches[0][0], fields))
    if permitted("gone", kind.name, str(outs.get(kind.key))):
        return ""
    if (outs.get(LOST) or {}).get(ANSWERED):
        raise Refused(not_listed(kind, outs, 0))
    if doubt := session.listing(kind).doubt():
        raise Refused(may_exist(kind, outs, f"{kind.service.name}'s listing {doubt}"))
    return ""


def settle(kind: Kind[Any], outs: Values, news: Values, make: Callable[[], Live]) -> Live:
    """Take what was made after all, or make it.

    Raises:
        Refused: nobody can tell whether it was.
    """
    object_id = find(kind, outs, adopt=bool(news.get("adopt")))
    if not object_id:
        return create(kind, news, make)
    known = {name: value for name, value in outs.items() if name != LOST}
    return service.update(kind, object_id, known | {"object_id": object_id}, news)


def _sent(kind: Kind[Any], outs: Values) -> Values:
    return {name: value for name, value in outs.items() if name in kind.model.model_fields}


def _looked_for(kind: Kind[Any], session: Session, outs: Values) -> list[Match]:
    """All of its natural key, by the listing read anew and by the service's own search."""
    listing, key = session.listing(kind), outs[kind.key]
    listing.forget()
    listing.complete()
    matches = dict(candidates(kind, session, key)) | dict(searched(kind, session, key))
    for object_id, row in matches.items():
        listing.put(object_id, row)
    return sorted(matches.items())


def _equal(kind: Kind[Any], outs: Values, matches: list[Match]) -> list[Match]:
    """Those that are what was sent."""
    sent = _sent(kind, outs)
    return [match for match in matches if not Comparison(kind, match[1], sent).differing]


def _waits(kind: Kind[Any], session: Session, outs: Values) -> Iterator[float]:
    """Seconds between the looks, until the service no longer hides what was made."""
    yield from WAITS
    at, now = (outs.get(LOST) or {}).get("at"), session.now()
    until = (datetime.fromisoformat(at) if at else now) + timedelta(seconds=session.hidden_for)
    # A clock that was set meanwhile makes nobody wait for longer.
    left = min((until - now).total_seconds(), session.hidden_for)
    if left > 0:
        log.warning(
            "%s: waiting until %s UTC: %s may still hide it. What shows nowhere by then is created",
            label(kind, outs), f"{now + timedelta(seconds=left):%H:%M:%S}", kind.service.name,
        )  # fmt: skip
    for seconds in chain(LATER, repeat(LATER[-1])):
        if left <= 0:
            return
        yield min(seconds, left)
        left -= seconds
