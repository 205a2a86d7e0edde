"""What an object is to be written with, and why that would be declined: asked before anything is written.

A mistake ends a preview at once. A refusal is carried along, so that the plan is shown all the same; whoever writes
refuses again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from trackform_core.errors import Refused
from trackform_core.lifecycle.lookup import candidates, managed_before, meant, others_of, same_owner
from trackform_core.lifecycle.refusals import (
    ambiguous,
    cannot_be_made,
    exists_already,
    key_taken,
    manages_another,
    none_to_refer_to,
    not_to_be_taken,
    value_taken,
)
from trackform_core.lifecycle.remarks import shown, tell_doubled, tell_left, tell_stopped
from trackform_core.lifecycle.start import after, at_once
from trackform_core.lifecycle.twins import refused_twins
from trackform_core.lifecycle.usage import others_mark
from trackform_core.model.compare import Comparison, declared_names, unmanaged_fields, value_of
from trackform_core.model.kind import FROM_CHECK, Kind
from trackform_core.model.messages import NOTHING, arrow
from trackform_core.model.validate import Failure, holds, options_fit, validated
from trackform_core.model.wire import Row, Values, same
from trackform_core.session.session import Session, session_for


@dataclass(frozen=True)
class Checked:
    """What an object is to be written with.

    ``failures`` are mistakes, which end the preview. ``refusals`` say why the write would be declined; the plan is
    shown all the same.
    """

    inputs: Values
    failures: Sequence[Failure] = field(default_factory=tuple)
    refusals: Sequence[str] = field(default_factory=tuple)


def check(kind: Kind[Any], olds: Values, news: Values, unknown: str) -> Checked:
    """Canonical inputs, or what is wrong with them. Idempotent. Asks the service only about an object new to us."""
    raw = {name: value for name, value in news.items() if value is not None and name not in FROM_CHECK}
    inputs, failures = validated(kind, raw, unknown)
    failures += options_fit(kind, inputs)
    failures += _another_account(kind, olds, inputs, unknown)
    if failures:
        return Checked(inputs, failures)
    if olds.get("object_id"):
        return _check_known(kind, olds, inputs, unknown)
    key = olds.get(kind.key, inputs[kind.key])
    if holds([key, inputs["account"]], unknown):
        return Checked(inputs)
    return _check_new(kind, olds, inputs, key, unknown)


def _another_account(kind: Kind[Any], olds: Values, inputs: Values, unknown: str) -> list[Failure]:
    """The last run's account and this one's, as the stack's Account has it, are that of the key in use."""
    session = session_for(inputs) if isinstance(inputs.get("account"), str) else None
    try:
        for values in (olds, inputs):
            if session is not None and not holds([values.get("account_id"), inputs["account"]], unknown):
                same_owner(kind, session, {kind.key: inputs.get(kind.key), "account_id": values.get("account_id")})
    except Refused as error:
        return [Failure("account", str(error))]
    return []


def _check_new(kind: Kind[Any], olds: Values, inputs: Values, key: Any, unknown: str) -> Checked:
    session = session_for(inputs)
    try:
        matches = meant(kind, session, {**inputs, kind.key: key})
    except Refused as error:
        return Checked(inputs, refusals=[str(error)])
    if len(matches) > 1:
        return Checked(inputs, refusals=[ambiguous(kind, inputs, matches)])
    if not olds and not holds(inputs, unknown):
        tell_doubled(kind, session, inputs)
    if matches:
        others = inputs.get("adopt") or inputs.get("existing")
        inputs = at_once(kind, inputs) if others else after(kind, olds, inputs, matches[0][1])
        return _check_match(kind, olds, inputs, *matches[0], unknown)
    inputs = after(kind, olds, inputs)
    if (inputs.get("existing") or kind.to_create - inputs.keys()) and not olds:
        session.listing(kind).complete()
        if not candidates(kind, session, key):
            reason = none_to_refer_to(kind, inputs) if inputs.get("existing") else cannot_be_made(kind, inputs)
            return Checked(inputs, refusals=[reason])
    if olds:
        return Checked(inputs)
    twins = () if inputs.get("existing") else refused_twins(kind, session, inputs)
    return Checked(inputs, refusals=[*_clashes(kind, "", {}, inputs, unknown), *twins])


def _check_known(kind: Kind[Any], olds: Values, inputs: Values, unknown: str) -> Checked:
    object_id = olds["object_id"]
    inputs = after(kind, olds, inputs)
    if inputs.get("adopt_id") not in (None, object_id):
        return Checked({**inputs, "object_id": object_id}, refusals=[manages_another(kind, inputs, object_id)])
    session, key = session_for(inputs), inputs[kind.key]
    keeps_its_key = same(olds.get(kind.key), key)
    if not kind.key_is_fixed or keeps_its_key:
        session.declared.add((kind.name, object_id))
    taken = []
    if not (kind.key_is_fixed or keeps_its_key or holds(key, unknown) or inputs.get("adopt_id")):
        taken = others_of(kind, session, object_id, key)
    holder = managed_before(kind, session, inputs)
    refusals = [key_taken(kind, inputs, object_id, taken, holder)] if taken else []
    refusals += _clashes(kind, object_id, olds, inputs, unknown)
    return Checked({**inputs, "object_id": object_id}, refusals=refusals)


def _not_known(kind: Kind[Any], inputs: Values, unknown: str) -> set[str]:
    """Fields that cannot be compared yet: references to what is yet to be made, and what is said of each of these."""
    names = {name for name in declared_names(kind, inputs) if holds(value_of(inputs, name), unknown)}
    of_each = {kind.weights.get(name, "") for name in names}
    return names | of_each | {each.field for name in names for each in kind.each.get(name, ())}


def _clashes(kind: Kind[Any], object_id: str, olds: Values, inputs: Values, unknown: str) -> list[str]:
    """Why a value that no two objects of an account have alike cannot be had: another live one has it."""
    refusals = []
    for name in sorted(kind.unique & inputs.keys()):
        value, wire = inputs[name], kind.fields[name]
        if holds(value, unknown) or same(olds.get(name), value):
            continue
        rows = session_for(inputs).listing(kind).complete()
        others = [other for other, row in rows.items() if other != object_id and same(wire.read(row, {}), value)]
        refusals += [value_taken(kind, inputs, name, others)] if others else []
    return refusals


def _check_match(kind: Kind[Any], olds: Values, inputs: Values, object_id: str, row: Row, unknown: str) -> Checked:
    only_found = bool(olds or inputs.get("existing"))
    session = session_for(inputs)
    managed = managed_before(kind, session, inputs, object_id)
    refusal = "" if only_found else not_to_be_taken(kind, inputs, object_id, row, managed)
    if refusal:
        return Checked(inputs, refusals=[refusal])
    tell_stopped(kind, row, inputs)
    if only_found:
        session.declared.add((kind.name, object_id))
        return Checked({**inputs, "object_id": object_id})
    live = Comparison(kind, row, inputs)
    differing, tells_apart = live.differing, live.tells_apart
    handed_over = _marks_handed_over(kind, session, inputs, row)
    if inputs.get("adopt") or managed is not None or (handed_over and not tells_apart and kind.equal_is_ours):
        unmanaged = unmanaged_fields(kind, inputs)
        tell_left(kind, inputs, {name: differing[name] for name in differing.keys() & unmanaged})
        changes = {
            name: arrow(shown(kind, name, was), shown(kind, name, wanted))
            for name, (was, wanted) in differing.items()
            if name not in unmanaged
        } | dict.fromkeys(sorted(kind.write_only & inputs.keys()), "cannot be read, is set")
        changes |= handed_over
        return Checked({**inputs, "object_id": object_id, "adopts": {"id": object_id, "changes": changes}})
    if not tells_apart and kind.equal_is_ours:
        tell_left(kind, inputs, differing)
        return Checked({**inputs, "object_id": object_id})
    not_known = _not_known(kind, inputs, unknown)
    known = [name for name in differing if name not in not_known]
    if differing and not known and kind.equal_is_ours:
        # What it is to refer to is not there yet: only the write can compare.
        return Checked(inputs)
    there = {name: live for name, (live, _) in differing.items() if name not in kind.secret and name != "unset"}
    exists = {"id": object_id, "differing": there}
    return Checked({**inputs, "exists": exists}, refusals=[exists_already(kind, inputs, object_id, known)])


def _marks_handed_over(kind: Kind[Any], session: Session, inputs: Values, row: Row) -> dict[str, str]:
    """What becomes of the marks of those that gave the object up, as a change; empty where there are none."""
    others = others_mark(kind, session, row)
    mine = session.account if inputs.get("mark") else NOTHING
    return {"mark": arrow(", ".join(others), mine)} if others else {}
