"""The fields that decide what is booked and told: a mark for each that an account file can say."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

from trackform.account_file.references import references
from trackform.account_file.sections import SECTIONS
from trackform.flow.booking import STATUSES
from trackform_redtrack.conversion_type import Duplicates

Effect = Literal["decides", "none", "unknown"]


@dataclass(frozen=True)
class FieldMark:
    """Whether a field changes what is booked or told.

    Attributes:
        effect: `decides` is simulated; `none` changes nothing; `unknown` leaves what it is set in unproven.
        why: for all but what decides; completes "it is set, and …" where nothing is known.
        proved: of a field that decides, the values that the proof knows; any other leaves it unproven. Empty: all.
        harmless: of a field that is unknown, the values that change nothing.
    """

    effect: Effect
    why: str = ""
    proved: frozenset[str] = frozenset()
    harmless: tuple[object, ...] = ()


Marks = Mapping[str, FieldMark]


def _decide(*names: str) -> Marks:
    return dict.fromkeys(names, FieldMark("decides"))


def _none(why: str, *names: str) -> Marks:
    return dict.fromkeys(names, FieldMark("none", why))


def _unknown(why: str, *names: str, harmless: tuple[object, ...] = ()) -> Marks:
    return dict.fromkeys(names, FieldMark("unknown", why, harmless=harmless))


LABEL = "it names or describes"
COST = "it counts what clicks cost"
WHO = "it decides who is sent where, not what a sale books"
LIFE = "it says how the object is made, kept or given up, not what it does"
LINK = "it stands in tracking links, which end at the click"
CAP = "what RedTrack does with conversions beyond it is not published"
ELSEWHERE = "it tells somebody of clicks or conversions in a way that no `forward` shows"
PAYOUTS = "it is a payout of its own, and which one wins over the postback's `sum` is not published"

UNPUBLISHED = "RedTrack's values for it are not published"

OPTIONS: Marks = {
    **_none(LIFE, "adopt", "on_delete", "mark", "enforce", "was", "protect", "id"),
    **_none("what is emptied is as if the file did not say it", "unset"),
    **_unknown("what the file says of these fields is not what is live once somebody changed them", "leave"),
    **_unknown("RedTrack's own rules for it are not modelled", "extra"),
}
"""Of every object. `extra` and `leave` are asked entry by entry."""

EXISTING = "existing"
REFERRED = "its fields are managed elsewhere"

FIELDS: Mapping[str, Marks] = {
    "domains": {
        **_decide("url", EXISTING),
        **_none(LABEL, "title", "workspace_ids"),
        **_none("where visitors go whose link leads nowhere", "fallback_url"),
        **_none("how the host is served", "use_auto_generated_ssl", "ssl", "type"),
    },
    "conversion_types": {
        **_decide("title", "duplicates", "forward"),
        **_none("a place for reports and mappings; what is booked goes by name", "slot"),
        **_none(LABEL, "role", "show_in_journey"),
    },
    "offer_sources": {
        **_decide("clickid", "sum", "currency", "click_expiration", "postback_protected", "postback_token"),
        "postback_mode": FieldMark("decides", UNPUBLISHED, frozenset(get_args(Duplicates))),
        **_unknown("its values and what they do are not published", "postback_status"),
        **_unknown("its values and what they do are not published", "status", harmless=("active",)),
        **_unknown(REFERRED, EXISTING),
        **_none(LABEL, "title", "alias", "preset_id", "notes"),
        **_none("it fills in a form of the web application; links are made here", "offer_url"),
        **_none("what it fills in is marked itself", "preset"),
        **_none("postbacks say their subs themselves, and only for the conversion log", "subs"),
    },
    "traffic_channels": {
        **_none(LABEL, "title", "alias", "preset_id", "preset", "type", "status"),
        **_unknown("whom it tells beside what `forward` says is managed elsewhere", EXISTING),
        **_none(COST, "currency", "cost_id", "cost_level", "cost_models"),
        **_none(LINK, "subs", "ref_id", "ref_id_alias", "external_id", "external_id_alias"),
        **_none("how a channel is told; what it is told says `forward`", "postback_url"),
        **_none("how visits are counted", "enable_impressions", "enable_direct_traffic"),
        **_unknown(ELSEWHERE, "postback_pixel", "google_analytics_key"),
    },
    "offers": {
        **_decide("status", "payout", "expires_at", "product", "offer_source", "url", "template", "variables"),
        "default_conversion_status": FieldMark("decides", UNPUBLISHED, frozenset(STATUSES)),
        **_unknown("its link and its offer source are managed elsewhere", EXISTING),
        **_unknown(CAP, "cap", harmless=(0,)),
        **_none(LABEL, "title", "category", "subcategory", "tags", "notes"),
        **_none(WHO, "countries", "clcap", "click_cap", "click_cap_period", "click_cap_type"),
        **_none("Digistore24 reports by it", "campaignkey"),
        **_none("it counts visits to a page", "script"),
    },
    "postbacks": {
        **_decide("events", "currency", "active", "type", "sum", "offer_source", "products", "event_id"),
        **_decide("token", "url", "template", "variables"),
        **_none("who is told when a postback fails", "notify"),
        **_none("every domain of the file leads to the account", "domain"),
        **_none("the marker by which its row is known", "name"),
    },
    "landings": {
        **_none(LABEL, "title", "type", "listicle", "tags", EXISTING),
        **_none("a page hands the click on as it is", "url", "domain"),
    },
    "funnels": {
        **_decide("expires_at", "filters", "offers"),
        **_unknown("which offers it holds is managed elsewhere", EXISTING),
        **_none(LABEL, "title", "template"),
        **_none("a page hands the click on as it is", "landings", "prelandings"),
    },
    "campaigns": {
        **_decide("status", "expires_at", "channel", "funnel", "funnels"),
        **_unknown("which offers its clicks reach, and whom it tells of their sales, is managed elsewhere", EXISTING),
        **_unknown(ELSEWHERE, "postbacks", harmless=([],)),
        **_none(LABEL, "title", "type", "tags", "notes"),
        **_none(COST, "cost_model", "cpc", "rev_share"),
        **_none(LINK, "domain", "redirect_type"),
        **_none("until it starts it buys no clicks", "starts_after"),
    },
    "scripts": {
        **_none(LABEL, "title", EXISTING),
        **_none("it counts visits to a page; a sale comes back with the click id of its link", "type",
                "attribution_type", "attribution_window", "cookie_domain", "campaign", "domain"),
    },
    "ipn_connections": _none(
        "a vendor's own receiver, which books nothing in RedTrack", "domain_id", "url", "categories", "transactions",
        "timing", "newsletter_send_policy", "title", "products", "passphrase",
    ),
    "products": {**_decide("id", "upsells", "billing", "guarantee")},
    "account": {**_decide("currency"), **_none("whose account it is", "redtrack_user")},
    "digistore24": {
        **_decide("currency"),
        **_none("whose account it is; who earns is a rule of its own", "account", "affiliate"),
        **_none("who is told when a postback fails", "notify"),
    },
}  # fmt: skip
"""Section of the account file -> what people can say there, by its name in the file."""

NESTED: Mapping[str, Marks] = {
    "FunnelMember": _decide("weight", "filters"),
    "FunnelShare": {**_decide("weight"), **_none(WHO, "optimization")},
    "Optimization": _none(
        WHO, "is_enabled", "metric", "conversion_types", "subs", "clicks_limit", "count", "limit", "multiplicator",
        "threshold", "winner_share_limit",
    ),
    "Filters": {
        **_decide(
            "country", "region", "city", "languages", "device_type", "device_brand", "device_model", "os", "os_version",
            "browser", "browser_version", "connection_type", "isp", "ip", "proxy_type", "referrer", "domain_referrer",
            "fraud",
        ),
        **_none("clicks with other subs come over the same link", "subs"),
        **_none("a first visit can be anybody's", "unique_visitor"),
    },
    "ValuesFilter": {
        **_decide("active", "exclude", "comparison_type", "values"),
        **_none("a number of RedTrack's that means nothing known", "kind"),
    },
    "SubsFilter": _none("clicks with other subs come over the same link", "active", "exclude", "comparison_type",
                        "kind", "items"),
    "Filter": _none("a first visit can be anybody's", "active", "exclude", "comparison_type", "kind"),
    "Sub": _none(LINK, "value", "alias", "hint", "role"),
    "Certificate": _none("how the host is served", "crt", "key"),
    "SecretRef": _decide("secret"),
}  # fmt: skip
"""Parts of what is declared, by the name of their model."""

EXTRA: Mapping[str, Marks] = {
    "offer_sources": {
        **_none("a detail in the conversion log", *(f"sub{number}" for number in range(1, 21))),
        **_none(LABEL, "workspace_ids", "hints"),
        **_none("it is computed by RedTrack, and compared with the postbacks of the file", "postback_url"),
        **_unknown("postbacks from other addresses are refused, and Digistore24 publishes none", "ip_whitelist"),
        **_unknown("postbacks from other addresses are refused, and Digistore24 publishes none",
                   "enable_ip_whitelist", harmless=(False,)),
        **_unknown("amounts are converted at rates of its own", "custom_rates"),
        **_unknown("what it books is not published", "event_tracking", harmless=(False,)),
        **_unknown("what RedTrack does with it is not published", "customer_fields", "customer_subs"),
        **_none("how buyers' data are kept", "cdp_hashing_personal_data_enabled"),
    },
    "traffic_channels": {
        **_none(LABEL, "workspace_ids", "formats"),
        **_none(COST, "custom_rates", "imp_cost_id"),
        **_none(LINK, "imp_id", "enable_parallel_tracking"),
        **_unknown(ELSEWHERE, "integration_id", "integration_types", "integrations", "pixels", "pixels_relations"),
    },
    "offers": {
        **_none(LABEL, "workspace_ids"),
        **_none("it warns of a cap", "cap_alert", "clcap_alert"),
        **_none("it is computed by RedTrack", "postback_url"),
        **_unknown("which click a sale is put down to is RedTrack's own rule", "fingerprint_settings"),
        **_unknown(ELSEWHERE, "pixels", "pixels_relations"),
    },
    "landings": _none(LABEL, "workspace_ids"),
    "campaigns": {
        **_none(LABEL, "workspace_ids", "creatives", "coupon", "source_campaign_id", "source_campaigns"),
        **_none("how pages are served", "cache_buster_enabled"),
        **_none("who is warned", "notifications"),
        **_none("it tells of clicks and impressions, not of sales", "click_postbacks", "impression_postbacks"),
        **_unknown(ELSEWHERE, "integration_postback", "integrations", "pixels"),
        **_unknown("what RedTrack does with it is not published", "rsoc_enabled", "publisher_details"),
        **_unknown(PAYOUTS, "custom_conv_type_conv_subs_geo_payouts", "custom_conv_type_conv_subs_payouts",
                   "custom_conv_type_geo_payouts", "custom_conversion_subs_payouts", "custom_conversion_type_payouts",
                   "custom_geo_os_payouts", "custom_geo_payouts", "custom_pub_payouts", "custom_pub_sub_geo_payouts",
                   "custom_pub_sub_payouts", "custom_type_payouts"),
        **_unknown("it holds conversions back", "custom_pub_sub_throttles", "custom_pub_throttles", "custom_throttles"),
    },
}  # fmt: skip
"""What `extra` can hold, by its name on the wire; what stands nowhere here is unknown."""

OWN_WORDS: Mapping[str, str] = {
    "name": "title", "product_ids": "products", "error_emails": "notify", "sha_passphrase": "passphrase",
}  # fmt: skip
"""Fields of the kinds that the file says in other words, beside its references."""

UNMODELLED = FieldMark("unknown", "nothing here knows it")


@cache
def mark_of(section: str, field: str) -> FieldMark | None:
    """The mark of a field, in the words of the file or of its kind; None where it has none."""
    own = FIELDS[section]
    held = references(section) if section in SECTIONS else ()
    said = next((each.key for each in held if field in each.fields), OWN_WORDS.get(field, field))
    return own.get(field) or own.get(said) or OPTIONS.get(field)


def mark_of_extra(section: str, field: str) -> FieldMark:
    """The mark of what stands under `extra`."""
    return EXTRA.get(section, {}).get(field, UNMODELLED)
