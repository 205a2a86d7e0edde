"""Titles and answers of services that would steer a terminal, a comment or a spreadsheet: shown, and harmless."""

import ast
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from tests.trackform.verify.conftest import Live, live
from trackform.cli import main
from trackform_core.http import api as http

__all__ = ["live"]

ROOT = Path(__file__).parents[2]
STEERING = "\x1b]0;owned\x07\x1b[2J\x9b1m\u202e\u2066\u200b"
TITLE = f"evil{STEERING}|=cmd@ops <b> [x](http://evil.test)"
HARMFUL = ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\u202e", "\u2066", "\u200b")
VERBS = [
    ("export", "acme"),
    ("export", "acme", "--json"),
    ("export", "acme", "--unmanaged"),
    ("export", "acme", "--out", "stacks/new.yaml"),
    ("doctor", "acme"),
    ("doctor", "acme", "--json"),
    ("operator", "acme", "--list", "--live"),
    ("operator", "acme", "--html", "o.html"),
    ("reconcile", "acme", "--days", "3"),
    ("reconcile", "acme", "--days", "3", "--csv", "r.csv"),
    ("verify", "acme"),
    ("verify", "acme", "--json"),
]


def called(*arguments: str) -> str:
    """What it prints, and the reports that it writes, as bytes that a terminal would get."""
    before = {path: path.stat().st_mtime_ns for path in Path().rglob("*") if path.is_file()}
    done = CliRunner().invoke(main, arguments, color=True)
    assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
    fresh = [path for path in Path().rglob("*") if path.is_file() and before.get(path) != path.stat().st_mtime_ns]
    return "\n".join([done.output, *(path.read_text(encoding="utf-8") for path in fresh)])


@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
def test_titles_of_an_account(arguments: tuple[str, ...], live: Live) -> None:
    live.sale("refund")
    for kind, row in (("campaign", live.row("campaign", title="fb")), ("offer", live.row("offer"))):
        live.control("webapp", key=live.living.redtrack_key, kind=kind, id=row["id"], set={"title": TITLE})
    said = called(*arguments)
    assert not [each for each in HARMFUL if each in said]
    if arguments[:2] == ("export", "acme") and "--unmanaged" not in arguments:
        assert "evil" in said


@pytest.mark.parametrize("arguments", VERBS, ids=" ".join)
def test_what_a_service_says(arguments: tuple[str, ...], live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"error": TITLE, "message": TITLE, "result": "error"}
    mock = httpx.MockTransport(lambda _: httpx.Response(400, json=said))
    monkeypatch.setattr(http, "NETWORK", http.Network(lambda _: mock, base_wait=0, sleep=lambda _: None))
    output = called(*arguments)
    assert not [each for each in HARMFUL if each in output]


def test_one_module_writes_tables_for_spreadsheets() -> None:
    """It is the one that makes no formula of what a visitor wrote."""
    writers = [
        path.relative_to(ROOT).as_posix()
        for path in (*ROOT.glob("trackform/**/*.py"), *ROOT.glob("providers/**/*.py"), *ROOT.glob("tools/**/*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import) and any(alias.name == "csv" for alias in node.names)
    ]
    assert writers == ["trackform/reconcile/spreadsheet.py"]
