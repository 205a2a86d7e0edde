"""What becomes of the objects that leave the file. Decided for all kinds at once: what stays keeps what it uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from trackform_core.guard.changes import Change, Names
from trackform_core.guard.guard import Guard, Seen, by_hand
from trackform_core.guard.inventory import Inventory
from trackform_core.lifecycle.fate import Fate, kept
from trackform_core.lifecycle.lookup import candidates
from trackform_core.lifecycle.usage import User, marked_by_others, users
from trackform_core.model.kind import Kind
from trackform_core.session.permissions import VARIABLE, permitted
from trackform_core.session.session import Session

ASK_AT_MOST = 10
"""Objects of a kind whose clicks are asked for, one request each: RedTrack allows few a minute."""

Fates = dict[str, dict[str, Fate]]
"""Kind -> name -> what becomes of its object."""
Need = Literal["no", "maybe", "yes"]
"""Whether a live object will still refer to another one once the run is through."""


@dataclass(frozen=True)
class Departures:
    """All that decides: what is in the state, what the program declares now, and what it declared before.

    Attributes:
        changes: of each kind that has objects, by its name.
        names: the same, as the state has them and as the program has them.
        new: what the program declares, and the other stacks of the project with it.
        protected: kind -> names that Pulumi refuses to delete.
    """

    session: Session
    guard: Guard
    changes: Mapping[str, Change]
    names: Mapping[str, Names]
    new: Inventory
    protected: Mapping[str, Any]

    @cached_property
    def by_key(self) -> dict[tuple[str, str], str]:
        """(kind, natural key) -> the name that had it at the last run."""
        return {(kind, key): name for kind, names in self.names.items() for name, key in names.before.items()}

    def name_of(self, user: User) -> str:
        """The name of a live object in this stack; empty where it has none."""
        kind = user.kind
        seen = self.guard.seen.get(kind.name, {}).get(user.object_id)
        return self.by_key.get((kind.name, seen.key if seen else str(kind.key_of(user.row))), "")

    def ids_of(self, kind: Kind[Any], name: str) -> list[str]:
        """The ids of what leaves; of what was not read, those of the live objects of its key."""
        if seen := self.changes[kind.name].seen.get(name):
            return [seen.object_id]
        key = self.names[kind.name].before[name]
        ids = [seen.object_id for seen in self.guard.of(kind) if seen.key == key]
        if not ids and not by_hand(self.session, kind):
            ids = [object_id for object_id, _ in candidates(kind, self.session, as_key(kind, key))]
        return ids

    def id_of(self, kind: Kind[Any], name: str) -> str:
        """The id of what leaves; empty where it may be one of several."""
        ids = self.ids_of(kind, name)
        return ids[0] if len(ids) == 1 else ""


def decide(leaving: Departures) -> Fates:
    """The fate of each object that leaves; from now on a delete keeps to those that say "kept".

    Raises:
        ServiceError: whether others use it could not be asked.
    """
    fates: Fates = {name: _of_itself(leaving, change) for name, change in leaving.changes.items()}
    for name, change in leaving.changes.items():
        if not by_hand(leaving.session, change.kind):
            fates[name] |= _for_other_stacks(leaving, change.kind, fates[name])
    while any(_keep_what_is_used(leaving, change.kind, fates) for change in leaving.changes.values()):
        # What is kept uses others in turn.
        pass
    for kind in [change.kind for change in leaving.changes.values()]:
        for name, decided in fates[kind.name].items():
            if decided.id in ("kept-renamed", "kept-elsewhere", "kept-used"):
                leaving.guard.spared |= {(kind.name, object_id): decided for object_id in leaving.ids_of(kind, name)}
    return {name: of_kind for name, of_kind in fates.items() if of_kind}


def as_key(kind: Kind[Any], text: str) -> Any:
    """A natural key as the kind has it: a slot is a number, and an inventory holds texts."""
    return int(text) if kind.key == "slot" and text.isdecimal() else text


def _of_itself(leaving: Departures, change: Change) -> dict[str, Fate]:
    """What a run does to each by itself, whoever else needs it."""
    kind = change.kind
    # Those of an earlier version as well: whether they are still in the state, only the engine knows.
    fates = {name: _renamed(kind, name, heir) for name, heir in change.heirs.items()}
    protected = set(leaving.protected.get(kind.name, ()))
    for count, name in enumerate(sorted(change.removed), 1):
        if name not in fates:
            seen, asks = change.seen.get(name), count <= ASK_AT_MOST
            fates[name] = fate(leaving.session, kind, seen, protected=name in protected, asks=asks)
    return fates


def _renamed(kind: Kind[Any], name: str, heir: str) -> Fate:
    return Fate("kept-renamed", f"'{heir}' has the same {kind.key} and takes it over (`was: {name}` there renames it)")


def fate(session: Session, kind: Kind[Any], seen: Seen | None, *, protected: bool, asks: bool) -> Fate:
    """What a run would do to a live object, as far as this process can tell."""
    spared = _spared(session, kind, seen, protected=protected)
    if spared is not None or seen is None:
        return spared or Fate("deleted-unless-adopted")
    clicked = getattr(kind, "clicked", None)
    if seen.outs.get("on_delete") == "pause":
        return Fate("paused")
    if clicked is not None and permitted("delete-clicked", kind.name, seen.key, seen.object_id):
        return Fate("deleted-clicked", VARIABLE)
    if clicked is not None and not asks:
        return Fate("deleted-unless-clicked")
    if clicked is not None and clicked(session.client(kind.service), seen.object_id):
        return Fate("paused-clicked")
    return Fate("deleted")


def _spared(session: Session, kind: Kind[Any], seen: Seen | None, *, protected: bool) -> Fate | None:
    """The fate of a live object that is left alone; None where it is not, or where nobody can tell."""
    if protected:
        return Fate("protected")
    if seen is not None and seen.gone:
        return Fate("gone")
    if spared := kept(kind, seen.outs if seen else {}):
        return spared if seen else Fate("kept-unless-asked")
    return Fate("by-hand") if by_hand(session, kind) else None


def _for_other_stacks(leaving: Departures, kind: Kind[Any], fates: Mapping[str, Fate]) -> dict[str, Fate]:
    """Of what would be deleted or paused, that which another stack of the project declares or has marked."""
    others: dict[str, Fate] = {}
    for name in [name for name, each in fates.items() if each.harms]:
        row = leaving.session.listing(kind).row(object_id) if (object_id := leaving.id_of(kind, name)) else None
        other = (marked_by_others(kind, leaving.session, row) if row else None) or _declared_elsewhere(
            leaving, kind, name
        )
        others |= {name: other} if other else {}
    return others


def _declared_elsewhere(leaving: Departures, kind: Kind[Any], name: str) -> Fate | None:
    pin = kind.service.whose.pin
    key = leaving.names[kind.name].before[name]
    for stack, elsewhere in leaving.new.elsewhere.items():
        theirs = elsewhere.pins.get(pin)
        if key in elsewhere.keys.get(kind.name, ()) and theirs in (None, leaving.session.owner(kind.service)):
            said = f"'{stack}' declares it too (stacks/{stack}.yaml)"
            where = kind.service.whose.pin_in_file
            return Fate("kept-elsewhere", said if theirs else f"{said}; is that another account, pin it there: {where}")
    return None


def _keep_what_is_used(leaving: Departures, kind: Kind[Any], fates: Fates) -> bool:
    """Keep what others still refer to once the run is through; returns whether that changed anything."""
    if not kind.kept_while_used or by_hand(leaving.session, kind):
        return False
    changed = False
    for name, known in fates[kind.name].items():
        if not known.harms or known.id == "paused" or not (object_id := leaving.id_of(kind, name)):
            # Who asks for a pause knows that others use it.
            continue
        needs = {
            str(user): _need(leaving, kind, object_id, user, fates) for user in users(kind, leaving.session, object_id)
        }
        user = next((user for user, need in needs.items() if need == "yes"), "")
        now = Fate("kept-used", user) if user else known
        if not user and known.id == "deleted" and "maybe" in needs.values():
            now = Fate("deleted-unless-used")
        changed = changed or now != known
        fates[kind.name][name] = now
    return changed


def _need(leaving: Departures, kind: Kind[Any], object_id: str, user: User, fates: Fates) -> Need:
    name = leaving.name_of(user)
    if not name:
        return "yes"
    leaves = fates[user.kind.name].get(name)
    if leaves is not None and leaves.id != "kept-renamed":
        gone = leaves.id in ("deleted", "deleted-clicked", "gone")
        return "no" if gone else "maybe" if leaves.id.startswith("deleted") else "yes"
    # It stays, maybe under a new name: what it declares itself follows the file, which names what leaves no longer.
    name = name if leaves is None else leaving.changes[user.kind.name].heirs[name]
    if user.kind.name not in leaving.new.references:
        return "maybe"
    declared = leaving.new.references[user.kind.name].get(name, ())
    fields = [field for field, target in user.kind.references.items() if target == kind.name]
    holding = [field for field in fields if object_id in user.kind.used(user.row, field)]
    return "no" if holding and set(holding) <= set(declared) else "yes"
