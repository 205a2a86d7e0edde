"""Of six messages a test, which a process of tests sends to the one that prints, the two that are printed or counted.

`make test` loads this plugin. The other four cost a millisecond of both processes, more than most tests take.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

NEVER_PRINTED = ("logstart", "logfinish")


def is_needed(name: str, told: dict[str, Any]) -> bool:
    """Whether a plain run prints or counts it. That a test was set up and taken down again shows in its call."""
    report = told.get("data", {})
    passed_around = name == "testreport" and report["when"] != "call" and report["outcome"] == "passed"
    return name not in NEVER_PRINTED and not passed_around


def send_if_needed(send: Callable[..., None], name: str, **told: Any) -> None:
    if is_needed(name, told):
        send(name, **told)


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    for plugin in config.pluginmanager.get_plugins():
        if type(plugin).__name__ == "WorkerInteractor":
            plugin.sendevent = partial(send_if_needed, plugin.sendevent)
