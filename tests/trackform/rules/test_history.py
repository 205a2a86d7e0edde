"""Slots of conversion types against what the ledger confirms, and against the last commit."""

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.cli import main
from trackform.documents.problems import Problems
from trackform.rules.history import History
from trackform_core.no_api.ledger import LedgerEntry, ledger_of

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path("stacks/shared/digistore24.yaml")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks", ignore=shutil.ignore_patterns("*.ledger.yaml"))
    monkeypatch.chdir(tmp_path)
    # Whoever runs the tests may have settings of their own, or be inside a git hook.
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", "/dev/null")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    return tmp_path


def commit() -> None:
    who = ["-c", "user.name=a", "-c", "user.email=a@acme.test", "-c", "commit.gpgsign=false"]
    for step in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "x"]):
        subprocess.run(["git", *step], check=True, capture_output=True)


def confirm(name: str, slot: int) -> None:
    ledger = ledger_of("demo", Path("stacks"))
    fields = {"name": name, "slot": slot}
    entry = LedgerEntry(f"conversion_types/type{slot}", fields, "2026-11-01T00:00:00Z", "ops")
    ledger.with_entry(entry).write()


def change(old: str, new: str) -> None:
    text = SHARED.read_text()
    assert old in text
    SHARED.write_text(text.replace(old, new))


def validate(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", "demo", *arguments])


def told() -> list[tuple[str, str]]:
    """Message and fix of every finding about slots."""
    rows = for_machines(validate("--json").stdout)["findings"]
    return [(row["message"], row["fix"]) for row in rows if row["rule"] == "slot-stable"]


def test_without_git_and_ledger_there_is_nothing_to_compare_with(project: Path) -> None:
    change("upsell: {slot: 2", "upsell: {slot: 17")
    assert History(project / "stacks").slots("demo") is None
    assert told() == []


def test_what_is_as_it_was(project: Path) -> None:
    commit()
    assert History(project / "stacks").slots("demo") is None
    change("# ", "#  ")
    before = History(project / "stacks").slots("demo")
    assert before is not None
    assert before.source == "the last commit"
    assert {"initial_sale": 1, "upsell": 2}.items() <= before.of.items()
    assert told() == []


@pytest.mark.usefixtures("project")
def test_a_slot_that_moved_since_the_last_commit() -> None:
    commit()
    change("upsell: {slot: 2", "upsell: {slot: 17")
    assert told() == [("'upsell' moves to slot 17; the last commit has it in slot 2", "write `slot: 2`")]
    done = validate()
    assert done.exit_code == 2
    assert "stacks/shared/digistore24.yaml:" in done.stderr


@pytest.mark.usefixtures("project")
def test_what_was_committed_is_judged_by_the_commit_before() -> None:
    commit()
    change("upsell: {slot: 2", "upsell: {slot: 17")
    commit()
    assert told() == [("'upsell' moves to slot 17; the commit before has it in slot 2", "write `slot: 2`")]
    # What is in the history twice was meant.
    change("# ", "#  ")
    commit()
    assert told() == []


@pytest.mark.usefixtures("project")
def test_two_types_that_change_places() -> None:
    commit()
    change("upsell: {slot: 2", "upsell: {slot: 3")
    change("refund: {slot: 3", "refund: {slot: 2")
    assert [message for message, _ in told()] == [
        "'upsell' moves to slot 3; the last commit has it in slot 2",
        "'refund' moves to slot 2; the last commit has it in slot 3",
    ]


@pytest.mark.usefixtures("project")
def test_a_slot_that_is_given_to_another_type() -> None:
    commit()
    change("chargeback: {slot: 4", "newsletter: {slot: 4")
    ((message, fix),) = told()
    assert message == "'newsletter' takes slot 4, which the last commit gives to 'chargeback'"
    assert fix.startswith("slot: ")
    assert fix.endswith("was: chargeback")
    change("newsletter: {slot: 4", "newsletter: {was: chargeback, slot: 4")
    assert told() == []


@pytest.mark.usefixtures("project")
def test_a_name_may_be_corrected_in_its_slot() -> None:
    change("upsell: {slot: 2", "Upsel: {slot: 2")
    commit()
    change("Upsel: {slot: 2", "upsell: {slot: 2")
    assert told() == []


@pytest.mark.usefixtures("project")
def test_the_ledger_knows_better_than_the_last_commit() -> None:
    change("upsell: {slot: 2", "upsell: {slot: 17")
    commit()
    assert told() == []  # there is no commit before
    confirm("upsell", 2)
    assert told() == [("'upsell' moves to slot 17; demo.ledger.yaml has it in slot 2", "write `slot: 2`")]


def test_a_ledger_that_cannot_be_relied_on(project: Path) -> None:
    confirm("upsell", 2)
    file = project / "stacks/demo.ledger.yaml"
    file.write_text(file.read_text().replace("slot: 2", "slot: 5"))
    done = validate()
    assert done.exit_code == 1
    assert "stacks/demo.ledger.yaml:" in done.stderr
    with pytest.raises(Problems):
        History(project / "stacks").slots("demo")


def test_a_commit_with_a_mistake_says_nothing(project: Path) -> None:
    text = SHARED.read_text()
    SHARED.write_text("conversion_types: [")
    commit()
    SHARED.write_text(text)
    assert History(project / "stacks").slots("demo") is None


def test_a_new_stack_has_no_history(project: Path) -> None:
    commit()
    (project / "stacks/new.yaml").write_text((project / "stacks/demo.yaml").read_text())
    assert History(project / "stacks").slots("new") is None


def test_without_git_there_is_no_history(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit()
    change("upsell: {slot: 2", "upsell: {slot: 17")
    assert told()
    monkeypatch.setenv("PATH", "")
    assert History(project / "stacks").slots("demo") is None
    assert told() == []


def test_a_folder_that_is_not_there_has_no_history(project: Path) -> None:
    commit()
    assert History(project / "nowhere").slots("demo") is None


def test_a_file_that_was_committed_and_is_gone_is_a_difference(project: Path) -> None:
    (project / "stacks/more.yaml").write_text("account: {currency: USD}\n")
    commit()
    (project / "stacks/more.yaml").unlink()
    before = History(project / "stacks").slots("demo")
    assert before is not None
    assert before.source == "the last commit"
    # Only YAML files are compared: what else changes is no reason to look further back.
    (project / "stacks/notes.txt").write_text("x")
    assert History(project / "stacks").slots("more") is not None


def test_slots_are_known_by_the_title_and_what_is_no_slot_is_left_out(project: Path) -> None:
    (project / "stacks/odd.yaml").write_text(
        "conversion_types:\n  second: {title: Upsell, slot: 2}\n  third: {slot: 3}\n  none: {duplicates: ignore}\n"
        '  text: {slot: "5"}\n  x: y\n'
    )
    (project / "stacks/empty.yaml").write_text("account: {currency: USD}\n")
    (project / "stacks/list.yaml").write_text("conversion_types: [1]\n")
    commit()
    change("# ", "#  ")
    slots = {stack: History(project / "stacks").slots(stack) for stack in ("odd", "empty", "list")}
    assert {stack: dict(one.of) for stack, one in slots.items() if one} == {
        "odd": {"Upsell": 2, "third": 3}, "empty": {}, "list": {},
    }  # fmt: skip


def test_of_a_ledger_only_conversion_types_with_a_slot_count(project: Path) -> None:
    commit()
    change("# ", "#  ")
    ledger = ledger_of("demo", Path("stacks"))
    kept: list[tuple[str, dict[str, Any]]] = [
        ("conversion_types", {"name": "upsell", "slot": 9}),
        ("conversion_types", {"slot": 4}),
        ("conversion_types", {"name": "refund"}),
        ("conversion_types", {"name": "refund", "slot": "3"}),
        ("postback_connections", {"name": "sales", "slot": 5}),
    ]
    for at, (kind, fields) in enumerate(kept):
        ledger = ledger.with_entry(LedgerEntry(f"{kind}/{at}", fields, "2026-11-01T00:00:00Z", "ops"))
    ledger.write()
    before = History(project / "stacks").slots("demo")
    assert before is not None
    assert (dict(before.of), before.source) == ({"upsell": 9}, "demo.ledger.yaml")


def test_what_a_broken_ledger_says(project: Path) -> None:
    confirm("upsell", 2)
    file = project / "stacks/demo.ledger.yaml"
    file.write_text(file.read_text().replace("slot: 2", "slot: 5"))
    with pytest.raises(Problems) as raised:
        History(project / "stacks").slots("demo")
    (problem,) = raised.value.problems
    assert (problem.file, problem.where) == ("stacks/demo.ledger.yaml", "")
    assert problem.line > 0
    assert problem.message


def test_git_is_asked_once_for_each_commit(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many stacks there are."""
    commit()
    change("# ", "#  ")
    asked: list[str] = []
    run = subprocess.run

    def counted(command: list[str], **options: Any) -> Any:
        asked.append(command[-2])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", counted)
    history = History(project / "stacks")
    first = history.slots("demo")
    assert first is not None
    assert first.of["initial_sale"] == 1
    assert history.slots("demo") == first
    assert asked == ["HEAD"]
