"""Comparing a declaration with a live object: what differs, and what of it an update has to send. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trackform_core.model.kind import Kind
from trackform_core.model.wire import (
    Members,
    Row,
    Values,
    Wire,
    canonical,
    covers,
    emptied,
    is_blank,
    same,
    with_what_left,
)

UNWATCHED = frozenset({"object_id", "account_id", "adopts", "adopt", "adopt_id", "mark"})
"""Inputs that are no wish of the user: a change in them alone is no change."""

NO_STEP = ("adopt", "adopt_id", "mark")
"""Of those, what the file says: where nothing else changes, no step brings it into the outputs."""

EXTRA = "extra."

HIDDEN = "[secret]"
"""In the place of a secret, wherever a value is shown."""


def value_of(values: Values, name: str) -> Any:
    """A field's value; ``extra.<wire name>`` is a field as well."""
    if name.startswith(EXTRA):
        return (values.get("extra") or {}).get(name.removeprefix(EXTRA))
    return values.get(name)


def declared_names(kind: Kind[Any], values: Values) -> set[str]:
    """Every field that ``values`` declare, parts of ``extra`` one by one."""
    return {name for name in kind.fields if name in values} | {EXTRA + name for name in values.get("extra") or ()}


def left_alone(values: Values) -> set[str]:
    names = set(values.get("leave") or ())
    return names | {EXTRA + name for name in names}


def unmanaged_fields(kind: Kind[Any], values: Values) -> set[str]:
    """Fields that are sent once: initial ones unless enforced, what the service may make, what is to be left alone."""
    once = set(kind.initial) - set(values.get("enforce") or ())
    return once | {EXTRA + name for name in kind.may_compute} | left_alone(values)


@dataclass(frozen=True)
class Comparison:
    """A live row beside what is declared of it. Each field is normalised and compared once, when it is asked for."""

    kind: Kind[Any]
    row: Row
    declared: Values

    @cached_property
    def differing(self) -> dict[str, tuple[Any, Any]]:
        """Field -> (live, declared), over all that would be sent to create it."""
        live = {**self._followed, **self._unmanaged_live}
        pairs = {
            name: (value_of(live, name), value_of(self.declared, name))
            for name in sorted(declared_names(self.kind, self.declared))
        }
        differing = {
            name: pair
            for name, pair in pairs.items()
            if not same(*pair) or of_another_member(self.kind, name, live, self.declared)
        }
        return differing | dict.fromkeys(self._not_empty, ("set", "empty"))

    @cached_property
    def tells_apart(self) -> dict[str, tuple[Any, Any]]:
        """What makes it another object than the declared one: not that a person, or an earlier run, paused it."""
        pauses = {name for name in self._unmanaged & self.differing.keys() if self.kind.pauses(self.row, name)}
        return {name: pair for name, pair in self.differing.items() if name not in pauses}

    @cached_property
    def changed_outside(self) -> Values:
        """Initial fields that somebody changed in the web application, as they are there; a secret is not shown."""
        live = self._unmanaged_live
        return {
            name: HIDDEN if name in self.kind.secret else "" if live.get(name) is None else live[name]
            for name in sorted(self._unmanaged & self.declared.keys())
            if not covers(live.get(name), self.declared[name])
        }

    @cached_property
    def live_inputs(self) -> Values:
        """The inputs that would declare the object as it is: the declared keys, projected from the row."""
        kind, row, declared = self.kind, self.row, self.declared
        live = dict(self._followed)
        unmanaged = self._unmanaged | self._left_alone
        for name in unmanaged & declared.keys():
            wire, live[name] = kind.fields.get(name), declared[name]
            if isinstance(wire, Members) and wire.part == "weights" and wire.ids not in unmanaged:
                # Where the list itself is gone, nothing is said of its members.
                live[name] = wire.kept(row, declared) or (None if declared[name] else [])
        parts = unmanaged & {EXTRA + name for name in declared.get("extra") or ()}
        if parts:
            kept = {name.removeprefix(EXTRA): value_of(declared, name) for name in parts}
            live["extra"] = live.get("extra", {}) | kept
        if declared.get("unset"):
            live["unset"] = [name for name in declared["unset"] if name not in self._not_empty]
        return {name: value for name, value in live.items() if value is not None}

    def to_write(self, olds: Values | None) -> frozenset[str]:
        """Fields that have to be sent.

        ``olds`` are ``None`` when the object is taken over; else what is declared is what `asked` made of them.
        """
        wanted = self.differing.keys() - set(self.declared.get("unset") or ()) - self._left_alone
        sealed = self.kind.write_only & declared_names(self.kind, self.declared)
        if olds is None:
            wanted -= self._unmanaged
        wanted |= {
            name
            for name in sealed - self._left_alone
            if olds is None or not same(value_of(olds, name), value_of(self.declared, name))
        }
        if set(self._not_empty) - self._left_alone:
            wanted.add("unset")
        # What the service does not show back goes along: where a PUT replaces, leaving it out would clear it.
        return frozenset(wanted | (sealed if wanted else set()))

    def is_of(self, row: Row) -> bool:
        """Whether another reading of the object shows no more than what the service sets by itself, or spells anew."""
        names = {
            name
            for name in (row.keys() | self.row.keys()) - self.kind.served
            if not same(row.get(name), self.row.get(name))
        }
        # A listing may spell a value otherwise than a GET. What is more than one value is compared part by part.
        plain = {wire.name: wire for wire in self.kind.fields.values() if type(wire) is Wire}
        return all(name in plain and same(*(plain[name].read(each, {}) for each in (row, self.row))) for name in names)

    def changed_meanwhile(self, now: "Comparison", changed: Collection[str]) -> dict[str, tuple[Any, Any]]:
        """Field -> (as it was read, as it is now), of those to be written that somebody else changed since.

        ``now`` is the same object, read a moment ago. What somebody set as it is declared is no change against it.
        """
        names = sorted((set(changed) | set(self.declared.get("unset") or ())) & now.differing.keys())
        values = {name: self._parts(now, name) or (self.live_value(name), now.live_value(name)) for name in names}
        return {name: pair for name, pair in values.items() if not same(*pair)}

    def _parts(self, now: "Comparison", name: str) -> tuple[Any, Any] | None:
        """What is said of the members that both readings have: who is in the list, another field tells."""
        wire = self.kind.fields.get(name)
        if not isinstance(wire, Members) or wire.part == "ids":
            return None
        both = set(self.kind.used(self.row, wire.ids)) & set(self.kind.used(now.row, wire.ids))
        asked = {
            member: item
            for member, item in zip(self.declared.get(wire.ids) or (), self.declared.get(name) or (), strict=False)
            if member in both
        }
        narrowed = {wire.ids: [*asked], name: [*asked.values()]}
        was, is_now = ((wire.read(row, narrowed) or [])[: len(asked)] for row in (self.row, now.row))
        return was, is_now

    def still_to_write(self, changed: frozenset[str]) -> frozenset[str]:
        """Those of ``changed`` that are not as they are declared by now."""
        there = changed - self.differing.keys() - self.kind.write_only
        return changed - there | (changed & {"unset"} if self._not_empty else frozenset())

    def live_value(self, name: str) -> Any:
        """A field as it is live, also one that is to be empty."""
        if name in (self.declared.get("unset") or ()):
            return canonical(self.kind.fields.get(name, Wire(name)).read(self.kind.unmarked(self.row), {}))
        return value_of({**self._followed, **self._unmanaged_live}, name)

    @cached_property
    def _left_alone(self) -> set[str]:
        return left_alone(self.declared)

    @cached_property
    def _unmanaged(self) -> set[str]:
        """What is sent once and then only looked at."""
        return unmanaged_fields(self.kind, self.declared) - self._left_alone

    @cached_property
    def _unmanaged_live(self) -> Values:
        return self.kind.live(self.row, self.declared, self._unmanaged)

    @cached_property
    def _followed(self) -> Values:
        """All other fields as they are live: who asks for one half of the row does not pay for the other."""
        return self.kind.live(self.row, self.declared, self.declared.keys() - self._unmanaged)

    @cached_property
    def _not_empty(self) -> list[str]:
        """Fields that are to be empty and are not."""
        return [name for name in self.declared.get("unset") or () if not self.kind.is_unset(self.row, name)]

    @cached_property
    def stubborn(self) -> Values:
        """Entries of maps in ``extra`` that were to go and are still there, each with an empty value.

        A service that lays a map over its own keeps what is left out of it.
        """
        maps = {name: item for name, item in self.row.items() if name in self.kind.more and isinstance(item, dict)}
        extra = self.declared.get("extra") or {}
        left = {name: _emptied(extra[name], maps[name]) for name in extra.keys() & maps.keys()}
        unset = {name: emptied(maps[name]) for name in maps.keys() & set(self._not_empty)}
        return {name: value for name, value in (left | unset).items() if value is not None}


def asked(kind: Kind[Any], olds: Values, news: Values) -> Values:
    """What an update asks for, of what the file said and says now.

    Beside what is declared that is nothing (``None``) for each entry of a map that has left the file. Of what people
    steer it is what the file changed: the rest is as they set it.
    """
    spared, steered = left_alone(news) | set(news.get("unset") or ()), unmanaged_fields(kind, news)
    values = dict(news)
    for name, wire in kind.fields.items():
        if name not in spared | kind.write_only:
            values[name] = wire.with_what_left(olds, news, name)
            if name in steered:
                values[name] = wire.anew(olds, values, name)
    was, extra = (values.get("extra") or {} for values in (olds, news))
    known = {name: was[name] for name in (was.keys() - spared) & (extra.keys() | (kind.more - kind.may_compute))}
    anew = {
        name: item
        for name, item in with_what_left(known, extra).items()
        if name in spared or EXTRA + name not in steered or not same(was.get(name), item)
    }
    return {name: value for name, value in {**values, "extra": anew or None}.items() if value is not None}


def _emptied(wanted: Any, live: Any) -> Any:
    """The empty value of what is live in place of each nothing of ``wanted``; ``None`` where there is none."""
    if wanted is None:
        return None if is_blank(live) else emptied(live)
    if not isinstance(wanted, dict) or not isinstance(live, dict):
        return None
    parts = {name: _emptied(item, live.get(name)) for name, item in wanted.items()}
    return {name: item for name, item in parts.items() if item is not None} or None


def as_accepted(kind: Kind[Any], outs: Values, inputs: Values) -> Values:
    """A state's outputs, with what its inputs know better: a step without a change takes new ones, and old outputs.

    What people set was live when the file came to say it too, so nothing was sent; the outputs alone would take it for
    new as soon as somebody sets it back. An empty field that left the file is no longer watched.
    """
    if not inputs:
        return outs
    left = {name for name in outs.keys() & kind.fields.keys() - inputs.keys() if is_blank(outs[name])}
    known = {name: value for name, value in outs.items() if name not in left and name not in NO_STEP}
    known |= {name: inputs[name] for name in NO_STEP if name in inputs}
    for name, outside in (outs.get("changed_outside") or {}).items():
        wire = kind.fields.get(name)
        if isinstance(wire, Members) and name in inputs:
            ids = outs.get(wire.ids) or ()
            theirs = dict(zip(ids, outs.get(name) or (), strict=False)) | dict(zip(ids, outside or (), strict=False))
            said = dict(zip(inputs.get(wire.ids) or (), inputs[name] or (), strict=False))
            if said and all(same(theirs.get(member), item) for member, item in said.items()):
                known[name] = [said.get(member, theirs.get(member)) for member in ids]
        elif name in inputs and same(inputs[name], outside):
            known[name] = inputs[name]
    return known


def changed_fields(kind: Kind[Any], olds: Values, news: Values) -> list[str]:
    """Fields and options that the file asks to be otherwise than they were.

    A field that is declared empty is to hold nothing, and is watched from now on; of one that is empty and leaves the
    file nothing changes.
    """
    names = (kind.model.model_fields.keys() & (olds.keys() | news.keys())) - UNWATCHED
    return sorted(name for name in names if _is_changed(kind, name, olds, news))


def _is_changed(kind: Kind[Any], name: str, olds: Values, news: Values) -> bool:
    was, now = olds.get(name), news.get(name)
    if name in kind.fields and (was is None or now is None):
        return now is not None or not is_blank(was)
    return not same(was, now) or of_another_member(kind, name, olds, news)


def of_another_member(kind: Kind[Any], name: str, was: Values, now: Values) -> bool:
    """Whether two equal lists of what is said of members say it of others, as ``[70, 30]`` of A, B and of B, A does."""
    wire = kind.fields.get(name)
    if not isinstance(wire, Members) or wire.part == "ids" or name not in was or name not in now:
        return False
    old, new = (dict(zip(values.get(wire.ids) or (), values[name] or (), strict=False)) for values in (was, now))
    return any(not same(old.get(member), item) for member, item in new.items() if member in old)
