"""A plugin of pytest, copied beside the tested code: what became of each test, and how long it took."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_outcomes: dict[str, tuple[str, float]] = {}


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        _outcomes[report.nodeid] = ("not collected", 0.0)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    before, seconds = _outcomes.get(report.nodeid, ("passed", 0.0))
    timed_out = report.failed and "Timeout (>" in report.longreprtext
    outcome = "timeout" if timed_out else report.outcome
    _outcomes[report.nodeid] = (outcome if before == "passed" else before, seconds + report.duration)


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    yield
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["MUTANTS_OUTCOMES"]).write_text(json.dumps(_outcomes), encoding="utf-8")
