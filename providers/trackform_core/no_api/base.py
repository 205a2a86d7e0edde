"""The base of the two kinds without a public API: rows of the bridge, and identities that nobody hands out."""

from collections.abc import Iterator
from typing import ClassVar

from trackform_core.http.rows import readable, unreadable
from trackform_core.model.kind import Kind, OnDelete, Removal
from trackform_core.model.wire import Row, Values, Wire
from trackform_core.no_api.bridge import Bridge

OVER_THE_BRIDGE = "over the bridge"


class BridgeKind(Kind[Bridge]):
    """A kind at one path of the bridge, or in the hands of a person.

    A state that was made without a bridge has identities for ids (``tf.sales``); a bridge hands out ids of its own.
    Both are understood, so that a stack can change from one way to the other and back.
    """

    path: ClassVar[str]
    heading: ClassVar[str]
    """Where its entries stand in the ledger: the section of the account file."""
    served = frozenset({"id", "account", "created_at", "updated_at"})
    owner = "account"
    computed: ClassVar = {"status": Wire("(status)", decode=lambda value: value or OVER_THE_BRIDGE)}

    def identity(self, values: Values) -> str:
        """The object's own name for itself, from its declared fields: the same on every way to reach it."""
        raise NotImplementedError

    def is_identity(self, object_id: str) -> bool:
        """Whether an id is such a name, not one that a bridge handed out."""
        raise NotImplementedError

    def pages(self, client: Bridge) -> Iterator[tuple[list[Row], int | None]]:
        return client.pages(self.path)

    def get(self, client: Bridge, object_id: str) -> Row | None:
        request = f"{self.path}/{object_id}"
        row = client.get(request)
        if row is not None:
            return readable(self, row, object_id, f"GET /{request}")
        return self._identified(client, object_id) if self.is_identity(object_id) else None

    def create(self, client: Bridge, body: Row) -> Row:
        row = client.post(self.path, body)
        # Made, but not as it is shown: it is looked for, as after an answer that was lost.
        return {} if unreadable(self, row) else row

    def update(self, client: Bridge, object_id: str, body: Row) -> Row | None:
        row = client.put(f"{self.path}/{self._bridge_id(client, object_id)}", body)
        return None if unreadable(self, row) else row

    def delete(self, client: Bridge, object_id: str, row: Row, policy: OnDelete) -> Removal:  # noqa: ARG002
        client.delete(f"{self.path}/{row.get('id') or object_id}")
        return Removal("was deleted", gone=True)

    def _bridge_id(self, client: Bridge, object_id: str) -> str:
        row = self.get(client, object_id) if self.is_identity(object_id) else None
        return str(row["id"]) if row else object_id

    def _identified(self, client: Bridge, identity: str) -> Row | None:
        for rows, _ in client.pages(self.path):
            for row in rows:
                fields = {name: wire.read(row, {}) for name, wire in self.fields.items()}
                if self.identity(fields) == identity:
                    return row
        return None
