"""The steps of a preview, each seen: one that is not understood is an error, for what it does would be in no review.

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
    """What is planned for one object.

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

    stack: str | None = None
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
    found = Steps(stack)
    urns: dict[Ref, Urn] = {}
    halves: list[tuple[Ref, Values]] = []
    for step in raw:
        urn = _urn(step)
        _of_one_stack(found, urn)
        if urn.type == ACCOUNT and step.get("newState"):
            found.account = step["newState"].get("inputs") or {}
            found.account_before = (step.get("oldState") or {}).get("inputs") or {}
        ref = ref_of(urn)
        if ref is None:
            continue
        _is_whole(step, urn)
        op = step["op"]
        if op == "refresh":
            found.applied.append((ref, step["oldState"]))
        elif op == "delete-replaced":
            halves.append((ref, step))
        elif _is_planned_once(found.planned.get(ref), op, urns.setdefault(ref, urn), urn):
            found.planned[ref] = Planned(ref, op, step)
    found.leftovers = [Planned(ref, "delete", step) for ref, step in halves if not _is_half(found, ref, step)]
    if not found.applied and any(one.step.get("oldState") for one in found.planned.values()):
        raise NotAPreview(f"this preview did not read the live account. {HOW_TO}")
    _match(found)
    return found


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


def _of_one_stack(found: Steps, urn: Urn) -> None:
    found.stack = found.stack or urn.stack
    if urn.stack != found.stack:
        raise NotAPreview(f"this preview is of stack '{urn.stack}', not of '{found.stack}'")


def _is_whole(step: Values, urn: Urn) -> None:
    op = step.get("op")
    what = f"this preview plans '{op}' for '{urn.name}' of type {urn.type}"
    if not isinstance(op, str) or op not in STATES:
        way_out = IMPORT if str(op).startswith("import") else f"{LOOK}; `trackform doctor` tells which CLI fits"
        raise NotUnderstood(f"{what}, and trackform does not know what that does. {way_out}")
    for name in STATES[op]:
        state = step.get(name)
        if not isinstance(state, Mapping) or not isinstance(state.get("inputs"), Mapping):
            raise NotUnderstood(f"{what} without {name}, so what it does cannot be told. {HOW_TO}")


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


def _is_half(found: Steps, ref: Ref, step: Values) -> bool:
    """Whether it only ends a replacement of this plan."""
    planned = found.planned.get(ref)
    return planned is not None and "replace" in planned.op and _id(planned.step) == _id(step)


def _id(step: Values) -> Any:
    return (step.get("oldState") or {}).get("id")


def _match(found: Steps) -> None:
    """Give each object the state that was applied last: by its id, for it may have had another name then."""
    by_id = {(ref.section, state.get("id")): state for ref, state in found.applied}
    by_ref = {ref: state for ref, state in found.applied if not state.get("delete")}

    def applied(one: Planned) -> Values | None:
        same = by_id.get((one.ref.section, _id(one.step))) if _id(one.step) else None
        former = refs_of((one.step.get("newState") or {}).get("aliases") or ())
        names = [one.ref, *former]
        return same or next((by_ref[name] for name in names if name in by_ref), None)

    found.planned = {
        ref: Planned(ref, "replace" if "replace" in one.op else one.op, one.step, applied(one))
        for ref, one in found.planned.items()
    }
    found.leftovers = [Planned(one.ref, one.op, one.step, applied(one)) for one in found.leftovers]
