"""What was confirmed by mistake is taken back, and confirming twice is no mistake."""

import subprocess
from pathlib import Path

import pytest

from tests.trackform.operator.test_verb import ALL, WHO, call, project
from trackform_core.no_api.ledger import ledger_of

__all__ = ["project"]
SALES = "postbacks/tf.sales"


def commit() -> None:
    for arguments in (
        ["init", "-q"],
        ["add", "-A"],
        ["-c", "user.name=A", "-c", "user.email=a@b.test", "commit", "-qm", "."],
    ):
        subprocess.run(["git", *arguments], check=True, capture_output=True)


def narrow(project: Path) -> None:
    """Declare otherwise what was confirmed."""
    shared = project / "stacks/shared/digistore24.yaml"
    text = shared.read_text()
    assert "events: [payment]" in text
    shared.write_text(text.replace("events: [payment]", "events: [payment, payment_missed]", 1))


@pytest.mark.usefixtures("project")
def test_a_confirmation_is_taken_back() -> None:
    call("demo", *WHO, "--confirm", "*")
    done = call("demo", "--undo", "postbacks/sales")
    assert done.exit_code == 4
    assert "demo: postbacks/sales is taken back: nobody confirmed it any more" in done.output
    assert done.output.endswith("1 step is open in demo\n")
    assert SALES not in ledger_of("demo").entries
    # By pattern, and by the key of the ledger.
    call("demo", "--undo", "conversion_types/*", "--undo", "postbacks/tf.returns")
    assert set(ledger_of("demo").entries) == {"traffic_channels/facebook", "postbacks/tf.billing"}


def test_what_the_last_commit_says_comes_back(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    commit()
    before = ledger_of("demo").entries[SALES]
    narrow(project)
    assert call("demo", *WHO, "--confirm", "*").exit_code == 0
    assert ledger_of("demo").entries[SALES] != before
    done = call("demo", "--undo", "postbacks/sales")
    assert "it is as it was at the last commit" in done.output
    assert ledger_of("demo").entries[SALES] == before


def test_a_removal_is_taken_back_until_it_is_committed(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    commit()
    file = project / "stacks/demo.yaml"
    file.write_text(file.read_text() + "postbacks: {billing: null}\n")
    assert call("demo", *WHO, "--confirm", "postbacks/billing").exit_code == 0
    again = call("demo", *WHO, "--confirm", "postbacks/billing")
    assert (again.exit_code, "postbacks/billing is confirmed already" in again.output) == (0, True)
    assert call("demo", "--undo", "postbacks/billing").exit_code == 4
    assert "postbacks/tf.billing" in ledger_of("demo").entries


@pytest.mark.usefixtures("project")
def test_what_nobody_confirmed_cannot_be_taken_back() -> None:
    done = call("demo", "--undo", "postbacks/sales")
    assert done.exit_code == 1
    assert "nothing that was confirmed is called 'postbacks/sales'. Confirmed: nothing is" in done.output
    call("demo", *WHO, "--confirm", "postbacks/sales")
    done = call("demo", "--undo", "postbacks/sales", "--undo", "postbacks/sold")
    assert "Confirmed: postbacks/sales" in done.output
    assert SALES in ledger_of("demo").entries, "all or nothing"
    assert call("demo", "--undo", "*", "--confirm", "*").exit_code == 1


@pytest.mark.usefixtures("project")
def test_what_was_taken_back_is_confirmed_no_more() -> None:
    """The last commit has it, so that it looked like a removal: a second --undo confirmed it again."""
    call("demo", *WHO, "--confirm", "*")
    commit()
    call("demo", "--undo", "postbacks/sales")
    done = call("demo", "--undo", "postbacks/sale")
    assert done.exit_code == 1
    assert "postbacks/sales" not in done.output
    for again in ("postbacks/sales", SALES, "postbacks/sal*"):
        assert call("demo", "--undo", again).exit_code == 1, again
        assert SALES not in ledger_of("demo").entries
    # A removal for a destroy leaves the same ledger, and is taken back by the command that the refusal names.
    _, _, command = call("demo", "--undo", "postbacks/sales").output.rpartition("for a destroy: trackform operator ")
    assert call(*command.split()).exit_code == 4
    assert SALES in ledger_of("demo").entries


@pytest.mark.usefixtures("project")
def test_a_name_with_a_slip_is_answered_with_the_one_that_was_meant() -> None:
    call("demo", *WHO, "--confirm", "*")
    done = call("demo", "--undo", "postbacks/sale")
    assert done.exit_code == 1
    assert "called 'postbacks/sale'; did you mean \"postbacks/sales\"? Confirmed: conversion_types/" in done.output


@pytest.mark.usefixtures("project")
def test_confirming_twice_says_who_did_it_first() -> None:
    assert call("demo", *WHO, "--confirm", "postbacks/sales").exit_code == 4
    again = call("demo", "--who", "Bob", "--confirm", "postbacks/sales")
    assert again.exit_code == 4
    assert "demo: postbacks/sales is confirmed already, since 20" in again.output
    assert "by Ann <ann@acme.test>" in again.output
    assert ledger_of("demo").entries[SALES].by == WHO[1]
    assert call("demo", *WHO, "--confirm", "*").exit_code == 0
    assert call("demo", *WHO, "--confirm", "*").exit_code == 0


@pytest.mark.usefixtures("project")
def test_who_goes_back_can_take_a_confirmation_back() -> None:
    done = call("demo", *WHO, answers="c\nc\nb\nb\nu\ns\nq\n")
    assert "conversion_types/initial_sale is open again." in done.output
    assert ledger_of("demo").entries.keys() == {"conversion_types/type2"}
    assert f"{ALL - 1} steps are open in demo" in done.output
