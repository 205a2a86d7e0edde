"""Funnel: the offers that a campaign's visitors are split among (RedTrack's API calls it a stream)."""

from collections.abc import Sequence
from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, model_validator

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Declared, SharedFields
from trackform_core.model.markers import Directs, Exact, Initial, RefTo
from trackform_core.model.wire import Each, Members, Row, Wire
from trackform_redtrack.base import RedTrackKind
from trackform_redtrack.client import RedTrack
from trackform_redtrack.filters import Filters, FiltersWire


def members(
    wire: str, ids: str, weights: str, each: tuple[str, Wire], new: Row | None = None, *, clearable: bool = True
) -> tuple[Members, Members, Each]:
    """The fields of a list of weighted references: who is in it, with which weight, and a further part of each."""
    field, inner = each
    of_each = Each(wire, clearable=False, ids=ids, weights=weights, part="each", field=field, inner=inner)
    return (
        Members(wire, clearable=clearable, ids=ids, weights=weights, part="ids", new=new, also=(of_each,)),
        Members(wire, clearable=False, ids=ids, weights=weights, part="weights", new=new, also=(of_each,)),
        of_each,
    )


def each_once(ids: list[str] | None) -> list[str] | None:
    """Twice in the list is a weight of two, which the row cannot hold."""
    if ids and len(set(ids)) < len(ids):
        raise ValueError("names one of them twice")
    return ids


def fits(ids: list[str] | None, of_each: Sequence[Any] | None, list_name: str = "weights") -> None:
    """One of them for each member.

    Raises:
        ValueError: fewer or more.
    """
    if of_each is not None and len(of_each) != len(ids or ()):
        raise ValueError(f"{len(ids or ())} members but {len(of_each)} {list_name}")


FILTERS = FiltersWire("filters")
OFFERS, OFFER_WEIGHTS, OFFER_FILTERS = members("offers", "offer_ids", "offer_weights", ("offer_filters", FILTERS))
LANDINGS, LANDING_WEIGHTS, LANDING_FILTERS = members(
    "landings", "landing_ids", "landing_weights", ("landing_filters", FILTERS)
)
PRELANDINGS, PRELANDING_WEIGHTS, PRELANDING_FILTERS = members(
    "prelandings", "prelanding_ids", "prelanding_weights", ("prelanding_filters", FILTERS)
)

KEEPS_OUT = "a filter that the file does not name would send visitors elsewhere"

Weight = Annotated[int, Field(ge=0)]


class FunnelFields(SharedFields):
    expires_at: Annotated[str | None, Field(default=None, description="When it ends, ISO time in UTC."), Directs]
    filters: Annotated[
        Filters | None,
        Field(
            default=None,
            description="Who gets in: `country: {values: [DE]}`. A filter that is not named is off.",
        ),
        FILTERS,
        Exact(KEEPS_OUT),
        Directs,
    ]


class FunnelArgs(FunnelFields, Declared):
    title: str = Field(description="Name in RedTrack; the natural key.")
    template: bool = Field(default=True, description="Saved under a name of its own, so that campaigns can share it.")
    offer_ids: Annotated[
        list[str],
        Field(description="`object_id` of each offer.", min_length=1),
        AfterValidator(each_once),
        RefTo("offer"),
        OFFERS,
        Exact(),
        Directs,
    ]
    offer_weights: Annotated[
        list[Weight] | None,
        Field(default=None, description="Weight of each offer, in order."),
        Initial,
        OFFER_WEIGHTS,
        Exact(),
        Directs,
    ]
    offer_filters: Annotated[
        list[Filters] | None,
        Field(default=None, description="Filters of each offer, in order; `{}` where it has none."),
        OFFER_FILTERS,
        Exact(KEEPS_OUT),
        Directs,
    ]
    landing_ids: Annotated[
        list[str] | None,
        Field(default=None, description="Ids of landings."),
        AfterValidator(each_once),
        RefTo("landing"),
        LANDINGS,
        Exact(),
        Directs,
    ]
    landing_weights: Annotated[
        list[Weight] | None,
        Field(default=None, description="Weight of each, in order."),
        Initial,
        LANDING_WEIGHTS,
        Exact(),
        Directs,
    ]
    landing_filters: Annotated[
        list[Filters] | None,
        Field(default=None, description="Filters of each landing, in order; `{}` where it has none."),
        LANDING_FILTERS,
        Exact(KEEPS_OUT),
        Directs,
    ]
    prelanding_ids: Annotated[
        list[str] | None,
        Field(default=None, description="Ids of pre-landings."),
        AfterValidator(each_once),
        RefTo("landing"),
        PRELANDINGS,
        Exact(),
        Directs,
    ]
    prelanding_weights: Annotated[
        list[Weight] | None,
        Field(default=None, description="Weight of each, in order."),
        Initial,
        PRELANDING_WEIGHTS,
        Exact(),
        Directs,
    ]
    prelanding_filters: Annotated[
        list[Filters] | None,
        Field(default=None, description="Filters of each pre-landing, in order; `{}` where it has none."),
        PRELANDING_FILTERS,
        Exact(KEEPS_OUT),
        Directs,
    ]

    @model_validator(mode="after")
    def one_weight_each(self) -> Self:
        for ids, weights, filters in (
            (self.offer_ids, self.offer_weights, self.offer_filters),
            (self.landing_ids, self.landing_weights, self.landing_filters),
            (self.prelanding_ids, self.prelanding_weights, self.prelanding_filters),
        ):
            fits(ids, weights)
            fits(ids, filters, "filters")
        return self


class FunnelKind(RedTrackKind):
    name = "funnel"
    title = "funnel"
    path = "streams"
    counts_clicks = False
    model = FunnelArgs
    # The published spec has no GET by id; clients met pages of HTML there.
    can_get = False

    def is_part(self, row: Row) -> bool:
        """One that was made inside a campaign goes with it."""
        return row.get("template") is False

    def update(self, client: RedTrack, object_id: str, body: Row) -> Row | None:
        try:
            return super().update(client, object_id, body)
        except ServiceError as error:
            if error.reason == "not_found":
                error.advice = (
                    "A funnel that was made inside a campaign cannot be edited on its own over the public API (seen in "
                    "client code): save it as a template in the web application first"
                )
            raise


KIND = FunnelKind()
