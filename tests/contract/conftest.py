"""Which bridge is tested: the sandbox's in this process, or the one that the command line names."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from sandbox.app import create_app
from tests.contract.subject import TYPES, Subject

HERE = Path(__file__).parent
SANDBOX = "http://sandbox.test/bridge"
SANDBOX_KEY = "123456-contract-key"
VARIABLES = {True: "REDTRACK_API_KEY", False: "DIGISTORE24_API_KEY"}

Make = Callable[[str], Subject]


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bridge", "the contract of a bridge (docs/bridge.md)")
    group.addoption("--bridge-url", metavar="URL", help="The bridge to test; without it the sandbox's.")
    group.addoption(
        "--key",
        metavar="KEY",
        help="API key for the test account; better in REDTRACK_API_KEY and DIGISTORE24_API_KEY, which no list of "
        "processes shows.",
    )
    group.addoption(
        "--product-id", metavar="ID", help="A product whose partnership the Digistore24 account has; 1 by default."
    )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Let these tests, and no others, reach the bridge that was named."""
    url = config.getoption("--bridge-url", default=None)
    for item in items if url else ():
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.allow_hosts([httpx.URL(url).host]))


@pytest.fixture
def subject(request: pytest.FixtureRequest) -> Make:
    """The bridge under test, for one of its paths."""
    config = request.config
    url = config.getoption("--bridge-url", default=None)

    def make(path: str) -> Subject:
        if not url:
            app = create_app()
            request.addfinalizer(app.extensions["sandbox"].store.close)
            return Subject(path, SANDBOX, SANDBOX_KEY, httpx.WSGITransport(app=app))
        variable = VARIABLES[path == TYPES]
        key = config.getoption("--key", default=None) or os.environ.get(variable, "")
        if not key:
            pytest.skip(f"no key for {path}: --key, or {variable}")
        product = config.getoption("--product-id", default=None) or "1"
        try:
            made = Subject(path, url, key, httpx.HTTPTransport(), product)
        except httpx.TransportError as error:
            pytest.fail(f"no bridge answers at {url}: {error}", pytrace=False)
        request.addfinalizer(made.http.close)
        return made

    return make
