"""A ledger says whose accounts people looked at, so that it is not believed of others."""

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.trackform.operator.test_steps import Office
from trackform.operator.channels import StackKnowledge
from trackform.operator.desk import NotConfirmed
from trackform.operator.in_state import known_of

PINS = {"redtrack_user": "64f0aa", "digistore24_account": "123456"}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def confirm(office: Office, step: str, accounts: Mapping[str, str]) -> None:
    desk = dataclasses.replace(office.desk, known=lambda: StackKnowledge(accounts=accounts))
    desk.confirm(office.open()[step], "Ann <ann@acme.test>")


def test_it_is_of_the_accounts_that_the_file_pins(office: Office) -> None:
    office.confirm()
    assert office.ledger.accounts == PINS


def test_a_state_knows_what_no_pin_says(office: Office) -> None:
    office.write("account: {redtrack_user: 64f0aa}\n", "")
    confirm(office, "postbacks/sales", {"redtrack_user": "64f0bb"})
    assert office.ledger.accounts == {"redtrack_user": "64f0bb", "digistore24_account": "123456"}


def test_what_is_known_no_more_is_kept(office: Office) -> None:
    office.confirm()
    office.write("account: {redtrack_user: 64f0aa}\n", "")
    office.write("{facebook: Purchase}", "{facebook: Lead}")
    office.confirm()
    assert office.ledger.accounts == PINS


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("64f0aa", "64f0bb", "of the account 64f0aa, and this stack is of 64f0bb (account.redtrack_user)"),
        ("123456", "999999", "of the account 123456, and this stack is of 999999 (digistore24.account)"),
    ],
)
def test_nothing_is_confirmed_beside_what_was_seen_in_another_account(
    office: Office, old: str, new: str, said: str
) -> None:
    office.confirm("traffic_channels/facebook")
    before = office.ledger_text()
    office.write(old, new)
    with pytest.raises(NotConfirmed, match="git rm") as refused:
        office.confirm("postbacks/sales")
    assert said in str(refused.value)
    assert office.ledger_text() == before


def test_the_state_names_channels_and_accounts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    urn = "urn:pulumi:acme::trackform::pulumi-python:dynamic/"
    resources = [
        {"urn": "urn:pulumi:acme::trackform::pulumi:pulumi:Stack::trackform-acme"},
        {"urn": f"{urn}trackform:Account::account", "id": "acme", "outputs": {"recorded": PINS}},
        {"urn": f"{urn}redtrack:TrafficChannel::facebook", "id": "c1"},
        {"urn": f"{urn}redtrack:Offer::keto", "id": "o1"},
    ]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}")
    Path("Pulumi.yaml").write_text("name: trackform\n")
    assert known_of("acme") == StackKnowledge({})
    state = tmp_path / ".pulumi/stacks/trackform/acme.json"
    state.parent.mkdir(parents=True)
    state.write_text(json.dumps({"checkpoint": {"latest": {"resources": resources}}}))
    assert known_of("acme") == StackKnowledge({"facebook": "c1"}, PINS)
    state.write_text("no state")
    unread = known_of("acme")
    assert (unread.channels, unread.accounts) == (None, {})
    assert "acme.json" in unread.unread
