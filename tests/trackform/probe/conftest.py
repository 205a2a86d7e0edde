"""A sandbox in this process, and a project folder whose stack `demo` each test declares as it needs it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.trackform.probe.stage import ProbeStage
from tests.trackform.reconcile.stage import DIGISTORE24_KEY, REDTRACK_KEY, ROOT
from trackform_core.http import api as http


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ProbeStage]:
    (tmp_path / "stacks").mkdir()
    shutil.copy(ROOT / "stacks/Pulumi.demo.yaml", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
    monkeypatch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
    made = ProbeStage()
    network = http.Network(lambda _url: httpx.WSGITransport(app=made.app), base_wait=0.01, sleep=made.naps.append)
    monkeypatch.setattr(http, "NETWORK", network)
    monkeypatch.setattr("trackform_redtrack.conversions.SPACING", 0.0)
    # In place of the live services: what a sandbox answers is not saved.
    monkeypatch.setattr("trackform.commands.probe.is_loopback", lambda _url: False)
    yield made
    made.web.close()
    made.sandbox.store.close()
