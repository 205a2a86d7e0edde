"""Planning the edits of an accept. Each is tried on the copy: it must ask for the live value and nothing else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.accept.drift import Drift, LiveChange
from trackform.accept.fields import CannotSay, Edit, Scene, edits_for
from trackform.accept.workspace import Workspace
from trackform.account_file.compose import SECTIONS, Composition, Ref
from trackform.account_file.models import SecretRef
from trackform.account_file.references import reference
from trackform.documents.problems import Problems
from trackform.documents.yaml_text import REMOVE, CannotEdit
from trackform.preview.plan import holds_unknown
from trackform_core.model.validate import validated
from trackform_core.model.wire import is_blank, same

Asked = dict[Ref, dict[str, Any]]
"""What the file asks for: object -> field -> value, references as ids."""


@dataclass(frozen=True)
class Accepted:
    """A change and where it is written: the real file, and the line that says it now."""

    name: str
    was: Any
    now: Any
    file: str
    line: int


@dataclass(frozen=True)
class NotAccepted:
    """A change that was not accepted, why, and what a person can do."""

    name: str
    reason: str
    by_hand: str


@dataclass
class AcceptPlan:
    """The edits that were made in the copy, and what else they bring about."""

    accepted: list[Accepted] = field(default_factory=list)
    refused: list[NotAccepted] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    """What else the stack asks for then: `section/name.field: was -> now`."""
    others: dict[str, list[str]] = field(default_factory=dict)
    """Stack that extends a changed file -> what it asks for then, in the same words."""
    broken: dict[str, str] = field(default_factory=dict)
    """Other stacks whose files would have mistakes, with those."""


def make_plan(
    drift: Drift, place: Workspace, changes: list[LiveChange], gone: list[Ref], *, own: bool, others: Iterable[str]
) -> AcceptPlan:
    """Edit the copy so that it asks for what is live.

    Raises:
        Problems: the account file has mistakes as it is.
    """
    planner = _Planner(drift, place, own)
    before = {stack: asked(place.compose(stack), drift) for stack in others}
    planner.accept(changes)
    planner.remove(gone)
    planner.look_at_others(before)
    return planner.finish()


class _Planner:
    def __init__(self, drift: Drift, place: Workspace, own: bool) -> None:
        self.drift = drift
        self.place = place
        self.own = own
        self.plan = AcceptPlan()
        self.composition = place.compose()
        self.first = self.asked = asked(self.composition, drift)
        self.scene = Scene(place.document.data, self.composition, drift)
        self.done: list[tuple[LiveChange, Edit]] = []
        self.removed: set[Ref] = set()

    def accept(self, changes: list[LiveChange]) -> None:
        chosen = {(change.ref, change.field): change for change in changes}
        self.scene = Scene(self.scene.data, self.composition, self.drift, chosen)
        possible: list[tuple[LiveChange, list[Edit]]] = []
        for change in changes:
            if not change.are_members and _fits(_value(self.asked.get(change.ref, {}), change.field), change.live):
                continue
            if self._is_stale(change):
                self._refuse(change.name, "the file changed since this preview", "make the preview again")
                continue
            try:
                possible.append((change, edits_for(change, self.scene)))
            except CannotSay as error:
                self._refuse(change.name, str(error), error.by_hand)
        # One look at all of them together is enough where the plainest way says each and touches nothing else.
        kept = dict(self.place.now)
        if len(possible) > 1 and self._all_at_once(possible):
            return
        self.place.back(kept)
        for change, edits in possible:
            self._try_edits(change, edits)

    def _is_stale(self, change: LiveChange) -> bool:
        now = self.asked.get(change.ref)
        if now is None or holds_unknown(change.declared) or change.field == "unset":
            return now is None
        return not _fits(_value(now, change.field), change.declared) and not change.are_members

    def _all_at_once(self, possible: list[tuple[LiveChange, list[Edit]]]) -> bool:
        try:
            for _, edits in possible:
                self.place.apply(edits[0], own=self.own)
            composition = self.place.compose()
        except (CannotEdit, Problems):
            return False
        after = asked(composition, self.drift)
        mine = {(change.ref, change.field) for change, _ in possible}
        if not all(self._says(after, change) for change, _ in possible) or self._effects(self.asked, after, mine):
            return False
        self.done += [(change, edits[0]) for change, edits in possible]
        self._settle(composition, after)
        return True

    def _try_edits(self, change: LiveChange, edits: list[Edit]) -> None:
        """Make the first edit that changes nothing else; failing that, the first that says the live value at all."""
        kept = dict(self.place.now)
        fallback: Edit | None = None
        problem: str = "the file would not ask for the live value then"
        for edit in [*edits, None]:
            trying = fallback if edit is None else edit
            if trying is None:
                break
            self.place.back(kept)
            try:
                self.place.apply(trying, own=self.own)
                composition = self.place.compose()
            except (CannotEdit, Problems) as error:
                problem = self.place.with_real_paths(error)
                continue
            after = asked(composition, self.drift)
            if not self._says(after, change) or not all(self._says(after, other) for other, _ in self.done):
                continue
            if edit is None or not self._effects(self.asked, after, {(change.ref, change.field)}):
                self.done.append((change, trying))
                self._settle(composition, after)
                return
            fallback = fallback or edit
        self.place.back(kept)
        self._refuse(change.name, problem, f"write it by hand: live it is {change.live!r}")

    def _settle(self, composition: Composition, after: Asked) -> None:
        self.composition, self.asked = composition, after
        self.scene = Scene(self.place.document.data, composition, self.drift, self.scene.chosen)

    def _says(self, after: Asked, change: LiveChange) -> bool:
        value = _value(after[change.ref], change.field)
        if change.field == "unset":
            return not set(value or ()) - set(change.live or ())
        # A preview tells the weights of the declared members alone; a new member's is not known.
        if change.field in SECTIONS[change.ref.section].weights.values():
            return all(weight in (value or ()) for weight in change.live)
        return _fits(value, change.live)

    def _effects(self, before: Asked, after: Asked, mine: set[tuple[Ref, str]]) -> list[str]:
        """What else is asked for, and is not what is live anyway."""
        mine = mine | {
            (ref, each) for ref, name in mine if (held := reference(ref.section, name)) for each in held.fields[1:]
        }  # fmt: skip
        return [
            f"{ref.section}/{ref.name}.{name}: {was!r} -> {now!r}"
            for ref, name, was, now in _changed(before, after)
            if (ref, name) not in mine
            and (name == "unset" or not _fits(now, _value(self.drift.live.get(ref, {}), name)) or now is None)
        ]

    def remove(self, gone: list[Ref]) -> None:
        """Objects that were deleted outside, unless something that stays refers to them."""
        leaving = set(gone)
        for ref in reversed(gone):
            users = [
                f"{each.section}/{each.name}"
                for each in self.composition.objects
                if Ref(each.section, each.name) not in leaving and _refers(each.fields, ref)
            ]
            if users:
                leaving.discard(ref)
                self._refuse(
                    f"{ref.section}/{ref.name}",
                    f"{', '.join(users)} {'refers' if len(users) == 1 else 'refer'} to it",
                    "let them refer to another one first, or remove them; `pulumi up` would create it again",
                )
        for ref in [each for each in reversed(gone) if each in leaving]:
            self._take_out(ref)

    def _take_out(self, ref: Ref) -> None:
        kept = dict(self.place.now)
        path = (ref.section, ref.name)
        file, line = self.place.place(path)
        try:
            self.place.apply([(path, REMOVE)], own=self.own)
            composition = self.place.compose()
        except (CannotEdit, Problems) as error:
            self.place.back(kept)
            self._refuse(
                f"{ref.section}/{ref.name}", self.place.with_real_paths(error), "remove it by hand, and what needs it"
            )
            return
        self.removed.add(ref)
        self._settle(composition, asked(composition, self.drift))
        self.plan.accepted.append(Accepted(f"{ref.section}/{ref.name}", "declared", "removed", file, line))

    def look_at_others(self, before: Mapping[str, Asked]) -> None:
        for name in self.place.changed():
            for stack in self.place.users(name, before):
                if stack in self.plan.others or stack in self.plan.broken:
                    continue
                try:
                    after = asked(self.place.compose(stack), self.drift)
                except Problems as error:
                    self.plan.broken[stack] = self.place.with_real_paths(error)
                    continue
                self.plan.others[stack] = [
                    f"{ref.section}/{ref.name}.{field_name}: {was!r} -> {now!r}"
                    for ref, field_name, was, now in _changed(before[stack], after)
                ]

    def finish(self) -> AcceptPlan:
        mine = {(change.ref, change.field) for change, _ in self.done}
        gone = {ref: fields for ref, fields in self.first.items() if ref not in self.removed}
        self.plan.effects = self._effects(gone, self.asked, mine)
        for change, edit in self.done:
            file, line = self.place.place(edit[0][0])
            self.plan.accepted.append(Accepted(change.name, change.declared, change.live, file, line))
        self.plan.accepted.sort(key=lambda accepted: (accepted.file, accepted.line, accepted.name))
        return self.plan

    def _refuse(self, name: str, reason: str, by_hand: str) -> None:
        self.plan.refused.append(NotAccepted(name, reason, by_hand))


def asked(composition: Composition, drift: Drift) -> Asked:
    """Inputs that a composition asks for, in the form of a preview's."""
    ids = {ref: object_id for object_id, ref in drift.ids.items()}

    def plain(value: Any) -> Any:
        if isinstance(value, Ref):
            return ids.get(value, f"new:{value.section}/{value.name}")
        if isinstance(value, SecretRef):
            return f"secret {value.secret}"
        return [plain(item) for item in value] if isinstance(value, list) else value

    inputs: Asked = {}
    for wanted in composition.objects:
        values = {name: plain(value) for name, value in wanted.fields.items() if value is not None}
        inputs[Ref(wanted.section, wanted.name)] = validated(wanted.kind, values, "")[0]
    return inputs


def _refers(value: Any, ref: Ref) -> bool:
    if isinstance(value, Mapping):
        return any(_refers(item, ref) for item in value.values())
    return any(_refers(item, ref) for item in value) if isinstance(value, list) else bool(value == ref)


def _value(fields: Mapping[str, Any], name: str) -> Any:
    return (fields.get("extra") or {}).get(name[6:]) if name.startswith("extra.") else fields.get(name)


def _fits(declared: Any, live: Any) -> bool:
    return same(declared, live) or (is_blank(declared) and is_blank(live))


def _changed(before: Asked, after: Asked) -> list[tuple[Ref, str, Any, Any]]:
    changes = []
    for ref in before.keys() | after.keys():
        was, now = before.get(ref, {}), after.get(ref, {})
        names = {name for each in (was, now) for name in each if name != "extra"}
        names |= {f"extra.{name}" for each in (was, now) for name in each.get("extra") or {}}
        changes += [
            (ref, name, _value(was, name), _value(now, name))
            for name in names
            if not same(_value(was, name), _value(now, name))
        ]
    return sorted(changes, key=lambda item: (item[0].section, item[0].name, item[1]))
