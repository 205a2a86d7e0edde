"""Campaign: traffic of one channel through a funnel, and the tracking link that ads point at."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from trackform_core.model.kind import WHEN_USED, Declared, SharedFields, TextSet
from trackform_core.model.markers import Directs, Exact, Initial, InLink, Merged, OfAccount, RefTo, Tells
from trackform_core.model.starting import RowsOf, Seen
from trackform_core.model.wire import Row, Values, Wire
from trackform_redtrack.base import STATUS_NUMBER, WORKSPACES, ByStatus, Status, Tags
from trackform_redtrack.client import RedTrack
from trackform_redtrack.funnel import KIND as FUNNEL
from trackform_redtrack.funnel import Weight, each_once, fits, members

CostModel = Literal["CPC", "CPA", "CPM", "POPCPM", "REVSHARE", "DONOTTRACK"]
"""Values seen in client code; the published spec has none."""


class Optimization(BaseModel):
    """How RedTrack shifts the visitors of a funnel to what earns most. What is not named stays as it is."""

    model_config = WHEN_USED

    is_enabled: bool | None = Field(default=None, description="Whether it does.")
    metric: str | None = Field(default=None, description="What decides; the published spec names no values.")
    conversion_types: TextSet | None = Field(default=None, description="Slots that count: `default_type`, `type1`.")
    subs: TextSet | None = Field(default=None, description="Subs by which it tells visitors apart.")
    clicks_limit: int | None = Field(default=None, ge=0, description="Clicks before it decides.")
    count: int | None = Field(default=None, ge=0, description="RedTrack's `count`; what it counts is not known.")
    limit: int | None = Field(default=None, ge=0, description="RedTrack's `limit`; of what is not known.")
    multiplicator: float | None = Field(default=None, description="RedTrack's factor.")
    threshold: float | None = Field(default=None, description="The value of the metric that decides.")
    winner_share_limit: int | None = Field(default=None, ge=0, description="Most that the winner gets, percent.")


def _declarable(value: Any) -> Any:
    """What can be declared of it; in its lists order means nothing."""
    declarable = {name: item for name, item in (value or {}).items() if name in Optimization.model_fields}
    return {name: sorted(map(str, item)) if isinstance(item, list) else item for name, item in declarable.items()}


ACTIVE, PAUSED = STATUS_NUMBER["active"], STATUS_NUMBER["paused"]
LOG_DAYS = 7
LOG_ROWS = 10_000
"""The most rows of a page (published spec): what a longer log shows beyond it, a person confirms."""
SUBS = [f"p_sub{number}" for number in range(1, 21)]


FUNNELS, FUNNEL_WEIGHTS, FUNNEL_OPTIMIZATIONS = members(
    "streams",
    "funnel_ids",
    "funnel_weights",
    ("funnel_optimizations", Wire("optimization", decode=_declarable)),
    {"optimization": {"is_enabled": False}},
    clearable=False,
)


class CampaignFields(SharedFields):
    status: Status
    type: str | None = Field(default=None, description="RedTrack's campaign type.")
    cost_model: CostModel | None = Field(default=None, description="How clicks are paid for.")
    cpc: Annotated[float | None, Field(default=None, ge=0, description="Cost of a click."), Initial]
    rev_share: Annotated[float | None, Field(default=None, description="Share of revenue, percent."), Initial]
    redirect_type: int | None = Field(
        default=None, description="1 is 302, 2 is 301, 3 meta, 4 JavaScript, 5 double meta (labels of client code)."
    )
    tags: Tags
    notes: Annotated[list[str] | None, Field(default=None, description="Notes, one text each."), Exact()]
    expires_at: Annotated[str | None, Field(default=None, description="When it ends, ISO time in UTC."), Directs]
    postbacks: Annotated[
        list[dict[str, Any]] | None,
        Field(default=None, description="Postbacks of this campaign to its channel, as in the published spec."),
        Merged("whether RedTrack fills in what a postback does not say is not known"),
        Tells,
    ]


class CampaignArgs(CampaignFields, Declared):
    title: str = Field(description="Name in RedTrack; the natural key.")
    channel_id: Annotated[
        str, Field(description="`object_id` of its traffic channel."), RefTo("channel"), Wire("source_id"), InLink
    ]
    domain_id: Annotated[
        str | None,
        Field(default=None, description="`object_id` of the domain of its tracking link."),
        RefTo("domain"),
        InLink,
    ]
    funnel_ids: Annotated[
        list[str] | None,
        Field(
            default=None,
            description="`object_id` of each funnel. Left out only where a campaign that exists holds a funnel of its "
            "own, which stays as it is.",
            min_length=1,
        ),
        AfterValidator(each_once),
        RefTo("funnel"),
        FUNNELS,
        Exact(),
        Directs,
    ]
    funnel_weights: Annotated[
        list[Weight] | None,
        Field(default=None, description="Weight of each, in order."),
        Initial,
        FUNNEL_WEIGHTS,
        Exact(),
        Directs,
    ]
    funnel_optimizations: Annotated[
        list[Optimization] | None,
        Field(default=None, description="Optimization of each, in order; of `{}` nothing is watched."),
        Initial,
        FUNNEL_OPTIMIZATIONS,
        Merged("what some of its figures count is not published, and RedTrack may set them itself"),
    ]

    starts_after: Annotated[
        list[str] | None,
        Field(
            default=None,
            description="Markers of postback connections that nobody has confirmed yet: a new campaign is paused until "
            "they are, or until RedTrack's log shows them for each of its offers. One that runs is never paused for "
            "them.",
        ),
        Exact(),
    ]

    @model_validator(mode="after")
    def one_weight_each(self) -> Self:
        fits(self.funnel_ids, self.funnel_weights)
        fits(self.funnel_ids, self.funnel_optimizations, "optimizations")
        return self


class CampaignKind(ByStatus):
    name = "campaign"
    title = "campaign"
    path = "campaigns"
    mark_in = "tags"
    model = CampaignArgs
    starts_after = "starts_after"
    to_create = frozenset({"funnel_ids"})
    served = ByStatus.served | {"trackback_url", "impression_url", "postback_url", "source_title"}
    computed = {  # noqa: RUF012 -- a mapping that nobody writes to
        "tracking_link": Wire("trackback_url"),
        "impression_link": Wire("impression_url"),
    }
    more_markers = {  # noqa: RUF012 -- a mapping that nobody writes to
        "pixels": (Tells, OfAccount("pixels belong to accounts at the channels")),
        **dict.fromkeys(("click_postbacks", "impression_postbacks", "integration_postback"), (Tells,)),
        **dict.fromkeys(
            ("source_campaign_id", "source_campaigns"),
            (OfAccount("it is a campaign of an account at the channel", names=True),),
        ),
        "workspace_ids": (WORKSPACES,),
    }
    more = frozenset(
        [
            "cache_buster_enabled",
            "click_postbacks",
            "coupon",
            "creatives",
            "custom_conv_type_conv_subs_geo_payouts",
            "custom_conv_type_conv_subs_payouts",
            "custom_conv_type_geo_payouts",
            "custom_conversion_subs_payouts",
            "custom_conversion_type_payouts",
            "custom_geo_os_payouts",
            "custom_geo_payouts",
            "custom_pub_payouts",
            "custom_pub_sub_geo_payouts",
            "custom_pub_sub_payouts",
            "custom_pub_sub_throttles",
            "custom_pub_throttles",
            "custom_throttles",
            "custom_type_payouts",
            "impression_postbacks",
            "integration_postback",
            "integrations",
            "notifications",
            "pixels",
            "publisher_details",
            "rsoc_enabled",
            "source_campaign_id",
            "source_campaigns",
            "workspace_ids",
        ]
    )

    def live(self, row: Row, declared: Values, names: Collection[str] | None = None) -> Values:
        """The fields as they are live; a pause until connections are there is ours, and no change of status."""
        ours = declared.get("starts_after") and self.is_stopped(row)
        return super().live({**row, "status": ACTIVE} if ours else row, declared, names)

    def stopped(self, row: Row, values: Values) -> list[str]:
        """Of one that waits for its connections, what it waits for is told already."""
        return super().stopped({**row, "status": ACTIVE} if values.get("starts_after") else row, values)

    def starts(self, olds: Values, news: Values) -> bool:
        return bool(olds.get("status") == "paused" and news.get("status") == "active")

    def held(self, names: Collection[str]) -> str:
        are = "is" if len(names) == 1 else "are"
        until = f"until {', '.join(names)} {are} confirmed, or seen in RedTrack's log for each of its offers"
        return f"is paused {until}: its clicks would book nothing"

    def way_to_start(self, stack: str) -> str:
        return (
            f"`trackform operator {stack}` leads through it; the next `pulumi up` starts it. With "
            "`new_campaigns: running` in stacks/policy.yaml none waits"
        )

    def started(self, news: Values) -> Values:
        return {} if news.get("status") == "paused" else {"status": "active"}

    def stop(self, body: Row) -> Row:
        return {**body, "status": PAUSED}

    def is_stopped(self, row: Row) -> bool:
        return bool(row.get("status") == PAUSED)

    def shown(self, client: RedTrack) -> set[Seen]:
        """The markers that conversions of the last days carry, each with the offer that was sold."""
        today = datetime.now(UTC).date()
        period = {"date_from": str(today - timedelta(days=LOG_DAYS)), "date_to": str(today + timedelta(days=1))}
        body = client.get("conversions", **period, page=1, per=LOG_ROWS)
        rows = (body.get("items") if isinstance(body, dict) else body) or []
        return {
            (str(row.get("offer_id")), str(row[sub]))
            for row in rows if isinstance(row, dict)
            for sub in SUBS if row.get(sub)
        }  # fmt: skip

    def needed_by(self, news: Values, rows_of: RowsOf) -> set[str]:
        """Every offer of its funnels; none where one of them is not there yet."""
        funnels, ids = rows_of(FUNNEL), news.get("funnel_ids") or ()
        if any(each not in funnels for each in ids):
            return set()
        return {object_id for each in ids for kind, object_id in FUNNEL.uses(funnels[each]) if kind == "offer"}

    @property
    def targets(self) -> Collection[str]:
        return {*super().targets, *FUNNEL.targets}

    def uses(self, row: Row) -> set[tuple[str, str]]:
        """With what a funnel of its own refers to, where the campaign shows it."""
        inside = [stream["stream"] for stream in row.get("streams") or [] if not _is_shared(stream.get("stream"))]
        return super().uses(row).union(*map(FUNNEL.uses, inside))

    def tidy(self, body: Row) -> Row:
        """A shared funnel goes by its id alone: with the nested object a POST answers 500 (seen in client code)."""
        streams = [
            {name: item for name, item in stream.items() if name != "stream" or not _is_shared(item)}
            for stream in body.get("streams") or []
            if isinstance(stream, dict)
        ]
        return {**body, "streams": streams}


def _is_shared(stream: Any) -> bool:
    return not isinstance(stream, dict) or bool(stream.get("template"))


KIND = CampaignKind()
