"""`trackform review --html` draws the account that the preview is about, and marks it."""

import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main

ROOT = Path(__file__).parents[3]
DATA = ROOT / "tests" / "data" / "previews"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("stacks", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKFORM_POLICY", raising=False)
    return tmp_path


def page(preview: str) -> str:
    done = CliRunner().invoke(main, ["review", "demo", "--preview", str(DATA / f"{preview}.json"), "--html"])
    assert done.exit_code in (0, 2, 3), done.output
    return done.stdout


def test_drift_is_marked_where_it_is(project: Path) -> None:
    told = page("drift")
    drifted = re.findall(r'aria-label="[^"]*? (\S+?)[,;][^"]*changed outside: [^"]*"', told)
    listed = re.findall(r"<summary><strong>[^<]*/([^<]*)</strong>", told)
    assert drifted
    assert set(drifted) <= set(listed)
    assert "Flow matrix" in told


def test_dangers_are_marked(project: Path) -> None:
    assert re.search(r'class="object is-danger', page("dangerous"))


def test_a_file_with_mistakes_has_no_picture(project: Path) -> None:
    file = project / "stacks" / "demo.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("countries", "contries"), encoding="utf-8")
    assert "Picture of the account" not in page("drift")
