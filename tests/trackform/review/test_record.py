"""The script that records previews (`record.py`) can run, and what it recorded is of its account as it is today."""

import shutil
from pathlib import Path

import pytest

from tests.engine.project import REPOSITORY, Project
from tests.trackform.review import record
from tests.trackform.review.conftest import recorded, step
from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import read_account
from trackform.documents.problems import Problems
from trackform.rules.check import check

NOT_DECLARED = {"mistake", "dangerous"}
"""What is recorded although rules, or the reader of the file, refuse it."""


class Paper(Project):
    """The files of a project, without an engine and without a sandbox."""

    def __init__(self, folder: Path) -> None:
        self.stacks = folder / "stacks"
        self.account_file = self.stacks / "demo.yaml"


@pytest.fixture
def paper(tmp_path: Path) -> Paper:
    shutil.copytree(REPOSITORY / "stacks", tmp_path / "stacks")
    made = Paper(tmp_path)
    made.write(record.ACCOUNT)
    return made


def declared(paper: Paper) -> Composition:
    return compose(read_account(paper.account_file), REPOSITORY / "templates")


def is_refused(paper: Paper) -> bool:
    try:
        return any(finding.severity == "error" for finding in check([("demo", declared(paper))]))
    except Problems:
        return True


def test_each_edit_is_of_what_stands_there_and_is_taken(paper: Paper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "set_secret", lambda *_: None)
    refused: dict[str, bool] = {}

    def note(name: str, **_: str) -> None:
        refused[name] = is_refused(paper)

    record.in_file(paper, note)
    assert {name for name, is_so in refused.items() if is_so} == NOT_DECLARED
    assert refused.keys() <= {path.stem for path in record.DATA.glob("*.json")}


def test_what_is_recorded_has_the_urls_of_today(paper: Paper) -> None:
    """But for the token, which stands in the configuration."""
    urls = declared(paper).postback_urls
    for name, url in urls.items():
        kept = step(recorded("clean"), f"PostbackConnection/{name}")["newState"]["inputs"]["url"]
        assert kept == url, "python -m tests.trackform.review.record makes them anew"
