"""An empty folder, and the command in it."""

import os
from collections.abc import Callable
from pathlib import Path

import click.testing
import pytest
from click.testing import CliRunner, Result

from trackform.cli import main

Run = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "Our Tracking"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(folder: Path) -> Run:
    """Run a command line; with ``answers`` a person sits there."""

    def run(*arguments: str, answers: list[str] | None = None) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(click.testing._NamedTextIOWrapper, "isatty", lambda _: answers is not None, raising=False)
            return CliRunner().invoke(main, arguments, input="\n".join([*(answers or ()), ""]))

    return run


def tree(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
        for path in folder.rglob("*")
        if path.is_file() and os.path.lexists(path)
    }
