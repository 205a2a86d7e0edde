"""A file that is named for a report is replaced where it is an earlier report, and otherwise kept."""

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.trackform.review.conftest import DATA
from trackform.cli import main
from trackform.documents.report_file import ReportFile, holds
from trackform_core.errors import TrackformError

ROOT = Path(__file__).parents[3]
PRECIOUS = {
    "stacks/demo.yaml": "",
    "stacks/Pulumi.demo.yaml": "",
    "stacks/policy.yaml": "",
    "stacks/demo.ledger.yaml": "version: 1\n",
    "notes.html": "<!doctype html>\n<title>mine</title>\n",
    "notes.md": "# What trackform review told us\n",
    "preview.json": '{"steps": [], "digest": "mine"}\n',
    "list.json": "[1]\n",
    "orders.csv": "stack,verdict,mine\r\n",
    "notes.txt": "mine\n",
}
OPEN = 4
"""Exit status of a review that finds operator steps open, and nothing else."""
Run = Callable[[Path], list[str]]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    shutil.copytree(ROOT / "templates", tmp_path / "templates")
    monkeypatch.chdir(tmp_path)
    for name in ("TRACKFORM_POLICY", "REDTRACK_API_KEY", "DIGISTORE24_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name, text in PRECIOUS.items():
        if text:
            (tmp_path / name).write_text(text, newline="")
    return tmp_path


def review(file: Path) -> list[str]:
    return ["review", "demo", "--preview", str(DATA / "clean.json"), "--write", str(file)]


def operator(file: Path) -> list[str]:
    return ["operator", "demo", "--html", str(file)]


def schema(file: Path) -> list[str]:
    return ["schema", "--out", str(file)]


def reconcile(file: Path) -> list[str]:
    return ["reconcile", "demo", "--csv", str(file)]


def export(file: Path) -> list[str]:
    return ["export", "demo", "--out", str(file)]


def split(file: Path) -> list[str]:
    return ["export", "demo", "--split", str(file)]


def refused(*arguments: str) -> str:
    done = CliRunner().invoke(main, list(arguments))
    assert done.exit_code == 1, done.output
    assert isinstance(done.exception, SystemExit)
    return done.output


@pytest.mark.parametrize("name", PRECIOUS)
@pytest.mark.parametrize("run", [operator, schema, reconcile, export, split])
def test_no_report_replaces_what_it_did_not_make(run: Run, name: str) -> None:
    before = Path(name).read_bytes()
    told = refused(*run(Path(name)))
    assert name in told
    assert "Name another file" in told
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize("name", ["notes.html", "notes.md", "preview.json", "list.json", "notes.txt"])
def test_no_review_replaces_what_it_did_not_make(name: str) -> None:
    before = Path(name).read_bytes()
    told = refused(*review(Path(name)))
    assert f"{name} is not replaced: what it holds was not written by `trackform review`" in told
    assert "operator steps open" not in told, "it is refused before the work begins"
    assert Path(name).read_bytes() == before


@pytest.mark.parametrize(("fails", "said"), [("read_bytes", "read"), ("replace", "written")])
def test_a_file_that_cannot_be_used_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, fails: str, said: str
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    Path("page.html").touch()
    monkeypatch.setattr(Path, fails, refuse)
    with pytest.raises(TrackformError, match=f"^page.html cannot be {said}: Permission denied$"):
        ReportFile(Path("page.html"), "trackform operator", holds("mark")).write("mark")


def test_what_a_link_leads_to_is_what_counts() -> None:
    Path("page.html").symlink_to("stacks/demo.yaml")
    before = Path("stacks/demo.yaml").read_bytes()
    refused(*review(Path("page.html")))
    refused(*operator(Path("page.html")))
    assert Path("stacks/demo.yaml").read_bytes() == before


@pytest.mark.parametrize("ending", [".md", ".html", ".json", ".txt"])
def test_a_review_replaces_an_earlier_one_and_an_empty_file(ending: str) -> None:
    file, link = Path(f"review{ending}"), Path(f"link{ending}")
    link.symlink_to(file)
    file.touch(mode=0o600)
    for _ in range(2):
        assert CliRunner().invoke(main, review(link)).exit_code == OPEN
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert "only operator steps open" in file.read_text()
    assert [path.name for path in Path().iterdir() if path.name.startswith(".")] == [], "nothing lies beside it"


def test_the_longest_holds_for_a_file_with_its_last_line() -> None:
    call = ["review", "demo", "--preview", str(DATA / "dangerous.json"), "--longest", "4000", "--write", "review.md"]
    assert CliRunner().invoke(main, call).exit_code == 2
    assert len(Path("review.md").read_bytes()) <= 4000


@pytest.mark.parametrize("run", [operator, schema])
def test_others_replace_their_own(run: Run) -> None:
    first = CliRunner().invoke(main, run(Path("own.x")))
    again = CliRunner().invoke(main, run(Path("own.x")))
    assert first.exit_code == again.exit_code != 1


def test_nothing_is_confirmed_before_a_page_that_cannot_be_written() -> None:
    before = Path("stacks/demo.ledger.yaml").read_text()
    refused("operator", "demo", "--confirm", "*", "--who", "ops", "--html", "stacks/demo.yaml")
    assert Path("stacks/demo.ledger.yaml").read_text() == before


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    os.mkfifo("pipe")
    said: list[str] = []
    reader = threading.Thread(target=lambda: said.append(Path("pipe").read_text()))
    reader.start()
    assert CliRunner().invoke(main, schema(Path("pipe"))).exit_code == 0
    reader.join()
    assert "trackform account file" in said[0]
    assert Path("pipe").is_fifo()


@pytest.mark.parametrize("name", ["stacks/demo.ledger.yaml", "stacks/policy.yaml", "stacks/Pulumi.new.yaml"])
def test_not_even_force_makes_an_export_of_something_else(name: str) -> None:
    told = refused(*export(Path(name)), "--force")
    assert f"{name} is the name of a ledger, a policy or Pulumi's settings, which no export writes" in told
