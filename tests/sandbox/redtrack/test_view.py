"""What a request looks up on its way to an answer."""

import threading
from typing import Any

from sandbox.redtrack.view import View
from sandbox.world import Sandbox

LONGEST_S = 20


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
    assert view.domains is view.domains
