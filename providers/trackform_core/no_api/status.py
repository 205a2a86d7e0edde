"""What is declared against what the ledger says was confirmed. Pure."""

from typing import Any

from trackform_core.model.compare import differences, left_alone
from trackform_core.model.postback_token import join_token
from trackform_core.model.wire import Row, Values
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import Entry, Ledger, secret_fingerprint

AWAITING = "awaiting operator"
CONFIRMED = "confirmed"


def key_of(kind: BridgeKind, values: Values) -> str:
    """The ledger's key of a declared object."""
    return f"{kind.heading}/{kind.identity(values)}"


def row_of(kind: BridgeKind, entry: Entry | None, declared: Values) -> Row:
    """The entry as a row of the bridge contract; empty where nothing was confirmed.

    The ledger holds a fingerprint in place of a secret. Where it is the fingerprint of the declared one, the row has
    the secret itself: the two are the same.
    """
    if entry is None:
        return {}
    row = dict(entry.fields)
    for name in kind.secret & row.keys():
        wanted = declared.get(name)
        if isinstance(wanted, str) and secret_fingerprint(entry.key, wanted) == row[name]:
            row[name] = wanted
    if "url" in row:
        row["url"] = join_token(row["url"], row.pop("token", None))
    return row


def open_fields(kind: BridgeKind, inputs: Values, entry: Entry | None) -> dict[str, tuple[Any, Any]]:
    """Field -> (confirmed, declared), where somebody still has to enter something."""
    found = differences(kind, row_of(kind, entry, inputs), inputs)
    if entry is None:
        return found
    leave = left_alone(inputs)
    return {name: values for name, values in found.items() if name not in leave}


def status_of(kind: BridgeKind, inputs: Values, entry: Entry | None) -> str:
    return AWAITING if entry is None or open_fields(kind, inputs, entry) else CONFIRMED


def entry_for(kind: BridgeKind, inputs: Values) -> Entry:
    """Not looked up anywhere: the fields of ``inputs`` as an entry would hold them, without who and when."""
    key = key_of(kind, inputs)
    fields = {name: inputs[name] for name in kind.fields if name in inputs}
    for name in kind.secret & fields.keys():
        fields[name] = secret_fingerprint(key, fields[name])
    if inputs.get("on_delete"):
        # Who reads the ledger after the object left the file has to know what was to become of it.
        fields["on_delete"] = inputs["on_delete"]
    return Entry(key, fields, "", "")


def confirmed(kind: BridgeKind, inputs: Values, ledger: Ledger) -> Entry | None:
    return ledger.entries.get(key_of(kind, inputs))
