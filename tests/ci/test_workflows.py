"""What the workflow files promise: pinned actions, least permissions, no secret where none is needed."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"]
    return found


def everywhere() -> list[tuple[str, Any]]:
    return [(f"{path.stem}.{name}", job) for path in FILES for name, job in jobs(path).items()]


JOBS = [pytest.param(name, job, id=name) for name, job in everywhere()]


SIGNING = {"id-token", "attestations"}
"""Rights to say who one is, and to keep a signature: they change nothing in the repository."""


def test_there_are_three_for_accounts_and_two_for_the_product() -> None:
    assert [path.name for path in FILES] == ["apply.yml", "ci.yml", "drift.yml", "preview.yml", "release.yml"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned_to_commits(path: Path) -> None:
    used = [
        line.strip().removeprefix("- ") for line in path.read_text(encoding="utf-8").splitlines() if "uses:" in line
    ]
    assert used
    assert [line for line in used if not PINNED.fullmatch(line)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_nothing_is_permitted_by_default(path: Path) -> None:
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert data["permissions"] == {}
    # YAML 1.1 reads `on` as true.
    assert "pull_request_target" not in data[True], "it would hand secrets to what a stranger wrote"


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_who_may_write_has_no_secret(name: str, job: Any) -> None:
    writes = "write" in job["permissions"].values()
    assert not (writes and "secrets." in str(job)), "a job has secrets, or may write on GitHub"
    signs = set(job["permissions"]) & SIGNING
    assert name in ("release.sign", "release.publish") or not signs
    assert set(job["permissions"]) <= {"contents", "pull-requests", "issues"} | signs
    # Whoever signs and publishes runs nothing of the repository.
    assert ("contents" in job["permissions"]) is not bool(signs)
    assert job["permissions"].get("contents", "read") == "read"


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_secrets_come_from_the_stacks_environment(name: str, job: Any) -> None:
    assert ("secrets." in str(job)) == ("${{ matrix.stack }}" in job.get("environment", ""))


def test_what_is_signed_and_published_is_what_was_built() -> None:
    found = jobs(ROOT / ".github" / "workflows" / "release.yml")
    assert found["sign"]["needs"] == "build"
    assert found["publish"]["needs"] == ["build", "sign"]
    assert found["publish"]["environment"] == "release", "somebody has to approve"
    for name in ("sign", "publish"):
        (taken, used) = found[name]["steps"]
        assert taken["with"] == {"name": "dist", "path": "dist"}
        assert "run" not in taken | used


def test_every_action_and_module_is_watched_for_updates() -> None:
    watched = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    found = {each["package-ecosystem"]: each.get("directories", [each.get("directory")]) for each in watched}
    modules = sorted(f"/{path.parent.relative_to(ROOT).as_posix()}" for path in (ROOT / "tools").rglob("go.mod"))
    assert {name: sorted(folders) for name, folders in found.items()} == {
        "github-actions": ["/"], "gomod": modules, "pip": ["/"],
    }  # fmt: skip


def test_validate_and_render_need_no_secret() -> None:
    offline = jobs(ROOT / ".github" / "workflows" / "preview.yml")["offline"]
    assert "tools/ci/offline.sh" in str(offline)
    assert "secrets." not in str(offline)
    assert "environment" not in offline


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_shell_is_in_scripts_and_takes_nothing_from_expressions(name: str, job: Any) -> None:
    assert job["timeout-minutes"] <= 60
    for step in job["steps"]:
        command = step.get("run", "")
        assert "${{" not in command, "what people write in a pull request would be run as shell"
        for script in re.findall(r"tools/ci/[\w.]+", command):
            assert (ROOT / script).exists(), script
        if "checkout" in step.get("uses", ""):
            assert step["with"]["persist-credentials"] is False


def test_what_runs_on_windows_imports_nothing_that_is_not_there() -> None:
    """The packages, and the tests that ci.yml names for every system, with what pytest loads for them."""
    run = str(jobs(ROOT / ".github" / "workflows" / "ci.yml")["files"])
    folders = [ROOT / name for name in re.findall(r"tests/[\w/]+", run)]
    assert len(folders) == 4
    above = {path for folder in folders for each in folder.parents for path in each.glob("conftest.py")}
    loaded = [*folders, ROOT / "trackform", ROOT / "providers"]
    for path in above.union(*(folder.rglob("*.py") for folder in loaded)):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            assert not set(names) & {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}, path
