"""The sandbox's own controls."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from trackform.sandbox.app import create_app
from trackform.sandbox.switches import Switches
from trackform.sandbox.world import Sandbox


def edit(http: httpx.Client, **wanted: Any) -> httpx.Response:
    return http.post("/_control/webapp", json=wanted)


def test_switches_are_read_and_set(http: httpx.Client, sandbox: Sandbox) -> None:
    assert http.get("/_control/switches").json() == Switches().model_dump()
    answer = http.patch("/_control/switches", json={"put": "replaces", "page_cap": 7})
    assert (answer.json()["put"], answer.json()["page_cap"]) == ("replaces", 7)
    assert sandbox.switches.page_cap == 7


@pytest.mark.parametrize("wrong", [{"put": "maybe"}, {"invented": 1}, {"page_cap": 0}, {"page_cap": 5, "put": "x"}])
def test_a_wrong_switch_changes_nothing(http: httpx.Client, wrong: dict[str, Any]) -> None:
    answer = http.patch("/_control/switches", json=wrong)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert http.get("/_control/switches").json() == Switches().model_dump()


def test_the_clock_only_goes_forward(http: httpx.Client, sandbox: Sandbox) -> None:
    before = sandbox.clock.now()
    http.post("/_control/clock", json={"advance_seconds": 3600})
    assert 3600 <= (sandbox.clock.now() - before).total_seconds() < 3700
    assert http.post("/_control/clock", json={"advance_seconds": -1}).status_code == 400
    assert http.post("/_control/clock", json={"advance_seconds": "x"}).status_code == 400


def test_a_stopped_clock_goes_where_it_is_put_and_then_on(http: httpx.Client, sandbox: Sandbox) -> None:
    stopped = datetime.fromisoformat(http.post("/_control/clock", json={"stopped": True}).json()["now"])
    assert sandbox.clock.now() == sandbox.clock.now() == stopped
    http.post("/_control/clock", json={"advance_seconds": 10})
    assert sandbox.clock.now() == stopped + timedelta(seconds=10)
    http.post("/_control/clock", json={"stopped": False})
    assert sandbox.clock.now() > stopped + timedelta(seconds=10)
    http.post("/_control/clock", json={"stopped": True})
    http.post("/_control/reset")
    machine = datetime.now(UTC)
    assert sandbox.clock.now() >= machine


def test_state_and_skipped_time_outlive_a_restart(tmp_path: Path) -> None:
    first = create_app(tmp_path / "new" / "folder")
    here: Sandbox = first.extensions["sandbox"]
    with httpx.Client(transport=httpx.WSGITransport(app=first), base_url="http://s.test") as client:
        client.post("/redtrack/sources", params={"api_key": "k"}, json={"title": "x"})
        client.post("/_control/clock", json={"advance_seconds": 86400})
        client.post("/_control/keys/revoke", json={"key": "gone"})
    before = here.clock.now()
    here.store.close()
    second = create_app(tmp_path / "new" / "folder")
    with httpx.Client(transport=httpx.WSGITransport(app=second), base_url="http://s.test") as client:
        assert client.get("/redtrack/sources", params={"api_key": "k"}).json()[0]["title"] == "x"
        assert client.get("/redtrack/sources", params={"api_key": "gone"}).status_code == 401
    assert second.extensions["sandbox"].clock.now() >= before
    second.extensions["sandbox"].store.close()


def test_no_key_is_kept(tmp_path: Path) -> None:
    app = create_app(tmp_path)
    with httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://s.test") as client:
        client.get("/redtrack/sources", params={"api_key": "very-secret-key"})
        client.post("/_control/keys/revoke", json={"key": "very-secret-key"})
        client.get("/redtrack/sources", params={"api_key": "very-secret-key"})
    app.extensions["sandbox"].store.close()
    assert all(b"very-secret-key" not in path.read_bytes() for path in tmp_path.iterdir())


def test_reset_empties_everything_and_restores_the_switches(
    http: httpx.Client, redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str], account: str
) -> None:
    http.patch("/_control/switches", json={"put": "replaces"})
    http.post("/_control/faults", json={"service": "redtrack", "effect": "cut"})
    http.post("/_control/clock", json={"advance_seconds": 86400})
    http.post("/_control/keys/revoke", json={"key": "x"})
    later = sandbox.clock.now()
    assert http.post("/_control/reset").status_code == 204
    assert http.get("/_control/requests").json() == http.get("/_control/faults").json() == []
    assert http.get("/_control/accounts").json() == []
    assert http.get("/_control/state", params={"account": account}).json() == {}
    assert http.get("/_control/switches").json()["put"] == "merges"
    assert sandbox.clock.now() < later
    assert redtrack.get("/offers").json() is None


@pytest.mark.parametrize("field", ["service", "method", "path", "account", "status"])
def test_each_field_picks_requests_of_the_log(http: httpx.Client, redtrack: httpx.Client, field: str) -> None:
    http.post("/digistore24/api/call/ping", headers={"X-DS-API-KEY": "777-secret"}, data={"language": "en"})
    assert redtrack.get("/offers/000000000000000000000000").status_code == 404
    one, other = http.get("/_control/requests").json()
    for each in (one, other):
        assert http.get("/_control/requests", params={field: each[field]}).json() == [each]


def test_accounts_and_state(http: httpx.Client, redtrack: httpx.Client, funnel: dict[str, str], account: str) -> None:
    http.post("/digistore24/api/call/ping", headers={"X-DS-API-KEY": "777-secret"}, data={"language": "en"})
    known = {row["service"]: row for row in http.get("/_control/accounts").json()}
    assert known["redtrack"]["account"] == account
    assert known["redtrack"]["domain"] == f"{account[:5]}.ttrk.io"
    assert known["digistore24"]["account"] == "777"
    state = http.get("/_control/state", params={"account": account}).json()
    assert [row["id"] for row in state["offer"]] == [funnel["offer"]]
    assert not [kind for kind in state if kind.startswith("_")]


class TestWebApplication:
    def test_a_person_changes_and_clears_fields_unlogged(
        self, http: httpx.Client, redtrack: httpx.Client, funnel: dict[str, str], account: str
    ) -> None:
        http.delete("/_control/requests")
        changed = {"set": {"url": "https://shop.test/changed"}, "remove": ["payment"]}
        assert edit(http, account=account, kind="offer", id=funnel["offer"], **changed).status_code == 200
        assert http.get("/_control/requests").json() == []
        row = redtrack.get(f"/offers/{funnel['offer']}").json()
        assert row["url"] == "https://shop.test/changed"
        assert "payment" not in row

    @pytest.mark.parametrize("kind", ["offer", "campaign", "source", "network", "stream", "domain"])
    def test_a_person_deletes(
        self, http: httpx.Client, redtrack: httpx.Client, funnel: dict[str, str], kind: str
    ) -> None:
        key = redtrack.params["api_key"]
        assert edit(http, key=key, kind=kind, id=funnel[kind], delete=True).status_code == 200
        rows = redtrack.get(f"/{kind}s").json()
        assert rows in (None, {"items": None, "total": 0})

    def test_a_person_creates(self, http: httpx.Client, redtrack: httpx.Client, bridge: httpx.Client) -> None:
        key = redtrack.params["api_key"]
        assert edit(http, key=key, kind="source", set={"title": "by hand"}).json()["title"] == "by hand"
        assert edit(http, key=key, kind="conversion_type", set={"slot": 4, "name": "lead"}).json()["id"] == "type4"
        assert redtrack.get("/sources").json()[0]["title"] == "by hand"
        assert bridge.get("/conversion-types").json()["items"][0]["name"] == "lead"
        assert edit(http, key=key, kind="source", set={}).status_code == 400

    def test_a_type_moves_to_another_slot(
        self, http: httpx.Client, redtrack: httpx.Client, bridge: httpx.Client
    ) -> None:
        key = redtrack.params["api_key"]
        edit(http, key=key, kind="conversion_type", set={"slot": 4, "name": "lead"})
        edit(http, key=key, kind="conversion_type", id="type4", set={"slot": 5})
        rows = bridge.get("/conversion-types").json()["items"]
        assert [(row["id"], row["slot"]) for row in rows] == [("type5", 5)]

    def test_a_person_edits_a_connection(self, http: httpx.Client) -> None:
        wanted = {"product_ids": ["all"], "events": ["payment"], "url": "https://t.test/postback"}
        row = edit(http, key="777-secret", kind="connection", set=wanted).json()
        assert row["account"] == "777"
        off = edit(http, account="777", kind="connection", id=row["id"], set={"active": False}).json()
        assert off["active"] is False

    def test_the_accounts_currency(self, http: httpx.Client, account: str) -> None:
        assert edit(http, account=account, kind="account", set={"currency": "EUR"}).json()["currency"] == "EUR"

    @pytest.mark.parametrize(
        ("wanted", "status"),
        [
            ({"kind": "offer", "id": "x"}, 400),
            ({"kind": "offer", "id": "x", "account": "a"}, 404),
            ({"kind": "settings", "id": "x", "account": "a"}, 400),
            ({"kind": "offer", "account": "a", "invented": 1}, 400),
        ],
    )
    def test_wrong_edits(self, http: httpx.Client, wanted: dict[str, Any], status: int) -> None:
        answer = edit(http, **wanted)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_a_path_that_does_not_exist_is_told_in_json(http: httpx.Client) -> None:
    for method, path, status in (("GET", "/_control/x", 404), ("PATCH", "/bridge/conversion-types", 405)):
        answer = http.request(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_bodies_that_say_nothing_useful_are_refused_with_a_reason(http: httpx.Client, redtrack: httpx.Client) -> None:
    for path, body, message in (
        ("keys/revoke", b"[1]", "the body is no JSON object"),
        ("keys/revoke", b"", "key: required"),
        ("keys/revoke", b'{"key": ""}', "key: required"),
        ("keys/revoke", b'{"key": 5}', "key: required"),
    ):
        answer = http.post(f"/_control/{path}", content=body)
        assert (answer.status_code, answer.json()["error"]) == (400, message)
    redtrack.get("/sources")
    answer = edit(http, kind="source", key="redtrack-key-of-acme", id="gone", set={"title": "x"})
    assert (answer.status_code, answer.json()["error"]) == (404, "source gone not found")
