"""A sample of the kills, and states that a killed run left: docs/state.md, "A run that was killed", as it is typed.

`make torture` plays every cell.
"""

import json
import re
import shlex
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.kills import CANCEL, CLEAR, DOCTOR, GONE, Cell, Room, account, play
from tests.engine.project import Project
from tests.engine.warm import PULUMI

pytestmark = pytest.mark.engine

SAMPLE: tuple[tuple[Cell, set[str]], ...] = (
    # Half done and half known, and others wait for it.
    (Cell("first up", "CLI", "committed", 8, checkpoints=True), {CANCEL}),
    # No state is left at all, and all that was made is there.
    (Cell("first up", "CLI", "answered", 10, checkpoints=False), {CANCEL}),
    # The program lived on, and the CLI waited for it, for ever.
    (Cell("first up", "language host", "committed", 5, checkpoints=True), set()),
    # All of some kinds are gone, and the state has them.
    (Cell("destroy", "CLI", "committed", 14, checkpoints=False), {CANCEL, GONE}),
)
"""What once went wrong, or needs most -> what has to be typed unless the kill came while the state was saved."""


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    if not PULUMI.exists():
        pytest.skip("no .venv/bin/pulumi: run `make setup`")
    with Room(tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp).open() as opened:
        yield opened


@pytest.mark.parametrize(("cell", "needed"), SAMPLE, ids=[str(cell) for cell, _ in SAMPLE])
def test_after_a_kill_all_is_there_once(room: Room, cell: Cell, needed: set[str]) -> None:
    played = play(room, cell)
    assert not played.problems, "\n".join(played.texts)
    assert needed <= {*played.steps} or DOCTOR in played.steps


def put_back(project: Project) -> None:
    """Type what the doctor prints."""
    told = project.trackform("doctor", project.stack)
    (command,) = re.findall(r"`(cp [^`]+|rm [^`]+\.attrs')`", told.text)
    subprocess.run(shlex.split(command), check=True)


def empty(file: Path) -> None:
    file.write_text("")


def cut(file: Path) -> None:
    """Cut, and the copy beside it too: the history has a whole one."""
    text = file.read_text()
    file.write_text(text[: len(text) // 2])
    file.with_name(f"{file.name}.bak").write_text("")


def without_its_summary(file: Path) -> None:
    """What a kill was seen to leave: the state is whole, and what Pulumi keeps beside it is empty."""
    file.with_name(f"{file.name}.attrs").write_text("")


@pytest.mark.parametrize("spoil", [empty, cut, without_its_summary], ids=["empty", "cut", "no summary"])
def test_a_state_that_was_being_saved_is_put_back(room: Room, spoil: Callable[[Path], Any]) -> None:
    project = room.project("update")
    # Of the last run the copy beside it knows nothing: all but the passphrase is recognised.
    project.write(account().partition("ipn_connections:")[0])
    spoil(project.state_file)
    broken = project.preview()
    assert broken.status != 0
    assert "failed to load checkpoint" in broken.text
    put_back(project)
    project.ok("cancel", "--yes")
    writes = len(room.relay.writes)
    project.up_ok()
    assert [each for each in room.relay.writes[writes:] if not each.startswith("DELETE /digistore24")] == []
    project.ok("preview", "--expect-no-changes")
    project.sandbox.http.close()


def test_pending_operations_that_stay_harm_nothing(room: Room) -> None:
    project = room.project("update")
    project.write(account())
    saved = json.loads(project.state_file.read_text())
    latest = saved["checkpoint"]["latest"]
    of_kind = {each["type"].rpartition(":")[2]: each for each in latest["resources"]}
    begun = {name: value for name, value in of_kind["Offer"].items() if name not in ("id", "outputs")}
    broken_off = {"creating": begun, "updating": of_kind["Landing"], "deleting": of_kind["Script"]}
    # What was to be made after the offer is not in the state either.
    unmade = [of_kind[name] for name in ("Offer", "Funnel", "Campaign")]
    latest["resources"] = [each for each in latest["resources"] if each not in unmade]
    latest["pending_operations"] = [{"resource": each, "type": operation} for operation, each in broken_off.items()]
    project.state_file.write_text(json.dumps(saved))
    project.ok("cancel", "--yes")
    assert project.pending() == ["creating keto", "updating page", "deleting s"]
    told = project.trackform("doctor", project.stack).text
    assert "broken off while it created keto" in told
    assert f"`pulumi {' '.join(CLEAR)} --stack demo`" in told
    project.up_ok()
    assert room.relay.writes == []
    assert project.pending() == ["creating keto"]
    project.ok(*CLEAR)
    assert project.pending() == []
    project.ok("preview", "--expect-no-changes")
    project.sandbox.http.close()
