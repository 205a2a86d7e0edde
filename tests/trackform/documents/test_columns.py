"""Rows as a table where they fit, and as a list where a word would have to be broken."""

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.console import Console

from tests.terminal import Stream
from trackform.documents.columns import fits, list_of, show, wrapped

HEADS = ("step", "what to do", "where")
ROWS = [("conversion_types/initial_sale", "enter", "RedTrack 64f0aa"), ("postbacks/sales", "replace the row", "")]
WORDS = {word for row in (HEADS, *ROWS) for cell in row for word in cell.split()}


def shown(width: int, rows: list[tuple[str, ...]] | None = None) -> list[str]:
    out = io.StringIO()
    show(Console(file=out, width=width), HEADS, ROWS if rows is None else rows)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def test_a_table_where_it_fits() -> None:
    assert [line.split() for line in shown(80) if line][2] == [
        "conversion_types/initial_sale", "enter", "RedTrack", "64f0aa",
    ]  # fmt: skip


def test_a_list_where_it_does_not() -> None:
    assert shown(40) == [
        "conversion_types/initial_sale", "  what to do: enter", "  where: RedTrack 64f0aa", "postbacks/sales",
        "  what to do: replace the row",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [40, 50, 52, 53, 54, 60, 80, 120])
def test_no_word_is_broken_and_no_line_is_too_long(width: int) -> None:
    lines = shown(width)
    words = {word for line in lines for word in line.replace(":", " ").split()}
    assert {word for row in ROWS for cell in row for word in cell.split()} <= words
    assert max(map(len, lines)) <= width


def test_no_rows_at_all() -> None:
    assert shown(80, [])[1:2] == [" step  what to do  where"]


def test_the_first_cells_may_lead_together() -> None:
    assert list(list_of(("a", "b", "c"), [("1", "2", "3")], 80, lead=2)) == ["1: 2", "  c: 3"]


@given(st.lists(st.text("ab ", min_size=1, max_size=30), min_size=1, max_size=5), st.integers(1, 100))
@example(["ab"], 5)
@example(["ab"], 4)
@example(["a ", "bb a"], 8)
@example(["a ", "bb a"], 7)
def test_what_fits_has_room_for_its_longest_words(cells: list[str], width: int) -> None:
    longest = [max(map(len, cell.split()), default=0) for cell in cells]
    heads = ["" for _ in cells]
    assert fits(heads, [cells], width) == (1 + sum(longest) + 2 * len(cells) <= width)


def test_a_sentence_is_broken_between_words_alone() -> None:
    long = "https://track.acme.test/postback?clickid={cid}"
    assert wrapped(f"Copy {long} there-fore", 20) == ["Copy", long, "there-fore"]
    assert wrapped("a b", 0, "  ") == ["  a b"]


LONG = "traffic_channels/tiktok-germany-austria-switzerland-keto-brand"


def test_a_name_that_is_longer_than_a_line_stays_whole() -> None:
    assert shown(40, [(LONG, "enter", "")]) == [LONG, "  what to do: enter"]


@pytest.mark.parametrize("width", [40, 200])
def test_a_secret_is_hidden_before_its_words_stand_in_two_lines(width: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "An event that is not ticked never reaches RedTrack")
    sentence = "Events. An event that is not ticked never reaches RedTrack. More."
    assert wrapped(sentence, width) == ["Events. ***. More."]
    monkeypatch.setenv("REDTRACK_API_KEY__ACME", "tiktok-germany-austria-switzerland-keto-brand")
    said = "\n".join(shown(width, [(LONG, sentence, "")]))
    assert "switzerland" not in said
    assert "ticked" not in said
    assert "traffic_channels/***" in said


def test_a_sign_that_the_terminal_lacks_is_written_out_before_a_line_is_folded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the line is one column too long, and folded once more."""
    monkeypatch.setattr("sys.stdout", Stream(terminal=True, encoding="latin-1"))
    assert wrapped("Tools → Conversions → Types", 20) == ["Tools -> Conversions", "-> Types"]
    assert wrapped("Tools → Conversions → Types", 0) == ["Tools → Conversions → Types"], "for no terminal"
    out = Stream(terminal=True, encoding="latin-1")
    show(Console(file=out, width=24), ("step", "where"), [("a step", "Tools → Conversions")])
    assert "Tools ->" in out.text
