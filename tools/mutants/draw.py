"""The seeded sample: which statement of which room is changed next, and how."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePath
from random import Random

from changes import Mutant, mutant


@dataclass(frozen=True)
class Drawn:
    room: str
    file: str
    line: int
    """Where the statement starts."""
    mutant: Mutant

    def __str__(self) -> str:
        return f"{self.file}:{self.mutant.line}"


def room_of(file: str) -> str:
    """The package that a file belongs to, and its folder in there."""
    return "/".join(PurePath(file).parent.parts[:2])


def within(files: Iterable[str], paths: Iterable[Path]) -> list[str]:
    """The files that are one of the paths, or lie below one."""
    wanted = list(paths)
    return [file for file in files if any(map(Path(file).is_relative_to, wanted))]


def drawn(project: Path, files: Iterable[str], seed: int, least: int) -> Iterator[Drawn]:
    """First as many of each room as were asked for, in turns; then of all, large rooms more often than small ones.

    The order depends on the seed and the sources alone, so that whatever fits into the time is a random sample.
    """
    random = Random(seed)  # noqa: S311
    rooms: dict[str, list[tuple[str, int]]] = {}
    for file in sorted(files):
        rooms.setdefault(room_of(file), []).extend((file, line) for line in _statements(project / file))
    for places in rooms.values():
        random.shuffle(places)
    turn = 0
    while rooms := {room: places for room, places in rooms.items() if places}:
        if turn < least:
            chosen = list(rooms)
        else:
            chosen = random.choices(list(rooms), [len(places) for places in rooms.values()])
        turn += 1
        yield from (found for room in chosen if (found := _next(project, room, rooms[room], seed)))


def _next(project: Path, room: str, places: list[tuple[str, int]], seed: int) -> Drawn | None:
    while places:
        file, line = places.pop()
        source = (project / file).read_text(encoding="utf-8")
        if found := mutant(source, line, Random(f"{seed}/{file}/{line}")):  # noqa: S311
            return Drawn(room, file, line, found)
    return None


def _statements(path: Path) -> list[int]:
    lines = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.stmt | ast.ExceptHandler):
            decorators = [each.lineno for each in getattr(node, "decorator_list", [])]
            lines.add(min([node.lineno, *decorators]))
        elif isinstance(node, ast.match_case):
            lines.add(node.pattern.lineno)
    return sorted(lines)
