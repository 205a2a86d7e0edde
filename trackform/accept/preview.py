"""What a preview tells about drift, three values a field: applied last, live, and declared.

Source of the shape: `pulumi preview --json --show-sames` with `options.refresh: always` (seen in runs). The old state
of a `refresh` step is what was applied last; the old state of the step that follows is the live object, and its new
state is what is declared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from trackform.account_file.compose import SECTIONS, Ref
from trackform.preview.steps import HOW_TO, NotAPreview, Planned, read_steps
from trackform_core.lifecycle.pending import is_waiting, sent
from trackform_core.model.kind import OPTIONS, Kind
from trackform_core.model.pulumi_names import UNKNOWN
from trackform_core.model.wire import Members, same
from trackform_core.no_api.status import AWAITING

MASKED = "[secret]"
"""What Pulumi prints in place of a secret."""


@dataclass(frozen=True)
class Change:
    """One field of one object that somebody changed outside.

    Attributes:
        field: of the resource; `extra.<wire name>` for a part of extra.
        applied: what `pulumi up` set last; None where it was not declared.
        live: None where the live object has nothing there.
        declared: what the account file asks for.
        why: `drift`; `steered`: an initial field, which a preview names and leaves alone; `file`: only the file was
            changed since the last `up`, or a `pulumi refresh` took the drift into the state: the two look the same.
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
        """It is a list of weighted references, not of their weights."""
        return self.field in SECTIONS[self.ref.section].weights

    @property
    def also_declared(self) -> bool:
        """The file was changed as well, to something else: both are new."""
        return not holds_unknown(self.declared) and not same(self.applied, self.declared)


@dataclass
class Preview:
    """Everything of a preview that accept acts on."""

    changes: list[Change] = field(default_factory=list)
    gone: list[Ref] = field(default_factory=list)
    """Objects that were applied once and were deleted outside."""
    ids: dict[str, Ref] = field(default_factory=dict)
    """The services' ids -> objects of the set-up."""
    live: dict[Ref, Mapping[str, Any]] = field(default_factory=dict)

    def id_of(self, ref: Ref) -> str:
        return next((found for found, other in self.ids.items() if other == ref), f"new:{ref.section}/{ref.name}")


def read_preview(data: Any, stack: str) -> Preview:
    """Sort a preview's steps.

    Raises:
        NotAPreview: it is none, of another stack, it did not read the live account, or has a step that is not
            understood.
    """
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(steps, list) or not steps:
        raise NotAPreview(f"this is no preview. {HOW_TO}")
    found = read_steps(steps, stack)
    preview = Preview(ids={str(state.get("id")): ref for ref, state in found.applied})
    for planned in found.planned.values():
        # What leaves the file has nothing in it that could be accepted.
        if planned.op != "delete":
            _sort(preview, planned)
    return preview


def _sort(preview: Preview, planned: Planned) -> None:
    ref, step, state = planned.ref, planned.step, planned.applied
    old = step.get("oldState")
    if state is None and old:
        raise NotAPreview(f"this preview did not read {ref.section}/{ref.name} from the live account. {HOW_TO}")
    if state is None or is_waiting(state.get("id")) or _awaits_an_operator(step):
        return
    if old is None:
        preview.gone.append(ref)
        return
    preview.ids[str(old.get("id"))] = ref
    were = sent(state["inputs"], old["inputs"]), old["inputs"], step["newState"]["inputs"]
    applied, live, declared = map(_parts, were)
    preview.live[ref] = old["inputs"]
    kind = SECTIONS[ref.section]
    # Where none of the declared members is left, the list of ids tells, not that of weights.
    steered = {
        name: value
        for name, value in ((old.get("outputs") or {}).get("changed_outside") or {}).items()
        if value or name not in kind.weights.values()
    }
    for name in _fields(kind, applied, live, declared):
        values = applied.get(name), live.get(name), declared.get(name)
        if name in applied and not same(values[0], values[1]):
            if not same(values[1], values[2]):
                preview.changes.append(Change(ref, name, *values))
        elif name not in steered and not same(values[1], values[2]) and not holds_unknown(values[2]):
            preview.changes.append(Change(ref, name, *values, why="file"))
    for name, value in steered.items():
        if not same(value, declared.get(name)):
            preview.changes.append(Change(ref, name, applied.get(name), value, declared.get(name), why="steered"))


def _awaits_an_operator(step: Mapping[str, Any]) -> bool:
    """Then nobody changed it outside: nobody has entered it yet."""
    return bool((step.get("newState") or {}).get("inputs", {}).get("status") == AWAITING)


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
    found = {name: value for name, value in inputs.items() if name not in OPTIONS or name == "unset"}
    found |= {f"extra.{name}": value for name, value in (inputs.get("extra") or {}).items()}
    return {name: value for name, value in found.items() if name != "__provider"}


def holds_unknown(value: Any) -> bool:
    if isinstance(value, dict):
        return any(holds_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(holds_unknown(item) for item in value)
    return bool(value == UNKNOWN)
