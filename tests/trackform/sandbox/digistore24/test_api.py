"""The door: envelope, key, verbs, ways to pass parameters, limits."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from flask import Flask
from werkzeug.test import create_environ, run_wsgi_app

from trackform.sandbox.accounts import revoke
from trackform.sandbox.world import Sandbox

Call = Callable[..., Any]
BASE = "/digistore24/api/call"
HEADERS = {"X-DS-API-KEY": "123456-affiliate"}


def test_a_call_answers_in_the_envelope(envelope: Call) -> None:
    answer = envelope("ping")

    assert list(answer) == [
        "api_version",
        "current_time",
        "runtime_seconds",
        "timezone",
        "utc_offset",
        "result",
        "data",
    ]
    assert answer["result"] == "success"
    age = datetime.now(UTC) - datetime.fromisoformat(answer["data"]["server_time"]).replace(tzinfo=UTC)
    assert abs(age) < timedelta(seconds=5)


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "PUT"])
@pytest.mark.parametrize("path", ["ping", "ping/format/json", "ping/format/JSON"])
def test_any_verb_and_both_forms_of_the_path_work(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, f"{BASE}/{path}", headers=HEADERS)

    assert answer.json()["result"] == "success"


def test_other_formats_and_unknown_functions_are_bad_calls(http: httpx.Client, refused: Call) -> None:
    assert http.get(f"{BASE}/ping/format/xml", headers=HEADERS).json()["code"] == 9
    assert refused("createPostback") == 9


@pytest.mark.parametrize("headers", [{}, {"X-DS-API-KEY": ""}, {"Authorization": "Bearer 123456-affiliate"}])
def test_without_a_key_the_error_comes_inside_http_200(http: httpx.Client, headers: dict[str, str]) -> None:
    answer = http.get(f"{BASE}/ping", headers=headers)

    assert answer.status_code == 200
    assert (answer.json()["result"], answer.json()["code"]) == ("error", 2)


def test_a_revoked_key_is_bad_from_then_on(sandbox: Sandbox, data: Call, refused: Call) -> None:
    data("ping")
    revoke(sandbox.store, "123456-affiliate")

    assert refused("ping") == 2
    assert data("ping", key="123456-another")


def test_the_key_names_the_account_and_any_key_makes_one(data: Call) -> None:
    assert data("getUserInfo")["user_id"] == 123456
    other = data("getUserInfo", key="no-digits-first")
    assert 100000 <= other["user_id"] < 1_000_000
    assert other == data("getUserInfo", key="no-digits-first")


def test_an_account_can_be_named(http: httpx.Client, data: Call) -> None:
    assert http.post("/_control/affiliates", json={"key": HEADERS["X-DS-API-KEY"], "name": "acme"}).status_code == 200

    assert data("getUserInfo")["user_name"] == "acme"


def test_parameters_come_by_query_form_json_or_position(http: httpx.Client) -> None:
    wanted = {"affiliate_name": "acme", "product_ids": "411530"}
    positional = {"arg1": "acme", "arg2": "411530", "language": "en", "ds24ver": "1.2"}
    url = f"{BASE}/validateAffiliate"

    answers = [
        http.get(url, params=wanted, headers=HEADERS).json()["data"],
        http.post(url, data=wanted, headers=HEADERS).json()["data"],
        http.post(url, json=wanted, headers=HEADERS).json()["data"],
        http.post(url, data=positional, headers=HEADERS).json()["data"],
    ]

    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["have_affiliation"] == "Y"


def test_a_body_that_is_no_object_is_a_bad_call(http: httpx.Client) -> None:
    assert http.post(f"{BASE}/ping", json=[1], headers=HEADERS).json()["code"] == 9
    broken = {**HEADERS, "Content-Type": "application/json"}
    assert http.post(f"{BASE}/ping", content=b"{", headers=broken).json()["code"] == 9


@pytest.mark.parametrize(("method", "status"), [("POST", 411), ("PUT", 411), ("GET", 200)])
def test_a_body_without_a_length_is_refused_before_anything_else(app: Flask, method: str, status: int) -> None:
    environ = create_environ(f"{BASE}/ping", method=method, headers=HEADERS)
    environ.pop("CONTENT_LENGTH", None)

    body, answered, headers = run_wsgi_app(app, environ)

    assert int(answered.split()[0]) == status
    if status == 411:
        assert headers["Content-Type"].startswith("text/html")
        assert b"<title>411 Length Required</title>" in b"".join(body)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_limit_by_default(http: httpx.Client, method: str) -> None:
    codes = {http.request(method, f"{BASE}/ping", headers=HEADERS).json().get("code") for _ in range(30)}

    assert codes == {None}


def test_a_limit_answers_with_its_code_until_the_minute_is_over(sandbox: Sandbox, data: Call, refused: Call) -> None:
    sandbox.switches.requests_per_minute = 3
    sandbox.clock.advance(timedelta(seconds=60 - sandbox.clock.now().second))
    for _ in range(3):
        data("ping")

    assert refused("ping") == 12
    data("ping", key="777-another")
    sandbox.clock.advance(timedelta(minutes=1))
    data("ping")


def test_the_key_is_not_in_the_request_log(sandbox: Sandbox, data: Call) -> None:
    data("ipnSetup", ipn_url="https://ipn.acme.test/x", name="acme", product_ids="all", sha_passphrase="pass-phrase-1")

    logged = str(sandbox.log.entries(service="digistore24"))
    assert "ipnSetup" in logged
    assert "123456-affiliate" not in logged
    assert "pass-phrase-1" not in logged


def test_currencies_have_rates_only_when_asked(data: Call, refused: Call) -> None:
    plain = data("listCurrencies")
    assert {currency["code"] for currency in plain} == {"EUR", "USD", "GBP", "CHF"}
    assert all("exchange_rates" not in currency for currency in plain)

    for convert_to in ("EUR,USD,CHF,GBP", "all"):
        rates = {
            currency["code"]: currency["exchange_rates"] for currency in data("listCurrencies", convert_to=convert_to)
        }
        for one in rates:
            assert rates[one][one] == 1
            for other in rates:
                assert rates[one][other] * rates[other][one] == pytest.approx(1, rel=1e-5)
