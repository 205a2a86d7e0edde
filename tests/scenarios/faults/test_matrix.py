"""Kinds, operations and faults, in this process: done once, or a clear failure that the next `up` completes.

Each fault is played with every operation and with every kind; `make torture` plays all three together.
"""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.providers.conftest import KINDS, Case
from tests.scenarios.faults.cells import (
    CHANGED,
    FAULTS,
    OPERATIONS,
    FaultRow,
    Player,
    TimedRoom,
    all_cases,
    can_hit,
)
from tests.scenarios.faults.known import KNOWN, reasons_of
from tests.thorough import THOROUGH
from trackform.sandbox.effects import EFFECTS
from trackform_core.http import api as http
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

Stage = tuple[TimedRoom, TimedRoom, dict[str, Case]]
NAMES = (*KINDS, "ipn")
ONE_OF = 3
"""Of so many cells one is played, such that every two of kind, operation and fault meet."""


def chosen(kind: str, operation: str) -> list[FaultRow]:
    """The faults of a kind and an operation: a part of those that can hit, and those with a known end."""
    known, before = reasons_of(kind, operation), NAMES.index(kind) + OPERATIONS.index(operation)
    return [
        fault
        for at, fault in enumerate(FAULTS)
        if can_hit(fault, operation) and (THOROUGH or (at + before) % ONE_OF == 0 or str(fault) in known)
    ]


@pytest.fixture(scope="module")
def stage() -> Stage:
    """Where cells are played, an account as it is before, and the cases over it."""
    original = TimedRoom()
    return TimedRoom(), original, all_cases(original)


@pytest.fixture
def player(stage: Stage, kind: str, operation: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Player]:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    room, original, cases = stage
    monkeypatch.setattr(http, "NETWORK", room.network())
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    yield Player(room, original, cases[kind], operation)
    sessions.forget_everything()


@pytest.mark.parametrize(("kind", "operation"), [*product(NAMES, OPERATIONS)])
def test_done_once_or_completed_by_the_next_run(player: Player, kind: str, operation: str) -> None:
    known = reasons_of(kind, operation)
    played = [player.play(fault) for fault in chosen(kind, operation)]
    assert len(played) > 50 / ONE_OF
    unexpected = [f"{each.name}: {'; '.join(each.problems)}" for each in played if each.problems]
    unexpected = [line for line in unexpected if not any(line.startswith(f"{kind} {operation}: {f}:") for f in known)]
    assert not unexpected, "\n".join(unexpected)
    held = [fault for fault in known if not any(str(each.fault) == fault and each.problems for each in played)]
    assert not held, f"these hold by now, take them out of known.py: {held}"


def test_every_two_meet() -> None:
    cells = {
        (kind, operation, str(fault)) for kind in NAMES for operation in OPERATIONS for fault in chosen(kind, operation)
    }
    able = {(operation, str(fault)) for operation in OPERATIONS for fault in FAULTS if can_hit(fault, operation)}
    assert {cell[1:] for cell in cells} == able
    assert {(kind, fault) for kind, _, fault in cells} == {*product(NAMES, map(str, FAULTS))}
    assert {cell[:2] for cell in cells} == {*product(NAMES, OPERATIONS)}


def test_the_table_has_every_effect_and_every_kind_changes() -> None:
    assert {fault.effect.partition(":")[0] for fault in FAULTS} == set(EFFECTS)
    assert len({str(fault) for fault in FAULTS}) == len(FAULTS)
    assert CHANGED.keys() == {*KINDS, "ipn"}
    assert all(known.reason for known in KNOWN)


@pytest.mark.parametrize(("kind", "operation"), [("landing", "create")])
def test_a_cell_that_goes_wrong_is_seen(player: Player, kind: str, operation: str) -> None:
    """The matrix itself: with a second object of the same name, an edited one and one that is gone."""
    sound = player.play(FaultRow("slow:20", "read"))
    assert sound.problems == []
    assert sound.written == ["POST /landings"]
    landing = player.case.kind
    made = player.room.edit(landing, set={"title": "a double", "url": "https://x.test/", "type": "l"})
    assert any("was made as well" in problem for problem in player._wrong())
    player.room.edit(landing, str(made["id"]), delete=True)
    assert player._wrong() == []
    (other,) = [row for row in player.room.all_stored(landing) if row["title"] == "another landing"]
    player.room.edit(landing, str(other["id"]), set={"title": "edited"})
    assert [problem for problem in player._wrong() if problem.endswith("was changed")]
    player.room.edit(landing, str(other["id"]), delete=True)
    assert [problem for problem in player._wrong() if problem.endswith("is lost")]
