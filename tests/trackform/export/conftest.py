"""The sandbox in this process, with as many accounts as a test wants, and account files applied without Pulumi."""

from collections.abc import Iterator

import pytest

from tests.trackform.export.living import House
from trackform_core.http import api as http
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack


@pytest.fixture
def house(monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A sandbox; ``house.empty()`` makes it new, for one example of many."""
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    place = House()
    monkeypatch.setattr(http, "NETWORK", place.network)
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    yield place
    sessions.forget_everything()
