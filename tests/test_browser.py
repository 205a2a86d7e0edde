"""The browser fixture itself: it sees what it promises to see."""

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser import Watch

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


def test_a_page_is_read_from_a_file(page: "Page", tmp_path: Path) -> None:
    file = tmp_path / "good.html"
    file.write_text("<!doctype html><title>Good</title><h1>Hello</h1>", encoding="utf-8")
    page.goto(file.as_uri())
    assert page.locator("h1").inner_text() == "Hello"


def test_errors_and_requests_to_the_outside_are_noticed(browser: "Browser", tmp_path: Path) -> None:
    file = tmp_path / "bad.html"
    file.write_text(
        "<!doctype html><title>Bad</title><img src='https://outside.test/x.png' alt=''>"
        "<script>console.error('told'); throw new Error('thrown')</script>",
        encoding="utf-8",
    )
    watch = Watch()
    context = browser.new_context(offline=True)
    here = context.new_page()
    here.on("console", watch.console)
    here.on("pageerror", watch.error)
    here.on("request", watch.request)
    here.goto(file.as_uri())
    context.close()
    told = "\n".join(watch.faults)
    assert "asked for https://outside.test/x.png" in told
    assert "console error: told" in told
    assert "script error: thrown" in told
