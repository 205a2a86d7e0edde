"""The ``{macro}``s of an S2S postback URL."""

import random
import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from urllib.parse import quote

from trackform.sandbox.digistore24.money import ZERO
from trackform.sandbox.flow.orders import EventRecord
from trackform.sandbox.flow.promolink import SIDS
from trackform.sandbox.rates import UNITS_PER_USD, convert
from trackform.sandbox.switches import Switches

MACRO = re.compile(r"\{([A-Za-z0-9_]+)\}")
GIVEN_BACK = ("refund", "chargeback")


def values_of(record: EventRecord, switches: Switches, currency: str, account: str) -> dict[str, str]:
    """Every macro of an affiliate's connection but ``{random}``.

    The names are those of Digistore24's help article, with ``{sid1}``…, ``{order_id}``, ``{utm_…}`` and the ``_abs``
    amounts, which are seen in client code. Vendor macros such as ``{email}`` are not an affiliate's.

    Args:
        record: the event.
        switches: ``refund_amount`` decides the sign of ``{amount_affiliate}`` when money is given back.
        currency: what the connection converts amounts to; "" leaves them.
        account: the Digistore24 account that is paid.
    """
    purchase, item, transaction = record.purchase, record.item, record.transaction
    # A currency without a rate is left as it is: amount and currency then still belong together.
    target = currency if currency in UNITS_PER_USD else transaction["currency"]
    commission, gross, net = (
        convert(Decimal(transaction[field]), transaction["currency"], target)
        for field in ("commission", "amount", "net")
    )
    amount_affiliate = commission
    if transaction["transaction_type"] in GIVEN_BACK:
        amount_affiliate = {"negative": commission, "positive": abs(commission), "zero": ZERO}[switches.refund_amount]
    at = datetime.fromisoformat(transaction["created_at"])
    return {
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
        "currency": target,
        "product_id": item["product_id"],
        "product_name": item["product_name"],
        "order_id": purchase["id"],
        "transaction_id": str(transaction["id"]),
        "transaction_type": transaction["transaction_type"],
        "billing_status": item["billing_status"],
        "billing_type": item["billing_type"],
        "order_type": "upsell" if item["upsell_no"] else "initial_sale",
        "upsell_no": str(item["upsell_no"]),
        "is_test": "1" if purchase["test"] else "",
        "merchant_id": purchase["vendor"],
        "merchant_name": purchase["vendor_name"],
        "affiliate_id": account,
        "affiliate_name": purchase["affiliate_name"],
        "datetime_unix": str(int(at.timestamp())),
        "datetime_full": at.isoformat(timespec="seconds"),
        "datetime_utc": at.replace(tzinfo=None).isoformat(timespec="seconds"),
    }


def fill(url: str, values: Mapping[str, str], rng: random.Random) -> str:
    """The URL with its macros filled and URL-encoded. An unknown macro stays; a ``{utm_…}`` without value is empty."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name == "random":
            return str(rng.randrange(10**9))
        if name in values or name.startswith("utm_"):
            return quote(values.get(name, ""), safe="")
        return match[0]

    return MACRO.sub(value, url)
