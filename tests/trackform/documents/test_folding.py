"""Lines are folded between words alone, and what people copy is not folded at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.terminal import Stream
from trackform.documents.folding import SLIMMEST, cells_of, columns_of, folded, for_terminal

URL = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}"


@pytest.mark.parametrize(
    ("line", "lines"),
    [
        ("short", ["short"]),
        ("a sentence of more than ten columns", ["a sentence of more", "  than ten columns"]),
        ("  - an indented one of more", ["  - an indented one", "    of more"]),
        (f"the link {URL} is whole", ["the link", f"  {URL}", "  is whole"]),
        ("write `a: {b: c, d: e}` instead", ["write", "  `a: {b: c, d: e}`", "  instead"]),
        ("fix: trackform operator acme --confirm '*'", ["fix:", "  trackform operator acme --confirm '*'"]),
        ("a question that is folded? ", ["a question that is", "  folded? "]),
        ("\x1b[31mred red red red red\x1b[0m", ["\x1b[31mred red red red red\x1b[0m"]),
        ("東京 東京 東京 東京 東京", ["東京 東京 東京 東京", "  東京"]),
    ],
)
def test_a_line_in_twenty_columns(line: str, lines: list[str]) -> None:
    assert folded(line, 20).split("\n") == lines


@pytest.mark.parametrize(("text", "cells"), [("abc", 3), ("東京", 4), ("e\u0301", 1), ("a\u200bb", 2), ("é", 1)])
def test_how_wide_a_text_is(text: str, cells: int) -> None:
    """An accent over a letter, and what has no width, take no cell of a terminal."""
    assert cells_of(text) == cells


@given(st.text(" abcé東`:\x1b", max_size=80), st.integers(1, 60))
def test_no_word_is_lost_and_only_single_ones_are_too_long(line: str, width: int) -> None:
    text = folded(line, width)
    assert text.split() == line.split()
    for each in text.split("\n") if "`" not in line else ():
        assert cells_of(each.rstrip()) <= max(width, SLIMMEST) or len(each.split()) == 1
    assert folded(line, 0) == line


def test_a_stream_that_is_no_terminal_is_written_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    line = "word " * 20 + "\n"
    assert columns_of(Stream(terminal=False)) == 0
    assert for_terminal(line, Stream(terminal=False)) == line
    assert all(len(each) <= 40 for each in for_terminal(line, Stream(terminal=True)).split("\n"))
    for unknown in ("0", "", "wide"):
        monkeypatch.setenv("COLUMNS", unknown)
        assert columns_of(Stream(terminal=True)) == 80, "it leads to no terminal that could tell"
