"""What people changed since the last `pulumi up`, kept until one undoes or accepts it. Pure.

A refresh puts what is live in the place of what was applied, in the state too; a run that fails after it would leave
nobody who knows that the two ever differed. So beside the live inputs a read leaves, per field, what was applied last.
"""

from typing import Any

from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values, same

DRIFT = "drift"
"""Among the inputs of a state: field -> ``applied``, and the ``live`` value that it gave way to."""


def last_applied(inputs: Values) -> Values:
    """The inputs of a state as the last write left them.

    What a later run wrote, or left alone as declared, is no longer the value that was noted as live.
    """
    noted = {name: each.get("applied") for name, each in _open(inputs).items()}
    known = {name: value for name, value in inputs.items() if name != DRIFT}
    return {name: value for name, value in {**known, **noted}.items() if value is not None}


def drift_of(kind: Kind[Any], applied: Values, live: Values) -> Values:
    """What a read adds to the live inputs, as `DRIFT`; a secret is not kept a second time."""
    names = ({*kind.fields, "extra"} - kind.secret) & (applied.keys() | live.keys())
    changed = {name: {"applied": applied.get(name), "live": live.get(name)} for name in sorted(names)}
    noted = {name: each for name, each in changed.items() if not same(each["applied"], each["live"])}
    return {DRIFT: noted} if noted else {}


def not_accepted(was: Values, wanted: Values) -> Values:
    """What of the drift of ``was`` the file does not say by now: what an update would undo."""
    left = {name: each for name, each in _open(was).items() if not same(wanted.get(name), each.get("live"))}
    return {DRIFT: left} if left else {}


def _open(inputs: Values) -> Values:
    """The drift that still is one: the value noted as live is the one in the state."""
    return {name: each for name, each in (inputs.get(DRIFT) or {}).items() if same(inputs.get(name), each.get("live"))}
