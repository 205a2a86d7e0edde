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
REDTRACKS_OWN = frozenset(
    ["clickid", "campaignid", "campaignname", "offerid", "offername", "networkid", "networkname", "sourceid",
     "trafficsourcename", "ref_id", "offer_payout", "cust_payout", "clicktime", "landerid", "landername",
     "prelanderid", "prelandername", "postbackid", "rt_source", "rt_medium", "rt_campaign", "rt_adgroup", "rt_ad",
     "rt_placement", "rt_keyword", "rt_campaignid", "rt_adgroupid", "rt_adid", "rt_placementid", "rt_role_1",
     "rt_role_2", *(f"sub{n}" for n in range(1, 21))]
)  # fmt: skip
"""Tokens of RedTrack that nobody else is known to have (its help on tokens; the lists of two public clients)."""
REDTRACK = REDTRACKS_OWN | frozenset(
    ["country", "countryname", "region", "city", "isp", "ip", "os", "osversion", "browser", "browserver", "brand",
     "model", "language", "useragent", "connectiontype", "referrerdomain", "timestamp", "external_id", "status", "type",
     "palias", "lpkeyua"]
)  # fmt: skip
"""All of its known tokens. Its help cuts its own lists off: there may be more."""
DIGISTORE24S_OWN = DIGISTORE24 - REDTRACK - {"currency", "random"}
"""Macros of Digistore24 that RedTrack does not have, as far as anybody knows."""
CHANNELS_OWN = frozenset(
    ["ad.id", "adset.id", "campaign.id", "ad.name", "adset.name", "campaign.name", "site_source_name", "gclid",
     "wbraid", "gbraid", "fbclid", "ttclid", "campaign_item_id", "matchtype", "adgroupid", "adposition"]
)  # fmt: skip
"""Macros that only ad channels have: Facebook's, Google's, Taboola's. `{site}` or `{keyword}` may be anybody's."""

FOREIGN: dict[str, frozenset[str]] = {
    "Digistore24": (REDTRACKS_OWN | VENDOR | CHANNELS_OWN) - DIGISTORE24,
    "RedTrack": (DIGISTORE24S_OWN | VENDOR | CHANNELS_OWN) - REDTRACK,
    # Channels are many, and their click ids go by any name: also by {cid} and {clickid}.
    "The channel": frozenset(
        name for name in DIGISTORE24S_OWN | REDTRACKS_OWN
        if name.startswith(("amount_", "billing_", "transaction_", "merchant_", "rt_"))
        or name in ("order_type", "upsell_no", "ref_id", "offer_payout", "cust_payout")
    ),
    "Nobody": frozenset(),
}  # fmt: skip
"""Who fills a URL -> macros that are known to be somebody else's."""
KNOWN: dict[str, frozenset[str]] = {"Digistore24": DIGISTORE24, "RedTrack": REDTRACK}
"""Who fills a URL -> all macros that it is known to have. What a channel has, no list here tells."""

MACRO = re.compile(r"(?<!\{)\{([A-Za-z0-9_.-]+)\}(?!\})")
WRONG_BRACES = re.compile(
    r"\{\{[^{}&]*\}\}|(?<=[=/_.-])(?:\[[A-Za-z0-9_.]+\]|\(\w+\)|<\w+>)(?![=\w])|%7[Bb][A-Za-z0-9_.]+(?:%7[Dd])?|\$\{\w+\}"
    r"|\{[A-Za-z0-9_.]*(?=[&?#/]|$)|(?<=[=/&-])[A-Za-z0-9_.]+\}"
)
"""What looks like a macro with the braces of another system, or with one brace only."""


PLACEHOLDER_MACRO = re.compile(
    r"\{(?:replace(?:[_-]?(?:me|this|or[_-]remove))?|event[_-]?name|your[_-][\w-]+)\}|\[event[_-]name\]", re.IGNORECASE
)
"""RedTrack's words for what is to be written by hand: in the postback that it suggests, and in channel templates."""
PLACEHOLDER = re.compile(
    r"(?i:replace[_-]?(?:me|this|or[_-]remove)|change[_-]?me|placeholder|event[_-]name|your[_-]\w+[_-](?:name|id))|REPLACE|TODO|TBD|x{3,12}|X{3,12}"
    r"|(?:YOUR|INSERT|ENTER)[_-][A-Z0-9_-]+|PRODUCT(?:[_-]ID)?|AFFILIATE(?:[_-](?:ID|NAME))?|CAMPAIGN[_-]?KEY"
    r"|(?:ACCOUNT|ADVERTISER|CAMPAIGN|CLICK|CONTENTLINK|CONVERSION|EVENT|GOAL|OFFER|PIXEL)[_-](?:ID|NAME|TYPE|VALUE)|EVENT"
    r"|EVENTNAME|(?:<|%3[Cc])[\w .-]+(?:>|%3[Ee])"
)
"""A whole part of a URL that somebody was to fill in: `EVENT_NAME` of RedTrack's Taboola preset, the words of
Digistore24's help on promolinks, and what people write."""


def is_known(by: str, macro: str) -> bool:
    """Whether whoever fills the URL has the macro, as far as its lists tell; of a channel nobody here can say."""
    if by not in KNOWN or macro in KNOWN[by]:
        return True
    return by == "Digistore24" and macro.startswith("utm_")
