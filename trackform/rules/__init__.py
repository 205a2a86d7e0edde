"""The named rules of `trackform validate`: one small function each. Pure and offline."""

from trackform.rules.check import check, rule_ids
from trackform.rules.judging import RULES
from trackform.rules.registry import Finding, Rule

__all__ = ["RULES", "Finding", "Rule", "check", "rule_ids"]
