"""Bookings and conversions of the demo account that fit each other, and what is otherwise said of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.trackform.reconcile.stage import ROOT
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.reconcile.compare import Period, Terms, reconcile
from trackform.reconcile.connections import DeclaredConnection, connections_of
from trackform.reconcile.judge import AmountRules
from trackform.reconcile.model import Booking, ComparisonLine, Conversion

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = datetime(2026, 11, 10, 23, 59, tzinfo=BERLIN)
CLICK = "0123456789abcdef01234567"
DEMO = connections_of(compose(read_account(ROOT / "stacks/demo.yaml"), ROOT / "templates"))


def booking(number: int = 1, **more: Any) -> Booking:
    return Booking(**{
        "transaction_id": str(number), "order_id": "A", "click_id": CLICK, "at": NIGHT, "kind": "payment",
        "amount": Decimal("23.50"), "currency": "USD", "product_id": "411530", "main_product_id": "411530",
        "upsell": False, **more,
    })  # fmt: skip


def conversion(number: int = 1, **more: Any) -> Conversion:
    subs = {1: "411530", 2: "A", 3: "payment", 4: "initial_sale", 7: "USD", 20: "tf.sales"} | more.pop("subs", {})
    amount = Decimal(more.pop("amount", "23.50"))
    return Conversion(**{
        "id": f"c{number}", "click_id": CLICK, "at": NIGHT + timedelta(minutes=2), "type": "initial_sale",
        "amount": amount, "payout": amount, "currency": "USD", "event_id": str(number), "offer_source": "digistore24",
        "subs": subs, **more,
    })  # fmt: skip


def terms(first: int = 10, last: int = 10, **rules: Any) -> Terms:
    period = Period(date(2026, 11, first), date(2026, 11, last), BERLIN, datetime(2026, 11, 20, tzinfo=UTC))
    return Terms(period, AmountRules(**{"home": "USD", **rules}))


def verdicts(
    booked: list[Booking],
    logged: list[Conversion],
    how: Terms | None = None,
    connections: list[DeclaredConnection] = DEMO,
) -> list[str]:
    return [line.verdict for line in reconcile(booked, logged, connections, how or terms())]


def only(booked: list[Booking], logged: list[Conversion], how: Terms | None = None) -> ComparisonLine:
    """The one line that comes of it."""
    (line,) = reconcile(booked, logged, DEMO, how or terms())
    return line
