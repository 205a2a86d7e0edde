"""The macros of both systems, and the values that Digistore24's can send.

Sources: Digistore24's help on S2S postbacks; RedTrack's help on tokens; where marked, client code.
"""

import re

TYPE_VALUES: dict[str, tuple[str, ...]] = {
    "order_type": ("initial_sale", "upsell"),
    "transaction_type": ("payment", "refund", "chargeback"),
    "billing_type": ("single_payment", "subscription", "installment"),
    "billing_status": ("paying", "completed", "aborted"),
}
"""The four macros that can fill RedTrack's one `type`, with the values that Digistore24's help names."""

FURTHER_VALUES: dict[str, tuple[str, ...]] = {
    "billing_status": ("unpaid", "reminding"),
    "transaction_type": ("refund_request",),
}
"""Values that other interfaces of Digistore24 have for the same thing: whether the macro sends them is not known."""

NOTICES = ("payment_missed", "payment_denial", "rebill_cancelled", "rebill_resumed", "last_paid_day")
"""Order events that move no money. What {transaction_type} says of them is not published."""

WRONG_AMOUNTS = ("amount_brutto", "amount_netto", "amount_brutto_abs", "amount_vendor")

DIGISTORE24 = frozenset(
    [
        "cid",
        "campaignkey",
        "country",
        "amount_affiliate",
        "amount_brutto",
        "amount_netto",
        "currency",
        "product_id",
        "product_name",
        "transaction_id",
        "transaction_type",
        "merchant_id",
        "merchant_name",
        "billing_status",
        "billing_type",
        "order_type",
        "upsell_no",
        "is_test",
        "affiliate_id",
        "affiliate_name",
        "datetime_unix",
        "datetime_full",
        "datetime_utc",
        "random",
        "sid1",
        "sid2",
        "sid3",
        "sid4",
        "sid5",
        "order_id",
        "amount_affiliate_abs",
        "amount_brutto_abs",
    ]
)
"""Macros of an affiliate's connection; sid1 to order_id and the `_abs` amounts are seen in client code only."""
VENDOR = frozenset(["first_name", "last_name", "company", "email", "amount_vendor"])
"""Macros that only a vendor's connection fills (seen in a tracker's guide)."""
REDTRACK = frozenset(
    ["clickid", "campaignid", "offerid", "networkid", "sourceid", "ref_id", "offer_payout", "cust_payout", "replace",
     "replace_me", "replace_or_remove", *(f"sub{n}" for n in range(1, 21))]
)  # fmt: skip
CHANNELS = frozenset(
    [
        "ad.id",
        "adset.id",
        "campaign.id",
        "ad.name",
        "adset.name",
        "campaign.name",
        "site_source_name",
        "placement",
        "gclid",
        "wbraid",
        "gbraid",
        "fbclid",
        "ttclid",
        "campaign_id",
        "campaign_name",
        "campaign_item_id",
        "site",
        "site_id",
        "click_id",
        "keyword",
        "matchtype",
        "adgroupid",
        "creative",
    ]
)
"""Macros of ad channels: Facebook's, Google's, Taboola's."""

MACRO = re.compile(r"(?<!\{)\{([A-Za-z0-9_.-]+)\}(?!\})")
WRONG_BRACES = re.compile(
    r"\{\{[^{}&]*\}\}|\[[A-Za-z0-9_.]+\]|\(\w+\)|%7[Bb][A-Za-z0-9_.]+(?:%7[Dd])?|\$\{\w+\}|<\w+>"
    r"|\{[A-Za-z0-9_.]*(?=[&?#/]|$)|(?<=[=/&-])[A-Za-z0-9_.]+\}"
)
"""What looks like a macro with the braces of another system, or with one brace only."""


def is_known(macro: str) -> bool:
    return macro in DIGISTORE24 or macro.startswith("utm_")
