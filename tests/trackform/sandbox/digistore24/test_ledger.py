"""What is whose: rows of other orders, accounts, vendors and days stay out of a listing."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from trackform.sandbox.digistore24.catalog import Catalog, MarketProduct
from trackform.sandbox.digistore24.ledger import earned, wire_time
from trackform.sandbox.store import Store
from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]
OTHER = "777-other"


def test_the_answer_to_an_order_adds_up_its_own_transactions_only(order: Call) -> None:
    order("sale", product_id=411530, order_id="A")
    done = order("sale", product_id=411531, order_id="B")["purchase"]
    assert (done["id"], done["transaction_amount"], done["total_affiliate_amount"]) == ("B", 27.0, 13.5)


def test_an_order_is_counted_in_the_currency_of_its_main_product(order: Call, data: Call) -> None:
    order("sale", product_id=411530, order_id="A")
    done = order("upsell", order_id="A", product_id=420010)["purchase"]
    assert (done["currency"], done["transaction_amount"], done["total_affiliate_amount"]) == ("USD", 47.0, 23.5)
    (row,) = data("listPurchases", load_transactions="Y")["purchase_list"]
    assert [(one["amount"], one["currency"]) for one in row["transaction_list"]] == [(47.0, "USD"), (99.0, "EUR")]


def test_each_account_sees_its_own(order: Call, data: Call) -> None:
    order("sale", product_id=411530, order_id="A")
    order("sale", product_id=411530, order_id="B", key=OTHER)
    for key, name in (("123456-affiliate", "A"), (OTHER, "B")):
        assert [row["id"] for row in data("listPurchases", key=key)["purchase_list"]] == [name]
        assert [row["purchase_id"] for row in data("listTransactions", key=key)["transaction_list"]] == [name]
        assert [row["purchase_id"] for row in data("listCommissions", key=key)["items"]] == [name]


def test_a_vendor_that_is_its_own_affiliate_sees_an_order_once(order: Call, data: Call, vendor_key: str) -> None:
    order("sale", product_id=411530, order_id="OWN", key=vendor_key)
    order("sale", product_id=411530, order_id="SOLD")

    def orders(role: str) -> list[str]:
        asked = {"search[role]": role} if role else {}
        return [row["id"] for row in data("listPurchases", key=vendor_key, **asked)["purchase_list"]]

    assert (orders(""), orders("affiliate"), orders("vendor")) == (["OWN", "SOLD"], ["OWN"], ["OWN", "SOLD"])
    assert (orders("affiliate, vendor"), orders("buyer")) == (["OWN", "SOLD"], [])
    # As its affiliate it knows the click, as its vendor it does not.
    rows = {row["id"]: row for row in data("listPurchases", key=vendor_key)["purchase_list"]}
    assert ("click_id" in rows["OWN"], "click_id" in rows["SOLD"]) == (True, False)


def test_orders_are_sorted_too(order: Call, data: Call) -> None:
    order("sale", product_id=411530, order_id="MID")
    order("sale", product_id=411531, order_id="LOW")
    order("sale", product_id=420010, order_id="TOP")

    def names(by: str, direction: str) -> list[str]:
        rows = data("listPurchases", sort_by=by, sort_order=direction)["purchase_list"]
        return [row["id"] for row in rows]

    assert names("date", "asc") == ["MID", "LOW", "TOP"]
    assert names("date", "desc") == ["TOP", "LOW", "MID"]
    for by in ("amount", "earning"):
        assert names(by, "asc") == ["LOW", "MID", "TOP"]
        assert names(by, "desc") == ["TOP", "MID", "LOW"]


def test_pages_of_orders(order: Call, data: Call) -> None:
    for name in "ABC":
        order("sale", product_id=411530, order_id=name)
    pages = [data("listPurchases", page_size=2, page_no=number) for number in (1, 2, 3)]
    assert [[row["id"] for row in page["purchase_list"]] for page in pages] == [["A", "B"], ["C"], []]
    assert {(page["item_count"], page["page_count"], page["page_size"]) for page in pages} == {(3, 2, 2)}
    assert [page["page_no"] for page in pages] == [1, 2, 3]


@pytest.mark.parametrize(("ago", "listed"), [("-2h", 1), ("-1h", 0)])
@pytest.mark.parametrize("function", ["listPurchases", "listTransactions", "listCommissions"])
def test_what_was_before_a_period_is_not_in_it(
    *, sandbox: Sandbox, order: Call, data: Call, function: str, ago: str, listed: int
) -> None:
    order("sale", product_id=411530)
    sandbox.clock.advance(timedelta(hours=1, minutes=30))
    assert data(function, **{"from": ago})["item_count"] == listed


def test_what_a_transaction_earns() -> None:
    row = {"test": False, "net": "28.01", "commission": "10.50"}
    assert (earned(row), earned(row, vendor=True)) == (Decimal("10.50"), Decimal("17.51"))
    assert earned(row | {"test": True}) == earned(row | {"test": True}, vendor=True) == 0


def test_times_are_told_in_the_envelopes_zone() -> None:
    at = datetime(2026, 3, 1, 1, 30, 45, 999000, tzinfo=UTC)
    assert wire_time(at) == wire_time("2026-03-01T02:30:45.999+01:00") == "2026-03-01 01:30:45"


def test_a_product_that_moves_from_vendor_to_vendor_is_one_product() -> None:
    catalog = Catalog(Store(None))
    for vendor, price in (("1", "1"), ("2", "2"), ("1", "3")):
        catalog.put({"id": "500", "name": "Course", "vendor": vendor, "price": price})
    (product,) = [one for one in catalog.products() if one.id == "500"]
    assert (product.vendor, product.price) == ("1", "3")
    assert catalog.remove("500")
    assert catalog.product("500") is None
    assert not catalog.remove("500")
    # One that was removed can be made again.
    catalog.put({"id": "500", "name": "Course", "price": "4"})
    assert [one.price for one in catalog.products() if one.id == "500"] == ["4"]


def test_where_an_affiliate_stands_is_said_product_by_product() -> None:
    catalog = Catalog(Store(None))
    assert catalog.status("acme", "411530") == "approved"
    catalog.set_status("acme", ["all"], "no_affiliation")
    catalog.set_status("acme", ["411530"], "wait_for_approval")
    catalog.set_status("acme", ["411531", "411532"], "approved")
    catalog.set_status("zenith", ["411530"], "no_affiliation")

    def stands(affiliate: str) -> list[str]:
        return [catalog.status(affiliate, product) for product in ("411530", "411531", "411532", "420010")]

    assert stands("acme") == ["wait_for_approval", "approved", "approved", "no_affiliation"]
    assert stands("zenith") == ["no_affiliation", "approved", "approved", "approved"]
    # What is said of all forgets what was said of single ones, and nobody else's.
    catalog.set_status("acme", ["all"], "approved")
    assert set(stands("acme")) == {"approved"}
    assert stands("zenith")[0] == "no_affiliation"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"id": "²"}, "id"),
        ({"id": ""}, "id"),
        ({"id": True}, "id"),
        ({"vendor": "ketolab"}, "vendor"),
        ({"price": "-0.01"}, "price"),
        ({"commission_percent": "-1"}, "commission_percent"),
        ({"vat_percent": "x"}, "vat_percent"),
        ({"vat_percent": True}, "vat_percent"),
        ({"instalments": -1}, "instalments"),
        ({"currency": "XXX"}, "currency"),
        ({"billing_type": "weekly"}, "billing_type"),
        ({"upsells": "411531"}, "upsells"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_is_no_product(http: httpx.Client, fields: dict[str, Any], field: str) -> None:
    answer = http.post("/_control/products", json={"id": "500", "name": "x", "price": "1"} | fields)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(f"{field}: ")


def test_a_product_says_what_is_wrong() -> None:
    for fields, message in (
        ({"id": "x"}, "Digistore24 ids are digits"),
        ({"price": "-1"}, "price is negative"),
        ({"currency": "XXX"}, "the sandbox knows USD, EUR, GBP, CHF"),
    ):
        with pytest.raises(ValueError, match=message):
            MarketProduct.model_validate({"id": "500", "name": "x", "price": "1"} | fields)


@pytest.mark.parametrize(
    ("upsells", "tree"),
    [
        ([], {}),
        ([1], {"y": "1"}),
        ([1, 2, "3"], {"y": "1", "yy": "2", "yn": "2", "yyy": "3", "yyn": "3"}),
        ({"y": 1, "yn": "2"}, {"y": "1", "yn": "2"}),
    ],
)
def test_the_tree_of_upsells(upsells: Any, tree: dict[str, str]) -> None:
    assert MarketProduct.model_validate({"id": 5, "name": "x", "price": 0, "upsells": upsells}).upsells == tree


@pytest.mark.parametrize(
    ("products", "name", "answer"),
    [
        ("411530", "acme", ("Y", "approved", False, "411530", "")),
        ("411530,1", "acme", ("N", "approved", False, "411530", "1")),
        ("1,2", "acme", ("N", "no_valid_products", False, "", "1,2")),
        ("411530", "ac me", ("N", "no_affiliation", True, "411530", "")),
        ("411530", "Ac-me_9", ("Y", "approved", False, "411530", "")),
        ("1", "", ("N", "no_valid_products", True, "", "1")),
        # The vendor is that of the first product that is known.
        ("1,500,411530", "acme", ("N", "approved", False, "500", "1,411530")),
    ],
)
def test_a_partnership(products: str, name: str, answer: tuple[str, str, bool, str, str]) -> None:
    catalog = Catalog(Store(None))
    catalog.put({"id": 500, "name": "x", "price": 1, "vendor": 9})
    found = catalog.validate(name, products.split(","))
    names = ("have_affiliation", "affiliation_status", "invalid_affiliate_name", "valid_product_ids",
             "invalid_product_ids")  # fmt: skip
    assert tuple(found[one] for one in names) == answer
    assert found["affiliation_status_msg"] == answer[1].replace("_", " ").capitalize()
