"""What `make torture` plays in which order, what it tells, and what it writes: with stand-ins for what takes long."""

import argparse
import logging
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engine import warm
from tests.engine.kills import Cell, Played
from tools.torture import __main__ as torture
from tools.torture import kills, saved
from tools.torture.kills import Sitting
from tools.torture.saved import ChangedError
from trackform_redtrack.client import RedTrack

PAGE = """\
# Reliability
<!-- torture: written by `make torture` -->
old
<!-- torture: end -->
between
<!-- kills: written by `make torture` -->
<!-- kills: end -->
after
"""


def cell(kind: str, operation: str, fault: str, *, said: str = "", problems: tuple[str, ...] = ()) -> Any:
    player = SimpleNamespace(kind=SimpleNamespace(name=kind), operation=operation)
    name = f"{kind} {operation}: {fault}"
    return SimpleNamespace(player=player, fault=fault, said=said, problems=problems, name=name)


@pytest.fixture
def reasons(monkeypatch: pytest.MonkeyPatch) -> None:
    known = {("offer", "create"): {"cut": "nobody can know"}}
    monkeypatch.setattr(torture, "reasons_of", lambda kind, operation: known.get((kind, operation), {}))


@pytest.mark.usefixtures("reasons")
def test_the_table_counts_each_cell_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torture, "OPERATIONS", ("create", "delete"))
    played = [
        cell("offer", "create", "slow"), cell("offer", "create", "500", said="failed"),
        cell("offer", "create", "cut", said="failed", problems=("twice",)), cell("source", "delete", "slow"),
        cell("source", "delete", "cut", problems=("gone",)),
    ]  # fmt: skip
    lines = torture.matrix(played, 1.6)
    assert lines[0].startswith("5 cells: 2 kinds, 2 operations, ")
    assert lines[1].endswith(" effects; 2 s of one processor.")
    assert lines[3:] == [
        "| operation | cells | done at once | failed, then completed | otherwise |",
        "| --- | ---: | ---: | ---: | ---: |",
        "| create | 3 | 1 | 1 | 1 |",
        "| delete | 2 | 1 | 0 | 1 |",
        "| all | 5 | 2 | 1 | 2 |",
        "",
        "- 1 cell: nobody can know.",
        "- 1 cell: not known.",
        "",
    ]


@pytest.mark.usefixtures("reasons")
@pytest.mark.parametrize(
    ("played", "broken", "good", "fails"),
    [
        ((), False, 3, False), ((cell("offer", "create", "cut", problems=("twice",)),), False, 3, False),
        ((cell("offer", "update", "cut", problems=("twice",)),), False, 3, True), ((), True, 3, True),
        ((), False, 2, True),
    ],
)  # fmt: skip
def test_what_is_not_known_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], played: tuple[Any, ...], broken: bool,
    good: int, fails: bool,
) -> None:  # fmt: skip
    monkeypatch.setattr(logging, "disable", lambda _level: None)
    monkeypatch.setattr(RedTrack, "lag", 1.0)
    monkeypatch.setattr(torture, "play", lambda: list(played))
    told = SimpleNamespace(broken=["one"] if broken else [], lines=lambda: ["302 stories"])
    asked: list[Any] = []
    found = {"over real HTTP": {"good": good, "all": 3, "commit": "abc"}, "of specs": {"good": 0, "all": 0}}

    def tell(*given: Any) -> Any:
        asked.append(given)
        return told

    def samples(*, afresh: bool) -> Any:
        asked.append(afresh)
        return found

    monkeypatch.setattr(torture, "tell", tell)
    monkeypatch.setattr(torture, "samples", samples)
    arguments = argparse.Namespace(seed=7, minutes=2.0, samples=True, afresh=True)
    lines, wrong = torture.faults(arguments)
    assert lines[-2:] == ["302 stories", f"Over real HTTP: {good} of 3 as expected (abc).\n"]
    assert (wrong, asked, RedTrack.lag) == (fails, [(7, 2.0), True], 0.0)
    # What is known is counted; what is not is told.
    unknown = [f"torture: {each.name}: twice" for each in played if each.player.operation == "update"]
    assert capsys.readouterr().err.splitlines() == unknown
    arguments.samples = False
    assert torture.faults(arguments)[0][-1] == "302 stories"


def test_the_figures_are_written_between_their_marks(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    torture.write(page, "torture", ["new", ""])
    assert page.read_text(encoding="utf-8") == PAGE.replace("old\n", "new\n\n")


@pytest.mark.parametrize(
    ("words", "told", "status"),
    [
        ((), ["faults", "kills"], 0), (("--no-samples",), ["faults"], 0), (("--only-kills",), ["kills"], 1),
        (("--seed", "7"), ["faults", "kills"], 1),
    ],
)  # fmt: skip
def test_what_is_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: tuple[str, ...],
    told: list[str], status: int,
) -> None:  # fmt: skip
    """Whether the first of the parts fails or the last, it fails."""
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")

    def part(name: str, fails: Callable[[Any], bool]) -> Callable[[Any], tuple[list[str], bool]]:
        return lambda arguments: ([name], fails(arguments))

    monkeypatch.setattr(torture, "faults", part("faults", lambda arguments: arguments.seed == 7))
    monkeypatch.setattr(torture, "kills", part("kills", lambda arguments: bool(arguments.only_kills)))
    monkeypatch.setattr(sys, "argv", ["torture", *words, "--write", str(page)])
    assert torture.main() == status
    assert capsys.readouterr().out.split() == told
    text = page.read_text(encoding="utf-8")
    assert [name for name in ("faults", "kills") if f"\n{name}\n" in text] == told


def test_the_kills_are_played_as_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torture, "Sitting", lambda *given: SimpleNamespace(play=lambda: ([str(given)], True)))
    arguments = argparse.Namespace(kills=8, kill_minutes=25.0, workers=1, afresh=True)
    assert torture.kills(arguments) == (["(8, 25.0, 1, True)"], True)


def test_how_many_tests_of_a_sample_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(command: list[Any], **options: Any) -> None:
        assert options["env"]["TRACKFORM_THOROUGH"] == "1"
        assert options["env"]["TRACKFORM_EXAMPLES"] == "60"
        assert command[-1] == "tests/a.py"
        (report,) = (word.partition("=")[2] for word in command if word.startswith("--junitxml="))
        Path(report).write_text(text, encoding="utf-8")

    monkeypatch.setattr(subprocess, "run", ran)
    text = '<testsuites><testsuite tests="9" failures="2" errors="1" skipped="3"/></testsuites>'
    assert torture.sample("tests/a.py") == (3, 6)
    text = "<testsuites/>"
    assert torture.sample("tests/a.py") == (0, 0)


def test_a_sample_is_saved_as_soon_as_it_was_played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torture, "FOLDER", tmp_path)
    monkeypatch.setattr(torture, "SAMPLED", ("requirements.lock",))
    monkeypatch.setattr(torture, "SAMPLES", {"one": ("a.py",), "two": ("b.py", "c.py")})
    asked: list[tuple[str, ...]] = []

    def sample(*paths: str) -> tuple[int, int]:
        asked.append(paths)
        return len(paths), 2

    monkeypatch.setattr(torture, "sample", sample)
    for afresh, more in ((False, 2), (False, 0), (True, 2)):
        before = len(asked)
        found = torture.samples(afresh=afresh)
        assert {title: (each["good"], each["all"]) for title, each in found.items()} == {"one": (1, 2), "two": (2, 2)}
        assert list(found) == ["one", "two"]
        assert len(asked) - before == more


def test_every_kind_operation_and_fault_is_played(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rooms = iter(["original", "room"])
    monkeypatch.setattr(torture, "TimedRoom", lambda: next(rooms))
    monkeypatch.setattr(torture, "all_cases", lambda original: {"offer": f"case in {original}", "source": "another"})
    monkeypatch.setattr(torture, "OPERATIONS", ("create", "delete"))
    monkeypatch.setattr(
        torture, "Player",
        lambda *given: SimpleNamespace(faults=("cut", "slow"), play=lambda fault: (*given, fault)),
    )  # fmt: skip
    played: list[Any] = [*torture.play()]
    assert played == [
        ("room", "original", case, operation, fault)
        for case in ("case in original", "another") for operation in ("create", "delete") for fault in ("cut", "slow")
    ]  # fmt: skip
    assert capsys.readouterr().err.splitlines() == ["torture: offer", "torture: source"]


CELLS = [Cell("destroy", "CLI", "sent", number, checkpoints=True) for number in range(1, 5)]


@pytest.fixture
def sitting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The cells that were played."""
    played: list[str] = []

    def play(_room: Any, each: Cell) -> Played:
        played.append(str(each))
        if each == CELLS[1]:
            raise OSError("no processes left")
        return Played(each)

    @contextmanager
    def room(_self: Any) -> Iterator[Any]:
        yield SimpleNamespace(cells=lambda operation: CELLS if operation == "destroy" else [])

    monkeypatch.setattr(kills, "play", play)
    monkeypatch.setattr(kills.Rooms, "room", room)
    monkeypatch.setattr(warm, "environment", lambda: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(kills, "FOLDER", tmp_path)
    monkeypatch.setattr(kills, "TESTED", ("requirements.lock",))
    return played


def test_a_sitting_goes_on_where_the_last_one_stopped(sitting: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    lines, failed = Sitting(minutes=-1.0, workers=1).play()
    assert (sitting, failed, lines[0]) == (
        [], False, "0 of 4 kills of the real CLI were played, by commit: none.",
    )  # fmt: skip
    lines, failed = Sitting(most=1, workers=1).play()
    assert len(sitting) == 1
    lines, failed = Sitting(workers=1).play()
    assert sorted(sitting) == sorted(map(str, CELLS))
    # What breaks a kill is told as a problem of that kill: the others are played.
    assert failed
    assert "| destroy | CLI | 4 | 4 | 3 | 0 | 0 | 0 | 0 | 1 |" in lines
    said = capsys.readouterr().err.splitlines()
    assert f"torture: {CELLS[1]}: OSError: no processes left" in said
    assert said.count(f"torture: {CELLS[0]}: as expected") == 1
    Sitting(workers=1, afresh=True).play()
    assert len(sitting) == 2 * len(CELLS)


def test_what_changes_meanwhile_ends_the_sitting(sitting: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saved.Saved, "put", lambda *_: (_ for _ in ()).throw(ChangedError("changed")))
    with pytest.raises(ChangedError):
        Sitting(workers=1).play()
    assert len(sitting) == 1


def test_each_room_is_a_folder_of_its_own(tmp_path: Path) -> None:
    rooms = kills.Rooms(tmp_path)
    assert [rooms.folder("data").name for _ in range(2)] == ["data-0", "data-1"]
    assert all((tmp_path / name).is_dir() for name in ("data-0", "data-1"))


def test_of_which_commit_a_result_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"rev-parse": "abc\n", "status": ""}

    def git(command: list[str], **_options: Any) -> Any:
        assert command[0] == "git"
        return SimpleNamespace(returncode=0, stdout=said[command[1]])

    monkeypatch.setattr(subprocess, "run", git)
    assert saved.commit(tmp_path, ["a"]) == "abc"
    said["status"] = " M a\n"
    assert saved.commit(tmp_path, ["a"]) == "abc and later changes"

    def no_git(*_given: Any, **_options: Any) -> Any:
        raise FileNotFoundError("git")

    monkeypatch.setattr(subprocess, "run", no_git)
    assert saved.commit(tmp_path, ["a"]) == ""
    assert saved.commits([{"commit": "a"}, {"commit": "b"}, {"commit": "b"}, {"commit": ""}]) == (
        "2 of b, 1 of a, 1 of no clone"
    )
