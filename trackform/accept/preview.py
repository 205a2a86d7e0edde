"""What a preview tells about drift, three values a field: applied last, live, and declared.

Source of the shape: `pulumi preview --json --show-sames` with `options.refresh: always` (seen in runs). The old state
of a `refresh` step is what was applied last; the old state of the step that follows is the live object, and its new
state is what is declared.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pulumi.runtime import rpc

from providers.kind import OPTIONS, Kind
from providers.operator.confirmed import AWAITING
from providers.waiting import is_waiting, sent
from providers.wire import Members, same
from trackform.compose import SECTIONS, Ref
from trackform.program import CLASSES

MASKED = "[secret]"
"""What Pulumi prints in place of a secret."""


class NotAPreview(Exception):  # noqa: N818 -- the message is the person's to act on
    """The JSON is not what accept needs; the message says why and what to run."""


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


def _types() -> dict[str, str]:
    """Type token -> section."""
    found = {}
    for section, cls in CLASSES.items():
        name = getattr(cls, "_resource_type_name", "")
        found[f"pulumi-python:{name}"] = section
    return found


def read_preview(data: Any, stack: str) -> Preview:
    """Sort a preview's steps.

    Raises:
        NotAPreview: it is none, of another stack, or it did not read the live account.
    """
    steps = data.get("steps") if isinstance(data, dict) else None
    if not isinstance(steps, list) or not steps:
        raise NotAPreview("this is no preview. Make one with `pulumi preview --json --show-sames > preview.json`")
    applied: dict[Ref, Mapping[str, Any]] = {}
    planned: dict[Ref, Mapping[str, Any]] = {}
    preview = Preview()
    sections = _types()
    for step in steps:
        kind, _, name = step["urn"].split("::", 2)[2].rpartition("::")
        if step["urn"].removeprefix("urn:pulumi:").split("::")[0] != stack:
            raise NotAPreview(f"this preview is not of stack '{stack}'")
        if kind not in sections:
            continue
        ref = Ref(sections[kind], name)
        if step["op"] == "refresh":
            applied[ref] = step["oldState"]
        elif step.get("newState") and (ref not in planned or step.get("oldState")):
            planned[ref] = step
    if not applied and any(step["op"] in ("update", "same") and step.get("oldState") for step in planned.values()):
        raise NotAPreview("this preview did not read the live account: make it with --refresh")
    for ref, state in applied.items():
        preview.ids[str(state["id"])] = ref
    for ref, step in planned.items():
        _sort(preview, ref, applied.get(ref), step)
    return preview


def _sort(preview: Preview, ref: Ref, state: Mapping[str, Any] | None, step: Mapping[str, Any]) -> None:
    old = step.get("oldState")
    if state is None or is_waiting(state.get("id")) or _awaits_an_operator(step):
        return
    if old is None:
        if step["op"] == "create":
            preview.gone.append(ref)
        return
    preview.ids[str(old["id"])] = ref
    were = sent(state["inputs"], old["inputs"]), old["inputs"], step["newState"]["inputs"]
    applied, live, declared = map(_parts, were)
    preview.live[ref] = old["inputs"]
    kind = SECTIONS[ref.section]
    # Where none of the declared members is left, the list of ids tells, not that of weights.
    steered = {
        name: value
        for name, value in ((old.get("outputs") or {}).get("changed_outside") or {}).items()
        if value or not name.endswith("_weights")
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
    return bool(value == rpc.UNKNOWN)
