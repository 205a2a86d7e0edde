"""Another environment's trackform goes on as the project's own; with real environments: tests/test_wheel.py."""

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import NoReturn

import pytest

from trackform.project import environment
from trackform.project.environment import Environment, environment_in, hand_over

OURS = version("trackform")


class Started(Exception):  # noqa: N818 -- in place of a process that ends here
    """What was started."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose environment has trackform 9.9.9."""

    def start(program: str, arguments: list[str]) -> NoReturn:
        raise Started(program, *arguments)

    monkeypatch.setattr(os, "execv", start)
    monkeypatch.delenv("_TRACKFORM_COMPLETE", raising=False)
    (tmp_path / "Pulumi.yaml").write_text("name: acme\nruntime: {name: python, options: {virtualenv: env}}\n")
    release(tmp_path, "9.9.9")
    return tmp_path


def release(project: Path, number: str) -> None:
    site = project / "env" / "lib" / "python3.11" / "site-packages" / "trackform.dist-info"
    site.mkdir(parents=True, exist_ok=True)
    (site / "METADATA").write_text(f"Metadata-Version: 2.1\nName: trackform\nVersion: {number}\n")
    (project / "env" / "bin").mkdir(exist_ok=True)
    for name in ("bin/python", "pyvenv.cfg"):
        (project / "env" / name).write_text("")


def started(project: Path, *arguments: str) -> tuple[object, ...]:
    with pytest.raises(Started) as told:
        hand_over(list(arguments), project)
    return told.value.args


def test_the_projects_own_goes_on_with_the_same_words(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    python = str(project / "env" / "bin" / "python")
    run = "from trackform.cli import main; main(prog_name='trackform')"
    assert started(project, "review", "acme", "--json") == (python, python, "-P", "-c", run, "review", "acme", "--json")
    assert capsys.readouterr().err == (
        f"trackform 9.9.9 of this project, in {project / 'env'}, does this; what was started is {OURS}, in "
        f"{sys.prefix}. To change over: trackform upgrade\n"
    )
    assert started(project)[-1] == run


def test_of_one_version_and_while_a_word_is_completed_nothing_is_said(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_TRACKFORM_COMPLETE", "bash_complete")
    started(project, "review")
    monkeypatch.delenv("_TRACKFORM_COMPLETE")
    release(project, OURS)
    started(project, "review")
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("verb", ["init", "upgrade"])
def test_what_makes_the_environment_is_of_the_trackform_that_was_started(project: Path, verb: str) -> None:
    hand_over([verb, "acme"], project)
    assert started(project, "review", verb)[-2:] == ("review", verb)


def test_the_environment_that_we_are_in_hands_over_to_nobody(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "prefix", str(project / "env"))
    hand_over(["review"], project)


def test_an_environment_is_one_with_a_python_and_trackform(project: Path) -> None:
    assert environment_in(project / "env") == Environment(project / "env", "9.9.9")
    for name in ("pyvenv.cfg", "bin", "lib"):
        (project / "env" / name).rename(project / f"{name} elsewhere")
        assert environment_in(project / "env") is None, name
        hand_over(["review"], project)
        (project / f"{name} elsewhere").rename(project / "env" / name)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("runtime: {options: {virtualenv: env}}", "env"), ("runtime: python", ".venv"),
        ("runtime: {options: 7}", ".venv"),
        ("runtime: {options: {virtualenv: ''}}", ".venv"), ("runtime: {options: {virtualenv: [a]}}", ".venv"),
        ("- runtime", ".venv"), ("[", ".venv"), (None, ".venv"),
    ],
)  # fmt: skip
def test_where_the_environment_is(text: str | None, name: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / "Pulumi.yaml").write_text(text)
    assert environment.named(tmp_path / "Pulumi.yaml") == name
