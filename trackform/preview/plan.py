"""The plan of a preview, an entry for each object: applied last, live, and declared.

Source of the shape: `pulumi preview --json --show-sames --refresh` (seen in runs). A `refresh` step's old state is what
was applied last; the old state of the step that follows is the live object, its new state what is declared. An object
that was deleted outside has a refresh step that shows no difference, and is then created.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trackform.account_file.compose import SECTIONS, Ref
from trackform.preview.steps import ACCOUNT, HOW_TO, NotAPreview, Planned, read_steps, refs_of
from trackform.preview.urn import UrnError, read_urn
from trackform_core.lifecycle.fate import Fate
from trackform_core.lifecycle.pending import is_waiting, sent
from trackform_core.model.drift import last_applied
from trackform_core.model.kind import Kind
from trackform_core.model.messages import is_refusal, read_message
from trackform_core.model.pulumi_names import UNKNOWN
from trackform_core.no_api.status import AWAITING
from trackform_core.text import files
from trackform_core.text.shown import fit_to_show

PROPERTY = re.compile(r"^\S+ resource '.*?': property \S+ value \{.*?\} has a problem: ", re.DOTALL)
"""How Pulumi begins the message of a failed check; our messages name the object themselves."""
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """A planned step: one object, with its states and the operation.

    Attributes:
        op: Pulumi's word: `same`, `create`, `update`, `replace` or `delete`.
        applied: inputs at the last `pulumi up`; None for an object new to the stack.
        live: inputs that would declare the object as it is; None where there is none.
        declared: inputs that the file asks for; None where the object left the file.
        outputs: of the live object.
        reasons: fields that Pulumi names as different; of secrets it says no more.
        fate: what the `Account` says becomes of an object that leaves the file; None where it says nothing.
        needs: field -> the objects it refers to.
        protected: before and after.
        awaits: what it waited for when `pulumi up` last tried to make it; empty where it did not wait.
        vanished: whether the `Account` says that it was made once, and is gone from the account.
    """

    ref: Ref
    op: str
    applied: Values | None = None
    live: Values | None = None
    declared: Values | None = None
    outputs: Values = field(default_factory=dict)
    object_id: str = ""
    reasons: tuple[str, ...] = ()
    needs: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    protected: tuple[bool, bool] = (False, False)
    fate: Fate | None = None
    awaits: str = ""
    vanished: bool = False

    @property
    def kind(self) -> Kind[Any]:
        return SECTIONS[self.ref.section]

    @property
    def refused(self) -> tuple[str, ...]:
        """Why `pulumi up` would decline to write it, as its check answered."""
        return tuple((self.declared or {}).get("refused") or ())

    @property
    def gone(self) -> bool:
        """Whether the object was applied once, and deleted outside. What was applied, a run that failed forgets."""
        return self.live is None and (self.applied is not None or self.vanished)

    @property
    def is_unread(self) -> bool:
        """Whether the object is in the state and was not read again: nobody knows what was applied last."""
        return self.applied is None and self.live is not None and not self.awaits

    @property
    def awaits_operator(self) -> bool:
        said = (self.declared or {}).get("status") if self.kind.service.acts_for else None
        return AWAITING in (said, self.outputs.get("status"))


@dataclass(frozen=True)
class Diagnostic:
    """A message of the engine, and whether it is about the `Account`, which is where limits are kept.

    ``id`` is that of our own messages, which stand in ``message`` without it; empty where somebody else said it.
    """

    message: str
    severity: str
    of_account: bool = False
    id: str = ""

    @property
    def is_error(self) -> bool:
        return self.severity.startswith("error")

    @property
    def is_refusal(self) -> bool:
        """Whether trackform said no, rather than something having failed."""
        return self.is_error and (self.of_account or is_refusal(self.id))


@dataclass
class Plan:
    """A preview's steps by object, in the order of the engine, and what it said."""

    stack: str
    steps: dict[Ref, Step] = field(default_factory=dict)
    has_steps: bool = True
    """Whether there is a plan at all: one that was refused early may have none."""
    leftovers: list[Step] = field(default_factory=list)
    """Old ones of objects that an earlier run replaced and did not get to delete: this one does."""
    diagnostics: list[Diagnostic] = field(default_factory=list)
    ids: Mapping[str, Ref] = field(default_factory=dict)
    """The services' ids -> objects of the set-up, those that leave it included."""
    fates: Mapping[Ref, Fate] = field(default_factory=dict)
    """What the `Account` decided of each object that leaves the file, whether or not it is in the state."""
    account: tuple[Values, Values] = field(default_factory=lambda: ({}, {}))
    """Inputs of the `Account`, before and after."""
    config: Values = field(default_factory=dict)
    """The stack's settings, those included that the project gives by default."""
    before: Values | None = None
    """The same as the last `pulumi up` used them, which no preview tells; None where they were not looked up."""
    sealed: Mapping[tuple[Ref, str], str] = field(default_factory=dict)
    """(object, field) -> a fingerprint of the secret it is declared with: a preview prints none."""

    @property
    def refusals(self) -> list[Diagnostic]:
        """Why it is not applied, of the `Account` first, then of each object in turn, as their checks answered."""
        of_account = [declined(text, of_account=True) for text in self.account[1].get("refused") or ()]
        return of_account + [declined(text) for step in self.steps.values() for text in step.refused]

    @property
    def errors(self) -> list[Diagnostic]:
        """What ended the preview."""
        return [each for each in self.diagnostics if each.is_error]


def parse(text: str) -> Any:
    """Read the JSON of a preview.

    Raises:
        NotAPreview: it is none.
    """
    try:
        return files.parse_json(text)
    except files.UnreadableError as error:
        raise NotAPreview(f"the preview cannot be read: {error}. {HOW_TO}") from None


def read_plan(data: Any, stack: str | None = None) -> Plan:
    """Sort a preview's steps by object. ``stack`` is the one it must be of; whichever it is of by default.

    Raises:
        NotAPreview: it is none, of another stack, or it did not read the live account.
    """
    if not isinstance(data, dict) or not isinstance(data.get("steps", []), list):
        raise NotAPreview(f"this is no preview. {HOW_TO}")
    raw = data.get("steps") or []
    diagnostics = _diagnostics(data.get("diagnostics") or [])
    if not raw and not diagnostics:
        raise NotAPreview(f"this preview has no steps. {HOW_TO}")
    steps = read_steps(raw, stack)
    if steps.stack is None:
        raise NotAPreview("this preview does not say of which stack it is: name the stack")
    preview = Plan(steps.stack, has_steps=bool(raw), diagnostics=diagnostics)
    preview.config = data.get("config") or {}
    preview.account = steps.account_before, steps.account
    preview.fates = _fates(steps.account)
    vanished = steps.account.get("vanished") or {}
    for ref, planned in steps.planned.items():
        is_gone = ref.name in (vanished.get(SECTIONS[ref.section].name) or ())
        preview.steps[ref] = replace(_step(planned), fate=preview.fates.get(ref), vanished=is_gone)
    declared = {(ref.section, _target(step)) for ref, step in preview.steps.items() if step.op != "delete"}
    for ref, step in preview.steps.items():
        if step.op == "delete" and step.fate is None and (ref.section, step.object_id) in declared:
            preview.steps[ref] = replace(step, fate=Fate("kept-declared"))
    preview.ids = {str(state.get("id")): ref for ref, state in steps.applied}
    preview.ids |= {
        step.object_id: ref for ref, step in preview.steps.items() if step.object_id and step.op != "delete"
    }
    preview.leftovers = [_step(planned) for planned in steps.leftovers]
    return preview


def _fates(account: Values) -> dict[Ref, Fate]:
    by_kind = account.get("fates") or {}
    return {
        Ref(section, name): fate
        for section, kind in SECTIONS.items()
        for name, given in (by_kind.get(kind.name) or {}).items()
        if (fate := Fate.of_input(given)) is not None
    }


def _step(planned: Planned) -> Step:
    step, state = planned.step, planned.applied
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    waited = is_waiting((state or {}).get("id"))
    # Pulumi lists them in another order from run to run.
    needs = {
        name: tuple(sorted(refs_of(urns), key=lambda ref: (ref.section, ref.name)))
        for name, urns in ((new or old).get("propertyDependencies") or {}).items()
    }
    details = step.get("detailedDiff") or {}
    reasons = {*(step.get("diffReasons") or ()), *(path.partition(".")[0].partition("[")[0] for path in details)}
    return Step(
        planned.ref,
        planned.op,
        applied=None
        if state is None or waited
        else sent(last_applied(state.get("inputs") or {}), old.get("inputs") or {}),
        live=old.get("inputs") if old else None,
        declared=None if planned.op == "delete" else new.get("inputs") or {},
        outputs=old.get("outputs") or {},
        object_id=str(old.get("id") or ""),
        reasons=tuple(sorted(reasons)),
        needs=needs,
        protected=(bool(old.get("protect")), bool(new.get("protect"))),
        awaits=str(((state or {}).get("outputs") or {}).get("status") or AWAITING) if waited else "",
    )


def _target(step: Step) -> str:
    """The live object that a declaration is of."""
    return step.object_id or str((step.declared or {}).get("object_id") or "")


def _diagnostics(diagnostics: list[Mapping[str, Any]]) -> list[Diagnostic]:
    """Each message once; a message that only says that something failed is left out where another says why."""
    by_text: dict[str, Diagnostic] = {}
    for each in diagnostics:
        text = fit_to_show(str(each.get("message", "")).strip())
        for start in ("error: ", "warning: ", "Preview failed: ", "Exception calling application: "):
            text = text.removeprefix(start)
        text = PROPERTY.sub("", text)
        of_account = _is_of_account(each.get("urn"))
        severity = str(each.get("severity", ""))
        # What the provider says besides arrives in pieces of several lines, each a message.
        for said in [text] if severity.startswith("error") else text.splitlines():
            if said.strip():
                message = read_message(said)
                by_text.setdefault(said, Diagnostic(message.text, severity, of_account, message.id))
    plain = [
        diagnostic
        for diagnostic in by_text.values()
        if not diagnostic.message.startswith(("preview failed", "an unhandled error"))
    ]
    return plain if any(each.is_error for each in plain) else list(by_text.values())


def declined(text: str, *, of_account: bool = False) -> Diagnostic:
    """A refusal in our own words, as if the engine had said it."""
    message = read_message(text)
    return Diagnostic(message.text, "error", of_account, message.id)


def _is_of_account(urn: Any) -> bool:
    """Whether a message is about the `Account`; a message about nothing, or about something unknown, is not."""
    try:
        return read_urn(urn).type == ACCOUNT
    except UrnError:
        return False


def holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else bool(value == UNKNOWN)
