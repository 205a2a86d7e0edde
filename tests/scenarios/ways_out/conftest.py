"""A stack for each test, on a sandbox of its own."""

from pathlib import Path

import pytest

from tests.providers.conftest import Room, room
from tests.scenarios.ways_out.stack import Stack

__all__ = ["room"]


@pytest.fixture
def stack(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stack:
    return Stack(room, tmp_path, monkeypatch)
