"""Running all rules: what is told once, in which order, how severe, and that every finding there can be is tried."""

import ast
import inspect
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.trackform.rules import (
    test_campaigns,
    test_connections,
    test_conversion_types,
    test_macros,
    test_money,
    test_offers,
    test_paths,
    test_proofs,
    test_twins,
    test_unknowns,
)
from tests.trackform.rules.rows import KNOWN, SALES, SALES_URL, TEXT, Row, edited, findings, sales
from tests.trackform.rules.test_stacks import told as told_of_stacks
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.rules import RULES, check, rule_ids
from trackform.rules.judging import MODULES
from trackform.rules.registry import Breach, RuleBook

TABLES = (
    test_campaigns, test_connections, test_conversion_types, test_macros, test_money, test_offers, test_paths,
    test_proofs, test_twins, test_unknowns,
)  # fmt: skip
ROWS: list[Row] = [row for module in TABLES for row in module.ROWS]
Place = tuple[str, int]


def places(module: ModuleType) -> dict[Place, int]:
    """Every place of a module that makes a finding, by the line it begins on, with the line it ends on."""
    tree = ast.parse(inspect.getsource(module))
    return {
        (module.__name__, node.lineno): node.end_lineno or node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Breach"
    }


def test_every_finding_that_a_rule_can_make_is_in_a_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a line of a rule only: each `Breach(…)` of each module was made while the rows ran."""
    made: set[Place] = set()

    def noted(*args: Any, **kwargs: Any) -> Breach:
        caller = sys._getframe(1)
        made.add((caller.f_globals["__name__"], caller.f_lineno))
        return Breach(*args, **kwargs)

    for module in MODULES:
        monkeypatch.setattr(module, "Breach", noted)
    for row in ROWS:
        findings(tmp_path, edited(*row.edits), row.policy, row.before)
    told_of_stacks(tmp_path, TEXT, TEXT)
    missed = [
        place
        for module in MODULES
        for place, end in places(module).items()
        if not any(name == place[0] and place[1] <= line <= end for name, line in made)
    ]
    assert missed == []


def test_there_are_places_in_every_module() -> None:
    """The test above looks at something."""
    assert all(places(module) for module in MODULES)


def test_every_rule_is_in_a_row() -> None:
    assert {row.rule for row in ROWS} | {"shared-account"} == set(rule_ids())


def test_every_rule_is_told_as_severely_as_it_says() -> None:
    """Rows say it themselves: a rule that becomes a warning is noticed."""
    assert {(row.rule, row.severity) for row in ROWS} == {
        (rule.id, rule.severity) for rule in RULES.values() if rule.id != "shared-account"
    }


def test_the_order_of_the_rules_is_that_of_the_page() -> None:
    """The proofs come last but for what needs several stacks: they tell what the others do not explain."""
    proofs = [
        "booked", "returns-lost", "told", "told-paused", "told-rebill", "told-nothing", "unproven", "not-judged",
    ]  # fmt: skip
    assert rule_ids()[-9:] == [*proofs, "shared-account"]
    assert rule_ids() == [name for module in MODULES for name in module.RULES.all]


def test_two_rules_of_one_name_are_refused() -> None:
    rules = RuleBook()
    rules.rule("x", "error", "X", why="Y.", fix="z")(lambda _case: iter(()))
    with pytest.raises(ValueError, match="two rules are called x"):
        rules.rule("x", "warning", "X", why="Y.", fix="z")(lambda _case: iter(()))
    assert rules.all["x"].severity == "error"


def test_stacks_of_one_shared_file_have_its_findings_in_common(tmp_path: Path) -> None:
    """Told once, of the first stack that has it; what is wrong in one stack's own file is that stack's."""
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/base.yaml").write_text(edited((SALES, SALES.replace("commission", "0"))))
    for name in ("one", "two"):
        (tmp_path / f"{name}.yaml").write_text(
            "extends: [shared/base.yaml]\n"
            f"digistore24: {{affiliate: {name}}}\nproducts: {{guide: {{guarantee: {name}}}}}\n"
        )
    pairs = [(name, compose(read_account(tmp_path / f"{name}.yaml"))) for name in ("one", "two")]
    found = check(pairs, Policy(live=KNOWN))
    assert [(Path(one.problem.file).name, one.rule, one.stack) for one in found] == [
        ("one.yaml", "guarantee", "one"),
        ("base.yaml", "product-covered", "one"),
        ("two.yaml", "guarantee", "two"),
    ]


def test_findings_come_by_file_line_and_place(tmp_path: Path) -> None:
    text = edited(
        (SALES, SALES.replace("commission", "{amount_brutto}").replace("{amount_brutto}", "23.5")),
        ("guarantee: 60d", "guarantee: forever"),
        ("account:\n  currency: USD\n", "account: {}\n"),
        ("upsell: {slot: 2, duplicates: by_event_id", "upsell: {slot: 2, duplicates: create_new"),
    )
    found = findings(tmp_path, text)
    assert [one.rule for one in found] == ["account-currency", "event-mode", "sum-amount", "guarantee"]
    assert [one.problem.line for one in found] == sorted(one.problem.line for one in found)


def test_the_policy_decides_how_much_a_rule_counts(tmp_path: Path) -> None:
    text = edited((SALES, SALES.replace("commission", "23.5")))
    for severity in ("error", "warning"):
        policy = Policy(live=KNOWN, rules={"sum-amount": severity, "booked": "off"})
        (found,) = findings(tmp_path, text, policy)
        assert (found.rule, found.severity) == ("sum-amount", severity)
    assert findings(tmp_path, text, Policy(live=KNOWN, rules={"sum-amount": "off", "booked": "off"})) == []


def test_a_finding_for_people_and_for_machines(tmp_path: Path) -> None:
    (with_url,) = findings(tmp_path, edited(sales("{amount_affiliate}", "23.5")))
    file, url = with_url.problem.file, with_url.url
    fix = f'sum: commission: write `url: "{SALES_URL}"`'
    assert str(with_url).splitlines() == [
        f"{file}:23: error: postbacks.sales.url: books 23.5, not the commission [sum-amount]",
        f"    {url}",
        "    " + " " * url.index("sum=") + "^" * len("sum=23.5"),
        f"    fix: {fix}",
    ]
    start = url.index("sum=")
    row = {
        "rule": "sum-amount", "severity": "error", "stack": "acme", "file": file, "line": 23,
        "where": "postbacks.sales.url", "message": "books 23.5, not the commission", "fix": fix,
        "edits": [{"path": ["postbacks", "sales", "url"], "value": SALES_URL}], "by_hand": "",
    }  # fmt: skip
    mark = {"url": url, "part": "sum=23.5", "start": start, "end": start + len("sum=23.5")}
    assert with_url.row() == row | mark
    # No part to mark: no caret; no line known: the file alone.
    plain = replace(with_url, part="")
    assert "^" not in str(plain)
    assert plain.row() == row | {"url": url, "part": "", "start": None, "end": None}
    elsewhere = replace(with_url, part="not there")
    assert "^" not in str(elsewhere)
    assert elsewhere.row() == row | {"url": url, "part": "", "start": None, "end": None}
    at_the_start = replace(with_url, part=url[:5])
    assert str(at_the_start).splitlines()[2] == "    ^^^^^"
    assert (at_the_start.row()["start"], at_the_start.row()["end"]) == (0, 5)
    nowhere = replace(with_url, url="", problem=replace(with_url.problem, line=0, suggestion=""))
    assert str(nowhere) == f"{file}: error: postbacks.sales.url: books 23.5, not the commission [sum-amount]"
