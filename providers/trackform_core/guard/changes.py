"""What a new inventory changes of a kind: what leaves it, what is new, what vanished from the account."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from trackform_core.guard.guard import Guard, Seen
from trackform_core.model.kind import Kind


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
    made: Collection[str]
    """Names that were seen in the state, whether or not the account still has the object."""
    managed: Collection[str]
    """Names before the change of what is live and more than referred to, as far as can be told."""
    seen: Mapping[str, Seen]
    """Name that leaves -> the object behind it, where a refresh in this process told."""
    heirs: Mapping[str, str]
    """Name that left, now or in an earlier version of the file -> the one that takes its live object over."""


@dataclass(frozen=True)
class Names:
    """The names of one kind, as the state's inventory has them and as the program has them."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    pending: Collection[str] = ()
    """Those of ``before`` that were never seen in the state."""
    left: Collection[str] = ()
    """Those of ``before`` that an earlier version of the file dropped already."""
    vanished: Collection[str] = ()
    """Those of ``before`` that were gone from the account at the last run, which may not have made them again."""

    @property
    def made(self) -> set[str]:
        return self.before.keys() - set(self.pending)


def with_strangers(guard: Guard, kind: Kind[Any], names: Names) -> Names:
    """With the objects of the state that no name can stand for, each under its natural key or today's name for it.

    An object whose key was changed outside still has its name. Where more are strange than names are without an object,
    the inventory does not know the whole state, as after its Account was taken out: then all of them count.
    """
    keys = set(names.before.values())
    strangers = [seen for seen in guard.of(kind) if seen.key not in keys]
    keys_seen = {seen.key for seen in guard.of(kind)}
    if len(strangers) <= sum(key not in keys_seen for name, key in names.before.items() if name in names.made):
        return names
    today = {key: name for name, key in names.after.items() if name not in names.before}
    before = dict(names.before)
    for seen in strangers:
        name = today.pop(seen.key, seen.key)
        before[f"{name} ({seen.object_id})" if name in before else name] = seen.key
    return replace(names, before=before)


def is_whole(guard: Guard, every: Mapping[str, Names], kinds: Mapping[str, Kind[Any]]) -> bool:
    """Whether the refresh of this process read all that the state has: with ``--target`` it reads the targets alone.

    It did if each object that was ever seen in the state was read again, and there is one.
    """
    made = 0
    for kind, names in every.items():
        keys = {seen.key for seen in guard.of(kinds[kind])}
        expected = names.made - set(names.left)
        made += len(expected)
        if not guard.refreshed or any(names.before[name] not in keys for name in expected):
            return False
    return made > 0


def has_settled(guard: Guard, every: Mapping[str, Names]) -> bool:
    """Whether what left an earlier version of the file, and was not read by the refresh of this process, is out.

    New objects, which no earlier refresh saw, prove it as well; so does a state in which nothing else can be.
    """
    expected, read = False, False
    for kind, names in every.items():
        keys = {seen.key for seen in guard.seen.get(kind, {}).values()}
        staying = names.before.keys() - set(names.left)
        expected, read = expected or bool(staying), read or bool(keys)
        if not guard.refreshed or any(names.before[name] not in keys for name in staying & names.made):
            return False
    return read or not expected


def change_of(
    guard: Guard, kind: Kind[Any], names: Names, count: Callable[[str], int], *, whole: bool, settled: bool
) -> Change:
    """Compare the names of one kind.

    ``count`` asks the account how many objects of a natural key there are. It decides where the state's part was not
    read: what is not live is not there to be deleted, and what is live has not vanished.
    """
    before, after = names.before, names.after
    by_key: dict[str, list[Seen]] = {}
    for seen in guard.of(kind):
        by_key.setdefault(seen.key, []).append(seen)
    keys = set(before.values())
    strangers = [each for key, objects in by_key.items() if key not in keys for each in objects]
    unread = {name for name, key in before.items() if key not in by_key}
    if strangers:
        # A title that a refresh saved is a stranger's: nobody can say which name is in the state and which is not.
        out: set[str] = set()
    elif whole:
        out = unread
    else:
        proven = unread & set(names.left) if settled else set()
        out = proven | {name for name in unread - proven if not count(before[name])}
    heirs = _heirs(names, by_key, count)
    renamed = heirs.keys() & set(names.left)
    out |= renamed
    read = before.keys() - unread
    gone = {name for name in read if all(seen.gone for seen in by_key[before[name]])}
    made = names.made | (read - gone)
    if guard.refreshed:
        gone |= (out & (names.made | set(names.vanished))) - set(names.left)
    removed = {name: key for name, key in before.items() if name not in after and name not in out}
    # Two objects may have one title; which of them a name means, only the engine knows.
    known = {name: by_key[key][0] for name, key in removed.items() if len(by_key.get(key, ())) == 1}
    lost = [name for name in removed if name in unread]
    if len(lost) == len(strangers) == 1:
        known[lost[0]] = strangers[0]
    there = before.keys() - (out - gone)
    known_of = there | (renamed & names.made)
    referred = {name for name in read if all(seen.outs.get("existing") for seen in by_key[before[name]])}
    return Change(
        kind=kind,
        size=len(there),
        removed=removed,
        added={name: key for name, key in after.items() if name not in there},
        vanished={name: key for name, key in after.items() if name in gone},
        pending=sorted(name for name in after if name not in made),
        leaving={
            name: key
            for name, key in before.items()
            if name not in after and not (name in renamed or (settled and name in out))
        },
        made=made,
        managed=known_of - gone - referred,
        seen=known,
        heirs=heirs,
    )


def _heirs(names: Names, by_key: Mapping[str, Sequence[Seen]], count: Callable[[str], int]) -> dict[str, str]:
    """The names that left without `was`, each with the name that has its natural key now, and so its live object.

    Where more objects have the key than names do, some leave. Where none has it any more, as after somebody renamed
    the object, there is nothing to take over.
    """
    heirs = {}
    for name, key in names.before.items():
        if name in names.after:
            continue
        same = [taker for taker, taken in names.after.items() if taken == key]
        if takers := [taker for taker in same if not _has_another(taker, key, names, by_key, count)]:
            read = by_key.get(key)
            there = sum(seen.key_today == key for seen in read) if read else count(key)
            if 0 < there <= len(takers):
                heirs[name] = min(takers, key=names.made.__contains__)
    return heirs


def _has_another(
    name: str, key: str, names: Names, by_key: Mapping[str, Sequence[Seen]], count: Callable[[str], int]
) -> bool:
    """Whether a name has an object under another natural key, which it would have to give up to take one of ``key``."""
    own = names.before.get(name, key)
    if own == key:
        return False
    return any(not seen.gone for seen in by_key[own]) if own in by_key else bool(count(own))
