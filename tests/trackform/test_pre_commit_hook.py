"""The hook that other repositories use: as its manifest says, in a project of theirs."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from pre_commit.clientlib import load_manifest

from trackform.cli import main

MANIFEST = Path(__file__).parents[2] / ".pre-commit-hooks.yaml"
RIGHT = "empty: true\naccount: {currency: USD}\n"


@pytest.fixture
def hook() -> dict[str, Any]:
    (found,) = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def test_pre_commit_takes_the_manifest() -> None:
    (loaded,) = load_manifest(str(MANIFEST))
    assert (loaded["id"], loaded["pass_filenames"]) == ("trackform-validate", False)


@pytest.mark.parametrize(
    ("file", "runs"),
    [
        ("stacks/acme.yaml", True), ("stacks/shared/base.yaml", True), ("stacks/policy.yaml", True),
        ("templates/offer.url.j2", True), ("README.md", False), ("docs/stacks/acme.yaml", False),
    ],
)  # fmt: skip
def test_it_runs_where_it_could_matter(hook: dict[str, Any], file: str, runs: bool) -> None:
    assert bool(re.search(hook["files"], file)) is runs


def test_it_checks_every_account_file(hook: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    for name in ("acme", "beta"):
        (tmp_path / "stacks" / f"{name}.yaml").write_text(RIGHT)
    monkeypatch.chdir(tmp_path)
    program, *arguments = shlex.split(hook["entry"])
    assert program == "trackform"
    assert CliRunner().invoke(main, arguments).exit_code == 0
    (tmp_path / "stacks" / "beta.yaml").write_text(RIGHT.replace("USD", "US$"))
    refused = CliRunner().invoke(main, arguments)
    assert (refused.exit_code, "stacks/beta.yaml:2" in refused.stderr) == (1, True)
