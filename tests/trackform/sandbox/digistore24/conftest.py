"""Calls of the sandbox's Digistore24, in this process."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

KEY = "123456-affiliate"
VENDOR_KEY = "500001-vendor"

Call = Callable[..., Any]


@pytest.fixture
def envelope(http: httpx.Client) -> Call:
    """Call a function by form POST; the whole answer."""

    def call(function: str, *, key: str = KEY, **parameters: Any) -> Any:
        answer = http.post(f"/digistore24/api/call/{function}", data=parameters, headers={"X-DS-API-KEY": key})
        assert answer.status_code == 200
        return answer.json()

    return call


@pytest.fixture
def data(envelope: Call) -> Call:
    """Call a function that must succeed; its data."""

    def call(function: str, *, key: str = KEY, **parameters: Any) -> Any:
        answer = envelope(function, key=key, **parameters)
        assert answer["result"] == "success", answer
        return answer["data"]

    return call


@pytest.fixture
def refused(envelope: Call) -> Call:
    """Call a function that must fail; the error's code."""

    def call(function: str, *, key: str = KEY, **parameters: Any) -> Any:
        answer = envelope(function, key=key, **parameters)
        assert answer["result"] == "error", answer
        assert answer["message"]
        assert "data" not in answer
        return answer["code"]

    return call


@pytest.fixture
def vendor_key() -> str:
    return VENDOR_KEY


@pytest.fixture
def order(http: httpx.Client) -> Call:
    """Let an order event happen for the account of ``KEY``."""

    def happen(event: str, **fields: Any) -> Any:
        who = {} if "key" in fields or "account" in fields else {"key": KEY}
        answer = http.post("/_control/orders", json={"event": event, **who, **fields})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return happen
