"""What a request looks up on its way to an answer."""

import threading
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack.view import View
from trackform.sandbox.world import Sandbox

LONGEST_S = 240


def test_looking_things_up_within_and_outside_the_lock_of_the_store(sandbox: Sandbox, account: str) -> None:
    """One request holds the store and looks something up; another looks the same up and waits for the store."""
    waiting = threading.Event()

    class Outside(View):
        def rows(self, kind: str) -> list[dict[str, Any]]:
            waiting.set()
            return super().rows(kind)

    found: list[dict[str, str]] = []

    def within() -> None:
        with sandbox.store.atomic():
            other = threading.Thread(target=lambda: found.append(Outside(sandbox, account).domains), daemon=True)
            other.start()
            assert waiting.wait(LONGEST_S)
            found.append(View(sandbox, account).domains)
        other.join(LONGEST_S)

    # In a thread of its own: two that wait for each other must not hold up the tests.
    first = threading.Thread(target=within, daemon=True)
    first.start()
    first.join(LONGEST_S)
    assert found == [{}, {}]


def test_what_was_looked_up_is_read_once(sandbox: Sandbox, account: str) -> None:
    view = View(sandbox, account)
    first = view.domains
    sandbox.store.put(account, "domain", {"id": "1", "url": "late.acme.test"})
    assert view.domains == first
    assert View(sandbox, account).domains != first


def test_only_approved_conversions_are_counted(
    redtrack: httpx.Client, funnel: dict[str, str], click: Callable[..., str], postback: Callable[..., str]
) -> None:
    cid = click()
    for status, sums in (("", "8"), ("pending", "1"), ("declined", "2"), ("wrong", "4"), ("approved", "16")):
        postback(clickid=cid, sum=sums, status=status)
    for kind in ("campaign", "offer", "network", "source"):
        path = {"campaign": "campaigns", "offer": "offers", "network": "networks", "source": "sources"}[kind]
        stat = redtrack.get(f"/{path}/{funnel[kind]}").json()["stat"]
        assert (stat["clicks"], stat["total_conversions"], stat["total_revenue"]) == (1, 2, 24), kind


@pytest.mark.parametrize(
    ("path", "body", "message"),
    [
        ("/sources", {"title": 5}, "cannot unmarshal int into field {}.title of type string"),
        ("/streams", {"title": "x", "offers": {}}, "cannot unmarshal dict into field {}.offers"),
        ("/streams", {"title": "x", "offers": ["y"]}, "cannot unmarshal str into field {}.offers"),
        ("/offers", {"title": "x", "url": "https://x.test", "status": 9}, "wrong status"),
        ("/offers", {"name": "x"}, "name is not allowed, use title"),
        ("/offers", {"title": "x", "url": "https://x.test", "program_id": "0" * 24}, "program_id: network not found"),
        ("/campaigns", {"title": "x", "source_id": "0" * 24}, "source_id: source not found"),
    ],
)
def test_a_write_that_is_refused_says_why(redtrack: httpx.Client, path: str, body: Any, message: str) -> None:
    answer = redtrack.post(path, json=body)
    assert answer.status_code == 400
    before, _, after = message.partition("{}")
    assert answer.json()["error"].startswith(before)
    assert answer.json()["error"].endswith(after)
