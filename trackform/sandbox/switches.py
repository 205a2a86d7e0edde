"""Switches for what is not known of the live services: ``--set name=value``, or over ``/_control``."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field


class Switches(BaseModel):
    """Switches for what is not known of the live services. The first value is the default."""

    model_config = ConfigDict(extra="forbid", validate_assignment=True)

    put: Annotated[
        Literal["merges", "replaces", "merges_deeply"],
        Field(
            description="what a RedTrack PUT does to fields that the body omits; merges_deeply: also within its maps"
        ),
    ] = "merges"
    deleted: Annotated[
        Literal["404", "status3"], Field(description="what GET of a deleted offer or campaign answers")
    ] = "404"
    empty_list: Annotated[Literal["null", "array"], Field(description="the body of a listing without rows")] = "null"
    post_networks: Annotated[
        Literal["allowed", "premium_only"], Field(description="whether this plan may POST /networks")
    ] = "allowed"
    bad_key: Annotated[
        Literal["401", "500", "200_error"], Field(description="what RedTrack answers to an API key it does not take")
    ] = "401"
    clickid: Annotated[
        Literal["with_braces", "without_braces"], Field(description="the stored form of an offer source's macros")
    ] = "with_braces"
    postback_url: Annotated[
        Literal["computed", "writable"], Field(description="whether an offer source's postback_url can be written")
    ] = "computed"
    campaign_list: Annotated[
        Literal["with_streams", "without_streams"],
        Field(description="whether rows of the campaign listing carry the nested stream"),
    ] = "with_streams"
    titles: Annotated[
        Literal["not_unique", "unique"], Field(description="whether a second object of one title is refused")
    ] = "not_unique"
    filters: Annotated[
        Literal["in_force", "all"],
        Field(description="which filters of a funnel and its members are shown; all: also those that are off"),
    ] = "in_force"
    missing_script: Annotated[
        Literal["400", "404"], Field(description="what a request for a script that does not exist answers")
    ] = "400"
    page_cap: Annotated[int, Field(ge=1, description="most rows of a page of an entity listing, whatever per asks")] = (
        100
    )
    missing_sum: Annotated[Literal["zero", "offer_payout"], Field(description="what a postback without sum books")] = (
        "zero"
    )
    negative_sum: Annotated[
        Literal["booked", "ignored"], Field(description="whether a postback with a negative sum is booked")
    ] = "booked"
    refund_amount: Annotated[
        Literal["negative", "positive", "zero"],
        Field(description="the sign of Digistore24's {amount_affiliate} on refunds and chargebacks"),
    ] = "negative"
    zero_sum: Annotated[
        Literal["booked", "missing"], Field(description="whether a postback with sum=0 has a sum, or counts as without")
    ] = "booked"
    notice_amount: Annotated[
        Literal["zero", "payment", "empty"],
        Field(description="what {amount_affiliate} and the other amounts say on events that move no money"),
    ] = "zero"
    return_ids: Annotated[
        Literal["own", "payments"],
        Field(description="whose {transaction_id} a refund or chargeback has: its own, or that of the payment"),
    ] = "own"
    upsell_ids: Annotated[
        Literal["own", "shared"], Field(description="whether products of one checkout have a {transaction_id} each")
    ] = "own"
    rebill_type: Annotated[
        Literal["as_bought", "rebill"],
        Field(description="{order_type} of rebills and instalments: that of the first payment, or rebill"),
    ] = "as_bought"
    retries: Annotated[
        Literal["same", "anew"],
        Field(description="whether {random}, {billing_status} and the times are rendered anew when delivered again"),
    ] = "same"
    currency_macro: Annotated[
        Literal["converted", "purchase"],
        Field(description="what {currency} names where the connection converts: its own currency, or the buyer's"),
    ] = "converted"
    repeated_parameter: Annotated[
        Literal["first", "last"], Field(description="which value of a postback's repeated parameter counts")
    ] = "first"
    expiration_unit: Annotated[
        Literal["days", "hours"], Field(description="the unit of an offer source's click_expiration")
    ] = "days"
    link_cid: Annotated[
        Literal["kept", "lost"],
        Field(description="whether cid survives aff= and #aff= links and those of go.….digistore24.com"),
    ] = "kept"
    duplicates: Annotated[
        Literal["per_click", "per_click_and_type"], Field(description="what makes a second conversion a duplicate")
    ] = "per_click"
    event_ids: Annotated[
        Literal["within_type", "across_types"], Field(description="where rdtk_event_id values are compared")
    ] = "within_type"
    utc_offset: Annotated[
        Literal["text", "number"],
        Field(description="Digistore24's utc_offset: +00:00, or a number as a client that others wrote reads it"),
    ] = "text"
    products: Annotated[
        Literal["published", "named"],
        Field(
            description="listProducts and getProduct: short rows, and a row under product, as published; or whole "
            "rows under products, and the bare row, as a client that others wrote reads them"
        ),
    ] = "published"
    latency: Annotated[float, Field(ge=0, description="seconds added to every answer")] = 0.0
    requests_per_minute: Annotated[
        int, Field(ge=0, description="requests a key may make in a minute before 429 with Retry-After; 0 is no limit")
    ] = 0
    ipn_info_missing: Annotated[
        Literal["N", "error"], Field(description="what ipnInfo answers for a connection that does not exist")
    ] = "N"
