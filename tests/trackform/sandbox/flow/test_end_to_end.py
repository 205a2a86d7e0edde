"""From the click to the conversion log and the commissions, through every part of the sandbox."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Literal

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackform.sandbox.accounts import DIGISTORE24, remember
from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]

DS24 = {"Authorization": "Bearer of-the-bridge", "X-Account": "123456"}
TYPES = {1: "initial_sale", 2: "upsell", 3: "refund", 4: "chargeback"}
URL = (
    "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&rdtk_event_id={transaction_id}"
    "&sub1={product_id}&sub2={order_id}"
)
SALES = {"product_ids": ["all"], "events": ["payment"], "url": URL + "&type={order_type}&sub20=tf.sales"}
RETURNS = {
    "product_ids": ["all"],
    "events": ["refund", "chargeback"],
    "url": URL + "&type={transaction_type}&sub20=tf.returns",
}

Link = Callable[[], str]


@pytest.fixture
def link(http: httpx.Client, bridge: httpx.Client, funnel: dict[str, str], sandbox: Sandbox) -> Link:
    """The account set up as the article has it, with the two default connections; follows the tracking link."""
    remember(sandbox.store, DIGISTORE24, DS24["X-Account"], sandbox.clock.now())
    for slot, name in TYPES.items():
        body = {"slot": slot, "name": name, "duplicates": "by_event_id"}
        assert bridge.post("/conversion-types", json=body).status_code == 201
    for connection in (SALES, RETURNS):
        assert http.post("/bridge/postback-connections", json=connection, headers=DS24).status_code == 201

    def follow() -> str:
        answer = http.get(f"/t/{funnel['campaign']}", params={"sub1": "ad-1"})
        assert answer.status_code == 302
        return answer.headers["Location"]

    return follow


def test_one_click_one_sale_one_upsell_and_one_refund(link: Link, order: Call, conversions: Call, data: Call) -> None:
    sale = order("sale", promolink=link(), order_id="A")
    order("upsell", order_id="A", product_id=411531)
    order("refund", order_id="A", product_id=411531)
    order("repeat", order_id="A")
    order("test_order", product_id=411530)

    assert sale["purchase"]["affiliate_name"] == "acme"
    assert sale["deliveries"][0]["body"] == '{"status": 1}'
    booked = sorted((row["type"], row["payout"], row["p_sub1"], row["p_sub20"]) for row in conversions())
    assert booked == [
        ("initial_sale", 23.5, "411530", "tf.sales"),
        ("refund", -13.5, "411531", "tf.returns"),
        ("upsell", 13.5, "411531", "tf.sales"),
    ]
    assert sum(item["amount"] for item in data("listCommissions")["items"]) == 23.5
    assert data("listPurchases")["purchase_list"][0]["sub_ids"]["sid1"] == "ad-1"


def test_an_unknown_click_is_answered_and_kept_as_evidence(link: Link, order: Call, conversions: Call) -> None:
    link()
    done = order("sale", product_id=411530, click_id="f" * 24)

    assert '"status": 0' in done["deliveries"][0]["body"]
    assert conversions() == []


EVENTS = st.sampled_from(
    [
        {"event": "sale"},
        {"event": "upsell", "product_id": "411531"},
        {"event": "upsell", "product_id": "411532"},
        {"event": "rebill"},
        {"event": "refund"},
        {"event": "chargeback"},
        {"event": "partial_refund", "share": "0.36"},
        {"event": "missed_payment"},
        {"event": "repeat"},
        {"event": "test_order", "product_id": "411530"},
    ]
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(EVENTS, max_size=10), refund_amount=st.sampled_from(["negative", "positive", "zero"]))
def test_what_redtrack_booked_is_what_was_earned_if_returns_arrive_negative(
    link: Link,
    http: httpx.Client,
    sandbox: Sandbox,
    conversions: Call,
    data: Call,
    *,
    events: list[dict[str, str]],
    refund_amount: Literal["negative", "positive", "zero"],
) -> None:
    for account, kind in (("123456", "transaction"), ("123456", "purchase")):
        for row in sandbox.store.rows(account, kind):
            sandbox.store.remove(account, kind, str(row["id"]))
    for account, row in sandbox.store.everywhere("conversion"):
        sandbox.store.remove(account, "conversion", row["id"])
    sandbox.switches.refund_amount = refund_amount

    for event in events:
        body = {"key": "123456-affiliate", **event, **({"promolink": link()} if event["event"] == "sale" else {})}
        assert http.post("/_control/orders", json=body).status_code in (201, 409)

    commissions = [Decimal(str(item["amount"])) for item in data("listCommissions")["items"]]
    returned = -sum((amount for amount in commissions if amount < 0), Decimal(0))
    wrong_by = {"negative": 0, "zero": 1, "positive": 2}[refund_amount] * returned
    booked = sum((Decimal(str(row["payout"])) for row in conversions()), Decimal(0))
    assert booked == sum(commissions) + wrong_by
