"""The applied account of tests/trackform/verify, and commands that open connections of their own to its sandbox."""

import httpx
import pytest

from tests.trackform.verify.conftest import Live, live

__all__ = ["live"]


@pytest.fixture
def served(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Whatever address a command is given leads to the sandbox in this process."""
    client = httpx.Client

    def opened(**options: object) -> httpx.Client:
        return client(**({"transport": httpx.WSGITransport(app=live.living.house.app)} | options))  # type: ignore[arg-type]

    monkeypatch.setattr(httpx, "Client", opened)
    return live


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """No address leads anywhere."""
    client = httpx.Client

    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    monkeypatch.setattr(httpx, "Client", lambda **options: client(**options, transport=httpx.MockTransport(refused)))
