"""Reading one object of a state again, whatever it waits for: as a refresh does, with or without the engine."""

from dataclasses import dataclass
from typing import Any

from trackform_core.lifecycle import pending, unconfirmed
from trackform_core.lifecycle.service import Live
from trackform_core.lifecycle.strategy import never_entered, strategy_of
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values


@dataclass(frozen=True)
class Reread:
    """An object of the state as it is today.

    Attributes:
        object_id: by which it was asked for.
        live: as it was read; None where it is not there, or was never made.
        was_there: whether it ever was, as far as the state knows: only then its absence means anything.
    """

    object_id: str
    live: Live | None
    was_there: bool = True


def reread(kind: Kind[Any], object_id: str, outs: Values) -> Reread:
    """Read an object of the state.

    Raises:
        Refused: it cannot be told whether it is gone.
        ServiceError: the service did not tell.
    """
    object_id = unconfirmed.id_now(object_id, outs)
    if unconfirmed.is_unconfirmed(object_id):
        real_id = unconfirmed.read(kind, outs)
        if not real_id:
            return Reread(object_id, None if real_id is None else Live(object_id, outs, {}))
        object_id = real_id
    if pending.is_waiting(object_id):
        pending.note(kind, object_id, outs)
        return Reread(object_id, None, was_there=False)
    if never_entered(kind, outs):
        return Reread(object_id, None, was_there=False)
    return Reread(object_id, strategy_of(kind, outs).read(kind, object_id, outs))
