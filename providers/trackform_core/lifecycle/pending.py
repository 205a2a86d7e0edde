"""What only a person can bring about waits, and so does all that refers to it: `pulumi up` goes on with the rest.

A waiting object is a resource of the state without a live object, known by its id. A refresh takes it out of the state,
so each preview plans its creation again, and each `pulumi up` tries it again: nothing has to be remembered.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.lookup import candidates, label
from trackform_core.lifecycle.service import Live
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values
from trackform_core.session.session import session_for

log = logging.getLogger("trackform")

PREFIX = "trackform:awaiting/"
ANOTHER = "another"
"""In the place of what a person has to do: it waits for an object that waits."""
OPERATOR = "operator"


def is_waiting(object_id: Any) -> bool:
    return isinstance(object_id, str) and object_id.startswith(PREFIX)


def waits_for_a_person(object_id: Any) -> bool:
    """Whether it is a step of its own; what waits for another object is done with that one."""
    return is_waiting(object_id) and not str(object_id).startswith(f"{PREFIX}{ANOTHER}/")


def waited_for(value: Any) -> str:
    """What a declaration refers to and is not there yet, such as ``offer source 'Digistore24'``; empty for nothing."""
    # The engine hands in fields in any order.
    return ", ".join(sorted(set(_waited_for(value))))


def _waited_for(value: Any) -> Iterator[str]:
    if is_waiting(value):
        _, _, title, key = str(value).split("/", 3)
        yield f"{title} '{key}'"
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for each in inside:
        yield from _waited_for(each)


def sent(applied: Mapping[str, Any], live: Mapping[str, Any]) -> Mapping[str, Any]:
    """What was really sent: of an update that was to refer to what waits, nothing."""
    return {name: live.get(name) for name in applied} if waited_for(dict(applied)) else applied


def create(kind: Kind[Any], inputs: Values, make: Callable[[], Live]) -> Live:
    """Make it; or let it wait, with nothing sent for it beyond the one request that told why."""
    needed = waited_for(inputs)
    if needed:
        log.warning("%s awaits %s: nothing was sent for it, whatever the engine says", label(kind, inputs), needed)
        return _waiting(kind, inputs, ANOTHER, f"awaiting {needed}")
    try:
        return make()
    except ServiceError as error:
        if not error.by_hand or not kind.awaits:
            raise
        log.warning(
            "%s was not created, whatever the engine says: awaiting %s. %s. All open steps: `trackform operator %s "
            "--live`", label(kind, inputs), kind.awaits, error, inputs.get("account", "default"),
        )  # fmt: skip
        return _waiting(kind, inputs, kind.awaits, f"awaiting {kind.awaits}")


def _waiting(kind: Kind[Any], inputs: Values, need: str, status: str) -> Live:
    object_id = f"{PREFIX}{need}/{kind.title}/{inputs[kind.key]}"
    outputs = {"object_id": object_id, "status": status, "adopted": False, "owner": "", "changed_outside": {}}
    return Live(object_id, {**inputs, **dict.fromkeys(kind.computed, ""), **outputs}, inputs)


def note(kind: Kind[Any], object_id: str, outs: Values) -> None:
    """A refresh met it: what is there by now under its key is what the person was asked to make."""
    if object_id.startswith(f"{PREFIX}{OPERATOR}/"):
        session_for(outs).awaited.add((kind.name, outs.get(kind.key)))


def asked_for(kind: Kind[Any], olds: Values, news: Values) -> Values:
    """``news`` with the wish to take over what a person made because this stack asked for it."""
    session = session_for(news)
    if olds or (kind.name, news.get(kind.key)) not in session.awaited or news.get("existing"):
        return news
    session.listing(kind).complete()
    return {"adopt": True, **news} if candidates(kind, session, news[kind.key]) else news


def held_back(kind: Kind[Any], news: Values) -> bool:
    """Whether a live object stays as it is: it is to refer to something that is not there yet."""
    needed = waited_for(news)
    if needed:
        log.warning("%s stays as it is: it awaits %s", label(kind, news), needed)
    return bool(needed)
