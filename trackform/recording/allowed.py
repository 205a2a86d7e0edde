"""What a recording keeps as it is: words that the services publish, and none that a person wrote."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from trackform.sandbox.redtrack import fields

PATHS = frozenset(
    [
        "campaigns", "offers", "networks", "sources", "landings", "streams", "domains", "scripts", "conversions",
        "tracks", "me",
    ]
)  # fmt: skip
"""First words of RedTrack's paths that are asked for."""
FUNCTIONS = frozenset(
    [
        "getUserInfo", "ping", "listTransactions", "listCommissions", "listPurchases", "listCurrencies", "ipnInfo",
        "ipnSetup", "ipnDelete", "validateAffiliate", "listProducts", "getProduct",
    ]
)  # fmt: skip
"""Functions of Digistore24 that are called."""
PATH_WORDS = PATHS | FUNCTIONS | {"settings", "status", "v2", "clone"}

HEADERS = frozenset(
    [
        "content-type", "retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset",
        "x-ratelimit-limit-minute", "x-ratelimit-remaining-minute",
    ]
)  # fmt: skip
"""Those that matter to a client."""

MEDIA_TYPES = frozenset(
    ["application/json", "application/problem+json", "application/xml", "text/html", "text/plain", "text/xml"]
)  # fmt: skip

ASKED = frozenset(
    ["page", "per", "status", "page_no", "page_size", "sort_by", "sort_order", "search[role]", "language", "total_stat"]
)
"""Parameters of requests whose values are ours."""

OF_EVERY_FIELD = frozenset({"Y", "N"})
"""How Digistore24 writes yes and no."""

_COUNTS = frozenset(range(13))

ENUMS: Mapping[str, frozenset[object]] = {
    "status": frozenset({1, 2, 3, "active", "paused", "deleted", "approved", "pending", "declined", "error"}),
    "type": frozenset({"l", "p", "landing", "prelanding", "track", "campaign"}),
    "result": frozenset({"success", "error"}),
    "code": _COUNTS,
    "transaction_type": frozenset({"payment", "refund", "chargeback", "refund_request"}),
    "billing_type": frozenset({"single_payment", "subscription", "installment"}),
    "billing_status": frozenset({"paying", "completed", "aborted", "unpaid", "reminding"}),
    "order_type": frozenset({"live", "test", "initial_sale", "upsell", "rebill"}),
    "default_conversion_status": frozenset({"approved", "pending", "declined"}),
    "cost_model": frozenset({"CPC", "CPA", "CPM", "POPCPM", "REVSHARE", "DONOTTRACK"}),
    "comparison_type": frozenset({"EQ"}),
    "currency": frozenset({"USD", "EUR", "GBP", "CHF"}),
}
"""Field -> the values that its service publishes, or that were seen in client code."""

MACROS = frozenset(
    [
        "cid", "clickid", "amount_affiliate", "amount_affiliate_abs", "amount_brutto",
        "amount_netto", "currency", "product_id", "order_id", "transaction_id", "transaction_type",
        "billing_type", "billing_status", "order_type", "upsell_no", "is_test", "campaignkey",
        "sum", "datetime_unix", "datetime_full", "datetime_utc", "random",
    ]
)  # fmt: skip

FIELD = re.compile(r"[a-z]+(?:_[a-z]+)*\d{0,2}")
"""What names of published fields look like."""
LONGEST_FIELD = 40

_STATISTICS = ("clicks", "conversions", "revenue", "total_conversions", "total_revenue", "cost", "profit", "roi")
_NUMBERED = tuple(f"{stem}{number}" for stem in ("sub", "p_sub", "type", "convtype") for number in range(1, 41))
_ENVELOPES = (
    [
        "items", "total", "general_total", "error", "result", "message", "data", "code",
        "api_version", "current_time", "runtime_seconds", "timezone", "utc_offset", "user_id",
        "user_name", "granted_roles", "granted_roles_msg", "server_time", "transaction_list",
        "purchase_list", "item_count", "page_count", "page_no", "page_size", "summary",
        "have_settings", "note", "products",
    ]
)  # fmt: skip


OPEN_MAPS = frozenset({"integrations", "integration_types", "notifications", "publisher_details", "rates"})
"""Fields whose maps the published spec leaves open: their keys, and all below, are what somebody wrote."""


def known_fields() -> frozenset[str]:
    """Names of published fields: kept although a value may read the same."""
    models = (each for name, each in vars(fields).items() if name.isupper() and isinstance(each, dict))
    return frozenset(name for model in models for name in _names(model)).union(
        ENUMS, map(str, ENUMS["currency"]), _NUMBERED, _ENVELOPES, _STATISTICS
    )


def _names(model: Mapping[str, Any]) -> Iterator[str]:
    for name, kind in model.items():
        yield name
        inner = kind[0] if isinstance(kind, list) else kind
        if isinstance(inner, dict):
            yield from _names(inner)


def is_field(name: str) -> bool:
    """Whether a key looks like the name of a field, and not like somebody's data."""
    return len(name) <= LONGEST_FIELD and FIELD.fullmatch(name) is not None
