"""Play every cell of the fault matrix, random stories, samples over HTTP and with the CLI, and kills; write figures.

The cells are those of tests/scenarios/faults, which `make test` plays as well; here they are counted. Of the kills in
tests/engine/kills.py it plays a few. Properties that take long are tried more often than there (tests/thorough.py).
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
from tools.torture.kills import Sitting
from tools.torture.saved import FOLDER, Result, Saved
from trackform.sandbox.effects import EFFECTS
from trackform_redtrack.client import RedTrack

FAULTS_PART, KILLS_PART = "torture", "kills"
"""What of the page is written."""
THOROUGH = (
    "tests/providers/test_maps.py", "tests/scenarios/stories/test_stories.py",
    "tests/trackform/accept/test_sequences.py",
    "tests/trackform/export/test_property.py", "tests/trackform/export/test_twin.py",
    "tests/trackform/flow/test_agreement.py", "tests/trackform/review/test_complete.py",
    "tests/trackform/review/test_markdown.py", "tests/trackform/rules/test_rules.py",
)  # fmt: skip
SAMPLES: dict[str, tuple[str, ...]] = {
    "over real HTTP": ("tests/scenarios/faults/test_over_http.py",),
    "with the real CLI": ("tests/engine/test_faults.py",),
    "with the real CLI, whose answers are lost": ("tests/engine/test_crashes.py",),
    "properties of generated accounts": THOROUGH,
    "with requests drawn from the vendors' published specs, where those are at hand":
        ("tests/trackform/sandbox/test_fuzzed.py",),
}  # fmt: skip
SAMPLED = ("providers", "trackform", "tests", "templates", "stacks", "requirements.lock")
"""What a sample is played with."""
EXAMPLES = 60
"""Requests of each published operation; `make test` makes a few."""


def main() -> int:
    """Play, tell, and write where that is asked for."""
    arguments = _arguments()
    parts = {} if arguments.only_kills else {FAULTS_PART: faults}
    parts |= {KILLS_PART: kills} if arguments.samples else {}
    failed = False
    for part, played in parts.items():
        lines, wrong = played(arguments)
        print("\n".join(lines))
        failed = failed or wrong
        if arguments.write:
            write(arguments.write, part, lines)
    return int(failed)


def kills(arguments: argparse.Namespace) -> tuple[list[str], bool]:
    """The figures of the kills, and whether one of them did not end as it should."""
    return Sitting(arguments.kills, arguments.kill_minutes, arguments.workers, arguments.afresh).play()


def faults(arguments: argparse.Namespace) -> tuple[list[str], bool]:
    """The figures of the fault matrix and its samples, and whether one was not as expected."""
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
    played_samples = samples(afresh=arguments.afresh) if arguments.samples else {}
    lines += [
        f"{title[0].upper()}{title[1:]}: {each['good']} of {each['all']} as expected ({each['commit']}).\n"
        for title, each in played_samples.items() if each["all"]
    ]  # fmt: skip
    return lines, bool(failed or told.broken) or any(each["good"] < each["all"] for each in played_samples.values())


def samples(*, afresh: bool) -> dict[str, Result]:
    """Title -> how many of a sample's tests pass, each saved as soon as it was played."""
    saved = Saved(FOLDER / "samples.jsonl", SAMPLED)
    if afresh:
        saved.forget()
    for title in SAMPLES.keys() - saved.results.keys():
        good, all_ = sample(*SAMPLES[title])
        saved.put(title, {"good": good, "all": all_})
    return {title: saved.results[title] for title in SAMPLES}


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


def sample(*paths: str) -> tuple[int, int]:
    """How many tests of these files pass, of how many."""
    with tempfile.TemporaryDirectory(prefix="torture-") as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", f"--junitxml={report}", *paths]
        environment = {**os.environ, "TRACKFORM_EXAMPLES": str(EXAMPLES), "TRACKFORM_THOROUGH": "1"}
        subprocess.run(command, check=False, stdout=sys.stderr, env=environment)  # noqa: S603 -- our own tests
        suite = ET.parse(report).getroot().find("testsuite")  # noqa: S314 -- pytest's own report
    names = ("tests", "failures", "errors", "skipped")
    number = {name: int(suite.get(name, 0)) if suite is not None else 0 for name in names}
    played = number["tests"] - number["skipped"]
    return played - number["failures"] - number["errors"], played


def write(page: Path, part: str, lines: list[str]) -> None:
    """Put the figures between the marks of a page."""
    begin, end = f"<!-- {part}: written by `make torture` -->", f"<!-- {part}: end -->"
    text = page.read_text(encoding="utf-8")
    before, _, rest = text.partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(before + "\n".join([begin, *lines, end]) + after, encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="torture", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--no-samples", dest="samples", action="store_false", help="only what runs in this process")
    parser.add_argument("--only-kills", action="store_true", help="only kills of the real CLI")
    parser.add_argument("--kills", type=int, metavar="N", help="of each operation and victim only so many, drawn")
    parser.add_argument("--kill-minutes", type=float, metavar="N", help="begin no kill after so many; the rest later")
    parser.add_argument("--workers", type=int, default=2, help="kills that are played side by side")
    parser.add_argument("--afresh", action="store_true", help="do not go on with what is saved in .state/torture")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6), help="of the random stories")
    parser.add_argument("--minutes", type=float, default=5, help="of a processor, for the random stories")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the figures into a page of the project")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
