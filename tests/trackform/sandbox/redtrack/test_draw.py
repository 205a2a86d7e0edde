"""Which offer a visitor gets, what a click keeps, and what the two logs are asked for."""

import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack.clicks import destination
from trackform.sandbox.redtrack.logs import page_of
from trackform.sandbox.world import Sandbox

DAYS = {"date_from": "2000-01-01", "date_to": "2999-12-31"}
Visit = Callable[..., dict[str, Any]]


@pytest.fixture
def edit(sandbox: Sandbox, account: str, funnel: dict[str, str]) -> Callable[..., None]:
    """Change a stored object of the funnel."""

    def change(kind: str, **fields: Any) -> None:
        row = sandbox.store.get(account, kind, funnel[kind])
        assert row is not None
        sandbox.store.put(account, kind, row | fields)

    return change


@pytest.fixture
def visit(sandbox: Sandbox, account: str, funnel: dict[str, str], http: httpx.Client) -> Visit:
    """Follow the tracking link; the click that is kept."""

    def follow(status: int = 302, **query: str) -> dict[str, Any]:
        answer = http.get(f"/t/{funnel['campaign']}", params=query)
        assert answer.status_code == status
        return sandbox.store.rows(account, "click")[-1] if status == 302 else answer.json()

    return follow


@pytest.fixture
def drawn(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[list[float]]:
    """The weights of each draw, of streams and then of offers."""
    seen: list[list[float]] = []

    class Noted(random.Random):
        def choices(self, population: Any, weights: Any = None, **more: Any) -> list[Any]:
            seen.append(list(weights))
            return super().choices(population, weights, **more)

    monkeypatch.setattr(sandbox, "rng", Noted(1))
    return seen


@pytest.mark.parametrize(
    ("weight", "counts"),
    [
        ({"weight": 1}, 1),
        ({"weight": 0.5}, 0.5),
        ({}, 100),
        ({"weight": None}, 0),
        ({"weight": 0}, 0),
        ({"weight": -5}, 0),
    ],
)
def test_what_a_weight_counts(
    *, edit: Callable[..., None], visit: Visit, drawn: list[list[float]], funnel: dict[str, str],
    weight: dict[str, Any], counts: float,
) -> None:  # fmt: skip
    edit("stream", offers=[{"id": funnel["offer"], **weight}])
    if counts:
        assert visit()["offer_id"] == funnel["offer"]
        assert drawn == [[100], [counts]]
    else:
        assert visit(404) == {"status": 0, "message": "no active offer"}


def test_who_takes_part_in_the_draw(
    *, redtrack: httpx.Client, edit: Callable[..., None], visit: Visit, drawn: list[list[float]], funnel: dict[str, str]
) -> None:
    body = {"title": "paused", "url": "https://shop.test/{clickid}", "program_id": funnel["network"]}
    paused = redtrack.post("/offers", json=body).json()["id"]
    redtrack.patch("/offers/status", params={"ids": paused, "status": 2})
    empty = redtrack.post("/streams", json={"title": "empty", "offers": [{"id": paused, "weight": 9}]}).json()["id"]
    edit(
        "stream",
        offers=[{"id": paused, "weight": 5}, {"id": funnel["offer"], "weight": 7}, {"id": "gone", "weight": 3}],
    )
    streams = [{"id": empty, "weight": 500}, {"id": funnel["stream"], "weight": 2}, {"id": "gone", "weight": 1}, {}]
    edit("campaign", streams=streams)
    click = visit()
    assert (click["stream_id"], click["offer_id"]) == (funnel["stream"], funnel["offer"])
    assert drawn == [[2], [7]]
    for nothing in ([], None, [{"id": empty, "weight": 1}]):
        edit("campaign", streams=nothing)
        assert visit(404) == {"status": 0, "message": "no active offer"}


@pytest.mark.parametrize(
    ("model", "cpc", "cost"),
    [("CPC", 0.25, 0.25), ("CPC", None, 0), ("CPC", "0.1", 0.1), ("CPM", 0.25, 0), (None, 1, 0)],
)
def test_what_a_click_costs(edit: Callable[..., None], visit: Visit, model: str | None, cpc: Any, cost: float) -> None:
    edit("campaign", cost_model=model, cpc=cpc)
    assert visit()["cost"] == cost


def test_subs_by_number_and_by_alias(edit: Callable[..., None], visit: Visit) -> None:
    edit("source", subs=[{"value": "x"}, {"alias": "ad"}, {"alias": ""}], ref_id_alias="")
    query = {
        "sub1": "one",
        "ad": "two",
        "sub2": "numbered",
        "sub3": "three",
        "sub20": "last",
        "sub21": "no",
        "ref_id": "r",
    }
    click = visit(**query)
    assert click["subs"] == {"sub1": "one", "sub2": "two", "sub3": "three", "sub20": "last"}
    assert click["ref_id"] == "r"
    edit("source", subs=None, ref_id_alias="fb")
    assert (visit(sub2="x", ref_id="r")["subs"], visit(ref_id="r", fb="y")["ref_id"]) == ({"sub2": "x"}, "y")
    assert visit()["ref_id"] == ""


def test_a_campaign_that_is_not_there(http: httpx.Client) -> None:
    answer = http.get("/t/none")
    assert (answer.status_code, answer.json()) == (404, {"status": 0, "message": "Campaign not found"})


ROW = {"id": "K", "campaign_id": "C", "source_id": "S", "network_id": "N", "offer_id": "O", "ref_id": "R"}


@pytest.mark.parametrize(
    ("url", "template", "found"),
    [
        ("https://s.test/1", "&cid={clickid}", "https://s.test/1?cid=K"),
        ("https://s.test/1?", "?cid={clickid}", "https://s.test/1?&cid=K"),
        ("https://s.test/1", None, "https://s.test/1"),
        ("https://s.test/1", "x", "https://s.test/1?x"),
        ("https://s.test/?{sub1}{sub0}{sub21}", "", "https://s.test/?{sub0}{sub21}"),
        ("https://s.test/?{clickid}&{campaign.id}", "?x", "https://s.test/?K&{campaign.id}"),
    ],
)
def test_destinations(url: str, template: str | None, found: str) -> None:
    assert destination({"url": url}, {"offer_url": template}, ROW | {"subs": {}}) == found


def test_pages_of_the_logs() -> None:
    rows: list[dict[str, Any]] = [{"n": n} for n in range(205)]

    def shown(**query: str) -> list[int]:
        return [row["n"] for row in page_of(rows, query)]

    assert shown() == list(range(100))
    assert shown(page="2") == list(range(100, 200))
    assert shown(page="3") == list(range(200, 205))
    assert shown(page="4") == []
    assert shown(per="2", page="2") == [2, 3]
    assert shown(per="1") == [0]
    many = [{"n": n} for n in range(10_002)]
    assert len(page_of(many, {"per": "10001"})) == 10_000
    assert len(page_of(many, {"per": "9999"})) == 9_999


@pytest.mark.parametrize("path", ["/tracks", "/conversions"])
def test_both_logs_need_both_days_and_take_several_values(
    *, redtrack: httpx.Client, visit: Visit, funnel: dict[str, str], http: httpx.Client, path: str
) -> None:
    clicks = [visit()["id"] for _ in range(3)]
    for click in clicks:
        http.get("/t/postback", params={"clickid": click, "sum": "1"})
    for missing in DAYS:
        answer = redtrack.get(path, params={name: day for name, day in DAYS.items() if name != missing})
        assert (answer.status_code, answer.json()["error"]) == (400, "date_from and date_to are required")

    def total(**query: str) -> int:
        return int(redtrack.get(path, params=DAYS | query).json()["total"])

    assert (total(), total(clickid=",".join(clicks[:2])), total(clickid="x")) == (3, 2, 0)
    for name in ("campaign", "source", "offer", "network"):
        assert (total(**{f"{name}_id": funnel[name]}), total(**{f"{name}_id": "x"})) == (3, 0), name


def test_roles_of_conversion_types(
    redtrack: httpx.Client, bridge: httpx.Client, visit: Visit, http: httpx.Client
) -> None:
    for slot, role in ((1, "Purchase"), (2, "Lead"), (3, "")):
        body = {"slot": slot, "name": f"t{slot}", "duplicates": "create_new", "role": role}
        assert bridge.post("/conversion-types", json=body).status_code == 201
    click = visit()["id"]
    for slot in (1, 2, 3):
        http.get("/t/postback", params={"clickid": click, "sum": str(slot), "type": f"t{slot}"})

    def payouts(**query: str) -> list[float]:
        return [row["payout"] for row in redtrack.get("/conversions", params=DAYS | query).json()["items"] or []]

    assert payouts(type_role="Purchase,Lead") == [1, 2]
    assert payouts(type_role="Lead", type="type1,type2") == [2]
    assert payouts(type_role="Other") == []
    assert payouts(type="type3") == [3]


def test_an_upload_that_is_refused_says_why_and_books_nothing(
    redtrack: httpx.Client, visit: Visit, funnel: dict[str, str]
) -> None:
    click = visit()["id"]
    good = {"clickid": click, "payout": 1, "campaign_id": funnel["campaign"]}
    for wrong, message in (
        ("x", "invalid request body"),
        ({"clickid": "0" * 24}, "clickid: click not found"),
        ({}, "clickid: click not found"),
        (good | {"campaign_id": "x"}, "campaign_id: not the campaign of this click"),
        (good | {"created_at": "yesterday"}, "created_at: wrong time 'yesterday'"),
        (good | {"payout": "1"}, "cannot unmarshal str into field ConversionUploadRequest.payout of type number"),
    ):
        answer = redtrack.post("/conversions", json=[good, wrong])
        assert (answer.status_code, answer.json()["error"]) == (400, message)
    assert redtrack.get("/conversions", params=DAYS).json()["total"] == 0
    for campaign in (None, "", funnel["campaign"]):
        assert redtrack.post("/conversions", json=good | {"campaign_id": campaign, "type": None}).status_code == 201
    assert redtrack.post("/conversions", json={"clickid": click, "payout": 0}).status_code == 201
    rows = redtrack.get("/conversions", params=DAYS).json()["items"]
    assert [row["payout"] for row in rows] == [1, 1, 1, 0]
    assert {row["type"] for row in rows} == {"default"}


def test_an_upload_needs_no_token_and_is_dated(redtrack: httpx.Client, visit: Visit, edit: Callable[..., None]) -> None:
    edit("network", postback_protected=True, postback_token="t")
    body = {"clickid": visit()["id"], "payout": 1, "created_at": "2026-01-02T03:04:05"}
    assert redtrack.post("/conversions", json=body).status_code == 201
    (row,) = redtrack.get("/conversions", params=DAYS).json()["items"]
    assert (row["created_at"], row["conv_time"]) == ("2026-01-02T03:04:05.000Z",) * 2
