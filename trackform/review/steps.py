"""What a preview plans, one entry an object: applied last, live, and declared.

Source of the shape: `pulumi preview --json --show-sames --refresh` (seen in runs). A `refresh` step's old state is what
was applied last; the old state of the step that follows is the live object, its new state what is declared. An object
that was deleted outside has a refresh step that shows no difference, and is then created.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from trackform.account_file.compose import SECTIONS, Ref
from trackform.preview.steps import ACCOUNT, HOW_TO, NotAPreview, Planned, refs_of
from trackform.preview.steps import read_steps as read_planned
from trackform.preview.urn import UrnError, read_urn
from trackform_core.lifecycle.pending import is_waiting, sent
from trackform_core.model.kind import Kind
from trackform_core.model.pulumi_names import UNKNOWN
from trackform_core.no_api.status import AWAITING

PROPERTY = re.compile(r"^\S+ resource '.*?': property \S+ value \{.*?\} has a problem: ", re.DOTALL)
"""How Pulumi begins the message of a failed check; our messages name the object themselves."""
LEAVES = re.compile(r"(?P<title>[^']+) '(?P<name>.*)' leaves the file: (?P<fate>.*)")
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """What is planned for one object.

    Attributes:
        op: Pulumi's word: `same`, `create`, `update`, `replace` or `delete`.
        applied: inputs at the last `pulumi up`; None for an object new to the stack.
        live: inputs that would declare the object as it is; None where there is none.
        declared: inputs that the file asks for; None where the object left the file.
        outputs: of the live object.
        reasons: fields that Pulumi names as different; of secrets it says no more.
        fate: what the `Account` says becomes of an object that leaves the file; empty where it says nothing.
        needs: field -> the objects it refers to.
        protected: before and after.
        awaits: what it waited for when `pulumi up` last tried to make it; empty where it did not wait.
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
    fate: str = ""
    awaits: str = ""

    @property
    def kind(self) -> Kind[Any]:
        return SECTIONS[self.ref.section]

    @property
    def gone(self) -> bool:
        """Applied once, and deleted outside."""
        return self.applied is not None and self.live is None

    @property
    def awaits_operator(self) -> bool:
        said = (self.declared or {}).get("status") if self.kind.service.acts_for else None
        return AWAITING in (said, self.outputs.get("status"))


@dataclass(frozen=True)
class Told:
    """What the engine said, and whether it was about the `Account`, which is where limits are kept."""

    message: str
    severity: str
    of_account: bool = False

    @property
    def fate(self) -> dict[tuple[str, str], str]:
        """(kind's title, name) of an object that leaves the file -> what becomes of it; empty where it says no such."""
        found = LEAVES.fullmatch(self.message)
        return {(found["title"], found["name"]): found["fate"]} if found else {}


@dataclass
class Preview:
    """A preview's steps by object, in the order of the engine, and what it said."""

    stack: str
    steps: dict[Ref, Step] = field(default_factory=dict)
    leftovers: list[Step] = field(default_factory=list)
    """Old ones of objects that an earlier run replaced and did not get to delete: this one does."""
    told: list[Told] = field(default_factory=list)
    outputs: Values = field(default_factory=dict)
    """The stack's, as the last `pulumi up` left them."""
    config: Values = field(default_factory=dict)
    """The stack's settings, those included that the project gives by default."""
    before: Values | None = None
    """The same as the last `pulumi up` used them, which no preview tells; None where they were not looked up."""
    sealed: Mapping[tuple[Ref, str], str] = field(default_factory=dict)
    """(object, field) -> a fingerprint of the secret it is declared with: a preview prints none."""

    @property
    def errors(self) -> list[Told]:
        return [one for one in self.told if one.severity.startswith("error")]

    @property
    def fates(self) -> dict[tuple[str, str], str]:
        """(kind's title, name) -> what the `Account` says becomes of an object that leaves the file."""
        return {of: fate for one in self.told for of, fate in one.fate.items()}


def parse(text: str) -> Any:
    """The JSON of a preview.

    Raises:
        NotAPreview: it is none.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise NotAPreview(f"this is no JSON. {HOW_TO}") from None


def read_steps(data: Any, stack: str | None = None) -> Preview:
    """Sort a preview's steps by object. ``stack`` is the one it must be of; whichever it is of by default.

    Raises:
        NotAPreview: it is none, of another stack, or it did not read the live account.
    """
    if not isinstance(data, dict) or not isinstance(data.get("steps", []), list):
        raise NotAPreview(f"this is no preview. {HOW_TO}")
    raw = data.get("steps") or []
    told = _told(data.get("diagnostics") or [])
    if not raw and not told:
        raise NotAPreview(f"this preview has no steps. {HOW_TO}")
    found = read_planned(raw, stack)
    if found.stack is None:
        raise NotAPreview("this preview does not say of which stack it is: name the stack")
    preview = Preview(found.stack, told=told, outputs=found.outputs, config=data.get("config") or {})
    fates = preview.fates
    for ref, planned in found.planned.items():
        step = _step(planned)
        preview.steps[ref] = replace(step, fate=fates.get((step.kind.title, ref.name), ""))
    preview.leftovers = [_step(planned) for planned in found.leftovers]
    return preview


def _step(planned: Planned) -> Step:
    step, state = planned.step, planned.applied
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    waited = is_waiting((state or {}).get("id"))
    # Pulumi lists them in another order from run to run.
    needs = {
        name: tuple(sorted(refs_of(urns), key=lambda one: (one.section, one.name)))
        for name, urns in ((new or old).get("propertyDependencies") or {}).items()
    }
    details = step.get("detailedDiff") or {}
    reasons = {*(step.get("diffReasons") or ()), *(path.partition(".")[0].partition("[")[0] for path in details)}
    return Step(
        planned.ref,
        planned.op,
        applied=None if state is None or waited else sent(state.get("inputs") or {}, old.get("inputs") or {}),
        live=old.get("inputs") if old else None,
        declared=None if planned.op == "delete" else new.get("inputs") or {},
        outputs=old.get("outputs") or {},
        object_id=str(old.get("id") or ""),
        reasons=tuple(sorted(reasons)),
        needs=needs,
        protected=(bool(old.get("protect")), bool(new.get("protect"))),
        awaits=str(((state or {}).get("outputs") or {}).get("status") or "") if waited else "",
    )


def _told(diagnostics: list[Mapping[str, Any]]) -> list[Told]:
    """Each message once; what only says that something failed is left out where something says why."""
    found: dict[str, Told] = {}
    for each in diagnostics:
        text = str(each.get("message", "")).strip()
        for start in ("error: ", "warning: ", "Preview failed: ", "Exception calling application: "):
            text = text.removeprefix(start)
        text = PROPERTY.sub("", text)
        of_account = _is_of_account(each.get("urn"))
        severity = str(each.get("severity", ""))
        # What the provider says besides arrives in pieces of several lines, each a message.
        for said in [text] if severity.startswith("error") else text.splitlines():
            if said.strip():
                found.setdefault(said, Told(said, severity, of_account))
    plain = [one for one in found.values() if not one.message.startswith(("preview failed", "an unhandled error"))]
    return plain if any(one.severity.startswith("error") for one in plain) else list(found.values())


def _is_of_account(urn: Any) -> bool:
    """What is said of nothing, or of something unknown, is told all the same: only no permission is looked for."""
    try:
        return read_urn(urn).type == ACCOUNT
    except UrnError:
        return False


def holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(holds_unknown, value.values()))
    return any(map(holds_unknown, value)) if isinstance(value, list) else bool(value == UNKNOWN)
