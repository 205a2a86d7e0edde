"""What several stacks together can get wrong."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import ANSWERED, TEXT
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.policy import Policy
from trackform.rules import Finding, check

SECTION = "digistore24:\n  affiliate: acme\n"
PINNED = "digistore24:\n  account: 123456\n  affiliate: acme\n"
LOOSE = TEXT[: TEXT.index("postbacks:")] + TEXT[TEXT.index("products:") :]
"""A stack that leaves the connections to another one."""
Where = tuple[str, str, int, str, str]


def told(folder: Path, *texts: str, policy: Policy = ANSWERED) -> list[Finding]:
    """What is said of stacks `one`, `two` … together, of `shared-account` only."""
    pairs = []
    for name, text in zip(("one", "two", "three"), texts, strict=False):
        (folder / f"{name}.yaml").write_text(text)
        pairs.append((name, compose(read_account(folder / f"{name}.yaml"))))
    return [one for one in check(pairs, policy) if one.rule == "shared-account"]


def said(findings: list[Finding]) -> list[Where]:
    return [
        (one.stack, Path(one.problem.file).name, one.problem.line, one.problem.where, one.problem.message)
        for one in findings
    ]


def test_each_stack_after_the_first_is_told(tmp_path: Path) -> None:
    text = "stack 'one' has connections of the same Digistore24 affiliate acme"
    found = told(tmp_path, TEXT, TEXT, TEXT)
    assert said(found) == [
        ("three", "three.yaml", 4, "digistore24.affiliate", text),
        ("two", "two.yaml", 4, "digistore24.affiliate", text),
    ]
    assert {one.severity for one in found} == {"error"}
    way_out = "keep the connections in one of the stacks, or use another Digistore24 account"
    assert {one.problem.suggestion for one in found} == {way_out}


def test_the_pin_decides_where_there_is_one(tmp_path: Path) -> None:
    pinned = TEXT.replace(SECTION, PINNED)
    assert said(told(tmp_path, pinned, pinned)) == [
        ("two", "two.yaml", 4, "digistore24.account",
         "stack 'one' has connections of the same Digistore24 account 123456"),
    ]  # fmt: skip
    # Another account is another one, whatever the affiliate is called.
    assert told(tmp_path, pinned, pinned.replace("123456", "123457")) == []
    # One that nobody pinned is known by its affiliate only.
    assert told(tmp_path, pinned, TEXT) == []


@pytest.mark.parametrize(
    "other",
    [
        TEXT.replace("affiliate: acme", "affiliate: zenith"),
        LOOSE,
        # No Digistore24 at all.
        "account: {currency: USD}\ndomains: {main: track.acme.test}\n",
    ],
)
def test_whoever_has_no_connection_of_the_account_shares_nothing(tmp_path: Path, other: str) -> None:
    assert told(tmp_path, TEXT, other) == told(tmp_path, other, TEXT) == []
    for stacks in ((TEXT, other, TEXT), (other, TEXT, TEXT)):
        assert [one.stack for one in told(tmp_path, *stacks)] == ["three"], "another one beside it shares all the same"


def test_one_stack_shares_nothing_with_itself(tmp_path: Path) -> None:
    assert told(tmp_path, TEXT) == []


def test_how_much_it_counts_is_the_policys(tmp_path: Path) -> None:
    assert told(tmp_path, TEXT, TEXT, policy=Policy(rules={"shared-account": "off"})) == []
    (found,) = told(tmp_path, TEXT, TEXT, policy=Policy(rules={"shared-account": "warning"}))
    assert found.severity == "warning"
