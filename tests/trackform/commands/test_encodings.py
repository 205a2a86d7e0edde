"""Terminals that know few letters: every verb says what it has to say, in the letters that there are."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main
from trackform_core.text.shown import encodable

FILE = """account: {currency: USD, name: Łódź}
conversion_types: {sale: {title: Büro → Łódź, slot: 1}}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("text", "encoding", "shown"),
    [
        ("as it is → …", "utf-8", "as it is → …"),
        ("Büro → Łódź…", "latin-1", r"Büro -> \u0141ód\u017a..."),
        ("Büro ≠ •", "ascii", r"B\xfcro != *"),
        ("plain", "ascii", "plain"),
        ("of no encoding →", "no-such-encoding", "of no encoding →"),
    ],
)
def test_what_an_encoding_cannot_hold_is_written_plainly(text: str, encoding: str, shown: str) -> None:
    assert encodable(text, encoding) == shown


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize(
    "verb", [["operator", "--list"], ["validate"], ["validate", "--matrix"], ["render"], ["links"]]
)
def test_no_verb_ends_in_the_middle(verb: list[str], encoding: str) -> None:
    plain, narrow = CliRunner().invoke(main, verb), CliRunner(charset=encoding).invoke(main, verb)
    assert narrow.exit_code == plain.exit_code
    assert narrow.exception is None or isinstance(narrow.exception, SystemExit)
    assert (narrow.stdout, narrow.stderr) == (encodable(plain.stdout, encoding), encodable(plain.stderr, encoding))
