"""The picture in headless Chromium: small and large, light and dark, by keyboard and on a phone."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trackform.account_file.compose import Composition
from trackform.picture import Mark, draw
from trackform.review.html import page as review_page
from trackform.review.model import Review

if TYPE_CHECKING:
    from playwright.sync_api import Page

Size = Callable[[int], Composition]
MARKS = {
    "campaigns/campaign-000-facebook": [Mark("drift", "domain_id")],
    "offers/product-000": [Mark("danger", "cid leaves its URL")],
    "postbacks/sales": [Mark("step", "url")],
    "campaigns/old": [Mark("change", "is deleted")],
}
FOCUSED = "document.activeElement.getAttribute('aria-label') || document.activeElement.textContent.trim()"


def written(folder: Path, composition: Composition) -> str:
    file = folder / "review.html"
    review = Review(stack="acme", verdict="drift")
    file.write_text(review_page(review, draw(composition, MARKS)), encoding="utf-8")
    return file.as_uri()


def test_by_keyboard(page: "Page", sized: Size, tmp_path: Path) -> None:
    page.goto(written(tmp_path, sized(1)))
    seen = []
    for _ in range(5):
        page.keyboard.press("Tab")
        seen.append(page.evaluate(FOCUSED))
    assert seen[0] == "Skip the picture"
    assert seen[1] == "Picture of the account"
    assert seen[2].startswith("traffic channel ")
    page.locator("g[aria-label^='offer product-000']").focus()
    widths = page.locator("path.edge").evaluate_all("all => all.map(one => getComputedStyle(one).strokeWidth)")
    assert widths.count("3px") == 2, "the funnel's and the offer source's"
    assert "danger: cid leaves its URL" in page.evaluate(FOCUSED)


def test_the_picture_can_be_skipped(page: "Page", sized: Size, tmp_path: Path) -> None:
    page.goto(written(tmp_path, sized(1)))
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "tf-after"


@pytest.mark.parametrize("campaigns", [1, 95])
def test_text_is_readable_at_any_size(page: "Page", sized: Size, tmp_path: Path, campaigns: int) -> None:
    """300 objects are drawn as large as five, and no name runs out of its box."""
    composition = sized(campaigns)
    page.goto(written(tmp_path, composition))
    assert page.locator("g.object").count() == len(composition.objects) - 1 + 1, "without the domain, with what left"
    measured = page.locator("g.object").evaluate_all(
        "all => all.map(one => { const box = one.querySelector('.box').getBoundingClientRect();"
        " const texts = [...one.querySelectorAll('text')].map(text => text.getBoundingClientRect());"
        " return [box.height, Math.max(...texts.map(text => text.right)) - box.right,"
        " Math.min(...texts.map(text => text.left)) - box.left] })"
    )
    assert all(abs(height - 44) < 1 for height, _, _ in measured)
    assert all(right <= 0 <= left for _, right, left in measured)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_light_and_dark(page: "Page", sized: Size, tmp_path: Path, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(written(tmp_path, sized(1)))
    contrast = page.evaluate(
        """() => {
          const light = colour => {
            const parts = colour.match(/[0-9.]+/g).slice(0, 3).map(part => {
              const value = part / 255;
              return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
          };
          const of = name => getComputedStyle(document.querySelector(name)).fill;
          return [".name", ".detail", ".is-danger .sign", ".is-drift .sign", ".is-step .sign"].map(name => {
            const [ink, ground] = [light(of(`.tf ${name}`)), light(of(".tf .object:not(.gone) .box"))];
            return (Math.max(ink, ground) + 0.05) / (Math.min(ink, ground) + 0.05);
          });
        }"""
    )
    assert min(contrast) >= 4.5, contrast


def test_on_a_phone_only_the_picture_scrolls_sideways(page: "Page", sized: Size, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(written(tmp_path, sized(3)))
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.evaluate("(one => one.scrollWidth > one.clientWidth)(document.querySelector('.tf-wide'))")
