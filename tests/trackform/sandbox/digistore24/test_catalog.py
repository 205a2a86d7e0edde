"""Products, upsells, marketplace entries and partnerships."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.digistore24.catalog import Catalog
from trackform.sandbox.store import Store

Call = Callable[..., Any]

DEFAULT_IDS = ["411530", "411531", "411532", "420010"]


def test_the_vendor_sees_its_products_and_an_affiliate_none(data: Call, vendor_key: str) -> None:
    assert {product["id"] for product in data("listProducts", key=vendor_key)} == set(map(int, DEFAULT_IDS))
    names = [product["name"] for product in data("listProducts", key=vendor_key, sort_by="name")]
    assert names == sorted(names)
    assert data("listProducts") == []
    assert data("listMarketplaceEntries") == {"entries": []}


def test_products_cannot_be_sorted_by_anything(refused: Call) -> None:
    assert refused("listProducts", sort_by="price") == 3


def test_upsells_are_a_tree_that_only_the_vendor_may_read(data: Call, refused: Call, vendor_key: str) -> None:
    tree = data("getUpsells", key=vendor_key, product_id="411530")
    assert tree["upsells"] == {"y": 411531, "yy": 411532, "yn": 411532}
    assert data("getUpsells", key=vendor_key, product_id="420010")["upsells"] == {}

    assert refused("getUpsells", product_id="411530") == 5
    assert refused("getUpsells", key=vendor_key, product_id="1") == 4
    assert refused("getUpsells", key=vendor_key) == 3


def test_marketplace_entries_name_the_upsells_with_their_product(data: Call, vendor_key: str) -> None:
    entries = {entry["main_product_id"]: entry for entry in data("listMarketplaceEntries", key=vendor_key)["entries"]}

    assert set(entries) == {411530, 420010}
    assert entries[411530]["all_product_ids"] == "411530,411531,411532"
    assert (entries[420010]["price"], entries[420010]["currency"]) == (99.0, "EUR")


def test_products_can_be_added_changed_moved_and_removed(http: httpx.Client, data: Call, vendor_key: str) -> None:
    def put(**fields: Any) -> httpx.Response:
        return http.post("/_control/products", json=fields)

    added = put(id=500, name="Course", price=10.5, vendor=123456, upsells=[501, 502, 503])
    assert added.json()["upsells"] == {"y": "501", "yy": "502", "yn": "502", "yyy": "503", "yyn": "503"}
    assert [product["name"] for product in data("listProducts")] == ["Course"]

    assert put(id="500", name="Better course").json()["price"] == "10.5"
    order = [product["id"] for product in http.get("/_control/products").json()]
    assert put(id=500, name="Better course").status_code == 200
    put(id=501, name="Later", price=1, vendor=123456)
    put(id=500, name="Better course")
    assert [product["id"] for product in http.get("/_control/products").json()] == [*order, "501"], "each in its place"
    put(id="501", remove=True)
    assert put(id=411530, vendor="123456").json()["name"] == "Keto Guide"
    assert {product["id"] for product in data("listProducts")} == {500, 411530}
    assert len(data("listProducts", key=vendor_key)) == 3
    assert put(id=411530, vendor="500001").status_code == 200
    assert data("getUpsells", key=vendor_key, product_id="411530")["product_id"] == 411530

    assert put(id="500", remove=True).json() == {"removed": True}
    assert put(id="500", remove=True).status_code == 404
    assert data("listProducts") == []
    put(id="411532", remove=True)
    assert {product["id"] for product in http.get("/_control/products").json()} == set(DEFAULT_IDS) - {"411532"}


@pytest.mark.parametrize(
    "fields",
    [
        {"id": "abc", "name": "x", "price": "1"},
        {"id": "500", "price": "1"},
        {"id": "500", "name": "x", "price": "-1"},
        {"id": "500", "name": "x", "price": "free"},
        {"id": "500", "name": "x", "price": "NaN"},
        {"id": "500", "name": "x", "price": "1", "currency": "XXX"},
        {"id": "500", "name": "x", "price": "1", "colour": "red"},
    ],
)
def test_a_wrong_product_is_refused_in_one_line(http: httpx.Client, fields: dict[str, str]) -> None:
    answer = http.post("/_control/products", json=fields)

    assert answer.status_code == 400
    assert answer.json()["error"]


def test_any_affiliate_is_approved_unless_set_otherwise(http: httpx.Client, data: Call) -> None:
    def status(products: str, affiliate: str = "acme") -> tuple[str, str]:
        answer = data("validateAffiliate", affiliate_name=affiliate, product_ids=products)
        return answer["have_affiliation"], answer["affiliation_status"]

    def set_to(status: str, *product_ids: str) -> None:
        body = {"affiliate": "acme", "product_ids": list(product_ids), "status": status}
        assert http.post("/_control/partnerships", json=body).status_code == 200

    assert status("411530,411531") == ("Y", "approved")
    set_to("wait_for_approval", "411531")
    assert status("411530") == ("Y", "approved")
    assert status("411530,411531") == ("N", "wait_for_approval")
    set_to("no_affiliation", "411530")
    assert status("411530,411531") == ("N", "no_affiliation")
    assert status("411530", "other") == ("Y", "approved")
    set_to("approved", "all")
    assert status("411530,411531") == ("Y", "approved")


def test_unknown_products_and_names_are_told_apart(data: Call, http: httpx.Client, refused: Call) -> None:
    half = data("validateAffiliate", affiliate_name="acme", product_ids="411530,999")
    assert half["have_affiliation"] == "N"
    assert (half["valid_product_ids"], half["invalid_product_ids"]) == ("411530", "999")

    none = data("validateAffiliate", affiliate_name="acme", product_ids="999")
    assert (none["affiliation_status"], none["invite_url"]) == ("no_valid_products", "")

    bad = data("validateAffiliate", affiliate_name="ac me", product_ids="411530")
    assert (bad["have_affiliation"], bad["invalid_affiliate_name"]) == ("N", True)

    http.post("/_control/products", json={"id": 500, "name": "x", "price": 1, "vendor": 9})
    mixed = data("validateAffiliate", affiliate_name="acme", product_ids="411530,500")
    assert mixed["invalid_product_ids"] == "500"

    assert refused("validateAffiliate", product_ids="411530") == 3
    assert refused("validateAffiliate", affiliate_name="acme") == 3


def test_a_wrong_partnership_is_refused(http: httpx.Client) -> None:
    body = {"affiliate": "acme", "product_ids": "all", "status": "married"}
    assert http.post("/_control/partnerships", json=body).status_code == 400


@given(st.lists(st.sampled_from([*DEFAULT_IDS, "1", "2"]), min_size=1, max_size=6))
def test_every_asked_product_is_either_valid_or_not(product_ids: list[str]) -> None:
    answer = Catalog(Store(None)).validate("acme", product_ids)

    listed = [*answer["valid_product_ids"].split(","), *answer["invalid_product_ids"].split(",")]
    assert sorted(filter(None, listed)) == sorted(product_ids)
    assert (answer["have_affiliation"] == "Y") == (answer["invalid_product_ids"] == "")
