"""The runbook page, in a real browser."""

import html
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.operator.page import StackSteps, forms, pieces, render
from trackform.operator.step import Field, OperatorStep
from trackform.operator.steps import open_steps
from trackform_core.no_api.ledger import Ledger, LedgerEntry

if TYPE_CHECKING:
    from playwright.sync_api import Page


AT = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
URL = "https://track.acme.test/postback?clickid={cid}&type={order_type}&sub20=tf.sales"
WAS = URL.replace("order_type", "billing_type")
TOKEN = "a-token-that-nobody-may-see"
CONNECTION = OperatorStep(
    "postbacks/sales", "change", "Digistore24", "Account → S2S postback → the connection", "123456",
    (
        Field("Affiliate partnerships", "411530, 411531", "411530", "An upsell is a product of its own."),
        Field("For order event", "payment", "payment", "An event that is not ticked never reaches RedTrack."),
        Field(
            "Postback URL", f"{URL}&ptoken=(fingerprint 1a2b)", f"{WAS}&ptoken=(fingerprint 1a2b)",
            "The macros stay as they are.", secret=True, plain=f"{URL}&ptoken={TOKEN}",
        ),
        Field("Email address for error notifications", "", "ops@acme.test"),
    ),
    "Declared otherwise than it was last confirmed.", LedgerEntry("postbacks/tf.sales", {}, "", ""),
)  # fmt: skip
TYPE = OperatorStep(
    "conversion_types/initial sale", "create", "RedTrack", "Tools → Conversion tracking → Conversion type", "",
    (Field("Slot", "1", "", "For ever."), Field("Name", "initial_sale", "")),
    "It is declared, and nobody has confirmed that it is there.", LedgerEntry("conversion_types/1", {}, "", ""),
)  # fmt: skip
REMOVED = OperatorStep(
    "postbacks/old", "remove", "Digistore24", "Account → S2S postback → the connection", "123456",
    (Field("Postback URL", "", "https://track.acme.test/postback?sub20=tf.old"),), "It is no longer declared.",
    forgets="postbacks/tf.old",
)  # fmt: skip
ACME = StackSteps("acme", (TYPE, CONNECTION, REMOVED))
Open = Callable[..., None]


@pytest.fixture
def opened(page: "Page", tmp_path: Path) -> Open:
    def show(*parts: StackSteps) -> None:
        file = tmp_path / "steps.html"
        file.write_text(render(parts, AT), encoding="utf-8")
        page.goto(file.as_uri())
        ready(page)

    return show


def ready(page: "Page") -> None:
    """It has read what is stored, and lets people tick."""
    page.locator("input:disabled").first.wait_for(state="detached")


def copied(page: "Page", label: str) -> str:
    """What is on the clipboard, once the button says that it was copied."""
    page.locator(f"button.copied[aria-label='Copy {label}']").wait_for()
    return str(page.evaluate("navigator.clipboard.readText()"))


def ticked(page: "Page", count: int) -> None:
    """As many boxes are ticked as the page says, and as it remembers."""
    ready(page)
    said = page.locator("#progress").inner_text()
    assert said == f"{count} of 3 ticked", page.evaluate("JSON.stringify(localStorage)")
    assert page.get_by_role("checkbox", checked=True).count() == count


def test_each_value_can_be_copied_as_it_is(page: "Page", opened: Open) -> None:
    opened(ACME)
    for label, value in (("Affiliate partnerships", "411530, 411531"), ("Name", "initial_sale"), ("Slot", "1")):
        page.get_by_role("button", name=f"Copy {label}", exact=True).click()
        assert copied(page, label) == value
    page.get_by_role("button", name="Copy Postback URL").click()
    assert copied(page, "Postback URL") == "https://track.acme.test/postback?sub20=tf.old"


def test_before_and_after_are_told_apart_and_a_secret_is_only_a_fingerprint(page: "Page", opened: Open) -> None:
    opened(ACME)
    article = page.get_by_role("article", name="Change postbacks/sales")
    rows = article.locator("tbody tr")
    assert rows.locator("nth=1").get_by_text("as it was").count() == 1
    assert rows.locator("nth=2").locator("del").all_inner_texts() == ["type={billing_type}"]
    assert rows.locator("nth=2").locator("ins").all_inner_texts() == ["type={order_type}"]
    assert rows.locator("nth=3").get_by_text("empty").count() == 1
    assert rows.locator("nth=3").locator("del").inner_text() == "ops@acme.test"
    assert TOKEN not in page.content()
    assert "fingerprint 1a2b" in article.inner_text()
    assert "trackform operator acme" in article.inner_text()
    # What would be copied is no URL that works.
    assert article.get_by_role("button", name="Copy Postback URL").count() == 0


def test_the_keyboard_alone_is_enough(page: "Page", opened: Open) -> None:
    opened(ACME)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "To the first step"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Copy Slot"
    page.keyboard.press("Enter")
    assert copied(page, "Slot") == "1"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Copy Slot"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    ticked(page, 1)


def test_ticks_build_the_command_and_are_for_what_was_seen(page: "Page", opened: Open) -> None:
    opened(ACME)
    button = page.get_by_role("button", name="Copy the command for acme")
    assert button.is_disabled()
    page.get_by_role("article", name="Enter conversion_types/initial sale").get_by_role("checkbox").check()
    page.get_by_role("article", name="Change postbacks/sales").get_by_role("checkbox").check()
    ticked(page, 2)
    page.reload()
    ticked(page, 2)
    button.click()
    command = "trackform operator acme --confirm 'conversion_types/initial sale' --confirm postbacks/sales"
    assert copied(page, "the command for acme") == command
    changed = replace(CONNECTION, fields=(replace(CONNECTION.fields[0], value="411532"), *CONNECTION.fields[1:]))
    opened(StackSteps("acme", (TYPE, changed, REMOVED)))
    # Whoever ticked it saw something else.
    ticked(page, 1)


def test_a_page_that_one_comes_back_to_counts_what_is_ticked(page: "Page", opened: Open, tmp_path: Path) -> None:
    opened(ACME)
    page.get_by_role("checkbox").first.check()
    elsewhere = tmp_path / "elsewhere.html"
    elsewhere.write_text("<title>elsewhere</title>", encoding="utf-8")
    page.goto(elsewhere.as_uri())
    # As a browser does that keeps nothing for files: it would put its own ticks back, and nobody would count them.
    page.evaluate("localStorage.clear()")
    page.go_back()
    ticked(page, 0)


def test_a_second_window_shows_what_was_ticked_in_the_first(page: "Page", opened: Open) -> None:
    opened(ACME)
    second = page.context.new_page()
    second.goto(page.url)
    page.get_by_role("checkbox").first.check()
    second.get_by_text("1 of 3 ticked").wait_for()
    ticked(second, 1)


def test_it_is_readable_in_light_and_dark_and_on_any_screen(page: "Page", opened: Open) -> None:
    opened(ACME)
    for scheme, back in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(13, 17, 23)")):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == back
        for place in ("body", ".reason", ".why", ".where", ".do", "del", "ins", ".secret", "button >> nth=0"):
            assert contrast(page, place) >= 4.5, (scheme, place)
    for width in (360, 700, 1200):
        page.set_viewport_size({"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_without_a_script_everything_is_there(opened: Open, page: "Page", tmp_path: Path) -> None:
    opened(ACME)
    browser = page.context.browser
    assert browser is not None
    plain = browser.new_context(java_script_enabled=False, offline=True).new_page()
    plain.goto((tmp_path / "steps.html").as_uri())
    assert plain.get_by_role("button").count() == 0
    assert (
        plain.get_by_text(
            "--confirm 'conversion_types/initial sale' --confirm postbacks/sales --confirm postbacks/old"
        ).count()
        == 1
    )
    plain.context.close()


def test_what_people_wrote_is_text_and_never_markup(page: "Page", opened: Open) -> None:
    evil = "<script>document.title = 'taken'</script><img src=x onerror=\"document.title = 'taken'\">\"'&amp;"
    fields = (Field(evil, evil, f"{evil} before", evil), Field("removed", "", evil))
    opened(
        StackSteps(
            "acme", (replace(CONNECTION, id=f"postbacks/{evil}", reason=evil, form=evil, account=evil, fields=fields),)
        )
    )
    assert page.title() == "To enter by hand: acme"
    page.get_by_role("button").first.click()
    page.locator("button.copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == evil
    assert html.escape(evil, quote=False) in page.content()


def test_a_page_of_many_stacks_has_one_list_for_each_account(page: "Page", opened: Open) -> None:
    other = replace(CONNECTION, id="postbacks/returns")
    opened(ACME, StackSteps("beta", (replace(TYPE, account="64f0aa"), other)), StackSteps("done", ()))
    assert page.get_by_role("heading", level=2).all_inner_texts() == [
        "RedTrack", "Digistore24 account 123456", "RedTrack account 64f0aa", "Confirm",
    ]  # fmt: skip
    section = page.get_by_role("region", name="Digistore24 account 123456")
    assert [text.split(maxsplit=1)[1] for text in section.get_by_role("heading", level=3).all_inner_texts()] == [
        "acme: postbacks/sales", "acme: postbacks/old", "beta: postbacks/returns",
    ]  # fmt: skip
    assert "5 open steps of 3 stacks" in page.locator("header").inner_text()
    assert page.locator(".command").count() == 2


def test_what_a_service_shows_by_itself_is_not_confirmed(page: "Page", opened: Open) -> None:
    partnership = replace(TYPE, id="products/keto", service="Digistore24", record=None)
    opened(StackSteps("acme", (TYPE, partnership)))
    article = page.get_by_role("article", name="Enter products/keto")
    assert article.get_by_role("checkbox").count() == 0
    assert "Digistore24 itself shows it" in article.inner_text()
    page.get_by_role("checkbox").check()
    page.get_by_text("1 of 1 ticked").wait_for()
    command = "trackform operator acme --confirm 'conversion_types/initial sale'"
    assert page.locator(".command code").inner_text() == command
    assert "<pre" not in render([StackSteps("acme", (partnership,))], AT)


def test_a_page_without_a_step_says_so() -> None:
    text = render([StackSteps("acme", ())], AT)
    assert "Nothing is open." in text
    assert "<article" not in text
    assert "<pre" not in text


def test_the_demo_account(page: "Page", opened: Open, tmp_path: Path) -> None:
    composition = compose(read_account(Path(__file__).parents[3] / "stacks" / "demo.yaml"))
    steps = open_steps(composition, Ledger(tmp_path / "demo.ledger.yaml"))
    opened(StackSteps("demo", tuple(steps)))
    assert page.get_by_role("article").count() == len(steps) > 5
    page.get_by_role("article", name="Enter postbacks/sales").get_by_role("button", name="Copy Postback URL").click()
    assert copied(page, "Postback URL") == composition.postback_urls["sales"]


def test_pieces_put_together_are_both_texts() -> None:
    field = Field("x", "https://a.test/?a=1&b=2", "https://a.test/?b=2&c=3")
    found = pieces(field)
    assert "".join(piece.text for piece in found if piece.only != "before") == field.value
    assert "".join(piece.text for piece in found if piece.only != "now") == field.before


def test_nothing_gets_lost_between_the_stacks() -> None:
    found = forms([ACME, StackSteps("beta", (CONNECTION,))])
    assert [(form.service, len(form.steps)) for form in found] == [("RedTrack", 1), ("Digistore24", 3)]


def contrast(page: "Page", place: str) -> float:
    """Of a text against what is behind it (WCAG 2.2, relative luminance)."""
    return float(
        page.locator(place).first.evaluate(
            """element => {
              const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
              const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
                .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
                .reduce((sum, part, at) => sum + part * [0.2126, 0.7152, 0.0722][at], 0);
              let behind = element;
              while (numbers(getComputedStyle(behind).backgroundColor)[3] === 0) behind = behind.parentElement;
              const [a, b] = [getComputedStyle(element).color, getComputedStyle(behind).backgroundColor]
                .map((colour) => light(numbers(colour))).sort((x, y) => y - x);
              return (a + 0.05) / (b + 0.05);
            }"""
        )
    )
