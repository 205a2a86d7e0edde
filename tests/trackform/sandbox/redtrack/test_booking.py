"""From the postback to the conversion log."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trackform.sandbox.world import Sandbox

Click = Callable[..., str]
Postback = Callable[..., str]
Log = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def slot(bridge: httpx.Client) -> Callable[..., None]:
    def put(number: int, name: str, duplicates: str = "create_new", role: str = "") -> None:
        body = {"slot": number, "name": name, "duplicates": duplicates, "role": role}
        assert bridge.post("/conversion-types", json=body).status_code == 201

    return put


def amounts(rows: list[dict[str, Any]]) -> list[tuple[str, float]]:
    return [(row["type"], row["payout"]) for row in rows]


def test_a_row_of_the_log(
    click: Click, postback: Postback, conversions: Log, slot: Callable[..., None], funnel: dict[str, str]
) -> None:
    slot(3, "initial_sale")
    cid = click(sub1="ad-7", fbclid="fb")
    sent = {"clickid": cid, "sum": "23.50", "type": "initial_sale", "rdtk_event_id": "tx-1", "sub20": "tf.sales"}
    assert json.loads(postback(**sent)) == {"status": 1}
    (row,) = conversions()
    expected = {
        "clickid": cid, "type": "initial_sale", "type3": 1, "default_type": 0, "payout": 23.5, "payout_network": 23.5,
        "p_sub20": "tf.sales", "sub1": "ad-7", "ref_id": "fb", "status": "approved", "deduplicate_token": "tx-1",
        "offer": "keto", "campaign": "fb-keto", "source": "facebook", "network": "digistore24",
        "program_id": funnel["network"], "offer_id": funnel["offer"], "currency": "USD", "duplicate_status": 0,
    }  # fmt: skip
    assert expected.items() <= row.items()


@pytest.mark.parametrize(
    ("query", "message"),
    [({}, "empty clickid value"), ({"clickid": ""}, "empty clickid value"), ({"clickid": "f" * 24}, "click not found")],
)
def test_refused_postbacks(postback: Postback, conversions: Log, query: dict[str, str], message: str) -> None:
    assert json.loads(postback(**query)) == {"status": 0, "message": message}
    assert conversions() == []


@pytest.mark.parametrize("sent", ["", "Initial_sale", "initial_sale ", "unknown"])
def test_types_are_matched_by_case_and_fall_to_the_default(
    click: Click, postback: Postback, conversions: Log, slot: Callable[..., None], sent: str
) -> None:
    slot(1, "initial_sale")
    postback(clickid=click(), sum="1", type=sent)
    (row,) = conversions()
    assert (row["type"], row["default_type"], row.get("type1")) == ("default", 1, None)


def test_a_refund_is_booked_with_its_sign(
    redtrack: httpx.Client, click: Click, postback: Postback, slot: Callable[..., None], funnel: dict[str, str]
) -> None:
    slot(1, "sale")
    slot(2, "refund")
    cid = click()
    postback(clickid=cid, sum="20", type="sale")
    postback(clickid=cid, sum="-20", type="refund")
    postback(clickid=cid, sum="5")
    stat = redtrack.get(f"/campaigns/{funnel['campaign']}").json()["stat"]
    assert (stat["revenue"], stat["conversions"]) == (5, 1)
    assert (stat["total_revenue"], stat["total_conversions"]) == (5, 3)


@pytest.mark.parametrize(("setting", "booked"), [("booked", [-20.0]), ("ignored", [])])
def test_negative_sum(
    *, sandbox: Sandbox, click: Click, postback: Postback, conversions: Log, setting: Any, booked: list[float]
) -> None:
    sandbox.switches.negative_sum = setting
    postback(clickid=click(), sum="-20")
    assert [row["payout"] for row in conversions()] == booked


@pytest.mark.parametrize(("setting", "payout"), [("zero", 0.0), ("offer_payout", 12.5)])
@pytest.mark.parametrize("query", [{}, {"sum": ""}, {"sum": "{sum}"}, {"sum": "NaN"}])
def test_missing_sum(
    *, sandbox: Sandbox, click: Click, postback: Postback, conversions: Log, setting: Any, payout: float, query: Any
) -> None:
    sandbox.switches.missing_sum = setting
    cid = click()
    postback(clickid=cid, **query)
    postback(clickid=cid, sum="0")
    assert [row["payout"] for row in conversions()] == [payout, 0.0]


@pytest.mark.parametrize(
    ("mode", "per_click", "per_click_and_type"),
    [
        ("create_new", [("a", 10), ("a", 3), ("b", 2)], [("a", 10), ("a", 3), ("b", 2)]),
        ("new_repeated", [("a", 10), ("a", 3), ("b", 2)], [("a", 10), ("a", 3), ("b", 2)]),
        ("ignore", [("a", 10)], [("a", 10), ("b", 2)]),
        ("edit", [("b", 2)], [("a", 3), ("b", 2)]),
        ("increment", [("a", 15)], [("a", 13), ("b", 2)]),
    ],
)
@pytest.mark.parametrize("setting", ["per_click", "per_click_and_type"])
@pytest.mark.parametrize("holder", ["type", "offer source"])
def test_duplicates(
    *,
    redtrack: httpx.Client,
    sandbox: Sandbox,
    funnel: dict[str, str],
    click: Click,
    postback: Postback,
    conversions: Log,
    slot: Callable[..., None],
    mode: str,
    per_click: list[tuple[str, int]],
    per_click_and_type: list[tuple[str, int]],
    setting: Any,
    holder: str,
) -> None:
    sandbox.switches.duplicates = setting
    other = "create_new" if mode == "ignore" else "ignore"
    redtrack.put(f"/networks/{funnel['network']}", json={"postback_mode": mode if holder == "offer source" else other})
    for number, name in ((1, "a"), (2, "b")):
        slot(number, name, mode if holder == "type" else "create_new")
    if holder == "offer source":
        for row in sandbox.store.rows(*(account_of(sandbox), "conversion_type")):
            sandbox.store.put(row["account"], "conversion_type", row | {"duplicates": ""})
    cid = click()
    for name, amount in (("a", 10), ("a", 3), ("b", 2)):
        assert json.loads(postback(clickid=cid, type=name, sum=str(amount))) == {"status": 1}
    postback(clickid=click(), type="a", sum="1")
    expected = per_click if setting == "per_click" else per_click_and_type
    rows = conversions()
    assert amounts(rows) == [*expected, ("a", 1)]
    repeated = {"per_click": [0, 1, 1, 0], "per_click_and_type": [0, 1, 0, 0]}[setting]
    assert [row["duplicate_status"] for row in rows] == (repeated if mode == "new_repeated" else [0] * len(rows))


def account_of(sandbox: Sandbox) -> str:
    return str(sandbox.store.everywhere("account")[0][0])


@pytest.mark.parametrize(("setting", "booked"), [("within_type", ["a", "b"]), ("across_types", ["a"])])
def test_event_ids(
    *,
    sandbox: Sandbox,
    click: Click,
    postback: Postback,
    conversions: Log,
    slot: Callable[..., None],
    setting: Any,
    booked: list[str],
) -> None:
    sandbox.switches.event_ids = setting
    slot(1, "a", "by_event_id")
    slot(2, "b", "by_event_id")
    cid = click()
    for name in ("a", "a", "b"):
        postback(clickid=cid, type=name, sum="1", rdtk_event_id="tx-1")
    assert [row["type"] for row in conversions()] == booked
    postback(clickid=cid, type="a", sum="1", rdtk_event_id="tx-2")
    postback(clickid=cid, type="a", sum="1")
    postback(clickid=cid, type="a", sum="1")
    assert [row["type"] for row in conversions()] == [*booked, "a", "a", "a"]


@pytest.mark.parametrize(("expiration", "days", "booked"), [(30, 29, 1), (30, 31, 0), (1, 2, 0), (0, 4000, 1)])
def test_expired_clicks_are_ignored(
    *,
    redtrack: httpx.Client,
    http: httpx.Client,
    funnel: dict[str, str],
    click: Click,
    postback: Postback,
    conversions: Log,
    expiration: int,
    days: int,
    booked: int,
) -> None:
    redtrack.put(f"/networks/{funnel['network']}", json={"click_expiration": expiration})
    cid = click()
    http.post("/_control/clock", json={"advance_seconds": days * 86400})
    postback(clickid=cid, sum="1")
    assert len(conversions()) == booked


def test_a_protected_offer_source_wants_its_token(
    redtrack: httpx.Client, http: httpx.Client, funnel: dict[str, str], click: Click, postback: Postback
) -> None:
    body = {"postback_protected": True, "postback_token": "t0ken"}
    redtrack.put(f"/networks/{funnel['network']}", json=body)
    cid = click()
    for query in ({}, {"ptoken": "wrong"}):
        assert json.loads(postback(clickid=cid, sum="1", **query)) == {"status": 0, "message": "wrong token"}
    assert json.loads(postback(clickid=cid, sum="1", ptoken="t0ken")) == {"status": 1}
    assert "t0ken" not in http.get("/_control/requests").text


@pytest.mark.parametrize(
    ("sent", "status"), [("", "approved"), ("pending", "pending"), ("declined", "declined"), ("initial_sale", "error")]
)
def test_status(click: Click, postback: Postback, conversions: Log, sent: str, status: str) -> None:
    postback(clickid=click(), sum="1", status=sent)
    assert conversions()[0]["status"] == status


def test_currencies(
    redtrack: httpx.Client, funnel: dict[str, str], click: Click, postback: Postback, conversions: Log
) -> None:
    redtrack.put(f"/networks/{funnel['network']}", json={"currency": "EUR"})
    cid = click()
    postback(clickid=cid, sum="8")
    postback(clickid=cid, sum="8", currency="GBP")
    postback(clickid=cid, sum="8", currency="XXX")
    rows = [(row["payout"], row["payout_network"], row["currency"]) for row in conversions()]
    assert rows == [(10, 8, "EUR"), (16, 8, "GBP"), (8, 8, "XXX")]


def test_filters_and_pages_of_the_log(
    *,
    redtrack: httpx.Client,
    funnel: dict[str, str],
    click: Click,
    postback: Postback,
    conversions: Log,
    slot: Callable[..., None],
) -> None:
    slot(1, "sale", role="Purchase")
    first, second = click(), click()
    postback(clickid=first, sum="1", type="sale")
    postback(clickid=second, sum="2", type="other")
    for query, found in (
        ({"clickid": first}, [1]),
        ({"type": "type1"}, [1]),
        ({"type": "default_type"}, [2]),
        ({"type": "default_type,type1"}, [1, 2]),
        ({"type": "sale"}, []),
        ({"type_role": "Purchase"}, [1]),
        ({"campaign_id": funnel["campaign"], "source_id": funnel["source"]}, [1, 2]),
        ({"offer_id": funnel["offer"], "network_id": funnel["network"]}, [1, 2]),
        ({"network_id": "0" * 24}, []),
        ({"per": "1", "page": "2"}, [2]),
        ({"date_from": "2999-01-01"}, []),
    ):
        assert [row["payout"] for row in conversions(**query)] == found, query
    assert redtrack.get("/conversions").status_code == 400


def test_upload(
    redtrack: httpx.Client, funnel: dict[str, str], click: Click, conversions: Log, slot: Callable[..., None]
) -> None:
    slot(1, "sale")
    body = {"clickid": click(), "campaign_id": funnel["campaign"], "payout": 4.5, "type": "sale"}
    answer = redtrack.post("/conversions", json=body)
    assert (answer.status_code, answer.content) == (201, b"")
    dated = body | {"created_at": "2026-01-02T03:04:05Z", "payout": 1}
    assert redtrack.post("/conversions", json=[dated, body]).status_code == 201
    assert [row["payout"] for row in conversions()] == [4.5, 1, 4.5]
    assert [row["payout"] for row in conversions(date_to="2026-01-02")] == [1]
    for wrong in (
        {"clickid": "0" * 24}, {"campaign_id": "0" * 24}, {"payout": "1"}, {"created_at": "yesterday"},
    ):  # fmt: skip
        assert redtrack.post("/conversions", json=[body, body | wrong]).status_code == 400, wrong
    assert redtrack.post("/conversions", json=["x"]).status_code == 400
    assert len(conversions()) == 3


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(events=st.lists(st.tuples(st.sampled_from(["a", "b", "c"]), st.integers(-5000, 5000)), max_size=8))
def test_with_new_conversions_only_the_total_revenue_is_the_sum_of_all_postbacks(
    redtrack: httpx.Client,
    funnel: dict[str, str],
    click: Click,
    postback: Postback,
    events: list[tuple[str, int]],
) -> None:
    path = f"/campaigns/{funnel['campaign']}"
    before = redtrack.get(path).json()["stat"]["total_revenue"]
    cid = click()
    for name, cents in events:
        postback(clickid=cid, type=name, sum=f"{cents / 100:.2f}")
    after = redtrack.get(path).json()["stat"]["total_revenue"]
    assert round((after - before) * 100) == sum(cents for _, cents in events)
