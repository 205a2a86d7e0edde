"""Offer: one product of an offer source, with the link that visitors are sent to."""

from typing import Annotated

from pydantic import Field

from trackform_core.model.kind import Declared, SharedFields, TextSet
from trackform_core.model.markers import Books, Directs, Exact, Initial, Link, OfAccount, RefTo
from trackform_core.model.wire import Wire, sorted_or_none
from trackform_redtrack.base import WORKSPACES, ByStatus, Status, Tags


class OfferFields(SharedFields):
    status: Status
    payout: Annotated[
        float | None,
        Field(
            default=None, ge=0, description="Fixed payout in the offer source's currency, where postbacks tell none."
        ),
        Wire("payment.amount"),
        Books,
    ]
    countries: Annotated[
        TextSet | None,
        Field(default=None, description="Countries it is offered in, ISO codes."),
        Wire("country_codes", decode=sorted_or_none),
        Exact(),
        Directs,
    ]
    category: str | None = Field(default=None, description="Category, one of RedTrack's list.")
    subcategory: str | None = Field(default=None, description="Subcategory.")
    tags: Tags
    notes: str | None = Field(default=None, description="Free text.")
    cap: Annotated[int | None, Field(default=None, ge=0, description="Most conversions a day."), Initial, Directs]
    clcap: Annotated[int | None, Field(default=None, ge=0, description="Most clicks a day."), Initial, Directs]
    click_cap: Annotated[
        int | None, Field(default=None, ge=0, description="Most clicks in a period."), Initial, Directs
    ]
    click_cap_period: Annotated[str | None, Field(default=None, description="The period of `click_cap`."), Initial]
    click_cap_type: Annotated[str | None, Field(default=None, description="What `click_cap` counts."), Initial]
    default_conversion_status: Annotated[
        str | None, Field(default=None, description="Status of conversions that tell none."), Books
    ]
    expires_at: Annotated[str | None, Field(default=None, description="When it ends, ISO time in UTC."), Directs]


class OfferArgs(OfferFields, Declared):
    title: str = Field(description="Name in RedTrack; the natural key.")
    url: Annotated[
        str,
        Field(description="The promolink with `cid={clickid}`."),
        Books,
        Link,
        OfAccount("it credits an affiliate, and each account earns for its own"),
    ]
    offer_source_id: Annotated[
        str, Field(description="`object_id` of its offer source."), RefTo("offer_source"), Wire("program_id")
    ]
    script_id: Annotated[
        str | None, Field(default=None, description="`object_id` of the script on its page."), RefTo("script")
    ]


class OfferKind(ByStatus):
    name = "offer"
    title = "offer"
    path = "offers"
    mark_in = "tags"
    model = OfferArgs
    served = ByStatus.served | {"network_title"}
    may_compute = frozenset({"postback_url"})
    more_markers = {  # noqa: RUF012 -- a mapping that nobody writes to
        **dict.fromkeys(("pixels", "pixels_relations"), (OfAccount("pixels belong to accounts at the channels"),)),
        "postback_url": (OfAccount("it leads to the account's tracking domain"),),
        "workspace_ids": (WORKSPACES,),
    }
    more = frozenset(
        [
            "cap_alert",
            "clcap_alert",
            "fingerprint_settings",
            "pixels",
            "pixels_relations",
            "postback_url",
            "workspace_ids",
        ]
    )


KIND = OfferKind()
