"""Many findings of one rule: the first few in full, of the others the lines."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import LINK, edited, findings, link
from trackform.documents.yaml_document import read
from trackform.rules.edits import FileEdit, sentence
from trackform.rules.grouped import grouped
from trackform_core.text.counted import first_few

BARE = LINK.partition("?")[0]


@pytest.mark.parametrize(("many", "whole"), [(5, 5), (6, 3), (43, 3), (44, 3)])
def test_of_many_the_first_few_are_shown_in_full(tmp_path: Path, many: int, whole: int) -> None:
    offers = "".join(f'\n  guide-{at}: {{product: guide, url: "{BARE}?sid1=x"}}' for at in range(1, many))
    text = edited(*link(f"{BARE}?sid1=x"), ("\nfunnels:", f"{offers}\nfunnels:"))
    found = [each for each in findings(tmp_path, text) if each.rule == "offer-cid"]
    assert len(found) == many
    shown = list(grouped(found))
    assert shown[:whole] == [str(each) for each in found[:whole]]
    rest = found[whole:]
    lines = first_few([str(each.problem.line) for each in rest], 40)
    assert lines.endswith(" and 1 more") == (many > 43)
    file = found[0].problem.file
    counted = [f"{file}: and {len(rest)} more of [offer-cid], at {lines}; --json has each"] if rest else []
    assert shown[whole:] == counted


@pytest.mark.parametrize(("many", "said", "more"), [(12, 12, ""), (13, 12, "; and 1 more edit, which --json has")])
def test_of_many_edits_the_first_few_are_said(tmp_path: Path, many: int, said: int, more: str) -> None:
    (tmp_path / "acme.yaml").write_text("postbacks: {}\n")
    edits = tuple(FileEdit(("postbacks", f"sales-{number}", "active"), value=False) for number in range(many))
    fixes = [f"write `active: false` under postbacks.sales-{number}" for number in range(said)]
    assert sentence(edits, read(tmp_path / "acme.yaml"), ("postbacks",)) == "; and ".join(fixes) + more


@pytest.mark.parametrize(("many", "more"), [(39, ""), (40, " and 1 more")])
def test_of_many_products_that_nothing_covers_forty_are_named(tmp_path: Path, many: int, more: str) -> None:
    numbers = range(411002, 411002 + many - 1)
    products = "".join(f"\n  p{number}: {{id: {number}}}" for number in numbers)
    text = edited(
        ("    events: [payment]\n", "    events: [payment]\n    active: false\n"),
        ("\noffers:", f"{products}\noffers:"),
        ("\nfunnels:", "".join(f"\n  p{number}: {{}}" for number in numbers) + "\nfunnels:"),
    )
    (said,) = [each.problem.message for each in findings(tmp_path, text) if each.rule == "product-covered"]
    named = ", ".join(map(str, [411000, 411001, *numbers][:40]))
    assert said == f"no connection books a payment of products {named}{more}; 'sales' is not active"
