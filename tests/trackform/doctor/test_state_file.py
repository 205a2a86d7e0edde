"""What the doctor says of a state that Pulumi keeps in a folder: each way in which a killed run leaves it."""

import json
import os
import re
import shlex
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trackform.doctor import state
from trackform.doctor.check_result import CheckResult
from trackform.project.state import backend

STATE = {"version": 3, "checkpoint": {"stack": "organization/acme/demo", "latest": {"resources": [{}, {}]}}}
WHOLE = json.dumps(STATE)
OLDER = json.dumps({"version": 3, "checkpoint": {"latest": None}})


class Kept:
    """A project, and the folder in which Pulumi has its state."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.home = folder / "the state"
        self.file = self.home / ".pulumi" / "stacks" / "acme" / "demo.json"
        self.earlier = self.file.with_name("demo.json.bak")
        self.history = self.home / ".pulumi" / "history" / "acme" / "demo"
        self.locks = self.home / ".pulumi" / "locks" / "organization" / "acme" / "demo"
        for each in (self.folder, self.file.parent, self.history, self.locks):
            each.mkdir(parents=True)
        (self.folder / "Pulumi.yaml").write_text("name: acme\nruntime: python\n")

    def lines(self) -> list[CheckResult]:
        return [*state("demo", self.folder)]

    def line(self) -> CheckResult:
        (line,) = self.lines()
        assert (line.topic, line.stack) == ("state", "demo")
        return line

    def lock(self, **held: Any) -> None:
        (self.locks / "7c2f.json").write_text(json.dumps({"timestamp": "2026-11-27T15:36:07Z"} | held))


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Kept:
    made = Kept(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{made.home}")
    return made


def test_a_whole_state(kept: Kept) -> None:
    assert kept.lines() == [], "a stack that was never made"
    kept.file.write_text(WHOLE)
    assert str(kept.line()) == "ok      demo: state: 2 resources"
    kept.file.write_text(OLDER)
    assert kept.line().said == "0 resources"


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty: a run was killed while it saved it"),
     (" \n", "is empty: a run was killed while it saved it"),
     (WHOLE[:-9], "is not whole: a run was killed while it saved it"),
     ("[]", "is not whole: a run was killed while it saved it"),
     ('{"checkpoint": null}', "is not whole: a run was killed while it saved it"),
     (None, "is missing")],
    ids=["empty", "blank", "cut", "a list", "no checkpoint", "missing"],
)  # fmt: skip
@pytest.mark.parametrize("has_copy", [True, False], ids=["copy", "history"])
def test_what_is_typed_puts_back_the_newest_that_is_whole(
    kept: Kept, text: str | None, said: str, has_copy: bool
) -> None:
    if text is not None:
        kept.file.write_text(text)
    kept.earlier.write_text(WHOLE if has_copy else "")
    for number, saved in enumerate((OLDER, OLDER if has_copy else WHOLE, "{")):
        (kept.history / f"demo-{number}.checkpoint.json").write_text(saved)
    line = kept.line()
    assert (line.state, line.said) == ("fix", f"{kept.file} {said}")
    command, cancel = re.findall("`([^`]+)`", line.fix)
    assert cancel == "pulumi cancel --stack demo"
    subprocess.run(shlex.split(command), check=True)
    assert kept.file.read_text() == WHOLE


@pytest.mark.parametrize("text", ["", "{", "[]"])
def test_what_is_kept_beside_a_whole_state(kept: Kept, text: str) -> None:
    kept.file.write_text(WHOLE)
    beside = kept.file.with_name("demo.json.attrs")
    beside.write_text('{"user.content_type": "application/json"}')
    assert kept.line().state == "ok"
    beside.write_text(text)
    line, whole = kept.lines()
    assert (line.state, whole.state) == ("fix", "ok")
    assert line.said == f"{beside} is empty or cut: a run was killed while it saved it"
    command, cancel = re.findall("`([^`]+)`", line.fix)
    assert cancel == "pulumi cancel --stack demo"
    subprocess.run(shlex.split(command), check=True)
    assert kept.line().state == "ok"


def test_a_state_of_which_nothing_is_left(kept: Kept) -> None:
    kept.file.write_text("")
    kept.earlier.write_text("{")
    place = "then `trackform docs state`, 'The state is lost'"
    assert kept.line().fix == f"nothing whole is left of it: `rm '{kept.file}'`, {place}"


def test_what_was_begun_to_be_created(kept: Kept) -> None:
    begun = [
        {"resource": {"urn": f"urn:pulumi:demo::acme::pulumi-python:dynamic/redtrack:Offer::{name}"}, "type": kind}
        for name, kind in (("keto", "creating"), ("diet", "updating"), ("carb", "deleting"), ("fat", "creating"))
    ]
    latest = {"resources": [], "pending_operations": begun}
    kept.file.write_text(json.dumps({"checkpoint": {"latest": latest}}))
    line = kept.line()
    assert line.state == "fix"
    assert line.said == "a run was broken off while it created keto, fat, and Pulumi still has that in mind"
    assert line.fix.endswith("`pulumi refresh --clear-pending-creates --yes --stack demo`")


def test_who_holds_the_lock(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.file.write_text(WHOLE)
    since = "2026-11-27T15:36:07Z"
    kept.lock(pid=os.getpid(), hostname=socket.gethostname())
    lock, whole = kept.lines()
    assert (lock.state, whole.state) == ("unknown", "ok")
    assert lock.said == f"locked by process {os.getpid()} on {socket.gethostname()}, since {since}"
    assert lock.fix == "let it end; where it was killed, `pulumi cancel --stack demo`"
    kept.lock(pid=7, hostname="elsewhere")
    assert kept.lines()[0].state == "unknown"

    def gone(_process: int, _signal: int) -> None:
        raise ProcessLookupError

    kept.lock(pid=7, hostname=socket.gethostname())
    monkeypatch.setattr("trackform.doctor.state_file.os.kill", gone)
    lock = kept.lines()[0]
    assert (lock.state, lock.fix) == ("fix", "`pulumi cancel --stack demo`")
    assert lock.said == f"locked by process 7 on {socket.gethostname()}, since {since}, which is no more"

    def not_ours(_process: int, _signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("trackform.doctor.state_file.os.kill", not_ours)
    assert kept.lines()[0].state == "unknown"
    kept.lock(pid="7", hostname=socket.gethostname())
    assert kept.lines()[0].state == "unknown"


def in_the_variable(kept: Kept, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", url)
    (kept.folder / "Pulumi.yaml").write_text("name: acme\nbackend: {url: 's3://other'}\n")


def in_the_project(kept: Kept, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    (kept.folder / "Pulumi.yaml").write_text(f"name: acme\nbackend: {{url: '{url}'}}\n")


def logged_in(kept: Kept, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(kept.home))
    (kept.home / "credentials.json").write_text(json.dumps({"current": url}))


@pytest.mark.parametrize("named", [in_the_variable, in_the_project, logged_in])
def test_where_the_state_is(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, named: Callable[[Kept, pytest.MonkeyPatch, str], None]
) -> None:
    monkeypatch.setenv("HOME", str(kept.home))
    for url in (f"file://{kept.home}", f"file://{str(kept.home).replace(' ', '%20')}?no_tmp_dir=true", "file://~"):
        named(kept, monkeypatch, url)
        assert backend(kept.folder) == kept.home / ".pulumi"
    named(kept, monkeypatch, "file://./kept")
    assert backend(kept.folder) == kept.folder / "kept" / ".pulumi"
    for url in ("s3://bucket", "https://api.pulumi.test"):
        named(kept, monkeypatch, url)
        assert backend(kept.folder) is None
        assert kept.lines() == []


def test_where_nobody_says_where_the_state_is(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.setenv("PULUMI_HOME", str(kept.folder))
    assert backend(kept.folder) is None
    (kept.folder / "credentials.json").write_text("{")
    (kept.folder / "Pulumi.yaml").write_text("[")
    assert backend(kept.folder) is None
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{kept.home}")
    assert kept.lines() == [], "a project without a name"


def test_a_checkpoint_that_is_no_text_is_told(kept: Kept) -> None:
    kept.file.write_bytes(b"\xff\xfe")
    assert kept.line().said == f"{kept.file} cannot be read: not UTF-8 text but UTF-16"
    assert "nothing whole is left of it" in str(kept.line())
