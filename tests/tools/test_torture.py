"""What `make torture` keeps of what it played, and which kills it leaves out."""

from pathlib import Path
from typing import get_args

import pytest

from tests.engine.kills import CANCEL, GONE, OPERATIONS, VICTIMS, Cell
from tests.engine.relay import MOMENTS, Moment
from tools.torture.kills import Sitting, drawn, table
from tools.torture.saved import ChangedError, Result, Saved


def every(writes: int) -> list[Cell]:
    return [
        Cell(operation, victim, moment, number, checkpoints)
        for operation, kind in OPERATIONS.items()
        for victim in kind.victims
        for moment in MOMENTS
        for number in range(1, writes + 1)
        for checkpoints in (True, False)
    ]


def result(cell: Cell, **more: object) -> Result:
    kept = {"operation": cell.operation, "victim": cell.victim, "steps": [], "pending": False, "problems": []}
    return kept | {"seconds": 6.0, "commit": "abc"} | more


@pytest.fixture
def tested(tmp_path: Path) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "it.py").write_text("1\n", encoding="utf-8")
    return tmp_path


def saved(root: Path) -> Saved:
    return Saved(root / "kept" / "kills.jsonl", ("code",), root)


def test_what_was_played_is_there_in_the_next_sitting(tested: Path) -> None:
    first = saved(tested)
    first.put("a", {"seconds": 1.0})
    first.put("b", {"seconds": 2.0})
    again = saved(tested)
    assert again.results == {name: {"seconds": each, "commit": ""} for name, each in (("a", 1.0), ("b", 2.0))}
    again.forget()
    assert saved(tested).results == {}


def test_what_was_played_with_other_code_counts_for_nothing(tested: Path) -> None:
    first = saved(tested)
    first.put("a", {"seconds": 1.0})
    (tested / "code" / "it.py").write_text("2\n", encoding="utf-8")
    with pytest.raises(ChangedError, match="code changed while it was played: run it again"):
        first.put("b", {"seconds": 1.0})
    assert saved(tested).results == {}
    (tested / "code" / "it.py").write_text("1\n", encoding="utf-8")
    assert saved(tested).results.keys() == {"a"}


def test_a_line_that_was_cut_is_passed_over(tested: Path) -> None:
    saved(tested).put("a", {"seconds": 1.0})
    file = tested / "kept" / "kills.jsonl"
    text = file.read_text(encoding="utf-8")
    file.write_text(text + text[:20], encoding="utf-8")
    saved(tested).put("b", {"seconds": 1.0})
    assert saved(tested).results.keys() == {"a", "b"}


def test_which_kills_are_as_another_one() -> None:
    """Of those that are left out another one is played, which leaves the same behind."""
    assert get_args(Moment) == MOMENTS
    left = {cell for cell in every(3) if not cell.is_as_another}
    for cell in {*every(3)} - left:
        twin = Cell(cell.operation, cell.victim, cell.moment, cell.number, checkpoints=True)
        if cell.victim == "CLI":
            twin = Cell(cell.operation, "CLI", "committed", cell.number - 1, checkpoints=False)
        elif cell.moment == "sent" and not cell.cuts:
            twin = Cell(cell.operation, cell.victim, "committed", cell.number, checkpoints=True)
        assert twin in left
    assert {(cell.operation, cell.victim) for cell in left} == {(cell.operation, cell.victim) for cell in every(3)}
    assert {cell.victim for cell in left} == {*VICTIMS}


def test_a_sample_has_some_of_each_operation_and_victim() -> None:
    cells = [cell for cell in every(3) if not cell.is_as_another]
    picked = drawn(cells, 2)
    groups = {(cell.operation, cell.victim) for cell in cells}
    assert len(picked) == 2 * len(groups)
    assert {(cell.operation, cell.victim) for cell in picked} == groups
    assert picked == drawn(cells, 2)
    assert {*drawn(cells, None)} == {*cells}


def test_the_table_says_how_many_were_played_and_of_what() -> None:
    cells = [Cell("destroy", "CLI", "sent", number, checkpoints=True) for number in range(1, 6)]
    results = {
        str(cells[0]): result(cells[0]),
        str(cells[1]): result(cells[1], steps=[CANCEL], pending=True),
        str(cells[2]): result(cells[2], steps=[CANCEL, GONE], commit="def"),
        str(cells[3]): result(cells[3], problems=["left over"]),
    }
    lines = table(cells, results)
    assert lines[0] == "4 of 5 kills of the real CLI were played, by commit: 3 of abc, 1 of def."
    assert lines[5] == "| destroy | CLI | 5 | 4 | 1 | 1 | 0 | 1 | 0 | 1 |"
    assert lines[7].startswith("In 1 of them a creation that was broken off stayed pending")
    assert table(cells, {})[0] == "0 of 5 kills of the real CLI were played, by commit: none."


def test_a_sitting_plays_all_unless_it_is_told_otherwise() -> None:
    assert Sitting() == Sitting(most=None, minutes=None, workers=2, afresh=False)
