"""PostbackConnection: an S2S postback of a Digistore24 affiliate account, entered by hand or over the bridge."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from trackform_core.model.kind import Declared, SharedFields, TextSet
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


ALL = "all"
"""Stands for every product in a list of them (published for Digistore24's IPN functions)."""


HOST = re.compile(r"https?://([^/?#:]+)", re.IGNORECASE)


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


class PostbackConnectionFields(SharedFields):
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


def by_hand(rows: Iterable[Row], values: Values) -> list[Row]:
    """The live rows that fire for the products and order events of a connection and that no stack made.

    None for one that books no money: its sales are not doubled.
    """
    if values.get("existing") or values.get("active") is False or books_nothing(values.get("url")):
        return []
    return [
        row
        for row in rows
        if marker(row.get("url")) is None
        and row.get("active") is not False
        and set(row.get("events") or ()) & set(values.get("events") or ())
        and _meet(row.get("product_ids"), values.get("product_ids"))
    ]


def doubling(row: Row, values: Values) -> str:
    """What a row that somebody made by hand does beside a connection of ours."""
    url = split_token(_url(row))[0]
    events = ", ".join(sorted(set(row.get("events") or ()) & set(values["events"])))
    same_host = host_of(url) == host_of(values["url"])
    where = "" if same_host else f"if {host_of(url) or 'its host'} is RedTrack's as well, "
    twice = "arrives twice, once with a sum of 0" if books_nothing(url) else "is booked twice"
    return (
        f"{where}each {events} {twice}: somebody made a connection by hand for the same products and order "
        f"events ({row.get('id')}, {url})"
    )


REMOVE = "Remove it in Digistore24, under Account → S2S postback"


def _meet(*product_ids: Collection[Any] | None) -> bool:
    """Whether two lists of products have one in common; `all` stands for each of them."""
    theirs, ours = ({str(each) for each in ids or ()} for ids in product_ids)
    return bool(theirs & ours) or ALL in theirs | ours


def books_nothing(url: Any) -> bool:
    """Whether it says by its URL that it books no money: a further dimension of the same sales."""
    amount = re.search(r"[?&]sum=([^&#]*)", url or "")
    return amount is not None and re.fullmatch(r"-?0*\.?0+", amount[1]) is not None


def host_of(url: Any) -> str:
    host = HOST.match(url or "")
    return host[1].lower() if host else ""


class PostbackConnectionKind(BridgeKind):
    name = "postback"
    title = "postback connection"
    service = DIGISTORE24_BRIDGE
    path = "postback-connections"
    heading = "postbacks"
    model = PostbackConnectionArgs
    key = "name"
    books = True

    def doubled_by(self, rows: Callable[[], Iterable[Row]], values: Values) -> list[str]:
        """The rows that fire for the same sales and carry no marker, where this connection books money."""
        return [f"{doubling(row, values)}. {REMOVE}" for row in by_hand(rows(), values)]

    def identity(self, values: Values) -> str:
        return marked(values.get("name"))

    def is_identity(self, object_id: str) -> bool:
        return object_id.startswith(PREFIX)


KIND = PostbackConnectionKind()
