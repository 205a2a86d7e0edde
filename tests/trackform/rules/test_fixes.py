"""Fixes fix: each finding's edits are made, word for word, in the text of the file. It is gone, and no new one came."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings

from tests.trackform.rules.accounts import BREAKS, WARNINGS, Data, accounts
from tests.trackform.rules.rows import KNOWN, TEXT, Row, edited, findings
from tests.trackform.rules.test_check import ROWS
from trackform.accept import yamltext
from trackform.documents.scalars import flow
from trackform.policy import Policy
from trackform.rules import RULES, Finding
from trackform.rules.edits import OUT
from trackform.rules.history import Slots

few = settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck))
ASKED = Policy(live=KNOWN)

SILENCED = ("told-nothing", "unproven")
BY_HAND = {
    "account-currency", "booked", "error-email", "macro-unknown", "not-shared", "offer-length", "placeholder",
    "placeholder-told", "shared-account", "told", "told-nothing", "told-rebill", "weights",
}  # fmt: skip
"""Rules of whose findings nobody but a person can mend any; each says why."""


def mended(text: str, finding: Finding) -> str:
    """The file with the finding's edits made."""
    for edit in finding.edits:
        text = yamltext.edited(text, edit.path, yamltext.REMOVE if edit.value is OUT else edit.value)
    return text


def keys(told: list[Finding]) -> set[tuple[str, str]]:
    return {(each.rule, each.problem.where) for each in told}


def tried(
    folder: Path, text: str, policy: Policy, before: Slots | None, besides: set[tuple[str, str]]
) -> list[Finding]:
    """Mend each finding of a file alone; those that only a person can mend are given back."""
    told = findings(folder, text, policy, before)
    # What the proofs would have said besides, had an error not silenced them.
    loud = replace(policy, rules={**policy.rules, **dict.fromkeys(RULES, "warning")})
    behind = {key for key in keys(findings(folder, text, loud, before)) if key[0] in SILENCED}
    besides = besides | behind
    for each in told:
        if not each.edits:
            assert each.by_hand, f"{each} has neither edits nor a reason"
            continue
        assert not each.by_hand
        for edit in each.edits:
            assert (f"take out `{edit.path[-1]}`" if edit.value is OUT else flow(edit.value)) in each.problem.suggestion
        after = findings(folder, mended(text, each), policy, before)
        same = [other for other in after if (other.rule, other.problem.where, other.problem.message)
                == (each.rule, each.problem.where, each.problem.message)]  # fmt: skip
        assert not same, f"{each}\nis still there after\n{mended(text, each)}"
        # A rebill that is told is a choice of the file, and shows once rebills are booked.
        new = [
            str(other)
            for other in after
            if (other.rule, other.problem.where) not in keys(told) | besides and other.rule != "told-rebill"
        ]
        assert not new, f"{each}\nmended, there is\n{new}\n{mended(text, each)}"
    return [each for each in told if not each.edits]


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said_to_do_mends_it(tmp_path: Path, row: Row) -> None:
    besides = keys(findings(tmp_path, TEXT, row.policy, row.before))
    left = tried(tmp_path, edited(*row.edits), row.policy, row.before, besides)
    if row.rule in BY_HAND:
        assert row.rule in {each.rule for each in left}


def text_of(data: Data) -> str:
    return yaml.safe_dump(data, sort_keys=False, width=2000, allow_unicode=True)


@pytest.mark.parametrize(
    ("rule", "change"),
    [(r, c) for r, _, c in [*BREAKS, *WARNINGS]],
    ids=[f"{r}: {t}" for r, t, _ in [*BREAKS, *WARNINGS]],
)
@few
@given(data=accounts())
def test_in_generated_accounts(
    tmp_path_factory: pytest.TempPathFactory, rule: str, change: Callable[[Data], None], data: Data
) -> None:
    folder = tmp_path_factory.mktemp("mended")
    broken = copy.deepcopy(data)
    change(broken)
    besides = keys(findings(folder, text_of(data), ASKED))
    left = tried(folder, text_of(broken), ASKED, None, besides)
    if rule not in BY_HAND:
        assert rule not in {each.rule for each in left} or rule in SOME_BY_HAND


SOME_BY_HAND = {"macro-braces", "macro-misspelt", "type-macro", "guarantee", "unproven"}
"""Rules of which a person must mend some findings: what was meant is not to be seen."""


def test_rules_whose_findings_only_a_person_can_mend() -> None:
    assert {rule.id for rule in RULES.values() if rule.by_hand} == BY_HAND
