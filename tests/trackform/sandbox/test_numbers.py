"""Numbers of the sandbox that a client meets: what is answered at each of them, just below and just above."""

from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from tests.trackform.sandbox.digistore24.conftest import data, envelope
from trackform.sandbox import serve
from trackform.sandbox.digistore24 import ledger, responses
from trackform.sandbox.flow import orders, promolink
from trackform.sandbox.limits import Limits
from trackform.sandbox.redtrack.links import postback_link
from trackform.sandbox.redtrack.logs import page_of
from trackform.sandbox.switches import Switches
from trackform.sandbox.world import Sandbox

__all__ = ["data", "envelope"]
Call = Callable[..., Any]


def fill(sandbox: Sandbox, account: str, kind: str, count: int, **more: Any) -> None:
    for number in range(count):
        sandbox.store.put(account, kind, {"id": f"{number:024x}", "title": f"{number}", "name": f"{number}", **more})


def test_a_listing_has_a_hundred_rows_a_page_unless_asked_for_otherwise(
    redtrack: httpx.Client, sandbox: Sandbox, account: str
) -> None:
    sandbox.switches.page_cap = 500
    fill(sandbox, account, "source", 101, created_at="2026-01-01T00:00:00Z", status="active")
    assert [len(redtrack.get("/sources", params={"page": page}).json()) for page in (1, 2)] == [100, 1]
    assert len(redtrack.get("/sources", params={"per": 101}).json()) == 101


@pytest.mark.parametrize(
    ("asked", "rows"), [({}, 100), ({"per": "9999"}, 9_999), ({"per": "10000"}, 10_000), ({"per": "10001"}, 10_000)]
)
def test_a_log_has_ten_thousand_rows_a_page_at_most(asked: dict[str, str], rows: int) -> None:
    log = [{"id": str(number)} for number in range(10_002)]
    assert page_of(log, asked) == log[:rows]
    assert page_of(log, asked | {"page": "2"}) == log[rows : 2 * rows]


@pytest.mark.parametrize(
    ("asked", "rows"), [({}, 100), ({"per": "999"}, 999), ({"per": "1000"}, 1_000), ({"per": "1001"}, 1_000)]
)
def test_the_bridge_has_a_thousand_rows_a_page_at_most(
    bridge: httpx.Client, sandbox: Sandbox, account: str, asked: dict[str, str], rows: int
) -> None:
    fill(sandbox, account, "conversion_type", 1_002, slot=1)
    answer = bridge.get("/conversion-types", params=asked).json()
    assert (len(answer["items"]), answer["total"]) == (rows, 1_002)


@pytest.mark.parametrize(
    ("host", "is_one"),
    [
        ("go.acme.411530.digistore24.com", True),
        ("go.411530.digistore24.com", False),
        ("go.a.b.c.digistore24.com", False),
    ],
)
def test_a_short_link_names_who_and_what(host: str, is_one: bool) -> None:
    link = f"https://{host}/summer?cid=c"
    if is_one:
        click = promolink.parse(link)
        assert (click.affiliate, click.product_id, click.campaignkey, click.cid) == ("acme", "411530", "summer", "c")
        assert click.is_other_link
    else:
        with pytest.raises(ValueError, match="not a promolink"):
            promolink.parse(link)


def test_an_offer_source_has_twenty_subs_in_its_link() -> None:
    link = postback_link("x.test", {f"sub{number}": f"{{s{number}}}" for number in range(25)})
    assert "sub1=" in link
    assert "sub20=" in link
    assert "sub21=" not in link
    assert "sub0=" not in link


@pytest.mark.parametrize(("second", "waits"), [(0, 60), (1, 59), (59, 1)])
def test_whoever_asks_too_often_waits_for_the_next_minute(second: int, waits: int) -> None:
    class Clock:
        def now(self) -> datetime:
            return datetime(2026, 1, 1, 12, 0, second, tzinfo=UTC)

    clock: Any = Clock()
    limits = Limits(clock)
    assert [limits.wait("a", 2) for _ in range(4)] == [0, 0, waits, waits]
    assert (limits.wait("b", 2), limits.wait("a", 0)) == (0, 0)


def test_numbers_that_digistore24_gives(data: Call) -> None:
    made = {"ipn_url": "https://ipn.acme.test/in", "name": "a", "product_ids": "all", "domain_id": "d"}
    assert data("ipnSetup", **made)["ipn_id"] == 300_001
    assert data("ipnSetup", **made | {"domain_id": "e"})["ipn_id"] == 300_002
    assert (orders.FIRST_TRANSACTION, responses.OWNER_DIGITS, ledger.PAYOUT_AFTER.days) == (70_000_000, 16, 14)


def test_sixty_four_requests_are_answered_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One more waits for one of them; a server that names itself would be no stand-in."""
    given: list[dict[str, Any]] = []

    def server(_app: Any, **options: Any) -> Any:
        (listening,) = options.pop("sockets")
        given.append(options)
        port = listening.getsockname()[1]
        listening.close()
        return SimpleNamespace(effective_port=port)

    monkeypatch.setattr(serve, "create_server", server)
    url = serve.Served(0, None, Switches()).url
    assert url.startswith("http://127.0.0.1:")
    assert given == [{"threads": 64, "ident": None, "log_socket_errors": False}]
