"""Rules, their breaches, and the findings made of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from trackform.account_file.compose import Composition
from trackform.documents.problems import Problem
from trackform.flow.account import Proof, prove_account
from trackform.flow.build import Flow
from trackform.flow.proof import Cell
from trackform.flow.unknowns import Unknowns
from trackform.policy import Policy, Severity
from trackform.rules.edits import FileEdit
from trackform.rules.filled_url import FilledUrl
from trackform.rules.history import Slots

Explains = Literal["", "money", "told"]


@dataclass(frozen=True)
class Breach:
    """A breach of a rule: its place in the account file, and the part of a URL that is wrong.

    Attributes:
        edits: what to change in the file, word for word; the finding stands at the first of them.
        by_hand: why nobody but a person can mend it, where there are no edits.
        beside: it says nothing of money or channels, though others of its rule do.
    """

    path: tuple[str | int, ...]
    message: str
    fix: str = ""
    url: str = ""
    part: str = ""
    edits: tuple[FileEdit, ...] = ()
    by_hand: str = ""
    beside: bool = False


@dataclass
class Case:
    """One stack as the rules see it."""

    stack: str
    composition: Composition
    policy: Policy = field(default_factory=Policy)
    before: Slots | None = None
    """The slots of its conversion types before; None where nobody can tell."""
    explained: set[Explains] = field(default_factory=set)
    """Which invariants a named rule already has an error about: the proofs are silent there."""
    faulty: set[tuple[str | int, ...]] = field(default_factory=set)
    """The objects that such an error is about, by section and name."""
    explaining: list[tuple[str, Breach]] = field(default_factory=list)
    """Those errors, with their rules."""
    links: tuple[FilledUrl, ...] | None = None
    """See `trackform.rules.links`."""

    @cached_property
    def flow(self) -> Flow:
        return Flow(self.composition)

    @cached_property
    def proved(self) -> list[Proof]:
        """The proof of every offer; those of one product that nothing tells apart have one together."""
        return prove_account(self.flow, self.policy.live)

    @property
    def proofs(self) -> list[tuple[str, list[Cell]]]:
        """The name of each proof with its cells."""
        return [(proof.name, list(proof.cells)) for proof in self.proved]

    @cached_property
    def unknowns(self) -> Unknowns:
        return Unknowns(self.flow)

    def unknown_of(self, proof: Proof) -> str:
        """The first thing on the way of its offers of which nobody knows what it does; empty where there is none."""
        unknowns = (unknown for sold in proof.offers for unknown in self.unknowns.on_the_way(sold))
        return next((f"{'.'.join(map(str, unknown.path[:2]))} {unknown.said}" for unknown in unknowns), "")


Check = Callable[[Case], Iterator[Breach]]


@dataclass(frozen=True)
class Rule:
    """A named rule.

    ``why`` and ``fix`` make its part of docs/rules.md; ``fix`` is also the way out of a finding without edits.
    ``by_hand``: why no finding of it has edits, where none has.
    """

    id: str
    severity: Severity
    title: str
    why: str
    fix: str
    check: Check
    explains: Explains
    by_hand: str


@dataclass(frozen=True)
class Finding:
    """A reported breach: a problem, the rule and its severity, and where in which URL."""

    problem: Problem
    rule: str
    severity: Severity
    stack: str
    url: str = ""
    part: str = ""
    edits: tuple[FileEdit, ...] = ()
    by_hand: str = ""

    def __str__(self) -> str:
        problem = self.problem
        lines = [f"{problem.place}: {self.severity}: {problem.where}: {problem.message} [{self.rule}]"]
        if self.url:
            lines.append(f"    {self.url}")
            at = self.url.find(self.part) if self.part else -1
            if at >= 0:
                lines.append("    " + " " * at + "^" * len(self.part))
        if problem.suggestion:
            lines.append(f"    fix: {problem.suggestion}")
        if self.by_hand:
            lines.append(f"    by hand: {self.by_hand}")
        return "\n".join(lines)

    def row(self) -> dict[str, Any]:
        at = self.url.find(self.part) if self.part else -1
        problem = self.problem
        return {
            "rule": self.rule, "severity": self.severity, "stack": self.stack, "file": problem.file,
            "line": problem.line, "where": problem.where, "message": problem.message, "fix": problem.suggestion,
            "url": self.url, "part": self.part if at >= 0 else "", "start": at if at >= 0 else None,
            "end": at + len(self.part) if at >= 0 else None,
            "edits": [edit.row() for edit in self.edits], "by_hand": self.by_hand,
        }  # fmt: skip


class RuleBook:
    """Rules by id, in the order in which they were defined."""

    def __init__(self) -> None:
        self.all: dict[str, Rule] = {}

    def rule(
        self, rule_id: str, severity: Severity, title: str, *, why: str, fix: str, explains: Explains = "",
        by_hand: str = "",
    ) -> Callable[[Check], Check]:  # fmt: skip
        """Register a function as a rule."""

        def add(check: Check) -> Check:
            if rule_id in self.all:
                raise ValueError(f"two rules are called {rule_id}")
            self.all[rule_id] = Rule(rule_id, severity, title, why, fix, check, explains, by_hand)
            return check

        return add
