"""IPN connections, by ipnSetup, ipnInfo and ipnDelete: one per API key and ``domain_id``."""

import random
import string
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from trackform.sandbox.digistore24.errors import ApiError, Code
from trackform.sandbox.store import Row, Store

REQUIRED = ("ipn_url", "name", "product_ids")
TRANSACTIONS = (
    "payment", "refund", "chargeback", "payment_missed", "payment_denial", "rebill_cancelled", "rebill_resumed",
    "last_paid_day", "all",
)  # fmt: skip
DEFAULTS = {
    "domain_id": "",
    "categories": "orders",
    "transactions": "payment,refund,chargeback,payment_missed",
    "timing": "before_thankyou",
    "newsletter_send_policy": "end_policy_send_always",
}
TIMINGS = ("before_thankyou", "delayed")
PASSPHRASE_LIMIT = 63
RANDOM_PASSPHRASE = 30
FIRST_ID = 300_000


class Ipn:
    """The IPN connections of one API key.

    ``owner`` stands for the key: the pair of key and ``domain_id`` is unique (published), so two keys of one account
    do not see each other's. The URL is not called at setup, which the live service does.
    """

    def __init__(self, store: Store, account: str, owner: str, rng: random.Random) -> None:
        self._store = store
        self._account = account
        self._owner = owner
        self._rng = rng

    def setup(self, given: Mapping[str, Any]) -> Row:
        """Create the connection, or update it in place when its ``domain_id`` is known (seen in client code).

        Raises:
            ApiError: a parameter is missing or not accepted.
        """
        missing = [name for name in REQUIRED if not given.get(name)]
        if missing:
            raise _bad(f"missing parameters: {', '.join(missing)}")
        settings = {name: str(given.get(name) or "") for name in REQUIRED}
        settings |= {name: str(given.get(name) or default) for name, default in DEFAULTS.items()}
        _check_url(settings["ipn_url"])
        unknown = [name for name in settings["transactions"].split(",") if name.strip() not in TRANSACTIONS]
        if unknown:
            raise _bad(f"unknown transactions: {', '.join(unknown)}")
        if settings["timing"] not in TIMINGS:
            raise _bad(f"timing is one of {', '.join(TIMINGS)}")
        passphrase = self._passphrase(given.get("sha_passphrase"))
        with self._store.atomic():
            key = self._row_id(settings["domain_id"])
            known = self._store.get(self._account, "ipn", key)
            number = known["ipn_id"] if known else FIRST_ID + self._store.serial("", "ipn")
            row = {"id": key, "ipn_id": number, "settings": settings, "sha_passphrase": passphrase}
            self._store.put(self._account, "ipn", row)
        return {
            "created": "N" if known else "Y",
            "updated": "Y" if known else "N",
            "deleted": "N",
            "domain_id": settings["domain_id"],
            "sha_passphrase": passphrase,
            "ipn_config_id": number,
            "ipn_id": number,
        }

    def info(self, domain_id: str, missing: Literal["N", "error"]) -> Row:
        """The settings as they were passed (published); what a missing connection answers is a switch."""
        row = self._store.get(self._account, "ipn", self._row_id(domain_id))
        if row is not None:
            return {"have_settings": "Y", **row["settings"]}
        if missing == "error":
            raise ApiError(Code.NOT_FOUND, f"no IPN connection with the domain id {domain_id!r}")
        return {"have_settings": "N"}

    def delete(self, domain_id: str) -> Row:
        """Deleting what is not there is harmless (seen in client code)."""
        gone = self._store.remove(self._account, "ipn", self._row_id(domain_id))
        return {"modified": "Y" if gone else "N"}

    def _row_id(self, domain_id: str) -> str:
        return f"{self._owner}:{domain_id}"

    def _passphrase(self, given: Any) -> str | None:
        if not given:
            return None
        if len(str(given)) > PASSPHRASE_LIMIT:
            raise _bad(f"sha_passphrase is longer than {PASSPHRASE_LIMIT} characters")
        if given == "random":
            return "".join(self._rng.choices(string.ascii_letters + string.digits, k=RANDOM_PASSPHRASE))
        return str(given)


def _check_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme != "https":
        raise _bad("Please only use secure URLs with https://")
    host = (parts.hostname or "").lower()
    if "." not in host or host.startswith("127.") or host.endswith(".localhost"):
        raise _bad(f"ipn_url: {host or 'no host'} cannot be reached from outside")


def _bad(message: str) -> ApiError:
    return ApiError(Code.BAD_FUNCTION_PARAMS, message)
