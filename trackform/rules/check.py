"""Runs all rules on composed account files."""

from collections.abc import Iterator, Mapping, Sequence

from trackform.account_file.compose import Composition
from trackform.policy import Policy, Severity
from trackform.rules import campaigns, connections, conversion_types, macros, money, offers, proofs, stacks, twins
from trackform.rules.edits import sentence
from trackform.rules.history import Slots
from trackform.rules.registry import Breach, Case, Finding, Rule

MODULES = (conversion_types, connections, macros, money, offers, campaigns, twins, proofs, stacks)
RULES: dict[str, Rule] = {name: rule for module in MODULES for name, rule in module.RULES.all.items()}
"""Every rule by id. The proofs come last but for what needs several stacks: they tell what the others do not "
"explain."""


def rule_ids() -> list[str]:
    return list(RULES)


def check(
    compositions: Sequence[tuple[str, Composition]],
    policy: Policy | None = None,
    before: Mapping[str, Slots | None] | None = None,
) -> list[Finding]:
    """Every finding of every stack that the policy does not switch off, sorted by file and line, each once.

    ``before``: the slots of each stack's conversion types as they were; see `trackform.rules.history`.
    """
    policy = policy or Policy()
    known = before or {}
    cases = [Case(stack, composition, policy, known.get(stack)) for stack, composition in compositions]
    findings = [finding for case in cases for finding in _of(case, policy)]
    severity = policy.rules.get("shared-account", RULES["shared-account"].severity)
    if severity != "off":
        rule = RULES["shared-account"]
        findings += [_finding(case, rule, breach, severity) for case, breach in stacks.shared(cases)]
    # Stacks that extend one file have its findings in common.
    unique = {(each.rule, each.problem, each.url, each.part): each for each in reversed(findings)}
    return sorted(
        unique.values(), key=lambda each: (each.problem.file, each.problem.line, each.problem.where, each.rule)
    )


def _of(case: Case, policy: Policy) -> Iterator[Finding]:
    for rule in RULES.values():
        severity = policy.rules.get(rule.id, rule.severity)
        if severity == "off":
            continue
        for breach in _each_edit_once(rule.check(case)):
            # A rule that was switched off explains nothing: the proof still speaks.
            if rule.explains and severity == "error":
                case.explained.add(rule.explains)
                case.faulty.add(breach.path[:2])
            yield _finding(case, rule, breach, severity)


def _each_edit_once(breaches: Iterator[Breach]) -> Iterator[Breach]:
    """Without those of one rule that the same lines mend: several connections are made of one offer source."""
    mended = set()
    for breach in breaches:
        edits = tuple((edit.path, repr(edit.value)) for edit in breach.edits)
        if not edits or edits not in mended:
            yield breach
        mended.add(edits)


def _finding(case: Case, rule: Rule, breach: Breach, severity: Severity) -> Finding:
    document = case.composition.account.document
    path = breach.path
    if breach.edits and document.origin(path) != document.origin(breach.edits[0].path):
        # At the line that people must change.
        path = breach.edits[0].path
    fix = breach.fix or rule.fix
    if breach.edits:
        # What of a whole URL is another, the rule says; of a word the line itself shows it.
        why = f"{fix}: " if any(edit.path[-1] == "url" for edit in breach.edits) else ""
        # Another way out beside the one in the file.
        other = f"; {fix}" if fix.startswith("or ") else ""
        fix = f"{sentence(breach.edits, document)}{other}" if other else f"{why}{sentence(breach.edits, document)}"
    problem = document.problem(path, breach.message, fix)
    by_hand = "" if breach.edits else breach.by_hand or rule.by_hand
    return Finding(problem, rule.id, severity, case.stack, breach.url, breach.part, breach.edits, by_hand)
