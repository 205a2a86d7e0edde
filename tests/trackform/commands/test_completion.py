"""Completion: verbs, options, stacks and objects, in the three shells."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main

TRACKFORM = Path(sys.prefix) / "bin" / "trackform"


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "acme.yaml").write_text("domains: {main: t.acme.test}\noffers: {keto: {}, yoga: {url: 1}}\n")
    (tmp_path / "stacks" / "zeta.yaml").write_text("traffic_channels: {facebook: {}}\n")
    (tmp_path / "stacks" / "broken.yaml").write_text("offers: [\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def completed(*words: str) -> list[str]:
    """What bash is offered for the last of these words."""
    line = {"COMP_WORDS": " ".join(["trackform", *words]), "COMP_CWORD": str(len(words))}
    done = CliRunner().invoke(main, prog_name="trackform", env={"_TRACKFORM_COMPLETE": "bash_complete", **line})
    return [each.partition(",")[2] for each in done.output.split()]


@pytest.mark.parametrize("verb", ["validate", "doctor", "review", "operator", "links", "verify", "reconcile", "probe"])
def test_stacks(verb: str) -> None:
    assert completed(verb, "") == ["acme", "broken", "zeta"]
    assert completed(verb, "z") == ["zeta"]


def test_objects_of_the_stack_that_is_named_or_of_all() -> None:
    assert completed("accept", "--stack", "") == ["acme", "broken", "zeta"]
    assert completed("accept", "--stack", "acme", "o") == ["offers/keto", "offers/yoga"]
    assert completed("accept", "") == ["domains/main", "offers/keto", "offers/yoga", "traffic_channels/facebook"]
    assert completed("accept", "--stack", "broken", "") == []


def test_where_there_is_no_project(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project / "stacks")
    assert completed("validate", "") == completed("accept", "") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_what_is_printed_is_for_that_shell(shell: str) -> None:
    done = CliRunner().invoke(main, ["completion", shell])
    assert done.exit_code == 0
    assert f"_TRACKFORM_COMPLETE={shell}_complete" in done.output
    assert f"trackform completion {shell}" in done.output
    if program := shutil.which(shell):
        subprocess.run([program, "-n"], input=done.output, text=True, check=True)


def test_bash_completes_what_it_printed(project: Path) -> None:
    script = (
        'eval "$(trackform completion bash)"\nCOMP_WORDS=(trackform validate a) COMP_CWORD=2\n'
        '_trackform_completion trackform\necho "${COMPREPLY[@]}"\n'
    )
    path = f"{TRACKFORM.parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script], env={**os.environ, "PATH": path}, cwd=project, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert (done.stdout, done.returncode) == ("acme\n", 0), done.stderr


def test_a_click_that_completes_nothing_in_a_shell_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform.commands.completion.get_completion_class", lambda _: None)
    done = CliRunner().invoke(main, ["completion", "fish"])
    assert (done.exit_code, done.output) == (1, "Error: this version of click completes nothing in fish\n")
