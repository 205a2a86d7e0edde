"""Terminals that know few letters: every verb says what it has to say, in the letters that there are."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from trackform.cli import main
from trackform_core.text.shown import encodable

FILE = """account: {currency: USD, name: Łódź}
conversion_types: {sale: {title: Büro → Łódź, slot: 1}}
"""
OF_ALL_LETTERS = """account: {currency: USD, name: Łódź}
conversion_types: {sale: {title: "Büro → «Łódź»", slot: 1}}
traffic_channels: {facebook: {preset: facebook, title: "«Büro» 🚀 Łódź"}}
"""
PREVIEWS = Path(__file__).parents[2] / "data" / "previews"
Reader = Callable[[str], Any]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text(FILE, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


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
@pytest.mark.parametrize("verb", [["operator", "--list"], ["validate"], ["validate", "--matrix"], ["links"]])
def test_no_verb_ends_in_the_middle(verb: list[str], encoding: str) -> None:
    plain, narrow = CliRunner().invoke(main, verb), CliRunner(charset=encoding).invoke(main, verb)
    assert narrow.exit_code == plain.exit_code
    assert narrow.exception is None or isinstance(narrow.exception, SystemExit)
    assert (narrow.stdout, narrow.stderr) == (encodable(plain.stdout, encoding), encodable(plain.stderr, encoding))


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize(
    ("verb", "read"),
    [
        (["render"], yaml.safe_load),
        (["render", "--json"], json.loads),
        (["validate", "--json"], json.loads),
        (["validate", "--matrix", "--format", "json"], json.loads),
        (["operator", "--list", "--json"], json.loads),
    ],
)
def test_what_machines_read_says_the_same(project: Path, verb: list[str], read: Reader, encoding: str) -> None:
    (project / "stacks" / "acme.yaml").write_text(OF_ALL_LETTERS, encoding="utf-8")
    plain, narrow = CliRunner().invoke(main, verb), CliRunner(charset=encoding).invoke(main, verb)
    assert read(narrow.stdout) == read(plain.stdout)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
def test_a_review_for_machines_says_the_same(project: Path, encoding: str) -> None:
    (project / "stacks" / "acme.yaml").write_text(OF_ALL_LETTERS, encoding="utf-8")
    preview = json.loads((PREVIEWS / "renamed.json").read_text(encoding="utf-8"))
    text = json.dumps(preview).replace("tt-new", r"«Büro» \ud83d\ude80 Łódź")
    assert "Łódź" in text
    (project / "plan.json").write_text(text, encoding="utf-8")
    verb = ["review", "demo", "--json", "--preview", "plan.json", "--write", "kept.json"]
    plain, narrow = CliRunner().invoke(main, verb), CliRunner(charset=encoding).invoke(main, verb)
    assert "Łódź" in str(json.loads(plain.stdout))
    assert json.loads(narrow.stdout) == json.loads(plain.stdout)
    assert json.loads((project / "kept.json").read_text(encoding="utf-8")) == json.loads(plain.stdout)


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "utf-8"])
def test_what_render_prints_says_the_same_in_the_letters_that_there_are(encoding: str) -> None:
    Path("stacks/acme.yaml").write_text("traffic_channels: {fb: {title: Büro → Łódź}}\n", encoding="utf-8")
    done = CliRunner(charset=encoding).invoke(main, ["render", "acme"])
    assert done.exit_code == 0, done.output
    text = done.stdout_bytes.decode(encoding)
    assert yaml.safe_load(text)["acme"]["traffic_channels"]["fb"]["title"] == "Büro → Łódź"
    assert ("Büro → Łódź" in text) is (encoding == "utf-8")
