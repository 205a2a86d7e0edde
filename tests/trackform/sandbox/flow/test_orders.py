"""What order events book, and what they refuse."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]


def billing(answer: Any, item: int = 0) -> str:
    return str(answer["purchase"]["items"][item]["billing_status"])


def amounts(answer: Any) -> list[float]:
    return [row["amount"] for row in answer["transactions"]]


def test_a_single_payment_is_complete_at_once(order: Call) -> None:
    done = order("sale", product_id=411530)

    assert (amounts(done), billing(done)) == ([47.0], "completed")


def test_a_sandbox_that_was_started_again_begins_another_order(order: Call, sandbox: Sandbox) -> None:
    sandbox.rng.seed(1)
    first = order("sale", product_id=411530)["purchase"]
    sandbox.rng.seed(1)
    second = order("sale", product_id=411530)["purchase"]
    assert first["id"] != second["id"]
    assert first["total_affiliate_amount"] == second["total_affiliate_amount"]


def test_a_subscription_pays_until_it_stops(order: Call) -> None:
    assert billing(order("sale", product_id=411532)) == "paying"
    rebill = order("rebill")
    assert (amounts(rebill), billing(rebill)) == ([19.0], "paying")
    missed = order("missed_payment")
    assert (amounts(missed), billing(missed)) == ([], "aborted")
    assert billing(order("rebill", amount="5.00")) == "paying"
    assert billing(order("rebill_cancelled")) == "aborted"
    assert billing(order("rebill_resumed")) == "paying"


def test_instalments_end_with_the_last_one(order: Call) -> None:
    assert billing(order("sale", product_id=420010)) == "paying"
    assert billing(order("instalment")) == "paying"
    assert billing(order("instalment")) == "completed"
    order("instalment", status=409)
    order("rebill", status=409)


def test_rebills_say_what_their_item_said_first(order: Call, connect: Call, outside: list[str]) -> None:
    connect("https://track.test/{order_type}/{billing_type}/{upsell_no}")
    order("sale", product_id=411532, order_id="A")
    order("rebill", order_id="A")
    order("sale", product_id=411530, order_id="B")
    order("upsell", order_id="B", product_id=411532)
    order("rebill", order_id="B")

    assert [url.removeprefix("https://track.test/") for url in outside] == [
        "initial_sale/subscription/0",
        "initial_sale/subscription/0",
        "initial_sale/single_payment/0",
        "upsell/subscription/1",
        "upsell/subscription/1",
    ]


def test_products_that_are_bought_together_say_the_same(order: Call, connect: Call, outside: list[str]) -> None:
    connect("https://track.test/{order_type}/{upsell_no}/{product_id}")
    order("sale", product_id=411530)
    order("add_on", product_id=420010)
    order("upsell", product_id=411532)
    order("add_on", status=400)

    assert [url.removeprefix("https://track.test/") for url in outside] == [
        "initial_sale/0/411530",
        "initial_sale/0/420010",
        "upsell/1/411532",
    ]


def test_a_reversed_chargeback_is_a_payment_and_can_be_given_back_again(
    order: Call, connect: Call, outside: list[str]
) -> None:
    connect("https://track.test/{transaction_type}/{amount_affiliate}", events=["payment"])
    order("sale", product_id=411530)
    order("chargeback_reversed", status=409)
    order("partial_refund", amount="7.00")
    assert billing(order("chargeback")) == "aborted"
    done = order("chargeback_reversed")
    assert (amounts(done), billing(done)) == ([40.0], "completed")
    order("chargeback_reversed", status=409)
    assert outside == ["https://track.test/payment/23.50", "https://track.test/payment/20.00"]
    assert amounts(order("refund")) == [-40.0]
    order("refund", status=409)


def test_whose_id_a_transaction_has(order: Call, connect: Call, outside: list[str], sandbox: Sandbox) -> None:
    connect("https://track.test/{transaction_id}")

    def ids(**switches: str) -> list[int]:
        """The transactions of a sale, an upsell, and their refunds, counted from the sale's."""
        for name, value in switches.items():
            setattr(sandbox.switches, name, value)
        outside.clear()
        order("sale", product_id=411530)
        order("upsell", product_id=411532)
        order("rebill", product_id=411532)
        order("refund", product_id=411532)
        order("refund", product_id=411532)
        sent = [int(url.rpartition("/")[2]) for url in outside]
        return [number - sent[0] for number in sent]

    assert ids() == [0, 1, 2, 3, 4]
    assert ids(return_ids="payments") == [0, 1, 2, 2, 1]
    assert ids(upsell_ids="shared") == [0, 0, 2, 2, 0]
    assert ids(return_ids="own") == [0, 0, 2, 3, 4]


def test_what_a_rebill_calls_itself(order: Call, connect: Call, outside: list[str], sandbox: Sandbox) -> None:
    connect("https://track.test/{order_type}")
    sandbox.switches.rebill_type = "rebill"
    order("sale", product_id=411532)
    order("rebill")
    order("sale", product_id=420010)
    order("instalment")
    assert [url.rpartition("/")[2] for url in outside] == ["initial_sale", "rebill", "initial_sale", "rebill"]


@pytest.mark.parametrize(
    ("said", "amounts"), [("zero", "0.00/0.00/0.00"), ("payment", "9.50/19.00/9.50"), ("empty", "//")]
)
def test_what_a_notice_says_of_amounts(
    order: Call, connect: Call, outside: list[str], sandbox: Sandbox, said: Any, amounts: str
) -> None:
    connect("https://track.test/{amount_affiliate}/{amount_brutto}/{amount_affiliate_abs}", events=["payment_missed"])
    sandbox.switches.notice_amount = said
    order("sale", product_id=411532)
    order("missed_payment")
    assert outside == [f"https://track.test/{amounts}"]


@pytest.mark.parametrize(("named", "currency"), [("converted", "EUR"), ("purchase", "USD")])
def test_what_the_currency_names(
    order: Call, connect: Call, outside: list[str], sandbox: Sandbox, named: Any, currency: str
) -> None:
    connect("https://track.test/{amount_affiliate}/{currency}", currency="EUR")
    sandbox.switches.currency_macro = named
    order("sale", product_id=411530)
    assert outside == [f"https://track.test/18.80/{currency}"]


def test_an_event_that_is_named_is_delivered_again(order: Call, connect: Call, outside: list[str]) -> None:
    connect("https://track.test/{transaction_type}", events=["payment", "chargeback"])
    sale = order("sale", product_id=411530)
    refund = order("refund")
    again = order("repeat", transaction_id=sale["transaction_id"])
    assert again["transaction_id"] == sale["transaction_id"]
    assert outside == ["https://track.test/payment"] * 2
    # Nobody was told of the refund, so there is nothing to tell again.
    order("repeat", transaction_id=refund["transaction_id"])
    assert len(outside) == 2
    order("repeat")
    assert len(outside) == 3


@pytest.mark.parametrize("retries", ["same", "anew"])
def test_what_is_rendered_anew(order: Call, connect: Call, outside: list[str], sandbox: Sandbox, retries: Any) -> None:
    connect("https://track.test/{random}/{billing_status}/{datetime_unix}", events=["payment"])
    sandbox.switches.retries = retries
    sale = order("sale", product_id=411530)
    sandbox.clock.advance(timedelta(days=1))
    order("refund")
    order("repeat", transaction_id=sale["transaction_id"])
    first, second = (url.removeprefix("https://track.test/").split("/") for url in outside)
    if retries == "same":
        assert second == first
    else:
        assert second[0] != first[0]
        assert (first[1], second[1]) == ("completed", "aborted")
        assert int(second[2]) - int(first[2]) >= 24 * 3600


@pytest.mark.parametrize(("link_cid", "click_id"), [("kept", "c1"), ("lost", "")])
def test_whether_other_links_keep_the_click(order: Call, sandbox: Sandbox, link_cid: Any, click_id: str) -> None:
    sandbox.switches.link_cid = link_cid
    for link in ("https://go.acme.411530.digistore24.com?cid=c1", "https://vendor.example/?cid=c1#aff=acme"):
        done = order("sale", promolink=link, product_id=411530)
        assert done["purchase"]["click_id"] == click_id
    done = order("sale", promolink="https://www.digistore24.com/redir/411530/acme?cid=c1")
    assert done["purchase"]["click_id"] == "c1"


def test_refunds_reach_the_newest_open_payment_or_the_named_one(order: Call) -> None:
    first = order("sale", product_id=411532, order_id="A")["transactions"][0]["id"]
    order("rebill", order_id="A")
    order("upsell", order_id="A", product_id=411531)

    by_product = order("refund", order_id="A", product_id=411532)
    assert amounts(by_product) == [-19.0]
    assert billing(by_product) == "aborted"
    assert amounts(order("refund", order_id="A", transaction_id=first)) == [-19.0]
    order("refund", order_id="A", transaction_id=first, status=409)
    assert amounts(order("chargeback", order_id="A")) == [-27.0]
    order("refund", order_id="A", status=409)


def test_partial_refunds_add_up_to_the_cent(order: Call, data: Call) -> None:
    order("sale", product_id=411530, amount="10.01")
    parts = [order("partial_refund", share="0.333") for _ in range(2)]

    assert [amounts(part) for part in parts] == [[-3.33], [-3.33]]
    assert billing(parts[-1]) == "completed"
    order("partial_refund", amount="3.36", status=409)
    assert amounts(order("partial_refund", amount="3.35")) == [-3.35]
    assert round(sum(item["amount"] for item in data("listCommissions")["items"]), 2) == 0


def test_a_chargeback_of_what_was_refunded_in_full_is_booked_once_and_moves_nothing(order: Call, data: Call) -> None:
    order("sale", product_id=411530)
    order("refund")
    assert amounts(order("chargeback")) == [0.0]
    order("chargeback", status=409)
    order("refund", status=409)
    rows = data("listTransactions")["transaction_list"]
    assert sorted(row["transaction_type"] for row in rows) == ["chargeback", "payment", "refund"]
    assert sum(item["amount"] for item in data("listCommissions")["items"]) == 0


def test_a_follow_up_finds_its_order_by_id_by_click_or_takes_the_newest(order: Call) -> None:
    order("sale", product_id=411530, click_id="one", order_id="A")
    order("sale", product_id=411530, click_id="two", order_id="B")

    assert order("upsell", product_id=411531, order_id="A")["order_id"] == "A"
    assert order("upsell", product_id=411531, click_id="one")["order_id"] == "A"
    assert order("upsell", product_id=411531)["order_id"] == "B"
    order("refund", order_id="C", status=409)
    order("refund", click_id="three", status=409)


def test_a_follow_up_names_its_product_where_several_fit(order: Call) -> None:
    order("sale", product_id=411532, order_id="A")
    order("upsell", order_id="A", product_id=420010)
    order("missed_payment", order_id="A", status=409)

    answer = order("missed_payment", order_id="A", product_id=420010)
    assert (billing(answer, 0), billing(answer, 1)) == ("paying", "aborted")


def test_a_promolink_brings_affiliate_product_and_campaign(order: Call) -> None:
    link = "https://www.digistore24.com/redir/411531/acme/fb?cid=c1&sid2=two"

    purchase = order("sale", promolink=link)["purchase"]

    assert (purchase["affiliate_name"], purchase["main_product_id"]) == ("acme", 411531)
    assert (purchase["click_id"], purchase["campaignkey"], purchase["sub_ids"]["sid2"]) == ("c1", "fb", "two")
    assert order("sale", promolink=link, product_id=411530)["purchase"]["main_product_id"] == 411530


def test_the_account_is_explicit_unless_there_is_only_one(order: Call, http: httpx.Client) -> None:
    def sale(**fields: Any) -> httpx.Response:
        return http.post("/_control/orders", json={"event": "sale", "product_id": 411530, **fields})

    assert sale().status_code == 409
    assert sale(account="123456").status_code == 409
    assert sale(key="123456-affiliate").json()["account"] == "123456"
    assert sale().json()["account"] == "123456"
    order("sale", product_id=411530, key="777-other")
    assert "123456, 777" in sale().json()["error"]
    assert sale(account="777").json()["account"] == "777"
    assert sale(account=777).json()["account"] == "777"


def test_without_a_partnership_nothing_is_earned(order: Call, http: httpx.Client) -> None:
    order("sale", product_id=411530, order_id="A")
    body = {"affiliate": "affiliate123456", "product_ids": "all", "status": "wait_for_approval"}
    http.post("/_control/partnerships", json=body)

    refusal = order("sale", product_id=411530, status=409)
    assert "wait_for_approval" in refusal["error"]
    order("upsell", order_id="A", product_id=411531, status=409)
    order("refund", order_id="A")


@pytest.mark.parametrize(
    "fields",
    [
        {"event": "gift", "product_id": 411530},
        {"event": "sale"},
        {"event": "sale", "product_id": 411530, "colour": "red"},
        {"event": "sale", "product_id": 411530, "click_id": "a", "promolink": "https://x.test/redir/1/a"},
        {"event": "sale", "promolink": "https://x.test/"},
        {"event": "sale", "product_id": 411530, "amount": "many"},
        {"event": "sale", "product_id": 411530, "amount": "Infinity"},
        {"event": "sale", "product_id": 411530, "account": "1"},
        {"event": "sale", "product_id": 411530, "sids": {"sid6": "x"}},
        {"event": "refund", "amount": "1.00"},
        {"event": "refund", "share": "0.5"},
        {"event": "upsell"},
        {"event": "partial_refund"},
        {"event": "partial_refund", "amount": "1", "share": "0.1"},
        {"event": "partial_refund", "share": "1.1"},
        {"event": "partial_refund", "share": "0"},
        {"event": "partial_refund", "share": "half"},
    ],
)
def test_a_wrong_event_is_refused_in_one_line_without_the_key(http: httpx.Client, fields: dict[str, Any]) -> None:
    answer = http.post("/_control/orders", json={"key": "123456-very-secret", **fields})

    assert answer.status_code == 400
    assert answer.json()["error"]
    assert "very-secret" not in answer.text


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("sale", {"product_id": 1}),
        ("sale", {"product_id": 411530, "order_id": "A"}),
        ("sale", {"product_id": 411530, "amount": "-1"}),
        ("upsell", {"product_id": 1}),
        ("rebill", {}),
        ("instalment", {}),
        ("missed_payment", {}),
        ("partial_refund", {"amount": "47.01"}),
        ("partial_refund", {"amount": "0"}),
        ("partial_refund", {"amount": "-1"}),
        ("repeat", {"order_id": "B"}),
    ],
)
def test_what_cannot_happen_books_nothing(order: Call, data: Call, event: str, fields: dict[str, Any]) -> None:
    order("sale", product_id=411530, order_id="A")
    before = data("listPurchases", load_transactions="Y")

    order(event, status=409, **fields)

    after = data("listPurchases", load_transactions="Y")
    assert after["purchase_list"] == before["purchase_list"]
