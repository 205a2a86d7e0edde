"""stacks/policy.yaml."""

from pathlib import Path

import pytest

from trackform.documents.problems import Problems
from trackform.policy import Policy, read_policy
from trackform.rules import rule_ids
from trackform_core.guard.limits import DEFAULTS, Limit

ROOT = Path(__file__).resolve().parents[3]


def test_without_a_file_everything_is_as_the_rules_have_it(tmp_path: Path) -> None:
    assert read_policy(tmp_path, rule_ids()) == Policy()


def test_the_projects_own_policy_says_nothing() -> None:
    policy = read_policy(ROOT / "stacks", rule_ids())
    assert (policy.rules, policy.live) == ({}, {})


def test_what_it_may_say(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "rules: {sum-once: off, unproven: error}\nlive: {refund_amount: negative}\n"
        "limits: {offers: {delete: {objects: 3}}}\n"
    )
    policy = read_policy(tmp_path, rule_ids())
    assert policy.rules == {"sum-once": "off", "unproven": "error"}
    assert policy.live == {"refund_amount": "negative"}
    assert policy.limits == {"offers": {"delete": Limit(percent=DEFAULTS["delete"].percent, objects=3)}}


def test_every_mistake_at_once(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "rules:\n  sum-onc: off\n  event-id: loud\nlive:\n  refund: negative\n  missing_sum: perhaps\nlimit: {}\n"
    )
    with pytest.raises(Problems) as raised:
        read_policy(tmp_path, rule_ids())
    told = [(one.line, one.where, one.suggestion) for one in raised.value.problems]
    assert told == [
        (2, "rules.sum-onc", 'did you mean "sum-once"?'),
        (3, "rules.event-id", ""),
        (5, "live.refund", 'did you mean "refund_amount"?'),
        (6, "live.missing_sum", ""),
        (7, "limit", 'did you mean "limits"?'),
    ]
