"""How the reference pages are made."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from trackform import cli, commands_page, schema
from trackform.reference import PAGES

ROOT = Path(__file__).resolve().parents[2]


def test_make_docs_writes_every_page_where_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    subprocess.run([sys.executable, "-m", "trackform.reference"], cwd=tmp_path, check=True, timeout=120)
    written = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.*")}
    assert written == {path: (ROOT / path).read_bytes() for path in PAGES}


def test_what_is_hidden_from_help_is_not_on_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.group()
    def main() -> None: ...

    @main.command()
    @click.option("--loud", is_flag=True, help="Or not.")
    @click.option("--inner", is_flag=True, hidden=True)
    def shown(loud: bool, inner: bool) -> None:
        """Do it."""

    @main.command(hidden=True)
    def unseen() -> None: ...

    monkeypatch.setattr(cli, "main", main)
    page = commands_page.page()
    assert "## `trackform shown`\n\n```\ntrackform shown [OPTIONS]\n```\n\nDo it.\n" in page
    assert "| `--loud` | Or not. |" in page
    assert "unseen" not in page
    assert "--inner" not in page


def test_the_default_of_an_option_is_told_where_help_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    @click.group()
    def main() -> None: ...

    @main.command()
    @click.option("--days", default=30, show_default=True, help="How far | back.")
    @click.option("--form", type=click.Choice(["a", "b"]), default="a", help="Which.")
    def shown(days: int, form: str) -> None: ...

    monkeypatch.setattr(cli, "main", main)
    page = commands_page.page()
    assert "| `--days` | How far \\| back. Default `30`. |" in page
    assert "| `--form` | Which. One of `a`, `b`. |" in page


def test_what_stands_in_a_list_is_taken_whole_and_has_to_be_complete() -> None:
    model = {"properties": {"id": {"type": "integer", "description": "Its id."}}, "required": ["id"]}
    assert schema._model(model, part=False)["required"] == ["id"]
    part = schema._model(model, part=True)
    assert "required" not in part
    assert part["properties"]["id"]["description"] == "Its id. Required."
    assert {"type": "null"} in part["properties"]["id"]["anyOf"]


@pytest.mark.parametrize("form", [{}, {"type": "null"}])
def test_what_may_be_anything_or_nothing_needs_no_alternative(form: schema.Schema) -> None:
    assert schema._or_null(form) == form


def test_null_is_an_alternative_once() -> None:
    once = {"anyOf": [{"type": "string"}, {"type": "null"}]}
    assert schema._or_null({"type": "string"}) == schema._or_null(once) == once
