"""What a new object waits for before it starts: it is made stopped, and started once all of it is there."""

import logging
import threading
from collections.abc import Sequence
from typing import Any

from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.lookup import label
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked
from trackform_core.model.wire import Row, Values
from trackform_core.session.session import Session, session_for

log = logging.getLogger("trackform")


class AlreadyThere:
    """What a service shows to be there, asked once a run. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._there: dict[str, dict[str, set[str]]] = {}
        """Of each kind: name -> the ids of the objects that it was there for."""

    def missing(self, kind: Kind[Any], session: Session, inputs: Values, names: Sequence[str]) -> list[str]:
        """Those of the names that are not there, as far as the service tells.

        What was there for another object says nothing of a new one: a connection that books the sales of one product
        does not cover the next.
        """
        with self._lock:
            if kind.name not in self._there:
                self._there[kind.name] = _asked(kind, session)
            there = {name: self._there[kind.name].get(name, set()) for name in names}
        seen_for = set().union(*there.values())
        needed = kind.needed_by(inputs, lambda other: session.listing(other).complete()) if seen_for else set()
        if not needed or needed - seen_for:
            return list(names)
        return [name for name in names if not needed & there[name]]


def _asked(kind: Kind[Any], session: Session) -> dict[str, set[str]]:
    there: dict[str, set[str]] = {}
    try:
        for of, name in kind.shown(session.client(kind.service)):
            there.setdefault(name, set()).add(of)
    except ServiceError as error:
        # Then a person's word is all there is; a plan does not fail for it.
        log.info("%s", error)
    return there


def after(kind: Kind[Any], olds: Values, inputs: Values, live: Row | None = None) -> Values:
    """The inputs with what the object still waits for: nothing, once it ran, and ``[]`` once it waited.

    ``live`` is the row of an object that is new to us: if it runs, it is left alone.
    """
    field = kind.starts_after
    waited = olds.get(field)
    if not field or not (inputs.get(field) or waited is not None):
        return inputs
    ran = bool(olds.get("object_id")) and not waited and not kind.starts(olds, inputs)
    if ran or (live is not None and not kind.is_stopped(live)):
        return at_once(kind, inputs) | ({} if waited is None else {field: waited})
    wanted = inputs.get(field) or []
    session = session_for(inputs)
    missing = session.part(AlreadyThere).missing(kind, session, inputs, wanted) if wanted else []
    if missing:
        said = f"{label(kind, inputs)} {kind.held(missing)}"
        more = "" if session.messages.repeats("held", kind.name) else f". {kind.way_to_start(session.account)}"
        log.warning("%s", marked("held", said + more))
    return at_once(kind, inputs) | ({field: missing} if missing or waited is not None else {})


def at_once(kind: Kind[Any], inputs: Values) -> Values:
    """The inputs of an object that waits for nothing."""
    return {name: value for name, value in inputs.items() if name != kind.starts_after}
