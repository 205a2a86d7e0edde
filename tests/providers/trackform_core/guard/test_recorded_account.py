"""Which account a stack belongs to, once its first `up` has seen it: recorded, compared, kept over every new name."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, REDTRACK_KEY
from tests.providers.small_engine import PROVIDERS, STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import LIMITS, MANY, channels, live, many, refused, titles
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed
from trackform_core.guard.guard import Guard
from trackform_core.guard.pins import recorded_before
from trackform_core.session.session import session_of
from trackform_redtrack.service import REDTRACK

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said

OTHER_KEY = "key-of-another-account"
Run = Callable[[Engine], None]
BOTH = channels("a", "b")
RUNS: dict[str, Run] = {
    "preview": lambda engine: engine.preview(BOTH),
    "up": lambda engine: engine.up(BOTH),
    "up without anything": lambda engine: engine.up({}),
    "the Account and a new object": lambda engine: engine.up_to((("channel", "b"),), BOTH),
    "the Account alone": lambda engine: engine.up_with_the_account_alone(BOTH),
    "destroy": lambda engine: engine.destroy(),
    "destroy of one": lambda engine: engine.destroy(("channel", "a")),
}


@pytest.mark.parametrize("field", ["recorded", "live"])
def test_a_refresh_leaves_the_rest_of_the_account_as_the_state_has_it(room: "Room", field: str) -> None:
    """An earlier version called it `live`."""
    session = room.process()
    found = {"redtrack_user": session.owner(REDTRACK)}
    kept = {"name": "default", "object_id": "default", "formerly": ["old"], **found}
    answer = AccountProvider().read("default", {**kept, field: found, "__provider": "x"})
    assert (answer.id, answer.outs) == ("default", {**kept, "recorded": found})
    nothing = AccountProvider().read("default", kept)
    assert nothing.outs == kept


def test_an_account_of_which_nothing_was_recorded_says_what_it_said(room: "Room") -> None:
    session = room.process()
    inputs = {"name": "default", "object_id": "default", "redtrack_user": session.owner(REDTRACK), "inventory": {}}
    made = AccountProvider().create(inputs)
    assert (made.id, made.outs) == ("default", {name: inputs[name] for name in ("name", "redtrack_user", "object_id")})
    more = {**inputs, "formerly": ["old"], "recorded": {"redtrack_user": session.owner(REDTRACK)}}
    assert AccountProvider().update("default", {}, more).outs == {
        name: more[name] for name in ("name", "redtrack_user", "formerly", "recorded", "object_id")
    }


RED, DIGI = "redtrack_user", "digistore24_account"


@pytest.mark.parametrize(
    ("olds", "read", "outs", "found"),
    [
        ({}, {}, {}, {}), ({}, {}, {"owner": "u1"}, {RED: "u1"}),
        ({}, {}, {"account_id": "u1", "owner": "u2"}, {RED: "u1"}), ({}, {RED: "u3"}, {"owner": "u1"}, {RED: "u3"}),
        ({"recorded": {RED: "u4"}}, {RED: "u3"}, {"owner": "u1"}, {RED: "u4"}),
        ({"recorded": {DIGI: "7"}}, {RED: "u3"}, {"owner": "u1"}, {RED: "u1", DIGI: "7"}),
    ],
)  # fmt: skip
def test_what_earlier_runs_found_out(olds: Any, read: Any, outs: Any, found: Any) -> None:
    """As the state's Account tells it, else what a refresh read of it, else its objects, for each service by itself."""
    guard = Guard(recorded=read)
    guard.note_read(KINDS["channel"], "1", {"title": "a", **outs}, outs)
    assert recorded_before(guard, olds) == found
    assert (olds.get("recorded") or read) == {name: found[name] for name in (olds.get("recorded") or read)}


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize("run", RUNS)
def test_another_accounts_key_neither_reads_into_nor_writes(
    engine: Engine, room: "Room", run: str, *, refreshes: bool
) -> None:
    """Nothing pins this stack."""
    engine.up(channels("a"))
    before = {at: (dict(kept.inputs), dict(kept.outs)) for at, kept in engine.state.items()}
    room.redtrack_key = OTHER_KEY
    room.forget()
    engine.refreshes = refreshes
    with pytest.raises((Stopped, Failed)) as error:
        RUNS[run](engine)
    # A run that passes the Account by is refused for that already.
    passes = run.startswith("destroy") and not refreshes
    assert ("not checked in this run" if passes else "the key ") in str(error.value)
    assert room.writes() == []
    assert {at: (kept.inputs, kept.outs) for at, kept in engine.state.items()} == before


@pytest.mark.parametrize("refreshes", [True, False])
def test_no_permission_lets_another_accounts_key_delete(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, *, refreshes: bool
) -> None:
    engine.up(channels("a"))
    room.redtrack_key = OTHER_KEY
    engine.refreshes = refreshes
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel,gone:channel,recreate:channel")
    room.forget()
    with pytest.raises(Failed, match="the key in use is of "):
        engine.destroy(("channel", "a"))
    assert room.writes() == []
    room.redtrack_key = REDTRACK_KEY
    engine.destroy(("channel", "a"))
    assert titles(room) == set()


def test_what_the_first_up_recorded_is_an_input_of_the_account_and_of_each_object(engine: Engine, room: "Room") -> None:
    engine.up(channels("a"))
    owner = room.process().owner(KINDS["channel"].service)
    recorded = {"redtrack_user": owner, "digistore24_account": "123456"}
    assert engine.state["", STACK].inputs["recorded"] == recorded
    assert engine.state["", STACK].outs["recorded"] == recorded
    engine.up(channels("a", "b"))
    assert engine.state["channel", "b"].inputs["account_id"] == owner
    assert engine.state["channel", "b"].outs["account_id"] == owner


def test_a_service_that_gets_its_key_later_is_recorded_then(engine: Engine, room: "Room") -> None:
    room.digistore24_key = ""
    engine.up(channels("a"))
    assert engine.state["", STACK].inputs["recorded"].keys() == {"redtrack_user"}
    room.digistore24_key = "123456-one"
    engine.up(channels("a"))
    room.digistore24_key = "654321-another"
    room.forget()
    with pytest.raises(Failed, match="live in the Digistore24 account 123456, as its first `pulumi up` recorded"):
        engine.up(channels("a", "b"))
    assert room.writes() == []


METHODS: dict[str, Callable[[Any, str, dict[str, Any]], object]] = {
    "check": lambda provider, _id, values: provider.check({}, values),
    "check of a known one": lambda provider, _id, values: provider.check(values, values),
    "create": lambda provider, _id, values: provider.create(values),
    "read": lambda provider, id_, values: provider.read(id_, values),
    "update": lambda provider, id_, values: provider.update(id_, values, values),
    "delete": lambda provider, id_, values: provider.delete(id_, values),
}


@pytest.mark.parametrize("field", ["account_id", "owner"])
@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["channel", "landing", "postback"])
def test_each_method_of_an_object_compares_for_itself(room: "Room", kind: str, method: str, field: str) -> None:
    """A run that targets one object never calls the Account's check; an older state has the owner alone."""
    declared: dict[str, dict[str, Any]] = {
        "channel": {"title": "a"},
        "landing": {"title": "a", "url": "https://l.test/", "type": "landing"},
        "postback": {
            "name": "a", "url": "https://t.test/postback?clickid={cid}&type={order_type}&sub20=tf.a",
            "events": ["payment"], "product_ids": ["1"],
        },
    }  # fmt: skip
    values = {**declared[kind], "account": "default", field: "f" * 24}
    provider = PROVIDERS[kind]
    made = provider.create({**declared[kind], "account": "default"})
    room.forget()
    if field == "owner" and method in ("check", "check of a known one", "create"):
        return
    try:
        given = {**(made.outs or {}), **values} if method in ("read", "update", "delete") else values
        found = METHODS[method](provider, str(made.id), given)
    except Failed as error:
        told = str(error)
    else:
        told = str(getattr(found, "failures", [None])[0].reason)
    assert f"belongs to the {KINDS[kind].service.whose.name} account {'f' * 24}, but the key in use is of " in told
    assert "Nothing was touched" in told
    assert room.writes() == []


def test_who_made_a_row_may_be_another_user_of_the_account(engine: Engine, room: "Room") -> None:
    made = room.edit(KINDS["channel"], set={"title": "title of a"})
    row = room.stored(KINDS["channel"], made["id"])
    engine.up(channels("a", a={"adopt": True}))
    kept = engine.state["channel", "a"]
    kept.outs["owner"] = "a" * 24
    assert row["id"] == kept.object_id
    room.forget()
    engine.up(channels("a", "b", a={"adopt": True}))
    assert room.writes() == ["POST /sources"]


def test_a_renamed_stack_keeps_its_guard_and_says_which_variable_to_rename(
    engine: Engine, room: "Room", said: "Said", monkeypatch: pytest.MonkeyPatch
) -> None:
    room.redtrack_key = ""
    monkeypatch.setenv("REDTRACK_API_KEY__DEFAULT", REDTRACK_KEY)
    engine.up(channels(*many()), limits=LIMITS)
    engine.name = "acme"
    told = refused(engine, channels(*many(MANY - 4)), limits=LIMITS)
    assert "4 of 20 objects of the kind traffic channel would be deleted or paused" in told
    said.clear()
    room.forget()
    engine.up(channels(*many()), limits=LIMITS)
    assert room.writes() == []
    assert "This stack was called 'default' at its last `pulumi up`." in said.text
    assert "REDTRACK_API_KEY__DEFAULT still counts for this run: rename it to end in the new name" in said.text
    assert {kept.outs.get("account", kept.outs.get("name")) for kept in engine.state.values()} == {"acme"}
    # As it says: from the next run on the new variable counts, and the old name is nowhere left.
    monkeypatch.delenv("REDTRACK_API_KEY__DEFAULT")
    monkeypatch.setenv("REDTRACK_API_KEY__ACME", REDTRACK_KEY)
    said.clear()
    engine.up(channels(*many(MANY - 1)), limits=LIMITS)
    assert "was called" not in said.text
    assert len(live(room, "channel")) == MANY - 1


def test_a_key_that_went_with_the_old_name_is_asked_for(engine: Engine, room: "Room", monkeypatch: Any) -> None:
    room.redtrack_key = ""
    monkeypatch.setenv("REDTRACK_API_KEY__DEFAULT", REDTRACK_KEY)
    engine.up(channels("a"))
    monkeypatch.delenv("REDTRACK_API_KEY__DEFAULT")
    monkeypatch.setenv("REDTRACK_API_KEY__ACME", REDTRACK_KEY)
    engine.name = "acme"
    with pytest.raises(Failed) as error:
        engine.up(channels("a"))
    assert "There is REDTRACK_API_KEY__ACME: if it is the key of this stack, which was renamed from" in str(error.value)
    assert "set REDTRACK_API_KEY__DEFAULT to the same for one `pulumi up`" in str(error.value)
    monkeypatch.setenv("REDTRACK_API_KEY__DEFAULT", REDTRACK_KEY)
    engine.up(channels("a"))
    monkeypatch.delenv("REDTRACK_API_KEY__DEFAULT")
    engine.up(channels("a", "b"))
    assert titles(room) == {"title of a", "title of b"}


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_renamed_stack_that_forgot_its_ledger_is_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, refreshes: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    ledger = tmp_path / "stacks" / f"{STACK}.ledger.yaml"
    ledger.write_text("version: 1\n", encoding="utf-8")
    engine.up(channels("a"))
    engine.name = "acme"
    engine.refreshes = refreshes
    told = refused(engine, channels("a"), ends=False)
    assert "this stack was called 'default', and its ledger still is" in told
    assert "Run `git mv stacks/default.ledger.yaml stacks/acme.ledger.yaml`" in told
    ledger.rename(tmp_path / "stacks" / "acme.ledger.yaml")
    engine.up(channels("a"))


@pytest.mark.parametrize("name", ["acme", STACK])
def test_what_kept_the_former_name_in_a_run_that_broke_off_goes_by_the_new_one(
    engine: Engine, room: "Room", name: str
) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    engine.name = "acme"
    engine.up_to((("channel", "c00"),), channels(*many(MANY - 1)), limits=LIMITS)
    assert engine.state["channel", "c19"].outs["account"] == STACK
    engine.name = name
    told = refused(engine, channels(*many(MANY - 4)), limits=LIMITS)
    assert "4 of 20 objects of the kind traffic channel would be deleted or paused" in told
    engine.up(channels(*many(MANY - 1)), limits=LIMITS)
    assert len(live(room, "channel")) == MANY - 1
    assert {kept.outs.get("account", kept.outs.get("name")) for kept in engine.state.values()} == {name}


@pytest.mark.parametrize("name", ["acme", STACK])
def test_a_stack_that_was_renamed_once_more_before_all_learned_the_name_can_be_destroyed(
    engine: Engine, room: "Room", name: str
) -> None:
    engine.up(channels("a", "b", "c"))
    engine.name = "other"
    engine.up_to((("channel", "a"),), channels("a", "b", "c"))
    engine.name = name
    engine.up_to((("channel", "b"),), channels("a", "b", "c"))
    engine.destroy()
    assert titles(room) == set()


def test_the_session_of_a_former_name_is_that_of_the_new_one(engine: Engine, room: "Room") -> None:
    engine.up(channels("a"))
    engine.name = "acme"
    engine.preview(channels("a"))
    assert session_of("default") is session_of("acme")
    assert session_of("default").account == "acme"
    room.process()
    assert session_of("default") is not session_of("acme")


def test_an_account_that_was_taken_out_of_the_state_finds_its_past_in_it(
    engine: Engine, room: "Room", said: "Said"
) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    del engine.state["", STACK]
    told = refused(engine, channels(*many(10)), limits=LIMITS)
    assert "10 of 20 objects of the kind traffic channel would be deleted or paused: " in told
    told = refused(engine, channels(*many(MANY - 1), "new"), limits=LIMITS)
    assert "traffic channel 'title of c19' would be deleted or paused while traffic channel 'new' is new" in told
    said.clear()
    engine.up(channels(*many(MANY - 1)), limits=LIMITS)
    assert "traffic channel 'title of c19' leaves the file: deleted" in said.text
    assert len(live(room, "channel")) == MANY - 1
    del engine.state["", STACK]
    room.redtrack_key = OTHER_KEY
    room.forget()
    with pytest.raises(Failed, match="the key in use is of "):
        engine.up(channels(*many(MANY - 1)), limits=LIMITS)
    assert room.writes() == []


def test_without_a_refresh_an_account_without_a_past_lets_nothing_pass(engine: Engine, room: "Room") -> None:
    engine.up(channels("a", "b"))
    del engine.state["", STACK]
    engine.refreshes = False
    room.forget()
    with pytest.raises(
        Failed, match=r"is in the state of this stack, and the stack's Account is not: .*Run once without"
    ):
        engine.up(channels("a", a={"ref_id": "x"}))
    # Nothing of the file is known, so the first that could tell is a delete, after everything else.
    engine.state.pop(("", STACK), None)
    with pytest.raises(Failed, match="is not deleted: the stack's Account did not know of it"):
        engine.up(channels("new"))
    assert room.writes() == ["POST /sources"]
    assert titles(room) == {"title of a", "title of b", "title of new"}


def test_what_left_the_file_while_the_account_was_gone_is_told_when_it_goes(
    engine: Engine, room: "Room", said: "Said"
) -> None:
    """The run that makes the Account anew may have looked at a part of the state only."""
    engine.up(channels(*many()), limits=LIMITS)
    del engine.state["", STACK]
    engine.up_with_the_account_alone(channels(*many(5)), limits=LIMITS)
    told = refused(engine, channels(*many(5)), limits=LIMITS)
    assert "15 of 20 objects of the kind traffic channel would be deleted or paused: " in told
    assert len(live(room, "channel")) == MANY
    assert "leaves the file: deleted" in said.text


def test_a_state_from_before_accounts_were_recorded(engine: Engine, room: "Room") -> None:
    """It calls what it found `live`, an output, and its objects know an owner."""
    engine.up(channels("a"))
    account, channel = engine.state["", STACK], engine.state["channel", "a"]
    account.outs["live"] = account.outs.pop("recorded")
    del account.inputs["recorded"]
    for values in (channel.inputs, channel.outs):
        values.pop("account_id", None)
    room.redtrack_key = OTHER_KEY
    room.forget()
    with pytest.raises(Failed, match="as its first `pulumi up` recorded"):
        engine.up(channels("a", "b"))
    engine.refreshes = False
    with pytest.raises(
        Stopped, match=r"not recorded yet which account this stack belongs to.*account\.redtrack_user: "
    ):
        engine.up(channels("a", "b"))
    assert room.writes() == []
    engine.refreshes, room.redtrack_key = True, REDTRACK_KEY
    engine.up(channels("a"))
    assert engine.state["", STACK].inputs["recorded"] == account.outs["recorded"]
    assert "live" not in account.outs


def test_a_program_that_gives_no_inventory_any_more_is_refused(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels("a", "b"))
    told = refused(engine, channels("a"), ends=False, inventory=None)
    assert "gave this Account an `inventory` before, and gives none now" in told
    monkeypatch.setenv("TRACKFORM_ALLOW", "unguarded:account")
    engine.up(channels("a"), inventory=None)
    assert titles(room) == {"title of a"}
    monkeypatch.delenv("TRACKFORM_ALLOW")
    engine.up(channels("a"), inventory=None)
