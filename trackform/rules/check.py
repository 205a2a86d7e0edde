"""Runs all rules on composed account files."""

from collections.abc import Mapping, Sequence

from trackform.account_file.compose import Composition
from trackform.policy import Policy
from trackform.rules import stacks
from trackform.rules.hidden import Hidden
from trackform.rules.history import Slots
from trackform.rules.judging import RULES, finding_of, judged
from trackform.rules.registry import Case, Finding


def rule_ids() -> list[str]:
    return list(RULES)


def check(
    compositions: Sequence[tuple[str, Composition]],
    policy: Policy | None = None,
    before: Mapping[str, Slots | None] | None = None,
    *,
    errors_alone: bool = False,
) -> list[Finding]:
    """Every finding of every stack that the policy does not switch off, sorted by file and line, each once.

    ``before``: the slots of each stack's conversion types as they were; see `trackform.rules.history`.
    ``errors_alone``: who asks wants to know of errors only; what stands behind mere warnings is not looked for.
    """
    policy = policy or Policy()
    known = before or {}
    cases = [Case(stack, composition, policy, known.get(stack)) for stack, composition in compositions]
    findings = [finding for case in cases for finding in _all_of(case, errors_alone=errors_alone)]
    severity = policy.rules.get("shared-account", RULES["shared-account"].severity)
    if severity != "off":
        rule = RULES["shared-account"]
        findings += [finding_of(case, rule, breach, severity) for case, breach in stacks.shared(cases)]
    # Stacks that extend one file have its findings in common.
    unique = {(each.rule, each.problem, each.url, each.part): each for each in reversed(findings)}
    return sorted(
        unique.values(), key=lambda each: (each.problem.file, each.problem.line, each.problem.where, each.rule)
    )


def _all_of(case: Case, *, errors_alone: bool) -> list[Finding]:
    seen = list(judged(case, case.policy))
    if errors_alone and all(each.severity != "error" for each in seen):
        # What stands behind a finding is told as no worse than it.
        return [each.finding for each in seen]
    hidden = Hidden(case, seen)
    return [*hidden.findings, *hidden.later]
