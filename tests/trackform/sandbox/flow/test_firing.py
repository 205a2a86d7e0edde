"""Which connections fire, with what in their macros, and what is kept of it."""

import random
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import parse_qsl, quote, urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.flow.macros import fill
from trackform.sandbox.world import SEED, Sandbox

Call = Callable[..., Any]

EVERY_MACRO = (
    *("cid", "campaignkey", "sid1", "sid2", "sid3", "sid4", "sid5", "utm_source", "utm_medium", "country", "random"),
    *("amount_affiliate", "amount_affiliate_abs", "amount_brutto", "amount_brutto_abs", "amount_netto", "currency"),
    *("product_id", "product_name", "merchant_id", "merchant_name", "affiliate_id", "affiliate_name", "order_id"),
    *("transaction_id", "transaction_type", "billing_status", "billing_type", "order_type", "upsell_no", "is_test"),
    *("datetime_unix", "datetime_full", "datetime_utc"),
)
EVERYTHING = "https://track.test/postback?" + "&".join(f"{name}={{{name}}}" for name in EVERY_MACRO)


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))


def test_every_documented_macro_is_filled(order: Call, connect: Call, outside: list[str], sandbox: Sandbox) -> None:
    connect(EVERYTHING)
    link = "https://www.digistore24.com/redir/411530/acme/fb?cid=c-1&sid1=one&utm_source=face%26book"

    done = order("sale", promolink=link, order_id="ORDER1", country="Germany")

    (url,) = outside
    told = query_of(url)
    now = sandbox.clock.now()
    assert told.pop("random").isdigit()
    assert abs(int(told.pop("datetime_unix")) - now.timestamp()) < 5
    assert told.pop("datetime_full").endswith("+00:00")
    assert len(told.pop("datetime_utc")) == len("2026-01-01T00:00:00")
    assert told == {
        "cid": "c-1",
        "campaignkey": "fb",
        "country": "Germany",
        "amount_affiliate": "23.50",
        "amount_affiliate_abs": "23.50",
        "amount_brutto": "47.00",
        "amount_brutto_abs": "47.00",
        "amount_netto": "47.00",
        "currency": "USD",
        "product_id": "411530",
        "product_name": "Keto Guide",
        "transaction_id": str(done["transactions"][0]["id"]),
        "transaction_type": "payment",
        "merchant_id": "500001",
        "merchant_name": "ketolab",
        "billing_status": "completed",
        "billing_type": "single_payment",
        "order_type": "initial_sale",
        "upsell_no": "0",
        "is_test": "",
        "affiliate_id": "123456",
        "affiliate_name": "acme",
        "sid1": "one",
        "sid2": "",
        "sid3": "",
        "sid4": "",
        "sid5": "",
        "order_id": "ORDER1",
        "utm_source": "face&book",
        "utm_medium": "",
    }


def test_vat_is_taken_off_before_the_commission(order: Call, connect: Call, outside: list[str], http: Any) -> None:
    http.post("/_control/products", json={"id": 411530, "price": "119.00", "vat_percent": 19})
    connect("https://track.test/?g={amount_brutto}&n={amount_netto}&a={amount_affiliate}")

    order("sale", product_id=411530)

    assert query_of(outside[0]) == {"g": "119.00", "n": "100.00", "a": "50.00"}


@pytest.mark.parametrize("macro", ["{nope}", "{CID}", "{email}", "{amount_vendor}", "{}", "{cid", "{ cid }"])
def test_what_is_no_macro_of_an_affiliate_stays(order: Call, connect: Call, outside: list[str], macro: str) -> None:
    connect(f"https://track.test/postback?a={macro}&b={{cid}}")

    order("sale", product_id=411530, click_id="c")

    assert outside == [f"https://track.test/postback?a={macro}&b=c"]


@given(st.text(max_size=20), st.sampled_from(["?a={cid}", "/{cid}/x?b={cid}{cid}", ""]))
def test_values_are_encoded_and_never_read_as_macros(value: str, tail: str) -> None:
    filled = fill(f"https://track.test{tail}", {"cid": value, "sid1": "no"}, random.Random(SEED))  # noqa: S311 - a cache buster

    assert filled == f"https://track.test{tail}".replace("{cid}", quote(value, safe=""))


@pytest.mark.parametrize(
    ("fields", "fires"),
    [
        ({}, True),
        ({"active": False}, False),
        ({"product_ids": ["411530"]}, True),
        ({"product_ids": [411530]}, True),
        ({"product_ids": ["411531"]}, False),
        ({"product_ids": []}, False),
        ({"events": ["payment"]}, True),
        ({"events": ["refund", "chargeback"]}, False),
        ({"account": "999"}, False),
    ],
)
def test_only_matching_active_connections_fire(
    order: Call, connect: Call, outside: list[str], fields: dict[str, Any], fires: bool
) -> None:
    connect(**fields)

    done = order("sale", product_id=411530)

    assert len(outside) == len(done["deliveries"]) == int(fires)


def test_several_connections_fire_in_the_order_of_their_creation(
    order: Call, connect: Call, outside: list[str]
) -> None:
    names = ["b", "a", "c"]
    for name in names:
        connect(f"https://track.test/{name}")

    order("sale", product_id=411530)

    assert outside == [f"https://track.test/{name}" for name in names]


def test_an_upsell_is_another_product(order: Call, connect: Call, outside: list[str]) -> None:
    url = "https://track.test/?p={product_id}&t={order_type}&n={upsell_no}&s={amount_affiliate}"
    connect(url, product_ids=["411530"])
    order("sale", product_id=411530, order_id="A")
    order("upsell", order_id="A", product_id=411531)
    assert [query_of(told)["p"] for told in outside] == ["411530"]

    connect(url, product_ids=["411531"])
    order("upsell", order_id="A", product_id=411531)

    assert query_of(outside[-1]) == {"p": "411531", "t": "upsell", "n": "2", "s": "13.50"}


@pytest.mark.parametrize(
    ("event", "follows", "told"),
    [
        ("sale", None, "payment"),
        ("rebill", "411532", "payment"),
        ("instalment", "420010", "payment"),
        ("refund", "411530", "refund"),
        ("chargeback", "411530", "chargeback"),
        ("missed_payment", "411532", "payment_missed"),
        ("payment_denial", "411532", "payment_denial"),
        ("rebill_cancelled", "411532", "rebill_cancelled"),
        ("rebill_resumed", "411532", "rebill_resumed"),
        ("last_paid_day", "411532", "last_paid_day"),
    ],
)
def test_each_event_goes_to_the_connections_that_ticked_it(
    order: Call, connect: Call, outside: list[str], *, event: str, follows: str | None, told: str
) -> None:
    if follows:
        order("sale", product_id=follows, order_id="A")
    connect("https://track.test/ticked?t={transaction_type}", events=[told])
    others = ["payment", "refund", "chargeback", "payment_missed", "rebill_cancelled", "rebill_resumed"]
    connect("https://track.test/other", events=[name for name in others if name != told])

    order(event, **({"order_id": "A"} if follows else {"product_id": "411530"}))

    assert outside == [f"https://track.test/ticked?t={told}"]


def test_a_refund_request_is_told_to_nobody(order: Call, connect: Call, outside: list[str]) -> None:
    order("sale", product_id=411530)
    connect()

    order("refund_request")

    assert outside == []


@pytest.mark.parametrize(("setting", "told"), [("negative", "-23.50"), ("positive", "23.50"), ("zero", "0.00")])
@pytest.mark.parametrize("event", ["refund", "chargeback"])
def test_the_switch_decides_what_a_return_says_but_not_what_is_booked(
    order: Call,
    connect: Call,
    outside: list[str],
    *,
    sandbox: Sandbox,
    data: Call,
    setting: Literal["negative", "positive", "zero"],
    told: str,
    event: str,
) -> None:
    sandbox.switches.refund_amount = setting
    order("sale", product_id=411530)
    connect("https://track.test/?s={amount_affiliate}&a={amount_affiliate_abs}&g={amount_brutto}&b={amount_brutto_abs}")

    order(event)
    order("sale", product_id=411530)

    assert query_of(outside[0]) == {"s": told, "a": "23.50", "g": "-47.00", "b": "47.00"}
    assert query_of(outside[1])["s"] == "23.50"
    assert [item["amount"] for item in data("listCommissions")["items"]] == [23.5, -23.5, 23.5]


@pytest.mark.parametrize(
    ("currency", "told"),
    [
        ("", {"s": "49.50", "g": "99.00", "c": "EUR"}),
        ("EUR", {"s": "49.50", "g": "99.00", "c": "EUR"}),
        ("USD", {"s": "61.88", "g": "123.75", "c": "USD"}),
        ("GBP", {"s": "30.94", "g": "61.88", "c": "GBP"}),
        ("CHF", {"s": "55.69", "g": "111.38", "c": "CHF"}),
        ("JPY", {"s": "49.50", "g": "99.00", "c": "EUR"}),
    ],
)
def test_a_connection_converts_amounts_with_its_currency(
    order: Call, connect: Call, outside: list[str], currency: str, told: dict[str, str]
) -> None:
    connect("https://track.test/?s={amount_affiliate}&g={amount_brutto}&c={currency}", currency=currency)

    order("sale", product_id=420010)

    assert query_of(outside[0]) == told


def test_deliveries_are_kept_without_the_token(
    order: Call, connect: Call, outside: list[str], http: httpx.Client
) -> None:
    connection = connect("https://track.test/postback?ptoken=top-secret&clickid={cid}&sub20=tf.sales")
    order("sale", product_id=411530, click_id="c", order_id="A")
    order("sale", product_id=411530, key="777-other")

    assert "ptoken=top-secret" in outside[0]
    (kept,) = http.get("/_control/deliveries", params={"account": "123456"}).json()
    assert kept["url"] == "https://track.test/postback?ptoken=***&clickid=c&sub20=tf.sales"
    assert (kept["status"], kept["body"], kept["connection_id"]) == (200, "OK", connection)
    assert (kept["event"], kept["order_id"], kept["repeat"]) == ("sale", "A", False)
    assert "top-secret" not in str(kept)
    assert http.get("/_control/deliveries", params={"order_id": "B"}).json() == []
    assert len(http.get("/_control/deliveries").json()) == 1


def test_a_receiver_that_fails_changes_nothing_about_the_booking(order: Call, connect: Call, data: Call) -> None:
    connect("https://nowhere.test/postback")

    done = order("sale", product_id=411530)

    assert (done["deliveries"][0]["status"], done["deliveries"][0]["body"]) == (0, "host not found")
    assert len(data("listTransactions")["transaction_list"]) == 1


def test_a_repetition_tells_the_last_event_again_and_books_nothing(
    order: Call, connect: Call, outside: list[str], data: Call
) -> None:
    connect("https://track.test/1?id={transaction_id}&s={amount_affiliate}&r={random}")
    gone = connect("https://track.test/2?id={transaction_id}", active=True)
    order("sale", product_id=411530, order_id="A")
    order("refund", order_id="A")
    told = outside[-2:]
    outside.clear()

    for _ in range(2):
        repeated = order("repeat", order_id="A")
        assert [delivery["repeat"] for delivery in repeated["deliveries"]] == [True, True]
        assert repeated["transactions"] == []

    def but_random(url: str) -> str:
        return url.partition("&r=")[0]

    assert list(map(but_random, outside)) == list(map(but_random, told * 2))
    assert len(data("listTransactions")["transaction_list"]) == 2
    assert gone


def test_a_repetition_skips_connections_that_are_gone(
    order: Call, connect: Call, outside: list[str], sandbox: Sandbox
) -> None:
    gone = connect("https://track.test/gone")
    connect("https://track.test/stays")
    order("sale", product_id=411530)
    outside.clear()
    sandbox.store.remove("123456", "connection", gone)

    order("repeat")

    assert outside == ["https://track.test/stays"]


def test_a_test_order_is_told_as_a_test_and_books_nothing(
    order: Call, connect: Call, outside: list[str], data: Call
) -> None:
    connect("https://track.test/?t={is_test}&c={cid}&p={product_id}&s={amount_affiliate}")

    done = order("test_order", product_id=411531)

    assert query_of(outside[0]) == {"t": "1", "c": "test", "p": "411531", "s": "13.50"}
    assert done["transactions"] == []
    assert data("listTransactions")["transaction_list"] == []
    assert data("listPurchases")["purchase_list"] == []
    order("repeat", status=409)


def test_the_test_button_reaches_its_own_connection_only(order: Call, connect: Call, outside: list[str]) -> None:
    connect("https://track.test/other")
    tested = connect(
        "https://track.test/tested?p={product_id}", product_ids=["420010"], active=False, events=["refund"]
    )

    order("test_order", connection_id=tested)
    order("test_order", connection_id=connect("https://track.test/all?p={product_id}"), click_id="c")
    order("test_order", connection_id="nobody", product_id=411530, status=409)
    order("test_order", status=409)

    assert outside == ["https://track.test/tested?p=420010", "https://track.test/all?p=411530"]


def test_a_sale_with_test_money_says_so(order: Call, connect: Call, outside: list[str]) -> None:
    connect("https://track.test/?t={is_test}")

    order("sale", product_id=411530, test=True)

    assert query_of(outside[0]) == {"t": "1"}
