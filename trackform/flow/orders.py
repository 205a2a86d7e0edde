"""Simulates Digistore24: what an order event books there, and the macro values that its connections send.

Sources: Digistore24's help on S2S postbacks for macros and their values. Inferred, as nothing is published: a rebill or
an instalment says `initial_sale` again, or `upsell` where its item was bought as one; `{amount_affiliate}` is negative
when money is given back (the setting `refund_amount` has the other cases); a notice moves no money.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trackform.flow.assumptions import Assumptions
from trackform.flow.setup import Connection, Setup, SoldProduct, cents, convert

Event = Literal[
    "sale", "upsell", "rebill", "instalment", "refund", "partial_refund", "chargeback", "missed_payment",
    "rebill_resumed", "repeat", "test_order",
]  # fmt: skip

CONNECTION_EVENTS: dict[str, str] = {
    "sale": "payment",
    "upsell": "payment",
    "rebill": "payment",
    "instalment": "payment",
    "test_order": "payment",
    "refund": "refund",
    "partial_refund": "refund",
    "chargeback": "chargeback",
    "missed_payment": "payment_missed",
    "rebill_resumed": "rebill_resumed",
}
"""What a connection's list of order events calls each event."""

BILLING_TYPES = {"single": "single_payment", "subscription": "subscription", "installment": "installment"}
NOTICES = {"missed_payment": ("payment_missed", "aborted"), "rebill_resumed": ("rebill_resumed", "paying")}
GIVEN_BACK = ("refund", "chargeback")
TEST_CLICK = "test"
"""The click id that the form's Test button invents: no click of anybody."""
PART = Decimal("0.37")
"""The share of a payment that a partial refund of the sequences gives back."""


@dataclass(frozen=True)
class SequenceStep:
    """One order event of a sequence: about which product, and how many days after the click."""

    event: Event
    product: str
    day: int = 0


@dataclass
class Payment:
    """A payment and what of it was given back so far. Amounts as in `SoldProduct`."""

    item: "OrderItem"
    gross: Decimal
    net: Decimal
    commission: Decimal
    back: Decimal = Decimal(0)
    back_net: Decimal = Decimal(0)
    back_commission: Decimal = Decimal(0)
    charged_back: bool = False


@dataclass
class OrderItem:
    product: SoldProduct
    upsell_no: int
    status: str = "paying"
    paid: int = 0


@dataclass(frozen=True)
class OrderTransaction:
    """A booking of Digistore24 for one order event: signed amounts in the order's currency, and the macros' values."""

    step: SequenceStep
    item: OrderItem
    transaction_id: str
    transaction_type: str
    gross: Decimal
    net: Decimal
    commission: Decimal
    status: str
    click_id: str
    earned: Decimal
    """What the affiliate's account at Digistore24 gains."""


class ImpossibleError(Exception):
    """An event that cannot happen to this order."""


@dataclass
class Order:
    """One buyer's order after one click."""

    click_id: str
    products: Mapping[str, SoldProduct]
    instalments: int = 3
    items: list[OrderItem] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    count: int = 0

    def happen(self, step: SequenceStep) -> OrderTransaction:
        """Book a step (any but `repeat`).

        Raises:
            ImpossibleError: such as a refund without a payment.
        """
        if step.event in ("sale", "upsell", "test_order"):
            product = self.products[step.product]
            item = OrderItem(product, len(self.items))
            if step.event != "test_order":
                self.items.append(item)
            return self._payment(step, item)
        if step.event in ("rebill", "instalment"):
            return self._payment(step, self._item(step.product))
        if step.event in NOTICES:
            item = self._item(step.product)
            kind, item.status = NOTICES[step.event]
            return self._transaction(step, item, kind, (Decimal(0), Decimal(0), Decimal(0)))
        return self._give_back(step)

    def _item(self, product: str) -> OrderItem:
        bought = next((item for item in self.items if item.product.id == product), None)
        if bought is None:
            raise ImpossibleError(f"the order has no {product}")
        return bought

    def _payment(self, step: SequenceStep, item: OrderItem) -> OrderTransaction:
        item.paid += 1
        billing = item.product.billing
        over = billing == "single" or (billing == "installment" and item.paid == self.instalments)
        item.status = "completed" if over else "paying"
        product = item.product
        if step.event != "test_order":
            self.payments.append(Payment(item, product.gross, product.net, product.commission))
        return self._transaction(step, item, "payment", (product.gross, product.net, product.commission))

    def _give_back(self, step: SequenceStep) -> OrderTransaction:
        """The newest payment of the product with something left; the parts add up to the payment to the cent.

        Else a chargeback is one of a payment that was refunded in full, and moves nothing.
        """
        own = [payment for payment in reversed(self.payments) if payment.item.product.id == step.product]
        open_ = [each for each in own if each.back < each.gross]
        if not open_ and step.event == "chargeback":
            open_ = [each for each in own if each.back and not each.charged_back]
        if not open_:
            raise ImpossibleError(f"nothing of {step.product} is left to give back")
        payment = open_[0]
        payment.charged_back |= step.event == "chargeback"
        left = payment.gross - payment.back
        gross = cents(payment.gross * PART) if step.event == "partial_refund" else left
        if gross == left:
            payment.item.status = "aborted"
        payment.back += gross
        net = cents(payment.net * payment.back / payment.gross) - payment.back_net
        commission = cents(payment.commission * payment.back / payment.gross) - payment.back_commission
        payment.back_net += net
        payment.back_commission += commission
        kind = "chargeback" if step.event == "chargeback" else "refund"
        return self._transaction(step, payment.item, kind, (-gross, -net, -commission))

    def _transaction(
        self, step: SequenceStep, item: OrderItem, kind: str, amounts: tuple[Decimal, Decimal, Decimal]
    ) -> OrderTransaction:
        self.count += 1
        test = step.event == "test_order"
        return OrderTransaction(
            step, item, f"t{self.count}", kind, *amounts, status=item.status,
            click_id=TEST_CLICK if test else self.click_id, earned=Decimal(0) if test else amounts[2],
        )  # fmt: skip


def macro_values(
    transaction: OrderTransaction, connection: Connection, setup: Setup, assumptions: Assumptions
) -> dict[str, str]:
    """The macros of a connection that decide what is booked, and those that an event id may be made of."""
    product = transaction.item.product
    known = connection.currency in setup.rates
    target = connection.currency if known else product.currency
    gross, net, commission = (
        convert(amount, product.currency, target, setup.rates)
        for amount in (transaction.gross, transaction.net, transaction.commission)
    )
    amount_affiliate = commission
    if transaction.transaction_type in GIVEN_BACK:
        amount_affiliate = {"negative": commission, "positive": abs(commission), "zero": Decimal("0.00")}[
            assumptions.refund_amount
        ]
    return {
        "cid": transaction.click_id,
        "amount_affiliate": str(amount_affiliate),
        "amount_affiliate_abs": str(abs(commission)),
        "amount_brutto": str(gross),
        "amount_brutto_abs": str(abs(gross)),
        "amount_netto": str(net),
        "currency": target,
        "product_id": product.id,
        "product_name": f"product {product.id}",
        "order_id": "order",
        "transaction_id": transaction.transaction_id,
        "transaction_type": transaction.transaction_type,
        "billing_status": transaction.status,
        "billing_type": BILLING_TYPES[product.billing],
        "order_type": "upsell" if transaction.item.upsell_no else "initial_sale",
        "upsell_no": str(transaction.item.upsell_no),
        "is_test": "1" if transaction.step.event == "test_order" else "",
        # One constant each: they do not tell one payment from another.
        **dict.fromkeys(("campaignkey", "sid1", "sid2", "sid3", "sid4", "sid5", "country"), ""),
        **dict.fromkeys(("merchant_id", "merchant_name", "affiliate_id", "affiliate_name"), "1"),
        # Times may repeat within a second: an event id of them is no identity.
        **dict.fromkeys(("datetime_unix", "datetime_full", "datetime_utc"), "now"),
        "random": f"r{transaction.transaction_id}-{connection.name}",
    }
