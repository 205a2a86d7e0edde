"""The fields of RedTrack's published models: their names and JSON types. Answers hold these and nothing else."""

from typing import Any

from trackform.sandbox.redtrack.problems import RedTrackProblem

Type = str | dict[str, "Type"] | list["Type"]
Model = dict[str, Type]
"""Field to type: a JSON Schema type name, a mapping for a nested model, a list of one for an array of it."""

PYTHON = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def model(*, nested: Model | None = None, **by_type: str) -> Model:
    """A model from the names of its fields, given by type and separated by spaces."""
    return {name: kind for kind, names in by_type.items() for name in names.split()} | (nested or {})


def numbered(prefix: str, upto: int, kind: str) -> Model:
    return {f"{prefix}{n}": kind for n in range(1, upto + 1)}


SUB = model(string="alias hint role value")
SUBS: Model = numbered("sub", 20, "string")
RATES = model(boolean="is_enabled", object="rates")
PIXEL_RELATION = model(string="created_at id")
PAYOUT_CONDITION = model(string="op", number="value")
POSTBACK = model(
    string="json_body url", array="events goals statuses", boolean="match_event not_send_update",
    number="custom_payout payment_percent", integer="request_method", nested={"payout_conditions": [PAYOUT_CONDITION]},
)  # fmt: skip
SSL = model(string="crt error expires key", boolean="active")
VALUES_FILTER = model(boolean="active exclude", string="comparison_type", integer="kind", array="values")
VISIT_FILTER: Model = {name: kind for name, kind in VALUES_FILTER.items() if name != "values"}
VALUED: Model = dict.fromkeys(
    ("browser", "browser_version", "city", "connection_type", "country", "device_brand", "device_model", "device_type",
     "domain_referrer", "fraud", "ip", "isp", "languages", "os", "os_version", "proxy_type", "referrer", "region"),
    VALUES_FILTER,
)  # fmt: skip
FILTERS: Model = VALUED | {"subs": VISIT_FILTER | {"items": SUBS}, "unique_visitor": VISIT_FILTER}
STREAM_ITEM = model(string="id name", integer="weight", nested={"filters": FILTERS})
OPTIMIZATION = model(
    integer="clicks_limit count limit winner_share_limit", array="conversion_types subs", string="metric",
    boolean="is_enabled", number="multiplicator threshold",
)  # fmt: skip

STREAM = model(
    string="expires_at id title user_id", boolean="template",
    nested={"filters": FILTERS, "landings": [STREAM_ITEM], "offers": [STREAM_ITEM], "prelandings": [STREAM_ITEM]},
)  # fmt: skip
CAMPAIGN_STREAM: Model = {"id": "string", "optimization": OPTIMIZATION, "stream": STREAM, "weight": "integer"}
NETWORK = model(
    string="id title alias status preset_id offer_url clickid sum postback_url postback_mode postback_status"
    " postback_token ip_whitelist currency notes created_at updated_at user_id",
    boolean="cdp_hashing_personal_data_enabled enable_ip_whitelist event_tracking postback_protected",
    integer="click_expiration offer_count serial_number", array="customer_fields workspace_ids", object="stat",
    nested={**SUBS, "subs": [SUB], "customer_subs": [SUB], "hints": SUBS, "custom_rates": RATES},
)  # fmt: skip
OFFER = model(
    string="id title url program_id network_title category subcategory click_cap_period click_cap_type"
    " default_conversion_status expires_at notes postback_url script_id created_at updated_at user_id",
    integer="status cap clcap click_cap serial_number", boolean="cap_alert clcap_alert",
    array="country_codes pixels tags workspace_ids", object="fingerprint_settings stat",
    nested={"payment": {"amount": "number"}, "pixels_relations": [PIXEL_RELATION]},
)  # fmt: skip
CAMPAIGN = model(
    string="id title source_id source_title source_campaign_id domain_id type cost_model coupon expires_at"
    " trackback_url impression_url postback_url created_at updated_at user_id",
    integer="status redirect_type serial_number", number="cpc rev_share", boolean="cache_buster_enabled rsoc_enabled",
    array="click_postbacks creatives custom_conv_type_conv_subs_geo_payouts custom_conv_type_conv_subs_payouts"
    " custom_conv_type_geo_payouts custom_conversion_subs_payouts custom_conversion_type_payouts custom_geo_os_payouts"
    " custom_geo_payouts custom_pub_payouts custom_pub_sub_geo_payouts custom_pub_sub_payouts custom_pub_sub_throttles"
    " custom_pub_throttles custom_throttles custom_type_payouts impression_postbacks notes source_campaigns tags"
    " workspace_ids",
    object="integrations notifications publisher_details stat",
    nested={
        "streams": [CAMPAIGN_STREAM], "postbacks": [POSTBACK], "pixels": [POSTBACK], "integration_postback": POSTBACK,
    },
)  # fmt: skip
SOURCE = model(
    string="id title alias preset_id status type ref_id ref_id_alias external_id external_id_alias cost_id cost_level"
    " currency google_analytics_key imp_cost_id imp_id integration_id postback_pixel postback_url created_at updated_at"
    " user_id",
    integer="campaign_count serial_number", array="cost_models formats pixels workspace_ids",
    object="integration_types integrations stat",
    boolean="enable_direct_traffic enable_impressions enable_parallel_tracking",
    nested={"subs": [SUB], "custom_rates": RATES, "pixels_relations": [PIXEL_RELATION]},
)  # fmt: skip
DOMAIN = model(
    string="id url type fallback_url registry_expiry_date created_at user_id", boolean="use_auto_generated_ssl",
    array="workspace_ids", nested={"ssl": SSL, "acme": SSL},
)  # fmt: skip
LANDING = model(
    string="id title url type domain_id created_at updated_at user_id", boolean="listicle", integer="serial_number",
    array="tags workspace_ids", object="stat",
)  # fmt: skip
SCRIPT = model(
    string="id name campaign_id domain_id cookie_domain script_code",
    integer="script_type attribution_type attribution_window", boolean="is_auto_generated reg_view_once",
)  # fmt: skip
SETTINGS = model(
    string="id user_id created_at updated_at",
    object="table_acquisition table_ad_creatives table_adverts table_auto_optimization_report table_campaigns"
    " table_campaigns_report table_click_forwarding table_clicks table_conversions table_conversions_report"
    " table_costs table_ip_report table_landings table_networks table_networks_report table_offers"
    " table_offers_report table_postbacks table_postbacks_int table_product_report table_publishers"
    " table_publishers_statistics table_sources table_sources_report",
)
CONVERSION = model(
    string="id clickid campaign campaign_id offer offer_id network program_id source source_id type event status"
    " currency deduplicate_token ref_id postback_ip created_at conv_time track_time",
    number="cost cost_default cost_source payout payout_default payout_network",
    integer="default_type duplicate_status is_transaction",
    nested={**SUBS, **numbered("p_sub", 20, "string"), **numbered("type", 40, "integer")},
)  # fmt: skip
TRACK = model(
    string="id campaign campaign_id offer offer_id network program_id source source_id ref_id track_time user_id",
    number="cost", nested=SUBS,
)  # fmt: skip
UPLOAD = model(string="campaign_id clickid created_at type", number="payout")


def check_types(body: dict[str, Any], fields: Model, label: str) -> None:
    """Refuse a value of the wrong JSON type, as a typed decoder does; null and unknown fields pass.

    Raises:
        Problem: 400 that names the field. The wording is the sandbox's.
    """
    for name, value in body.items():
        if name in fields:
            _check(value, fields[name], f"{label}.{name}")


def _check(value: Any, kind: Type, where: str) -> None:
    if value is None:
        return
    if isinstance(kind, str):
        expected: Any = PYTHON[kind]
        if not isinstance(value, expected) or (isinstance(value, bool) and kind != "boolean"):
            raise RedTrackProblem(400, f"cannot unmarshal {type(value).__name__} into field {where} of type {kind}")
        return
    outer: Any = dict if isinstance(kind, dict) else list
    if not isinstance(value, outer):
        raise RedTrackProblem(400, f"cannot unmarshal {type(value).__name__} into field {where}")
    if isinstance(kind, dict):
        check_types(value, kind, where)
    else:
        for item in value:
            _check(item, kind[0], where)


def published(row: Any, kind: Type) -> Any:
    """The row with the fields of the published model only, nested models included."""
    if isinstance(kind, dict) and isinstance(row, dict):
        return {name: published(row[name], inner) for name, inner in kind.items() if name in row}
    if isinstance(kind, list) and isinstance(row, list):
        return [published(item, kind[0]) for item in row]
    return row
