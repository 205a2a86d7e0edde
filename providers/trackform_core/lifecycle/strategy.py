"""Chooses for each object: the API of its service, or the operator."""

from typing import Any, Protocol

from trackform_core.lifecycle import manual, service
from trackform_core.lifecycle.check import Checked
from trackform_core.lifecycle.lookup import candidates
from trackform_core.lifecycle.service import Live
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.status import AWAITING
from trackform_core.session.session import session_for


class Strategy(Protocol):
    """How objects come into being: `service` through an API, `manual` through a person."""

    def check(self, kind: Any, olds: Values, news: Values, unknown: str) -> Checked: ...
    def create(self, kind: Any, inputs: Values) -> Live: ...
    def read(self, kind: Any, object_id: str, outs: Values) -> Live | None: ...
    def diff(self, kind: Any, olds: Values, news: Values) -> tuple[list[str], list[str]]: ...
    def update(self, kind: Any, object_id: str, olds: Values, news: Values) -> Live: ...
    def delete(self, kind: Any, object_id: str, outs: Values) -> str: ...


def is_by_hand(kind: Kind[Any], values: Values) -> bool:
    """Whether a person enters it: a kind without an API, where no bridge is configured."""
    if not isinstance(kind, BridgeKind):
        return False
    return not session_for(values).settings.url(kind.service)


def strategy_of(kind: Kind[Any], values: Values) -> Strategy:
    return manual if is_by_hand(kind, values) else service


def never_entered(kind: Kind[Any], outs: Values) -> bool:
    """Whether a bridge does not list what waited for a person before there was one: it was never there to be lost."""
    if not isinstance(kind, BridgeKind) or outs.get("status") != AWAITING or is_by_hand(kind, outs):
        return False
    session = session_for(outs)
    session.listing(kind).complete()
    return not candidates(kind, session, outs.get(kind.key))
