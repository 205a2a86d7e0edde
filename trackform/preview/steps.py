"""Reading the steps of a preview, every one: a step that is not understood is an error, or no review would show it.

Source of the shape: `pulumi preview --json --show-sames --refresh` (seen in runs). The words of `op`, and when a state
is missing: Pulumi's pkg/resource/deploy/step.go and pkg/backend/display/json.go, v3.259.0.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.account_file.sections import SECTIONS, Ref
from trackform.preview.urn import Urn, UrnError, read_urn
from trackform_core.errors import TrackformError
from trackform_core.model.pulumi_names import resource_type

Values = Mapping[str, Any]

ACCOUNT = "pulumi-python:dynamic/trackform:Account"
STACK = "pulumi:pulumi:Stack"
PROVIDERS = "pulumi:providers:"
SECTION_OF = {resource_type(kind): section for section, kind in SECTIONS.items()}
"""Type of a resource -> section of the account file."""

STATES: Mapping[str, tuple[str, ...]] = {
    "refresh": ("oldState",),
    "same": ("oldState", "newState"),
    "create": ("newState",),
    "update": ("oldState", "newState"),
    "delete": ("oldState",),
    "replace": ("oldState", "newState"),
    "create-replacement": ("oldState", "newState"),
    "delete-replaced": ("oldState",),
}
"""What Pulumi can plan for an object of ours -> the states without which nobody knows what it does."""

HOW_TO = "Make one with `pulumi preview --json --show-sames --refresh > preview.json`"
LOOK = "Look at `pulumi preview --diff`, which shows every step"
IMPORT = "Pulumi cannot import such an object: declare it with `adopt: true`"


class NotAPreview(TrackformError):  # noqa: N818 -- the message is the person's to act on
    """The JSON is no preview that can be read; the message says why and what to run."""


class NotUnderstood(NotAPreview):
    """A preview with a step that cannot be read: it may do anything, so nothing is told of the rest either."""


@dataclass(frozen=True)
class Planned:
    """The step that is planned for an object.

    Attributes:
        op: `same`, `create`, `update`, `replace` or `delete`.
        step: as Pulumi prints it.
        applied: the state after the last `pulumi up`; None where there is none, or it was not read again.
    """

    ref: Ref
    op: str
    step: Values
    applied: Values | None = None


@dataclass
class Steps:
    """All steps of a preview.

    Attributes:
        stack: the one that it is of; None where it has no steps.
        planned: by object, in the order of the engine.
        leftovers: objects that were replaced by an earlier run, which then failed to delete them: it is tried again.
        applied: every state that was read again, leftovers' too.
        account: inputs of the `Account`, as its check answered.
        account_before: the same at the last `pulumi up`; empty where there is none.
    """

    stack: str | None
    planned: dict[Ref, Planned] = field(default_factory=dict)
    leftovers: list[Planned] = field(default_factory=list)
    applied: list[tuple[Ref, Values]] = field(default_factory=list)
    account: Values = field(default_factory=dict)
    account_before: Values = field(default_factory=dict)


def read_steps(raw: Iterable[Any], stack: str | None = None) -> Steps:
    """Sort steps by object. ``stack`` is the one they must be of; whichever they are of by default.

    Raises:
        NotAPreview: they are of another stack, of several, or did not read the live account.
        NotUnderstood: one of them cannot be read.
    """
    steps = Steps(stack)
    urns: dict[Ref, Urn] = {}
    halves: list[tuple[Ref, Values]] = []
    for step in raw:
        urn = _urn(step)
        _of_one_stack(steps, urn)
        if urn.type == ACCOUNT and step.get("newState"):
            steps.account = step["newState"].get("inputs") or {}
            steps.account_before = (step.get("oldState") or {}).get("inputs") or {}
        ref = ref_of(urn)
        if ref is None:
            continue
        _is_whole(step, urn)
        op = step["op"]
        if op == "refresh":
            steps.applied.append((ref, step["oldState"]))
        elif op == "delete-replaced":
            halves.append((ref, step))
        elif _is_planned_once(steps.planned.get(ref), op, urns.setdefault(ref, urn), urn):
            steps.planned[ref] = Planned(ref, op, step)
    steps.leftovers = [Planned(ref, "delete", step) for ref, step in halves if not _is_half(steps, ref, step)]
    if not steps.applied and any(planned.step.get("oldState") for planned in steps.planned.values()):
        raise NotAPreview(f"this preview did not read the live account. {HOW_TO}")
    _match(steps)
    return steps


def ref_of(urn: Urn) -> Ref | None:
    """The object that a URN is of; None for what Pulumi and trackform keep for themselves.

    Raises:
        NotUnderstood: it is of another type.
    """
    if urn.type in (ACCOUNT, STACK) or urn.type.startswith(PROVIDERS):
        return None
    if urn.type not in SECTION_OF:
        raise NotUnderstood(
            f"this preview plans something for '{urn.name}' of type {urn.type}, which is none of trackform's: what "
            f"becomes of it would not be told. {LOOK}, or keep what is not trackform's in a project of its own"
        )
    return Ref(SECTION_OF[urn.type], urn.name)


def refs_of(urns: Iterable[Any]) -> tuple[Ref, ...]:
    """The objects that URNs are of.

    Raises:
        NotUnderstood: one of them is none, or of another type.
    """
    return tuple(ref for text in urns if (ref := ref_of(_readable(text))) is not None)


def _readable(text: Any) -> Urn:
    try:
        return read_urn(text)
    except UrnError as error:
        raise NotUnderstood(f"this preview cannot be read: {error}. {HOW_TO}") from None


def _urn(step: Any) -> Urn:
    if not isinstance(step, Mapping) or not step.get("urn"):
        raise NotUnderstood(f"this preview has a step that does not say what it is about (no urn). {HOW_TO}")
    return _readable(step["urn"])


def _of_one_stack(steps: Steps, urn: Urn) -> None:
    steps.stack = steps.stack or urn.stack
    if urn.stack != steps.stack:
        raise NotAPreview(f"this preview is of stack '{urn.stack}', not of '{steps.stack}'")


def _is_whole(step: Values, urn: Urn) -> None:
    op = step.get("op")
    opening = f"this preview plans '{op}' for '{urn.name}' of type {urn.type}"
    if not isinstance(op, str) or op not in STATES:
        way_out = IMPORT if str(op).startswith("import") else f"{LOOK}; `trackform doctor` tells which CLI fits"
        raise NotUnderstood(f"{opening}, and trackform does not know what that does. {way_out}")
    for name in STATES[op]:
        state = step.get(name)
        if not isinstance(state, Mapping) or not isinstance(state.get("inputs"), Mapping):
            raise NotUnderstood(f"{opening} without {name}, so what it does cannot be told. {HOW_TO}")


def _is_planned_once(before: Planned | None, op: str, first: Urn, urn: Urn) -> bool:
    """Whether this step stands for the object: of a replacement the step `replace` does.

    Raises:
        NotUnderstood: something else is planned for it as well.
    """
    if before is None:
        return True
    if first == urn and {before.op, op} == {"replace", "create-replacement"}:
        return op == "replace"
    raise NotUnderstood(
        f"this preview plans '{before.op}' and '{op}' for '{urn.name}' of type {urn.type}: {first} and {urn} cannot "
        f"be told apart. {LOOK}"
    )


def _is_half(steps: Steps, ref: Ref, step: Values) -> bool:
    """Whether it only ends a replacement of this plan."""
    planned = steps.planned.get(ref)
    return planned is not None and "replace" in planned.op and _id(planned.step) == _id(step)


def _id(step: Values) -> Any:
    return (step.get("oldState") or {}).get("id")


def _match(steps: Steps) -> None:
    """Give each object the state that was applied last: by its id, for it may have had another name then."""
    by_id = {(ref.section, state.get("id")): state for ref, state in steps.applied}
    by_ref = {ref: state for ref, state in steps.applied if not state.get("delete")}

    def applied(planned: Planned) -> Values | None:
        same = by_id.get((planned.ref.section, _id(planned.step))) if _id(planned.step) else None
        former = refs_of((planned.step.get("newState") or {}).get("aliases") or ())
        names = [planned.ref, *former]
        return same or next((by_ref[name] for name in names if name in by_ref), None)

    steps.planned = {
        ref: Planned(ref, "replace" if "replace" in planned.op else planned.op, planned.step, applied(planned))
        for ref, planned in steps.planned.items()
    }
    steps.leftovers = [Planned(planned.ref, planned.op, planned.step, applied(planned)) for planned in steps.leftovers]
