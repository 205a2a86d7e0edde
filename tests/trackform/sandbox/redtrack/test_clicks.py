"""From the tracking link to the shop."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.redtrack.clicks import destination
from trackform.sandbox.world import Sandbox


def test_a_click_is_stored_and_fills_the_offer_url(
    sandbox: Sandbox, http: httpx.Client, funnel: dict[str, str], account: str
) -> None:
    query = {"sub1": "a b&c", "utm_source": "facebook", "fbclid": "fb-1"}
    answer = http.get(f"/t/{funnel['campaign']}", params=query)
    (click,) = sandbox.store.rows(account, "click")
    assert answer.status_code == 302
    assert answer.headers["Location"] == click["url"]
    assert click["url"] == f"https://shop.test/redir/411530/acme?cid={click['id']}&sid1=a%20b%26c"
    assert click["subs"] == {"sub1": "a b&c", "sub2": "facebook"}
    assert (click["ref_id"], click["cost"]) == ("fb-1", 0.25)
    ids = {f"{kind}_id": funnel[kind] for kind in ("campaign", "offer", "network", "source", "stream")}
    assert ids.items() <= click.items()


@pytest.mark.parametrize(
    ("url", "template", "expected"),
    [
        ("https://s.test/?c={clickid}", "?cid={clickid}", "https://s.test/?c=K"),
        ("https://s.test/1", "?cid={clickid}", "https://s.test/1?cid=K"),
        ("https://s.test/1?a=b", "?cid={clickid}", "https://s.test/1?a=b&cid=K"),
        ("https://s.test/1", "", "https://s.test/1"),
        ("https://s.test/{campaignid}/{sourceid}/{networkid}/{offerid}", "", "https://s.test/C/S/N/O"),
        ("https://s.test/?a={sub2}&b={sub20}&c={unknown}&d={ref_id}", "", "https://s.test/?a=two&b=&c={unknown}&d=R"),
    ],
)
def test_destination(url: str, template: str, expected: str) -> None:
    row = {"id": "K", "campaign_id": "C", "source_id": "S", "network_id": "N", "offer_id": "O", "ref_id": "R"}
    assert destination({"url": url}, {"offer_url": template}, row | {"subs": {"sub2": "two"}}) == expected


@given(st.text())
def test_a_visitors_value_cannot_leave_its_parameter(value: str) -> None:
    row = {"id": "K", "campaign_id": "C", "source_id": "S", "network_id": "N", "offer_id": "O", "ref_id": ""}
    value = value.encode("utf-8", "ignore").decode()
    url = destination({"url": "https://s.test/?a={sub1}&b=1"}, {}, row | {"subs": {"sub1": value}})
    assert httpx.URL(url).params.multi_items() == [("a", value), ("b", "1")]


def test_weights_decide_and_only_active_offers_take_part(
    redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str], account: str
) -> None:
    ids = {}
    for title in ("often", "seldom", "never", "paused"):
        body = {"title": title, "url": "https://shop.test/{clickid}", "program_id": funnel["network"]}
        ids[title] = redtrack.post("/offers", json=body).json()["id"]
    redtrack.patch("/offers/status", params={"ids": ids["paused"], "status": 2})
    weights = {"often": 80, "seldom": 20, "never": 0, "paused": 500}
    offers = [{"id": ids[title], "weight": weight} for title, weight in weights.items()]
    redtrack.put(f"/streams/{funnel['stream']}", json={"offers": offers})
    for _ in range(300):
        sandbox.deliver(f"https://{funnel['host']}/{funnel['campaign']}")
    seen = Counter(row["offer_id"] for row in sandbox.store.rows(account, "click"))
    assert set(seen) == {ids["often"], ids["seldom"]}
    assert seen[ids["often"]] > 2 * seen[ids["seldom"]]


@pytest.mark.parametrize("status", [2, 3])
def test_no_campaign_no_click(redtrack: httpx.Client, http: httpx.Client, funnel: dict[str, str], status: int) -> None:
    assert http.get(f"/t/{'0' * 24}").status_code == 404
    redtrack.patch("/campaigns/status", params={"ids": funnel["campaign"], "status": status})
    assert http.get(f"/t/{funnel['campaign']}").status_code == 404


def test_a_campaign_without_an_active_offer_is_not_found(
    redtrack: httpx.Client, http: httpx.Client, funnel: dict[str, str]
) -> None:
    redtrack.patch("/offers/status", params={"ids": funnel["offer"], "status": 2})
    assert http.get(f"/t/{funnel['campaign']}").json() == {"status": 0, "message": "no active offer"}


def test_only_tracking_domains_are_delivered_to(
    sandbox: Sandbox, funnel: dict[str, str], account: str, click: Callable[..., Any]
) -> None:
    assert len(click()) == 24
    assert sandbox.deliver(f"https://{account[:5]}.ttrk.io/{funnel['campaign']}")[0] == 302
    assert sandbox.deliver(f"https://elsewhere.test/{funnel['campaign']}") == (0, "host not found")


def test_the_click_log(redtrack: httpx.Client, funnel: dict[str, str], click: Callable[..., str], account: str) -> None:
    first, second = click(sub1="a b"), click()
    days = {"date_from": "2000-01-01", "date_to": "2999-12-31"}
    answer = redtrack.get("/tracks", params=days).json()
    assert ([row["id"] for row in answer["items"]], answer["total"]) == ([first, second], 2)
    shown = {"campaign": "fb-keto", "offer": "keto", "network": "digistore24", "source": "facebook", "sub1": "a b"}
    ids = {"campaign_id": funnel["campaign"], "program_id": funnel["network"], "user_id": account, "cost": 0.25}
    assert (shown | ids).items() <= answer["items"][0].items()
    page = redtrack.get("/tracks", params=days | {"per": 1, "page": 2}).json()
    assert ([row["id"] for row in page["items"]], page["total"]) == ([second], 2)
    assert redtrack.get("/tracks", params=days | {"clickid": second}).json()["items"][0]["id"] == second
    assert redtrack.get("/tracks", params=days | {"clickid": "f" * 24}).json() == {"items": None, "total": 0}
    assert redtrack.get("/tracks", params=days | {"campaign_id": "x"}).json()["total"] == 0
    assert redtrack.get("/tracks", params={"date_from": "2000-01-01", "date_to": "2000-01-02"}).json()["total"] == 0
    assert redtrack.get("/tracks").status_code == 400
    assert redtrack.get("/tracks", params=days | {"api_key": "of-somebody-else"}).json()["total"] == 0
