"""What the policy says of the live services: values, evidence, and how old it is."""

import json
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from trackform.cli import main
from trackform.documents.problems import Problems
from trackform.flow.live_settings import LiveFact
from trackform.policy import Policy, read_policy

ROOT = Path(__file__).parents[2]
TODAY = date(2026, 11, 27)


def policy(folder: Path, text: str) -> Policy:
    (folder / "policy.yaml").write_text(text, encoding="utf-8")
    return read_policy(folder, [], today=TODAY)


def test_a_plain_value_never_gets_old(tmp_path: Path) -> None:
    read = policy(tmp_path, "live: {refund_amount: negative}\nmax_age: 1\n")
    assert read.live == {"refund_amount": "negative"}
    assert read.aged == ()


@pytest.mark.parametrize(
    ("age", "seen", "counts"),
    [("", "2025-11-27", True), ("", "2025-11-26", False), ("max_age: 30\n", "2026-10-28", True),
     ("max_age: 30\n", "2026-10-27", False), ("max_age: 99999999999999\n", "1971-01-01", True),
     ("", "2026-11-28", True), ("", "2026-11-29", False), ("", "2099-01-01", False)],
)  # fmt: skip
def test_what_was_seen_too_long_ago_or_not_yet_is_open(tmp_path: Path, age: str, seen: str, counts: bool) -> None:
    read = policy(tmp_path, f"{age}live:\n  refund_amount: {{value: negative, seen: {seen}, evidence: 3 refunds}}\n")
    assert read.live == ({"refund_amount": "negative"} if counts else {})
    assert read.facts == {"refund_amount": LiveFact("negative", date.fromisoformat(seen), "3 refunds")}
    assert [problem.where for problem in read.aged] == ([] if counts else ["live.refund_amount"])


def test_facts_of_the_apis_and_of_accounts_are_read(tmp_path: Path) -> None:
    accounts = "accounts:\n  redtrack/5f: {page_cap: 100, post_networks: {value: allowed}}\n"
    text = f"live: {{deleted: 404, put: merges}}\n{accounts}"
    read = policy(tmp_path, text)
    assert read.live == {}
    assert {name: fact.value for name, fact in read.facts.items()} == {"deleted": "404", "put": "merges"}
    assert read.accounts == {"redtrack/5f": {"page_cap": LiveFact("100"), "post_networks": LiveFact("allowed")}}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("live: {refund_amount: down}", "'down' is not one of negative, positive, zero"),
        ("live: {refund_amount: {value: down}}", "'down' is not one of negative, positive, zero"),
        ("live: {refund_amount: {seen: 2026-01-01}}", "has no value"),
        ("live: {refund_amount: {value: zero, seen: soon}}", "'soon' is no day"),
        ("live: {refund_amount: {value: zero, sen: 2026-01-01}}", 'did you mean "seen"?'),
        ("live: {refund_amount: {value: zero, evidence: [1]}}", "must be a text"),
        ("live: {page_cap: 100}", "there is no such setting"),
        ("accounts: {redtrack/5f: {refund_amount: zero}}", "there is no such setting"),
        ("accounts: {redtrack/5f: {page_cap: true}}", "must be a number or a text"),
        ("accounts: {redtrack/5f: 3}", "must be a map"),
        ("live: []", "must be a map"),
        ("live: ''", "must be a map"),
        ("accounts: 0", "must be a map"),
        ("limits: false", "must be a map"),
        ("max_age: 0", "must be a whole number of days from 1 on"),
        ("max_age: true", "must be a whole number of days from 1 on"),
    ],
)
def test_mistakes_have_lines(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Problems) as caught:
        policy(tmp_path, f"# one\n{text}\n")
    assert said in str(caught.value)
    assert all(problem.line == 2 for problem in caught.value.problems)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "stacks/shared").mkdir(parents=True)
    for name in ("demo.yaml", "shared/digistore24.yaml"):
        (tmp_path / "stacks" / name).write_text((ROOT / "stacks" / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_validate_says_what_is_open_again(project: Path) -> None:
    text = "live:\n  return_ids: {value: own, seen: 2020-01-01}\n"
    (project / "stacks/policy.yaml").write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["validate", "demo"])
    said = "stacks/policy.yaml:2: live.return_ids: was seen on 2020-01-01, more than 365 days ago (max_age): it is open"
    assert said in done.stderr
    document = json.loads(CliRunner().invoke(main, ["validate", "demo", "--json"]).stdout)
    assert [each["where"] for each in document["reopened"]] == ["live.return_ids"]


@pytest.mark.parametrize(("seen", "proved"), [("2020-01-01", False), (str(date.today()), True)])  # noqa: DTZ011
def test_validate_proves_under_what_is_known_and_not_too_old(project: Path, seen: str, proved: bool) -> None:
    text = (
        f"live:\n  negative_sum: {{value: booked, seen: {seen}}}\n  refund_amount: {{value: negative, seen: {seen}}}\n"
    )
    (project / "stacks/policy.yaml").write_text(text, encoding="utf-8")
    document = json.loads(CliRunner().invoke(main, ["validate", "demo", "--json"]).stdout)
    unproven = [each["message"] for each in document["findings"] if each["rule"] == "unproven"]
    assert any("negative_sum" in message or "refund_amount" in message for message in unproven) is not proved
