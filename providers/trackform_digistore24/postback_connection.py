"""PostbackConnection: an S2S postback of a Digistore24 affiliate account, entered by hand or over the bridge."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, Field, model_validator

from trackform_core.model.kind import Declared, TextSet
from trackform_core.model.markers import Books, Exact, Link, OfAccount, Reports, Secret
from trackform_core.model.postback_token import join_token, split_token
from trackform_core.model.wire import Row, Values, Wire, sorted_or_none
from trackform_core.no_api.base import BridgeKind
from trackform_digistore24.marker import PREFIX, marked, marker, parameter
from trackform_digistore24.service import DIGISTORE24_BRIDGE

OrderEvent = Literal[
    "payment",
    "refund",
    "chargeback",
    "payment_missed",
    "payment_denial",
    "rebill_cancelled",
    "rebill_resumed",
    "last_paid_day",
]
"""The transactions of Digistore24's IPN functions; the exact list of the affiliate's form is not published."""


def _url(row: Row) -> str:
    return row["url"] if isinstance(row.get("url"), str) else ""


@dataclass(frozen=True)
class UrlPart(Wire):
    """One part of the stored URL: its marker, its token, or all without the token."""

    part: Literal["name", "token", "url"] = "url"

    def read(self, row: Row, declared: Values) -> Any:  # noqa: ARG002
        url, token = split_token(_url(row))
        return {"name": marker(url), "token": token, "url": url}[self.part]

    def write(self, body: Row, values: Values, field: str) -> None:  # noqa: ARG002
        # A token that is not declared is somebody else's to steer, and stays.
        body["url"] = join_token(values["url"], values.get("token") or split_token(_url(body))[1])

    def blank(self, body: Row, empty: Any = None) -> None:  # noqa: ARG002 -- the token is all that can be emptied
        body["url"] = split_token(_url(body))[0]

    def is_unset(self, row: Row) -> bool:
        return not self.read(row, {})


class PostbackConnectionFields(BaseModel):
    events: Annotated[
        list[OrderEvent],
        Field(description="Order events that fire it.", min_length=1),
        AfterValidator(lambda events: sorted(set(events))),
        Reports("events"),
        Wire("events", decode=sorted_or_none),
        Exact(),
    ]
    currency: Annotated[
        str | None,
        Field(
            default=None, description="Currency that amounts are converted to before they are sent; empty leaves them."
        ),
        Books,
        OfAccount("each account is paid in a currency of its own"),
    ]
    active: bool = Field(default=True, description="Whether it fires.")


class PostbackConnectionArgs(PostbackConnectionFields, Declared):
    name: Annotated[
        str, Field(description=f"Its name: the marker `{parameter('<name>')}` in its URL."), UrlPart("url", part="name")
    ]
    url: Annotated[
        str,
        Field(description="The postback URL without the protection token."),
        UrlPart("url", part="url"),
        Link,
        OfAccount("it leads to the account's tracker"),
    ]
    token: Annotated[
        str | None,
        Field(default=None, description="The offer source's protection token, sent as `ptoken`."),
        Secret,
        UrlPart("url", part="token"),
    ]
    product_ids: Annotated[
        TextSet, Field(description="Products whose orders fire it, upsells included.", min_length=1),
        Reports("products"), Wire("product_ids", decode=sorted_or_none), Exact(),
    ]  # fmt: skip
    error_emails: Annotated[
        TextSet | None,
        Field(default=None, description="Who is told when a postback fails."),
        Wire("error_emails", decode=sorted_or_none),
        Exact(),
        OfAccount("each account tells its own people", names=True),
    ]

    @model_validator(mode="after")
    def marked_and_clean(self) -> Self:
        if marker(self.url) != self.name:
            raise ValueError(
                f"the url needs the constant {parameter(self.name)}, which gives the connection its identity"
            )
        if split_token(self.url)[1] is not None:
            raise ValueError("the url must not hold ptoken: the token is a secret field of its own")
        return self


class PostbackConnectionKind(BridgeKind):
    name = "postback"
    title = "postback connection"
    service = DIGISTORE24_BRIDGE
    path = "postback-connections"
    heading = "postbacks"
    model = PostbackConnectionArgs
    key = "name"
    books = True

    def identity(self, values: Values) -> str:
        return marked(values.get("name"))

    def is_identity(self, object_id: str) -> bool:
        return object_id.startswith(PREFIX)


KIND = PostbackConnectionKind()
