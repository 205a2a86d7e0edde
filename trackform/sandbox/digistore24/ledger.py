"""Digistore24's listings of what it booked: transactions, commissions, purchases.

Fields of the published OpenAPI carry its names. Where it describes no more than a few (purchases above all), further
fields take the names that are seen in client code (``transaction_amount``, ``total_affiliate_amount``,
``merchant_name``, ``campaignkey``) or are ours (``items``, and what a transaction says of its product).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from trackform.sandbox.digistore24.money import ZERO
from trackform.sandbox.digistore24.query import Page, SearchPeriod, chosen, page_of
from trackform.sandbox.store import Row, Store

PAYOUT_AFTER = timedelta(days=14)
# The published example of a reason is a vendor's, "merchant_share"; the affiliate's counterpart is ours.
REASON = "affiliate_share"
BUYER = {"id": 9001, "email": "buyer@example.test", "first_name": "Bea", "last_name": "Buyer"}
# An affiliate is not told who bought.
NOBODY = {"id": 9001, "email": "", "first_name": "", "last_name": ""}
PAY_METHOD = "paypal"


def wire_time(moment: str | datetime) -> str:
    """A moment as every answer carries it: without an offset, in the envelope's time zone."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")


def earned(row: Row, *, vendor: bool = False) -> Decimal:
    """What an account earns by a transaction, negative when it is taken back; test money earns nothing."""
    if row["test"]:
        return ZERO
    commission = Decimal(row["commission"])
    return Decimal(row["net"]) - commission if vendor else commission


def transaction_view(row: Row, purchase: Row, *, vendor: bool = False) -> Row:
    """A row of listTransactions."""
    item = purchase["items"][row["upsell_no"]]
    return {
        "id": row["id"],
        "purchase_id": row["purchase_id"],
        "amount": float(row["amount"]),
        "currency": row["currency"],
        "transaction_type": row["transaction_type"],
        "transaction_type_msg": row["transaction_type"].replace("_", " ").capitalize(),
        "created_at": wire_time(row["created_at"]),
        "buyer": BUYER if vendor else NOBODY,
        "product_id": int(row["product_id"]),
        "product_name": item["product_name"],
        "billing_type": item["billing_type"],
        "upsell_no": row["upsell_no"],
        "pay_method": PAY_METHOD,
        "order_type": "test" if row["test"] else "live",
    }


def purchase_view(purchase: Row, transactions: Iterable[Row], *, vendor: bool = False, load: bool = False) -> Row:
    """A row of listPurchases; click id and sub ids only for the affiliate (published)."""
    own = [row for row in transactions if row["purchase_id"] == purchase["id"]]
    main = purchase["items"][0]
    view = {
        "id": purchase["id"],
        "created_at": wire_time(purchase["created_at"]),
        "transaction_created_at": wire_time(own[-1]["created_at"] if own else purchase["created_at"]),
        "order_type": "test" if purchase["test"] else "live",
        "main_product_id": int(main["product_id"]),
        "main_product_name": main["product_name"],
        "billing_type": main["billing_type"],
        "billing_status": main["billing_status"],
        "currency": main["currency"],
        # One currency: an upsell in another one has its own amounts in the transactions.
        "transaction_amount": float(_sum(Decimal(r["amount"]) for r in own if r["currency"] == main["currency"])),
        "total_affiliate_amount": float(_sum(earned(r) for r in own if r["currency"] == main["currency"])),
        "vendor_id": int(purchase["vendor"]),
        "merchant_name": purchase["vendor_name"],
        "affiliate_name": purchase["affiliate_name"],
        "campaignkey": purchase["campaignkey"],
        "pay_method": PAY_METHOD,
        "buyer": BUYER if vendor else NOBODY,
        "items": [
            {name: item[name] for name in ("product_id", "product_name", "upsell_no", "billing_type", "billing_status")}
            for item in purchase["items"]
        ],
    }
    if not vendor:
        view["click_id"] = purchase["click_id"]
        view["sub_ids"] = {f"sid{n}": purchase["sids"].get(f"sid{n}", "") for n in range(1, 6)}
    if load:
        view["transaction_list"] = [transaction_view(row, purchase, vendor=vendor) for row in own]
    return view


class SalesLedger:
    """The listings of one account: what it earned as an affiliate, and what was sold of its products."""

    def __init__(self, store: Store, account: str) -> None:
        self._store = store
        self._account = account

    def transactions(self, search: Mapping[str, Any], period: SearchPeriod, page: Page, sort: tuple[str, str]) -> Row:
        """The answer of listTransactions. The summary is over all rows that match, not over the page."""
        transactions = [
            (row, purchase, vendor)
            for purchase, rows, vendor in self._orders(search)
            for row in rows
            if period.holds(row["created_at"])
        ]
        views = [
            (transaction_view(row, purchase, vendor=vendor) | _extras(purchase), row, vendor)
            for row, purchase, vendor in transactions
        ]
        views = [entry for entry in views if chosen(entry[0], search)]
        order = {
            "date": lambda entry: entry[1]["created_at"],
            "amount": lambda entry: Decimal(entry[1]["amount"]),
            "earning": lambda entry: earned(entry[1], vendor=entry[2]),
        }[sort[0]]
        views.sort(key=order, reverse=sort[1] == "desc")
        shown, pages = page_of(views, page)
        return {
            "from": wire_time(period.start),
            "to": wire_time(period.end),
            "page_size": page.size,
            "page_no": page.number,
            "page_count": pages,
            "item_count": len(views),
            "summary": {"amounts": _amounts((row, vendor) for _, row, vendor in views), "count": len(views)},
            "transaction_list": [_without_extras(view) for view, _, _ in shown],
        }

    def purchases(
        self, search: Mapping[str, Any], period: SearchPeriod, page: Page, sort: tuple[str, str], *, load: bool
    ) -> Row:
        """The answer of listPurchases: orders by the time of their first payment."""
        purchases = []
        for purchase, rows, vendor in self._orders(search):
            kinds = {row["transaction_type"] for row in rows}
            view = purchase_view(purchase, rows, vendor=vendor, load=load)
            facets = view | _extras(purchase) | {"transaction_type": kinds}
            facets["product_id"] = {item["product_id"] for item in purchase["items"]}
            if period.holds(purchase["created_at"]) and chosen(facets, search):
                purchases.append((view, purchase["created_at"]))
        order = {
            "date": lambda entry: entry[1],
            "amount": lambda entry: entry[0]["transaction_amount"],
            "earning": lambda entry: entry[0]["total_affiliate_amount"],
        }[sort[0]]
        purchases.sort(key=order, reverse=sort[1] == "desc")
        shown, pages = page_of(purchases, page)
        return {
            "from": wire_time(period.start),
            "to": wire_time(period.end),
            "page_size": page.size,
            "page_no": page.number,
            "page_count": pages,
            "item_count": len(purchases),
            "purchase_list": [view for view, _ in shown],
        }

    def commissions(
        self, kinds: set[str], reasons: set[str], purchase_id: str, period: SearchPeriod, page: Page
    ) -> Row:
        """The answer of listCommissions: the account's own commissions, negative when they are taken back."""
        rows = [
            row
            for row in self._store.rows(self._account, "transaction")
            if earned(row)
            and row["transaction_type"] in kinds
            and reasons & {"all", REASON}
            and purchase_id in {"", row["purchase_id"]}
            and period.holds(row["created_at"])
        ]
        shown, pages = page_of(rows, page)
        return {
            "page_no": page.number,
            "page_size": page.size,
            "item_count": len(rows),
            "page_count": pages,
            "items": [
                {
                    "id": row["id"] + 10_000_000,
                    "created_at": wire_time(row["created_at"]),
                    "amount": float(row["commission"]),
                    "currency": row["currency"],
                    "reason": REASON,
                    "schedule_payout_at": (datetime.fromisoformat(row["created_at"]) + PAYOUT_AFTER).date().isoformat(),
                    "transaction_id": row["id"],
                    "purchase_id": row["purchase_id"],
                }
                for row in shown
            ],
        }

    def _orders(self, search: Mapping[str, Any]) -> Iterable[tuple[Row, list[Row], bool]]:
        """(purchase, its transactions, seen as its vendor), in the roles that were asked for."""
        roles = {role.strip() for role in str(search.get("role") or "affiliate,vendor").split(",")}
        by_order: dict[str, list[Row]] = defaultdict(list)
        for _, row in self._store.everywhere("transaction"):
            by_order[row["purchase_id"]].append(row)
        for account, purchase in self._store.everywhere("purchase"):
            if account == self._account and "affiliate" in roles:
                yield purchase, by_order[purchase["id"]], False
            elif purchase["vendor"] == self._account and "vendor" in roles:
                yield purchase, by_order[purchase["id"]], True


def _extras(purchase: Row) -> Row:
    """What a search may ask for beyond the fields of a row."""
    return {"affiliate_name": purchase["affiliate_name"]}


def _without_extras(view: Row) -> Row:
    return {name: value for name, value in view.items() if name != "affiliate_name"}


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def _amounts(rows: Iterable[tuple[Row, bool]]) -> Row:
    """Totals by currency."""
    totals: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for row, vendor in rows:
        total = totals[row["currency"]]
        total["count"] += 1
        total["total_amount"] += Decimal(row["amount"])
        total["vat_amount"] += Decimal(row["amount"]) - Decimal(row["net"])
        total["earned_amount"] += earned(row, vendor=vendor)
    return {
        currency: {name: int(value) if name == "count" else float(value) for name, value in total.items()}
        for currency, total in totals.items()
    }
