"""What git says of the base branch, and what is said where it says nothing."""

import subprocess
from pathlib import Path

import pytest

from trackform.review.base import NoBase, checked_out

WHO = ["-c", "user.name=t", "-c", "user.email=t@acme.test", "-c", "init.defaultBranch=main"]


def git(folder: Path, *arguments: str) -> None:
    subprocess.run(["git", *WHO, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project in git without account files."""
    git(tmp_path, "init", "-q")
    (tmp_path / "README").write_text("x")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    return tmp_path


def refused(folder: Path, ref: str) -> str:
    with pytest.raises(NoBase) as error, checked_out(ref, folder):
        pass
    return str(error.value)


def test_what_stands_at_a_commit_is_read_not_what_is_there_now(project: Path) -> None:
    (project / "stacks" / "shared").mkdir(parents=True)
    (project / "templates").mkdir()
    for name in ("stacks/demo.yaml", "stacks/shared/a.yaml", "templates/x.j2", "other.txt"):
        (project / name).write_text("committed")
    git(project, "add", ".")
    git(project, "commit", "-q", "-m", "second")
    (project / "stacks/demo.yaml").write_text("changed since")
    with checked_out("HEAD", project) as base:
        assert (base / "stacks/demo.yaml").read_text() == "committed"
        assert sorted(path.relative_to(base).as_posix() for path in base.rglob("*") if path.is_file()) == [
            "stacks/demo.yaml", "stacks/shared/a.yaml", "templates/x.j2",
        ]  # fmt: skip
    assert not base.exists()
    with checked_out("HEAD~1", project) as base:
        assert list(base.iterdir()) == [], "there was no stack then"


def test_a_ref_that_is_not_there_says_what_to_do(project: Path) -> None:
    said = refused(project, "origin/nowhere")
    assert said.startswith("git cannot read origin/nowhere: ")
    assert "fatal" not in said
    assert said.endswith("In CI fetch the base branch first: git fetch origin <branch>")
    assert "\n" not in said


def test_without_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "not a git repository" in refused(tmp_path, "main")


def test_without_git(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "nothing here"))
    assert refused(project, "HEAD") == "there is no git here, so the base branch cannot be read"


def test_a_ref_is_no_option_of_git(project: Path) -> None:
    assert refused(project, "--output=x") == "--output=x is no name of a branch or commit"
    assert not (project / "x").exists()
