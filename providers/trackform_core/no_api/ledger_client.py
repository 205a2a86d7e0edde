"""The ledger in the place of a bridge, for whoever only reads: what was confirmed, as rows of the bridge contract."""

from collections.abc import Iterator

from trackform_core.model.vendors import kinds
from trackform_core.model.wire import Row
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import LedgerEntry, ledger_of


class LedgerClient:
    """Reads the ledger of one account. It writes nothing: a confirmation is a person's."""

    def __init__(self, account: str) -> None:
        self.account = account

    def pages(self, path: str) -> Iterator[tuple[list[Row], int | None]]:
        """All rows of one path, in one page."""
        heading = _heading(path)
        rows = [_row(entry) for entry in ledger_of(self.account).entries.values() if _part(entry, 0) == heading]
        yield rows, len(rows)

    def get(self, path: str) -> Row | None:
        """One row, by its path and identity."""
        path, _, identity = path.rpartition("/")
        return next((row for rows, _ in self.pages(path) for row in rows if row["id"] == identity), None)


def _heading(path: str) -> str:
    """What the ledger calls the kind at a path of the bridge contract."""
    return next(kind.heading for kind in kinds().values() if isinstance(kind, BridgeKind) and kind.path == path)


def _part(entry: LedgerEntry, place: int) -> str:
    return entry.key.partition("/")[::2][place]


def _row(entry: LedgerEntry) -> Row:
    fields = {name: value for name, value in entry.fields.items() if name not in ("token", "on_delete")}
    return {**fields, "id": _part(entry, 1), "updated_at": entry.confirmed}
