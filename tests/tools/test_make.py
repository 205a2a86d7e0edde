"""What `make` takes away in a project's folder, and what it leaves."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Make = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """In a folder that has the Makefile, and nothing that was made by it."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    def run(*goals: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", "--no-print-directory", *goals], cwd=tmp_path, capture_output=True, text=True, check=False
        )

    return run


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file() or path.is_symlink()}


def test_clean_leaves_states_and_sandbox_data_and_says_so(make: Make, tmp_path: Path) -> None:
    before = files(tmp_path)
    live = {
        ".state/pulumi/.pulumi/stacks/trackform/acme.json", ".state/sandbox/sandbox.sqlite3",
        ".state/doctor/partnerships.json", ".state/catalog.yaml", "stacks/acme.yaml", "stacks/acme.ledger.yaml",
        ".git/__pycache__/x", ".state/pulumi/__pycache__/x", "other/__pycache__/x",
    }  # fmt: skip
    made = (
        ".venv/pyvenv.cfg", ".venv/bin/python", "dist/x.whl", ".ruff_cache/x", ".mypy_cache/x", ".pytest_cache/x",
        ".state/demo/pulumi/.pulumi/stacks/trackform/demo.json", ".state/demo/sandbox/sandbox.sqlite3",
        "__pycache__/x", "trackform/rules/__pycache__/x", "tests/__pycache__/x",
    )  # fmt: skip
    put(tmp_path, *live, *made)
    done = make("clean")
    assert (done.returncode, done.stderr) == (0, "")
    assert files(tmp_path) - before == live
    for left in (".state/catalog.yaml", ".state/doctor", ".state/pulumi", ".state/sandbox"):
        assert f"clean: left {left}, which nothing here can make again\n" in done.stdout
    assert ".state/demo" not in done.stdout


def test_clean_where_there_is_nothing(make: Make, tmp_path: Path) -> None:
    before = files(tmp_path)
    for _ in range(2):
        assert make("clean").returncode == 0
    put(tmp_path, ".state/demo/sandbox/sandbox.sqlite3")
    assert "left" not in make("clean").stdout
    assert files(tmp_path) == before
    assert not (tmp_path / ".state").exists()


def test_clean_leaves_a_stack_that_somebody_made_in_the_demos_folder(make: Make, tmp_path: Path) -> None:
    stacks = ".state/demo/pulumi/.pulumi/stacks/trackform"
    put(tmp_path, f"{stacks}/demo.json", f"{stacks}/acme.json")
    assert "clean: left .state/demo," in make("clean").stdout
    assert (tmp_path / stacks / "acme.json").exists()


def test_a_folder_that_is_no_environment_is_neither_cleaned_nor_cleared(make: Make, tmp_path: Path) -> None:
    put(tmp_path, ".venv/notes.txt")
    assert "clean: left .venv," in make("clean").stdout
    done = make("setup")
    assert done.returncode != 0
    assert "setup: .venv is there and no virtual environment: move it away, then run this again" in done.stderr
    assert (tmp_path / ".venv" / "notes.txt").read_text() == "x"


@pytest.mark.parametrize(("goals", "stays"), [((), True), (("help",), True), (("clean",), False)])
def test_what_a_link_leads_to_stays(make: Make, tmp_path: Path, goals: tuple[str, ...], stays: bool) -> None:
    put(tmp_path, "elsewhere/pyvenv.cfg", "elsewhere/.ready")
    (tmp_path / ".venv").symlink_to("elsewhere")
    assert make(*goals).returncode == 0
    assert (tmp_path / ".venv").is_symlink() is stays
    assert {"elsewhere/pyvenv.cfg", "elsewhere/.ready"} <= files(tmp_path)


def test_the_wheel_is_tried_with_the_python_that_was_asked_for_or_not_at_all(make: Make, tmp_path: Path) -> None:
    """It was tried with our own, and that passed."""
    put(tmp_path, ".venv/bin/pytest")
    (tmp_path / ".venv/bin/pytest").write_text('#!/bin/sh\necho "$INSTALLED_PYTHON $INSTALLED_PULUMI"\n')
    (tmp_path / ".venv/bin/pytest").chmod(0o755)
    done = make("-o", "setup", "installed", "WITH=no-such-python")
    assert (done.returncode, done.stdout) == (2, "")
    done = make("-o", "setup", "installed", f"WITH={sys.executable}", "PULUMI=3.272.0")
    assert (done.returncode, done.stdout) == (0, f"{Path(sys.executable).resolve()} 3.272.0\n"), done.stderr
