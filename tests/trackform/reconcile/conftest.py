"""A sandbox in this process, and a project folder whose stack `demo` is set up in it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.trackform.reconcile.stage import ROOT, Stage


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    made = Stage()
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    made.stands_in(monkeypatch)
    yield made
    made.close()


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Three orders: with an upsell and a refund, with an upsell and a chargeback, and one plain."""
    for returned in ("refund", "chargeback"):
        order = stage.sale()
        stage.order("upsell", order_id=order, product_id="411531")
        stage.order(returned, order_id=order, product_id="411530")
    stage.sale()
    return stage
