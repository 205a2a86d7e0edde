"""The command as a process of its own, over real HTTP: also when it is ended in the middle of a write."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.engine import warm
from tests.trackform.reconcile.stage import DIGISTORE24_KEY, REDTRACK_KEY, ROOT

SERVE = "from trackform.commands.sandbox import sandbox; sandbox()"
KINDS = ("networks", "sources", "landings", "offers", "campaigns")


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    """The address of a sandbox that serves."""
    serving = subprocess.Popen(
        [sys.executable, "-c", SERVE, "serve", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert serving.stdout
        found = re.search(r"http://127\.0\.0\.1:\d+", serving.stdout.readline())
        assert found
        yield found[0]
    finally:
        serving.kill()
        serving.communicate()


@pytest.fixture
def web(served: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The sandbox, emptied, and a project folder that leads there."""
    shutil.copytree(ROOT / "stacks/shared", tmp_path / "stacks/shared")
    shutil.copy(ROOT / "stacks/demo.yaml", tmp_path / "stacks")
    config = (ROOT / "stacks/Pulumi.demo.yaml").read_text(encoding="utf-8")
    text = config.replace("http://127.0.0.1:8650", served)
    (tmp_path / "stacks/Pulumi.demo.yaml").write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
    monkeypatch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
    with httpx.Client(base_url=served, trust_env=False, timeout=60) as client:
        client.post("/_control/reset").raise_for_status()
        yield client


def command(*arguments: str) -> list[str]:
    return [str(warm.environment() / "bin" / "trackform"), "probe", "demo", *arguments]


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False, env=os.environ)
    assert "canary" not in done.stdout + done.stderr
    return done


def titles(web: httpx.Client) -> list[str]:
    rows: list[Any] = [
        row for kind in KINDS for row in web.get(f"/redtrack/{kind}", params={"api_key": REDTRACK_KEY}).json() or ()
    ]
    return [row["title"] for row in rows]


def test_it_answers_and_is_silent_beside(web: httpx.Client) -> None:
    web.patch("/_control/switches", json={"empty_list": "array"})
    done = run("--json")
    assert (done.returncode, done.stderr) == (0, "")
    answers = {row["setting"]: row["answer"] for row in json.loads(done.stdout)["stacks"]["demo"]["answers"]}
    assert answers["empty_list"] == "array"


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_ended_in_the_middle_it_leaves_nothing_after_the_next_run(web: httpx.Client, end: signal.Signals) -> None:
    """Ended while an answer is on its way: the object is made, and nobody was told its id."""
    fault = {"service": "redtrack", "method": "POST", "path": "/landings", "effect": "hold", "after": True}
    web.post("/_control/faults", json=fault).raise_for_status()
    process = subprocess.Popen(
        command("--write", "--yes"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )
    try:
        while web.get("/_control/faults").json():
            assert process.poll() is None, process.communicate()
        while not any(title.startswith("trackform-probe-") for title in titles(web)):
            assert process.poll() is None, process.communicate()
        process.send_signal(end)
        process.communicate()
    finally:
        process.kill()
        web.delete("/_control/faults")
    if end == signal.SIGINT:
        assert titles(web) == []
    done = run("--write", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ("as an earlier run had left it" in done.stdout) is (end != signal.SIGINT)
    assert titles(web) == []
