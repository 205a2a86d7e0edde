"""Status of a declaration: compared with what the ledger says was confirmed. Pure."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from trackform_core.model.compare import Comparison, left_alone
from trackform_core.model.postback_token import join_token
from trackform_core.model.wire import Row, Values
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Ledger, LedgerEntry, secret_fingerprint

AWAITING = "awaiting operator"
CONFIRMED = "confirmed"


def key_of(kind: BridgeKind, values: Values) -> str:
    """The ledger's key of a declared object."""
    return f"{kind.heading}/{kind.identity(values)}"


@dataclass(frozen=True)
class Confirmation:
    """A declared object beside what people confirmed of it; ``entry`` is ``None`` where nobody did.

    A fingerprint is slow to compute, so each is computed once.
    """

    kind: BridgeKind
    declared: Values
    entry: LedgerEntry | None

    @cached_property
    def comparison(self) -> Comparison:
        """The entry as a row of the bridge contract, beside the declaration; empty where nothing was confirmed.

        The ledger holds a fingerprint in place of a secret. Where it is the fingerprint of the declared one, the row
        has the secret itself: the two are the same.
        """
        return Comparison(self.kind, _row(self.kind, self.entry, self.declared) if self.entry else {}, self.declared)

    @cached_property
    def open_fields(self) -> dict[str, tuple[Any, Any]]:
        """Field -> (confirmed, declared), where somebody still has to enter something."""
        leave = left_alone(self.declared) if self.entry else ()
        return {name: values for name, values in self.comparison.differing.items() if name not in leave}

    @property
    def status(self) -> str:
        return AWAITING if self.entry is None or self.open_fields else CONFIRMED


def _row(kind: BridgeKind, entry: LedgerEntry, declared: Values) -> Row:
    row = dict(entry.fields)
    for name in kind.secret & row.keys():
        wanted = declared.get(name)
        if isinstance(wanted, str) and secret_fingerprint(entry.key, wanted) == row[name]:
            row[name] = wanted
    if "url" in row:
        row["url"] = join_token(row["url"], row.pop("token", None))
    return row


def entry_for(kind: BridgeKind, inputs: Values) -> LedgerEntry:
    """Not looked up anywhere: the fields of ``inputs`` as an entry would hold them, without who and when."""
    key = key_of(kind, inputs)
    fields = {name: inputs[name] for name in kind.fields if name in inputs}
    for name in kind.secret & fields.keys():
        fields[name] = secret_fingerprint(key, fields[name])
    if inputs.get("on_delete"):
        # Who reads the ledger after the object left the file has to know what was to become of it.
        fields["on_delete"] = inputs["on_delete"]
    return LedgerEntry(key, fields, "", "")


def is_to_go(kind: BridgeKind, policy: str | None) -> bool:
    """Whether an object with this ``on_delete``, or none, is to be removed once nothing declares it."""
    return (policy or kind.on_delete) == "delete"


def confirmation(kind: BridgeKind, declared: Values, ledger: Ledger) -> Confirmation:
    return Confirmation(kind, declared, ledger.entries.get(key_of(kind, declared)))
