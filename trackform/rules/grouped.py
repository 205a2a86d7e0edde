"""Findings for people: of many of one rule in one file the first few in full, and of the others the lines."""

from collections.abc import Iterator, Sequence

from trackform.rules.registry import Finding
from trackform_core.text.counted import BY_HAND, first_few

MOST = 5
"""Findings of one rule in one file that are all shown in full."""
FIRST = 3
"""How many of more than that are."""


def grouped(findings: Sequence[Finding]) -> Iterator[str]:
    """Each finding, in order; those that are left out are counted behind the last that is shown of their group."""
    groups: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        groups.setdefault((finding.problem.file, finding.rule), []).append(finding)
    seen: dict[tuple[str, str], int] = {}
    for finding in findings:
        key = (finding.problem.file, finding.rule)
        group = groups[key]
        seen[key] = seen.get(key, 0) + 1
        if len(group) <= MOST or seen[key] <= FIRST:
            yield str(finding)
        if len(group) > MOST and seen[key] == FIRST:
            rest = group[FIRST:]
            lines = first_few([str(line) for line in dict.fromkeys(each.problem.line for each in rest)], BY_HAND)
            yield f"{finding.problem.file}: and {len(rest)} more of [{finding.rule}], at {lines}; --json has each"
