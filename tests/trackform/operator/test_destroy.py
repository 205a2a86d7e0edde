"""`trackform operator --destroy`: the removals that a destroy waits for, of what the file declares as well."""

import json
from pathlib import Path

import pytest

from tests.trackform.operator.test_steps import FILE, Office, office
from tests.trackform.operator.test_verb import WHO, call, project, told
from trackform.operator.desk import OperatorDesk, named
from trackform.operator.step import OperatorStep
from trackform_core.no_api.ledger import ledger_of

__all__ = ["office", "project"]
REFUND = "  refund: {slot: 2, duplicates: by_event_id, forward: none}\n"
SALES = "  sales: {events: [payment], type: order_type, token: {secret: ptoken}}\n"


CHANNEL = "traffic_channels/facebook"


def given_up(office: Office) -> dict[str, OperatorStep]:
    """Without the channel, which has a test of its own."""
    return {name: step for name, step in all_given_up(office).items() if name != CHANNEL}


def all_given_up(office: Office) -> dict[str, OperatorStep]:
    desk = office.desk
    steps = OperatorDesk(desk.stack, desk.composition, desk.secrets, desk.bridge, desk.folder, destroy=True).open()
    return {step.id: step for step in steps}


def test_what_is_declared_and_confirmed_is_to_be_removed(office: Office) -> None:
    assert given_up(office) == {}, "nothing was entered"
    office.confirm()
    assert office.open() == {}
    ((name, step),) = given_up(office).items()
    assert (name, step.action, step.service, step.forgets) == (
        "postbacks/sales", "remove", "Digistore24", "postbacks/tf.sales",
    )  # fmt: skip
    assert step.reason.startswith("It was confirmed to be there and `pulumi destroy` cannot remove it. ")
    assert step.row == "the connection with sub20=tf.sales in its URL"
    assert {each.label: each.before for each in step.fields}["For order event"] == "payment"


@pytest.mark.parametrize(
    ("said", "stays"),
    [("", False), ("adopt: true, ", True), ("on_delete: keep, ", True), ("adopt: true, on_delete: delete, ", False)],
)
def test_what_is_mapped_in_a_channel_goes_with_it(office: Office, said: str, *, stays: bool) -> None:
    """Else the ledger would claim it of the channel that a later `pulumi up` makes."""
    office.write("{facebook: {", f"{{facebook: {{{said}")
    office.confirm()
    assert (CHANNEL in all_given_up(office)) == (not stays)


def test_what_was_mapped_in_a_channel_that_left_the_file(office: Office) -> None:
    office.confirm()
    text = office.text
    office.write("{facebook: {preset: facebook}}", "{}")
    office.write("forward: {facebook: Purchase}", "forward: none")
    ((name, step),) = office.open().items()
    assert (name, step.action) == (CHANNEL, "remove")
    assert [each.before for each in step.fields] == ["initial_sale => Purchase"]
    office.confirm()
    office.text = text
    assert list(office.open()) == [CHANNEL], "another channel, in which nothing is mapped yet"


def test_a_channel_under_a_new_name_is_no_other_one(office: Office) -> None:
    office.confirm()
    office.write("{facebook: {", "{fb: {was: facebook, title: facebook, ")
    office.write("forward: {facebook: Purchase}", "forward: {fb: Purchase}")
    assert list(office.open()) == ["traffic_channels/fb"]
    office.confirm()
    assert office.open() == {}
    assert CHANNEL not in office.ledger.entries


def test_with_a_bridge_a_destroy_waits_for_nobody(office: Office) -> None:
    office.confirm()
    office.bridge = True
    assert given_up(office) == {}


@pytest.mark.parametrize(
    ("confirmed", "now", "removed"),
    [
        # What the file says today counts, where it still declares the object.
        ("", "on_delete: keep, ", []), ("on_delete: keep, ", "", ["postbacks/sales"]),
        ("on_delete: keep, ", None, []), ("", None, ["postbacks/sales"]),
    ],
)  # fmt: skip
def test_on_delete_is_obeyed(office: Office, confirmed: str, now: str | None, removed: list[str]) -> None:
    office.write("sales: {", f"sales: {{{confirmed}")
    office.confirm()
    if now is None:
        office.text = office.text.partition("postbacks:")[0]
    else:
        office.write(f"sales: {{{confirmed}", f"sales: {{{now}")
    assert list(given_up(office)) == removed


def test_a_type_that_is_to_be_deleted_is_a_removal(office: Office) -> None:
    office.confirm()
    office.write("refund: {", "refund: {on_delete: delete, ")
    assert list(given_up(office)) == ["conversion_types/refund", "postbacks/sales"]
    assert office.open() == {}, "an option is nothing to enter"


def test_a_former_name_is_removed_by_what_the_new_one_says(office: Office) -> None:
    office.confirm()
    office.write("sales: {", "sold: {was: sales, on_delete: keep, ")
    assert given_up(office) == {}
    office.write("on_delete: keep, ", "")
    assert list(given_up(office)) == ["postbacks/sales"]


def test_two_that_went_by_one_name_are_told_apart(office: Office) -> None:
    office.write("refund: {", "refund: {on_delete: delete, ")
    office.confirm()
    office.write("refund: {on_delete: delete, slot: 2", "refund: {on_delete: delete, slot: 3")
    office.confirm("conversion_types/refund")
    assert list(given_up(office)) == ["conversion_types/type2", "conversion_types/refund", "postbacks/sales"]


def test_what_is_to_stay_can_be_named_all_the_same(office: Office) -> None:
    """A type is kept by default, so it got its `on_delete` after it was confirmed, and then left the file."""
    office.confirm()
    office.text = FILE.replace(REFUND, "")
    desk = office.desk
    assert desk.open() == []
    (step,) = [step for step in desk.not_open() if step.forgets == "conversion_types/type2"]
    (chosen,) = named([step], ["conversion_types/type2"])
    desk.confirm(chosen, "Ann")
    assert "conversion_types/type2" not in office.ledger.entries


def test_the_verb_confirms_removals_alone(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    status, rows = told("demo", "--destroy")
    assert (status, [step["id"] for step in rows["steps"]]) == (
        4, [CHANNEL, "postbacks/billing", "postbacks/returns", "postbacks/sales"],
    )  # fmt: skip
    assert told("demo") == (0, {"open": 0, "steps": [], "confirmed": []})
    walked = call("demo", "--destroy", *WHO, answers="c\nc\ns\nc\n")
    assert walked.exit_code == 4
    assert walked.output.count("remove\n") == 4
    assert call("demo", "--destroy", *WHO, "--confirm", "postbacks/returns").exit_code == 0
    kept = ledger_of("demo", project / "stacks").entries
    assert {key.partition("/")[0] for key in kept} == {"conversion_types"}


def test_an_entry_is_known_by_its_key_in_the_ledger(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    shared = project / "stacks/shared/digistore24.yaml"
    shared.write_text(shared.read_text().replace("  upsell: {", "  #upsell: {"))
    assert call("demo", *WHO, "--confirm", "conversion_types/upsell").exit_code == 1
    done = call("demo", *WHO, "--confirm", "conversion_types/type2")
    assert done.exit_code == 0
    assert "conversion_types/upsell is confirmed" in done.output
    declared = call("demo", *WHO, "--confirm", "conversion_types/type3")
    assert declared.exit_code == 0
    assert "demo: conversion_types/refund is confirmed already, since 20" in declared.output
    assert call("demo", "--destroy", *WHO, "--confirm", "conversion_types/type3").exit_code == 4
    assert "conversion_types/type3" not in ledger_of("demo").entries


@pytest.mark.parametrize("file", ["gone", "empty", "comments"])
def test_the_account_file_may_be_gone_already(project: Path, file: str) -> None:
    call("demo", *WHO, "--confirm", "*")
    path = project / "stacks/demo.yaml"
    if file == "gone":
        path.unlink()
    else:
        path.write_text("" if file == "empty" else "# nothing\n")
    status, rows = told("demo", "--destroy")
    assert (status, rows["open"]) == (4, 4)
    assert call("demo", "--list").exit_code == 1
    assert call("demo", "--destroy", *WHO, "--confirm", "*").exit_code == 0


def test_a_stack_that_never_was_is_a_mistake(project: Path) -> None:
    done = call("dmeo", "--destroy", "--list")
    assert done.exit_code == 1
    assert "there is no such account file" in done.output
    assert (project / "stacks/demo.yaml").exists()


@pytest.mark.usefixtures("project")
def test_the_log_is_another_call() -> None:
    assert "call the verb again for the rest" in call("demo", "--destroy", "--evidence").output


def test_the_page_confirms_what_it_shows(project: Path) -> None:
    call("demo", *WHO, "--confirm", "*")
    call("demo", "--destroy", "--html", "steps.html")
    page = (project / "steps.html").read_text()
    names = (CHANNEL, "postbacks/billing", "postbacks/returns", "postbacks/sales")
    command = "trackform operator demo --destroy " + " ".join(f"--confirm {name}" for name in names)
    assert f"<code>{command}</code>" in page
    assert 'data-begin="trackform operator demo --destroy"' in page


@pytest.mark.usefixtures("project")
def test_live_adds_nothing_but_what_the_log_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the services lack is no step where all is given up."""
    monkeypatch.setattr("trackform.commands.operator._live_steps", lambda *_: pytest.fail("asked"))
    call("demo", *WHO, "--confirm", "*")
    assert json.loads(call("demo", "--destroy", "--live", "--json").stdout)["open"] == 4
