"""The open steps: what is declared against the ledger, in the words and the order of the web forms."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.operator.desk import NotConfirmed, OperatorDesk, named
from trackform.operator.step import Field, OperatorStep
from trackform.operator.steps import open_steps
from trackform.operator.terminal import as_row, step_lines
from trackform_core.no_api.ledger import Ledger

FILE = """\
domains: {main: track.acme.test}
digistore24: {account: 123456, affiliate: acme, currency: USD, notify: ops@acme.test}
account: {redtrack_user: 64f0aa}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530, upsells: [411531]}}
offers: {keto: {}}
conversion_types:
  refund: {slot: 2, duplicates: by_event_id, forward: none}
  initial_sale: {slot: 1, role: Purchase, forward: {facebook: Purchase}}
postbacks:
  sales: {events: [payment], type: order_type, token: {secret: ptoken}}
traffic_channels: {facebook: {preset: facebook}}
"""
TOKEN = "canary-ptoken-1a2b"


class Office:
    """A stack's file, its ledger, and who confirms."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets: dict[str, str] = {"ptoken": TOKEN}
        self.text = FILE
        self.bridge = False

    def write(self, old: str, new: str) -> None:
        assert old in self.text
        self.text = self.text.replace(old, new)

    @property
    def desk(self) -> OperatorDesk:
        (self.folder / "acme.yaml").write_text(self.text)
        composition = compose(read_account(self.folder / "acme.yaml"))
        return OperatorDesk("acme", composition, self.secrets.get, self.bridge, self.folder)

    def open(self) -> dict[str, OperatorStep]:
        return {step.id: step for step in self.desk.open()}

    def confirm(self, *patterns: str) -> None:
        desk = self.desk
        for step in named(desk.open(), patterns or ("*",)):
            desk.confirm(step, "Ann <ann@acme.test>")

    @property
    def ledger(self) -> Ledger:
        return self.desk.ledger()

    def ledger_text(self) -> str:
        return (self.folder / "acme.ledger.yaml").read_text()


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def labels(step: OperatorStep) -> list[str]:
    return [field.label for field in step.fields]


def field(step: OperatorStep, label: str) -> Field:
    (found,) = (each for each in step.fields if each.label == label)
    return found


def test_everything_is_open_at_first_in_the_order_of_the_forms(office: Office) -> None:
    steps = office.open()
    assert list(steps) == [
        "conversion_types/initial_sale", "conversion_types/refund", "traffic_channels/facebook", "postbacks/sales",
    ]  # fmt: skip
    sales = steps["postbacks/sales"]
    assert (sales.action, sales.service, sales.account) == ("create", "Digistore24", "123456")
    assert sales.form == "Account → S2S postback → Add new connection"
    assert labels(sales) == [
        "Affiliate partnerships", "For order event", "Postback URL", "Currency", "Active",
        "Email address for error notifications",
    ]  # fmt: skip
    values = [each.value for each in sales.fields]
    assert values[:2] + values[3:] == ["411530, 411531", "payment", "USD", "yes", "ops@acme.test"]
    assert "411531 is upsell of keto" in field(sales, "Affiliate partnerships").why
    sale = steps["conversion_types/initial_sale"]
    assert (sale.service, sale.account) == ("RedTrack", "64f0aa")
    assert sale.form == "Tools → Conversion tracking → Conversion type"
    assert [each.value for each in sale.fields] == ["1", "initial_sale", "Purchase"]
    refund = steps["conversion_types/refund"]
    assert field(refund, "Duplicate postbacks").value == "ignore by event ID (rdtk_event_id)"
    assert field(steps["traffic_channels/facebook"], "Conversion type in slot 1").value == "initial_sale => Purchase"


def test_what_is_confirmed_is_closed_and_names_who_and_when(office: Office) -> None:
    office.confirm("postbacks/*")
    assert "postbacks/sales" not in office.open()
    entry = office.ledger.entries["postbacks/tf.sales"]
    assert entry.by == "Ann <ann@acme.test>"
    assert entry.confirmed.endswith("Z")
    office.confirm()
    assert office.open() == {}
    assert office.desk.open() == open_steps(office.desk.composition, office.ledger, secrets=office.secrets.get)


def test_the_token_is_whole_on_the_terminal_alone(office: Office) -> None:
    sales = office.open()["postbacks/sales"]
    url = field(sales, "Postback URL")
    assert [each.label for each in sales.fields if each.secret] == ["Postback URL"]
    assert url.plain is not None
    assert url.plain.endswith(f"&sub20=tf.sales&ptoken={TOKEN}")
    assert "&ptoken=(fingerprint " in url.value
    assert TOKEN in "\n".join(step_lines(sales, secrets=True))
    elsewhere = ["\n".join(step_lines(sales)), str(as_row("acme", sales)), repr(sales)]
    office.confirm()
    assert not any(TOKEN in text for text in [*elsewhere, office.ledger_text()])


def test_a_change_shows_what_it_was_and_confirms_over_it(office: Office) -> None:
    office.confirm()
    office.write("currency: USD", "currency: EUR")
    office.write("{events: [payment]", "{events: [payment, refund]")
    ((name, sales),) = office.open().items()
    assert (name, sales.action) == ("postbacks/sales", "change")
    assert (field(sales, "Currency").before, field(sales, "Currency").value) == ("USD", "EUR")
    assert [each.label for each in sales.fields if each.changed] == ["For order event", "Currency"]
    assert "For order event, Currency" in sales.reason
    office.confirm()
    assert office.open() == {}
    assert office.ledger.entries["postbacks/tf.sales"].fields["currency"] == "EUR"


def test_another_token_is_a_change(office: Office) -> None:
    office.confirm()
    office.secrets["ptoken"] = "another-token"
    sales = office.open()["postbacks/sales"]
    assert "the token in the postback URL" in sales.reason
    assert field(sales, "Postback URL").changed


def test_a_secret_that_cannot_be_read_counts_as_unchanged_and_is_never_guessed(office: Office) -> None:
    secrets, office.secrets = office.secrets, {}
    step = office.open()["postbacks/sales"]
    assert step.unread == ("ptoken",)
    assert "(config secret ptoken)" in field(step, "Postback URL").value
    with pytest.raises(NotConfirmed, match="config secret ptoken cannot be read here"):
        office.confirm("postbacks/sales")
    office.secrets = secrets
    office.confirm()
    token = office.ledger.entries["postbacks/tf.sales"].fields["token"]
    office.secrets = {}
    assert office.open() == {}
    office.write("currency: USD", "currency: EUR")
    assert office.open()["postbacks/sales"].unread == ()
    office.confirm()
    office.secrets = secrets
    assert office.ledger.entries["postbacks/tf.sales"].fields["token"] == token
    assert office.open() == {}


def test_what_left_the_file_has_to_be_removed_and_a_type_stays(office: Office) -> None:
    office.confirm()
    office.write("  sales: {events", "  sold: {events")
    office.write("  refund: {slot: 2, duplicates: by_event_id, forward: none}\n", "")
    steps = office.open()
    assert [(step.id, step.action) for step in steps.values()] == [
        ("postbacks/sold", "create"), ("postbacks/sales", "remove"),
    ]  # fmt: skip
    removal = steps["postbacks/sales"]
    assert removal.row == "the connection with sub20=tf.sales in its URL"
    before = {each.label: each.before for each in removal.fields}
    assert "sub20=tf.sales" in before["Postback URL"]
    assert before["For order event"] == "payment"
    office.confirm("postbacks/sales")
    assert "postbacks/tf.sales" not in office.ledger.entries
    assert "conversion_types/type2" in office.ledger.entries
    assert list(office.open()) == ["postbacks/sold"]


def test_a_type_that_the_file_would_delete_is_a_step_when_it_leaves(office: Office) -> None:
    office.write("{slot: 2,", "{slot: 2, on_delete: delete,")
    office.confirm()
    office.write("  refund: {slot: 2, on_delete: delete, duplicates: by_event_id, forward: none}\n", "")
    (step,) = office.open().values()
    assert (step.id, step.action) == ("conversion_types/refund", "remove")
    assert step.row == "Slot 2, Name refund"
    assert [each.before for each in step.fields] == ["2", "refund", "ignore by event ID (rdtk_event_id)"]


def test_a_slot_that_its_name_left_is_a_step_of_its_own(office: Office) -> None:
    office.write("{slot: 2,", "{slot: 2, on_delete: delete,")
    office.confirm()
    office.write("{slot: 2,", "{slot: 3,")
    steps = office.desk.open()
    assert [(step.id, step.action) for step in steps] == [
        ("conversion_types/refund", "create"), ("conversion_types/type2", "remove"),
    ]  # fmt: skip


def test_a_new_name_for_a_connection_is_a_change_of_its_url(office: Office) -> None:
    office.confirm()
    office.write("  sales: {events", "  sold: {was: sales, events")
    ((name, step),) = office.open().items()
    assert (name, step.action) == ("postbacks/sold", "change")
    assert "tf.sales" in field(step, "Postback URL").before
    assert "tf.sold" in field(step, "Postback URL").value
    office.confirm()
    assert office.open() == {}
    assert [key for key in office.ledger.entries if key.startswith("postbacks/")] == ["postbacks/tf.sold"]


def test_a_mapping_that_changes_or_leaves_is_a_step(office: Office) -> None:
    office.confirm()
    office.write("forward: {facebook: Purchase}", "forward: {facebook: Subscribe}")
    step = office.open()["traffic_channels/facebook"]
    mapped = field(step, "Conversion type in slot 1")
    assert (mapped.before, mapped.value) == ("initial_sale => Purchase", "initial_sale => Subscribe")
    office.write("forward: {facebook: Subscribe}", "forward: none")
    assert field(office.open()["traffic_channels/facebook"], "Conversion type in slot 1").value == ""
    office.confirm()
    assert office.open() == {}
    assert "traffic_channels/facebook" not in office.ledger.entries


def test_a_channel_that_is_told_nothing_hides_no_other(office: Office) -> None:
    office.write("traffic_channels: {", "traffic_channels: {quiet: {}, ")
    channels = [name for name in office.open() if name.startswith("traffic_channels/")]
    assert channels == ["traffic_channels/facebook"]


def test_a_bridge_leaves_only_what_no_bridge_does(office: Office) -> None:
    office.bridge = True
    assert list(office.open()) == ["traffic_channels/facebook"]


def test_two_terminals_do_not_undo_each_other(office: Office) -> None:
    one, two = office.desk, office.desk
    steps = {step.id: step for step in one.open()}
    one.confirm(steps["conversion_types/refund"], "Ann")
    two.confirm(steps["postbacks/sales"], "Bob")
    assert {"conversion_types/type2", "postbacks/tf.sales"} <= office.ledger.entries.keys()


def test_a_name_that_fits_no_open_step_is_told(office: Office) -> None:
    with pytest.raises(NotConfirmed) as told:
        office.confirm("postbacks/sale")
    said = "no open step is called 'postbacks/sale'; did you mean \"postbacks/sales\"? Open: conversion_types/initial"
    assert str(told.value).startswith(said)


@pytest.mark.parametrize("change", [{"events": ["refund"]}, {"active": False}, {"product_ids": ["1"]}])
def test_each_field_of_an_entry_counts(office: Office, change: dict[str, Any]) -> None:
    office.confirm()
    entry = office.ledger.entries["postbacks/tf.sales"]
    office.ledger.with_entry(dataclasses.replace(entry, fields={**entry.fields, **change})).write()
    assert list(office.open()) == ["postbacks/sales"]


def test_a_step_whose_name_looks_like_a_pattern_is_confirmed_alone(office: Office) -> None:
    office.write("traffic_channels: {facebook: {preset: facebook}}", "traffic_channels: {}")
    office.write("forward: {facebook: Purchase}", "forward: none")
    office.write(
        "  refund: {slot: 2", "  'sale*': {slot: 3, duplicates: by_event_id, forward: none}\n  sale2: {slot: 2"
    )
    office.confirm("conversion_types/sale*")
    assert "conversion_types/sale*" not in office.open()
    assert "conversion_types/sale2" in office.open()
