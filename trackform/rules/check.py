"""All rules, and running them."""

from collections.abc import Iterator, Mapping, Sequence

from trackform.account_file.compose import Composition
from trackform.policy import Policy, Severity
from trackform.rules import campaigns, connections, conversion_types, macros, money, offers, proofs, stacks, twins
from trackform.rules.history import Slots
from trackform.rules.registry import Case, Finding, Found, Rule

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
    """Every finding of every stack that the policy does not switch off, sorted by file and line; each told once.

    ``before``: the slots of each stack's conversion types as they were; see `trackform.rules.history`.
    """
    policy = policy or Policy()
    known = before or {}
    cases = [Case(stack, composition, policy, known.get(stack)) for stack, composition in compositions]
    found = [finding for case in cases for finding in _of(case, policy)]
    severity = policy.rules.get("shared-account", RULES["shared-account"].severity)
    if severity != "off":
        rule = RULES["shared-account"]
        found += [_finding(case, rule, one, severity) for case, one in stacks.shared(cases)]
    # Stacks that extend one file have its findings in common.
    unique = {(one.rule, one.problem, one.url, one.part): one for one in reversed(found)}
    return sorted(unique.values(), key=lambda one: (one.problem.file, one.problem.line, one.problem.where, one.rule))


def _of(case: Case, policy: Policy) -> Iterator[Finding]:
    for rule in RULES.values():
        severity = policy.rules.get(rule.id, rule.severity)
        if severity == "off":
            continue
        for one in rule.check(case):
            # A rule that was switched off explains nothing: the proof still speaks.
            if rule.explains and severity == "error":
                case.explained.add(rule.explains)
            yield _finding(case, rule, one, severity)


def _finding(case: Case, rule: Rule, found: Found, severity: Severity) -> Finding:
    problem = case.composition.account.document.problem(found.path, found.message, found.fix or rule.fix)
    return Finding(problem, rule.id, severity, case.stack, found.url, found.part)
