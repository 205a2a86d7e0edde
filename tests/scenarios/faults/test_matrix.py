"""Every kind, operation and fault, in this process: done once, or a clear failure that the next `up` completes."""

from collections.abc import Iterator
from itertools import product

import pytest

from tests.providers.conftest import KINDS, Case, said
from tests.providers.said import Said
from tests.scenarios.faults.cells import (
    CHANGED,
    DELETED,
    FAULTS,
    OPERATIONS,
    FaultRow,
    Player,
    TimedRoom,
    all_cases,
    rows,
)
from tests.scenarios.faults.known import KNOWN, reasons_of
from trackform.sandbox.effects import EFFECTS
from trackform_core.http import api as http
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

__all__ = ["said"]

Stage = tuple[TimedRoom, TimedRoom, dict[str, Case]]


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


@pytest.mark.parametrize(("kind", "operation"), [*product([*KINDS, "ipn"], OPERATIONS)])
def test_done_once_or_completed_by_the_next_run(player: Player, kind: str, operation: str) -> None:
    known = reasons_of(kind, operation)
    played = [player.play(fault) for fault in player.faults]
    assert len(played) > 50
    unexpected = [f"{each.name}: {'; '.join(each.problems)}" for each in played if each.problems]
    unexpected = [line for line in unexpected if not any(line.startswith(f"{kind} {operation}: {f}:") for f in known)]
    assert not unexpected, "\n".join(unexpected)
    held = [fault for fault in known if not any(str(each.fault) == fault and each.problems for each in played)]
    assert not held, f"these hold by now, take them out of known.py: {held}"


KNOWN_CELLS = [(kind, each.operation) for each in KNOWN for kind in each.kinds]
# Its row does not say whose it is, and so blind a service does not say that either: the `Account` ends such a run.
KNOWN_CELLS.remove(("script", "adopt"))


@pytest.mark.parametrize(("kind", "operation"), KNOWN_CELLS)
def test_what_does_not_hold_is_told_and_undone_as_it_says(
    player: Player, kind: str, operation: str, said: Said
) -> None:
    """A second one was made: the run after next names both, and the next one after that has one again."""
    for fault in (each for each in player.faults if str(each) in reasons_of(kind, operation)):
        player.play(fault)
        said.clear()
        player.run(player.program)
        mine = player.engine.state[player.at].object_id
        (text,) = (each for each, id_ in zip(said.messages, said.ids, strict=True) if id_ == "made-twice")
        assert f"({mine}): RedTrack has a second one of this {player.kind.key}" in text
        deletes = "delete this one in the web application" if operation == "adopt" else "delete in the web application"
        assert deletes in text
        player.room.edit(player.kind, mine, delete=True)
        said.clear()
        player.run(player.program)
        (left,) = (
            (at for at in rows(player.room).keys() - player.before.keys() - {*deleted(player)})
            if (operation == "create")
            else (at for at in player.before if at[2] == player.object_id)
        )
        assert player.engine.state[player.at].object_id == left[2]
        assert "made-twice" not in said.ids
        player.room.forget()
        player.run(player.program)
        assert player.room.writes() == []


def deleted(player: Player) -> list[tuple[str, str, str]]:
    return [at for at, row in rows(player.room).items() if row.get("status") == DELETED]


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
