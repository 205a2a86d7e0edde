"""What a preview would tell of the objects of a state, read by our kinds alone: no engine, no program, no write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.models import SecretRef
from trackform.account_file.sections import Composition, Ref, Wanted
from trackform.preview.plan import Plan, Step
from trackform.preview.steps import ACCOUNT, ref_of
from trackform.preview.urn import read_urn
from trackform.project.state import State, StateResource
from trackform_core.errors import Refused, TrackformError
from trackform_core.guard.inventory import Inventory
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.pending import is_waiting, sent
from trackform_core.lifecycle.refresh import reread
from trackform_core.lifecycle.service import Live
from trackform_core.lifecycle.strategy import strategy_of
from trackform_core.model.compare import as_accepted
from trackform_core.model.drift import last_applied
from trackform_core.model.kind import Kind
from trackform_core.model.pulumi_names import UNKNOWN
from trackform_core.model.wire import Values
from trackform_core.no_api.status import AWAITING
from trackform_core.session.messages import AS_TOLD
from trackform_core.session.session import Session, use_session


@dataclass
class Looked:
    """The account of a stack as it is.

    Attributes:
        plan: a step for each object of the state that could be read.
        outputs: of each that is there, as they are live.
        unread: of each that could not be read, why.
        missing: declared, and not made yet.
    """

    plan: Plan
    outputs: dict[Ref, Values] = field(default_factory=dict)
    unread: dict[Ref, str] = field(default_factory=dict)
    missing: list[Ref] = field(default_factory=list)


def look(composition: Composition, state: State, session: Session) -> Looked:
    """Read every object of the state again, and compare it with what was applied and what is declared.

    Secrets are not compared: the state has them encrypted.
    """
    use_session(session)
    known = {ref: each for each in state.resources if (ref := ref_of(read_urn(each.urn))) is not None}
    account = next((each.inputs for each in state.resources if read_urn(each.urn).type == ACCOUNT), {})
    _remember(session, account)
    wanted = {Ref(each.section, each.name): each for each in composition.objects}
    names = {ref: _in_state(each, known) for ref, each in wanted.items()}
    looked = Looked(Plan(session.account), missing=[ref for ref, name in names.items() if name is None])
    lives: dict[Ref, Live | None] = {}
    for ref, each in known.items():
        try:
            lives[ref] = _read(ref, each, session)
        except TrackformError as error:
            looked.unread[ref] = _in_words(error, session)
    declared_as = {name: ref for ref, name in names.items() if name is not None}
    # What is gone will have another id, which nobody knows yet.
    ids = {declared_as.get(name, name): known[name].object_id for name in looked.unread}
    ids |= {declared_as.get(name, name): live.object_id for name, live in lives.items() if live is not None}
    recorded = account.get("recorded") or {}
    for name, live in lives.items():
        ref = declared_as.get(name, name)
        if live is not None:
            looked.outputs[ref] = live.outs
        fields = _fields(wanted[ref], ids) if ref in wanted else None
        try:
            looked.plan.steps[ref] = _step(ref, known[name], live, fields, session, recorded)
        except TrackformError as error:
            looked.unread[ref] = _in_words(error, session)
    looked.plan.ids = {each.object_id: declared_as.get(name, name) for name, each in known.items()}
    looked.plan.ids |= {object_id: ref for ref, object_id in ids.items()}
    return looked


def _in_state(wanted: Wanted, known: Mapping[Ref, StateResource]) -> Ref | None:
    """The name under which the state has an object, today's or its former one."""
    names = (Ref(wanted.section, name) for name in (wanted.name, wanted.was) if name)
    return next((ref for ref in names if ref in known), None)


def _remember(session: Session, account: Mapping[str, Any]) -> None:
    """What was there at the last run: without it no object may count as gone."""
    if "inventory" in account:
        parts = {name: account.get(name) or {} for name in ("leaving", "vanished")}
        session.made = Inventory(account["inventory"], leaving=parts["leaving"], vanished=parts["vanished"]).made()
    session.knows_its_past = not account or session.made is not None


def _read(ref: Ref, kept: StateResource, session: Session) -> Live | None:
    step = Step(ref, "same")
    outs = as_accepted(step.kind, {**kept.outputs, "account": session.account}, dict(kept.inputs))
    return reread(step.kind, kept.object_id, outs).live


def _in_words(error: TrackformError, session: Session) -> str:
    """What the next object meets as well is told in full once."""
    if isinstance(error, ServiceError):
        return session.messages.once(error)
    if isinstance(error, Refused) and error.shared and session.messages.repeats(error.shared):
        return f"{error.shared}{AS_TOLD}"
    return str(error)


def _fields(wanted: Wanted, ids: Mapping[Ref, str]) -> Values:
    """What the program would give, but for secrets."""
    given = {name: _value(value, ids) for name, value in wanted.fields.items() if not isinstance(value, SecretRef)}
    return {name: value for name, value in given.items() if name not in wanted.kind.secret}


def _value(value: Any, ids: Mapping[Ref, str]) -> Any:
    if isinstance(value, Ref):
        return ids.get(value, UNKNOWN)
    return [_value(item, ids) for item in value] if isinstance(value, list) else value


def _step(
    ref: Ref,
    kept: StateResource,
    live: Live | None,
    fields: Values | None,
    session: Session,
    recorded: Mapping[str, Any],
) -> Step:
    kind = Step(ref, "same").kind
    waited = is_waiting(kept.object_id)
    was = live.inputs or kept.inputs if live else {}
    applied = None if waited else sent(last_applied(dict(kept.inputs)), was)
    declared = None if fields is None else _declared(kind, kept, live, fields, session, recorded)
    return Step(
        ref,
        "delete" if declared is None else _operation(kind, live, declared),
        applied=applied,
        live=was if live else None,
        declared=declared,
        outputs=live.outs if live else {},
        object_id=live.object_id if live else "",
        awaits=str(kept.outputs.get("status") or AWAITING) if waited else "",
    )


def _declared(
    kind: Kind[Any],
    kept: StateResource,
    live: Live | None,
    fields: Values,
    session: Session,
    recorded: Mapping[str, Any],
) -> Values:
    belongs = {"account": session.account, "account_id": recorded.get(kind.service.whose.pin)}
    # What a new campaign waits for is decided when it is made, and asked of the services by a preview.
    waits = {name: kept.inputs[name] for name in (kind.starts_after,) if name and name in kept.inputs}
    given = {name: value for name, value in {**fields, **belongs, **waits}.items() if value is not None}
    checked = strategy_of(kind, given).check(kind, dict(live.inputs or kept.inputs) if live else {}, given, UNKNOWN)
    return dict(checked.inputs)


def _operation(kind: Kind[Any], live: Live | None, declared: Values) -> str:
    if live is None:
        return "create"
    changed, replaces = strategy_of(kind, declared).diff(kind, live.outs, declared)
    return "replace" if replaces else "update" if changed else "same"
