"""What a command prints steers no terminal, but for our own colours and our own progress."""

import io
import subprocess
import sys
from contextlib import redirect_stderr

import pytest

from trackform.commands.probe import _progress
from trackform_core.text.guarded import guarded, led_through
from trackform_core.text.shown import fit_to_show


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


@pytest.mark.parametrize("style", ["", "0", "1", "1;31", "32", "2;3;4"])
def test_our_own_styles_stay(style: str, terminal: Terminal) -> None:
    with redirect_stderr(terminal), guarded("stderr", fit_to_show):
        sys.stderr.write(f"\x1b[{style}mtext\x1b[0m")
    assert terminal.getvalue() == f"\x1b[{style}mtext\x1b[0m"


@pytest.mark.parametrize(
    "style", ["8", "08", "0;8", "1;8", "30;40", "40", "37", "7", "38;5;0", "48;2;0;0;0", "5", "3;", "131"]
)
def test_styles_that_could_hide_a_text_do_not(style: str, terminal: Terminal) -> None:
    with redirect_stderr(terminal), guarded("stderr", fit_to_show):
        sys.stderr.write(f"\x1b[{style}mdelete everything")
    assert terminal.getvalue() == f"\\u001b[{style}mdelete everything"


def test_progress_moves_the_cursor_and_others_do_not(terminal: Terminal) -> None:
    with redirect_stderr(terminal), guarded("stderr", fit_to_show), _progress("demo") as (tell, step):
        tell("evil \x1b[2J [bold]")
        step("missing_sum")
        sys.stderr.write("\x1b[2J")
    said = terminal.getvalue()
    assert "\x1b[2K" in said
    assert "\\u001b[2K" not in said
    assert "\\u001b[2J" in said
    assert "\x1b[2J" not in said


def test_a_stream_that_nobody_guards_is_written_as_it_is(terminal: Terminal) -> None:
    with led_through(terminal, lambda _text: pytest.fail("led elsewhere")):
        terminal.write("as it is")
    assert terminal.getvalue() == "as it is"


def test_a_reader_that_has_gone_is_no_fault_of_ours() -> None:
    """As with ``trackform schema | head -1``: what was printed is still kept back when nobody reads any more."""
    waits = "import sys; sys.stdin.read(); from trackform.cli import main; main(['--version'])"
    with subprocess.Popen(
        [sys.executable, "-c", waits], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.close()
        process.stdout = None
        _, said = process.communicate("")
    assert said == ""
