"""Digistore24's client: what it makes of each answer, and whose key it has."""

import json
from typing import Any

import httpx
import pytest

from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_digistore24.client import CODES, Digistore24

KEY = Key("123-canary", "a test")


class Answered:
    """A client whose service gives one answer, and what that service was asked."""

    def __init__(self, answer: Any, status: int = 200) -> None:
        self.requests: list[httpx.Request] = []

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return httpx.Response(status, json=answer)

        network = Network(lambda _url: httpx.MockTransport(handle), base_wait=0.0, sleep=lambda _seconds: None)
        self.client = Digistore24("http://localhost/api/call", KEY, network)


def success(data: Any) -> dict[str, Any]:
    return {"result": "success", "data": data}


def refusal(code: Any, message: str = "no") -> dict[str, Any]:
    return {"result": "error", "code": code, "message": message}


@pytest.mark.parametrize(
    ("function", "method", "given"),
    [
        ("listCurrencies", "GET", {"convert_to": "USD", "left_out": None}),
        # Without a body, whose length of 0 has to be told (seen in client code: else 411).
        ("listTransactions", "POST", {"from": "-3d", "page_no": 3}),
        ("ipnDelete", "DELETE", {"domain_id": "acme"}),
    ],
)
def test_a_call_has_the_published_method_and_its_arguments_in_the_query(
    function: str, method: str, given: dict[str, Any]
) -> None:
    played = Answered(success([1, 2]))
    assert played.client.ask(function, **given) == [1, 2]
    (request,) = played.requests
    assert (request.method, request.url.path) == (method, f"/api/call/{function}")
    assert request.headers["X-DS-API-KEY"] == "123-canary"
    assert request.headers.get("content-length") == ("0" if method == "POST" else None)
    asked = {name: str(value) for name, value in given.items() if value is not None}
    assert dict(request.url.params) == {"language": "en", **asked}


def test_what_sets_up_a_connection_is_a_json_object_and_never_in_an_address() -> None:
    played = Answered(success({}))
    played.client.ask("ipnSetup", name="acme", product_ids="all", sha_passphrase="canary", timing=None)
    (request,) = played.requests
    assert (request.method, request.url.query) == ("POST", b"")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "language": "en", "name": "acme", "product_ids": "all", "sha_passphrase": "canary",
    }  # fmt: skip


@pytest.mark.parametrize(("info", "account"), [({"user_id": 123456}, "123456"), ({"user_id": "0123"}, "0123")])
def test_whose_key_it_is(info: dict[str, Any], account: str) -> None:
    assert Answered(success(info)).client.user_id() == account


@pytest.mark.parametrize("info", [{}, {"user_id": None}, {"user_id": ""}, {"user_id": 0}, {"id": 1}, [], None, "x"])
def test_an_answer_without_an_id_is_refused_and_never_an_account(info: Any) -> None:
    with pytest.raises(ServiceError) as raised:
        Answered(success(info)).client.user_id()
    assert raised.value.reason == "refused"
    assert "getUserInfo names no user_id, so the account of this key is not known" in str(raised.value)
    assert "canary" not in str(raised.value)


def test_every_code_has_its_meaning() -> None:
    assert CODES == {
        2: "unauthorized", 3: "refused", 4: "not_found", 5: "forbidden", 9: "refused", 10: "unauthorized",
        11: "failed", 12: "busy",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "status", "reason", "told"),
    [
        (refusal(3, "bad domain"), 200, "refused", "bad domain (code 3, HTTP 200)"),
        (refusal("4", "gone"), 200, "not_found", "gone (code 4, HTTP 200)"),
        (refusal(5), 200, "forbidden", "no (code 5, HTTP 200)"),
        (refusal(99), 200, "refused", "no (code 99, HTTP 200)"),
        (refusal("x"), 200, "refused", "no (code x, HTTP 200)"),
        (refusal(None), 200, "refused", "no (no code, HTTP 200)"),
        # A number that only looks like one, and a sign.
        (refusal("²"), 200, "refused", "no (code ², HTTP 200)"),
        (refusal("-2"), 200, "refused", "no (code -2, HTTP 200)"),
        ({"result": "error"}, 200, "refused", "no reason given (no code, HTTP 200)"),
        ({"result": "Success", "data": 1}, 200, "refused", "no reason given (no code, HTTP 200)"),
        ([1], 200, "not_json", "answered HTTP 200 without the envelope"),
        ("x", 200, "not_json", "answered HTTP 200 without the envelope"),
    ],
)
def test_an_answer_that_is_no_success(body: Any, status: int, reason: str, told: str) -> None:
    played = Answered(body, status)
    with pytest.raises(ServiceError) as raised:
        played.client.ask("ipnSetup")
    assert raised.value.reason == reason
    assert told in str(raised.value)
    assert "is not accepted" not in str(raised.value)


@pytest.mark.parametrize("code", [2, 10])
def test_a_key_that_is_not_accepted(code: int) -> None:
    with pytest.raises(ServiceError) as raised:
        Answered(refusal(code, "wrong key")).client.ask("ping")
    assert raised.value.reason == "unauthorized"
    assert f"the API key from a test is not accepted: wrong key (code {code}, HTTP 200)" in str(raised.value)
    assert "Settings > Account access > API keys" in str(raised.value)
    assert "canary" not in str(raised.value)


def test_signing_a_request_adds_the_key_and_changes_nothing_else() -> None:
    """Also not how long it may take."""
    request = httpx.Request(
        "POST", "http://localhost/api/call/ipnSetup?a=1", headers={"x-own": "1"}, content=b"body",
        extensions={"timeout": {"read": 30.0}, "idempotent": True},
    )  # fmt: skip
    signed = Answered(None).client.sign(request)
    assert (signed.method, signed.url, signed.read()) == (request.method, request.url, b"body")
    assert signed.extensions == request.extensions
    assert {**request.headers, "x-ds-api-key": "123-canary"} == dict(signed.headers)
