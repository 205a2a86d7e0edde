"""What a person has to know of a live object though nothing is written and nothing refused."""

import logging
from collections.abc import Mapping
from typing import Any

from trackform_core.lifecycle.lookup import label
from trackform_core.model.compare import EXTRA, HIDDEN, declared_names, left_alone, value_of
from trackform_core.model.kind import Kind
from trackform_core.model.messages import NOTHING, marked
from trackform_core.model.validate import can_be_emptied
from trackform_core.model.wire import Row, Values, covers, is_blank
from trackform_core.session.session import Session, account_of, messages_of

log = logging.getLogger("trackform")


def shown(kind: Kind[Any], name: str, value: Any) -> str:
    if name in kind.secret:
        return HIDDEN
    return NOTHING if value is None or value == "" else str(value)


def tell_stopped(kind: Kind[Any], row: Row, values: Values) -> None:
    """Paused, capped or ended: a set-up that relies on it earns less, and no field of the file says so."""
    for remark in kind.stopped(row, values):
        log.warning("%s", marked("stopped", f"{label(kind, values)} {remark}"))


def tell_doubled(kind: Kind[Any], session: Session, values: Values) -> None:
    """Somebody's objects that do the same as this one: no field of the file says so, and it happens twice."""
    for remark in kind.doubled_by(lambda: session.listing(kind).complete().values(), values):
        log.warning("%s", marked("by-hand", f"{label(kind, values)}: {remark}"))


def tell_changed_outside(kind: Kind[Any], news: Values, outside: Mapping[str, Any]) -> None:
    """Initial fields that people set otherwise than the file has them: theirs.

    The engine asks twice, in a refresh and for the step: the same is told once.
    """
    messages = messages_of(account_of(news))
    for name in sorted(outside.keys() & news.keys()):
        if not covers(outside[name], news[name]):
            live, declared = (shown(kind, name, values[name]) for values in (outside, news))
            said = f"{label(kind, news)}: {name} was changed outside, not managed: {live} (declared: {declared})"
            if not messages.repeats(said):
                log.warning("%s", marked("changed-outside", said))


def tell_not_declared(kind: Kind[Any], olds: Values, news: Values) -> None:
    """Fields that have left the file: a preview shows them as removed, and they are only no longer watched."""
    spared = left_alone(news) | set(news.get("unset") or ())
    service = kind.service.whose.name
    for name in sorted(declared_names(kind, olds) - declared_names(kind, news)):
        field, value = name.removeprefix(EXTRA), value_of(olds, name)
        if news.get("existing") or field in spared or is_blank(value) or kind.goes(name):
            continue
        way_out = f"; `unset: [{field}]` empties it" if can_be_emptied(kind, field) else ""
        is_now = shown(kind, name, (olds.get("changed_outside") or {}).get(name, value))
        said = f"{label(kind, news)}: {name} has left the file, and stays as it is in {service}: {is_now}{way_out}"
        log.warning("%s", marked("not-declared", said))


def tell_left(kind: Kind[Any], values: Values, differing: Mapping[str, tuple[Any, Any]]) -> None:
    """Initial fields of an object that is taken over, field -> (live, declared): people steer them, so they stay."""
    for name in sorted(differing.keys() - left_alone(values)):
        if name in kind.of_each and differing[name][0] is None:
            # None of the declared members is in it: the list itself tells.
            continue
        live, declared = (HIDDEN if name in kind.secret else value for value in differing[name])
        said = f"{label(kind, values)}: {name} is {live}, and stays so when it is taken over (declared: {declared})"
        log.warning("%s", marked("left-alone", f"{said}. List it under `enforce`, or set it in the web application"))
