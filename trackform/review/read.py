"""From a preview's steps to what a review tells of each object."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

from trackform.account_file.sections import SECTIONS, Wanted
from trackform.preview.plan import Plan, Step
from trackform.review.model import CHANGES, Change, FieldChange, Item, Left, Row, WeightedMember
from trackform.review.values import SECRET, Shower, exact
from trackform_core.lifecycle.fate import Fate, fate_of
from trackform_core.lifecycle.unconfirmed import is_unconfirmed
from trackform_core.model.kind import OPTIONS, Kind
from trackform_core.model.messages import NOTHING, read_arrow
from trackform_core.model.wire import Members, canonical, same

SILENT = frozenset({"account", "account_id", "object_id"})
"""Inputs that say nothing about the object."""
BY_HAND = "A person has to enter it: `trackform operator`"
LEFT_OVER = "An earlier run replaced it and did not get to remove the old one, which"
AS_DECLARED = "Exists already, as declared: nothing is written"
RENAMED = "Learns the stack's new name; nothing is written"
REFUSED = "Refused, as told above: nothing is written"
MAY_EXIST = "May exist already: the answer to its creation was lost. It is looked for before anything is sent"
MADE_AGAIN = "Deleted outside; `pulumi up` creates it again"


class Reader:
    """Sorts the steps of one preview."""

    def __init__(self, preview: Plan, wanted: Iterable[Wanted] = ()) -> None:
        self.preview = preview
        self.shower = Shower([*preview.leftovers, *preview.steps.values()], wanted)
        self.items: list[Item] = []
        self.left: list[Left] = []
        self.rows: list[Row] = []
        self.unchanged = 0
        for step in preview.steps.values():
            self._sort(step)
        for step in preview.leftovers:
            self._note_rows(step)
            self._add(step, "delete", (), f"{LEFT_OVER} is {removal(step)}")
        order = list(SECTIONS)
        self.items.sort(key=lambda item: (CHANGES.index(item.change), order.index(item.section), item.name))
        self.left.sort(key=lambda left: (left.about, left.field))
        self.rows.sort(key=lambda row: (row.about, row.change, row.field))

    def _sort(self, step: Step) -> None:
        self.left += self._left(step)
        if step.op == "same":
            if step.protected[0] != step.protected[1]:
                self._note_rows(step)
                self._add(step, "update", (FieldChange(name="protect", old=step.protected[0], new=step.protected[1]),))
            elif step.awaits_operator:
                self._add(step, "operator", ())
            else:
                self.unchanged += 1
            return
        self._note_rows(step)
        if step.op == "delete":
            self._add(step, "delete", (), f"is {removal(step)}")
        elif step.op == "replace":
            self._add(step, "replace", self._differing(step, step.live or {}), f"Its old one is {removal(step)}")
        elif is_unconfirmed(step.object_id):
            self._add(step, "create", self._differing(step, {}), MAY_EXIST)
        elif step.gone:
            said = "with another id and another tracking link" if step.ref.section == "campaigns" else "with another id"
            self._add(step, "drift", self._differing(step, step.applied or {}), f"{MADE_AGAIN}, {said}")
        elif step.awaits and not (step.declared or {}).get("object_id"):
            self._add(step, "operator", self._differing(step, {}), f"{step.awaits}: `trackform operator --live`")
        elif step.live is None:
            self._new(step)
        else:
            self._updated(step)

    def _new(self, step: Step) -> None:
        declared = step.declared or {}
        adopts = declared.get("adopts")
        if declared.get("existing"):
            self._add(step, "create", (), "Only referred to: nothing is written")
        elif isinstance(adopts, Mapping):
            changes = adopts.get("changes") or {}
            fields = tuple(self._taken(step, name, str(said)) for name, said in sorted(changes.items()))
            self._add(step, "take-over", fields, "Exists already and is changed to fit" if fields else AS_DECLARED)
        elif declared.get("object_id") and not step.awaits_operator:
            self._add(step, "take-over", (), AS_DECLARED)
        else:
            self._add(step, "create", self._differing(step, {}), BY_HAND if step.awaits_operator else "")

    def _taken(self, step: Step, name: str, said: str) -> FieldChange:
        """Of an object that is taken over a preview tells a text for each field."""
        sides = read_arrow(said)
        if sides is None:
            return FieldChange(name=name, new=self.shower.shown(step, name, said))
        old, new = sides
        shown = [None if side == NOTHING else self.shower.shown(step, name, side) for side in sides]
        return FieldChange(name=name, old=shown[0], new=shown[1], parts=self.shower.parts(step, name, old, new))

    def _updated(self, step: Step) -> None:
        drift: list[FieldChange] = []
        update: list[FieldChange] = []
        entered: list[FieldChange] = []
        for change in self._differing(step, self._live(step)):
            applied, live, declared = (
                value_of(values or {}, change.name) for values in (step.applied, step.live, step.declared)
            )
            outside = step.applied is not None and not same(applied, live)
            if step.awaits_operator:
                # What the ledger does not hold yet was not changed outside: it was declared, now or before.
                (entered if same(applied, declared) else update).append(change)
            elif outside:
                shown = self.shower.shown(step, change.name, applied)
                drift.append(change.model_copy(update={"applied": shown}))
            else:
                update.append(change)
        note = BY_HAND if step.awaits_operator else ""
        for kind, fields in (("drift", drift), ("update", update), ("operator", entered)):
            if fields or (kind == "operator" and step.awaits_operator and not drift and not update):
                self._add(step, kind, tuple(fields), note)  # type: ignore[arg-type]
        if not (drift or update or entered or step.awaits_operator):
            renamed = (step.live or {}).get("account") != (step.declared or {}).get("account")
            self._add(step, "update", (), RENAMED if renamed else "Pulumi does not say in which field")

    def _live(self, step: Step) -> Mapping[str, Any]:
        """With what people changed in fields that they steer: these stand with their declared value in the inputs."""
        live = dict(step.live or {})
        for name, value in (step.outputs.get("changed_outside") or {}).items():
            if name in live and not same(value_of(live, name), value_of(step.declared or {}, name)):
                live[name] = _where_the_file_changed(step, name, value)
        return live

    def _left(self, step: Step) -> Iterator[Left]:
        steered = (step.outputs.get("changed_outside") or {}) if step.op != "delete" else {}
        for name, value in steered.items():
            live, declared = value_of(step.live or {}, name), value_of(step.declared or {}, name)
            if name in step.kind.of_each and not value:
                # None of the declared members is left: the list of ids tells.
                continue
            # Of several members the file may change one, and leave to people what they set of another.
            if same(live, declared) or not same(_where_the_file_changed(step, name, value), value):
                shown = self.shower.shown
                yield Left(
                    about=f"{step.ref.section}/{step.ref.name}", field=name,
                    declared=shown(step, name, declared), live=shown(step, name, value),
                )  # fmt: skip

    def _differing(self, step: Step, old: Mapping[str, Any]) -> tuple[FieldChange, ...]:
        changes = []
        for name in fields_of(step.kind, old, step.declared or {}):
            was, now = value_of(old, name), value_of(step.declared or {}, name)
            hidden = name in step.kind.secret and name in step.reasons
            if same(was, now) and not hidden:
                continue
            shown = [self.shower.shown(step, name, value) for value in (was, now)]
            parts = self.shower.parts(step, name, was, now)
            changes.append(FieldChange(name=name, old=shown[0], new=shown[1], parts=parts))
        return tuple(self._with_members(step, old, change) for change in changes)

    def _with_members(self, step: Step, old: Mapping[str, Any], change: FieldChange) -> FieldChange:
        """A list of ids says nothing without its weights, nor do these without the members."""
        for ids, weights in step.kind.weights.items():
            if change.name in (ids, weights):
                was, now = (self._weights(step, values, ids, weights) for values in (old, step.declared or {}))
                members = [
                    WeightedMember(
                        name=name, old=was.get(name), new=now.get(name), was_in=name in was, is_in=name in now
                    )
                    for name in dict.fromkeys([*now, *was])
                ]
                return change.model_copy(update={"members": tuple(members)})
        return change

    def _weights(self, step: Step, values: Mapping[str, Any], ids: str, weights: str) -> dict[str, int | None]:
        names = self.shower.shown(step, ids, value_of(values, ids)) or []
        each = value_of(values, weights) or []
        return dict(zip_longest(map(str, names), each[: len(names)]))

    def _note_rows(self, step: Step) -> None:
        about = f"{step.ref.section}/{step.ref.name}"
        live, declared = self._live(step), step.declared or {}
        adopts = declared.get("adopts")
        taken = (adopts.get("changes") or {}) if isinstance(adopts, Mapping) else {}
        self.rows.append(Row(about=about, change=step.op, field="", old=step.object_id, new=_target(declared)))
        if step.protected[0] != step.protected[1]:
            old, new = map(exact, step.protected)
            self.rows.append(Row(about=about, change=step.op, field="protect", old=old, new=new))
        for name in fields_of(step.kind, live, declared):
            was, now = value_of(live, name), value_of(declared, name)
            if name in taken:
                was = (read_arrow(str(taken[name])) or (str(taken[name]),))[0]
            if not same(was, now) or name in step.reasons or step.op in ("replace", "delete"):
                secret = name in step.kind.secret
                old, new = (SECRET if secret and value is not None else exact(value) for value in (was, now))
                if secret and now is not None and (mark := self.preview.sealed.get((step.ref, name))):
                    new = f"{SECRET} #{mark}"
                self.rows.append(Row(about=about, change=step.op, field=name, old=old, new=new))

    def _add(self, step: Step, change: Change, fields: tuple[FieldChange, ...], note: str = "") -> None:
        kind = step.kind
        note = ". ".join(filter(None, [note, REFUSED if step.refused else ""]))
        self.items.append(
            Item(
                change=change, section=step.ref.section, name=step.ref.name, kind=kind.title,
                service=(kind.service.acts_for or kind.service).name, object_id=step.object_id, fields=fields,
                note=note[:1].upper() + note[1:],
                kept=change == "delete" and is_kept(step),
            )
        )  # fmt: skip


def _where_the_file_changed(step: Step, name: str, outside: Any) -> Any:
    """What people set, in the entries that an update writes over. What else they set stays, and is no change."""
    wire, live, declared = step.kind.fields.get(name), step.live or {}, step.declared or {}
    if not isinstance(wire, Members) or len(outside) != len(live.get(name) or ()):
        return outside
    now = dict(zip(declared.get(wire.ids) or (), declared.get(name) or (), strict=False))
    members = zip(live.get(wire.ids) or (), live[name], outside, strict=False)
    return [_over(was, theirs, now.get(member, was)) for member, was, theirs in members]


def _over(was: Any, theirs: Any, now: Any) -> Any:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        return {name: _over(was.get(name), theirs.get(name), now.get(name)) for name in [*was, *(now.keys() - was)]}
    return was if same(was, now) else theirs


def _target(declared: Mapping[str, Any]) -> str:
    """The live object that is taken over or referred to; empty where one is made."""
    return str(declared.get("object_id") or "")


def removal(step: Step) -> Fate:
    """What becomes of the live object: what the `Account` decided, or what the state alone tells."""
    return step.fate if step.fate and step.op == "delete" else fate_of(step.kind, step.outputs)


def is_kept(step: Step) -> bool:
    return removal(step).spares


def fields_of(kind: Kind[Any], *values: Mapping[str, Any]) -> list[str]:
    """The names of fields and options in any of them, parts of ``extra`` one by one, sorted."""
    names = {name for each in values for name, value in each.items() if value is not None}
    names &= kind.model.model_fields.keys() - SILENT - {"extra"}
    names |= {f"extra.{name}" for each in values for name in each.get("extra") or {}}
    return sorted(names, key=lambda name: (name in OPTIONS, name))


def value_of(values: Mapping[str, Any], name: str) -> Any:
    if name.startswith("extra."):
        return canonical((values.get("extra") or {}).get(name.removeprefix("extra.")))
    return canonical(values.get(name))


def refs(values: Mapping[str, Any], *names: str) -> Iterator[str]:
    """The ids that these fields hold."""
    for name in names:
        value = values.get(name)
        yield from (str(item) for item in (value if isinstance(value, list) else [value]) if item)
