"""Objects that a person enters: no step claims what nobody confirmed, and nothing is sent anywhere."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from tests.providers.conftest import Room
from trackform_core.dynamic import Failed
from trackform_core.lifecycle import manual as by_hand
from trackform_core.lifecycle.service import Live
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Values
from trackform_core.no_api.base import OVER_THE_BRIDGE, BridgeKind
from trackform_core.no_api.ledger import Ledger, LedgerEntry, ledger_of
from trackform_core.no_api.status import AWAITING, CONFIRMED, entry_for, key_of
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_digistore24.resources import PostbackConnectionProvider
from trackform_redtrack.conversion_type import KIND as CONVERSION_TYPE
from trackform_redtrack.resources import ConversionTypeProvider

TOKEN = "canary-token-5e6f"
SALES: Values = {
    "account": "default", "name": "sales", "events": ["payment"], "product_ids": ["411530"], "currency": "USD",
    "url": "https://track.acme.test/postback?clickid={cid}&type={order_type}&sub20=tf.sales", "token": TOKEN,
}  # fmt: skip
TYPE: Values = {"account": "default", "slot": 3, "name": "refund", "duplicates": "by_event_id"}


class Desk:
    """A project's folder with a ledger, and a provider without a bridge that asks for it."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room = room
        self.folder = folder
        self.bridge = ""

    def process(self) -> None:
        self.room.process()

    @property
    def ledger(self) -> Ledger:
        return ledger_of("default")

    def confirm(self, kind: BridgeKind, fields: Values) -> None:
        inputs = self.check(kind, {}, fields)
        entry = dataclasses.replace(entry_for(kind, inputs), confirmed="2026-11-23T10:00:00Z", by="Ann")
        self.ledger.with_entry(entry).write()

    def remove(self, kind: BridgeKind, fields: Values) -> None:
        self.ledger.without(key_of(kind, fields)).write()

    def check(self, kind: Kind[Any], olds: Values, fields: Values) -> Values:
        inputs = dict(provider(kind).check(dict(olds), dict(fields)).inputs)
        again = dict(provider(kind).check(dict(inputs), dict(inputs)).inputs)
        assert inputs == again
        return inputs

    def create(self, kind: Kind[Any], fields: Values) -> Live:
        inputs = self.check(kind, {}, fields)
        made = provider(kind).create(dict(inputs))
        return Live(made.id, dict(made.outs or {}), inputs)

    def read(self, kind: Kind[Any], live: Live) -> Live:
        """What a refresh sees, in a new process."""
        self.process()
        found = provider(kind).read(live.object_id, dict(live.outs))
        assert found.id
        return Live(found.id, dict(found.outs or {}), dict(found.inputs or {}))

    def preview(self, kind: Kind[Any], live: Live, fields: Values) -> dict[str, tuple[Any, Any]]:
        """Field -> (confirmed, declared), as the engine shows it: the inputs of a refresh against those of a check."""
        seen = self.read(kind, live)
        inputs = self.check(kind, seen.inputs, fields)
        changes = provider(kind).diff(seen.object_id, dict(seen.outs), dict(inputs)).changes
        names = seen.inputs.keys() | inputs.keys()
        differing = {name: (seen.inputs.get(name), inputs.get(name)) for name in names}
        found = {name: pair for name, pair in differing.items() if pair[0] != pair[1]}
        assert (changes is False) == (not found), (changes, found)
        return found

    def update(self, kind: Kind[Any], live: Live, fields: Values) -> Live:
        inputs = self.check(kind, live.inputs, fields)
        outs = provider(kind).update(live.object_id, dict(live.outs), dict(inputs)).outs
        return Live(live.object_id, dict(outs or {}), inputs)


def provider(kind: Kind[Any]) -> Any:
    return PostbackConnectionProvider() if kind is POSTBACK else ConversionTypeProvider()


@pytest.fixture
def desk(room: Room, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    made = Desk(room, tmp_path)
    config = room.config()
    monkeypatch.setattr(room, "config", lambda: {**config, "bridgeUrl": made.bridge})
    made.process()
    room.forget()
    return made


@pytest.mark.parametrize(("kind", "fields"), [(POSTBACK, SALES), (CONVERSION_TYPE, TYPE)])
def test_from_declared_to_confirmed(desk: Desk, kind: BridgeKind, fields: Values) -> None:
    live = desk.create(kind, fields)
    assert live.outs["status"] == AWAITING
    for _ in range(2):
        shown = desk.preview(kind, live, fields)
        assert set(fields) - {"account", kind.key} <= shown.keys()
        assert [before for before, _ in shown.values() if before is not None] == []
        live = desk.update(kind, desk.read(kind, live), fields)
        assert live.outs["status"] == AWAITING
    desk.confirm(kind, fields)
    assert desk.preview(kind, live, fields) == {}
    assert desk.read(kind, live).outs["status"] == CONFIRMED
    assert desk.room.requests() == []


def test_what_awaits_an_operator_is_told_once(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    for slot in (3, 4):
        desk.create(CONVERSION_TYPE, {**TYPE, "slot": slot})
    told = [record.message for record in caplog.records if "trackform operator default" in record.message]
    assert len(told) == 1
    desk.process()
    desk.confirm(CONVERSION_TYPE, TYPE)
    caplog.clear()
    desk.create(CONVERSION_TYPE, TYPE)
    assert not caplog.records


def test_a_change_is_shown_field_by_field_until_it_is_confirmed(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    assert live.outs["status"] == CONFIRMED
    wanted = {**SALES, "currency": "EUR", "events": ["payment", "refund"]}
    for _ in range(2):
        shown = desk.preview(POSTBACK, live, wanted)
        assert shown["currency"] == ("USD", "EUR")
        assert shown["events"] == (["payment"], ["payment", "refund"])
        assert shown.keys() <= {"currency", "events", "status"}
        live = desk.update(POSTBACK, desk.read(POSTBACK, live), wanted)
        assert live.outs["status"] == AWAITING
    desk.confirm(POSTBACK, wanted)
    assert desk.preview(POSTBACK, live, wanted) == {}


def test_what_is_confirmed_on_the_branch_is_clean_after_one_up(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    wanted = {**SALES, "currency": "EUR"}
    desk.confirm(POSTBACK, wanted)
    assert desk.preview(POSTBACK, live, wanted) == {"status": (AWAITING, CONFIRMED)}
    live = desk.update(POSTBACK, desk.read(POSTBACK, live), wanted)
    assert live.outs["status"] == CONFIRMED
    assert desk.preview(POSTBACK, live, wanted) == {}


def test_a_refresh_that_is_saved_forgets_no_wish(desk: Desk) -> None:
    live = desk.create(POSTBACK, SALES)
    twice = desk.read(POSTBACK, desk.read(POSTBACK, live))
    assert twice.outs["status"] == AWAITING
    desk.confirm(POSTBACK, SALES)
    assert desk.read(POSTBACK, twice).outs["status"] == CONFIRMED


def test_only_what_was_confirmed_can_have_left_the_file(desk: Desk, caplog: pytest.LogCaptureFixture) -> None:
    """A refresh compares what it read with what an earlier one saved, which has nothing that nobody confirmed."""
    saved = desk.read(POSTBACK, desk.create(POSTBACK, SALES))
    again = desk.read(POSTBACK, saved)
    provider(POSTBACK).diff(again.object_id, dict(again.outs), dict(saved.inputs))
    assert "has left the file" not in caplog.text
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    plain = desk.check(POSTBACK, live.inputs, {name: value for name, value in SALES.items() if name != "currency"})
    provider(POSTBACK).diff(live.object_id, dict(live.outs), dict(plain))
    assert "currency has left the file, and stays as it is in Digistore24: USD" in caplog.text


def test_what_is_left_alone_or_not_declared_is_no_step(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    plain = {name: value for name, value in SALES.items() if name not in ("currency", "token")}
    live = desk.create(POSTBACK, plain)
    assert desk.preview(POSTBACK, live, plain) == {}
    left = {**SALES, "currency": "EUR", "leave": ["currency"]}
    live = desk.update(POSTBACK, live, left)
    assert live.outs["status"] == CONFIRMED
    assert desk.preview(POSTBACK, live, left) == {}


def test_a_token_is_a_fingerprint_in_the_ledger_and_a_change_of_it_a_step(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    text = (desk.folder / "stacks" / "default.ledger.yaml").read_text()
    assert TOKEN not in text
    assert "ptoken" not in text
    other = {**SALES, "token": "canary-token-7a8b"}
    assert "token" in desk.preview(POSTBACK, live, other)
    shown = desk.preview(POSTBACK, desk.update(POSTBACK, live, other), other)
    # The engine hides both, for the field is a secret input. The confirmed one is known by its fingerprint alone.
    assert shown["token"][0].startswith("fingerprint ")
    assert shown.keys() <= {"token", "status"}


def test_a_removal_has_to_be_confirmed_before_it_is_forgotten(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    desk.process()
    with pytest.raises(Failed, match=r"(?s)'sales' .*only a person can remove it.*`trackform operator default`"):
        provider(POSTBACK).delete(live.object_id, dict(live.outs))
    desk.remove(POSTBACK, SALES)
    provider(POSTBACK).delete(live.object_id, dict(live.outs))
    assert desk.room.requests() == []


def test_what_was_confirmed_is_not_forgotten_because_its_ledger_is_elsewhere(desk: Desk) -> None:
    """A stack was renamed and its ledger with it: a destroy or a refresh, which run no program, know the old name."""
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    file = desk.ledger.file
    file.rename(file.with_name("acme.ledger.yaml"))
    seen = desk.read(POSTBACK, live)
    assert seen.outs["status"] == "confirmed"
    assert seen.inputs == live.inputs
    with pytest.raises(Failed, match=r"default\.ledger\.yaml, is not there.*renamed.*run `pulumi up` once") as error:
        provider(POSTBACK).delete(seen.object_id, dict(seen.outs))
    permission = str(error.value).rpartition("TRACKFORM_ALLOW=")[2].partition("`")[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKFORM_ALLOW", permission)
        provider(POSTBACK).delete(seen.object_id, dict(seen.outs))


def test_a_ledger_that_is_not_there_is_an_open_step_of_what_is_declared(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    desk.ledger.file.unlink()
    assert desk.preview(POSTBACK, live, SALES) == {"status": ("confirmed", "awaiting operator")}


def test_what_was_never_confirmed_can_leave(desk: Desk) -> None:
    live = desk.create(POSTBACK, SALES)
    desk.process()
    provider(POSTBACK).delete(live.object_id, dict(live.outs))


def test_a_type_is_kept_unless_the_file_said_otherwise(desk: Desk) -> None:
    desk.confirm(CONVERSION_TYPE, TYPE)
    live = desk.create(CONVERSION_TYPE, TYPE)
    desk.process()
    provider(CONVERSION_TYPE).delete(live.object_id, dict(live.outs))
    assert key_of(CONVERSION_TYPE, TYPE) in desk.ledger.entries


def test_the_same_slot_under_another_name_is_not_removed(desk: Desk) -> None:
    fields = {**TYPE, "on_delete": "delete"}
    desk.confirm(CONVERSION_TYPE, fields)
    live = desk.create(CONVERSION_TYPE, fields)
    desk.process()
    desk.create(CONVERSION_TYPE, fields)
    provider(CONVERSION_TYPE).delete(live.object_id, dict(live.outs))
    desk.process()
    with pytest.raises(Failed, match="only a person can remove it"):
        provider(CONVERSION_TYPE).delete(live.object_id, dict(live.outs))


def test_another_slot_is_another_object(desk: Desk) -> None:
    live = desk.create(CONVERSION_TYPE, TYPE)
    inputs = desk.check(CONVERSION_TYPE, live.inputs, {**TYPE, "slot": 4})
    assert provider(CONVERSION_TYPE).diff(live.object_id, dict(live.outs), dict(inputs)).replaces == ["slot"]
    assert desk.check(CONVERSION_TYPE, {}, {**TYPE, "slot": 4})["object_id"] == "type4"


def test_a_mistake_is_told_as_with_a_bridge(desk: Desk) -> None:
    failures = provider(POSTBACK).check({}, {**SALES, "events": ["payed"]}).failures
    assert [failure.property for failure in failures] == ["events"]


def test_a_broken_ledger_stops_everything(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    file = desk.folder / "stacks" / "default.ledger.yaml"
    file.write_text(file.read_text().replace("currency: USD", "currency: EUR"))
    for work in (lambda: desk.read(POSTBACK, live), lambda: desk.check(POSTBACK, {}, SALES)):
        with pytest.raises(Failed, match=r"stacks/default\.ledger\.yaml:\d+: 'postbacks/tf.sales' was changed by hand"):
            work()


@pytest.mark.parametrize(("kind", "fields"), [(POSTBACK, SALES), (CONVERSION_TYPE, TYPE)])
def test_from_the_operator_to_a_bridge_and_back(desk: Desk, kind: BridgeKind, fields: Values) -> None:
    """Somebody entered it, then a bridge that lists the same object is configured, then it is gone again."""
    desk.confirm(kind, fields)
    live = desk.create(kind, fields)
    made = {name: value for name, value in fields.items() if name not in ("account", "name", "token")}
    if kind is POSTBACK:
        made["url"] = f"{fields['url']}&ptoken={TOKEN}"
    else:
        made["name"] = fields["name"]
    entered = desk.room.edit(kind, set=made)
    desk.room.edit(
        kind, set={"slot": 9, "name": "x"} if kind is CONVERSION_TYPE else {**made, "url": "https://o.test/"}
    )
    desk.bridge = "http://127.0.0.1/bridge"
    seen = desk.read(kind, live)
    assert seen.object_id == live.object_id
    assert seen.outs["status"] == OVER_THE_BRIDGE
    desk.room.forget()
    inputs = desk.check(kind, seen.inputs, fields)
    assert provider(kind).diff(seen.object_id, dict(seen.outs), dict(inputs)).changes is False
    assert desk.room.writes() == []
    changed = {**fields, "currency": "EUR"} if kind is POSTBACK else {**fields, "name": "refunded"}
    live = desk.update(kind, seen, changed)
    name = "currency" if kind is POSTBACK else "name"
    assert desk.room.stored(kind, str(entered["id"]))[name] == changed[name]
    desk.bridge = ""
    assert desk.preview(kind, live, changed)[name] == (fields.get(name), changed[name])
    desk.confirm(kind, changed)
    assert desk.preview(kind, live, changed) == {}


def test_from_a_bridge_to_the_operator_and_back(desk: Desk) -> None:
    """What a bridge made keeps its id, and counts as unconfirmed until somebody looks."""
    desk.bridge = "http://127.0.0.1/bridge"
    desk.process()
    live = desk.create(POSTBACK, SALES)
    assert not POSTBACK.is_identity(live.object_id)
    desk.bridge = ""
    seen = desk.read(POSTBACK, live)
    assert seen.object_id == live.object_id
    assert seen.outs["status"] == AWAITING
    desk.confirm(POSTBACK, SALES)
    live = desk.update(POSTBACK, desk.read(POSTBACK, live), SALES)
    desk.bridge = "http://127.0.0.1/bridge"
    seen = desk.read(POSTBACK, live)
    assert seen.object_id == live.object_id
    inputs = desk.check(POSTBACK, seen.inputs, SALES)
    desk.room.forget()
    assert provider(POSTBACK).diff(seen.object_id, dict(seen.outs), dict(inputs)).changes is False
    assert len(desk.room.all_stored(POSTBACK)) == 1
    desk.process()
    provider(POSTBACK).delete(live.object_id, dict(live.outs))
    assert desk.room.all_stored(POSTBACK) == []


def test_what_a_bridge_made_is_not_forgotten_before_somebody_looked(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.bridge = "http://127.0.0.1/bridge"
    desk.process()
    live = desk.create(POSTBACK, SALES)
    desk.bridge = ""
    live = desk.update(POSTBACK, desk.read(POSTBACK, live), SALES)
    desk.process()
    with pytest.raises(Failed, match=r"(?s)made over a bridge.*`TRACKFORM_ALLOW=forget:postback/sales`"):
        provider(POSTBACK).delete(live.object_id, dict(live.outs))
    monkeypatch.setenv("TRACKFORM_ALLOW", "forget:postback/sales")
    assert "is forgotten" in by_hand.delete(POSTBACK, live.object_id, live.outs)
    monkeypatch.delenv("TRACKFORM_ALLOW")
    desk.confirm(POSTBACK, SALES)
    live = desk.read(POSTBACK, live)
    desk.remove(POSTBACK, SALES)
    desk.process()
    provider(POSTBACK).delete(live.object_id, dict(live.outs))


def test_what_nobody_entered_is_made_by_a_bridge_and_what_was_confirmed_is_missed(desk: Desk) -> None:
    """The bridge lists nothing: no loss where nothing was confirmed, and a fault where something was."""
    others = [{**TYPE, "slot": slot, "name": f"type {slot}"} for slot in (3, 5)]
    for fields in others:
        desk.confirm(CONVERSION_TYPE, fields)
    confirmed = [desk.create(CONVERSION_TYPE, fields) for fields in others]
    waiting = desk.create(CONVERSION_TYPE, {**TYPE, "slot": 4, "name": "upsell"})
    desk.bridge = "http://127.0.0.1/bridge"
    desk.process()
    assert ConversionTypeProvider().read(waiting.object_id, dict(waiting.outs)).id == ""
    ConversionTypeProvider().read(confirmed[0].object_id, dict(confirmed[0].outs))
    with pytest.raises(Failed, match="more likely a fault than a wish"):
        ConversionTypeProvider().read(confirmed[1].object_id, dict(confirmed[1].outs))


def test_an_entry_says_no_more_than_was_declared(desk: Desk) -> None:
    entry = entry_for(POSTBACK, desk.check(POSTBACK, {}, SALES))
    assert isinstance(entry, LedgerEntry)
    assert entry.fields.keys() == {"name", "url", "token", "events", "product_ids", "currency", "active"}


def test_whoever_only_reads_finds_what_was_confirmed(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    desk.confirm(CONVERSION_TYPE, TYPE)
    session = desk.room.process()
    assert session.listing(CONVERSION_TYPE).complete().keys() == {"type3"}
    row = session.listing(POSTBACK).complete()["tf.sales"]
    assert (row["url"], row["currency"]) == (SALES["url"], "USD")
    assert "fingerprint" not in str(row)
    assert POSTBACK.get(session.client(POSTBACK.service), "tf.sales") == row
    assert POSTBACK.get(session.client(POSTBACK.service), "tf.sold") is None


def test_nothing_of_the_way_needs_a_key(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    config = {name: value for name, value in desk.room.config().items() if "Key" not in name}
    monkeypatch.setattr(desk.room, "config", lambda: config)
    desk.process()
    live = desk.create(POSTBACK, SALES)
    assert desk.read(POSTBACK, live).outs["owner"] == ""
    desk.process()
    assert "is forgotten" in by_hand.delete(POSTBACK, live.object_id, live.outs)


def test_what_a_bridge_made_and_a_person_confirmed_is_removed_by_a_person(desk: Desk) -> None:
    desk.confirm(POSTBACK, SALES)
    live = desk.create(POSTBACK, SALES)
    desk.process()
    with pytest.raises(Failed, match=r"was confirmed to be there \(ledger, line 5\), and only a person can remove it"):
        provider(POSTBACK).delete(live.object_id, live.outs | {"owner": "123456"})
