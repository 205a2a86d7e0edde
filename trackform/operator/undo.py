"""Confirmations taken back: what the ledger said before comes back, as git has it, or nothing."""

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from trackform.account_file.sections import SECTIONS, Composition
from trackform.operator.channels import CHANNEL_ID, entries_of
from trackform.operator.channels import SECTION as CHANNELS
from trackform.operator.step import Secrets
from trackform.operator.steps import inputs_of
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger, LedgerEntry
from trackform_core.no_api.status import key_of


@dataclass(frozen=True)
class Confirmed:
    """A step that somebody confirmed.

    Attributes:
        id: as the step was called.
        key: of its entry in the ledger.
        entry: what was confirmed; None for a removal.
        before: what the ledger said of it at the last commit, where that was something else.
        is_declared: whether the file asks for it.
    """

    id: str
    key: str
    entry: LedgerEntry | None
    before: LedgerEntry | None = None
    is_declared: bool = False

    def is_done(self, *, destroy: bool = False) -> bool:
        """Whether nothing of it is left to do: it is there and is to be, or is gone and is to be."""
        return (self.entry is not None) == (self.is_declared and not destroy)

    def is_confirmed(self, *, destroy: bool = False) -> bool:
        """Whether there is a confirmation to take back: of what is there, or of a removal.

        What the file declares and the ledger says nothing of was not removed but taken back, unless all is given up.
        """
        return self.entry is not None or (self.before is not None and (destroy or not self.is_declared))

    @property
    def said(self) -> str:
        """When and by whom, as far as it is known."""
        return f"since {self.entry.confirmed}, by {self.entry.by}" if self.entry else "its entry is gone"

    def undone(self, ledger: Ledger) -> Ledger:
        """The ledger without the confirmation."""
        without = ledger.without(self.key)
        return without.with_entry(self.before) if self.before else without


def confirmed_steps(
    composition: Composition, ledger: Ledger, committed: Ledger, secrets: Secrets = lambda _: None
) -> list[Confirmed]:
    """What was confirmed: each entry, and each removal that was not committed yet.

    ``committed`` is the ledger as the last commit has it.
    """
    ids = _ids(composition, ledger, secrets)
    confirmed = []
    for key in sorted({*ledger.entries, *committed.entries}):
        entry, before = ledger.entries.get(key), committed.entries.get(key) or _renamed(key, ledger, committed)
        name = ids.get(key, _id(key, entry or before))
        confirmed.append(Confirmed(name, key, entry, None if before == entry else before, key in ids))
    return confirmed


def _renamed(key: str, ledger: Ledger, committed: Ledger) -> LedgerEntry | None:
    """What the last commit has of the channel of this entry under a former name, which the confirmation took away."""
    entry = ledger.entries.get(key)
    channel = entry.fields.get(CHANNEL_ID) if entry and key.startswith(f"{CHANNELS}/") else None
    former = entries_of(committed, {channel}) if channel else []
    return next((each for each in former if each.key not in ledger.entries), None)


def _ids(composition: Composition, ledger: Ledger, secrets: Secrets) -> dict[str, str]:
    """Key of the ledger -> id of the step of what is declared."""
    bridged = [wanted for wanted in composition.objects if isinstance(wanted.kind, BridgeKind)]
    keys = {
        key_of(wanted.kind, inputs_of(wanted, ledger, secrets)[0]): f"{wanted.section}/{wanted.name}"
        for wanted in bridged
        if isinstance(wanted.kind, BridgeKind)
    }
    channels = [f"traffic_channels/{name}" for name in composition.account.file.traffic_channels]
    return keys | {key: key for key in channels}


def _id(key: str, entry: LedgerEntry | None) -> str:
    """Of what is not declared: by the name that it had."""
    section, _, identity = key.partition("/")
    named = entry.fields.get("name") if entry and section in SECTIONS else None
    return f"{section}/{named or identity}"


def fitting(confirmed: Sequence[Confirmed], pattern: str) -> list[Confirmed]:
    """Those that a command line names: by the step's id, the ledger's key, or a pattern."""
    named = [each for each in confirmed if pattern in (each.id, each.key)]
    return named or [each for each in confirmed if fnmatch.fnmatchcase(each.id, pattern)]
