"""A stack's state: as its file has it, or, where it is kept elsewhere, as Pulumi exports it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from trackform.project import state
from trackform.project.state import State, StateResource, read_state
from trackform_core.errors import TrackformError

OFFER = {"urn": "urn:pulumi:demo::t::x::offer", "id": "1", "inputs": {"title": "A"}, "outputs": {"n": 2.0}}


KEPT = StateResource("urn:pulumi:demo::t::x::offer", "1", {"title": "A"}, {"n": 2})


def exported(monkeypatch: pytest.MonkeyPatch, status: int, text: str) -> list[tuple[str, ...]]:
    """Pulumi's answers, and what it is called with."""
    called: list[tuple[str, ...]] = []

    def run(*arguments: str, stack: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        called.append((*arguments, stack))
        return subprocess.CompletedProcess([], status, text, text)

    monkeypatch.setattr(state, "run_pulumi", run)
    monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states.test")
    return called


@pytest.mark.parametrize(
    ("deployment", "resources"),
    [
        ({"resources": [OFFER, {**OFFER, "delete": True}, "x"]}, (KEPT,)),
        ({"resources": None}, ()), ({}, ()), (None, ()),
    ],
)  # fmt: skip
def test_a_state_that_is_kept_elsewhere_is_exported(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, deployment: Any, resources: tuple[StateResource, ...]
) -> None:
    called = exported(monkeypatch, 0, json.dumps({"deployment": deployment}))
    assert read_state("demo", tmp_path) == State(resources)
    assert called == [("stack", "export", "demo")]


def test_what_is_encrypted_is_left_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    sealed = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:x"}
    values = {"title": "A", "token": sealed, "extra": {"a": 1}, "__provider": "x"}
    exported(monkeypatch, 0, json.dumps({"deployment": {"resources": [{**OFFER, "inputs": values}]}}))
    (kept,) = read_state("demo", tmp_path).resources
    assert kept.inputs == {"title": "A", "extra": {"a": 1}}


def test_a_backend_that_declines_is_said_with_the_way_out(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    exported(monkeypatch, 255, "error: no credentials\n")
    with pytest.raises(TrackformError, match="the state of stack 'demo' cannot be read: error: no credentials"):
        read_state("demo", tmp_path)


def test_a_run_that_was_noted_badly_is_passed_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each of these three is newer than the one that counts."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    (tmp_path / "Pulumi.yaml").write_text("name: t\n")
    kept = tmp_path / ".pulumi"
    history = kept / "history" / "t" / "demo"
    history.mkdir(parents=True)
    (kept / "stacks" / "t").mkdir(parents=True)
    (kept / "stacks" / "t" / "demo.json").write_text('{"checkpoint": {"latest": {"resources": []}}}')
    runs = [
        {"kind": "update", "result": "failed", "endTime": 1, "environment": None}, {"endTime": "soon"}, {},
        {"endTime": 5, "environment": [1]},
    ]  # fmt: skip
    for at, run in enumerate(runs):
        (history / f"demo-{at}.history.json").write_text(json.dumps(run))
    last = read_state("demo", tmp_path).last
    assert last is not None
    assert (last.kind, last.result, last.at.timestamp(), last.by) == ("update", "failed", 1, "")
