"""`trackform operator`: interactive, for scripts, and over many stacks; offline and without a key."""

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.cli import main
from trackform.commands import operator as operator_verb
from trackform.commands.stacks import composed
from trackform.operator.desk import NotConfirmed, OperatorDesk
from trackform_core.errors import TrackformError
from trackform_core.no_api.ledger import ledger_of

ROOT = Path(__file__).parents[3]
WHO = ("--who", "Ann <ann@acme.test>")
ALL = 11
"""The demo's seven conversion types, three connections, and one traffic channel that is told something."""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's stack, without a bridge."""
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    (tmp_path / "stacks" / "Pulumi.demo.yaml").unlink()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(main, ["operator", *arguments], input=answers)


def told(*arguments: str) -> tuple[int, Any]:
    done = call(*arguments, "--json")
    return done.exit_code, for_machines(done.stdout)


def test_the_list_names_every_step_and_leaves_4(project: Path) -> None:
    done = call("demo", "--list")
    assert done.exit_code == 4
    assert done.output.endswith(f"{ALL} steps are open in demo\n")
    assert "Digistore24 acme: Account → S2S postback" in done.output
    assert "&type={order_type}&rdtk_event_id={transaction_id}" in done.output
    assert not (project / "stacks" / "demo.ledger.yaml").exists()


def test_terminals_that_confirm_at_once_lose_nothing(project: Path) -> None:
    """Each asks the same steps and writes its own."""
    desk = operator_verb.desk_of("demo", composed(["demo"], as_json=True)[0][1])
    steps = desk.open()
    with ThreadPoolExecutor(len(steps)) as terminals:
        list(terminals.map(lambda step: desk.confirm(step, "Ann"), steps))
    assert desk.open() == []
    assert len(ledger_of("demo", project / "stacks").entries) == ALL


def test_steps_for_machines(project: Path) -> None:
    status, rows = told("demo")
    assert (status, rows["open"], len(rows["steps"]), rows["confirmed"]) == (4, ALL, ALL, [])
    assert rows["steps"][0].keys() == {
        "stack", "id", "action", "service", "account", "form", "reason", "evidence", "by_hand", "fields", "row",
    }  # fmt: skip
    assert rows["steps"][0]["fields"][0] == {
        "label": "Slot", "value": "1", "before": "", "secret": False,
        "why": "Its place in the list, for ever: history and channel mappings refer to the slot.",
    }  # fmt: skip


def test_scripts_confirm_by_name_and_by_pattern(project: Path) -> None:
    status, rows = told("demo", *WHO, "--confirm", "postbacks/sales", "--confirm", "conversion_types/*")
    assert (status, rows["open"], len(rows["confirmed"])) == (4, ALL - 8, 8)
    assert call("demo", *WHO, "--confirm", "*").exit_code == 0
    assert told("demo") == (0, {"open": 0, "steps": [], "confirmed": []})
    assert {entry.by for entry in ledger_of("demo").entries.values()} == {WHO[1]}


def test_a_wrong_name_confirms_nothing(project: Path) -> None:
    done = call("demo", *WHO, "--confirm", "postbacks/sales", "--confirm", "postbacks/sold")
    assert done.exit_code == 1
    assert "no open step is called 'postbacks/sold'" in done.output
    assert ledger_of("demo").entries == {}


def test_a_person_confirms_skips_goes_back_and_quits_and_goes_on_later(project: Path) -> None:
    done = call("demo", *WHO, answers="c\ns\nb\nc\nq\n")
    assert done.exit_code == 4
    shown = [line for line in done.output.splitlines() if line.startswith("conversion_types/")]
    names = ["initial_sale", "upsell", "refund", "upsell", "refund"]
    assert shown == [f"conversion_types/{name}: enter" for name in names]
    assert ledger_of("demo").entries.keys() == {"conversion_types/type1", "conversion_types/type2"}
    again = call("demo", *WHO, answers="b\nQuit\n")
    assert f"[1 of {ALL - 2}]" in again.output
    assert "Error: 'b' is none of confirm, skip, quit\n" in again.output
    done = call("demo", *WHO, answers="c\n" * (ALL - 2))
    assert done.exit_code == 0
    assert "git add stacks/demo.ledger.yaml\n" in done.output
    assert done.output.endswith("Nothing is open in demo\n")


def test_the_words_that_are_offered_are_answers(project: Path) -> None:
    done = call("demo", *WHO, answers="Confirm\n c \nx\nb\nundo\nskip\nquit\n")
    assert done.exit_code == 4, done.output
    assert "Error: 'x' is none of confirm, skip, back, quit\n" in done.output
    assert "conversion_types/upsell is open again." in done.output
    assert list(ledger_of("demo").entries) == ["conversion_types/type1"]


def test_an_answer_that_ends_early_keeps_what_was_confirmed(project: Path) -> None:
    done = call("demo", *WHO, answers="c\n")
    assert done.exit_code == 1
    assert "Traceback" not in done.output
    assert list(ledger_of("demo").entries) == ["conversion_types/type1"]
    assert "demo: conversion_types/initial_sale is confirmed" in done.output
    assert "git add stacks/demo.ledger.yaml\n" in done.output
    assert "nobody answers here. `--list` shows the steps" in done.output


def test_git_says_who_confirms(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(project / "gitconfig"))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    nobody = call("demo", "--confirm", "postbacks/sales")
    assert nobody.exit_code == 1
    assert "--who" in nobody.output
    walked = call("demo", answers="s\nc\nc\n")
    assert (walked.exit_code, walked.output.count("who confirms this?")) == (1, 1), walked.output
    assert "[3 of" not in walked.output
    for key, value in (("user.name", "Bob"), ("user.email", "bob@acme.test")):
        subprocess.run(["git", "config", "--global", key, value], check=True)
    assert call("demo", "--confirm", "postbacks/sales").exit_code == 4
    assert ledger_of("demo").entries["postbacks/tf.sales"].by == "Bob <bob@acme.test>"


def test_many_stacks_are_grouped_by_form_and_account(project: Path) -> None:
    stacks = project / "stacks"
    text = (stacks / "demo.yaml").read_text()
    (stacks / "beta.yaml").write_text(text)
    (stacks / "gamma.yaml").write_text(text.replace("affiliate: acme", "affiliate: other"))
    status, rows = told("--all")
    assert (status, rows["open"]) == (4, 3 * ALL)
    order = [(row["id"].partition("/")[0], row["account"]) for row in rows["steps"]]
    groups = [group for at, group in enumerate(order) if at == 0 or order[at - 1] != group]
    assert groups == [
        ("conversion_types", ""), ("traffic_channels", ""), ("postbacks", "acme"), ("postbacks", "other"),
    ]  # fmt: skip
    assert call("--all", *WHO, "--confirm", "postbacks/*").exit_code == 4
    written = sorted(path.name for path in stacks.glob("*.ledger.yaml"))
    assert written == ["beta.ledger.yaml", "demo.ledger.yaml", "gamma.ledger.yaml"]
    assert told("--all")[1]["open"] == 3 * (ALL - 3)


def test_a_bridge_of_the_stack_leaves_only_the_channel(project: Path) -> None:
    (project / "stacks" / "Pulumi.demo.yaml").write_text("config: {trackform:bridgeUrl: http://127.0.0.1:1/bridge}\n")
    assert [row["id"] for row in told("demo")[1]["steps"]] == ["traffic_channels/facebook"]


def test_a_bridge_may_be_the_default_of_the_project(project: Path) -> None:
    default = "config: {bridgeUrl: {type: string, default: 'http://127.0.0.1:1/bridge'}}\n"
    (project / "Pulumi.yaml").write_text(default)
    assert told("demo")[1]["open"] == 1
    (project / "stacks" / "Pulumi.demo.yaml").write_text("config: {trackform:bridgeUrl: ''}\n")
    assert told("demo")[1]["open"] == ALL


def test_a_broken_ledger_is_told_with_its_line(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    file = project / "stacks" / "demo.ledger.yaml"
    file.write_text(file.read_text().replace("currency: USD", "currency: EUR"))
    for arguments in (["--list"], ["--json"], [*WHO, "--confirm", "*"]):
        done = call("demo", *arguments)
        assert done.exit_code == 1
        assert "stacks/demo.ledger.yaml:" in done.output
        assert "changed by hand" in done.output
        assert "Traceback" not in done.output


def test_mistakes_of_the_file_come_first(project: Path) -> None:
    path = project / "stacks" / "demo.yaml"
    path.write_text(path.read_text().replace("countries", "contries"))
    done = call("demo", "--list")
    assert done.exit_code == 1
    assert "stacks/demo.yaml:16: offers.keto-guide.contries" in done.output


def test_a_token_is_decrypted_for_the_terminal_alone(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = project / "stacks" / "demo.yaml"
    path.write_text(path.read_text() + "postbacks:\n  sales: {token: {secret: ptoken}}\n")
    monkeypatch.setattr(operator_verb, "configuration", lambda stack: {"demo": {"ptoken": "canary-9d8e"}}[stack])
    listed = [call("demo", "--list"), call("demo", "--json"), call("demo", *WHO, "--confirm", "conversion_types/*")]
    assert not any("canary" in done.output for done in listed)
    assert listed[0].output.count("is the token's fingerprint. Whole it is shown") == 1
    assert "canary" not in call("demo", *WHO, answers="q\n").output
    with monkeypatch.context() as terminal:
        terminal.setattr(sys.stdout, "isatty", lambda: True)
        assert operator_verb.on_a_terminal() is True
    monkeypatch.setattr(operator_verb, "on_a_terminal", lambda: True)
    assert "ptoken=canary-9d8e" in call("demo", *WHO, answers="s\nc\nq\n").output
    assert "canary" not in (project / "stacks" / "demo.ledger.yaml").read_text()
    assert "postbacks/tf.sales" in ledger_of("demo").entries


def test_a_token_that_cannot_be_decrypted_is_no_error_until_it_is_needed(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "stacks" / "demo.yaml"
    path.write_text(path.read_text() + "postbacks:\n  sales: {token: {secret: ptoken}}\n")

    def closed(_stack: str) -> dict[str, str]:
        raise TrackformError("no passphrase")

    monkeypatch.setattr(operator_verb, "configuration", closed)
    assert "(config secret ptoken)" in call("demo", "--list").output
    refused = call("demo", *WHO, "--confirm", "*")
    assert refused.exit_code == 1
    assert "demo: postbacks/sales: the config secret ptoken cannot be read here" in refused.output
    assert ledger_of("demo").entries == {}
    assert call("demo", *WHO, "--confirm", "postbacks/returns").exit_code == 4


def test_a_step_that_cannot_be_confirmed_says_why_and_the_next_one_comes(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuses(*_: object) -> None:
        raise NotConfirmed("it was confirmed meanwhile")

    monkeypatch.setattr(OperatorDesk, "confirm", refuses)
    done = call("demo", *WHO, answers="c\nq\n")
    assert (done.exit_code, done.stderr) == (4, "it was confirmed meanwhile\n")
    assert [line[:9] for line in done.stdout.splitlines() if line.startswith("[")] == ["[1 of 11]", "[2 of 11]"]
    assert "is confirmed" not in done.output


@pytest.mark.parametrize(("is_terminal", "raised"), [(True, click.Abort), (False, click.ClickException)])
def test_whoever_breaks_off_on_a_terminal_is_not_told_that_nobody_answers(
    is_terminal: bool, raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: is_terminal))
    with pytest.raises(raised), operator_verb._nothing_untold([], lambda: "Ann"):
        raise click.Abort
