"""The contract test as somebody runs it: another process, a bridge over real HTTP, a key of their own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.contract.promises import PROMISES
from tests.contract.subject import CONNECTIONS

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-c", "from trackform.commands.sandbox import sandbox; sandbox()", "serve", "--port", "0"]
LONGEST_S = 240


@pytest.fixture
def served() -> Iterator[str]:
    process = subprocess.Popen(SERVE, stdout=subprocess.PIPE, text=True, bufsize=1)
    assert process.stdout
    found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert found
    yield found[0]
    process.kill()
    process.communicate()


def run(url: str, *options: str, **keys: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TRACKFORM_"))}
    # Those that pyproject.toml has options for: loading all that are installed takes longer than the tests.
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "pytest_socket,pytest_timeout"}
    command = [sys.executable, "-m", "pytest", "-q", "-rs", "-p", "no:cacheprovider", "tests/contract/test_bridge.py"]
    return subprocess.run(
        [*command, "--bridge-url", url, *options],
        cwd=ROOT, env=environment | keys, capture_output=True, text=True, timeout=LONGEST_S, check=False,
    )  # fmt: skip


def test_a_bridge_is_tested_and_left_as_it_was_and_a_missing_account_is_told(served: str) -> None:
    with httpx.Client(base_url=served, trust_env=False) as web:
        key = {"X-DS-API-KEY": "654321-of-the-vendor"}
        web.post("/digistore24/api/call/ping", headers=key, data={"language": "en"}).raise_for_status()
    done = run(f"{served}/bridge", "--digistore24-account", "654321", TRACKFORM_BRIDGE_KEY="a-bridge-key")
    assert done.returncode == 0, done.stdout + done.stderr
    asked = [path for path, _ in PROMISES if path == CONNECTIONS]
    assert f"{len(asked)} passed, {len(PROMISES) - len(asked)} skipped" in done.stdout
    assert "no account for conversion-types: --redtrack-user" in done.stdout
    assert "a-bridge-key" not in done.stdout
    with httpx.Client(base_url=served, trust_env=False) as web:
        assert [row["account"] for row in web.get("/_control/accounts").json()] == ["654321"]
        assert not web.get("/_control/state", params={"account": "654321"}).json().get("connection")
