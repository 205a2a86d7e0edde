"""Reads bookings and conversions from the rows of both services' answers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from trackform.reconcile.connections import SUBS
from trackform.reconcile.model import ZERO, Booking, Conversion

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    Row = Mapping[str, Any]

VENDOR_SHARE = "merchant_share"
"""The one value of a commission's reason that the published OpenAPI shows."""


def bookings(
    transactions: Iterable[Row],
    commissions: Iterable[Row],
    purchases: Mapping[str, Row],
    read: Callable[[str], datetime],
) -> list[Booking]:
    """Transactions with what was earned by each and the click behind its order.

    ``read`` knows the time zone. A transaction without a commission earned nothing. What beyond the published fields
    names the product differs between versions: every spelling seen in client code is taken.
    """
    earned = _earned(commissions)
    booked = []
    for row in transactions:
        transaction_id, order_id = _text(row, "id"), _text(row, "purchase_id")
        purchase = purchases.get(order_id, {})
        amount, currency = earned.get(transaction_id, (ZERO, ""))
        product, main = _text(row, "product_id", "main_product_id"), _text(purchase, "main_product_id", "product_id")
        ordered = _text(purchase, "created_at")
        booked.append(
            Booking(
                transaction_id=transaction_id,
                order_id=order_id,
                click_id=_text(purchase, "click_id"),
                at=read(_text(row, "created_at")),
                kind=_text(row, "transaction_type"),
                amount=amount,
                currency=currency or _text(row, "currency"),
                product_id=product,
                main_product_id=main,
                upsell=_is_upsell(row, product, main),
                billing_type=_text(row, "billing_type") or (_text(purchase, "billing_type") if product == main else ""),
                test="test" in (_text(row, "order_type"), _text(purchase, "order_type")),
                ordered=read(ordered).date() if ordered else None,
            )
        )
    return booked


def conversions(rows: Iterable[Row]) -> list[Conversion]:
    """Rows of RedTrack's conversion log; field names are those of the published spec."""
    return [
        Conversion(
            id=_text(row, "id"),
            click_id=_text(row, "clickid"),
            at=moment(_text(row, "created_at", "conv_time")),
            type=_text(row, "type"),
            amount=_number(row, "payout_network", "payout_default", "payout"),
            payout=_number(row, "payout", "payout_default", "payout_network"),
            currency=_text(row, "currency"),
            status=_text(row, "status").lower(),
            event_id=_text(row, "deduplicate_token"),
            offer_source=_text(row, "network"),
            is_default=bool(row.get("default_type")),
            subs={number: _text(row, f"p_sub{number}") for number in SUBS if row.get(f"p_sub{number}") is not None},
        )
        for row in rows
    ]


def moment(text: str) -> datetime:
    """A time of RedTrack's logs. Without an offset it is read as UTC (not known).

    Raises:
        ValueError: it is no time.
    """
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _earned(commissions: Iterable[Row]) -> dict[str, tuple[Decimal, str]]:
    """Transaction -> what was earned by it. Where an account is the vendor, too, its vendor's share is left out."""
    by_transaction: dict[str, list[Row]] = {}
    for row in commissions:
        by_transaction.setdefault(_text(row, "transaction_id"), []).append(row)
    earned = {}
    for transaction_id, rows in by_transaction.items():
        own = [row for row in rows if row.get("reason") != VENDOR_SHARE] or rows
        total = sum((_number(row, "amount") for row in own), ZERO)
        earned[transaction_id] = (total, _text(own[0], "currency"))
    return earned


def _is_upsell(row: Row, product: str, main: str) -> bool | None:
    if row.get("upsell_no") not in (None, ""):
        return str(row["upsell_no"]) != "0"
    return product != main if product and main else None


def _text(row: Row, *names: str) -> str:
    return next((str(row[name]).strip() for name in names if row.get(name) not in (None, "")), "")


def _number(row: Row, *names: str) -> Decimal:
    for name in names:
        if row.get(name) is not None:
            try:
                number = Decimal(str(row[name]))
            except InvalidOperation:
                continue
            # Nothing has no sign.
            return number + ZERO if number.is_finite() else ZERO
    return ZERO
