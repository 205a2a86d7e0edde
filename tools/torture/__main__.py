"""Play every cell of the fault matrix, random stories, and samples over HTTP and with the CLI; write the figures.

The cells are those of tests/scenarios/faults, which `make test` plays as well; here they are counted.
"""

import argparse
import logging
import os
import secrets
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from tests.scenarios.faults.cells import FAULTS, OPERATIONS, Played, Player, TimedRoom, all_cases
from tests.scenarios.faults.known import reasons_of
from tests.scenarios.stories.long import tell
from trackform.sandbox.effects import EFFECTS
from trackform_redtrack.client import RedTrack

BEGIN = "<!-- torture: written by `make torture` -->"
END = "<!-- torture: end -->"
SAMPLES = {
    "over real HTTP": "tests/scenarios/faults/test_over_http.py",
    "with the real CLI": "tests/engine/test_faults.py",
    "with a CLI that is killed, or whose answers are lost": "tests/engine/test_crashes.py",
    "with requests drawn from the vendors' published specs, where those are at hand":
        "tests/trackform/sandbox/test_fuzzed.py",
}  # fmt: skip
EXAMPLES = 60
"""Requests of each published operation; `make test` makes a few."""


def main() -> int:
    """Play, tell, and write where that is asked for."""
    arguments = _arguments()
    logging.disable(logging.CRITICAL)
    RedTrack.lag = 0.0
    began = time.process_time()
    played = play()
    lines = [*matrix(played, time.process_time() - began)]
    failed = [each for each in played if each.problems and str(each.fault) not in _known(each)]
    for each in failed:
        print(f"torture: {each.name}: {'; '.join(each.problems)}", file=sys.stderr)
    told = tell(arguments.seed, arguments.minutes)
    lines += told.lines()
    samples = {title: sample(path) for title, path in SAMPLES.items()} if arguments.samples else {}
    lines += [
        f"{title[0].upper()}{title[1:]}: {good} of {all_} as expected.\n" for title, (good, all_) in samples.items()
    ]
    print("\n".join(lines))
    if arguments.write:
        write(arguments.write, lines)
    return int(bool(failed or told.broken) or any(good < all_ for good, all_ in samples.values()))


def play() -> list[Played]:
    """Every kind, operation and fault."""
    original, room = TimedRoom(), TimedRoom()
    played = []
    for kind, case in all_cases(original).items():
        for operation in OPERATIONS:
            player = Player(room, original, case, operation)
            played += [player.play(fault) for fault in player.faults]
        print(f"torture: {kind}", file=sys.stderr)
    return played


def _known(played: Played) -> dict[str, str]:
    return reasons_of(played.player.kind.name, played.player.operation)


def matrix(played: list[Played], seconds: float) -> list[str]:
    """The figures of the matrix, as lines of Markdown."""
    kinds = {each.player.kind.name for each in played}
    lines = [
        f"{len(played)} cells: {len(kinds)} kinds, {len(OPERATIONS)} operations, {len(FAULTS)} faults out of",
        f"{len(EFFECTS)} effects; {seconds:.0f} s of one processor.",
        "",
        "| operation | cells | done at once | failed, then completed | otherwise |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for operation in (*OPERATIONS, "all"):
        cells = [each for each in played if operation in (each.player.operation, "all")]
        wrong = sum(bool(each.problems) for each in cells)
        said = sum(bool(each.said) and not each.problems for each in cells)
        lines.append(f"| {operation} | {len(cells)} | {len(cells) - wrong - said} | {said} | {wrong} |")
    reasons = Counter(_known(each).get(str(each.fault), "not known") for each in played if each.problems)
    lines += ["", *(f"- {number} cell{'s'[: number - 1]}: {reason}." for reason, number in reasons.most_common()), ""]
    return lines


def sample(path: str) -> tuple[int, int]:
    """How many tests of a file pass, of how many."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", path]
        environment = {**os.environ, "TRACKFORM_EXAMPLES": str(EXAMPLES)}
        subprocess.run(command, check=False, stdout=sys.stderr, env=environment)  # noqa: S603 -- our own tests
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 -- pytest's own report
    names = ("tests", "failures", "errors", "skipped")
    number = {name: int(suite.get(name, 0)) if suite is not None else 0 for name in names}
    played = number["tests"] - number["skipped"]
    return played - number["failures"] - number["errors"], played


def write(page: Path, lines: list[str]) -> None:
    """Put the figures between the marks of a page."""
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(before + "\n".join([BEGIN, *lines, END]) + after, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--no-samples", dest="samples", action="store_false", help="only what runs in this process")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the random stories")
    parser.add_argument("--minutes", type=float, default=5, help="of a processor, for the random stories")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures into a page of the project")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
