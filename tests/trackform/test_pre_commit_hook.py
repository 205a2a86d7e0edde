"""The hook that other repositories use: as its manifest says, in a project of theirs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pre_commit.clientlib import load_manifest

from trackform.commands.changed_files import projects_of

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
RIGHT = "empty: true\naccount: {currency: USD}\n"


@pytest.fixture
def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_pre_commit_takes_the_manifest() -> None:
    (loaded,) = load_manifest(str(MANIFEST))
    assert (loaded["id"], loaded["pass_filenames"]) == ("trackform-validate", True)


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("stacks/acme.yaml", True), ("stacks/shared/base.yaml", True), ("stacks/policy.yaml", True),
        ("templates/offer.url.j2", True), ("README.md", False), ("stacks.yaml", False),
        ("ads/stacks/acme.yaml", True), ("ads/templates/offer.url.j2", True),
    ],
)  # fmt: skip
def test_it_runs_where_it_could_matter(hook: dict[str, Any], file: str, runs: bool) -> None:
    assert bool(re.search(hook["files"], file)) is runs


@pytest.mark.parametrize("place", [".", "ads"])
@pytest.mark.parametrize("project", ["name: trackform\nruntime: python\n", ""])
def test_it_checks_every_account_file_of_the_project(
    hook: dict[str, Any], tmp_path: Path, place: str, project: str
) -> None:
    """Started by git at the root of a repository, which the project need not be."""
    stacks = tmp_path / place / "stacks"
    (stacks / "shared").mkdir(parents=True)
    if project:
        (stacks.parent / "Pulumi.yaml").write_text(project)
    for name in ("acme", "beta"):
        (stacks / f"{name}.yaml").write_text(RIGHT)
    (entry,) = shlex.split(hook["entry"])
    command = [Path(sys.executable).with_name(entry), stacks / "shared" / "base.yaml", stacks / "acme.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("acme: ") == 1, "each project once"
    assert ("in ads:" in done.stderr) is (place == "ads"), "lines are of files that other projects have as well"
    (stacks / "beta.yaml").write_text(RIGHT.replace("USD", "US$"))
    refused = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (refused.returncode, "stacks/beta.yaml:2" in refused.stderr) == (1, True)


def test_projects_side_by_side(tmp_path: Path) -> None:
    for name in ("ads", "shop"):
        (tmp_path / name / "stacks").mkdir(parents=True)
        (tmp_path / name / "Pulumi.yaml").touch()
    files = [f"{tmp_path}/ads/stacks/a.yaml", f"{tmp_path}/shop/templates/x.j2", f"{tmp_path}/elsewhere/x.yaml"]
    assert projects_of(files) == [tmp_path / "ads", tmp_path / "shop"]
    assert projects_of([]) == []
