"""Faults, the request log and what it must not show."""

from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from trackform.sandbox.spoiler import HTML
from trackform.sandbox.world import Sandbox


@pytest.fixture
def order(http: httpx.Client) -> object:
    def post(**fault: object) -> None:
        assert http.post("/_control/faults", json={"service": "redtrack"} | fault).status_code == 201

    return post


def log(http: httpx.Client, **only: str) -> list[tuple[str, str, int]]:
    entries = http.get("/_control/requests", params=only).json()
    return [(entry["method"], entry["path"], entry["status"]) for entry in entries]


def test_the_log_tells_what_was_sent(http: httpx.Client, redtrack: httpx.Client, account: str) -> None:
    http.delete("/_control/requests")
    redtrack.post("/sources", json={"title": "x"}, params={"a": "1"})
    redtrack.get("/nowhere")
    http.post("/digistore24/api/call/ping", data={"a": "b"})
    created, page, form = http.get("/_control/requests").json()
    expected = {"service": "redtrack", "method": "POST", "path": "/sources", "query": {"a": "1"}, "account": account}
    assert (expected | {"body": {"title": "x"}, "status": 201}).items() <= created.items()
    assert created["duration"] >= 0
    assert (page["path"], page["body"], page["status"]) == ("/nowhere", None, 200)
    assert (form["service"], form["path"], form["body"]) == ("digistore24", "/ping", {"a": "b"})
    assert form["n"] > page["n"] > created["n"]
    assert log(http, service="redtrack", method="get") == [("GET", "/nowhere", 200)]


def test_the_log_holds_no_secret(http: httpx.Client, redtrack: httpx.Client) -> None:
    secret = "s3cret"
    http.get("/redtrack/offers", params={"api_key": secret}, headers={"Authorization": f"Bearer {secret}"})
    http.get("/digistore24/api/call/ping", headers={"X-DS-API-KEY": secret})
    http.get("/t/postback", params={"clickid": "x", "ptoken": secret})
    redtrack.post("/networks", json={"title": "x", "postback_token": secret})
    redtrack.post("/domains", json={"url": "a.test", "ssl": {"active": True, "key": secret}})
    redtrack.post("/sources", json={"title": "x", "postback_url": f"https://t.test/postback?a=1&ptoken={secret}&b=2"})
    text = http.get("/_control/requests").text
    assert secret not in text
    assert "ptoken=***&b=2" in text


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("effect", ["status:500", "status:429", "html", "error200"])
def test_a_fault_replaces_the_answer(
    http: httpx.Client, redtrack: httpx.Client, order: object, effect: str, after: bool
) -> None:
    assert callable(order)
    order(method="POST", path="^/sources$", effect=effect, after=after)
    answer = redtrack.post("/sources", json={"title": "x"})
    assert answer.status_code == (int(effect[-3:]) if effect.startswith("status") else 200)
    if effect == "html":
        assert answer.text == HTML
    else:
        assert list(answer.json()) == ["error"]
    assert len(redtrack.get("/sources").json() or []) == int(after)
    assert redtrack.post("/sources", json={"title": "y"}).status_code == 201


@pytest.mark.parametrize("after", [False, True])
def test_a_cut_connection_is_a_transport_error(
    http: httpx.Client, redtrack: httpx.Client, order: object, after: bool
) -> None:
    assert callable(order)
    order(effect="cut", after=after)
    with pytest.raises(httpx.TransportError):
        redtrack.post("/sources", json={"title": "x"})
    assert log(http) == [("POST", "/sources", 0)]
    assert len(redtrack.get("/sources").json() or []) == int(after)


def test_a_cut_postback_is_not_delivered(sandbox: Sandbox, funnel: dict[str, str], order: object) -> None:
    assert callable(order)
    order(service="t", effect="cut")
    status, message = sandbox.deliver(f"https://{funnel['host']}/postback")
    assert status == 0
    assert "closed" in message


def test_an_empty_listing(redtrack: httpx.Client, sandbox: Sandbox, funnel: dict[str, str], order: object) -> None:
    assert callable(order)
    order(method="GET", effect="empty", times=4)
    assert redtrack.get("/offers").json() is None
    assert redtrack.get("/domains").json() == {"items": None, "total": 0}
    assert redtrack.get("/campaigns/v2").json() == {"items": None, "total": {}}
    sandbox.switches.empty_list = "array"
    assert redtrack.get("/offers").json() == []
    assert len(redtrack.get("/offers").json()) == 1


def test_a_slow_answer(http: httpx.Client, redtrack: httpx.Client, order: object) -> None:
    assert callable(order)
    order(effect="slow:0.05")
    redtrack.get("/offers")
    assert http.get("/_control/requests").json()[0]["duration"] >= 0.05


@pytest.mark.parametrize("after", [False, True])
def test_a_slow_answer_comes_before_or_after_the_work(
    sandbox: Sandbox, redtrack: httpx.Client, account: str, order: object, after: bool
) -> None:
    assert callable(order)
    done: list[int] = []
    sandbox.faults.sleep = lambda _: done.append(sandbox.store.count(account, "source"))
    order(method="POST", effect="slow:9", after=after)
    assert redtrack.post("/sources", json={"title": "x"}).status_code == 201
    assert done == [int(after)]
    assert sandbox.store.count(account, "source") == 1


@pytest.mark.parametrize("after", [False, True])
def test_an_answer_is_held_until_the_faults_are_cleared(
    sandbox: Sandbox, http: httpx.Client, redtrack: httpx.Client, account: str, order: object, after: bool
) -> None:
    assert callable(order)
    order(method="POST", effect="hold", after=after)
    with ThreadPoolExecutor() as pool:
        held = pool.submit(redtrack.post, "/sources", json={"title": "x"})
        while sandbox.faults.pending() or sandbox.store.count(account, "source") < int(after):
            assert not held.done()
        assert redtrack.get("/sources").is_success, "others are answered meanwhile"
        assert not held.done()
        assert sandbox.store.count(account, "source") == int(after)
        assert http.delete("/_control/faults").status_code == 204
        assert held.result().status_code == 201
    assert sandbox.store.count(account, "source") == 1


def test_faults_fit_by_service_method_and_path_and_are_used_up(
    http: httpx.Client, redtrack: httpx.Client, order: object
) -> None:
    assert callable(order)
    order(service="bridge", effect="status:500")
    order(method="PUT", effect="status:500")
    order(path="^/offers", effect="status:503", times=2)
    order(path="^/domains", effect="status:502", times=None)
    codes = [redtrack.get(path).status_code for path in ("/sources", "/offers", "/offers", "/offers", "/domains")]
    assert codes == [200, 503, 503, 200, 502]
    assert [fault["effect"] for fault in http.get("/_control/faults").json()] == [
        "status:500",
        "status:500",
        "status:502",
    ]
    assert http.delete("/_control/faults").status_code == 204
    assert redtrack.get("/domains").status_code == 200


@pytest.mark.parametrize(
    "fault",
    [
        {"service": "redtrack"},
        {"service": "nobody", "effect": "cut"},
        {"service": "redtrack", "effect": "explode"},
        {"service": "redtrack", "effect": "cut", "times": 0},
        {"service": "redtrack", "effect": "cut", "path": "("},
    ],
)
def test_a_wrong_fault_is_refused(http: httpx.Client, fault: dict[str, object]) -> None:
    answer = http.post("/_control/faults", json=fault)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert http.get("/_control/faults").json() == []
