"""What is told: a table by room, the survivors and what nobody can see, the statements that no test executes."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from textwrap import wrap

from covering import Covering
from draw import Drawn, room_of
from trial import COUNTED, NOTICED, Tried

BEGIN, END = "<!-- mutants: written by `make mutants` -->", "<!-- mutants: end -->"


@dataclass(frozen=True)
class Equivalents:
    """Mutants that do what the original does, by where they are and what they change."""

    reasons: Mapping[tuple[str, str, str, str], str]

    @classmethod
    def read(cls, path: Path) -> "Equivalents":
        if not path.exists():
            return cls({})
        entries = tomllib.loads(path.read_text(encoding="utf-8")).get("equivalent", [])
        return cls({(e["file"], e["function"], e["was"], e["becomes"]): e["reason"] for e in entries})

    def reason(self, one: Drawn) -> str | None:
        return self.reasons.get((one.file, one.mutant.function, one.mutant.was, one.mutant.becomes))


def percent(part: int, whole: int) -> str:
    """Rounded down: 95 % is not reached by 94.9."""
    return f"{100 * part // whole} %" if whole else "-"


def table(results: list[Tried]) -> list[str]:
    rooms: dict[str, list[Tried]] = defaultdict(list)
    for each in results:
        if each.verdict in COUNTED:
            rooms[each.drawn.room].append(each)
    rows = [(room, *_counts(rooms[room])) for room in sorted(rooms)]
    rows.append(("all", *_counts([each for room in rooms.values() for each in room])))
    return ["| room | tried | noticed | |", "| --- | ---: | ---: | ---: |"] + [
        f"| {room} | {tried} | {noticed} | {percent(noticed, tried)} |" for room, tried, noticed in rows
    ]


def _counts(results: list[Tried]) -> tuple[int, int]:
    return len(results), sum(each.verdict in NOTICED for each in results)


def summary(results: list[Tried], seed: int) -> str:
    count = Counter[str](each.verdict for each in results)
    said = [f"Seed {seed}: {sum(count[verdict] for verdict in COUNTED)} mutants"]
    said += [
        f"{count[verdict]} {meaning}"
        for verdict, meaning in (
            ("timeout", "of them noticed because a test did not end"),
            ("untested", "in lines that no test executes"),
            ("equivalent", "more were drawn that do what the original does"),
        )
        if count[verdict]
    ]
    return "; ".join(said) + "."


def told(one: Drawn) -> str:
    function = f"  in {one.mutant.function}" if one.mutant.function else ""
    return f"{one}{function}\n    - {one.mutant.was}\n    + {one.mutant.becomes}"


def survivors(results: list[Tried]) -> Iterator[str]:
    left = [each for each in results if each.verdict in COUNTED - NOTICED]
    for each in sorted(left, key=lambda tried: (tried.drawn.file, tried.drawn.mutant.line)):
        yield f"{each.verdict}: {told(each.drawn)}"
    for each in results:
        if each.verdict == "equivalent":
            yield f"equivalent: {told(each.drawn)}\n    because {each.by}"


def write(page: Path, results: list[Tried], seed: int) -> None:
    """Put the figures between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    figures = "\n".join([BEGIN, *wrap(summary(results, seed), 120), "", *table(results), END])
    page.write_text(before + figures + after, encoding="utf-8")


def unreached(known: Covering) -> Iterator[str]:
    """The statements that no test executes, and how many there are by room."""
    rooms: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for file, lines in known.missing.items():
        rooms[room_of(file)][0] += len(lines)
        rooms[room_of(file)][1] += known.statements[file]
        if lines:
            yield f"{file}: {', '.join(map(str, lines))}"
    yield ""
    for room, (missing, statements) in sorted(rooms.items()):
        yield f"{room}: {missing} of {statements} statements"
    all_missing = sum(map(len, known.missing.values()))
    yield f"all: {all_missing} of {sum(known.statements.values())} statements"
