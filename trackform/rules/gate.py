"""What the rules call an error is not applied: one answer for the program, a review, and what `accept` would write."""

from pathlib import Path

from trackform.account_file.compose import Composition
from trackform.policy import Policy
from trackform.rules.check import check
from trackform.rules.history import History
from trackform.rules.registry import Finding
from trackform_core.model.messages import marked
from trackform_core.session.permissions import permission, permitted, setting

EVERY_RULE = "all"


def errors_of(stack: str, composition: Composition, policy: Policy, folder: Path) -> list[Finding]:
    """The findings of severity error that no permission covers; ``folder`` holds the account files.

    What only several stacks together show, `trackform validate --all` looks for.

    Raises:
        Problems: the stack's ledger cannot be relied on.
    """
    findings = check([(stack, composition)], policy, {stack: History(folder).slots(stack)}, errors_alone=True)
    return [each for each in findings if each.severity == "error" and not _allowed(each.rule)]


def _allowed(rule: str) -> bool:
    # Adopting writes nothing: who takes over an account as it is has nothing to be kept from.
    return permitted("rule", rule) or permitted("rule", EVERY_RULE)


def refusal(finding: Finding) -> str:
    """Why a plan with this finding is not applied, with the line and the ways out."""
    problem = finding.problem
    fix = f". {problem.suggestion[:1].upper()}{problem.suggestion[1:]}" if problem.suggestion else ""
    return marked(
        "rule",
        f"{problem.place}: {problem.where}: {problem.message}{fix}. If it is meant, run once with "
        f"{setting(permission('rule', finding.rule))}; `trackform docs rules` explains `{finding.rule}`",
    )
