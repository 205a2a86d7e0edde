"""Fires postback connections: sends an order event to those that cover it, and keeps each delivery."""

import re
from typing import Any

from trackform.sandbox.flow.macros import fill, times, values_of
from trackform.sandbox.flow.orders import EventRecord
from trackform.sandbox.store import Row
from trackform.sandbox.world import Sandbox

TOKEN = re.compile(r"([?&]ptoken=)[^&#]*", re.IGNORECASE)

# What a connection's list of order events calls each event of ours; None is sent to no connection.
CONNECTION_EVENTS: dict[str, str | None] = {
    "sale": "payment",
    "upsell": "payment",
    "add_on": "payment",
    "rebill": "payment",
    "instalment": "payment",
    "test_order": "payment",
    "refund": "refund",
    "partial_refund": "refund",
    "chargeback": "chargeback",
    "chargeback_reversed": "payment",
    "missed_payment": "payment_missed",
    "rebill_cancelled": "rebill_cancelled",
    "rebill_resumed": "rebill_resumed",
    "last_paid_day": "last_paid_day",
    "payment_denial": "payment_denial",
    "refund_request": None,
}

HIDDEN = ("values", "booking", "item")
RANDOM = "{random}"


def shown(delivery: Row) -> Row:
    """A delivery as the controls show it."""
    return {name: value for name, value in delivery.items() if name not in HIDDEN}


class Firing:
    """Fires the connections of one Digistore24 account."""

    def __init__(self, sandbox: Sandbox, account: str) -> None:
        self._sandbox = sandbox
        self._account = account

    def fire(self, event: str, record: EventRecord, *, connection_id: str | None = None) -> list[Row]:
        """One GET for every active connection that covers the product and the event, in order of their creation.

        ``connection_id`` sends to that one only, whatever it covers: the form's Test button.

        Raises:
            KeyError: there is no connection with this id.
        """
        store = self._sandbox.store
        rows = store.rows(self._account, "connection")
        if connection_id is not None:
            targets = [row for row in rows if row["id"] == connection_id]
            if not targets:
                raise KeyError(connection_id)
        else:
            wanted = CONNECTION_EVENTS[event]
            product = record.item["product_id"]
            targets = [
                row
                for row in rows
                if row["active"] and wanted in row["events"] and {"all", product} & set(map(str, row["product_ids"]))
            ]
        batch = store.serial(self._account, "delivery batch")
        return [
            self._send(
                connection,
                values_of(record, self._sandbox.switches, connection["currency"], self._account)
                | self._chance(connection),
                {
                    "batch": batch,
                    "event": event,
                    "repeat": False,
                    "booking": record.transaction["id"],
                    "item": record.item["upsell_no"],
                },
            )
            for connection in targets
        ]

    def _chance(self, connection: Row) -> dict[str, str]:
        """The macro ``{random}``, where the connection has it."""
        return {"random": fill(RANDOM, {}, self._sandbox.rng)} if RANDOM in connection["url"] else {}

    def repeat(self, purchase: Row, transaction_id: str | None) -> list[Row]:
        """Deliver an event of the order once more, to the connections that still exist; the last one by default.

        The same values, or, as the switch says, what changes rendered anew.
        """
        store = self._sandbox.store
        deliveries = [row for row in store.belonging(self._account, "delivery", purchase["id"]) if not row["repeat"]]
        if transaction_id is None:
            chosen = [row for row in deliveries if row["batch"] == deliveries[-1]["batch"]]
        else:
            chosen = [row for row in deliveries if str(row["booking"]) == transaction_id]
        targets = ((row, store.get(self._account, "connection", row["connection_id"])) for row in chosen)
        return [
            self._send(
                connection,
                row["values"] | self._anew(purchase, row, connection),
                {name: row[name] for name in ("batch", "event", "booking", "item")} | {"repeat": True},
            )
            for row, connection in targets
            if connection is not None
        ]

    def _anew(self, purchase: Row, delivery: Row, connection: Row) -> dict[str, str]:
        """What a repetition renders anew."""
        if self._sandbox.switches.retries == "same":
            return {}
        status = purchase["items"][delivery["item"]]["billing_status"]
        return times(self._sandbox.clock.now()) | {"billing_status": status} | self._chance(connection)

    def _send(self, connection: Row, values: dict[str, str], about: dict[str, Any]) -> Row:
        url = fill(connection["url"], values, self._sandbox.rng)
        status, body = self._sandbox.deliver(url)
        store = self._sandbox.store
        delivery = {
            "id": str(store.serial(self._account, "delivery")),
            "account": self._account,
            "connection_id": connection["id"],
            **about,
            "order_id": values["order_id"],
            "transaction_id": values["transaction_id"],
            "at": self._sandbox.clock.now().isoformat(timespec="milliseconds"),
            # The token is the one secret of a postback URL; everything else is evidence.
            "url": TOKEN.sub(r"\1***", url),
            "status": status,
            "body": body,
            "values": values,
        }
        return store.put(self._account, "delivery", delivery)
