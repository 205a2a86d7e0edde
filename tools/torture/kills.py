"""The kills, played and counted: tests/engine/kills.py has the cells, of which `make test` plays a few."""

import random
import sys
import tempfile
from collections import defaultdict
from itertools import count
from pathlib import Path

from tests.engine.kills import CANCEL, DOCTOR, GONE, OPERATIONS, STEPS, Cell, Played, Room, play

SEED = 17
FEWER = {CANCEL: "cancel", DOCTOR: "doctor", GONE: "gone", STEPS[-1]: "adopt"}


def play_kills(most: int | None) -> list[Played]:
    """Every cell, or ``most`` of each operation and victim, drawn from a seed."""
    with tempfile.TemporaryDirectory(prefix="kills-") as base:
        number = count()

        def folder(name: str) -> Path:
            made = Path(base) / f"{name}-{next(number)}"
            made.mkdir()
            return made

        with Room(folder("data"), folder).open() as room:
            return [_told(play(room, cell)) for operation in OPERATIONS for cell in drawn(room.cells(operation), most)]


def drawn(cells: list[Cell], most: int | None) -> list[Cell]:
    """Those that are played, in the order of the cells."""
    if most is None:
        return cells
    groups: dict[str, list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.victim].append(cell)
    chance = random.Random(SEED)  # noqa: S311 -- no secret
    return [cell for group in groups.values() for cell in chance.sample(group, min(most, len(group)))]


def _told(played: Played) -> Played:
    print(f"torture: {played.cell}: {'; '.join(played.problems) or 'as expected'}", file=sys.stderr)
    return played


def table(played: list[Played]) -> list[str]:
    """The figures, as lines of Markdown: each cell once, under the last of the steps that it took."""
    heads = ["run again", *FEWER.values(), "otherwise"]
    lines = [
        f"{len(played)} kills of the real CLI:",
        "",
        f"| operation | victim | cells | {' | '.join(heads)} |",
        f"| --- | --- | ---: | {' | '.join('---:' for _ in heads)} |",
    ]
    groups: dict[tuple[str, str], list[str]] = defaultdict(list)
    for each in played:
        groups[each.cell.operation, each.cell.victim].append(_head(each))
    for (operation, victim), found in groups.items():
        counts = [len(found), *(found.count(head) for head in heads)]
        lines.append(f"| {operation} | {victim} | {' | '.join(map(str, counts))} |")
    pending = sum(each.pending for each in played)
    return [*lines, "", f"In {pending} of them a creation that was broken off stayed pending until it was cleared.", ""]


def _head(played: Played) -> str:
    if played.problems:
        return "otherwise"
    taken = [FEWER[step] for step in STEPS if step in played.steps]
    return taken[-1] if taken else "run again"
