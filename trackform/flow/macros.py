"""The values of Digistore24's macros, worked out where a postback needs them.

Inferred, as nothing is published: a rebill or an instalment says `initial_sale` again, or `upsell` where its item was
bought as one; `{amount_affiliate}` is negative when money is given back; a notice's amounts are 0.00. The settings of
`trackform.flow.assumptions` have the other cases.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from trackform.flow.assumptions import Assumptions
from trackform.flow.orders import NOTICES, RETURNS, OrderTransaction
from trackform.flow.setup import Connection, Setup, convert

BILLING_TYPES = {"single": "single_payment", "subscription": "subscription", "installment": "installment"}
AGAIN = ("rebill", "instalment")


@dataclass(frozen=True, eq=False)
class MacroValues(Mapping[str, str]):
    """What a connection sends of one order event. ``delivery``: 0, or the number of the step that repeats it."""

    transaction: OrderTransaction
    connection: Connection
    setup: Setup
    assumptions: Assumptions
    delivery: int = 0

    def __getitem__(self, macro: str) -> str:
        return VALUES[macro](self)

    def get(self, macro: str, default: Any = None, /) -> Any:
        """As a mapping's own, which would try and fail first: a proof asks a hundred thousand times."""
        value = VALUES.get(macro)
        return default if value is None else value(self)

    def __contains__(self, macro: object) -> bool:
        return macro in VALUES

    def __iter__(self) -> Iterator[str]:
        return iter(VALUES)

    def __len__(self) -> int:
        return len(VALUES)

    @property
    def target(self) -> str:
        """The currency that amounts come in."""
        known = self.connection.currency in self.setup.rates
        return self.connection.currency if known else self.transaction.item.product.currency

    def amount(self, field: str) -> Decimal | None:
        """An amount in that currency; None where the macro is empty."""
        amount: Decimal = getattr(self.transaction, field)
        product = self.transaction.item.product
        if self.transaction.step.event in NOTICES:
            said = self.assumptions.notice_amount
            if said == "empty":
                return None
            amount = getattr(product, field) if said == "payment" else amount
        return convert(amount, product.currency, self.target, self.setup.rates)

    def anew(self) -> bool:
        """Whether this is a repetition that is rendered again."""
        return bool(self.delivery) and self.assumptions.retries == "anew"


def _amount(field: str) -> Callable[[MacroValues], str]:
    def value(values: MacroValues) -> str:
        amount = values.amount(field)
        return "" if amount is None else str(amount)

    return value


def _unsigned(field: str) -> Callable[[MacroValues], str]:
    def value(values: MacroValues) -> str:
        amount = values.amount(field)
        return "" if amount is None else str(abs(amount))

    return value


def _earnings(values: MacroValues) -> str:
    amount = values.amount("commission")
    if amount is None:
        return ""
    if amount and values.transaction.transaction_type in RETURNS:
        said = values.assumptions.refund_amount
        amount = {"negative": amount, "positive": abs(amount), "zero": Decimal("0.00")}[said]
    return str(amount)


def _currency(values: MacroValues) -> str:
    target, paid = values.target, values.transaction.item.product.currency
    return target if target == paid or values.assumptions.currency_macro == "converted" else paid


def _transaction_id(values: MacroValues) -> str:
    transaction = values.transaction
    of = transaction
    if transaction.payment and values.assumptions.return_ids == "payments":
        of = transaction.payment
    shared = of.checkout and values.assumptions.upsell_ids == "shared"
    return of.checkout if shared else of.transaction_id


def _order_type(values: MacroValues) -> str:
    if values.transaction.step.event in AGAIN and values.assumptions.rebill_type == "rebill":
        return "rebill"
    return "upsell" if values.transaction.item.upsell_no else "initial_sale"


def _billing_status(values: MacroValues) -> str:
    then, now = values.transaction.status, values.transaction.item.status
    return now if then != now and values.anew() else then


def _random(values: MacroValues) -> str:
    again = f"-{values.delivery}" if values.anew() else ""
    return f"r{values.transaction.transaction_id}-{values.connection.name}{again}"


def _time(values: MacroValues) -> str:
    # Times may repeat within a second: an event id of them is no identity.
    return f"later{values.delivery}" if values.anew() else "now"


def _said(value: str) -> Callable[[MacroValues], str]:
    return lambda _: value


VALUES: dict[str, Callable[[MacroValues], str]] = {
    "cid": lambda values: values.transaction.click_id,
    "amount_affiliate": _earnings,
    "amount_affiliate_abs": _unsigned("commission"),
    "amount_brutto": _amount("gross"),
    "amount_brutto_abs": _unsigned("gross"),
    "amount_netto": _amount("net"),
    "currency": _currency,
    "product_id": lambda values: values.transaction.item.product.id,
    "product_name": lambda values: f"product {values.transaction.item.product.id}",
    "order_id": lambda values: values.transaction.order_id,
    "transaction_id": _transaction_id,
    "transaction_type": lambda values: values.transaction.transaction_type,
    "billing_status": _billing_status,
    "billing_type": lambda values: BILLING_TYPES[values.transaction.item.product.billing],
    "order_type": _order_type,
    "upsell_no": lambda values: str(values.transaction.item.upsell_no),
    "is_test": lambda values: "1" if values.transaction.step.event == "test_order" else "",
    # One constant each: they do not tell one payment from another.
    **dict.fromkeys(("campaignkey", "sid1", "sid2", "sid3", "sid4", "sid5", "country"), _said("")),
    **dict.fromkeys(("merchant_id", "merchant_name", "affiliate_id", "affiliate_name"), _said("1")),
    **dict.fromkeys(("datetime_unix", "datetime_full", "datetime_utc"), _time),
    "random": _random,
}
