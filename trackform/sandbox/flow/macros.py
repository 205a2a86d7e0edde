"""The ``{macro}``s of an S2S postback URL."""

import random
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from trackform.sandbox.digistore24.money import ZERO, cents, net_of, share_of
from trackform.sandbox.flow.orders import EventRecord
from trackform.sandbox.flow.promolink import SIDS
from trackform.sandbox.rates import UNITS_PER_USD, convert
from trackform.sandbox.store import Row
from trackform.sandbox.switches import Switches

MACRO = re.compile(r"\{([A-Za-z0-9_]+)\}")
GIVEN_BACK = ("refund", "chargeback")
NO_NOTICE = ("payment", *GIVEN_BACK, "refund_request")


def values_of(record: EventRecord, switches: Switches, currency: str, account: str) -> dict[str, str]:
    """Every macro of an affiliate's connection but ``{random}``.

    The names are those of Digistore24's help article, with ``{sid1}``…, ``{order_id}``, ``{utm_…}`` and the ``_abs``
    amounts, which are seen in client code. Vendor macros such as ``{email}`` are not an affiliate's.

    Args:
        record: the event.
        switches: decide what is not known of the macros.
        currency: what the connection converts amounts to; "" leaves them.
        account: the Digistore24 account that is paid.
    """
    purchase, item, transaction = record.purchase, record.item, record.transaction
    # A currency without a rate is left as it is: amount and currency then still belong together.
    target = currency if currency in UNITS_PER_USD else transaction["currency"]
    amounts = [Decimal(transaction[field]) for field in ("commission", "amount", "net")]
    is_notice = transaction["transaction_type"] not in NO_NOTICE
    if is_notice and switches.notice_amount == "payment":
        net = net_of(Decimal(item["price"]), Decimal(item["vat_percent"]))
        amounts = [share_of(net, Decimal(item["commission_percent"])), cents(Decimal(item["price"])), net]
    commission, gross, net = (convert(amount, transaction["currency"], target) for amount in amounts)
    amount_affiliate = commission
    if transaction["transaction_type"] in GIVEN_BACK:
        amount_affiliate = {"negative": commission, "positive": abs(commission), "zero": ZERO}[switches.refund_amount]
    values = {
        "cid": purchase["click_id"],
        "campaignkey": purchase["campaignkey"],
        **{name: purchase["sids"].get(name, "") for name in SIDS},
        **purchase["utm"],
        "country": purchase["country"],
        "amount_affiliate": str(amount_affiliate),
        "amount_affiliate_abs": str(abs(commission)),
        "amount_brutto": str(gross),
        "amount_brutto_abs": str(abs(gross)),
        "amount_netto": str(net),
        "currency": target if switches.currency_macro == "converted" else transaction["currency"],
        "product_id": item["product_id"],
        "product_name": item["product_name"],
        "order_id": purchase["id"],
        "transaction_id": _transaction_id(transaction, switches),
        "transaction_type": transaction["transaction_type"],
        "billing_status": item["billing_status"],
        "billing_type": item["billing_type"],
        "order_type": _order_type(item, transaction, switches),
        "upsell_no": str(item["upsell"]),
        "is_test": "1" if purchase["test"] else "",
        "merchant_id": purchase["vendor"],
        "merchant_name": purchase["vendor_name"],
        "affiliate_id": account,
        "affiliate_name": purchase["affiliate_name"],
        **times(datetime.fromisoformat(transaction["created_at"])),
    }
    empty = [name for name in values if name.startswith("amount_")] if switches.notice_amount == "empty" else []
    return values | (dict.fromkeys(empty, "") if is_notice else {})


def times(at: datetime) -> dict[str, str]:
    """The macros of a moment."""
    return {
        "datetime_unix": str(int(at.timestamp())),
        "datetime_full": at.isoformat(timespec="seconds"),
        "datetime_utc": at.replace(tzinfo=None).isoformat(timespec="seconds"),
    }


def _transaction_id(transaction: Row, switches: Switches) -> str:
    """Of a return the payment's where the switch says so; in one checkout that of the first payment."""
    of_payment = transaction["of"] is not None and switches.return_ids == "payments"
    own = transaction["of"] if of_payment else transaction["id"]
    checkout = transaction["checkout"] if of_payment or transaction["of"] is None else None
    return str(checkout if checkout is not None and switches.upsell_ids == "shared" else own)


def _order_type(item: Row, transaction: Row, switches: Switches) -> str:
    if transaction["again"] and switches.rebill_type == "rebill":
        return "rebill"
    return "upsell" if item["upsell"] else "initial_sale"


def fill(url: str, values: Mapping[str, str], rng: random.Random) -> str:
    """The URL with its macros filled and URL-encoded. An unknown macro stays; a ``{utm_…}`` without value is empty."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "random" and name not in values:
            return str(rng.randrange(10**9))
        if name in values or name.startswith("utm_"):
            return quote(values.get(name, ""), safe="")
        return match[0]

    return MACRO.sub(value, url)
