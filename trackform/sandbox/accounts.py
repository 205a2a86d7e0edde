"""Accounts by API key: any key makes one on first use. Keys are never kept; their SHA-256 is, once revoked."""

import hashlib
import re
from datetime import datetime

from trackform.sandbox.clock import stamp
from trackform.sandbox.store import Row, Store

REDTRACK = "redtrack"
DIGISTORE24 = "digistore24"
NOBODYS = "not-a-key"
"""What begins so is a key of no account: every other text makes one on first use."""
DIGISTORE24_KEY = re.compile(r"(\d+)-.+")


def digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def redtrack_account(key: str) -> str:
    """The RedTrack ``user_id`` of a key: 24 hex digits. What follows a ``~`` tells keys of one account apart."""
    return digest(key.partition("~")[0])[:24]


def digistore24_account(key: str) -> str:
    """The Digistore24 account id of a key: the digits that its keys begin with, else six digits of our own."""
    shaped = DIGISTORE24_KEY.fullmatch(key)
    return shaped[1] if shaped else str(100000 + int(digest(key)[:8], 16) % 900000)


def revoke(store: Store, key: str) -> None:
    store.put("", "_revoked", {"id": digest(key)})


def is_revoked(store: Store, key: str) -> bool:
    """Whether a key is nobody's: no longer, or never."""
    return key.startswith(NOBODYS) or store.get("", "_revoked", digest(key)) is not None


def remember(store: Store, service: str, account: str, now: datetime) -> Row:
    """The account's own row, made on first use; ``currency`` is the account's currency, USD unless edited."""
    with store.atomic():
        known = store.get(account, "account", service)
        if known:
            return known
        row = {"id": service, "service": service, "account": account, "currency": "USD", "created_at": stamp(now)}
        return store.put(account, "account", row)


def known_accounts(store: Store, service: str | None = None) -> list[Row]:
    rows = [row for _, row in store.everywhere("account")]
    return [row for row in rows if service in (None, row["service"])]


def dedicated_domain(account: str) -> str:
    """The domain every RedTrack account has: five characters below ``ttrk.io`` (seen in client code)."""
    return f"{account[:5]}.ttrk.io"
