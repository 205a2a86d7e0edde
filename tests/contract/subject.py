"""The bridge under test, one kind of object at a time, and what a run leaves behind: nothing."""

import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.contract.document import Held

Row = dict[str, Any]
SETS = ("product_ids", "events", "error_emails")
TYPES, CONNECTIONS = "conversion-types", "postback-connections"
SLOTS = range(20, 0, -1)
"""The last slots first: the least likely to have a history."""
HOST = "contract.invalid"
"""A name that can never exist: what fires nevertheless reaches nobody."""


class NoRoomError(Exception):
    """The account has no free slot for a conversion type of this run."""


@dataclass
class Subject:
    """Objects of one kind at one bridge, in one account."""

    path: str
    url: str
    key: str
    account: str
    transport: httpx.BaseTransport
    product: str = "1"
    run: str = field(default_factory=lambda: f"contract-{secrets.token_hex(4)}")

    def __post_init__(self) -> None:
        self.held = Held(self.transport, self.url)
        self.http = httpx.Client(transport=self.held, base_url=self.url.rstrip("/"), timeout=120)
        self.used: set[int] = set()
        self.count = 0
        self.before = {row["id"]: row for row in self.rows()}

    @property
    def is_types(self) -> bool:
        return self.path == TYPES

    def call(self, method: str, object_id: str = "", **options: Any) -> httpx.Response:
        headers = options.pop("headers", {"Authorization": f"Bearer {self.key}", "X-Account": self.account})
        path = f"/{self.path}/{object_id}" if object_id else f"/{self.path}"
        return self.http.request(method, path, headers=headers, **options)

    def pages(self, per: int) -> tuple[list[Row], set[int]]:
        """(all rows, every total that was told)."""
        rows: list[Row] = []
        totals: set[int] = set()
        # A bridge that ignores the page would go on for ever.
        for page in range(1, 60):
            body = self.call("GET", params={"page": page, "per": per}).json()
            totals.add(body["total"])
            if not body["items"]:
                break
            rows += body["items"]
        return rows, totals

    def rows(self) -> list[Row]:
        return self.pages(100)[0]

    def ours(self) -> list[Row]:
        return [row for row in self.rows() if self.is_ours(row)]

    def is_ours(self, row: Row) -> bool:
        return self.run.casefold() in str(row["name" if self.is_types else "url"]).casefold()

    def sample(self, **fields: Any) -> Row:
        """What can be posted: an identity that nobody else has, and every field other than its default."""
        self.count += 1
        if not self.is_types:
            mark = f"{self.run}-{self.count}"
            body: Row = {
                "product_ids": [self.product], "events": ["payment", "refund"], "currency": "USD", "active": False,
                "url": f"https://{HOST}/postback?clickid={{cid}}&type={{order_type}}&sub20=tf.{mark}",
                "error_emails": ["nobody@contract.invalid"],
            }  # fmt: skip
            return body | fields
        taken = {row["slot"] for row in self.before.values()} | self.used
        slot = next((slot for slot in SLOTS if slot not in taken), None)
        if slot is None:
            raise NoRoomError(f"no free slot of {len(SLOTS)} for a conversion type of the test")
        self.used.add(slot)
        body = {"slot": slot, "name": f"{self.run}-{self.count}", "duplicates": "by_event_id", "role": "Purchase"}
        return body | {"show_in_journey": False} | fields

    def other(self, body: Row) -> Row:
        """The same object, otherwise declared."""
        return body | ({"role": "", "duplicates": "ignore"} if self.is_types else {"events": ["chargeback"]})

    def made(self, body: Row) -> Row:
        answer = self.call("POST", json=body)
        assert answer.status_code == 201, f"POST of a new object answered {answer.status_code}: {answer.text}"
        row: Row = answer.json()
        return row

    def clean(self) -> None:
        """Delete what this run made, and look whether everything else is as it was."""
        for row in self.ours():
            self.call("DELETE", row["id"])
        after = {row["id"]: row for row in self.rows()}
        self.used.clear()
        assert after == self.before, "objects that were there before the test are not as they were, or some were left"


def plain(row: Row) -> Row:
    """The declared fields, with lists as sets."""
    return {
        name: sorted(value) if name in SETS else value
        for name, value in row.items()
        if name not in ("id", "account", "created_at", "updated_at")
    }
