"""The macros of the sandbox's postbacks, to the letter."""

import random
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from trackform.flow.orders import CONNECTION_EVENTS as SIMULATED
from trackform.sandbox.flow.firing import CONNECTION_EVENTS, shown
from trackform.sandbox.flow.macros import fill
from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]
URL = "https://track.test/?a={amount_affiliate}&abs={amount_affiliate_abs}&g={amount_brutto}&n={amount_netto}&c={currency}"
ODD = {
    "id": 777001,
    "name": "Odd",
    "price": "33.33",
    "commission_percent": "37.5",
    "vat_percent": 19,
    "currency": "EUR",
}


def query_of(url: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(url).query, keep_blank_values=True, strict_parsing=True))


@pytest.fixture
def refunded(http: httpx.Client, order: Call, connect: Call, outside: list[str]) -> Callable[..., dict[str, str]]:
    """What the connection of a currency is told of a payment of a product in EUR, or of its return."""

    def told(currency: str = "", event: str = "refund") -> dict[str, str]:
        http.post("/_control/products", json=ODD)
        order("sale", product_id=777001)
        connect(URL, currency=currency)
        if event != "sale":
            order(event)
        else:
            order("sale", product_id=777001)
        return query_of(outside[-1])

    return told


@pytest.mark.parametrize(
    ("currency", "told"),
    [
        ("", ("10.50", "33.33", "28.01", "EUR")),
        ("EUR", ("10.50", "33.33", "28.01", "EUR")),
        ("USD", ("13.13", "41.66", "35.01", "USD")),
        # Without a rate amount and currency still belong together.
        ("XYZ", ("10.50", "33.33", "28.01", "EUR")),
    ],
)
def test_amounts_in_the_connections_currency(
    refunded: Callable[..., dict[str, str]], currency: str, told: tuple[str, str, str, str]
) -> None:
    commission, gross, net, target = told
    assert refunded(currency, "sale") == {"a": commission, "abs": commission, "g": gross, "n": net, "c": target}


@pytest.mark.parametrize("event", ["refund", "chargeback"])
@pytest.mark.parametrize(("sign", "told"), [("negative", "-10.50"), ("positive", "10.50"), ("zero", "0.00")])
def test_the_sign_of_what_is_given_back(
    *, sandbox: Sandbox, refunded: Callable[..., dict[str, str]], event: str, sign: Any, told: str
) -> None:
    sandbox.switches.refund_amount = sign
    assert refunded(event=event) == {"a": told, "abs": "10.50", "g": "-33.33", "n": "-28.01", "c": "EUR"}


def test_times_and_a_cache_buster(
    sandbox: Sandbox, order: Call, connect: Call, outside: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    at = datetime(2026, 3, 1, 12, 30, 45, 250000, tzinfo=UTC)
    monkeypatch.setattr(sandbox.clock, "now", lambda: at)
    connect("https://track.test/?u={datetime_unix}&f={datetime_full}&t={datetime_utc}&r={random}")
    order("sale", product_id=411530)
    told = query_of(outside[0])
    assert told.pop("r").isdigit()
    assert told == {"u": "1772368245", "f": "2026-03-01T12:30:45+00:00", "t": "2026-03-01T12:30:45"}


def test_filling() -> None:
    class Nine(random.Random):
        def randrange(self, start: int, *_: Any) -> int:
            return start - 1

    values = {"cid": "a b/{sid1}", "utm_x": "ü"}
    text = "https://h.test/{cid}?r={random}&u={utm_x}&v={utm_y}&n={nothing}&e={}&{cid}"
    assert fill(text, values, Nine()) == (
        "https://h.test/a%20b%2F%7Bsid1%7D?r=999999999&u=%C3%BC&v=&n={nothing}&e={}&a%20b%2F%7Bsid1%7D"
    )


def test_which_events_connections_hear_of() -> None:
    assert CONNECTION_EVENTS == {
        "sale": "payment", "upsell": "payment", "rebill": "payment", "instalment": "payment", "test_order": "payment",
        "refund": "refund", "partial_refund": "refund", "chargeback": "chargeback",
        "missed_payment": "payment_missed", "rebill_cancelled": "rebill_cancelled",
        "rebill_resumed": "rebill_resumed", "last_paid_day": "last_paid_day", "payment_denial": "payment_denial",
        "refund_request": None, "add_on": "payment", "chargeback_reversed": "payment",
    }  # fmt: skip
    # The simulator knows the same of what it plays.
    assert SIMULATED.items() <= (CONNECTION_EVENTS | {"trial": "payment"}).items()


def test_a_delivery_to_the_letter(
    sandbox: Sandbox, order: Call, connect: Call, http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox.clock, "now", lambda: datetime(2026, 3, 1, 12, 30, 45, 250400, tzinfo=UTC))
    answers = [(200, "OK"), (503, "later"), (0, "nobody")]
    monkeypatch.setattr(sandbox, "deliver", lambda _url: answers.pop(0))
    connection = connect("https://track.test/?clickid={cid}&ptoken=s3cret&x=1&PToken=other#f")
    done = order("sale", product_id=411530, click_id="c", order_id="A")
    delivery = {
        "id": "1", "account": "123456", "connection_id": connection, "batch": 1, "event": "sale", "repeat": False,
        "order_id": "A", "transaction_id": str(done["transactions"][0]["id"]), "at": "2026-03-01T12:30:45.250+00:00",
        "url": "https://track.test/?clickid=c&ptoken=***&x=1&PToken=***#f", "status": 200, "body": "OK",
    }  # fmt: skip
    assert done["deliveries"] == [delivery]
    (again,) = order("repeat")["deliveries"]
    assert again == delivery | {"id": "2", "repeat": True, "status": 503, "body": "later"}
    # Only what was told last is told again, a repetition does not count as that.
    (third,) = order("repeat")["deliveries"]
    assert third == delivery | {"id": "3", "repeat": True, "status": 0, "body": "nobody"}
    assert http.get("/_control/deliveries").json() == [delivery, again, third]
    assert "values" not in shown({"values": {}, "id": "1"})


def test_a_repetition_goes_to_the_connections_that_still_exist(
    sandbox: Sandbox, order: Call, connect: Call, outside: list[str]
) -> None:
    order("sale", product_id=411530, order_id="A")
    assert order("repeat")["deliveries"] == []
    first, second = connect("https://track.test/1?t={transaction_type}"), connect("https://track.test/2")
    order("refund", order_id="A")
    sandbox.store.remove("123456", "connection", second)
    outside.clear()
    assert [one["connection_id"] for one in order("repeat")["deliveries"]] == [first]
    assert outside == ["https://track.test/1?t=refund"]


def test_the_test_button_sends_to_one_connection_whatever_it_covers(
    order: Call, connect: Call, outside: list[str]
) -> None:
    connect("https://track.test/other")
    asleep = connect("https://track.test/?c={cid}&i={is_test}&p={product_id}", active=False, events=["refund"],
                     product_ids=["411531"])  # fmt: skip
    done = order("test_order", connection_id=asleep)
    assert outside == ["https://track.test/?c=test&i=1&p=411531"]
    assert done["transactions"] == []
    everything = connect("https://track.test/?p={product_id}", product_ids=["all"])
    order("test_order", connection_id=everything, click_id="own")
    assert re.fullmatch(r"https://track\.test/\?p=411530", outside[-1])
