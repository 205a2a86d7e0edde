"""Digistore24's user data: an account's name, which stands in its promolinks."""

from trackform.sandbox.digistore24.catalog import VENDOR, VENDOR_NAME
from trackform.sandbox.store import Row, Store

# The example of published code. Whether an account that is only an affiliate gets API keys is not known.
ROLES = "user,affiliate,merchant"


def user_name(store: Store, account: str) -> str:
    """The account's Digistore24 ID (login name), which is the affiliate name of its promolinks."""
    if account == VENDOR:
        return VENDOR_NAME
    row = store.get(account, "user", "user")
    return str(row["name"]) if row else f"affiliate{account}"


def rename(store: Store, account: str, name: str) -> None:
    store.put(account, "user", {"id": "user", "name": name})


def info(store: Store, account: str) -> Row:
    """The answer of getUserInfo."""
    return {
        "user_id": int(account),
        "user_name": user_name(store, account),
        "granted_roles": ROLES,
        "granted_roles_msg": "User,Affiliate,Vendor",
    }
