"""Whether a change may be made at all: what leaves the file, and how much changes at once. Knows no Pulumi.

One guard a session. It hears of every object that this process reads, is armed by the `Account`'s check, which all
other resources wait for, and refuses before the first write. `pulumi destroy` runs no program and is outside.
"""

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trackform_core.errors import Refused
from trackform_core.guard.limits import DEFAULTS, NO_WRITE, Action, Limit, Limits
from trackform_core.lifecycle.fate import Fate, kept
from trackform_core.lifecycle.lookup import label
from trackform_core.model.kind import Kind
from trackform_core.model.messages import marked, refused
from trackform_core.model.wire import Values
from trackform_core.session.permissions import permission, permitted, setting
from trackform_core.session.session import Session

log = logging.getLogger("trackform")


def by_hand(session: Session, kind: Kind[Any]) -> bool:
    """Whether a person brings objects of this kind into being: a run writes none, and shows each until it is done."""
    return kind.service.acts_for is not None and not session.settings.url(kind.service)


@dataclass(frozen=True)
class Seen:
    """An object of the state, as this process was asked to read it.

    Attributes:
        key: its natural key as the state has it.
        key_today: the one that the live object has; empty where it is gone.
    """

    object_id: str
    key: str
    outs: Values
    gone: bool = False
    key_today: str = ""


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
    spared: dict[tuple[str, str], Fate] = field(default_factory=dict)
    """(kind, id) -> why an object that leaves the file is left alone, as the preview told: a delete keeps to it."""
    changing: dict[str, set[str]] = field(default_factory=dict)
    lock: Any = field(default_factory=threading.Lock)

    def limit(self, kind: Kind[Any], action: Action) -> Limit:
        return (self.limits or {}).get(kind.name, {}).get(action, DEFAULTS[action])

    def of(self, kind: Kind[Any]) -> list[Seen]:
        with self.lock:
            return list(self.seen.get(kind.name, {}).values())

    def note_read(self, kind: Kind[Any], object_id: str, outs: Values, live: Values | None) -> None:
        """A refresh asked for this object; ``outs`` are the state's, ``live`` those of today, None where it is gone."""
        names = ("adopted", "existing", "on_delete", "account_id", "owner", kind.key)
        # Whether a person has to remove it first depends on all that was declared of it.
        kept = dict(outs) if kind.service.acts_for else {name: outs[name] for name in names if name in outs}
        kept["changed_outside"] = (live or {}).get("changed_outside")
        with self.lock:
            of_kind = self.seen.setdefault(kind.name, {})
            key = str(outs.get(kind.key, ""))
            today = "" if live is None else str(live.get(kind.key, key))
            of_kind[object_id] = Seen(object_id, key, kept, live is None, today)

    def join(self, other: "Guard") -> None:
        """What was read under another name of the same account counts as well."""
        if other is self:
            return
        with self.lock:
            for name, of_kind in other.seen.items():
                self.seen.setdefault(name, {}).update(of_kind)

    def note_change(
        self, session: Session, kind: Kind[Any], object_id: str, fields: Sequence[str], values: Values
    ) -> str:
        """Count an object of which ``fields`` are to be written; returns why one run may not change so many."""
        if self.limits is None or by_hand(session, kind) or not set(fields) - NO_WRITE:
            return ""
        if permitted("update", kind.name, str(values.get(kind.key))):
            return ""
        size = self.sizes.get(kind.name, 0)
        limit = self.limit(kind, "update")
        most = limit.most(size)
        with self.lock:
            ids = self.changing.setdefault(kind.name, set())
            ids.add(object_id)
            count = len(ids)
        if most is None or count <= most:
            return ""
        if count > most + 1:
            one_more = f"{label(kind, values)}: one more that would change, refused as told in full for another"
            return marked("as-told", one_more)
        return marked(
            "limit",
            f"{label(kind, values)}: more than {most} of {size} objects of this kind would change in one run. The "
            f"limit of `update` in stacks/policy.yaml is {limit}. If all of it is meant, run once with "
            f"{setting(permission('update', kind.name))}; or change fewer at a time",
        )

    def has_no_past(self, kind: Kind[Any], olds: Values) -> Refused | None:
        """Why this object, which is in the state, is left alone: its `Account` is not, and nothing was read.

        Without a past nobody can tell what would be changed, or go. None where there is one.
        """
        if not self.lost or self.refreshed:
            return None
        return refused(
            "account-lost",
            f"{label(kind, olds)} is in the state of this stack, and the stack's Account is not: it was taken out "
            "or renamed there, so this run does not know what else there is. Nothing was written. Run once "
            "without --refresh=false",
            shared="the stack's Account is not in its state, and this run read nothing",
        )

    def changed_outside(self, kind: Kind[Any], object_id: str) -> Values:
        """Initial fields of an object that people changed, where it was read in this process."""
        with self.lock:
            seen = self.seen.get(kind.name, {}).get(object_id)
        return seen.outs.get("changed_outside") or {} if seen else {}

    def may_delete(self, session: Session, kind: Kind[Any], outs: Values) -> None:
        """A run with ``--target`` passes the `Account` by, and with it every limit.

        Raises:
            Refused: neither was the `Account` checked, as `pulumi up` does, nor read, as `pulumi destroy` does.
        """
        key = str(outs.get(kind.key))
        names = key, str(outs.get("object_id"))
        if kept(kind, outs) or permitted("delete", kind.name, *names):
            return
        if session.checked and self.limits is not None:
            if (kind.name, key) in self.known or any(key in (seen.key, seen.key_today) for seen in self.of(kind)):
                return
            raise refused(
                "not-announced",
                f"{label(kind, outs)} is not deleted: the stack's Account did not know of it, so nobody was told that "
                f"it would go. Run again without --refresh=false; or, to delete it all the same, run once with "
                f"{setting(permission('delete', kind.name, *names))}",
            )
        if session.checked or self.refreshed:
            return
        raise refused(
            "account-unchecked",
            f"{label(kind, outs)} is not deleted: the stack's Account was not checked in this run. {self._unchecked()}"
            "Take it out of the account file and run `pulumi up` without --target; or, to delete it in a run like this "
            f"one, run once with {setting(permission('delete', kind.name, *names))}",
        )

    def _unchecked(self) -> str:
        """What helps the run as a whole: nobody tells it whether the Account is missing or was left out."""
        if not self.seen:
            return "It read nothing: for the whole stack run it again without --refresh=false. "
        return "Where the state has no Account any more, one `pulumi up` puts it there. "


def guard_of(session: Session) -> Guard:
    """The guard of a session; it ends with it."""
    return session.part(Guard)
