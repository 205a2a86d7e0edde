"""Books orders at Digistore24: sales, rebills, refunds and notices.

Amounts of transactions and commissions are signed: what is given back is negative. Where nothing is published, the
choice is marked: (inferred) follows from what is published, (ours) is a plain choice of this sandbox.
"""

import random
import string
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from trackform.sandbox.digistore24.catalog import MarketProduct
from trackform.sandbox.digistore24.money import ZERO, cents, net_of, share_of
from trackform.sandbox.flow.promolink import Click
from trackform.sandbox.store import Row, Store

ORDER_ID = string.ascii_uppercase + string.digits
FIRST_TRANSACTION = 70_000_000

Return = Literal["refund", "chargeback"]


class OrderRefusedError(Exception):
    """An order event that cannot happen: nothing was booked."""


@dataclass(frozen=True)
class EventRecord:
    """One event of an order, as its postbacks report it: the purchase, the item sold and the transaction."""

    purchase: Row
    item: Row
    transaction: Row


class Orders:
    """The orders of one affiliate account. Who reads a purchase and acts on it holds ``store.atomic()`` meanwhile."""

    def __init__(self, store: Store, account: str, now: Callable[[], datetime], rng: random.Random) -> None:
        self._store = store
        self._account = account
        self._now = now
        self._rng = rng

    def purchase(self, order_id: str | None, click_id: str | None) -> Row:
        """The order by its id, else the newest one of a click, else the newest one.

        Raises:
            OrderRefusedError: there is none.
        """
        if order_id is not None:
            purchase = self._store.get(self._account, "purchase", order_id)
        elif click_id is not None:
            rows = self._store.rows(self._account, "purchase")
            purchase = next((row for row in reversed(rows) if row["click_id"] == click_id), None)
        else:
            purchase = self._store.last(self._account, "purchase")
        if purchase is None:
            raise OrderRefusedError(f"account {self._account} has no such order")
        return purchase

    def sale(
        self,
        product: MarketProduct,
        click: Click,
        affiliate: str,
        *,
        order_id: str | None = None,
        gross: Decimal | None = None,
        test: bool = False,
        country: str = "US",
        kept: bool = True,
    ) -> EventRecord:
        """A new order and its first payment. ``kept=False`` invents one without booking it."""
        if order_id is not None and self._store.find("purchase", order_id):
            raise OrderRefusedError(f"order {order_id} exists already")
        purchase: Row = {
            "id": order_id or self._new_id(),
            "account": self._account,
            "affiliate_name": affiliate,
            "vendor": product.vendor,
            "vendor_name": product.vendor_name,
            "created_at": self._now().isoformat(),
            "test": test,
            "click_id": click.cid,
            "campaignkey": click.campaignkey,
            "sids": click.sids,
            "utm": click.utm,
            "country": country,
            "items": [],
        }
        return self._first_payment(purchase, product, gross, kept=kept)

    def _new_id(self) -> str:
        """One that is free: a sandbox that was started again on its data draws the same once more."""
        while self._store.find("purchase", drawn := "".join(self._rng.choices(ORDER_ID, k=8))):
            pass
        return drawn

    def upsell(self, purchase: Row, product: MarketProduct, *, gross: Decimal | None = None) -> EventRecord:
        """A further product in the same order, with a payment of its own."""
        return self._first_payment(purchase, product, gross, kept=True, is_upsell=True)

    def add_on(self, purchase: Row, product: MarketProduct, *, gross: Decimal | None = None) -> EventRecord:
        """A further product that is bought together with the first one, and says the same of itself (inferred)."""
        return self._first_payment(purchase, product, gross, kept=True)

    def pay_again(
        self,
        purchase: Row,
        product_id: str | None,
        billing_type: Literal["subscription", "installment"],
        *,
        gross: Decimal | None = None,
    ) -> EventRecord:
        """A rebill or the next instalment: a further payment of the same item.

        It says ``initial_sale`` again, or ``upsell`` where the item was one (inferred: the macro has no other value).
        A subscription takes rebills also after a missed payment or a refund (ours).
        """
        item = _item(purchase, product_id, billing_type)
        if billing_type == "installment" and item["paid"] >= item["instalments"]:
            raise OrderRefusedError(f"all {item['instalments']} instalments of {item['product_id']} are paid")
        return self._payment(purchase, item, gross, kept=True, again=True)

    def reverse(self, purchase: Row, product_id: str | None) -> EventRecord:
        """The money of the newest chargeback comes in again, as a payment (inferred: the macro has no other value)."""
        own = self._store.belonging(self._account, "transaction", purchase["id"])
        own = [row for row in own if product_id in {None, row["product_id"]}]
        taken = [row for row in own if row["transaction_type"] == "chargeback" and not row.get("reversed")]
        if not taken:
            raise OrderRefusedError(f"order {purchase['id']} has no such chargeback")
        self._store.put(self._account, "transaction", taken[-1] | {"reversed": True})
        item = purchase["items"][taken[-1]["upsell_no"]]
        item["billing_status"] = _status(item)
        amounts = {field: str(-Decimal(taken[-1][field])) for field in ("amount", "net", "commission")}
        return self._book(purchase, item, self._transaction(purchase, item, "payment") | amounts)

    def give_back(
        self,
        purchase: Row,
        product_id: str | None,
        kind: Return,
        *,
        transaction_id: str | None = None,
        gross: Decimal | None = None,
        share: Decimal | None = None,
    ) -> EventRecord:
        """A refund or chargeback of one payment: the named one, else the newest that still has something to give back.

        ``gross`` or ``share`` (of the payment, 0 to 1) make it a partial one. The parts of all partial refunds add up
        to the payment to the cent. A return in full ends the item's billing as ``aborted`` (inferred). A chargeback of
        a payment that was refunded in full is booked once, and moves nothing (ours).
        """
        payment, left = self._open_payment(purchase, product_id, transaction_id, refunded=kind == "chargeback")
        back = left
        if gross is not None:
            back = gross
        elif share is not None:
            back = cents(Decimal(payment["amount"]) * share)
        if not ZERO < back <= left and not back == left == ZERO:
            raise OrderRefusedError(f"payment {payment['id']} has {left} left to give back, not {back}")
        item = next(item for item in purchase["items"] if item["upsell_no"] == payment["upsell_no"])
        if back == left:
            item["billing_status"] = "aborted"
        transaction = self._transaction(purchase, item, kind) | {
            "amount": str(-back),
            "net": str(self._part(payment, "net", back)),
            "commission": str(self._part(payment, "commission", back)),
            "of": payment["id"],
            "checkout": payment["checkout"],
        }
        return self._book(purchase, item, transaction)

    def notice(self, purchase: Row, product_id: str | None, kind: str, billing_status: str | None) -> EventRecord:
        """Something about a running plan that moves no money. It has an id of its own, but is not listed (ours)."""
        item = _item(purchase, product_id, "subscription", "installment")
        if billing_status is not None:
            item["billing_status"] = billing_status
        self._store.put(self._account, "purchase", purchase)
        return EventRecord(purchase, item, self._transaction(purchase, item, kind))

    def refund_request(self, purchase: Row, product_id: str | None) -> EventRecord:
        """A buyer asks for the money back: listed with amount 0 until it is granted as a refund (ours)."""
        payment, _ = self._open_payment(purchase, product_id, None)
        item = next(item for item in purchase["items"] if item["upsell_no"] == payment["upsell_no"])
        return self._book(purchase, item, self._transaction(purchase, item, "refund_request"))

    def _first_payment(
        self, purchase: Row, product: MarketProduct, gross: Decimal | None, *, kept: bool, is_upsell: bool = False
    ) -> EventRecord:
        item: Row = {
            "product_id": product.id,
            "product_name": product.name,
            "upsell_no": len(purchase["items"]),
            "upsell": sum(item["upsell"] > 0 for item in purchase["items"]) + 1 if is_upsell else 0,
            "billing_type": product.billing_type,
            "billing_status": "paying",
            "instalments": product.instalments,
            "paid": 0,
            "price": product.price,
            "currency": product.currency,
            "commission_percent": product.commission_percent,
            "vat_percent": product.vat_percent,
        }
        purchase["items"].append(item)
        return self._payment(purchase, item, gross, kept=kept)

    def _payment(
        self, purchase: Row, item: Row, gross: Decimal | None, *, kept: bool, again: bool = False
    ) -> EventRecord:
        item["paid"] += 1
        item["billing_status"] = _status(item)
        paid = cents(Decimal(item["price"])) if gross is None else gross
        if paid < ZERO:
            raise OrderRefusedError("a payment is not negative")
        net = net_of(paid, Decimal(item["vat_percent"]))
        commission = share_of(net, Decimal(item["commission_percent"]))
        amounts = {"amount": str(paid), "net": str(net), "commission": str(commission)}
        transaction = self._transaction(purchase, item, "payment") | amounts | {"again": again}
        if item["upsell_no"] == 0 and not again:
            purchase["checkout"] = transaction["id"]
        elif not again:
            transaction["checkout"] = purchase["checkout"]
        return self._book(purchase, item, transaction) if kept else EventRecord(purchase, item, transaction)

    def _transaction(self, purchase: Row, item: Row, kind: str) -> Row:
        return {
            "id": FIRST_TRANSACTION + self._store.serial("", "digistore24 transaction"),
            "purchase_id": purchase["id"],
            "product_id": item["product_id"],
            "upsell_no": item["upsell_no"],
            "transaction_type": kind,
            "amount": str(ZERO),
            "net": str(ZERO),
            "commission": str(ZERO),
            "currency": item["currency"],
            "created_at": self._now().isoformat(),
            "test": purchase["test"],
            "of": None,
            "checkout": None,
            "again": False,
        }

    def _book(self, purchase: Row, item: Row, transaction: Row) -> EventRecord:
        self._store.put(self._account, "purchase", purchase)
        self._store.put(self._account, "transaction", transaction)
        return EventRecord(purchase, item, transaction)

    def _returns(self, payment: Row) -> list[Row]:
        own = self._store.belonging(self._account, "transaction", payment["purchase_id"])
        return [row for row in own if row["of"] == payment["id"]]

    def _open_payment(
        self, purchase: Row, product_id: str | None, transaction_id: str | None, *, refunded: bool = False
    ) -> tuple[Row, Decimal]:
        """The newest payment with something left; with ``refunded`` else the newest one that has only refunds."""
        own = self._store.belonging(self._account, "transaction", purchase["id"])
        spent: Row | None = None
        for row in reversed(own):
            fits = transaction_id in {None, str(row["id"])} and product_id in {None, row["product_id"]}
            if not fits or row["transaction_type"] != "payment":
                continue
            returns = [back for back in own if back["of"] == row["id"]]
            left = sum((Decimal(back["amount"]) for back in returns), Decimal(row["amount"]))
            if left > ZERO:
                return row, left
            if returns and all(back["transaction_type"] == "refund" for back in returns):
                spent = spent or row
        if refunded and spent:
            return spent, ZERO
        raise OrderRefusedError(f"order {purchase['id']} has no such payment with anything left to give back")

    def _part(self, payment: Row, field: Literal["net", "commission"], back: Decimal) -> Decimal:
        """The part of ``field`` that goes back, negative; rounded over all returns, so that no cent is lost."""
        earlier = self._returns(payment)
        returned = back - sum((Decimal(row["amount"]) for row in earlier), ZERO)
        due = cents(Decimal(payment[field]) * returned / Decimal(payment["amount"]))
        return -(due + sum((Decimal(row[field]) for row in earlier), ZERO))


def _status(item: Row) -> str:
    """The billing status that a payment leaves behind."""
    over = item["billing_type"] == "single_payment" or item["paid"] == item["instalments"]
    return "completed" if over else "paying"


def _item(purchase: Row, product_id: str | None, *billing_types: str) -> Row:
    items: list[dict[str, Any]] = [
        item
        for item in purchase["items"]
        if item["billing_type"] in billing_types and product_id in {None, item["product_id"]}
    ]
    wanted = " or ".join(billing_types)
    if not items:
        there = ", ".join(f"{item['product_id']} ({item['billing_type']})" for item in purchase["items"])
        of = f" of product {product_id}" if product_id else ""
        raise OrderRefusedError(f"order {purchase['id']} has nothing{of} that is paid by {wanted}; it has {there}")
    if len(items) > 1:
        candidates = ", ".join(item["product_id"] for item in items)
        raise OrderRefusedError(f"order {purchase['id']}: name one product with {wanted} (candidates: {candidates})")
    return items[0]
