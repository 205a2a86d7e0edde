"""A review in a terminal and in a file: the same words, there with colours that mean something."""

from typing import Any

import pytest

from trackform.review.model import CHANGES, Danger, FieldChange, Item, Left, Review, Row
from trackform.review.plain_text import terminal_text


def item(change: Any, **more: Any) -> Item:
    return Item(change=change, section="offers", name="x", kind="offer", service="RedTrack", **more)


def test_the_whole_of_it_line_by_line() -> None:
    review = Review(
        stack="s", verdict="drift", dangers=(Danger(kind="url", about="offers/x", reason="no cid"),),
        items=(
            item("drift", fields=(FieldChange(name="a", old="1", new="2", applied="2"),)),
            item("create", note="By hand", fields=(FieldChange(name="b", new="3"),)),
        ),
        left=(Left(about="offers/x", field="cpc", live=1, declared=2),), warnings=("careful",), unknown=("the rest",),
        rows=(Row(about="a", change="b", field="c", old="d", new="e"),),
    )  # fmt: skip
    assert terminal_text(review, in_terminal=False).splitlines() == [
        "s: 1 DANGER, 1 changed outside, 1 to create", "", "DANGER", "  offers/x: no cid", "",
        "Drift: changed outside (1)", "  offers/x (offer)", "    a: 1 → 2 (set back)", "", "Created (1)",
        "  offers/x (offer): By hand", "    b: 3", "", "Changed outside and left alone",
        "  offers/x.cpc is 1; declared is 2", "", "Warnings", "  careful", "", "Not looked at", "  the rest", "",
        f"Digest {review.digest}. To apply exactly this: trackform review s --apply {review.digest}",
    ]  # fmt: skip


@pytest.mark.parametrize("verdict", ["nothing", "operator", "refused", "failed"])
def test_what_cannot_be_applied_names_no_digest(verdict: Any) -> None:
    row = Row(about="a", change="b", field="c", old="d", new="e")
    assert "Digest" not in terminal_text(Review(stack="s", verdict=verdict, rows=(row,)), in_terminal=False)
    assert "Digest" not in terminal_text(Review(stack="s", verdict="differs"), in_terminal=False)


@pytest.mark.parametrize(
    ("change", "codes"),
    [
        ("drift", "1;35"), ("take-over", "1;35"), ("create", "1"), ("update", "1"), ("replace", "1;35"),
        ("delete", "1;31"), ("operator", "1"),
    ],
)  # fmt: skip
def test_what_is_lost_is_red_and_what_nobody_asked_for_magenta(
    change: Any, codes: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "120")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    said = terminal_text(Review(stack="s", verdict="differs", items=(item(change),)), in_terminal=True)
    heading = next(line for line in said.splitlines() if "(1)" in line)
    assert heading.startswith(f"\x1b[{codes}m")
    assert change in CHANGES


def test_old_and_new_and_danger_have_their_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("TERM", "xterm-256color"), ("COLUMNS", "120")):
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("NO_COLOR", raising=False)
    changed = item("update", fields=(FieldChange(name="a", old="OLD", new="NEW"),))
    calm = terminal_text(Review(stack="s", verdict="differs", items=(changed,)), in_terminal=True)
    assert "\x1b[31mOLD\x1b[0m → \x1b[1mNEW\x1b[0m" in calm
    assert calm.startswith("\x1b[1ms: differs")
    danger = Danger(kind="url", about="offers/x", reason="no cid")
    bad = terminal_text(Review(stack="s", verdict="differs", dangers=(danger,)), in_terminal=True)
    assert bad.startswith("\x1b[1;31ms: 1 DANGER")
    assert "\x1b[1;31mDANGER" in bad
    refused = terminal_text(Review(stack="s", verdict="refused", refusals=("no",)), in_terminal=True)
    assert refused.startswith("\x1b[1;31ms: REFUSED")
    assert "\x1b[31mno" in refused
