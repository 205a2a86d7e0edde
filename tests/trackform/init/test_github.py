"""``--github``: our workflows in somebody's repository, and who owns what decides about keys."""

import os
import re
from pathlib import Path

import pytest
import yaml

from tests.trackform.init.conftest import Run, tree
from trackform.init.github import WORKFLOWS

PINNED = re.compile(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def test_the_workflows_run_what_is_there(run: Run, folder: Path) -> None:
    done = run("init", "acme", "--github", "--owner", "@acme/ops", "--owner", "@zeta")
    assert done.exit_code == 0, done.output
    for name in WORKFLOWS:
        text = (folder / ".github" / "workflows" / name).read_text()
        assert yaml.safe_load(text)["permissions"] == {}
        assert not re.search(r"\bmake\b|tools/ci|requirements\.lock|providers/", text), name
        used = [line.strip().removeprefix("- ") for line in text.splitlines() if "uses:" in line]
        assert [line for line in used if not PINNED.fullmatch(line)] == []
        scripts = set(re.findall(r"\.github/trackform/[\w.]+", text))
        assert scripts
        for script in scripts:
            assert (folder / script).is_file(), script
            assert os.access(folder / script, os.X_OK) == script.endswith(".sh")
        # Whoever runs trackform has the environment of the project, which requirements.txt pins, and a pinned CLI.
        for job in yaml.safe_load(text)["jobs"].values():
            steps = [str(step.get("run", "")) + str(step.get("uses", "")) for step in job["steps"]]
            if any(".sh" in step for step in steps):
                assert any("-r requirements.txt" in step for step in steps)
                assert any("pulumi/actions" in step for step in steps)
    there = {path.name for path in (folder / ".github" / "trackform").glob("*.py")}
    assert {"stacks.py", "reviews.py", "github.py"} <= there, "what the others import"


def test_owners_approve_what_decides_about_keys_and_limits(run: Run, folder: Path) -> None:
    run("init", "acme", "--github", "--owner", "@acme/ops", "--owner", "@zeta")
    rows = [line.split() for line in (folder / ".github" / "CODEOWNERS").read_text().splitlines()[1:]]
    assert {row[0] for row in rows} >= {"/.github/", "/stacks/Pulumi.*.yaml", "/stacks/policy.yaml", "/templates/"}
    assert {tuple(row[1:]) for row in rows} == {("@acme/ops", "@zeta")}


def test_without_an_owner_nothing_is_written(run: Run, folder: Path) -> None:
    done = run("init", "acme", "--github")
    assert (done.exit_code, "--github needs --owner" in done.output) == (1, True)
    assert tree(folder) == {}
    done = run("init", "acme", "--affiliate", "a", "--github", answers=["@me", *[""] * 6])
    assert done.exit_code == 0, done.output
    assert "@me" in (folder / ".github" / "CODEOWNERS").read_text()


def test_codeowners_elsewhere_stay_in_force(run: Run, folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* @acme/all\n")
    done = run("init", "acme", "--github", "--owner", "@acme/ops")
    assert done.exit_code == 0, done.output
    assert not (folder / ".github" / "CODEOWNERS").exists()
    _, told = done.output.split("left CODEOWNERS as it was; add to it:\n")
    lines = [line.strip() for line in told.splitlines() if line.startswith("  /")]
    assert lines[0].split() == ["/.github/", "@acme/ops"]
    assert "every generated file that is here is as this version makes it" in run("upgrade").output
    # As it says; and whoever has the path with owners already is left alone.
    (folder / "CODEOWNERS").write_text("\n".join(["* @acme/all", *lines, ""]).replace("@acme/ops", "@zeta", 1))
    assert "left CODEOWNERS as it was\n" in run("init").output


def test_who_asks_for_no_owners_is_told_of_none(run: Run, folder: Path) -> None:
    (folder / "CODEOWNERS").write_text("* @acme/all\n")
    assert "CODEOWNERS" not in run("init", "acme").output


def test_other_owners_are_written_by_upgrade_and_this_is_said(run: Run, folder: Path) -> None:
    run("init", "acme", "--github", "--owner", "@acme/ops")
    done = run("init", "--github", "--owner", "@zeta")
    assert "left .github/CODEOWNERS as it was: `trackform upgrade` writes the other owners into it" in done.output
    assert "@acme/ops" in (folder / ".github" / "CODEOWNERS").read_text()
    assert run("upgrade").exit_code == 0
    assert "@acme/ops" not in (folder / ".github" / "CODEOWNERS").read_text()


def test_owners_without_what_they_own_are_refused(run: Run, folder: Path) -> None:
    done = run("init", "acme", "--owner", "@acme/ops")
    assert (done.exit_code, "add --github" in done.output) == (1, True)
    assert tree(folder) == {}


def test_run_again_it_keeps_its_owners(run: Run, folder: Path) -> None:
    run("init", "acme", "--github", "--owner", "@acme/ops")
    (folder / ".github" / "workflows" / "drift.yml").unlink()
    assert "wrote .github/workflows/drift.yml" in run("init").output


@pytest.mark.parametrize("owner", ["ops", "@", "@acme/ops and more", "@acme\n* @them", "#", ""])
def test_an_owner_whom_github_does_not_know(run: Run, folder: Path, owner: str) -> None:
    done = run("init", "acme", "--github", "--owner", owner)
    assert (done.exit_code, "no owner that GitHub knows" in done.output) == (1, True), done.output
    assert tree(folder) == {}


@pytest.mark.parametrize("form", ["a folder", "a file of a worktree"])
def test_below_the_root_of_a_repository_github_would_read_nothing(run: Run, folder: Path, form: str) -> None:
    git = folder.parent / ".git"
    git.mkdir() if form == "a folder" else git.write_text("gitdir: elsewhere\n")
    done = run("init", "acme", "--github", "--owner", "@acme/ops")
    assert (done.exit_code, f"which is {folder.parent}" in done.output) == (1, True), done.output
    assert tree(folder) == {}
    assert run("init", "acme").exit_code == 0
    (folder / ".git").mkdir()
    assert run("init", "--github", "--owner", "@acme/ops").exit_code == 0
