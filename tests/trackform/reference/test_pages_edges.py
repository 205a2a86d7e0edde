"""How the reference pages are made."""

import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from trackform.reference import commands, pages
from trackform.reference.pages import PAGES
from trackform_core.errors import TrackformError

ROOT = Path(__file__).resolve().parents[3]


def test_make_docs_writes_every_page_where_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    for page in PAGES:
        (tmp_path / page).write_bytes((ROOT / page).read_bytes() + b"of an earlier version\n")
    subprocess.run([sys.executable, "-m", "trackform.reference"], cwd=tmp_path, check=True, timeout=120)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert written == {path: (ROOT / path).read_bytes() for path in PAGES}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_that_somebody_wrote_is_not_replaced(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pages, "PAGES", {page: lambda: "made"})
    page.parent.mkdir()
    page.write_text("# Mine\n")
    with pytest.raises(TrackformError, match=f"^{page} is not replaced: .* by `make docs`"):
        pages.write_pages()
    assert page.read_text() == "# Mine\n"


def test_what_is_hidden_from_help_is_not_on_the_page() -> None:
    @click.group()
    def main() -> None: ...

    @main.command()
    @click.option("--loud", is_flag=True, help="Or not.")
    @click.option("--inner", is_flag=True, hidden=True)
    def shown(loud: bool, inner: bool) -> None:
        """Do it."""

    @main.command(hidden=True)
    def unseen() -> None: ...

    @main.command("a-first", hidden=True)
    def unseen_too() -> None: ...

    page = commands.page(main)
    assert "## `trackform shown`\n\n```text\ntrackform shown [OPTIONS]\n```\n\nDo it.\n" in page
    assert "| `--loud` | Or not. |" in page
    assert "unseen" not in page
    assert "a-first" not in page
    assert "--inner" not in page


def test_the_default_of_an_option_is_told_where_help_tells_it() -> None:
    @click.group()
    def main() -> None: ...

    @main.command()
    @click.option("--days", default=30, show_default=True, help="How far | back.")
    @click.option("--form", type=click.Choice(["a", "b"]), default="a", help="Which.")
    def shown(days: int, form: str) -> None: ...

    page = commands.page(main)
    assert "| `--days` | How far \\| back. Default `30`. |" in page
    assert "| `--form` | Which. One of `a`, `b`. |" in page


def test_what_stops_the_pages_is_said_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    def stops() -> None:
        raise TrackformError("run it in a clone")

    monkeypatch.setattr("trackform.reference.pages.write_pages", stops)
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("trackform.reference", run_name="__main__")
    assert ended.value.code == "Error: run it in a clone"
