"""Envelopes, paging, the statistics block, authentication, unknown paths."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack.entities import ENTITIES
from trackform.sandbox.store import Store, object_id
from trackform.sandbox.world import Sandbox

ARRAYS = [entity.path for entity in ENTITIES if not entity.enveloped]


@pytest.mark.parametrize("path", ARRAYS)
def test_with_totals_the_envelope_changes(redtrack: httpx.Client, funnel: dict[str, str], path: str) -> None:
    assert isinstance(redtrack.get(f"/{path}").json(), list | None)
    names = ["general_total", "total", "items"] if path == "offers" else ["total", "items"]
    assert list(redtrack.get(f"/{path}", params={"total_stat": "true"}).json()) == names


def test_pages_hold_no_more_than_the_cap(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.switches.page_cap = 2
    for n in range(5):
        redtrack.post("/sources", json={"title": str(n)})
    pages = [redtrack.get("/sources", params={"page": page, "per": 100}).json() for page in (1, 2, 3, 4)]
    assert [[row["title"] for row in page or []] for page in pages] == [["0", "1"], ["2", "3"], ["4"], []]
    assert [row["title"] for row in redtrack.get("/sources", params={"page": 2, "per": 1}).json()] == ["1"]
    for nonsense in ("0", "-1", "x", ""):
        assert [row["title"] for row in redtrack.get("/sources", params={"page": nonsense}).json()] == ["0", "1"]


def test_an_enveloped_listing_counts_all_rows(redtrack: httpx.Client) -> None:
    for n in range(3):
        redtrack.post("/streams", json={"title": str(n)})
    answer = redtrack.get("/streams", params={"per": 2}).json()
    assert (len(answer["items"]), answer["total"]) == (2, 3)


def test_a_page_asks_the_store_no_more_often_the_more_rows_there_are(
    redtrack: httpx.Client, sandbox: Sandbox, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = sandbox.store.put(account, "network", {"id": object_id(), "title": "n"})["id"]
    for n in range(1000):
        row = {
            "id": object_id(),
            "serial_number": n,
            "title": str(n),
            "url": "https://shop.test",
            "program_id": network,
        }
        sandbox.store.put(account, "offer", row | {"status": 1, "country_codes": ["DE"], "tags": []})
    asked = Counter[str]()
    for name in ("get", "rows", "everywhere", "find", "count"):
        monkeypatch.setattr(Store, name, _counted(asked, name))
    pages = [redtrack.get("/offers", params={"page": page}).json() for page in range(1, 11)]
    assert [row["title"] for rows in pages for row in rows] == [str(n) for n in range(1000)]
    for_ten = asked.total()
    redtrack.get("/offers", params={"page": 1, "per": 1})
    # A request's look-ups are the same for one row and for a hundred.
    assert for_ten == 10 * (asked.total() - for_ten)
    assert 0 < for_ten < 200


def _counted(asked: Counter[str], name: str) -> Callable[..., Any]:
    plain = getattr(Store, name)

    def counted(*given: Any, **named: Any) -> Any:
        asked[name] += 1
        return plain(*given, **named)

    return counted


def test_statistics_count_the_clicks_of_the_days_asked_for_and_the_rest_changes(
    redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str]
) -> None:
    link = f"https://{funnel['host']}/{funnel['campaign']}"
    for _ in range(3):
        assert sandbox.deliver(link)[0] == 302
    today = sandbox.clock.now().date().isoformat()
    for path in ("offers", "campaigns", "sources", "networks"):
        for days, clicks in (
            ({}, 3),
            ({"date_from": today, "date_to": today}, 3),
            ({"date_to": "2000-01-01"}, 0),
            ({"date_from": "2999-01-01", "date_to": "2999-12-31"}, 0),
        ):
            assert redtrack.get(f"/{path}", params=days).json()[0]["stat"]["clicks"] == clicks
    stats = [redtrack.get("/offers").json()[0]["stat"] for _ in range(3)]
    assert len({stat["impressions"] for stat in stats}) > 1
    assert redtrack.get("/offers", params={"date_from": "yesterday"}).status_code == 400


def test_the_key_counts_in_the_query_only(http: httpx.Client) -> None:
    for headers in ({}, {"X-API-KEY": "key"}, {"Authorization": "Bearer key"}):
        answer = http.get("/redtrack/offers", headers=headers)
        assert (answer.status_code, answer.json()) == (401, {"error": "API token required"})
    assert http.get("/redtrack/offers", params={"api_key": "key"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/offers"), ("GET", "/"), ("DELETE", "/offers/x"), ("DELETE", "/campaigns/x"), ("POST", "/report")],
)
def test_what_does_not_exist_is_a_page_with_200(redtrack: httpx.Client, method: str, path: str) -> None:
    answer = redtrack.request(method, path)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
