"""Every switch that concerns RedTrack, on each of its settings."""

from typing import Any

import httpx
import pytest

from trackform.sandbox.world import Sandbox


@pytest.fixture
def make(redtrack: httpx.Client) -> Any:
    def post(path: str, **body: Any) -> httpx.Response:
        return redtrack.post(path, json=body)

    return post


@pytest.mark.parametrize(("setting", "kept"), [("merges", True), ("replaces", False)])
def test_put(redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any, kept: bool) -> None:
    sandbox.switches.put = setting
    created = make("/networks", title="x", notes="mine", click_expiration=7).json()
    row = redtrack.put(f"/networks/{created['id']}", json={"title": "y"}).json()
    assert (row["title"], row["id"], row["created_at"]) == ("y", created["id"], created["created_at"])
    assert (row.get("notes"), row["click_expiration"]) == (("mine", 7) if kept else (None, 30))
    missing = redtrack.put(f"/networks/{created['id']}", json={"notes": "z"})
    assert missing.status_code == (200 if kept else 400)


@pytest.mark.parametrize(("setting", "status"), [("404", 404), ("status3", 200)])
@pytest.mark.parametrize("path", ["offers", "campaigns"])
def test_deleted(
    *, redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str], setting: Any, status: int, path: str
) -> None:
    sandbox.switches.deleted = setting
    row_id = funnel[path.removesuffix("s")]
    redtrack.patch(f"/{path}/status", params={"ids": row_id, "status": 3})
    answer = redtrack.get(f"/{path}/{row_id}")
    assert answer.status_code == status
    assert answer.json().get("status") == (3 if status == 200 else None)
    assert redtrack.get(f"/{path}").json() is None


@pytest.mark.parametrize(("setting", "empty"), [("null", None), ("array", [])])
def test_empty_list(redtrack: httpx.Client, sandbox: Sandbox, setting: Any, empty: Any) -> None:
    sandbox.switches.empty_list = setting
    assert redtrack.get("/offers").json() == empty
    assert redtrack.get("/domains").json() == {"items": empty, "total": 0}
    assert redtrack.get("/offers", params={"total_stat": "true"}).json()["items"] == empty


@pytest.mark.parametrize(
    ("setting", "status", "error"), [("allowed", 201, None), ("premium_only", 403, "action not allowed")]
)
def test_post_networks(
    redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any, status: int, error: str | None
) -> None:
    existing = make("/networks", title="x").json()["id"]
    sandbox.switches.post_networks = setting
    answer = make("/networks", title="y")
    assert (answer.status_code, answer.json().get("error")) == (status, error)
    assert redtrack.put(f"/networks/{existing}", json={"title": "z"}).status_code == 200


@pytest.mark.parametrize(("setting", "status"), [("401", 401), ("500", 500), ("200_error", 200)])
def test_bad_key(redtrack: httpx.Client, http: httpx.Client, sandbox: Sandbox, setting: Any, status: int) -> None:
    sandbox.switches.bad_key = setting
    http.post("/_control/keys/revoke", json={"key": redtrack.params["api_key"]})
    answer = redtrack.get("/offers")
    assert (answer.status_code, list(answer.json())) == (status, ["error"])


@pytest.mark.parametrize(
    ("setting", "stored"),
    [("with_braces", ("{cid}", "{amount_affiliate}")), ("without_braces", ("cid", "amount_affiliate"))],
)
@pytest.mark.parametrize("sent", [("{cid}", "{amount_affiliate}"), ("cid", "amount_affiliate")])
def test_clickid(sandbox: Sandbox, make: Any, setting: Any, stored: tuple[str, str], sent: tuple[str, str]) -> None:
    sandbox.switches.clickid = setting
    row = make("/networks", title="x", clickid=sent[0], sum=sent[1]).json()
    assert (row["clickid"], row["sum"]) == stored
    assert row["postback_url"].endswith("/postback?clickid={cid}&sum={amount_affiliate}")


@pytest.mark.parametrize("setting", ["computed", "writable"])
def test_postback_url(redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any) -> None:
    sandbox.switches.postback_url = setting
    mine = "https://other.test/postback?clickid={cid}"
    network = make("/networks", title="x", postback_url=mine).json()
    offer = make("/offers", title="x", url="https://shop.test", program_id=network["id"], postback_url=mine).json()
    for row in (network, offer, redtrack.get("/networks").json()[0]):
        assert (row["postback_url"] == mine) == (setting == "writable")
    assert ".ttrk.io/postback?" in make("/networks", title="y").json()["postback_url"]


@pytest.mark.parametrize("setting", ["with_streams", "without_streams"])
def test_campaign_list(redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str], setting: Any) -> None:
    sandbox.switches.campaign_list = setting
    for rows in (redtrack.get("/campaigns").json(), redtrack.get("/campaigns/v2").json()["items"]):
        reference = rows[0]["streams"][0]
        assert reference["id"] == funnel["stream"]
        assert ("stream" in reference) == (setting == "with_streams")
    assert "stream" in redtrack.get(f"/campaigns/{funnel['campaign']}").json()["streams"][0]


@pytest.mark.parametrize(("setting", "status"), [("not_unique", 201), ("unique", 400)])
def test_titles(redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any, status: int) -> None:
    sandbox.switches.titles = setting
    first = make("/sources", title="x").json()["id"]
    assert make("/sources", title="x").status_code == status
    other = make("/sources", title="y").json()["id"]
    assert redtrack.put(f"/sources/{other}", json={"title": "x"}).status_code == status
    assert redtrack.put(f"/sources/{first}", json={"title": "x"}).status_code == 201
    assert make("/streams", title="x").status_code == 201


def test_a_deleted_title_is_free_again(redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str]) -> None:
    sandbox.switches.titles = "unique"
    redtrack.patch("/offers/status", params={"ids": funnel["offer"], "status": 3})
    body = {"title": "keto", "url": "https://shop.test", "program_id": funnel["network"]}
    assert redtrack.post("/offers", json=body).status_code == 201


@pytest.mark.parametrize("cap", [1, 3])
def test_page_cap(redtrack: httpx.Client, sandbox: Sandbox, make: Any, cap: int) -> None:
    for n in range(4):
        make("/landings", title=str(n), url="https://shop.test")
    sandbox.switches.page_cap = cap
    assert len(redtrack.get("/landings", params={"per": 500}).json()) == cap


def test_requests_per_minute(redtrack: httpx.Client, http: httpx.Client, sandbox: Sandbox) -> None:
    assert all(redtrack.get("/offers").status_code == 200 for _ in range(30))
    http.post("/_control/clock", json={"advance_seconds": 60})
    sandbox.switches.requests_per_minute = 3
    answers = [redtrack.get("/offers") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    wait = int(answers[-1].headers["Retry-After"])
    assert 1 <= wait <= 60
    assert redtrack.get("/offers", params={"api_key": "another"}).status_code == 200
    http.post("/_control/clock", json={"advance_seconds": wait})
    assert redtrack.get("/offers").status_code == 200


def test_latency(redtrack: httpx.Client, http: httpx.Client, sandbox: Sandbox) -> None:
    redtrack.get("/offers")
    sandbox.switches.latency = 0.05
    redtrack.get("/offers")
    first, second = http.get("/_control/requests").json()
    assert first["duration"] < 0.05 <= second["duration"]


@pytest.mark.parametrize(("setting", "kept"), [("merges", False), ("replaces", False), ("merges_deeply", True)])
def test_put_of_a_map(redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any, kept: bool) -> None:
    """Lists are replaced on every setting."""
    sandbox.switches.put = setting
    on = {"active": True, "values": ["DE"]}
    made = make("/streams", title="f", filters={"country": on, "os": on}, offers=[{"id": "a"}, {"id": "b"}]).json()
    body = {"title": "f", "filters": {"country": {"values": ["AT"], "active": True}}, "offers": [{"id": "b"}]}
    row = redtrack.put(f"/streams/{made['id']}", json=body).json()
    assert row["filters"]["country"]["values"] == ["AT"]
    assert ("os" in row["filters"]) == kept
    assert [item["id"] for item in row["offers"]] == ["b"]


@pytest.mark.parametrize(("setting", "names"), [("in_force", 1), ("all", 20)])
def test_filters(redtrack: httpx.Client, sandbox: Sandbox, make: Any, setting: Any, names: int) -> None:
    sandbox.switches.filters = setting
    filters = {"country": {"active": True, "values": ["DE"]}, "os": {"active": False, "values": ["iOS"]}}
    row = make("/streams", title="f", filters=filters, offers=[{"id": "a", "filters": filters}]).json()
    for shown in (row["filters"], row["offers"][0]["filters"]):
        assert len(shown) == names
        assert [name for name, item in shown.items() if item["active"]] == ["country"]
    assert ("filters" in make("/streams", title="g").json()) == (setting == "all")


@pytest.mark.parametrize("setting", ["400", "404"])
def test_missing_script(redtrack: httpx.Client, sandbox: Sandbox, setting: Any) -> None:
    sandbox.switches.missing_script = setting
    answer = redtrack.get(f"/scripts/{'0' * 24}")
    assert (answer.status_code, answer.json()) == (int(setting), {"error": "Script not found"})
