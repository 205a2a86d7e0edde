"""Trying mutants: the tests that execute the changed line, in copies of the project, several at a time."""

import queue
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Literal

from clone import Clone, OutOfTimeError, Run
from covering import Covering, Importers
from draw import Drawn

Verdict = Literal["noticed", "timeout", "survived", "untested", "equivalent"]
NOTICED: frozenset[Verdict] = frozenset({"noticed", "timeout"})
COUNTED: frozenset[Verdict] = NOTICED | {"survived", "untested"}
CLOSEST = 20
"""So many tests run first: most changes are noticed by one of those that execute little else."""
NO_TESTS, NOT_STARTED = 5, 4  # pytest's exit statuses


@dataclass(frozen=True)
class Tried:
    drawn: Drawn
    verdict: Verdict
    by: str = ""
    """The test that noticed, or why nobody can."""


class Trial:
    def __init__(self, clones: list[Clone], known: Covering, importers: Importers) -> None:
        self._clones = clones
        self._known = known
        self._importers = importers
        breadth = Counter(test for lines in known.tests.values() for tests in lines.values() for test in tests)
        self._breadth = {known.names[test]: lines for test, lines in breadth.items()}
        self._unreliable: set[str] = set()

    def run(self, sample: Iterable[Drawn], reason: Callable[[Drawn], str | None], until: float) -> Iterator[Tried]:
        """Each mutant's verdict as it is found; whatever was begun in time is brought to its end."""
        free: queue.SimpleQueue[Clone] = queue.SimpleQueue()
        for clone in self._clones:
            free.put(clone)

        def tried(one: Drawn) -> Tried:
            clone = free.get()
            try:
                return self._tried(clone, one)
            finally:
                free.put(clone)

        with ThreadPoolExecutor(len(self._clones)) as pool:
            running: set[Future[Tried]] = set()
            for one in sample:
                if time.monotonic() >= until:
                    break
                if known := reason(one):
                    yield Tried(one, "equivalent", known)
                    continue
                running.add(pool.submit(tried, one))
                if len(running) == len(self._clones):
                    done, running = wait(running, return_when=FIRST_COMPLETED)
                    yield from (each.result() for each in done)
            yield from (each.result() for each in wait(running).done)

    def confirmed(self, results: list[Tried]) -> list[Tried]:
        """A test that fails now and then without a change has noticed nothing: its mutants are tried without it."""
        todo = {each.by for each in results if each.verdict in NOTICED and "::" in each.by}
        while todo:
            outcomes = self._clones[0].pytest(_as_file(self._clones[0], sorted(todo))).outcomes
            wrong = {test for test in todo if outcomes.get(test, ("passed",))[0] != "passed"}
            self._unreliable |= wrong
            again = [self._tried(self._clones[0], each.drawn) if each.by in wrong else each for each in results]
            todo = {new.by for old, new in zip(results, again, strict=True) if old is not new and "::" in new.by}
            results = again
        return results

    @property
    def unreliable(self) -> list[str]:
        """The tests that failed without a change, once they had been tried again."""
        return sorted(self._unreliable)

    def tests_of(self, one: Drawn) -> list[str]:
        """The tests that execute the changed line, those that execute little else first."""
        line, known = one.mutant.line, self._known
        if not self._importers.inside(one.file, line):
            found = self._importers.of(one.file)
        else:
            # The later lines of a statement are not always told apart from its first.
            statement = range(one.line, line + 1)
            found = known.of(one.file, [line]) or known.of(one.file, statement)
            if not found and known.executed(one.file, statement):  # by a process that no test is known to have started
                found = self._importers.of(one.file)
        return sorted(found - self._unreliable, key=lambda test: (self._breadth[test], test))

    def _tried(self, clone: Clone, one: Drawn) -> Tried:
        tests = self.tests_of(one)
        if not tests:
            return Tried(one, "untested")
        with clone.changed(one.file, one.mutant.source):
            for part in (tests[:CLOSEST], tests[CLOSEST:]):
                try:
                    run = self._run(clone, part) if part else None
                except OutOfTimeError:
                    return Tried(one, "timeout")
                if run and run.status not in {0, NO_TESTS}:
                    return _noticed(one, run)
        return Tried(one, "survived")

    def _run(self, clone: Clone, tests: list[str]) -> Run:
        took = [self._known.seconds[test] for test in tests]
        # Far more than they take: other programs may need the processors meanwhile.
        options = ["-x", f"--timeout={60 + 10 * max(took):.0f}"]
        limit = 120 + 10 * sum(took)
        run = clone.pytest([*options, *_as_file(clone, tests)], limit)
        if run.status == NOT_STARTED and "not found" in run.out:  # parameters that come from the changed code
            run = clone.pytest([*options, *_as_file(clone, sorted({test.partition("[")[0] for test in tests}))], limit)
        return run


def _noticed(one: Drawn, run: Run) -> Tried:
    failed = next(((test, outcome) for test, (outcome, _) in run.outcomes.items() if outcome in {"failed", "timeout"}),
                  ("while the tests were collected", "failed"))  # fmt: skip
    return Tried(one, "timeout" if failed[1] == "timeout" else "noticed", failed[0])


def _as_file(clone: Clone, tests: list[str]) -> list[str]:
    path = clone.folder.parent / "tests.txt"
    path.write_text("\n".join(tests), encoding="utf-8")
    return [f"@{path}"]
