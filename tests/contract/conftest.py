"""Which bridge is tested: the sandbox's in this process, or the one that the command line names."""

import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from flask import Flask

from tests.contract.subject import TYPES, Subject
from trackform.sandbox.accounts import DIGISTORE24, REDTRACK, remember
from trackform.sandbox.app import create_app

HERE = Path(__file__).parent
SANDBOX = "http://sandbox.test/bridge"
SANDBOX_KEY = "contract-key"
SANDBOX_ACCOUNT = "123456"
VARIABLE = "TRACKFORM_BRIDGE_KEY"
OPTIONS = {True: "--redtrack-user", False: "--digistore24-account"}

Make = Callable[[str], Subject]


def a_sandbox() -> Flask:
    """One that knows the account for tests at both vendors."""
    app = create_app()
    here = app.extensions["sandbox"]
    for service in (REDTRACK, DIGISTORE24):
        remember(here.store, service, SANDBOX_ACCOUNT, here.clock.now())
    return app


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("bridge", "the contract of a bridge (docs/bridge.md)")
    group.addoption("--bridge-url", metavar="URL", help="The bridge to test; without it the sandbox's.")
    group.addoption(
        "--key", metavar="KEY", help=f"Key of the bridge; better in {VARIABLE}, which no list of processes shows."
    )
    group.addoption("--redtrack-user", metavar="ID", help="The RedTrack account for tests, by its user_id.")
    group.addoption("--digistore24-account", metavar="ID", help="The Digistore24 account for tests, by its user id.")
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
            app = a_sandbox()
            request.addfinalizer(app.extensions["sandbox"].store.close)
            return Subject(path, SANDBOX, SANDBOX_KEY, SANDBOX_ACCOUNT, httpx.WSGITransport(app=app))
        key = config.getoption("--key", default=None) or os.environ.get(VARIABLE, "")
        account = config.getoption(OPTIONS[path == TYPES], default=None)
        if not key or not account:
            pytest.skip(f"no account for {path}: {OPTIONS[path == TYPES]}" if key else f"no key: --key, or {VARIABLE}")
        product = config.getoption("--product-id", default=None) or "1"
        try:
            made = Subject(path, url, key, account, httpx.HTTPTransport(), product)
        except httpx.TransportError as error:
            pytest.fail(f"no bridge answers at {url}: {error}", pytrace=False)
        request.addfinalizer(made.http.close)
        return made

    return make
