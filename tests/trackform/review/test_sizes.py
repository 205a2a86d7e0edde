"""Where a value, or a comment, is too long: just below, at it, just above."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.trackform.review.conftest import DATA
from trackform.cli import main
from trackform.review.escape import code, one_line, plain
from trackform.review.markdown import markdown
from trackform.review.model import Danger, FieldChange, Item, Review


@pytest.mark.parametrize("length", [399, 400, 401])
def test_a_long_value_is_shortened(length: int) -> None:
    said = code("x" * length)
    assert said == (f"`{'x' * length}`" if length <= 400 else f"`{'x' * 400}… ({length:,} characters)`")


def review(dangers: int, fields: int = 2) -> Review:
    told = tuple(Danger(kind="url", about=f"offers/o{at:03}", reason="r" * 20) for at in range(dangers))
    changes = tuple(FieldChange(name=f"f{at}", old="ü" * 9, new="b") for at in range(fields))
    item = Item(change="update", section="offers", name="x", kind="offer", service="RedTrack", fields=changes)
    return Review(stack="s", verdict="failed", dangers=told, items=(item,))


def fits(one: Review, limit: int) -> bool:
    return "Too long for one comment" not in markdown(one, limit)


def test_a_comment_is_whole_as_long_as_it_fits() -> None:
    """What is kept free for telling what was left out, and a line for each heading, count as well."""
    one = review(100)
    headings = ("### Danger (100)", "### Updated (1)")
    entries = [line for line in markdown(one, 10**6).splitlines()[2:] if line and not line.startswith("###")]
    said = sum(len(line.encode()) + 1 for line in entries)
    exact = said + len(f"**{one.summary}**\n".encode()) + 120 * len(headings) + 2_000
    assert fits(one, exact)
    assert not fits(one, exact - 1)
    assert len(markdown(one, exact).encode()) <= exact


@pytest.mark.parametrize("limit", [4_000, 4_001, 6000, 9000, 20_000])
def test_no_byte_more_than_the_limit(limit: int) -> None:
    for dangers in (0, 1, 30, 70, 300, 900):
        for fields in (0, 5, 400):
            assert len(markdown(review(dangers, fields), limit).encode()) <= limit


def test_of_what_does_not_fit_the_fields_go_first() -> None:
    said = markdown(review(1, 400), 4_000)
    assert "- **offers/x** (offer)" in said
    assert "  - f0:" not in said
    assert "> Too long for one comment; in one line only: 1 of 'Updated'. All of it: `trackform review`." in said
    many = markdown(review(900, 0), 4_000)
    assert "not shown: " in many
    assert "of 'Danger'" in many


@pytest.mark.parametrize(("limit", "status"), [(3_999, 1), (4_000, 3)])
def test_how_short_a_comment_may_be(limit: int, status: int) -> None:
    path = str(DATA / "drift.json")
    done = CliRunner().invoke(main, ["review", "demo", "--preview", path, "--markdown", "--longest", str(limit)])
    assert done.exit_code == status, done.output


def test_in_a_file_its_last_line_takes_of_the_same_room(tmp_path: Path) -> None:
    file = tmp_path / "review.md"
    signed = "\n<!-- Written by trackform review -->\n"

    def said(limit: int, *more: str) -> str:
        arguments = ["--preview", str(DATA / "first.json"), "--markdown", "--longest", str(limit), *more]
        return CliRunner().invoke(main, ["review", "demo", *arguments]).stdout

    longer = 0
    for limit in (4074, 4111, 4148):
        whole = said(limit, "--write", str(file))
        assert file.read_text(encoding="utf-8") == said(limit - len(signed)) + signed
        longer += whole + signed != file.read_text(encoding="utf-8")
    assert longer, "without the line more of it fits"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "<code>&nbsp;</code>"), ("  ", "<code>&nbsp;&nbsp;</code>"), (" a", "<code> a</code>"), ("a b", "`a b`"),
        ("a|b", "<code>a&#124;b</code>"), ("`*_", "<code>&#96;\\*\\_</code>"), ("<&>", "<code>&lt;&amp;&gt;</code>"),
    ],
)  # fmt: skip
def test_a_value_as_code(text: str, shown: str) -> None:
    assert code(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("# a", "\\# a"), ("- a", "\\- a"), ("+a", "\\+a"), ("=a", "\\=a"), ("1. a", "1\\. a"),
        ("999999999) a", "999999999\\) a"),
        ("1234567890. a", "1234567890. a"), ("a # b", "a # b"), ("a*b", "a\\*b"), ("<b>&", "&lt;b&gt;&amp;"),
        (" a ", "a"), ("a@b @c", "a@b @\N{WORD JOINER}c"), ("a\r\n\n b", "a↵ b"),
    ],
)  # fmt: skip
def test_a_text_as_running_text(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize("char", ["\x00", "\x1b", "\x7f", "\x9f", "\u200b", "\u202e", "\u2066", "\ud800"])
def test_what_a_terminal_would_obey(char: str) -> None:
    assert one_line(f"a{char}b") == "a\N{REPLACEMENT CHARACTER}b"


@pytest.mark.parametrize("kept", [2, 20])
def test_as_many_lines_are_kept_as_fit_to_the_byte(kept: int) -> None:
    one = Review(stack="s", verdict="failed", warnings=tuple(f"{at:060}" for at in range(900)))
    line = len(f"- {0:060}\n")
    exact = len(f"**{one.summary}**\n".encode()) + 120 + 2_000 + kept * line
    for limit, lines in ((exact, kept), (exact + line - 1, kept), (exact - 1, kept - 1)):
        text = markdown(one, limit)
        assert text.count("- 0000") == lines
        assert f"- … and {900 - lines} more" in text
