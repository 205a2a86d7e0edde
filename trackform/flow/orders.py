"""Simulates Digistore24: what an order event books there.

Inferred, as nothing is published: a notice moves no money; a chargeback that is reversed comes in as a payment, as
`{transaction_type}` has no other word for money that comes in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from trackform.flow.setup import SoldProduct, cents

Event = Literal[
    "sale", "trial", "upsell", "add_on", "rebill", "instalment", "refund", "partial_refund", "chargeback",
    "chargeback_reversed", "missed_payment", "payment_denial", "rebill_cancelled", "rebill_resumed", "last_paid_day",
    "repeat", "test_order",
]  # fmt: skip

CONNECTION_EVENTS: dict[str, str] = {
    "sale": "payment",
    "trial": "payment",
    "upsell": "payment",
    "add_on": "payment",
    "rebill": "payment",
    "instalment": "payment",
    "test_order": "payment",
    "refund": "refund",
    "partial_refund": "refund",
    "chargeback": "chargeback",
    "chargeback_reversed": "payment",
    "missed_payment": "payment_missed",
    "payment_denial": "payment_denial",
    "rebill_cancelled": "rebill_cancelled",
    "rebill_resumed": "rebill_resumed",
    "last_paid_day": "last_paid_day",
}
"""What a connection's list of order events calls each event."""

FIRST_PAYMENTS = ("sale", "trial", "upsell", "add_on", "test_order")
"""A trial is a sale whose first payment is 0.00; an add-on is bought together with the first product, and like it."""
NOTICES = {
    "missed_payment": ("payment_missed", "aborted"),
    "payment_denial": ("payment_denial", "aborted"),
    "rebill_cancelled": ("rebill_cancelled", "aborted"),
    "rebill_resumed": ("rebill_resumed", "paying"),
    "last_paid_day": ("last_paid_day", "aborted"),
}
"""Events that move no money, with the transaction type and the billing status that they leave behind."""
SPOKEN = {"add_on": "add-on", "chargeback_reversed": "reversed chargeback"}
RETURNS = ("refund", "chargeback")
TEST_CLICK = "test"
"""The click id that the form's Test button invents: no click of anybody."""
PART = Decimal("0.36")
"""The share of a payment that a partial refund of the sequences gives back. Two of it are equal to the cent, so that an
amount tells none from the other; the rest is another amount."""
Amounts = tuple[Decimal, Decimal, Decimal]
NOTHING: Amounts = (Decimal(0), Decimal(0), Decimal(0))


@dataclass(frozen=True)
class SequenceStep:
    """One order event of a sequence: about which product, and how many days after the click.

    ``order``: which of the click's orders. ``of``: the step that is delivered again; the one before by default.
    """

    event: Event
    product: str
    day: int = 0
    order: int = 0
    of: int | None = None

    @property
    def name(self) -> str:
        """As people call it."""
        return SPOKEN.get(self.event, self.event.replace("_", " "))


@dataclass
class Payment:
    """A payment and what of it was given back so far. Amounts as in `SoldProduct`."""

    transaction: "OrderTransaction"
    gross: Decimal
    net: Decimal
    commission: Decimal
    back: Decimal = Decimal(0)
    back_net: Decimal = Decimal(0)
    back_commission: Decimal = Decimal(0)
    charged_back: Amounts | None = None
    """What a chargeback has taken of it."""

    @property
    def item(self) -> "OrderItem":
        return self.transaction.item


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
    order_id: str
    transaction_id: str
    transaction_type: str
    gross: Decimal
    net: Decimal
    commission: Decimal
    status: str
    click_id: str
    earned: Decimal
    """What the affiliate's account at Digistore24 gains."""
    payment: "OrderTransaction | None" = None
    """Of a return: the payment that it gives back."""
    checkout: str = ""
    """Of a further product of a checkout: the transaction of the first one."""


class ImpossibleError(Exception):
    """An event that cannot happen to this order."""


@dataclass
class Order:
    """One buyer's order after one click. ``number``: which of the click's."""

    click_id: str
    products: Mapping[str, SoldProduct]
    number: int = 0
    instalments: int = 3
    items: list[OrderItem] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    count: int = 0

    def happen(self, step: SequenceStep) -> OrderTransaction:
        """Book a step (any but `repeat`).

        Raises:
            ImpossibleError: such as a refund without a payment.
        """
        if step.event in FIRST_PAYMENTS:
            upsells = sum(item.upsell_no > 0 for item in self.items)
            item = OrderItem(self.products[step.product], upsells + 1 if step.event == "upsell" else 0)
            if step.event != "test_order":
                self.items.append(item)
            return self._payment(step, item)
        if step.event in ("rebill", "instalment"):
            return self._payment(step, self._item(step.product))
        if step.event in NOTICES:
            item = self._item(step.product)
            kind, item.status = NOTICES[step.event]
            return self._transaction(step, item, kind, NOTHING)
        return self._reverse(step) if step.event == "chargeback_reversed" else self._give_back(step)

    def _item(self, product: str) -> OrderItem:
        bought = next((item for item in self.items if item.product.id == product), None)
        if bought is None:
            raise ImpossibleError(f"the order has no {product}")
        return bought

    def _payment(self, step: SequenceStep, item: OrderItem) -> OrderTransaction:
        item.paid += 1
        product = item.product
        amounts = NOTHING if step.event == "trial" else (product.gross, product.net, product.commission)
        return self._paid(step, item, amounts)

    def _paid(self, step: SequenceStep, item: OrderItem, amounts: Amounts) -> OrderTransaction:
        further = step.event in ("upsell", "add_on") and self.payments
        billing = item.product.billing
        over = billing == "single" or (billing == "installment" and item.paid == self.instalments)
        item.status = "completed" if over else "paying"
        checkout = self.payments[0].transaction.transaction_id if further else ""
        transaction = self._transaction(step, item, "payment", amounts, checkout=checkout)
        if step.event != "test_order":
            self.payments.append(Payment(transaction, *amounts))
        return transaction

    def _reverse(self, step: SequenceStep) -> OrderTransaction:
        """The money of the product's newest chargeback comes in again."""
        own = [payment for payment in reversed(self.payments) if payment.item.product.id == step.product]
        taken = next((payment for payment in own if payment.charged_back), None)
        if taken is None or taken.charged_back is None:
            raise ImpossibleError(f"no payment of {step.product} was charged back")
        amounts, taken.charged_back = taken.charged_back, None
        return self._paid(step, taken.item, amounts)

    def _give_back(self, step: SequenceStep) -> OrderTransaction:
        """The newest payment of the product with something left; the parts add up to the payment to the cent.

        Else a chargeback is one of a payment that was refunded in full, and moves nothing.
        """
        own = [payment for payment in reversed(self.payments) if payment.item.product.id == step.product]
        open_ = [each for each in own if each.back < each.gross]
        if not open_ and step.event == "chargeback":
            open_ = [each for each in own if each.back and each.charged_back is None]
        if not open_:
            raise ImpossibleError(f"nothing of {step.product} is left to give back")
        payment = open_[0]
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
        if step.event == "chargeback":
            payment.charged_back = (gross, net, commission)
        return self._transaction(step, payment.item, kind, (-gross, -net, -commission), payment=payment.transaction)

    def _transaction(
        self,
        step: SequenceStep,
        item: OrderItem,
        kind: str,
        amounts: Amounts,
        *,
        payment: OrderTransaction | None = None,
        checkout: str = "",
    ) -> OrderTransaction:
        self.count += 1
        test = step.event == "test_order"
        order = str(self.number or "")
        return OrderTransaction(
            step, item, f"order{order}", f"t{self.count}{order and f'of{order}'}", kind, *amounts, status=item.status,
            click_id=TEST_CLICK if test else self.click_id, earned=Decimal(0) if test else amounts[2],
            payment=payment, checkout=checkout,
        )  # fmt: skip
