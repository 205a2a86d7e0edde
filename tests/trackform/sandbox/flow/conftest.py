"""Order events, and an outside world that notes what is delivered to it."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from trackform.sandbox.store import object_id
from trackform.sandbox.world import Sandbox

KEY = "123456-affiliate"
ACCOUNT = "123456"

Call = Callable[..., Any]


@pytest.fixture
def order(http: httpx.Client) -> Call:
    """Let an order event happen for the account of ``KEY``; ``status`` is what the control must answer."""

    def happen(event: str, *, status: int = 201, **fields: Any) -> Any:
        who = {} if "key" in fields or "account" in fields else {"key": KEY}
        answer = http.post("/_control/orders", json={"event": event, **who, **fields})
        assert answer.status_code == status, answer.text
        return answer.json()

    return happen


@pytest.fixture
def connect(sandbox: Sandbox) -> Call:
    """Enter a postback connection; its id."""

    def enter(url: str = "https://track.test/postback?x={cid}", *, account: str = ACCOUNT, **fields: Any) -> str:
        row = {
            "id": object_id(),
            "account": account,
            "product_ids": ["all"],
            "events": ["payment", "refund", "chargeback"],
            "url": url,
            "currency": "",
            "active": True,
            "error_emails": [],
            **fields,
        }
        sandbox.store.put(account, "connection", row)
        return str(row["id"])

    return enter


@pytest.fixture
def outside(sandbox: Sandbox) -> list[str]:
    """The URLs that reached the outside world, which answers OK to all of them."""
    urls: list[str] = []

    def deliver(url: str) -> tuple[int, str]:
        urls.append(url)
        return 200, "OK"

    sandbox.deliver = deliver
    return urls


@pytest.fixture
def data(http: httpx.Client) -> Call:
    def call(function: str, **parameters: Any) -> Any:
        answer = http.post(f"/digistore24/api/call/{function}", data=parameters, headers={"X-DS-API-KEY": KEY})
        return answer.json()["data"]

    return call
