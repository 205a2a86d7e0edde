"""Whether a change may be made at all: what leaves the file, and how much changes at once. Knows no Pulumi.

One guard a session. It hears of every object that this process reads, is armed by the `Account`'s check, which all
other resources wait for, and refuses before the first write. `pulumi destroy` runs no program and is outside.
"""

import logging
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from weakref import WeakKeyDictionary

from trackform_core.errors import Refused
from trackform_core.lifecycle.lookup import label
from trackform_core.model.kind import OPTIONS, Kind
from trackform_core.model.wire import Values
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.session.session import Session

log = logging.getLogger("trackform")

Action = Literal["delete", "update", "recreate"]
ACTIONS: tuple[Action, ...] = ("delete", "update", "recreate")

FEW = 10
"""A kind with fewer objects has no limits: two of five offers are 40 % and an everyday change."""

SEVERAL = 2
"""Of a kind with so many objects a run does not delete all unasked, whatever its limit: no everyday change does."""

NO_WRITE = OPTIONS - {"extra", "unset", "enforce"}
"""Options that change how an object is treated, and nothing in the service."""


@dataclass(frozen=True)
class Limit:
    """How many objects of a kind one run may touch: ``percent`` of those it has, and never more than ``objects``."""

    percent: float
    objects: int

    def most(self, of: int) -> int | None:
        """The number for a kind of so many objects; ``None`` where there is no limit."""
        return None if of < FEW else min(self.objects, int(of * self.percent / 100))

    def __str__(self) -> str:
        return f"{self.percent:g} %, {self.objects} at the most"


DEFAULTS: dict[Action, Limit] = {
    "delete": Limit(percent=20, objects=20),
    "update": Limit(percent=25, objects=100),
    "recreate": Limit(percent=10, objects=10),
}
Limits = Mapping[str, Mapping[Action, Limit]]
"""By kind; what is not named has the default."""


def by_hand(place: Session, kind: Kind[Any]) -> bool:
    """Whether a person brings objects of this kind into being: a run writes none, and shows each until it is done."""
    return kind.service.acts_for is not None and not place.settings.url(kind.service)


@dataclass(frozen=True)
class Seen:
    """An object of the state, as this process was asked to read it."""

    object_id: str
    key: str
    outs: Values
    gone: bool = False


@dataclass
class Guard:
    """What one process heard of one account, and what it may do to it."""

    refreshed: bool = False
    """Whether the `Account` was read in this process: then every object of the state was."""
    recorded: Values = field(default_factory=dict)
    """Pin -> account id, as the `Account` that was read in this process has it."""
    lost: bool = False
    """Whether the `Account` is new to the state: it knows of no object that is there."""
    known: set[tuple[str, str]] = field(default_factory=set)
    """(kind, natural key) of what the `Account` weighed: nothing else is deleted."""
    seen: dict[str, dict[str, Seen]] = field(default_factory=dict)
    limits: Limits | None = None
    """Set by the `Account`'s check. Before it Pulumi only refreshes."""
    sizes: Mapping[str, int] = field(default_factory=dict)
    changing: dict[str, set[str]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def limit(self, kind: Kind[Any], action: Action) -> Limit:
        return (self.limits or {}).get(kind.name, {}).get(action, DEFAULTS[action])

    def of(self, kind: Kind[Any]) -> list[Seen]:
        with self.lock:
            return list(self.seen.get(kind.name, {}).values())

    def note_read(self, kind: Kind[Any], object_id: str, outs: Values, *, gone: bool) -> None:
        """A refresh asked for this object; ``outs`` are the state's."""
        names = ("adopted", "existing", "on_delete", "account_id", "owner", kind.key)
        kept = {name: outs[name] for name in names if name in outs}
        with self.lock:
            found = self.seen.setdefault(kind.name, {})
            found[object_id] = Seen(object_id, str(outs.get(kind.key, "")), kept, gone)

    def join(self, other: "Guard") -> None:
        """What was read under another name of the same account counts as well."""
        if other is self:
            return
        with self.lock:
            for name, found in other.seen.items():
                self.seen.setdefault(name, {}).update(found)

    def note_change(
        self, place: Session, kind: Kind[Any], object_id: str, fields: Sequence[str], values: Values
    ) -> None:
        """One more object of which ``fields`` are to be written.

        Raises:
            Refused: these are more than one run may change.
        """
        if self.limits is None or by_hand(place, kind) or not set(fields) - NO_WRITE:
            return
        if permitted("update", kind.name, str(values.get(kind.key))):
            return
        size = self.sizes.get(kind.name, 0)
        limit = self.limit(kind, "update")
        most = limit.most(size)
        with self.lock:
            ids = self.changing.setdefault(kind.name, set())
            ids.add(object_id)
            count = len(ids)
        if most is None or count <= most:
            return
        if count > most + 1:
            raise Refused(f"{label(kind, values)}: one more that would change, refused as told in full for another")
        raise Refused(
            f"{label(kind, values)}: more than {most} of {size} objects of this kind would change in one run. The "
            f"limit of `update` in stacks/policy.yaml is {limit}. If all of it is meant, run once with "
            f"{setting(permission('update', kind.name))}; or change fewer at a time"
        )

    def may_go_on(self, kind: Kind[Any], olds: Values) -> None:
        """An `Account` without a past, in a run that read nothing, cannot tell what would be changed or go.

        Raises:
            Refused: this object is in the state, so there was a past.
        """
        if self.lost and not self.refreshed:
            raise Refused(
                f"{label(kind, olds)} is in the state of this stack, and the stack's Account is not: it was taken out "
                "or renamed there, so this run does not know what else there is. Nothing was written. Run once "
                "without --refresh=false",
                shared="the stack's Account is not in its state, and this run read nothing",
            )

    def may_delete(self, place: Session, kind: Kind[Any], outs: Values) -> None:
        """A run with ``--target`` passes the `Account` by, and with it every limit.

        Raises:
            Refused: neither was the `Account` checked, as `pulumi up` does, nor read, as `pulumi destroy` does.
        """
        key = str(outs.get(kind.key))
        if kept(kind, outs) or permitted("delete", kind.name, key):
            return
        if place.checked and self.limits is not None:
            if (kind.name, key) in self.known or any(one.key == key for one in self.of(kind)):
                return
            raise Refused(
                f"{label(kind, outs)} is not deleted: the stack's Account did not know of it, so nobody was told that "
                f"it would go. Run again without --refresh=false; or, to delete it all the same, run once with "
                f"{setting(permission('delete', kind.name, key))}"
            )
        if place.checked or self.refreshed:
            return
        raise Refused(
            f"{label(kind, outs)} is not deleted: the stack's Account was not checked in this run. With --target, name "
            "the Account as well; where it is not in the state, `pulumi up` puts it there. To delete this one all the "
            f"same, run once with {setting(permission('delete', kind.name, key))}"
        )


_guards: "WeakKeyDictionary[Session, Guard]" = WeakKeyDictionary()
_lock = threading.Lock()


def guard_of(place: Session) -> Guard:
    """The guard of a session; it ends with it."""
    with _lock:
        return _guards.setdefault(place, Guard())


def kept(kind: Kind[Any], outs: Values) -> str:
    """Why a delete leaves the live object alone; empty where it does not."""
    policy = outs.get("on_delete")
    if outs.get("existing"):
        return "kept: this stack only refers to it"
    if outs.get("adopted") and not policy:
        return "kept: it was adopted, not created"
    if (policy or kind.on_delete) == "keep":
        return "kept: on_delete is keep" if policy else "kept: never deleted by default"
    return ""


@dataclass(frozen=True)
class Change:
    """The old inventory against the new one, for one kind, in terms of what is really in the state."""

    kind: Kind[Any]
    size: int
    removed: Mapping[str, str]
    added: Mapping[str, str]
    vanished: Mapping[str, str]
    """Declared, was made once, and is in the account no more."""
    pending: Collection[str]
    """Declared, and not known to have been made: a run may fail after the inventory was taken."""
    leaving: Mapping[str, str]
    """Not declared any more, and not proven to be out of the state."""
    managed: Collection[str]
    """Names before the change of what is live and more than referred to, as far as can be told."""
    seen: Mapping[str, Seen]
    """Name that leaves -> the object behind it, where a refresh in this process told."""


@dataclass(frozen=True)
class Names:
    """The names of one kind, as the state's inventory has them and as the program has them."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    pending: Collection[str] = ()
    """Those of ``before`` that were never seen in the state."""
    left: Collection[str] = ()
    """Those of ``before`` that an earlier version of the file dropped already."""

    @property
    def made(self) -> set[str]:
        return self.before.keys() - set(self.pending)


def with_strangers(guard: Guard, kind: Kind[Any], names: Names) -> Names:
    """With the objects of the state that no name can stand for, each under its natural key or today's name for it.

    An object whose key was changed outside still has its name. Where more are strange than names are without an object,
    the inventory does not know the whole state, as after its Account was taken out: then all of them count.
    """
    keys = set(names.before.values())
    strangers = [one for one in guard.of(kind) if one.key not in keys]
    seen = {one.key for one in guard.of(kind)}
    if len(strangers) <= sum(key not in seen for name, key in names.before.items() if name in names.made):
        return names
    today = {key: name for name, key in names.after.items() if name not in names.before}
    before = dict(names.before)
    for one in strangers:
        name = today.pop(one.key, one.key)
        before[f"{name} ({one.object_id})" if name in before else name] = one.key
    return Names(before, names.after, names.pending, names.left)


def is_whole(guard: Guard, every: Mapping[str, Names], kinds: Mapping[str, Kind[Any]]) -> bool:
    """Whether the refresh of this process read all that the state has: with ``--target`` it reads the targets alone.

    It did if each object that was ever seen in the state was read again, and there is one.
    """
    made = 0
    for kind, names in every.items():
        keys = {one.key for one in guard.of(kinds[kind])}
        expected = names.made - set(names.left)
        made += len(expected)
        if not guard.refreshed or any(names.before[name] not in keys for name in expected):
            return False
    return made > 0


def change_of(guard: Guard, kind: Kind[Any], names: Names, is_live: Callable[[str], bool], *, whole: bool) -> Change:
    """Compare the names of one kind.

    ``is_live`` asks the account for a natural key. It decides where the state's part was not read: what is not live is
    not there to be deleted, and what is live has not vanished.
    """
    before, after = names.before, names.after
    by_key: dict[str, list[Seen]] = {}
    for one in guard.of(kind):
        by_key.setdefault(one.key, []).append(one)
    keys = set(before.values())
    strangers = [one for key, found in by_key.items() if key not in keys for one in found]
    unread = {name for name, key in before.items() if key not in by_key}
    if strangers:
        # A title that a refresh saved is a stranger's: nobody can say which name is in the state and which is not.
        out: set[str] = set()
    elif whole:
        out = unread
    else:
        out = {name for name in unread if not is_live(before[name])}
    read = before.keys() - unread
    gone = {name for name in read if all(one.gone for one in by_key[before[name]])}
    made = names.made | (read - gone)
    if guard.refreshed:
        gone |= (out & names.made) - set(names.left)
    removed = {name: key for name, key in before.items() if name not in after and name not in out}
    # Two objects may have one title; which of them a name means, only the engine knows.
    known = {name: by_key[key][0] for name, key in removed.items() if len(by_key.get(key, ())) == 1}
    lost = [name for name in removed if name in unread]
    if len(lost) == len(strangers) == 1:
        known[lost[0]] = strangers[0]
    there = before.keys() - (out - gone)
    referred = {name for name in read if all(one.outs.get("existing") for one in by_key[before[name]])}
    return Change(
        kind=kind,
        size=len(there),
        removed=removed,
        added={name: key for name, key in after.items() if name not in there},
        vanished={name: key for name, key in after.items() if name in gone},
        pending=sorted(name for name in after if name not in made),
        leaving={name: key for name, key in before.items() if name not in after and not (whole and name in out)},
        managed=there - gone - referred,
        seen=known,
    )
