"""Clients of Digistore24 that others wrote against the live API work on the sandbox.

PyPI's digistore24-client runs as it is. Of npm's n8n-nodes-digistore24 0.2.0, which lives within n8n, the requests are
sent as it sends them, and read where it reads.
"""

from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
import requests
from digistore.client import DigistoreClient, DigistoreError, DigistoreRoutes
from flask import Flask
from requests.adapters import BaseAdapter
from urllib3 import HTTPResponse

from tests.trackform.sandbox.digistore24.conftest import KEY, VENDOR_KEY
from trackform.sandbox.world import Sandbox

Call = Callable[..., object]


class InProcess(BaseAdapter):
    """Takes the client's requests to the sandbox without a network."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *_args: object, **_kwargs: object) -> requests.Response:
        answer = self._app.test_client().open(
            request.url, method=request.method, headers=dict(request.headers), data=request.body
        )
        found = requests.Response()
        found.status_code, found.url, found.request = answer.status_code, str(request.url), request
        found.headers.update(dict(answer.headers))
        found.raw = HTTPResponse(BytesIO(answer.get_data()), preload_content=False)
        return found

    def close(self) -> None:
        """Nothing is open."""


@pytest.fixture
def client(app: Flask, sandbox: Sandbox) -> Iterator[Callable[[str], DigistoreClient]]:
    sandbox.switches.utc_offset = "number"
    sandbox.switches.products = "named"
    opened: list[DigistoreClient] = []

    def made(key: str) -> DigistoreClient:
        found = DigistoreClient(key, DigistoreRoutes("http://sandbox.test/digistore24/api/call"))
        found.sess.mount("http://", InProcess(app))
        opened.append(found)
        return found

    yield made
    for each in opened:
        each.sess.close()


def test_a_vendors_product_is_read_whole(client: Callable[[str], DigistoreClient]) -> None:
    product = client(VENDOR_KEY).get_product(420010)
    assert (product.id, product.name, product.currency) == ("420010", "Trading Course", "EUR")
    assert (product.affiliate_commission, product.owner_name) == ("50", "ketolab")


def test_a_vendors_products_are_listed(client: Callable[[str], DigistoreClient]) -> None:
    names = {product.id: product.name for product in client(VENDOR_KEY).list_products()}
    assert names["411530"] == "Keto Guide"
    assert client(KEY).list_products() == []


def test_what_another_vendor_sells_is_refused_in_words_that_it_reads(
    client: Callable[[str], DigistoreClient],
) -> None:
    with pytest.raises(DigistoreError, match="belongs to another vendor"):
        client(KEY).get_product(420010)


def test_transactions_are_listed(client: Callable[[str], DigistoreClient], order: Call) -> None:
    order("sale", product_id=411530, click_id="click", order_id="A")
    (row,) = client(KEY).list_transactions({"from": "start"})
    assert (row["purchase_id"], row["transaction_type"]) == ("A", "payment")


@pytest.mark.parametrize(
    ("method", "function", "query", "body", "reads"),
    [
        ("GET", "ping", {}, None, "server_time"),
        ("GET", "getUserInfo", {}, None, "user_id"),
        ("GET", "listCurrencies", {"convert_to": "USD"}, None, ""),
        ("GET", "validateAffiliate", {"affiliate_name": "acme", "product_ids": "411530"}, None, "have_affiliation"),
        ("GET", "listProducts", {"sort_by": "name"}, None, ""),
        ("GET", "getProduct", {"product_id": "411530"}, None, ""),
        ("GET", "getUpsells", {"product_id": "411530"}, None, ""),
        ("GET", "listMarketplaceEntries", {"sort_by": "stars"}, None, "entries"),
        ("POST", "listTransactions", {"from": "start", "to": "now", "search[role]": "vendor", "page_no": "1"}, None,
         "transaction_list"),
        ("GET", "listCommissions", {"from": "start", "to": "now", "page_no": "1"}, None, "items"),
        ("GET", "listPurchases", {"from": "start", "to": "now", "page_no": "1"}, None, "purchase_list"),
        ("POST", "ipnSetup", {}, {"name": "n8n", "ipn_url": "https://n8n.test/hook", "product_ids": "all",
                                  "domain_id": "n8n"}, "domain_id"),
        ("GET", "ipnInfo", {"domain_id": "n8n"}, None, "have_settings"),
        ("DELETE", "ipnDelete", {"domain_id": "n8n"}, None, "modified"),
    ],
)  # fmt: skip
def test_what_an_n8n_node_asks(
    http: httpx.Client, method: str, function: str, query: dict[str, str], body: Any, reads: str
) -> None:
    key = {"X-DS-API-KEY": VENDOR_KEY}
    answer = http.request(method, f"/digistore24/api/call/{function}", params=query, json=body, headers=key).json()
    assert answer["result"] == "success", answer
    assert not reads or reads in answer["data"]
