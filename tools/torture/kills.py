"""The kills, played and counted: tests/engine/kills.py has the cells, of which `make test` plays a few.

They take half an hour on two idle cores. Each is saved when it is played, so they can be played in several sittings.
"""

import random
import signal
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from tests.engine import warm
from tests.engine.kills import CANCEL, DOCTOR, GONE, OPERATIONS, STEPS, Cell, Played, Room, play
from tools.torture.saved import FOLDER, ChangedError, Result, Saved, commits

SEED = 17
FEWER = {CANCEL: "cancel", DOCTOR: "doctor", GONE: "gone", STEPS[-1]: "adopt"}
TESTED = (
    "providers", "trackform", "tools/pulumi", "requirements.lock",
    *(f"tests/engine/{name}.py" for name in ("kills", "processes", "project", "relay")),
)  # fmt: skip
"""What a kill is played with."""


@dataclass
class Sitting:
    """The kills of one call: ``most`` of each operation and victim, until some minutes are over."""

    most: int | None = None
    minutes: float | None = None
    workers: int = 2
    afresh: bool = False

    def play(self) -> tuple[list[str], bool]:
        """Play what is not saved yet; the figures of all that is, and whether one of them did not end as it should."""
        # Where a script has put this in the background, it is ignored: the CLI would wait five seconds for each plugin.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        saved = Saved(FOLDER / "kills.jsonl", TESTED)
        if self.afresh:
            saved.forget()
        warm.environment()
        with tempfile.TemporaryDirectory(prefix="kills-") as base:
            rooms = Rooms(Path(base))
            with rooms.room() as room:
                cells = [cell for operation in OPERATIONS for cell in room.cells(operation)]
            _Queue(
                self, rooms, saved, [cell for cell in drawn(cells, self.most) if str(cell) not in saved.results]
            ).run()
        return table(cells, saved.results), any(each["problems"] for each in saved.results.values())


class Rooms:
    """Sandboxes with projects, all below one folder."""

    def __init__(self, base: Path) -> None:
        self._base = base
        self._number = count()

    def folder(self, name: str) -> Path:
        made = self._base / f"{name}-{next(self._number)}"
        made.mkdir()
        return made

    def room(self) -> AbstractContextManager[Room]:
        return Room(self.folder("data"), self.folder).open()


class _Queue:
    """Cells that are still to be played, by workers side by side: most of a cell is waiting for processes to start."""

    def __init__(self, sitting: Sitting, rooms: Rooms, saved: Saved, cells: list[Cell]) -> None:
        self._sitting, self._rooms, self._saved = sitting, rooms, saved
        self._ends = time.monotonic() + sitting.minutes * 60 if sitting.minutes is not None else None
        self._cells = iter(cells)
        self._lock = threading.Lock()
        self._stopped = threading.Event()

    def run(self) -> None:
        with ThreadPoolExecutor(self._sitting.workers) as workers:
            working = [workers.submit(self._work) for _ in range(self._sitting.workers)]
            try:
                for each in working:
                    each.result()
            except (KeyboardInterrupt, ChangedError):
                self._stopped.set()
                raise

    def _next(self) -> Cell | None:
        with self._lock:
            over = self._ends is not None and time.monotonic() > self._ends
            return None if over or self._stopped.is_set() else next(self._cells, None)

    def _work(self) -> None:
        cell = self._next()
        if cell is None:
            return
        with self._rooms.room() as room:
            while cell is not None:
                began = time.monotonic()
                played = _played(room, cell)
                # Ctrl-C reaches all processes of a terminal: what it hit was not played as it should be.
                if not self._stopped.is_set():
                    self._saved.put(str(cell), as_result(played, time.monotonic() - began))
                    _tell(played)
                cell = self._next()


def _played(room: Room, cell: Cell) -> Played:
    try:
        return play(room, cell)
    except Exception as error:  # noqa: BLE001 -- whatever it is, the other cells are played
        return Played(cell, problems=[f"{type(error).__name__}: {error}"])


def as_result(played: Played, seconds: float) -> Result:
    """What is saved of a cell; all that was said only where somebody has to look into it."""
    cell = played.cell
    kept: Result = {"operation": cell.operation, "victim": cell.victim, "write": played.write, "steps": played.steps}
    kept |= {"pending": played.pending, "problems": played.problems, "seconds": round(seconds, 1)}
    return kept | ({"texts": played.texts} if played.problems else {})


def drawn(cells: list[Cell], most: int | None) -> list[Cell]:
    """Those that are played, in an order that lets each sitting play some of all."""
    chance = random.Random(SEED)  # noqa: S311 -- no secret
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.operation, cell.victim].append(cell)
    for group in groups.values():
        chance.shuffle(group)
    picked = [cell for group in groups.values() for cell in group[:most]]
    chance.shuffle(picked)
    return picked


def _tell(played: Played) -> None:
    print(f"torture: {played.cell}: {'; '.join(played.problems) or 'as expected'}", file=sys.stderr, flush=True)


def table(cells: list[Cell], results: dict[str, Result]) -> list[str]:
    """The figures, as lines of Markdown: each cell once, under the last of the steps that it took."""
    heads = ["run again", *FEWER.values(), "otherwise"]
    played = {cell: results[str(cell)] for cell in cells if str(cell) in results}
    minutes = sum(each["seconds"] for each in played.values()) / 60
    lines = [
        f"{len(played)} of {len(cells)} kills of the real CLI were played, by commit: {commits(played.values())}.",
        f"Minutes of one worker: {minutes:.0f}.",
        "",
        f"| operation | victim | cells | played | {' | '.join(heads)} |",
        f"| --- | --- | ---: | ---: | {' | '.join('---:' for _ in heads)} |",
    ]
    groups: dict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        groups[cell.operation, cell.victim].append(cell)
    for (operation, victim), group in groups.items():
        heading = [_head(played[cell]) for cell in group if cell in played]
        counts = [len(group), len(heading), *(heading.count(head) for head in heads)]
        lines.append(f"| {operation} | {victim} | {' | '.join(map(str, counts))} |")
    pending = sum(each["pending"] for each in played.values())
    return [*lines, "", f"In {pending} of them a creation that was broken off stayed pending until it was cleared.", ""]


def _head(result: Result) -> str:
    if result["problems"]:
        return "otherwise"
    taken = [FEWER[step] for step in STEPS if step in result["steps"]]
    return taken[-1] if taken else "run again"
