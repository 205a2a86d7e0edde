"""Plays order events: books them at Digistore24, then fires the postback connections."""

from dataclasses import dataclass, replace
from typing import Literal

from trackform.sandbox.accounts import DIGISTORE24, digistore24_account, known_accounts, remember
from trackform.sandbox.digistore24.catalog import Catalog, MarketProduct
from trackform.sandbox.digistore24.users import user_name
from trackform.sandbox.flow.firing import Firing
from trackform.sandbox.flow.order_event import OrderEvent
from trackform.sandbox.flow.orders import EventRecord, OrderRefusedError, Orders
from trackform.sandbox.flow.promolink import Click
from trackform.sandbox.store import Row
from trackform.sandbox.world import Sandbox

# An event that moves no money, and the billing status it leaves behind (inferred); None keeps the status.
NOTICES: dict[str, tuple[str, str | None]] = {
    "missed_payment": ("payment_missed", "aborted"),
    "payment_denial": ("payment_denial", "aborted"),
    "rebill_cancelled": ("rebill_cancelled", "aborted"),
    "rebill_resumed": ("rebill_resumed", "paying"),
    "last_paid_day": ("last_paid_day", "aborted"),
}

BillingType = Literal["subscription", "installment"]

# The Test button invents a click id; which one it takes is not known.
TEST_CLICK = "test"


@dataclass(frozen=True)
class OrderOutcome:
    """Bookings and deliveries of an order event. Test orders and repetitions book nothing: theirs are for show."""

    account: str
    purchase: Row
    transactions: list[Row]
    deliveries: list[Row]
    transaction_id: str
    """Of the event, whether or not it is booked: a repetition can name it."""


def paid_account(sandbox: Sandbox, account: str | None, key: str | None) -> str:
    """The Digistore24 account that earns: named, or the only one there is.

    Raises:
        OrderRefusedError: it is unknown, or there are several.
    """
    if key is not None:
        paid = digistore24_account(key)
        remember(sandbox.store, DIGISTORE24, paid, sandbox.clock.now())
        return paid
    known = [row["account"] for row in known_accounts(sandbox.store, DIGISTORE24)]
    if account is not None and account not in known:
        raise OrderRefusedError(f"no Digistore24 account {account}; known: {', '.join(known) or 'none'}")
    if account is None and len(known) != 1:
        raise OrderRefusedError(f"name the Digistore24 account that is paid; known: {', '.join(known) or 'none'}")
    return account or known[0]


class Play:
    """Plays the order events of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._catalog = Catalog(sandbox.store)

    def run(self, order: OrderEvent) -> OrderOutcome:
        """Book the event, then deliver it: a receiver that fails changes nothing about what was booked.

        Raises:
            OrderRefusedError: it cannot happen.
            ValueError: the promolink is none.
        """
        account = paid_account(self._sandbox, order.account, order.key)
        store = self._sandbox.store
        orders = Orders(store, account, self._sandbox.clock.now, self._sandbox.rng)
        firing = Firing(self._sandbox, account)
        if order.event == "repeat":
            purchase = orders.purchase(order.order_id, order.click().cid or None)
            again = firing.repeat(purchase, order.transaction_id)
            return OrderOutcome(account, purchase, [], again, order.transaction_id or "")
        with store.atomic():
            first = order.event in ("sale", "test_order")
            record = self._sale(order, orders, account) if first else self._follow_up(order, orders)
        try:
            deliveries = firing.fire(order.event, record, connection_id=order.connection_id)
        except KeyError:
            raise OrderRefusedError(f"account {account} has no connection {order.connection_id}") from None
        row = record.transaction
        booked = store.get(account, "transaction", str(row["id"])) is not None
        return OrderOutcome(account, record.purchase, [row] if booked else [], deliveries, str(row["id"]))

    def _follow_up(self, order: OrderEvent, orders: Orders) -> EventRecord:
        purchase = orders.purchase(order.order_id, order.click().cid or None)
        match order.event:
            case "upsell" | "add_on":
                product = self._product(str(order.product_id), purchase["affiliate_name"])
                sell = orders.upsell if order.event == "upsell" else orders.add_on
                return sell(purchase, product, gross=order.amount)
            case "chargeback_reversed":
                return orders.reverse(purchase, order.product_id)
            case "rebill" | "instalment":
                billing: BillingType = "subscription" if order.event == "rebill" else "installment"
                return orders.pay_again(purchase, order.product_id, billing, gross=order.amount)
            case "refund" | "partial_refund" | "chargeback":
                return orders.give_back(
                    purchase,
                    order.product_id,
                    "chargeback" if order.event == "chargeback" else "refund",
                    transaction_id=order.transaction_id,
                    gross=order.amount,
                    share=order.share,
                )
            case "refund_request":
                return orders.refund_request(purchase, order.product_id)
        return orders.notice(purchase, order.product_id, *NOTICES[order.event])

    def _sale(self, order: OrderEvent, orders: Orders, account: str) -> EventRecord:
        click = order.click()
        if click.is_other_link and self._sandbox.switches.link_cid == "lost":
            click = replace(click, cid="")
        test = order.event == "test_order"
        affiliate = click.affiliate or user_name(self._sandbox.store, account)
        product = self._product(order.product_id or click.product_id or self._tested(order, account), affiliate)
        return orders.sale(
            product,
            Click(cid=TEST_CLICK) if test and not click.cid else click,
            affiliate,
            order_id=order.order_id,
            gross=order.amount,
            test=test or order.test,
            country=order.country,
            kept=not test,
        )

    def _tested(self, order: OrderEvent, account: str) -> str:
        """A product of the connection whose Test button is pressed."""
        row = self._sandbox.store.get(account, "connection", order.connection_id or "")
        if row is None:
            raise OrderRefusedError("a test order needs a product_id, or the connection_id of a connection")
        first: str = str(row["product_ids"][0])
        return self._catalog.products()[0].id if first == "all" else first

    def _product(self, product_id: str, affiliate: str) -> MarketProduct:
        """A product that this affiliate is paid for: others sell without a trace in the affiliate's account."""
        product = self._catalog.product(product_id)
        if product is None:
            raise OrderRefusedError(f"no product {product_id} in the marketplace")
        status = self._catalog.status(affiliate, product_id)
        if status != "approved":
            raise OrderRefusedError(f"affiliate {affiliate} is not approved for product {product_id}: {status}")
        return product
