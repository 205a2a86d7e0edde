"""For every sequence of order events, the listings of one account agree with each other and with the deliveries."""

from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from trackform.sandbox.app import create_app

KEY = "123456-affiliate"
URL = "https://track.test/?type={transaction_type}&sum={amount_affiliate}&currency={currency}&test={is_test}"

PRODUCTS = st.sampled_from(["411530", "411531", "411532", "420010", "777001"])
AMOUNTS = st.decimals("0.01", "200", places=2).map(str)
SHARES = st.decimals("0.01", "1", places=2).map(str)
EVENTS = st.one_of(
    st.fixed_dictionaries({"event": st.just("sale"), "product_id": PRODUCTS}, optional={"amount": AMOUNTS}),
    st.fixed_dictionaries({"event": st.just("sale"), "product_id": PRODUCTS, "test": st.just(True)}),
    st.fixed_dictionaries({"event": st.just("upsell"), "product_id": PRODUCTS}, optional={"amount": AMOUNTS}),
    st.fixed_dictionaries({"event": st.just("partial_refund"), "amount": AMOUNTS}, optional={"product_id": PRODUCTS}),
    st.fixed_dictionaries({"event": st.just("partial_refund"), "share": SHARES}, optional={"product_id": PRODUCTS}),
    st.fixed_dictionaries(
        {
            "event": st.sampled_from(
                ["rebill", "instalment", "refund", "chargeback", "missed_payment", "refund_request", "repeat"]
            )
        },
        optional={"product_id": PRODUCTS},
    ),
)


def by_currency(amounts: list[tuple[str, Any]]) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for currency, amount in amounts:
        sums[currency] = sums.get(currency, Decimal(0)) + Decimal(str(amount))
    return {currency: total for currency, total in sums.items() if total}


@settings(max_examples=40, deadline=None)
@given(st.lists(EVENTS, max_size=14))
def test_commissions_transactions_purchases_and_postbacks_agree(events: list[dict[str, Any]]) -> None:
    app = create_app()
    sandbox = app.extensions["sandbox"]
    told: list[dict[str, str]] = []

    def deliver(url: str) -> tuple[int, str]:
        told.append(dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)))
        return 200, "OK"

    sandbox.deliver = deliver
    connection = {"id": "c", "product_ids": ["all"], "events": ["payment", "refund", "chargeback"], "url": URL}
    sandbox.store.put("123456", "connection", connection | {"active": True, "currency": ""})
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://sandbox.test") as http:
        # An awkward product: odd price, odd share, VAT.
        odd = {"id": "777001", "name": "Odd", "price": "33.33", "commission_percent": "37.5", "vat_percent": "19"}
        http.post("/_control/products", json=odd | {"billing_type": "subscription"})

        def data(function: str) -> Any:
            return http.get(f"/digistore24/api/call/{function}", headers={"X-DS-API-KEY": KEY}).json()["data"]

        data("ping")
        for event in events:
            before = len(told)
            answer = http.post("/_control/orders", json=event)
            assert answer.status_code in (201, 409), answer.text
            if answer.status_code == 409 or event["event"] == "repeat":
                del told[before:]

        commissions = data("listCommissions")["items"]
        transactions = data("listTransactions")
        purchases = data("listPurchases")["purchase_list"]

    earned = by_currency([(item["currency"], item["amount"]) for item in commissions])
    summary = transactions["summary"]["amounts"]
    assert by_currency([(currency, round(total["earned_amount"], 2)) for currency, total in summary.items()]) == earned
    live = [values for values in told if values["test"] == ""]
    assert by_currency([(values["currency"], values["sum"]) for values in live]) == earned
    listed = {row["id"]: row for row in transactions["transaction_list"]}
    assert all(listed[item["transaction_id"]]["order_type"] == "live" for item in commissions)
    # What was paid can be given back in full, never more: per order, product and currency nothing is below zero.
    for purchase in purchases:
        for product in {row["product_id"] for row in listed.values() if row["purchase_id"] == purchase["id"]}:
            rows = [r for r in listed.values() if (r["purchase_id"], r["product_id"]) == (purchase["id"], product)]
            assert sum(Decimal(str(row["amount"])) for row in rows) >= 0
            own = {row["id"] for row in rows}
            left = sum(Decimal(str(i["amount"])) for i in commissions if i["transaction_id"] in own)
            assert left >= 0
            if sum(Decimal(str(row["amount"])) for row in rows) == 0:
                assert left == 0
