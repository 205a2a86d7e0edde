"""``make bench``: what our commands cost beside the engine itself, written into docs/performance.md.

Ours, the floor under it and a naive provider take turns, for several rounds. Each stack that was measured is kept in
``--results``, so that it can be done in portions: run it again, and it goes on where it stopped. Run it alone: it
measures seconds.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx

from tools.bench import measure, report
from tools.bench.stacks import BIN, ROOT, Stack, Variant, sandbox

WITH_CHECKPOINTS = 1000
"""Most objects whose first `pulumi up` is also measured with a state that is saved step by step."""
LIMITED = 1000
"""Offers of the preview that a service allows 60 requests a minute."""
UP = ("up", "--yes", "--skip-preview")
PREVIEW = ("preview", "--expect-no-changes")
REFRESH = ("refresh", "--preview-only", "--expect-no-changes")
STEPS: dict[str, tuple[str, ...]] = {
    "first up": UP,
    "preview": PREVIEW,
    "refresh": REFRESH,
    "up without changes": ("up", "--yes"),
    "refresh after a second up": REFRESH,
}
VERBS = (
    ("--help",), ("completion", "bash"), ("links", "bench"), ("operator", "bench", "--list"), ("validate", "bench"),
    ("status", "bench"), ("export", "bench", "--out", "exported.yaml"), ("review", "bench"),
    ("accept", "--stack", "bench", "--dry-run", "--yes"),
)  # fmt: skip


@dataclass(frozen=True)
class Group:
    """What is measured with one stack."""

    round: int
    size: int
    variant: Variant
    kind: str = "plain"

    def measured(self, latency: float) -> Iterator[dict[str, Any]]:
        """Each step with what it cost."""
        with tempfile.TemporaryDirectory() as name, sandbox(latency) as url:
            stack = Stack(Path(name), url, self.variant, self.size, checkpoints=self.kind == "checkpoints")
            self._pulumi(stack, url, "stack", "init", "bench")
            if self.kind == "checkpoints":
                yield self._of("first up with checkpoints", self._pulumi(stack, url, *UP))
            elif self.kind == "limited":
                self._pulumi(stack, url, *UP)
                httpx.patch(f"{url}/_control/switches", json={"requests_per_minute": 60}).raise_for_status()
                yield self._of("preview at 60 requests a minute", self._pulumi(stack, url, *PREVIEW))
            else:
                steps = STEPS if self.variant != "naive" else {what: STEPS[what] for what in ("first up", "preview")}
                for what, words in steps.items():
                    yield self._of(what, self._pulumi(stack, url, *words))
                for words in VERBS if self.variant == "ours" else ():
                    cost = self._run(stack, url, [BIN / "trackform", *words], (0, 2))
                    yield self._of(f"trackform {' '.join(words)}", cost)

    def _pulumi(self, stack: Stack, url: str, *words: str) -> dict[str, Any]:
        return self._run(stack, url, [BIN / "pulumi", *words, "--non-interactive"])

    def _run(
        self, stack: Stack, url: str, command: list[str | Path], expected: tuple[int, ...] = (0,)
    ) -> dict[str, Any]:
        httpx.delete(f"{url}/_control/requests")
        cost = measure.run(command, stack.folder, stack.env, expected)
        requests = len(httpx.get(f"{url}/_control/requests").json())
        return {**asdict(cost), "requests": requests, "state_kb": stack.state_kb()}

    def _of(self, what: str, figures: dict[str, Any]) -> dict[str, Any]:
        return {**asdict(self), "what": what, **figures}


def groups(sizes: list[int], rounds: int) -> Iterator[Group]:
    """All that is measured, the smallest first; what is compared stands side by side."""
    variants: tuple[Variant, ...] = ("ours", "floor", "naive")
    for number in range(rounds):
        for size in sizes:
            turn = variants[number % 3 :] + variants[: number % 3]
            yield from (Group(number, size, variant) for variant in turn)
            if size <= WITH_CHECKPOINTS:
                yield from (Group(number, size, variant, "checkpoints") for variant in turn if variant != "naive")
        if LIMITED in sizes:
            yield Group(number, LIMITED, "ours", "limited")


def main() -> None:
    arguments = argparse.ArgumentParser(prog="python -m tools.bench", description=__doc__)
    arguments.add_argument("--sizes", type=int, nargs="+", default=[10, 100, 1000, 5000], help="numbers of offers")
    arguments.add_argument("--latency", type=float, default=0.1, help="seconds the sandbox adds to every answer")
    arguments.add_argument("--rounds", type=int, default=3, help="how often everything is measured")
    arguments.add_argument(
        "--minutes", type=float, default=25, help="begin no other stack that may end after that time"
    )
    arguments.add_argument("--results", type=Path, default=ROOT / ".state/bench.jsonl", help="where they are kept")
    arguments.add_argument("--write", type=Path, metavar="FOLDER", help="write performance.md and its plot there")
    chosen = arguments.parse_args()
    wanted = list(groups(chosen.sizes, chosen.rounds))
    chosen.results.parent.mkdir(parents=True, exist_ok=True)
    known = [json.loads(line) for line in chosen.results.read_text().splitlines()] if chosen.results.exists() else []
    began = time.monotonic()
    for group in wanted:
        if [each for each in known if _group(each) == group]:
            continue
        before = [each["took"] for each in known if (each["size"], each["kind"]) == (group.size, group.kind)]
        if time.monotonic() - began + max(before, default=0) > chosen.minutes * 60:
            break
        started = time.monotonic()
        runs = list(group.measured(chosen.latency))
        took = round(time.monotonic() - started, 1)
        known += [{**run, "took": took} for run in runs]
        # A whole stack at a time: a part of one would never be measured again.
        with chosen.results.open("a") as kept:
            kept.write("".join(json.dumps({**run, "took": took}) + "\n" for run in runs))
        for run in runs:
            print(f"{run['variant']:6} {run['size']:>6} {run['what']:32} {run['seconds']:>8.2f} s "
                  f"{run['processor']:>8.2f} s of processor {run['requests']:>6} requests", flush=True)  # fmt: skip
    done = {_group(each) for each in known}
    left = [group for group in wanted if group not in done]
    if chosen.write:
        write(chosen.write, known, chosen.latency)
    print(f"bench: {len(wanted) - len(left)} of {len(wanted)} stacks are measured" + ("; run it again" if left else ""))


def write(folder: Path, runs: list[dict[str, Any]], latency: float) -> None:
    machine = f"Here: {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}."
    (folder / "performance.md").write_text(report.page(runs, latency, machine))
    (folder / "plots").mkdir(exist_ok=True)
    (folder / "plots/performance.svg").write_text(report.plot(runs, "preview"))


def _group(run: dict[str, Any]) -> Group:
    return Group(run["round"], run["size"], run["variant"], run["kind"])


if __name__ == "__main__":
    main()
