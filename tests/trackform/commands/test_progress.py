"""A person at a terminal sees at once what is under way; a log sees nothing of it."""

import sys
from contextlib import redirect_stderr

import pytest
from rich.live import Live

from tests.terminal import Stream
from trackform.commands.progress import under_way
from trackform_core.text.guarded import guarded
from trackform_core.text.shown import fit_to_show


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")


def shown(stream: Stream, task: str) -> str:
    with redirect_stderr(stream), guarded("stderr", fit_to_show), under_way(task):
        sys.stderr.write("told meanwhile\n")
    return stream.text


def test_a_terminal_is_told_what_is_under_way() -> None:
    text = shown(Stream(terminal=True), "acme: making a preview")
    assert "acme: making a preview" in text
    assert "told meanwhile" in text
    assert text.count("\x1b[?25l") == text.count("\x1b[?25h") == 1, "the cursor is hidden, and shown again"


def test_without_one_nothing_is_said() -> None:
    assert shown(Stream(terminal=False), "acme: making a preview") == "told meanwhile\n"


def test_a_terminal_of_few_letters_is_told_too() -> None:
    text = shown(Stream(terminal=True, encoding="latin-1"), "Łódź → \x1b[8m")
    assert r"\u0141ód\u017a -> \u001b[8m" in text


def test_an_interrupt_while_it_begins_leaves_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    begins = Live.start

    def interrupted(live: Live, refresh: bool = False) -> None:
        begins(live, refresh)
        raise KeyboardInterrupt

    monkeypatch.setattr(Live, "start", interrupted)
    stream = Stream(terminal=True)
    with pytest.raises(KeyboardInterrupt):
        shown(stream, "acme: making a preview")
    assert stream.text.rindex("\x1b[?25h") > stream.text.rindex("\x1b[?25l")
