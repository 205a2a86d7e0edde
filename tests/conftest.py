"""Fixtures of several folders."""

import gc
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.browser import browser, page
from tests.published import only_published_requests
from trackform_core.text import secrets

__all__ = ["browser", "only_published_requests", "page"]

# In UTC, as most machines that test are, a moment that is told in the time of the machine looks right. Nobody's hours
# and minutes are those of Kathmandu: UTC+05:45, all the year.
os.environ["TZ"] = "Asia/Kathmandu"
if hasattr(time, "tzset"):
    time.tzset()

# A shell without job control lets what it runs in the background ignore interrupts, and so all that the tests start:
# those of an interrupt would wait for ever.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Twelve thousand tests are collected. With the usual threshold a quarter of that time, and then a sixth of the time of
# the tests, goes into looking for garbage among them, where none is.
gc.set_threshold(20_000, 10, 10)


@pytest.fixture(autouse=True)
def secrets_of_this_test() -> Iterator[None]:
    """A process keeps its secrets for ever; a test must not lose words that are the key of another one."""
    kept = (secrets._met, dict(secrets._met)), (secrets._tokens, dict(secrets._tokens))
    yield
    for known, before in kept:
        known.clear()
        known.update(before)


LONGEST_S = 1800
"""Of a test that runs the real CLI, on a machine that has more to do. Others have what pyproject.toml says."""


@pytest.fixture(scope="session")
def _lock_of_the_demo_port() -> Path:
    return Path(tempfile.gettempdir()) / "trackform-tests-port-8650.lock"


@pytest.fixture(scope="module")
def demo_port(_lock_of_the_demo_port: Path) -> Iterator[None]:
    """The demo's fixed port, for one module at a time, whichever process runs it.

    Marks of pytest-xdist's that keep tests in one process have no effect with pytest 9.2.
    """
    import fcntl  # noqa: PLC0415 -- Windows, which has none, needs no demo

    with _lock_of_the_demo_port.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The real CLI's tests first: they take longest, and what comes last should leave no process without work."""
    for item in items:
        if item.get_closest_marker("engine"):
            item.add_marker(pytest.mark.timeout(LONGEST_S))
    items.sort(key=lambda item: item.get_closest_marker("engine") is None)


def pytest_collection_finish() -> None:
    """What was collected stays to the end: it need not be looked at again."""
    gc.freeze()


# A busy machine must not fail a property, and neither must an example that nobody has met before, on the wrong day.
settings.register_profile("project", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")
