"""Random stories of every kind and switch, for as long as there is time; the seed says which."""

import sys
import time
from collections import Counter
from dataclasses import dataclass, field

from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tests.scenarios.stories.machine import DEALS, Stories, deal
from tests.scenarios.stories.stage import BrokenError, Stage
from trackform.sandbox.effects import EFFECTS

LONG = settings(
    max_examples=8, stateful_step_count=25, database=None, deadline=None, derandomize=False, print_blob=False,
    report_multiple_bugs=False, phases=[Phase.generate, Phase.shrink], suppress_health_check=[*HealthCheck],
)  # fmt: skip


@dataclass
class Told:
    """What was played, and the stories that did not end well."""

    seed: int
    seconds: float = 0.0
    rounds: int = 0
    played: "Counter[str]" = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """The figures, as lines of Markdown."""
        number = self.played
        effects = sum(bool(number[f"fault {name}"]) for name in EFFECTS)
        faults = sum(times for name, times in number.items() if name.startswith("fault "))
        return [
            f"Seed {self.seed}: {number['stories']} random stories of {number['steps']} steps, with {number['runs']}",
            f"runs and {faults} faults, of {effects} of the {len(EFFECTS)} effects, over every kind and value of a",
            f"switch; {self.seconds:.0f} s of one processor. Stories that broke: {len(self.broken)}.",
            "",
        ]


def tell(first: int, minutes: float) -> Told:
    """Play whole rounds of all kinds and deals of the switches, until so many minutes of a processor are over."""
    stage, told, began = Stage(), Told(first), time.process_time()
    while not told.rounds or time.process_time() - began < minutes * 60:
        for number in range(DEALS):
            # Each round deals the switches beside others.
            switches = deal(number + DEALS * told.rounds)
            for place, kind in enumerate(stage.cases):
                dealt = {"stage": stage, "kind": kind, "switches": switches, "played": told.played}
                play(Stories, dealt, first + 1000 * told.rounds + 100 * number + place, told)
        told.rounds += 1
        sys.stderr.write(f"torture: {told.played['stories']} stories\n")
    told.seconds = time.process_time() - began
    return told


def play(stories: type[Stories], dealt: dict[str, object], number: int, told: Told) -> None:
    """Some stories of one seed; one that breaks is told."""
    machine = seed(number)(type("Dealt", (stories,), dealt))
    try:
        run_state_machine_as_test(machine, settings=LONG)
    except (BrokenError, Flaky) as error:
        told.broken.append(_story_of(error))
        sys.stderr.write(f"torture: {told.broken[-1]}\n")


def _story_of(error: BaseException) -> str:
    """The story that broke; also of one that did not break when it was played again, which hypothesis calls flaky."""
    parts = error.exceptions if isinstance(error, BaseExceptionGroup) else ()
    return "\n".join([str(error).partition("\n")[0], *map(str, parts)]) if parts else str(error)
