"""A sandbox in this process, and a project folder whose stack `demo` each test declares as it needs it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trackform.probe.stage import ProbeStage
from tests.trackform.reconcile.stage import ROOT


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ProbeStage]:
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "stacks/Pulumi.demo.yaml", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    made = ProbeStage()
    made.stands_in(monkeypatch)
    # In place of the live services: what a sandbox answers is not saved.
    monkeypatch.setattr("trackform.commands.probe.is_loopback", lambda _url: False)
    yield made
    made.close()
