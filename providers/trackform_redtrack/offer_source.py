"""OfferSource: the affiliate network or marketplace that pays (RedTrack's API calls it a network)."""

from typing import Annotated, Any, Literal

from pydantic import Field

from trackform_core.http.service_error import ServiceError
from trackform_core.model.kind import Declared, SharedFields
from trackform_core.model.markers import Books, Exact, ForAll, Initial, OfAccount, Secret
from trackform_core.model.postback_token import without_token
from trackform_core.model.wire import Row, Wire
from trackform_redtrack.base import WORKSPACES, RedTrackKind, Subs, subs_from_wire, subs_to_wire
from trackform_redtrack.client import RedTrack

Macro = str


def with_braces(macro: Any) -> Any:
    """``cid`` and ``{cid}`` are one macro: whether RedTrack stores the braces is not known."""
    if not (isinstance(macro, str) and macro) or "{" in macro or "[" in macro:
        return macro
    return f"{{{macro}}}"


def expiration_to_wire(value: Any) -> Any:
    return 0 if value == "off" else value


def expiration_from_wire(value: Any) -> Any:
    return "off" if value == 0 else value


class OfferSourceFields(SharedFields):
    alias: str | None = Field(default=None, description="Short name.")
    preset_id: Annotated[
        str | None, Field(default=None, description="Id of RedTrack's own template, where it is known."), ForAll
    ]
    status: Annotated[str | None, Field(default=None, description="RedTrack's status text."), Initial]
    offer_url: str | None = Field(
        default=None, description="Tokens for the offers' links, such as `?cid={clickid}` (meaning inferred)."
    )
    clickid: Annotated[
        str | None,
        Field(default=None, description="The marketplace's macro for the click id it was given: `{cid}`."),
        Wire("clickid", decode=with_braces),
        Books,
    ]
    sum: Annotated[
        str | None,
        Field(default=None, description="The marketplace's macro for the commission: `{amount_affiliate}`."),
        Wire("sum", decode=with_braces),
        Books,
    ]
    subs: Annotated[
        Subs | None,
        Field(default=None, description="Further macros by position: the first is sub1, at most 20."),
        Wire("subs", subs_to_wire, subs_from_wire),
        Exact("a sub's place in the list is its number"),
        Books,
    ]
    currency: Annotated[
        str | None,
        Field(default=None, description="Currency of the payouts as they arrive, ISO code; RedTrack converts from it."),
        Books,
        OfAccount("each account is paid in a currency of its own"),
    ]
    click_expiration: Annotated[
        int | Literal["off"] | None,
        Field(
            default=None,
            description="After how long a click no longer takes conversions; `off` is sent as 0. The unit is RedTrack's"
            " and not published.",
        ),
        Wire("click_expiration", expiration_to_wire, expiration_from_wire),
        Books,
    ]
    postback_mode: Annotated[
        str | None,
        Field(
            default=None, description="What happens to a repeated conversion. The values on the wire are not published."
        ),
        Books,
    ]
    postback_status: Annotated[
        str | None, Field(default=None, description="Status given to conversions; values not published."), Books
    ]
    postback_protected: Annotated[
        bool | None, Field(default=None, description="Postbacks must carry the protection token."), Books
    ]
    postback_token: Annotated[
        str | None, Field(default=None, description="The protection token (`ptoken`)."), Secret, Books
    ]
    notes: str | None = Field(default=None, description="Free text.")


class OfferSourceArgs(OfferSourceFields, Declared):
    title: str = Field(description="Name in RedTrack; the natural key.")


class OfferSourceKind(RedTrackKind):
    name = "offer_source"
    title = "offer source"
    path = "networks"
    mark_in = "notes"
    model = OfferSourceArgs
    awaits = "operator"
    books = True
    served = RedTrackKind.served | {"offer_count"}
    computed = {"postback_url": Wire("postback_url", decode=without_token)}  # noqa: RUF012 -- a mapping that nobody writes to
    may_compute = frozenset({"postback_url"})
    more_markers = {"workspace_ids": (WORKSPACES,)}  # noqa: RUF012 -- a mapping that nobody writes to
    more = frozenset(
        [
            "cdp_hashing_personal_data_enabled",
            "custom_rates",
            "customer_fields",
            "customer_subs",
            "enable_ip_whitelist",
            "event_tracking",
            "hints",
            "ip_whitelist",
            "postback_url",
            "workspace_ids",
        ]
    ) | {f"sub{number}" for number in range(1, 21)}

    def create(self, client: RedTrack, body: Row) -> Row:
        try:
            return super().create(client, body)
        except ServiceError as error:
            if error.reason == "forbidden":
                error.by_hand = True
                error.advice = (
                    "RedTrack allows this call on premium plans only. Create the offer source by hand (Offer sources → "
                    f"New from template) with the title '{body.get('title')}', and run `pulumi up` again: it will be "
                    "taken over. Should it be refused as existing already, declare `adopt: true` for it"
                )
            raise


KIND = OfferSourceKind()
