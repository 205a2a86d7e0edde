"""TrafficChannel: where clicks are bought (RedTrack's API calls it a source)."""

from typing import Annotated

from pydantic import Field

from trackform_core.model.kind import Declared, SharedFields, TextSet
from trackform_core.model.markers import Books, Exact, ForAll, Initial, InLink, OfAccount, Tells
from trackform_core.model.wire import Wire, sorted_or_none
from trackform_redtrack.base import WORKSPACES, RedTrackKind, Subs, subs_from_wire, subs_to_wire

AD_ACCOUNT = "it belongs to an account at the channel"


class TrafficChannelFields(SharedFields):
    alias: str | None = Field(default=None, description="Short name.")
    preset_id: Annotated[
        str | None,
        Field(
            default=None,
            description="Id of RedTrack's own template. The server fills nothing in from it (inferred from client "
            "code).",
        ),
        ForAll,
    ]
    type: str | None = Field(default=None, description="RedTrack's category of the channel.")
    status: Annotated[str | None, Field(default=None, description="RedTrack's status text."), Initial]
    currency: Annotated[
        str | None,
        Field(default=None, description="Currency of the costs, ISO code."),
        Books,
        OfAccount("each account pays in a currency of its own"),
    ]
    subs: Annotated[
        Subs | None,
        Field(default=None, description="The channel's macros by position: the first is sub1, at most 20."),
        Wire("subs", subs_to_wire, subs_from_wire),
        Exact("a sub's place in the list is its number"),
        InLink,
    ]
    ref_id: Annotated[str | None, Field(default=None, description="The channel's click-id macro."), InLink]
    ref_id_alias: Annotated[
        str | None, Field(default=None, description="Parameter name for the channel's click id."), InLink
    ]
    external_id: Annotated[
        str | None, Field(default=None, description="The channel's macro for an id of its own."), InLink
    ]
    external_id_alias: Annotated[str | None, Field(default=None, description="Parameter name for it."), InLink]
    cost_id: Annotated[
        str | None, Field(default=None, description="The channel's macro for the cost of a click."), InLink
    ]
    cost_level: str | None = Field(default=None, description="At which level costs are updated.")
    cost_models: Annotated[
        TextSet | None,
        Field(default=None, description="Cost models the channel offers."),
        Wire("cost_models", decode=sorted_or_none),
        Exact(),
    ]
    postback_url: Annotated[
        str | None, Field(default=None, description="Where RedTrack reports conversions to the channel."), Tells
    ]
    postback_pixel: Annotated[
        str | None, Field(default=None, description="Pixel in place of a postback."), Tells, OfAccount(AD_ACCOUNT)
    ]
    enable_impressions: bool | None = Field(default=None, description="Impressions are tracked.")
    enable_direct_traffic: bool | None = Field(default=None, description="Traffic without a redirect is tracked.")
    google_analytics_key: Annotated[
        str | None, Field(default=None, description="Measurement key."), Tells, OfAccount(AD_ACCOUNT, names=True)
    ]


class TrafficChannelArgs(TrafficChannelFields, Declared):
    title: str = Field(description="Name in RedTrack; the natural key.")


class TrafficChannelKind(RedTrackKind):
    name = "channel"
    title = "traffic channel"
    path = "sources"
    model = TrafficChannelArgs
    served = RedTrackKind.served | {"campaign_count"}
    more_markers = {  # noqa: RUF012 -- a mapping that nobody writes to
        "pixels": (InLink, Tells, OfAccount(AD_ACCOUNT)),
        "integrations": (Tells, OfAccount(AD_ACCOUNT)),
        "integration_types": (Tells,),
        "integration_id": (Tells, OfAccount(AD_ACCOUNT, names=True)),
        "pixels_relations": (Tells, OfAccount(AD_ACCOUNT)),
        "workspace_ids": (WORKSPACES,),
    }
    more = frozenset(
        [
            "custom_rates",
            "enable_parallel_tracking",
            "formats",
            "imp_cost_id",
            "imp_id",
            "integration_id",
            "integration_types",
            "integrations",
            "pixels",
            "pixels_relations",
            "workspace_ids",
        ]
    )


KIND = TrafficChannelKind()
