"""A sandbox in this process, and a project folder whose stack `demo` is set up in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.trackform.reconcile.stage import DIGISTORE24_KEY, REDTRACK_KEY, ROOT, Stage
from trackform_core.http import api as http


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    made = Stage()
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
    monkeypatch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
    network = http.Network(lambda _url: httpx.WSGITransport(app=made.app), base_wait=0.01, sleep=made.naps.append)
    monkeypatch.setattr(http, "NETWORK", network)
    monkeypatch.setattr("trackform_redtrack.conversions.SPACING", 0.0)
    yield made
    made.web.close()
    made.sandbox.store.close()


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Three orders: with an upsell and a refund, with an upsell and a chargeback, and one plain."""
    for returned in ("refund", "chargeback"):
        order = stage.sale()
        stage.order("upsell", order_id=order, product_id="411531")
        stage.order(returned, order_id=order, product_id="411530")
    stage.sale()
    return stage
