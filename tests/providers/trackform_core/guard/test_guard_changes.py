"""The old names against the new ones: what was never made, what goes by another name, what nobody read."""

import logging
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import LIMITS, MANY, channels, live, many, refused, titles
from trackform_core import dynamic
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed
from trackform_core.errors import Refused
from trackform_core.guard.changes import Names, change_of, is_whole, with_strangers
from trackform_core.guard.fates import as_key
from trackform_core.guard.guard import Guard, Seen
from trackform_core.guard.inventory import Inventory
from trackform_core.guard.review import managed
from trackform_core.lifecycle.fate import kept
from trackform_redtrack.traffic_channel import KIND as CHANNEL

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said


def fail_to_make(engine: Engine, room: "Room", *names: str) -> None:
    room.fault("status:500", method="POST", path="^/sources", times=None)
    with pytest.raises(Failed):
        engine.up(channels(*names), limits=LIMITS)
    room.control("DELETE", "faults")


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_new_name_of_what_was_never_made_is_no_loss(engine: Engine, room: "Room", *, refreshes: bool) -> None:
    """It did not vanish from the account: it never was there."""
    fail_to_make(engine, room, *many())
    engine.refreshes = refreshes
    renamed = [f"n{name}" for name in many()]
    was = {"channel": {f"n{name}": name for name in many()}}
    engine.preview(channels(*renamed), limits=LIMITS, was=was)
    engine.up(channels(*renamed), limits=LIMITS, was=was)
    assert titles(room) == {f"title of {name}" for name in renamed}
    assert len(live(room, "channel")) == MANY


@pytest.mark.parametrize(
    ("was", "before", "pending"),
    [
        ({"n": "a"}, {"n": "A", "b": "B"}, {"n"}), ({"n": "b"}, {"a": "A", "b": "B"}, {"a"}),
        ({"n": "x"}, {"a": "A", "b": "B"}, {"a"}), ({"c": "a"}, {"a": "A", "b": "B"}, {"a"}),
        ({}, {"a": "A", "b": "B"}, {"a"}),
        ({"b": "a"}, {"a": "A", "b": "B"}, {"a"}),
    ],
)  # fmt: skip
def test_under_which_names_the_old_ones_go(was: dict[str, str], before: dict[str, str], pending: set[str]) -> None:
    old = Inventory(names={"k": {"a": "A", "b": "B"}}, pending={"k": ["a"]})
    after = {"n": "N", "b": "B"} if "c" not in was else {"a": "A", "c": "C"}
    names = old.against(Inventory(names={"k": after}, was={"k": was}), "k")
    assert (names.before, names.after, set(names.pending)) == (before, after, pending)
    assert set(names.left) == set()
    assert names.made == before.keys() - pending


def test_what_an_earlier_version_dropped_is_still_a_name() -> None:
    old = Inventory(names={"k": {"a": "A"}}, leaving={"k": {"a": "old A", "z": "Z"}})
    names = old.against(Inventory(names={"k": {"a": "A"}}), "k")
    assert names.before == {"a": "A", "z": "Z"}
    assert set(names.left) == {"z"}


def guard(*seen: tuple[str, str], refreshed: bool = True, gone: tuple[str, ...] = (), **outs: Any) -> Guard:
    """With (id, natural key) of each object that was read."""
    found = Guard(refreshed=refreshed)
    for object_id, key in seen:
        found.note_read(CHANNEL, object_id, {"title": key} | outs, None if object_id in gone else outs)
    return found


@pytest.mark.parametrize(
    ("seen", "before", "after", "expected"),
    [
        # Its title was changed outside: the name that is without an object is its name.
        ([("1", "Theirs")], {"a": "A"}, {"a": "A"}, {"a": "A"}),
        ([("1", "Theirs"), ("2", "Other")], {"a": "A"}, {"a": "A"}, {"a": "A", "Theirs": "Theirs", "Other": "Other"}),
        ([("1", "A"), ("2", "B")], {"a": "A"}, {"a": "A", "b": "B"}, {"a": "A", "b": "B"}),
        ([("1", "A"), ("2", "B"), ("3", "B")], {"a": "A"}, {}, {"a": "A", "B": "B", "B (3)": "B"}),
        ([("1", "A")], {"a": "A"}, {}, {"a": "A"}),
    ],
)
def test_objects_that_no_name_stands_for(
    seen: list[tuple[str, str]], before: dict[str, str], after: dict[str, str], expected: dict[str, str]
) -> None:
    names = with_strangers(guard(*seen), CHANNEL, Names(before, after, ["p"], ["l"]))
    assert names.before == expected
    assert (names.after, list(names.pending), list(names.left)) == (after, ["p"], ["l"])


@pytest.mark.parametrize(
    ("seen", "refreshed", "pending", "left", "whole"),
    [
        (["A", "B"], True, [], [], True), (["A"], True, [], [], False), (["A", "B"], False, [], [], False),
        (["A"], True, ["b"], [], True), (["A"], True, [], ["b"], True), ([], True, ["a", "b"], [], False),
    ],
)  # fmt: skip
def test_whether_all_of_the_state_was_read(
    seen: list[str], refreshed: bool, pending: list[str], left: list[str], whole: bool
) -> None:
    found = guard(*((key.lower(), key) for key in seen), refreshed=refreshed)
    names = {"channel": Names({"a": "A", "b": "B"}, {}, pending, left)}
    assert is_whole(found, names, KINDS) is whole


def changed(found: Guard, names: Names, *, whole: bool = True, alive: str = "") -> Any:
    return change_of(found, CHANNEL, names, lambda key: key in alive, whole=whole, settled=whole)


def test_a_name_whose_object_goes_by_another_title_is_that_object() -> None:
    """One is lost and one is strange: they are one."""
    change = changed(guard(("1", "Theirs"), ("2", "B")), Names({"a": "A", "b": "B"}, {"b": "B"}), whole=False)
    assert change.removed == {"a": "A"}
    assert change.seen["a"] == Seen("1", "Theirs", {"title": "Theirs", "changed_outside": None}, key_today="Theirs")
    two = changed(
        guard(("1", "Theirs"), ("2", "Other")), Names({"a": "A", "b": "B"}, {}), whole=False
    )  # fmt: skip
    assert two.removed == {"a": "A", "b": "B"}
    assert two.seen == {}


def test_two_of_one_title_are_nobodys_in_particular() -> None:
    change = changed(guard(("1", "A"), ("2", "A")), Names({"a": "A", "b": "A"}, {}))
    assert change.removed == {"a": "A", "b": "A"}
    assert change.seen == {}


@pytest.mark.parametrize(
    ("refreshed", "whole", "alive", "removed", "vanished", "size"),
    [
        # Not read: the account is asked.
        (False, False, "A", {"a"}, set(), 1), (False, False, "", set(), set(), 0), (False, False, "B", set(), set(), 1),
        # All of the state was read, and it was not in it.
        (True, True, "A", set(), {"b"}, 2),
    ],
)  # fmt: skip
def test_what_was_not_read(
    refreshed: bool, whole: bool, alive: str, removed: set[str], vanished: set[str], size: int
) -> None:
    change = changed(
        guard(refreshed=refreshed), Names({"a": "A", "b": "B"}, {"b": "B"}), whole=whole, alive=alive
    )  # fmt: skip
    assert set(change.removed) == removed
    assert set(change.vanished) == vanished
    assert change.size == size


def test_what_is_gone_is_no_removal_and_what_was_never_made_did_not_vanish() -> None:
    names = Names({"a": "A", "b": "B", "c": "C"}, {"a": "A", "c": "C"}, pending=["c"])
    change = changed(guard(("1", "A"), ("2", "B"), gone=("1", "2")), names)
    assert change.vanished == {"a": "A"}
    assert change.pending == ["c"]
    assert change.managed == set()
    assert change.leaving == {"b": "B"}
    assert changed(guard(("1", "A"), existing=True), Names({"a": "A"}, {})).managed == set()
    assert changed(guard(("1", "A")), Names({"a": "A"}, {})).managed == {"a"}


@pytest.mark.parametrize(
    ("outs", "why"),
    [
        ({"existing": True, "on_delete": "delete"}, "only refers"), ({"adopted": True}, "adopted, not created"),
        ({"adopted": True, "on_delete": "delete"}, ""), ({"on_delete": "keep"}, "on_delete is keep"), ({}, ""),
        ({"on_delete": "pause"}, ""),
    ],
)  # fmt: skip
def test_what_a_delete_leaves_alone(outs: dict[str, Any], why: str) -> None:
    assert why in str(kept(CHANNEL, outs) or "")
    assert bool(kept(CHANNEL, outs)) == bool(why)
    assert str(kept(KINDS["domain"], {})) == "kept: never deleted by default"


def test_a_slot_is_a_number() -> None:
    slot = KINDS["conversion_type"]
    assert (as_key(slot, "3"), as_key(slot, "three"), as_key(CHANNEL, "3")) == (3, "three", "3")


def test_the_first_change_too_many_is_told_in_full_and_the_next_in_short(engine: Engine, room: "Room") -> None:
    engine.up(channels(*many()), limits=LIMITS)
    room.process()
    account = engine.state["", STACK]
    account.provider.check(dict(account.inputs), {"name": STACK, "limits": LIMITS, "inventory": {"channel": {
        name: f"title of {name}" for name in many()}}})  # fmt: skip
    for kept_one in engine.state.values():
        kept_one.provider.read(kept_one.object_id, dict(kept_one.outs))
    told = []
    for name in many(5):
        at = engine.state["channel", name]
        checked = at.provider.check(dict(at.inputs), dict(at.inputs) | {"ref_id": "x"})
        told.append("\n".join(checked.inputs.get("refused") or ()))
    assert told[:2] == ["", ""]
    assert told[2].startswith("traffic channel 'title of c02': more than 2 of 20 objects of this kind would change")
    assert "The limit of `update` in stacks/policy.yaml is 10 %, 5 at the most" in told[2]
    short = "one more that would change, refused as told in full for another"
    assert told[3:] == [f"traffic channel 'title of {name}': {short} [as-told]" for name in ("c03", "c04")]


def test_what_is_gone_already_or_by_hand_is_told_as_that(
    engine: Engine, room: "Room", said: "Said", monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels("a", "b", "c"))
    room.edit(KINDS["channel"], engine.state["channel", "b"].object_id, delete=True)
    engine.preview(channels("a", "c"))
    assert "traffic channel 'b' leaves the file: gone already" in said.messages
    config = room.config
    monkeypatch.setattr(type(room), "config", lambda _self: config() | {"bridgeUrl": ""})
    types = {"conversion_type": {"sale": {"name": "sale", "slot": 1, "on_delete": "delete"}}}
    engine.up(channels("a", "c") | types)
    engine.preview(channels("a", "c"))
    told = "conversion type 'sale' leaves the file: to be removed by hand: `trackform operator` names the step"
    assert told in said.messages
    engine.refreshes = False
    said.clear()
    engine.preview(channels("a", "c"))
    assert [line for line in said.messages if line.startswith("conversion type 'sale' leaves the file: kept by def")]


def test_without_a_refresh_an_object_of_a_lost_account_is_not_touched(engine: Engine) -> None:
    engine.up(channels("a"))
    del engine.state["", STACK]
    engine.refreshes = False
    with pytest.raises((Stopped, Failed), match=r"is in the state of this stack, and the stack's Account is not"):
        engine.up(channels("a"))
    engine.refreshes = True
    engine.up(channels("a"))


def test_nothing_is_refused_for_a_kind_of_nine(engine: Engine) -> None:
    engine.up(channels(*many(9)), limits=LIMITS)
    engine.up(channels(*many(9), **{name: {"ref_id": "x"} for name in many(9)}), limits=LIMITS)
    engine.up(channels(*many(10)), limits=LIMITS)
    assert "2 of 10" in refused(engine, channels(*many(8)), limits=LIMITS)


@pytest.mark.parametrize(
    ("checked", "armed", "refreshed", "key", "words"),
    [
        (True, True, False, "known", ""), (True, True, False, "read", ""),
        (True, True, True, "other", "did not know of it"),
        (True, False, False, "other", ""), (False, False, True, "other", ""), (False, True, True, "other", ""),
        (False, False, False, "known", "was not checked in this run"),
        # Its check was refused: nothing of what it weighed may go.
        (False, True, False, "known", "was not checked in this run"),
    ],
)  # fmt: skip
def test_what_may_be_deleted(
    room: "Room", monkeypatch: pytest.MonkeyPatch, *, checked: bool, armed: bool, refreshed: bool, key: str, words: str
) -> None:
    session = room.process(checked=checked)
    found = guard(("1", "read"), refreshed=refreshed)
    found.known = {("channel", "known")}
    found.limits = {} if armed else None
    outs = {"title": key}
    if words:
        with pytest.raises(Refused, match=rf"'{key}' is not deleted: .*{words}.*TRACKFORM_ALLOW=delete:channel/{key}"):
            found.may_delete(session, CHANNEL, outs)
        monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:channel/{key}")
    found.may_delete(session, CHANNEL, outs)
    monkeypatch.delenv("TRACKFORM_ALLOW", raising=False)
    found.may_delete(session, CHANNEL, outs | {"existing": True})


def test_a_stack_under_a_new_name_needs_no_inventory(room: "Room", said: "Said") -> None:
    room.process(checked=False)
    was = AccountProvider().check({}, {"name": "old"}).inputs
    room.process(checked=False)
    result = AccountProvider().check(dict(was), {"name": "new"})
    assert result.failures == []
    assert result.inputs["name"] == "new"
    assert "This stack was called 'old' at its last `pulumi up`" in said.text


def test_what_vanished_is_made_again_where_each_is_allowed(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    # From now on each is known to have been made.
    engine.up(channels(*many()), limits=LIMITS)
    for name in many(4):
        room.edit(KINDS["channel"], engine.state["channel", name].object_id, delete=True)
    told = refused(engine, channels(*many()), limits=LIMITS)
    assert "4 of 20 objects of the kind traffic channel would be made again, because they vanished from the acc" in told
    monkeypatch.setenv("TRACKFORM_ALLOW", "recreate:channel/c00")
    assert "3 of 20 objects" in refused(engine, channels(*many()), limits=LIMITS)
    monkeypatch.setenv("TRACKFORM_ALLOW", "recreate:channel/c00,recreate:channel/title of c01")
    engine.up(channels(*many()), limits=LIMITS)
    assert len(live(room, "channel")) == MANY


def test_a_fault_of_our_own_keeps_its_trace_for_who_asks(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="trackform")
    with pytest.raises(Failed):
        dynamic.say("offer 'x'", lambda: dict[str, str]()["y"])
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    ("seen", "key", "managed_id"),
    [((("1", "A"),), "A", "1"), ((("1", "A"),), "B", None), ((), "B", None)],
    ids=["as it was", "read under another key", "not read"],
)  # fmt: skip
@pytest.mark.parametrize("refreshed", [True, False])
def test_a_key_that_is_not_in_the_state_is_no_past(
    seen: tuple[tuple[str, str], ...], key: str, managed_id: str | None, *, refreshed: bool
) -> None:
    """The inventory has it, the state has not: who made an object of that key meanwhile may be a stranger."""
    found, names = guard(*seen, refreshed=refreshed), Names({"a": key}, {"a": key})
    past = managed(found, changed(found, names, whole=False, alive="AB"), names, ())
    ids = {key: each.object_id for (_, key), each in past.items()}
    assert ids == ({} if managed_id is None else {key: managed_id})


@pytest.mark.parametrize(
    ("after", "refreshed", "moves_to"),
    [
        # Another name has the key now, or none: the old one is still in the state, unless a refresh did not find it.
        ({"b": "A"}, False, ""), ({"b": "A"}, True, None), ({}, False, ""), ({}, True, None),
        ({"a": "B", "b": "A"}, False, "B"), ({"a": "B", "b": "A"}, True, "B"),
    ],
)  # fmt: skip
def test_a_name_that_left_or_moves_may_be_in_a_state_that_was_not_read(
    after: dict[str, str], moves_to: str | None, *, refreshed: bool
) -> None:
    found, names = guard(refreshed=refreshed), Names({"a": "A"}, after)
    past = managed(found, changed(found, names, whole=False, alive="A"), names, ())
    assert [each.moves_to for each in past.values()] == ([] if moves_to is None else [moves_to])
