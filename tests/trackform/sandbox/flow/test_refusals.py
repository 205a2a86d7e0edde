"""Order events that are refused, and with which words; and the edges of those that are not."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from pydantic import ValidationError

from trackform.sandbox.flow.order_event import OrderEvent
from trackform.sandbox.flow.promolink import Click

Call = Callable[..., Any]
ANY = {"event": "sale", "product_id": 411530}
LEFT = "order A has no such payment with anything left to give back"
HAS = "it has 411530 (single_payment)"


@pytest.mark.parametrize(
    ("event", "fields", "message"),
    [
        ("sale", {"product_id": 1}, "no product 1 in the marketplace"),
        ("sale", {"product_id": 411530, "order_id": "A"}, "order A exists already"),
        ("sale", {"product_id": 411530, "amount": "-0.01"}, "a payment is not negative"),
        ("upsell", {"product_id": 1}, "no product 1 in the marketplace"),
        ("refund", {"order_id": "B"}, "account 123456 has no such order"),
        ("refund", {"click_id": "nobody"}, "account 123456 has no such order"),
        ("repeat", {"order_id": "B"}, "account 123456 has no such order"),
        ("refund", {"product_id": 411531}, LEFT),
        ("refund", {"transaction_id": 1}, LEFT),
        ("refund_request", {"product_id": 411531}, LEFT),
        ("rebill", {}, f"order A has nothing that is paid by subscription; {HAS}"),
        ("rebill", {"product_id": 7}, f"order A has nothing of product 7 that is paid by subscription; {HAS}"),
        ("instalment", {}, f"order A has nothing that is paid by installment; {HAS}"),
        ("missed_payment", {}, f"order A has nothing that is paid by subscription or installment; {HAS}"),
        ("partial_refund", {"amount": "47.01"}, "has 47.00 left to give back, not 47.01"),
        ("partial_refund", {"amount": "0"}, "has 47.00 left to give back, not 0.00"),
        ("partial_refund", {"amount": "-1"}, "has 47.00 left to give back, not -1.00"),
        ("partial_refund", {"share": "0.0001"}, "has 47.00 left to give back, not 0.00"),
        ("test_order", {}, "a test order needs a product_id, or the connection_id of a connection"),
        ("test_order", {"product_id": 411530, "connection_id": "x"}, "account 123456 has no connection x"),
    ],
)
def test_what_cannot_happen_is_said(order: Call, event: str, fields: dict[str, Any], message: str) -> None:
    order("sale", product_id=411530, order_id="A")
    assert order(event, status=409, **fields)["error"].endswith(message)


def test_the_whole_of_a_payment_may_be_given_back_in_parts(order: Call) -> None:
    order("sale", product_id=411530, order_id="A", amount="0.02")
    for amount in ("0.01", "0.01"):
        order("partial_refund", amount=amount)
    assert order("refund", status=409)["error"] == LEFT
    order("sale", product_id=411530, order_id="B")
    answer = order("partial_refund", order_id="B", share="1")
    assert answer["purchase"]["billing_status"] == "aborted"


def test_a_second_refund_of_a_refunded_payment_is_none(order: Call) -> None:
    order("sale", product_id=411530, order_id="A")
    order("refund")
    for event in ("refund", "partial_refund", "refund_request"):
        share = {"share": "0.5"} if event == "partial_refund" else {}
        assert order(event, status=409, **share)["error"] == LEFT


def test_all_instalments_are_paid_once(order: Call) -> None:
    order("sale", product_id=420010, order_id="A")
    for status in ("paying", "completed"):
        assert order("instalment")["purchase"]["billing_status"] == status
    assert order("instalment", status=409)["error"] == "all 3 instalments of 420010 are paid"


def test_several_candidates_are_named(order: Call) -> None:
    order("sale", product_id=411532, order_id="A")
    order("upsell", product_id=420010)
    message = "order A: name one product with subscription or installment (candidates: 411532, 420010)"
    assert order("missed_payment", status=409)["error"] == message


def test_a_product_that_the_affiliate_may_not_sell(order: Call, http: Any) -> None:
    body = {"affiliate": "affiliate123456", "product_ids": ["411530"], "status": "no_affiliation"}
    http.post("/_control/partnerships", json=body)
    message = "affiliate affiliate123456 is not approved for product 411530: no_affiliation"
    assert order("sale", product_id=411530, status=409)["error"] == message
    order("sale", product_id=411531)


def test_which_account_is_paid(http: Any) -> None:
    def refused(**who: str) -> str:
        answer = http.post("/_control/orders", json={**ANY, **who})
        assert answer.status_code == 409
        return str(answer.json()["error"])

    assert refused() == "name the Digistore24 account that is paid; known: none"
    assert refused(account="1") == "no Digistore24 account 1; known: none"
    for key in ("123456-a", "777-b"):
        assert http.post("/_control/orders", json={**ANY, "key": key}).status_code == 201
    assert refused() == "name the Digistore24 account that is paid; known: 123456, 777"
    assert refused(account="1") == "no Digistore24 account 1; known: 123456, 777"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"event": "gift"}, "event: Input should be 'sale'"),
        ({"account": "1", "key": "x"}, "give account or key, not both"),
        ({"click_id": "a", "promolink": "https://x.test/redir/1/a"}, "give click_id or promolink, not both"),
        ({"event": "partial_refund", "amount": 1, "share": 1}, "give amount or share, not both"),
        ({"event": "partial_refund"}, "a partial refund needs an amount or a share"),
        ({"event": "refund", "share": "0.5"}, "share belongs to a partial refund"),
        ({"share": "0.5"}, "share belongs to a partial refund"),
        ({"event": "refund", "amount": "1"}, "amount does not belong to a refund"),
        ({"event": "missed_payment", "amount": "1"}, "amount does not belong to a missed_payment"),
        ({"event": "upsell", "product_id": None}, "an upsell needs its own product_id"),
        ({"product_id": None}, "a sale needs a product_id or a promolink"),
        ({"amount": "many"}, "not an amount: 'many'"),
        ({"event": "partial_refund", "share": "half"}, "not a share: 'half'"),
        ({"event": "partial_refund", "share": "0"}, "Input should be greater than 0"),
        ({"event": "partial_refund", "share": "1.0001"}, "Input should be less than or equal to 1"),
        ({"colour": "red"}, "Extra inputs are not permitted"),
        ({"product_id": True}, "product_id"),
        ({"product_id": 1.5}, "product_id"),
    ],
)
def test_what_is_no_order_event(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        OrderEvent.model_validate(ANY | fields)
    said = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in raised.value.errors()]
    assert any(message in one for one in said), said


@pytest.mark.parametrize("event", ["sale", "upsell", "rebill", "instalment", "partial_refund", "test_order"])
def test_events_with_a_price_of_their_own(event: str) -> None:
    one = OrderEvent.model_validate({"event": event, "product_id": 411530, "amount": "1.005", "account": 777})
    assert (one.amount, one.product_id, one.account) == (Decimal("1.01"), "411530", "777")


@pytest.mark.parametrize("share", ["0.0001", "1", 0.5, 1])
def test_shares(share: Any) -> None:
    one = OrderEvent.model_validate({"event": "partial_refund", "share": share})
    assert one.share == Decimal(str(share))


def test_the_click_behind_a_sale() -> None:
    plain = OrderEvent.model_validate(ANY | {"click_id": "c", "campaignkey": "fb", "sids": {"sid2": "x"}})
    assert plain.click() == Click(cid="c", campaignkey="fb", sids={"sid2": "x"})
    assert OrderEvent.model_validate(ANY).click() == Click()
    link = "https://www.digistore24.com/content/411530/12/acme/fb?cid=c&sid1=&utm_source=x&other=y"
    assert OrderEvent.model_validate(ANY | {"promolink": link}).click() == Click(
        cid="c", campaignkey="fb", sids={"sid1": ""}, utm={"utm_source": "x"}, affiliate="acme", product_id="411530"
    )


def test_a_key_never_stands_in_the_text_of_an_event() -> None:
    assert "very-secret" not in repr(OrderEvent.model_validate(ANY | {"key": "123-very-secret"}))
