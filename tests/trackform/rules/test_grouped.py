"""Many findings of one rule: the first few in full, of the others the lines."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import LINK, edited, findings, link
from trackform.rules.grouped import grouped

BARE = LINK.partition("?")[0]


@pytest.mark.parametrize(("many", "whole"), [(5, 5), (6, 3), (30, 3)])
def test_of_many_the_first_few_are_shown_in_full(tmp_path: Path, many: int, whole: int) -> None:
    offers = "".join(f'\n  guide-{at}: {{product: guide, url: "{BARE}?sid1=x"}}' for at in range(1, many))
    text = edited(*link(f"{BARE}?sid1=x"), ("\nfunnels:", f"{offers}\nfunnels:"))
    found = [each for each in findings(tmp_path, text) if each.rule == "offer-cid"]
    assert len(found) == many
    shown = list(grouped(found))
    assert shown[:whole] == [str(each) for each in found[:whole]]
    rest = found[whole:]
    lines = ", ".join(str(each.problem.line) for each in rest)
    file = found[0].problem.file
    counted = [f"{file}: and {len(rest)} more of [offer-cid], at {lines}; --json has each"] if rest else []
    assert shown[whole:] == counted
