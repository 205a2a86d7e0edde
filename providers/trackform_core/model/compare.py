"""Comparing a declaration with a live object: what differs, and what of it an update has to send. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trackform_core.model.kind import Kind
from trackform_core.model.wire import Members, Row, Values, covers, same

UNWATCHED = frozenset({"object_id", "account_id", "adopts", "adopt", "adopt_id", "mark"})
"""Inputs that are no wish of the user: a change in them alone is no change."""

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
        differing = {name: pair for name, pair in pairs.items() if not same(*pair)}
        return differing | dict.fromkeys(self._not_empty, ("set", "empty"))

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
            wire = kind.fields.get(name)
            members = isinstance(wire, Members) and wire.part == "weights" and wire.ids not in unmanaged
            live[name] = wire.kept(row, declared) if members and isinstance(wire, Members) else declared[name]
        parts = unmanaged & {EXTRA + name for name in declared.get("extra") or ()}
        if parts:
            kept = {name.removeprefix(EXTRA): value_of(declared, name) for name in parts}
            live["extra"] = live.get("extra", {}) | kept
        if declared.get("unset"):
            live["unset"] = [name for name in declared["unset"] if name not in self._not_empty]
        return live

    def to_write(self, olds: Values | None) -> frozenset[str]:
        """Fields that have to be sent; ``olds`` are ``None`` when the object is taken over."""
        differing = self.differing.keys() - set(self.declared.get("unset") or ())
        sealed = self.kind.write_only & declared_names(self.kind, self.declared)
        wanted = differing - self._unmanaged - self._left_alone
        if olds is not None:
            # An initial field is sent when the file's value changed, not because the live one did.
            wanted |= {name for name in differing & self._unmanaged if self._redeclared(olds, name)}
        wanted |= {name for name in sealed - self._left_alone if olds is None or self._redeclared(olds, name)}
        if set(self._not_empty) - self._left_alone:
            wanted.add("unset")
        # What the service does not show back goes along: where a PUT replaces, leaving it out would clear it.
        return frozenset(wanted | (sealed if wanted else set()))

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

    def _redeclared(self, olds: Values, name: str) -> bool:
        if name in self.kind.fields:
            return self.kind.fields[name].redeclared(olds, self.declared, name)
        return not same(value_of(olds, name), value_of(self.declared, name))


def changed_fields(kind: Kind[Any], olds: Values, news: Values) -> list[str]:
    """Fields and options that the file asks to be otherwise than they were."""
    names = (kind.model.model_fields.keys() & (olds.keys() | news.keys())) - UNWATCHED
    return sorted(name for name in names if not same(olds.get(name), news.get(name)))
