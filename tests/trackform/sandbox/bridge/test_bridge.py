"""The bridge's contract, for both of its resources."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from flask import Flask

from trackform.sandbox.accounts import DIGISTORE24, REDTRACK, remember
from trackform.sandbox.world import Sandbox

TYPE = {"slot": 1, "name": "initial_sale", "duplicates": "by_event_id", "role": "Purchase", "show_in_journey": False}
CONNECTION = {
    "product_ids": ["411530", "411531"], "events": ["payment"], "currency": "USD", "active": True,
    "url": "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&sub20=tf.sales",
    "error_emails": ["ops@acme.test"],
}  # fmt: skip
CASES = {"conversion-types": TYPE, "postback-connections": CONNECTION}
BOTH = pytest.mark.parametrize("path", CASES)


@pytest.fixture
def client(app: Flask, sandbox: Sandbox) -> Iterator[httpx.Client]:
    """For the account 123456, at either vendor; 654321 is another one of both."""
    transport = httpx.WSGITransport(app=app)
    for service in (REDTRACK, DIGISTORE24):
        for account in ("123456", "654321"):
            remember(sandbox.store, service, account, sandbox.clock.now())
    headers = {"Authorization": "Bearer secret", "X-Account": "123456"}
    with httpx.Client(transport=transport, base_url="http://sandbox.test/bridge", headers=headers) as here:
        yield here


@BOTH
def test_the_life_of_an_object(client: httpx.Client, path: str) -> None:
    body = CASES[path]
    assert client.get(f"/{path}").json() == {"items": [], "total": 0}
    created = client.post(f"/{path}", json=body)
    row = created.json()
    assert created.status_code == 201
    assert body.items() <= row.items()
    assert client.get(f"/{path}").json() == {"items": [row], "total": 1}
    assert client.get(f"/{path}/{row['id']}").json() == row
    field, value = ("name", "sale") if path == "conversion-types" else ("active", False)
    changed = client.put(f"/{path}/{row['id']}", json=row | {field: value})
    assert (changed.status_code, changed.json()[field], changed.json()["id"]) == (200, value, row["id"])
    assert client.delete(f"/{path}/{row['id']}").status_code == 204
    for method in ("GET", "DELETE"):
        answer = client.request(method, f"/{path}/{row['id']}")
        assert (answer.status_code, list(answer.json())) == (404, ["error"])
    assert client.put(f"/{path}/{row['id']}", json=body).status_code == 404


@BOTH
def test_every_answer_says_whose_contract_it_is(client: httpx.Client, path: str) -> None:
    for answer in (client.get(f"/{path}"), client.post(f"/{path}", json={}), client.get(f"/{path}/x")):
        assert answer.headers["X-Bridge"] == "trackform-contract"


@BOTH
def test_a_repeated_create_finds_the_object(client: httpx.Client, path: str) -> None:
    first, second = (client.post(f"/{path}", json=CASES[path]) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("conversion-types", {"name": "other"}),
        ("conversion-types", {"slot": 2}),
        ("postback-connections", {"events": ["refund"]}),
    ],
)
def test_a_taken_identity_is_a_conflict(client: httpx.Client, path: str, change: dict[str, Any]) -> None:
    client.post(f"/{path}", json=CASES[path])
    assert client.post(f"/{path}", json=CASES[path] | change).status_code == 409
    assert client.get(f"/{path}").json()["total"] == 1


def test_connections_with_another_marker_or_none_are_new(client: httpx.Client) -> None:
    path = "/postback-connections"
    url = str(CONNECTION["url"])
    for changed in (
        url,
        url.replace("tf.sales", "tf.returns"),
        url.split("&sub20", maxsplit=1)[0],
        url.split("&sub20", maxsplit=1)[0],
    ):
        assert client.post(path, json=CONNECTION | {"url": changed}).status_code == 201
    rows = client.get(path).json()["items"]
    taken = client.put(f"{path}/{rows[1]['id']}", json=CONNECTION)
    assert taken.status_code == 409


def test_a_slot_never_changes(client: httpx.Client) -> None:
    row = client.post("/conversion-types", json=TYPE).json()
    assert row["id"] == "type1"
    assert client.put("/conversion-types/type1", json=TYPE | {"slot": 2}).status_code == 400
    client.post("/conversion-types", json=TYPE | {"slot": 2, "name": "upsell"})
    assert client.put("/conversion-types/type2", json=TYPE | {"slot": 2}).status_code == 409


@pytest.mark.parametrize(
    ("path", "change", "named"),
    [
        ("conversion-types", {"slot": 21}, "slot"),
        ("conversion-types", {"slot": "1"}, "slot"),
        ("conversion-types", {"duplicates": "never"}, "duplicates"),
        ("conversion-types", {"invented": 1}, "invented"),
        ("postback-connections", {"events": []}, "events"),
        ("postback-connections", {"events": ["sale"]}, "events"),
        ("postback-connections", {"url": "track.acme.test"}, "url"),
        ("postback-connections", {"currency": "usd"}, "currency"),
    ],
)
def test_a_wrong_field_is_named(client: httpx.Client, path: str, change: dict[str, Any], named: str) -> None:
    answer = client.post(f"/{path}", json=CASES[path] | change)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


@BOTH
def test_a_body_must_be_an_object(client: httpx.Client, path: str) -> None:
    for content in (b"", b"[]", b"{"):
        assert client.post(f"/{path}", content=content).status_code == 400


def test_pages(client: httpx.Client) -> None:
    for slot in range(1, 6):
        client.post("/conversion-types", json={"slot": slot, "name": str(slot)})
    answer = client.get("/conversion-types", params={"page": 2, "per": 2}).json()
    assert ([row["slot"] for row in answer["items"]], answer["total"]) == ([3, 4], 5)
    assert client.get("/conversion-types", params={"page": 0}).status_code == 400


@BOTH
def test_a_key_is_required(client: httpx.Client, http: httpx.Client, path: str) -> None:
    for headers in ({}, {"Authorization": "secret"}, {"Authorization": "Bearer "}):
        assert http.get(f"/bridge/{path}", headers=headers | {"X-Account": "123456"}).status_code == 401
    assert client.get(f"/{path}").status_code == 200
    http.post("/_control/keys/revoke", json={"key": "secret"})
    assert client.get(f"/{path}").status_code == 401


@BOTH
def test_the_account_is_named_and_keeps_objects_apart(client: httpx.Client, path: str) -> None:
    row = client.post(f"/{path}", json=CASES[path]).json()
    other = {"X-Account": "654321"}
    assert client.get(f"/{path}", headers=other).json()["total"] == 0
    assert client.get(f"/{path}/{row['id']}", headers=other).status_code == 404
    del client.headers["X-Account"]
    for headers, status in (({}, 400), ({"X-Account": " "}, 400), ({"X-Account": "999999"}, 403)):
        for method in ("GET", "POST"):
            answer = client.request(method, f"/{path}", headers=headers, json=CASES[path])
            assert (answer.status_code, list(answer.json())) == (status, ["error"])


def test_each_resource_belongs_to_the_account_of_its_service(client: httpx.Client, sandbox: Sandbox) -> None:
    client.post("/conversion-types", json=TYPE)
    client.post("/postback-connections", json=CONNECTION)
    assert {sandbox.store.everywhere(kind)[0][0] for kind in ("conversion_type", "connection")} == {"123456"}
    remember(sandbox.store, DIGISTORE24, "777777", sandbox.clock.now())
    of_digistore24 = {"X-Account": "777777"}
    assert client.get("/postback-connections", headers=of_digistore24).status_code == 200
    assert client.get("/conversion-types", headers=of_digistore24).status_code == 403
