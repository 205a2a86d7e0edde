"""listTransactions, listCommissions and listPurchases: periods, pages, searches, roles."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]


def ids(rows: list[dict[str, Any]]) -> list[Any]:
    return [row["id"] for row in rows]


@pytest.fixture
def booked(order: Call) -> None:
    """Two orders: a guide with its recipes, partly refunded; and a first instalment."""
    link = "https://www.digistore24.com/redir/411530/acme/fb?cid=click1&sid1=a&sid3=c"
    order("sale", promolink=link, order_id="GUIDE")
    order("upsell", order_id="GUIDE", product_id=411531)
    order("partial_refund", order_id="GUIDE", product_id=411531, share="0.5")
    order("sale", product_id=420010, click_id="click2", order_id="COURSE")


@pytest.mark.usefixtures("booked")
def test_purchases_carry_click_and_sub_ids_for_the_affiliate_only(data: Call, vendor_key: str) -> None:
    guide, course = data("listPurchases", **{"search[role]": "affiliate"})["purchase_list"]

    assert (guide["id"], guide["click_id"], guide["campaignkey"]) == ("GUIDE", "click1", "fb")
    assert guide["sub_ids"] == {"sid1": "a", "sid2": "", "sid3": "c", "sid4": "", "sid5": ""}
    assert (guide["transaction_amount"], guide["total_affiliate_amount"]) == (60.5, 30.25)
    assert guide["affiliate_name"] == "acme"
    assert guide["buyer"]["email"] == ""
    assert "transaction_list" not in guide
    assert course["click_id"] == "click2"

    seen_by_vendor = data("listPurchases", key=vendor_key)["purchase_list"]
    assert ids(seen_by_vendor) == ["GUIDE", "COURSE"]
    assert "click_id" not in seen_by_vendor[0]
    assert seen_by_vendor[0]["buyer"]["email"]
    assert data("listPurchases", key=vendor_key, **{"search[role]": "affiliate"})["purchase_list"] == []
    assert data("listPurchases", key="9-stranger")["purchase_list"] == []


@pytest.mark.usefixtures("booked")
def test_transactions_can_be_loaded_with_their_purchases(data: Call) -> None:
    for yes in ("1", "Y", "true"):
        guide = data("listPurchases", load_transactions=yes)["purchase_list"][0]
        assert [row["amount"] for row in guide["transaction_list"]] == [47.0, 27.0, -13.5]


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("search", "amounts"),
    [
        ({}, [47.0, 27.0, -13.5, 99.0]),
        ({"role": "affiliate"}, [47.0, 27.0, -13.5, 99.0]),
        ({"role": "vendor"}, []),
        ({"product_id": "411531,420010"}, [27.0, -13.5, 99.0]),
        ({"transaction_type": "refund,chargeback"}, [-13.5]),
        ({"purchase_id": "COURSE"}, [99.0]),
        ({"currency": "USD"}, [47.0, 27.0, -13.5]),
        ({"billing_type": "installment"}, [99.0]),
        ({"affiliate_name": "acme"}, [47.0, 27.0, -13.5]),
        ({"has_affiliate": "Y"}, [47.0, 27.0, -13.5, 99.0]),
        ({"has_affiliate": "N"}, []),
        ({"first_name": "Bea"}, []),
    ],
)
def test_a_search_narrows_transactions_down(data: Call, search: dict[str, str], amounts: list[float]) -> None:
    answer = data("listTransactions", **{f"search[{name}]": value for name, value in search.items()})

    assert [row["amount"] for row in answer["transaction_list"]] == amounts
    assert answer["summary"]["count"] == len(amounts)
    assert sum(total["total_amount"] for total in answer["summary"]["amounts"].values()) == sum(amounts)


@pytest.mark.usefixtures("booked")
def test_a_search_may_be_json_in_the_query(http: httpx.Client) -> None:
    answer = http.get(
        "/digistore24/api/call/listPurchases",
        params={"search": '{"product_id": "420010", "order_type": "live"}'},
        headers={"X-DS-API-KEY": "123456-affiliate"},
    )

    assert ids(answer.json()["data"]["purchase_list"]) == ["COURSE"]


@pytest.mark.parametrize("search", ["{", "affiliate"])
def test_a_search_that_is_none_is_a_bad_parameter(refused: Call, search: str) -> None:
    assert refused("listTransactions", search=search) == 3


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize(
    ("sort", "amounts"),
    [
        ({"sort_by": "amount"}, [-13.5, 27.0, 47.0, 99.0]),
        ({"sort_by": "earning", "sort_order": "desc"}, [99.0, 47.0, 27.0, -13.5]),
        ({"sort_by": "date", "sort_order": "desc"}, [99.0, -13.5, 27.0, 47.0]),
    ],
)
def test_transactions_are_sorted(data: Call, sort: dict[str, str], amounts: list[float]) -> None:
    assert [row["amount"] for row in data("listTransactions", **sort)["transaction_list"]] == amounts


@pytest.mark.usefixtures("booked")
def test_pages_are_disjoint_and_complete(data: Call) -> None:
    everything = ids(data("listTransactions")["transaction_list"])
    pages = [data("listTransactions", page_no=number, page_size=3) for number in (1, 2, 3)]

    assert [ids(page["transaction_list"]) for page in pages] == [everything[:3], everything[3:], []]
    assert {page["page_count"] for page in pages} == {2}
    commissions = data("listCommissions", page_no=2, page_size=3)
    assert (len(commissions["items"]), commissions["item_count"], commissions["page_count"]) == (1, 4, 2)
    assert len(data("listCommissions")["items"]) == 4
    assert data("listCommissions", page_no=2)["items"] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"page_no": "0"},
        {"page_size": "0"},
        {"page_size": "1001"},
        {"page_no": "one"},
        {"sort_by": "colour"},
        {"sort_order": "up"},
        {"from": "yesterday"},
    ],
)
def test_wrong_parameters_are_refused(refused: Call, wrong: dict[str, str]) -> None:
    assert refused("listTransactions", **wrong) == 3


@pytest.mark.usefixtures("booked")
@pytest.mark.parametrize("function", ["listTransactions", "listCommissions", "listPurchases"])
def test_the_default_period_is_a_day_and_ends_now(sandbox: Sandbox, data: Call, function: str) -> None:
    def count(**period: str) -> int:
        return len(next(value for value in data(function, **period).values() if isinstance(value, list)))

    all_of_it = count()
    assert all_of_it
    booked_at = sandbox.clock.now()
    sandbox.clock.advance(timedelta(days=2))

    assert count() == 0
    assert count(**{"from": "-3d"}) == all_of_it
    assert count(**{"from": "start"}) == all_of_it
    assert count(**{"from": "-1w", "to": "-24h"}) == all_of_it
    assert count(**{"from": "-1w", "to": "-49h"}) == 0
    assert count(**{"from": booked_at.strftime("%Y-%m-%d 00:00:00"), "to": "now"}) == all_of_it
    later = booked_at + timedelta(minutes=1)
    assert count(**{"from": later.isoformat()}) == 0


@pytest.mark.parametrize("function", ["listTransactions", "listCommissions", "listPurchases"])
def test_a_period_holds_the_times_that_were_shown(data: Call, order: Call, function: str) -> None:
    shown = order("sale", product_id=411530)["purchase"]["created_at"]

    answer = data(function, **{"from": shown, "to": shown})

    assert answer["item_count"] == 1


@pytest.mark.usefixtures("booked")
def test_commissions_are_filtered(data: Call) -> None:
    def amounts(**parameters: str) -> list[float]:
        return [item["amount"] for item in data("listCommissions", **parameters)["items"]]

    assert amounts() == [23.5, 13.5, -6.75, 49.5]
    assert amounts(transaction_type="refund") == [-6.75]
    assert amounts(purchase_id="COURSE") == [49.5]
    assert amounts(commission_type="affiliate_share") == [23.5, 13.5, -6.75, 49.5]
    assert amounts(commission_type="merchant_share") == []


def test_test_money_is_listed_but_earns_nothing(data: Call, order: Call) -> None:
    order("sale", product_id=411530, test=True)

    assert data("listCommissions")["items"] == []
    assert data("listTransactions")["summary"]["amounts"]["USD"]["earned_amount"] == 0
    assert len(data("listPurchases", **{"search[order_type]": "test"})["purchase_list"]) == 1
    assert data("listPurchases", **{"search[order_type]": "live"})["purchase_list"] == []


def test_a_refund_request_is_a_type_of_its_own(data: Call, order: Call) -> None:
    order("sale", product_id=411530)
    order("refund_request")

    rows = data("listTransactions", **{"search[transaction_type]": "refund_request"})["transaction_list"]
    assert [row["amount"] for row in rows] == [0.0]
    assert len(data("listCommissions")["items"]) == 1
