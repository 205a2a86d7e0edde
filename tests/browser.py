"""Pages in headless Chromium: no network, and no mistake that the browser's console would show in silence.

The fixtures are handed to all tests by ``tests/conftest.py``. The browser lives as long as one test module: Playwright
keeps an event loop of its own running, and nothing else in the process may start one in the meantime.
"""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
LOCAL = frozenset({"file", "data", "blob", "about"})
FLAGS = (
    "--no-sandbox",  # a container's user namespace may not offer Chromium's own
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
LONGEST_MS = 60_000
"""Far more than any step takes: a busy machine is no failure."""


@dataclass
class Watch:
    """What a page did that no page of ours may do."""

    faults: list[str] = field(default_factory=list)

    def console(self, message: "ConsoleMessage") -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console {message.type}: {message.text}")

    def error(self, error: Exception) -> None:
        self.faults.append(f"script error: {error}")

    def request(self, request: "Request") -> None:
        if urlsplit(request.url).scheme not in LOCAL:
            self.faults.append(f"asked for {request.url}")


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Headless Chromium. Skips where none is installed, or where it does not start."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.skip(f"no Chromium on PATH ({', '.join(NAMES)}): pages can only be tested in a browser")
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- slow, and only needed here

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=FLAGS, timeout=2 * LONGEST_MS)
        yield running
        running.close()


@pytest.fixture
def page(browser: "Browser") -> Iterator["Page"]:
    """A new page without a network, for ``page.goto(path.as_uri())``.

    After the test it fails on every error or warning in the console, every script error, and every request for
    something that is not in a file on this machine.
    """
    watch = Watch()
    context = browser.new_context(viewport={"width": 1200, "height": 900}, locale="en-GB", offline=True)
    context.set_default_timeout(LONGEST_MS)
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    here = context.new_page()
    here.on("console", watch.console)
    here.on("pageerror", watch.error)
    here.on("request", watch.request)
    yield here
    context.close()
    assert watch.faults == []
