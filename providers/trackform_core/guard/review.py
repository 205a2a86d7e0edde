"""What the `Account`'s check says about a new inventory: what becomes of each object that leaves, what is refused."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import partial
from itertools import product
from typing import Any

from trackform_core.guard.changes import Change, Names, change_of, has_settled, is_whole, with_strangers
from trackform_core.guard.fates import Departures, as_key, decide
from trackform_core.guard.guard import Guard, Seen, by_hand
from trackform_core.guard.inventory import Inventory
from trackform_core.guard.limits import FEW, SEVERAL, Action, Limits
from trackform_core.lifecycle.fate import Fate
from trackform_core.lifecycle.lookup import candidates
from trackform_core.lifecycle.manual import cannot_be_forgotten
from trackform_core.model.kind import Kind
from trackform_core.model.messages import RefusalId, marked
from trackform_core.no_api.base import BridgeKind
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.session.session import Managed, Session

SHOWN = 100
NAMED = 5


@dataclass
class Judgement:
    """What a person is told, and what keeps the run from starting.

    ``fates`` are those of the objects that leave the file: kind -> name -> fate. ``vanished`` were made once and are
    gone from the account (kind -> names), also where a run that failed has dropped them from the state since.
    """

    said: list[str] = field(default_factory=list)
    fates: dict[str, dict[str, Fate]] = field(default_factory=dict)
    refusals: list[str] = field(default_factory=list)
    leaving: dict[str, dict[str, str]] = field(default_factory=dict)
    pending: dict[str, list[str]] = field(default_factory=dict)
    vanished: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, id_: RefusalId, said: str) -> None:
        self.refusals.append(marked(id_, f"{said}. Nothing was written"))


def review(
    session: Session,
    guard: Guard,
    kinds: Mapping[str, Kind[Any]],
    known: Inventory | None,
    new: Inventory,
    limits: Limits,
) -> Judgement:
    """Compare, and arm the guard for what follows. ``known`` is ``None`` where the `Account` is new to the state.

    Raises:
        ServiceError: whether a new name is an object that exists already could not be asked.
    """
    result = Judgement()
    old = known or Inventory()
    guard.lost = known is None
    # Without an Account to read, what was read of other objects tells that there was a refresh.
    guard.refreshed = guard.refreshed or (guard.lost and any(guard.of(kind) for kind in kinds.values()))
    names = {name: with_strangers(guard, kinds[name], old.against(new, name)) for name in kinds}
    names = {name: each for name, each in names.items() if each.before or each.after}
    whole, settled = is_whole(guard, names, kinds), has_settled(guard, names)
    changes = [
        change_of(guard, kinds[name], each, partial(_count, session, kinds[name]), whole=whole, settled=settled)
        for name, each in names.items()
    ]
    guard.limits = limits
    guard.known = {(name, key) for name, each in names.items() for key in each.before.values()}
    guard.sizes = {change.kind.name: change.size for change in changes}
    result.fates = decide(
        Departures(session, guard, {change.kind.name: change for change in changes}, names, new, old.protected)
    )
    emptied = not any(new.names.values())
    unasked: dict[str, list[str]] = {}
    for change in changes:
        fates = result.fates.get(change.kind.name, {})
        if change.pending:
            result.pending[change.kind.name] = list(change.pending)
        if change.leaving:
            result.leaving[change.kind.name] = dict(change.leaving)
        if change.removed:
            unasked[change.kind.name] = _leaving(session, guard, change, fates, result, emptied=emptied)
        if change.vanished:
            result.vanished[change.kind.name] = sorted(change.vanished)
        _vanished(guard, change, result)
        goes = {name for name, fate in fates.items() if fate.harms}
        session.managed |= managed(guard, change, names[change.kind.name], goes)
    if emptied and any(unasked.values()):
        result.refuse("everything", _nothing_left({kinds[name]: names for name, names in unasked.items() if names}))
    return result


def managed(
    guard: Guard, change: Change, names: Names, goes: Collection[str]
) -> dict[tuple[str, str], Managed]:  # fmt: skip
    """(kind, natural key) -> the object of the state that had the key at the last run."""
    read = {seen.key: seen for seen in guard.of(change.kind)}
    goes_by_another = bool(read.keys() - set(names.before.values()))
    managed = {}
    for name in sorted(set(change.made) & set(change.managed)):
        key = names.before[name]
        now, seen = names.after.get(name, key), read.get(key)
        if seen is None:
            # Not in the state: a run that broke off was to give it this key, and did not; or dropped what was deleted.
            # Who has the key now is somebody else's. Only a name that left, or has another key, may be there unread.
            out = now == key if name in names.after else guard.refreshed
            if goes_by_another or out:
                continue
        managed[change.kind.name, key] = Managed(
            name,
            moves_to="" if now == key else now,
            adopted=bool(seen.outs.get("adopted")) if seen else True,
            object_id=seen.object_id if seen else "",
            goes=name in goes,
        )
    return managed


def _count(session: Session, kind: Kind[Any], key: str) -> int:
    """How many live objects of a natural key there are."""
    if by_hand(session, kind):
        # Nobody can look; nothing of it is deleted or made by a run either.
        return 1
    session.listing(kind).complete()
    return len(candidates(kind, session, as_key(kind, key)))


def _leaving(
    session: Session, guard: Guard, change: Change, fates: Mapping[str, Fate], result: Judgement, *, emptied: bool
) -> list[str]:
    """Tell and judge what leaves of one kind; returns the names that would be harmed and that no permission covers."""
    kind = change.kind
    names = sorted(change.removed)
    harmed = [name for name in names if fates[name].harms]
    result.refusals += filter(None, (_undeletable(kind, change.seen.get(name), fates[name]) for name in names))
    lines = [marked("leaves", f"{kind.title} '{name}' leaves the file: {fates[name]}") for name in names]
    more = [f"{len(lines) - SHOWN} more of this kind leave the file"] if len(lines) > SHOWN else []
    result.said += lines[:SHOWN] + more
    new = [name for name in change.added if name not in change.heirs.values()]
    unasked = [name for name in harmed if not permitted("delete", kind.name, name, change.removed[name])]
    if unasked and (new := _made_anew(session, change, new)):
        result.refuse("was-missing", _ambiguous(kind, unasked, new))
    within = _within(guard, change, "delete", unasked, "be deleted or paused", result)
    every = len(change.managed) >= SEVERAL and set(change.managed) <= set(harmed)
    if unasked and every and within and not emptied:
        result.refuse("all-of-a-kind", _all_of_a_kind(kind, harmed))
    return unasked


def _undeletable(kind: Kind[Any], seen: Seen | None, fate: Fate) -> str:
    """Why the delete would be declined that a run makes of it, while a person has to act first; empty where not."""
    if fate.id != "by-hand" or seen is None or not isinstance(kind, BridgeKind):
        return ""
    return cannot_be_forgotten(kind, seen.object_id, seen.outs)


def _made_anew(session: Session, change: Change, names: list[str]) -> list[str]:
    """Those of the new names that are no other live object: only they can be a former one under a new name."""
    leaving = {seen.object_id for seen in change.seen.values()}
    if names:
        session.listing(change.kind).complete()
    return [
        name
        for name in names
        if not any(
            object_id not in leaving
            for object_id, _ in candidates(change.kind, session, as_key(change.kind, change.added[name]))
        )
    ]


def _ambiguous(kind: Kind[Any], harmed: list[str], new: list[str]) -> str:
    # Permissions for the first few alone would end in the next refusal.
    names = [permission("delete", kind.name, name) for name in harmed]
    whole = permission("delete", kind.name)
    gone = setting(*([whole] if len(harmed) > NAMED or whole in names else names))
    new_ones = "is new" if len(new) == 1 else "are new"
    former, now = max(product(harmed[:SHOWN], new[:SHOWN]), key=lambda pair: SequenceMatcher(None, *pair).ratio())
    return (
        f"{_some(kind, harmed)} would be deleted or paused while {_some(kind, new)} {new_ones}. Is that a new name for "
        f"it? Then say so with `was: {former}` in the entry of '{now}'. If the old one is really to go, run once "
        f"with {gone}, or remove it in a change of its own"
    )


def _all_of_a_kind(kind: Kind[Any], names: list[str]) -> str:
    return (
        f"all {len(names)} objects of the kind {kind.title} would be deleted or paused: {_some(kind, names)}. If that "
        f"is meant, run once with {setting(permission('delete', kind.name))}; or remove them in more than one change"
    )


def _nothing_left(names: Mapping[Kind[Any], list[str]]) -> str:
    some = "; ".join(_some(kind, each) for kind, each in names.items())
    allow = setting(*(permission("delete", kind.name) for kind in names))
    return (
        f"nothing is declared any more, and this would be deleted or paused: {some}. If that is meant, run once with "
        f"{allow}"
    )


def _some(kind: Kind[Any], names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:NAMED])
    return f"{kind.title} {shown}" + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _vanished(guard: Guard, change: Change, result: Judgement) -> None:
    gone = [name for name, key in change.vanished.items() if not permitted("recreate", change.kind.name, name, key)]
    _within(guard, change, "recreate", gone, "be made again, because they vanished from the account", result)


def _within(
    guard: Guard, change: Change, action: Action, names: list[str], consequence: str, result: Judgement
) -> bool:
    """Whether the limit allows so many; refused where it does not."""
    limit = guard.limit(change.kind, action)
    most = limit.most(change.size)
    if most is None or len(names) <= most:
        return True
    said = (
        f"{len(names)} of {change.size} objects of the kind {change.kind.title} would {consequence}: "
        f"{_some(change.kind, names)}. The limit of `{action}` in stacks/policy.yaml is {limit} (none below {FEW} "
        f"objects), here {most}. If all of it is meant, run once with {setting(permission(action, change.kind.name))}"
    )
    result.refuse("limit", said)
    return False
