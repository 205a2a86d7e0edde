"""A mapping goes with its channel: what was confirmed of one that is gone says nothing of the one made since."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.trackform.operator.test_steps import Office
from trackform.operator.channels import FORWARDED, StackKnowledge
from trackform.operator.step import OperatorStep
from trackform.operator.undo import confirmed_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

CHANNEL = "traffic_channels/facebook"


class Channels:
    """An office that knows which channels are there; ``None``: its state cannot be read."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.there: Mapping[str, str] | None = {}
        self.asked = 0
        self.unread = ""

    def known(self) -> StackKnowledge:
        self.asked += 1
        return StackKnowledge(self.there, unread=self.unread)

    def step(self) -> OperatorStep | None:
        desk = dataclasses.replace(self.office.desk, known=self.known)
        return next((step for step in desk.open() if step.id == CHANNEL), None)

    def mappings(self) -> list[OperatorStep]:
        steps = dataclasses.replace(self.office.desk, known=self.known).open()
        return [step for step in steps if step.id.startswith("traffic_channels/")]

    def confirm(self) -> None:
        step = self.step()
        assert step
        self.office.desk.confirm(step, "Ann <ann@acme.test>")


@pytest.fixture
def channels(tmp_path: Path) -> Channels:
    made = Channels(tmp_path)
    made.there = {"facebook": "c1"}
    made.confirm()
    assert made.step() is None
    return made


def test_one_that_was_made_again_is_mapped_anew(channels: Channels) -> None:
    channels.there = {}
    assert channels.step() is None, "there is no channel whose mapping could be missing"
    channels.there = {"facebook": "c2"}
    step = channels.step()
    assert step
    assert (step.action, [field.before for field in step.fields]) == ("create", ["", ""])
    assert step.reason.startswith("It was confirmed of channel c1; c2 was made since then")
    channels.confirm()
    assert channels.step() is None
    channels.there = {"facebook": "c1"}
    assert channels.step(), "whichever is there counts"


def test_what_was_confirmed_before_there_was_one_is_open_once_it_is_there(tmp_path: Path) -> None:
    channels = Channels(tmp_path)
    channels.confirm()
    assert channels.step() is None
    channels.there = {"facebook": "c1"}
    step = channels.step()
    assert step
    assert step.reason.startswith("It was confirmed before the channel was there")


def test_a_mapping_that_is_given_up_went_with_the_channel(channels: Channels) -> None:
    channels.office.write("forward: {facebook: Purchase}", "forward: none")
    assert channels.step()
    channels.there = {"facebook": "c2"}
    assert channels.step() is None, "nothing is mapped in the new one"
    channels.office.write("forward: none", "forward: {facebook: Purchase}")
    assert channels.step(), "nothing is mapped in it yet"


def test_a_state_that_cannot_be_read_opens_nothing_and_forgets_no_id(channels: Channels) -> None:
    channels.there = None
    assert channels.step() is None
    channels.office.write("forward: {facebook: Purchase}", "forward: {facebook: Subscribe}")
    channels.confirm()
    channels.there = {"facebook": "c1"}
    assert channels.step() is None
    channels.there = {"facebook": "c2"}
    assert channels.step()


def test_that_the_ledger_will_not_say_which_channel_it_is_of_is_told(tmp_path: Path) -> None:
    channels = Channels(tmp_path)
    channels.there, channels.unread = None, "no backend is known here"
    step = channels.step()
    assert step
    assert "the state cannot be read here (no backend is known here)" in step.reason
    assert "once facebook is deleted and made again, nobody is asked to map it anew" in step.reason
    channels.there, channels.unread = {"facebook": "c1"}, ""
    step = channels.step()
    assert step
    assert "cannot be read" not in step.reason


def test_an_entry_that_names_no_channel_counts_for_any(channels: Channels) -> None:
    ledger = channels.office.ledger
    entry = ledger.entries[CHANNEL]
    fields = {slot: event for slot, event in entry.fields.items() if slot != "channel"}
    ledger.with_entry(dataclasses.replace(entry, fields=fields)).write()
    channels.there = {"facebook": "c2"}
    assert channels.step() is None


def test_the_state_is_read_where_something_is_mapped_alone(tmp_path: Path) -> None:
    channels = Channels(tmp_path)
    channels.office.write("forward: {facebook: Purchase}", "forward: none")
    assert channels.step() is None
    assert channels.asked == 0


def test_one_that_goes_by_another_name_is_the_same(channels: Channels) -> None:
    """Nothing is to be mapped, before it is renamed, after it, and when the file does not say `was` any more."""
    channels.office.write("traffic_channels: {facebook: {", "traffic_channels: {fb: {was: facebook, ")
    channels.office.write("{facebook: Purchase}", "{fb: Purchase}")

    def mapping() -> list[OperatorStep]:
        steps = dataclasses.replace(channels.office.desk, known=channels.known).open()
        return [each for each in steps if each.id.startswith("traffic_channels/")]

    for known in ({"facebook": "c1"}, {"fb": "c1"}, None):
        channels.there = known
        assert mapping() == []
    channels.office.write("was: facebook, ", "")
    channels.there = {"fb": "c1"}
    assert mapping() == []
    channels.office.write("{fb: Purchase}", "{fb: Subscribe}")
    (step,) = mapping()
    assert (step.id, step.action, step.forgets) == ("traffic_channels/fb", "change", CHANNEL)
    assert step.record
    assert step.record.fields["channel"] == "c1"
    channels.there = {"fb": "c2"}
    assert {(each.id, each.action) for each in mapping()} == {
        ("traffic_channels/fb", "create"), (CHANNEL, "remove"),
    }, "another channel, and the one that was mapped is gone"  # fmt: skip


def test_one_that_is_renamed_again_before_the_next_update_is_the_same(channels: Channels) -> None:
    channels.office.write("traffic_channels: {facebook: {", "traffic_channels: {fb2: {was: fb, title: Second, ")
    channels.office.write("{facebook: Purchase}", "{fb2: Purchase}")
    channels.there = {"fb": "c1"}
    assert channels.mappings() == []
    channels.office.write("{fb2: Purchase}", "{fb2: Subscribe}")
    (step,) = channels.mappings()
    assert (step.id, step.row) == ("traffic_channels/fb2", "the channel Second")


def test_names_that_were_changed_round(channels: Channels) -> None:
    """What an entry says of its channel counts, not the name that it has."""
    channels.office.write("traffic_channels: {facebook: {", "traffic_channels: {other: {}, facebook: {")
    channels.there = {"facebook": "c2", "other": "c1"}
    steps = {step.id: step for step in channels.mappings()}
    assert (steps[CHANNEL].action, steps[CHANNEL].reason) == ("create", FORWARDED), "another channel has this name now"
    assert all(field.before for field in steps["traffic_channels/other"].fields), "and this one is mapped"


def test_a_confirmation_under_a_new_name_is_taken_back_to_what_stood_under_the_former(channels: Channels) -> None:
    committed = channels.office.ledger
    channels.office.write("traffic_channels: {facebook: {", "traffic_channels: {fb: {was: facebook, ")
    channels.office.write("{facebook: Purchase}", "{fb: Lead}")
    (step,) = channels.mappings()
    channels.office.desk.confirm(step, "Ann <ann@acme.test>")
    assert CHANNEL not in channels.office.ledger.entries
    found = confirmed_steps(channels.office.desk.composition, channels.office.ledger, committed)
    (confirmed,) = (each for each in found if each.key == "traffic_channels/fb")
    assert confirmed.undone(channels.office.ledger).entries == committed.entries


@pytest.mark.parametrize("line", ["adopt: true, ", "existing: FB, "])
def test_one_that_may_be_there_already_is_mapped_once(tmp_path: Path, line: str) -> None:
    channels = Channels(tmp_path)
    preset = "preset: facebook" if "adopt" in line else ""
    channels.office.write("{facebook: {preset: facebook}}", f"{{facebook: {{{line}{preset}}}}}")
    channels.confirm()
    channels.there = {"facebook": "c1"}
    assert channels.step() is None


@pytest.mark.parametrize("placeholder", ["trackform:unconfirmed/traffic channel/facebook", "trackform:awaiting/dns/x"])
def test_an_id_of_our_own_is_nobodys(tmp_path: Path, placeholder: str) -> None:
    channels = Channels(tmp_path)
    channels.there = {"facebook": placeholder}
    channels.confirm()
    assert "trackform:" not in channels.office.ledger_text()
    channels.there = {"facebook": "c1"}
    assert channels.step() is None
