"""Changes made outside: a plan has three values of each field, applied last, live, and declared."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trackform.account_file.compose import SECTIONS, Ref
from trackform.preview.plan import Plan, Step, holds_unknown
from trackform.preview.steps import HOW_TO, NotAPreview
from trackform_core.model.kind import OPTIONS, Kind
from trackform_core.model.wire import Members, same
from trackform_core.no_api.status import AWAITING

MASKED = "[secret]"
"""What Pulumi prints in place of a secret."""


@dataclass(frozen=True)
class LiveChange:
    """One field of one object that somebody changed outside.

    Attributes:
        field: of the resource; `extra.<wire name>` for a part of extra.
        applied: what `pulumi up` set last; None where it was not declared.
        live: None where the live object has nothing there.
        declared: what the account file asks for.
        why: `drift`; `steered`: an initial field, which a preview names and leaves alone; `file`: only the file was
            changed since the last `up`.
    """

    ref: Ref
    field: str
    applied: Any
    live: Any
    declared: Any
    why: Literal["drift", "steered", "file"] = "drift"

    @property
    def name(self) -> str:
        return f"{self.ref.section}/{self.ref.name}.{self.field}"

    @property
    def are_members(self) -> bool:
        """Whether the field is a list of weighted references, not of their weights."""
        return self.field in SECTIONS[self.ref.section].weights

    @property
    def also_declared(self) -> bool:
        """Whether the file was changed as well, to another value."""
        return not holds_unknown(self.declared) and not same(self.applied, self.declared)


@dataclass
class Drift:
    """Everything of a preview that accept acts on."""

    changes: list[LiveChange] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)
    """Objects that were applied once and were deleted outside."""
    ids: dict[str, Ref] = field(default_factory=dict)
    """The services' ids -> objects of the set-up."""
    live: dict[Ref, Mapping[str, Any]] = field(default_factory=dict)


def drift_of(plan: Plan) -> Drift:
    """Changes and deletions made outside, of a preview's plan.

    Raises:
        NotAPreview: it did not come to a plan, or did not read the live account.
    """
    if not plan.has_steps:
        raise NotAPreview(f"this preview has no steps. {HOW_TO}")
    drift = Drift(ids=dict(plan.ids))
    for step in plan.steps.values():
        # What leaves the file has nothing in it that could be accepted.
        if step.op != "delete":
            _sort(drift, step)
    return drift


def _sort(drift: Drift, step: Step) -> None:
    ref = step.ref
    if step.is_unread:
        raise NotAPreview(f"this preview did not read {ref.section}/{ref.name} from the live account. {HOW_TO}")
    if (step.applied is None and not step.gone) or _awaits_an_operator(step):
        return
    if exists := (step.declared or {}).get("exists"):
        drift.ids[str(exists["id"])] = ref
        drift.changes += _of_its_successor(step, exists["differing"])
        return
    if step.live is None:
        # Made again under its title, as it is declared: the next `up` finds it.
        if not (step.declared or {}).get("object_id"):
            drift.gone.append(ref)
        return
    drift.live[ref] = step.live
    drift.changes += _changes(step, *map(_parts, (step.applied or {}, step.live, step.declared or {})))


def _changes(
    step: Step, applied: Mapping[str, Any], live: Mapping[str, Any], declared: Mapping[str, Any]
) -> Iterator[LiveChange]:
    steered = _steered(step)
    stale = _stale(step.kind, steered, applied, live)
    for name in _fields(step.kind, applied, live, declared):
        values = applied.get(name), live.get(name), declared.get(name)
        if name in stale or same(values[1], values[2]):
            continue
        if name in applied and not same(values[0], values[1]):
            yield LiveChange(step.ref, name, *values)
        elif name not in steered and not holds_unknown(values[2]):
            yield LiveChange(step.ref, name, *values, why="file")
    for name, value in steered.items():
        if not same(value, declared.get(name)):
            yield LiveChange(step.ref, name, applied.get(name), value, declared.get(name), why="steered")


def _of_its_successor(step: Step, differing: Mapping[str, Any]) -> Iterator[LiveChange]:
    """Of an object that was deleted and made again by hand: each field in which the new one is not as declared."""
    declared = _parts(step.declared or {})
    live = {**declared, **differing}
    for name in _fields(step.kind, declared, live):
        if not same(live.get(name), declared.get(name)):
            yield LiveChange(step.ref, name, declared.get(name), live.get(name), declared.get(name))


def _steered(step: Step) -> dict[str, Any]:
    """Initial fields that people changed; where none of the declared members is left, the ids tell, not the weights."""
    outside = step.outputs.get("changed_outside") or {}
    return {name: value for name, value in outside.items() if value or name not in step.kind.of_each}


def _stale(kind: Kind[Any], steered: Iterable[str], applied: Mapping[str, Any], live: Mapping[str, Any]) -> set[str]:
    """Initial fields whose input is not what is live: what was accepted since the last write was never written."""
    members = {weights: ids for ids, weights in kind.weights.items()}
    members |= {each.field: ids for ids, parts in kind.each.items() for each in parts}
    return {name for name in steered if same(*(each.get(members.get(name, "")) for each in (applied, live)))}


def _awaits_an_operator(step: Step) -> bool:
    """Then nobody changed it outside: nobody has entered it yet."""
    return bool((step.declared or {}).get("status") == AWAITING)


def _goes_with_members(kind: Kind[Any], name: str, applied: Mapping[str, Any], live: Mapping[str, Any]) -> bool:
    """A list of weights is longer or shorter only because its list of members is: that one tells."""
    wire = kind.fields.get(name)
    if not isinstance(wire, Members) or wire.part == "ids":
        return False
    was, now = (dict(zip(each.get(wire.ids) or (), each.get(name) or (), strict=False)) for each in (applied, live))
    return was.keys() != now.keys() and all(was[member] == now[member] for member in was.keys() & now.keys())


def _fields(kind: Kind[Any], *values: Mapping[str, Any]) -> Iterator[str]:
    names = {name for each in values for name in each}
    watched = set(kind.fields) | {"unset"}
    for name in sorted(name for name in names if name in watched or name.startswith("extra.")):
        if not _goes_with_members(kind, name, *values[:2]):
            yield name


def _parts(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Fields, those of ``extra`` one by one; options that say how an object is treated are no fields."""
    fields = {name: value for name, value in inputs.items() if name not in OPTIONS or name == "unset"}
    fields |= {f"extra.{name}": value for name, value in (inputs.get("extra") or {}).items()}
    return {name: value for name, value in fields.items() if name != "__provider"}
