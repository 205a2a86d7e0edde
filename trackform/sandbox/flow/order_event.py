"""The body of ``POST /_control/orders``: an order event that a test or a person asks for."""

from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from trackform.sandbox.digistore24.money import amount
from trackform.sandbox.flow.promolink import Click, parse


def _text(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _share(value: Any) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"not a share: {value!r}") from None


Id = Annotated[str, BeforeValidator(_text)]
Amount = Annotated[Decimal, BeforeValidator(amount)]
Share = Annotated[Decimal, BeforeValidator(_share), Field(gt=0, le=1)]
Event = Literal[
    "sale",
    "upsell",
    "add_on",
    "rebill",
    "instalment",
    "refund",
    "partial_refund",
    "chargeback",
    "chargeback_reversed",
    "refund_request",
    "missed_payment",
    "payment_denial",
    "rebill_cancelled",
    "rebill_resumed",
    "last_paid_day",
    "repeat",
    "test_order",
]
PRICED = ("sale", "upsell", "add_on", "rebill", "instalment", "partial_refund", "test_order")


class OrderEvent(BaseModel):
    """One order event. Amounts are gross, in major units of the product's currency."""

    model_config = ConfigDict(extra="forbid")

    event: Event
    account: Id | None = Field(default=None, description="the Digistore24 account that is paid")
    key: str | None = Field(default=None, description="instead of account: an API key of it", repr=False)
    click_id: str | None = Field(default=None, description="the cid of the promolink")
    promolink: str | None = Field(default=None, description="instead: the whole link that was followed")
    campaignkey: str = ""
    sids: dict[Literal["sid1", "sid2", "sid3", "sid4", "sid5"], str] = Field(default_factory=dict)
    product_id: Id | None = Field(default=None, description="of a follow-up: which item of the order it is about")
    order_id: Id | None = Field(default=None, description="of a sale: the new order's id; else which order; newest")
    transaction_id: Id | None = Field(
        default=None, description="the payment that is given back; newest open one. Of a repeat: the event; the last"
    )
    amount: Amount | None = Field(default=None, description="of the payment, or of a partial refund")
    share: Share | None = None
    test: bool = Field(default=False, description="a sale paid with test money: booked, without commission")
    country: str = "US"
    connection_id: str | None = Field(default=None, description="of a test order: the one connection to test")

    @model_validator(mode="after")
    def _fits(self) -> Self:
        self._one_of("account", "key")
        self._one_of("click_id", "promolink")
        if self.event == "partial_refund":
            self._one_of("amount", "share")
            if self.amount is None and self.share is None:
                raise ValueError("a partial refund needs an amount or a share")
        elif self.share is not None:
            raise ValueError("share belongs to a partial refund")
        if self.amount is not None and self.event not in PRICED:
            raise ValueError(f"amount does not belong to a {self.event}")
        if self.event in ("upsell", "add_on") and self.product_id is None:
            raise ValueError(f"an {self.event} needs its own product_id")
        if self.event == "sale" and self.product_id is None and self.promolink is None:
            raise ValueError("a sale needs a product_id or a promolink")
        return self

    def _one_of(self, first: str, second: str) -> None:
        if getattr(self, first) is not None and getattr(self, second) is not None:
            raise ValueError(f"give {first} or {second}, not both")

    def click(self) -> Click:
        """The click behind a sale.

        Raises:
            ValueError: the promolink is none.
        """
        if self.promolink is not None:
            return parse(self.promolink)
        return Click(
            cid=self.click_id or "",
            campaignkey=self.campaignkey,
            sids={str(name): value for name, value in self.sids.items()},
        )
