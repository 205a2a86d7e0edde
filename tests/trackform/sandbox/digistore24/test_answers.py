"""Every answer of the sandbox's Digistore24, to the letter: clients rely on names and numbers alike."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from trackform.sandbox.digistore24.functions import FUNCTIONS
from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]
ANSWERS = json.loads((Path(__file__).parents[3] / "data" / "digistore24_answers.json").read_text(encoding="utf-8"))
"""What was asked with which key, and the answer; VAT of 19 % is taken off before a commission of 37.5 %."""
ODD = {
    "id": 777001, "name": "Odd", "price": "33.33", "commission_percent": "37.5", "vat_percent": 19, "upsells": [411531],
}  # fmt: skip
LINK = "https://www.digistore24.com/redir/777001/acme/fb?cid=click1&sid1=a&sid3=c"


@pytest.fixture
def booked(sandbox: Sandbox, http: httpx.Client, order: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two orders and a test order, on three days of March."""
    time = [datetime(2026, 3, 1, 12, 0, 0, 250000, tzinfo=UTC)]
    monkeypatch.setattr(sandbox.clock, "now", lambda: time[0])
    http.post("/_control/products", json=ODD)
    order("sale", promolink=LINK, order_id="GUIDE")
    time[0] += timedelta(days=1)
    order("upsell", order_id="GUIDE", product_id=411531)
    order("partial_refund", order_id="GUIDE", product_id=777001, share="0.5")
    order("sale", product_id=420010, click_id="click2", order_id="COURSE")
    time[0] += timedelta(days=1)
    order("sale", product_id=411530, order_id="TRIED", test=True)


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize("case", ANSWERS, ids=[f"{one['function']} {one['key']}" for one in ANSWERS])
def test_the_answer(envelope: Call, case: dict[str, Any]) -> None:
    answer = envelope(case["function"], key=case["key"], **case["asked"])
    assert answer.pop("runtime_seconds") < 60
    # As text: 4 and 4.0 are not the same to every client. The order of the fields is no part of the promise.
    assert json.dumps(answer, sort_keys=True) == json.dumps(case["answer"], sort_keys=True)


def test_the_parameters_in_their_order() -> None:
    """By which the PHP connector passes them; the published OpenAPI has the same, where it is at hand."""
    listing = ("from", "to", "search", "sort_by", "sort_order")
    assert {name: function.parameters for name, function in FUNCTIONS.items()} == {
        "ping": (),
        "getUserInfo": (),
        "listCurrencies": ("convert_to",),
        "validateAffiliate": ("affiliate_name", "product_ids"),
        "listProducts": ("sort_by",),
        "getProduct": ("product_id",),
        "getUpsells": ("product_id",),
        "listMarketplaceEntries": ("sort_by",),
        "listTransactions": (*listing, "page_no", "page_size"),
        "listCommissions": (
            "from", "to", "page_no", "page_size", "transaction_type", "commission_type", "purchase_id",
        ),
        "listPurchases": (*listing, "load_transactions", "page_no", "page_size"),
        "ipnSetup": (
            "ipn_url", "name", "product_ids", "domain_id", "categories", "transactions", "timing", "sha_passphrase",
            "newsletter_send_policy",
        ),
        "ipnInfo": ("domain_id",),
        "ipnDelete": ("domain_id",),
    }  # fmt: skip


IPN = {"ipn_url": "https://ipn.acme.test/in", "name": "acme", "product_ids": "all"}
PUBLIC = "Please only use secure URLs with https://"
SORT = "sort_by is date, earning or amount; sort_order is asc or desc"
RANGE = "page_no or page_size is out of range"


@pytest.mark.parametrize(
    ("function", "asked", "code", "message"),
    [
        ("nothing", {}, 9, "unknown function: nothing"),
        ("ping/format/xml", {}, 9, "this sandbox answers in JSON only, not in xml"),
        ("validateAffiliate", {"product_ids": "1"}, 3, "missing parameter: affiliate_name"),
        ("validateAffiliate", {"affiliate_name": "acme", "product_ids": " "}, 3, "missing parameter: product_ids"),
        ("listProducts", {"sort_by": "price"}, 3, "sort_by is name or group"),
        ("getUpsells", {}, 3, "missing parameter: product_id"),
        ("getUpsells", {"product_id": "1"}, 4, "no product with the id 1"),
        ("getUpsells", {"product_id": "411530"}, 5, "product 411530 belongs to another vendor"),
        ("getProduct", {"product_id": "1"}, 4, "no product with the id 1"),
        ("getProduct", {"product_id": "411530"}, 5, "product 411530 belongs to another vendor"),
        ("listTransactions", {"page_no": "0"}, 3, RANGE),
        ("listTransactions", {"page_size": "0"}, 3, RANGE),
        ("listTransactions", {"page_size": "1001"}, 3, RANGE),
        ("listTransactions", {"page_no": "one"}, 3, "page_no is not a whole number: one"),
        ("listTransactions", {"page_size": "1.5"}, 3, "page_size is not a whole number: 1.5"),
        ("listTransactions", {"sort_by": "colour"}, 3, SORT),
        ("listTransactions", {"sort_order": "up"}, 3, SORT),
        ("listTransactions", {"from": "yesterday"}, 3, "not a point of time: yesterday"),
        ("listTransactions", {"search": "{"}, 3, "search is not JSON"),
        ("listTransactions", {"search": "affiliate"}, 3, "search is a mapping: search[role]=affiliate"),
        ("listPurchases", {"load_transactions": "maybe"}, 3, "not a yes or no: maybe"),
        ("listPurchases", {"page_size": "0"}, 3, RANGE),
        ("listCommissions", {"page_size": "-1"}, 3, RANGE),
        ("ipnSetup", {}, 3, "missing parameters: ipn_url, name, product_ids"),
        ("ipnSetup", IPN | {"ipn_url": "http://ipn.acme.test/in"}, 3, PUBLIC),
        ("ipnSetup", IPN | {"ipn_url": "https://localhost/in"}, 3, "ipn_url: localhost cannot be reached from outside"),
        ("ipnSetup", IPN | {"ipn_url": "https:///in"}, 3, "ipn_url: no host cannot be reached from outside"),
        ("ipnSetup", IPN | {"transactions": "payment,x,y"}, 3, "unknown transactions: x, y"),
        ("ipnSetup", IPN | {"timing": "soon"}, 3, "timing is one of before_thankyou, delayed"),
        ("ipnSetup", IPN | {"sha_passphrase": "x" * 64}, 3, "sha_passphrase is longer than 63 characters"),
        ("ipnDelete", {}, 3, "missing parameter: domain_id"),
    ],
)
def test_every_refusal_says_why(envelope: Call, function: str, asked: dict[str, str], code: int, message: str) -> None:
    answer = envelope(function, **asked)
    assert (answer["result"], answer["code"], answer["message"]) == ("error", code, message)
    assert "data" not in answer


def test_other_refusals_say_why(sandbox: Sandbox, http: httpx.Client, envelope: Call) -> None:
    sandbox.switches.ipn_info_missing = "error"
    assert envelope("ipnInfo", domain_id="x")["message"] == "no IPN connection with the domain id 'x'"
    url = "/digistore24/api/call/ping"
    assert http.get(url).json()["message"] == "The API key is missing or not valid."
    listed = http.post(url, json=[1], headers={"X-DS-API-KEY": "1"}).json()
    assert listed["message"] == "the body is not a JSON object"
    # What has no length is refused as a web server does it.
    sandbox.switches.requests_per_minute = 1
    sandbox.clock.advance(timedelta(seconds=60 - sandbox.clock.now().second))
    envelope("ping")
    assert envelope("ping")["message"] == "Too many requests."


def test_the_edges_of_what_is_accepted(data: Call) -> None:
    for page_size in ("1", "1000"):
        assert data("listTransactions", page_size=page_size)["page_size"] == int(page_size)
    # Purchases have no limit above, and commissions come all at once where nothing else is said.
    assert data("listPurchases", page_size="100000")["page_size"] == 100000
    assert data("listCommissions", page_size="1")["page_size"] == 1
    assert data("ipnSetup", **IPN, sha_passphrase="x" * 63)["sha_passphrase"] == "x" * 63
    for timing in ("before_thankyou", "delayed"):
        assert data("ipnSetup", **IPN, timing=timing)["domain_id"] == ""
    every = "payment, refund,chargeback,payment_missed,payment_denial,rebill_cancelled,rebill_resumed,last_paid_day,all"
    assert data("ipnSetup", **IPN, transactions=every)["updated"] == "Y"
