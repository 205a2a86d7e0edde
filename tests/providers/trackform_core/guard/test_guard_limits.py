"""The guard of the Account: how much one run may delete, change and make again."""

from typing import TYPE_CHECKING

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import LIMITS, MANY, channels, live, many, refused
from trackform_core.dynamic import Failed
from trackform_core.guard.limits import DEFAULTS, Limit

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said


@pytest.mark.parametrize(
    ("limit", "size", "most"),
    [(Limit(20, 20), 9, None), (Limit(20, 20), 10, 2), (Limit(20, 20), 1500, 20), (Limit(0, 5), 50, 0)],
)
def test_the_limit_of_a_kind(limit: Limit, size: int, most: int | None) -> None:
    assert limit.most(size) == most


def test_the_defaults_are_stricter_than_thirty_percent() -> None:
    assert all(limit.percent < 30 for limit in DEFAULTS.values())


def test_more_deletions_than_the_limit(engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    told = refused(engine, channels(*many(15)), limits=LIMITS)
    assert "5 of 20 objects of the kind traffic channel would be deleted or paused: traffic channel 'c15', " in told
    assert "The limit of `delete` in stacks/policy.yaml is 10 %, 5 at the most (none below 10 objects), here 2" in told
    assert "TRACKFORM_ALLOW=delete:channel" in told
    refused(engine, {}, limits=LIMITS)
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel/c15, delete:channel/title of c16,delete:channel/c17")
    engine.up(channels(*many(15)), limits=LIMITS)
    assert len(live(room, "channel")) == 15
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    engine.up({}, limits=LIMITS)
    assert live(room, "channel") == []


def test_more_updates_than_the_limit(engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    changed = channels(*many(), **{name: {"ref_id": "x"} for name in many(3)})
    room.forget()
    with pytest.raises(Stopped) as preview:
        engine.preview(changed, limits=LIMITS)
    assert room.writes() == []
    assert len(engine.planned) == 3, "what is refused is planned and shown all the same"
    assert str(preview.value).startswith(
        "traffic channel 'title of c02': more than 2 of 20 objects of this kind would change in one run. The limit of "
        "`update` in stacks/policy.yaml is 10 %, 5 at the most. If all of it is meant, run once with "
        "TRACKFORM_ALLOW=update:channel"
    )
    with pytest.raises(Failed):
        engine.up(changed, limits=LIMITS)
    assert len(room.writes()) == 2, "without a preview at most the limit is written"
    # Two are as declared now: one is left, and within the limit.
    engine.up(changed, limits=LIMITS)
    monkeypatch.setenv("TRACKFORM_ALLOW", "update:channel")
    engine.up(channels(*many(), **{name: {"ref_id": "y"} for name in many()}), limits=LIMITS)
    assert {row["ref_id"] for row in live(room, "channel")} == {"y"}


def test_an_option_that_writes_nothing_is_no_update(engine: Engine, room: "Room") -> None:
    engine.up(channels(*many()), limits=LIMITS)
    room.forget()
    engine.up(channels(*many(), **{name: {"on_delete": "keep"} for name in many()}), limits=LIMITS)
    assert room.writes() == []


def test_more_made_again_than_the_limit(engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    engine.up(channels(*many()), limits=LIMITS)
    engine.up(channels(*many()), limits=LIMITS)
    for row in live(room, "channel")[:3]:
        room.edit(KINDS["channel"], row["id"], delete=True)
    # The refused `up` has refreshed: its state knows the three no more, and the second try is refused all the same.
    for _ in range(2):
        told = refused(engine, channels(*many()), limits=LIMITS)
        assert "3 of 20 objects of the kind traffic channel would be made again, because they vanished" in told
    monkeypatch.setenv("TRACKFORM_ALLOW", "recreate:channel")
    engine.up(channels(*many()), limits=LIMITS)
    assert len(live(room, "channel")) == MANY


@pytest.mark.parametrize("seen", [False, True], ids=["just made", "seen before"])
def test_targets_hide_nothing(engine: Engine, room: "Room", *, seen: bool) -> None:
    """A refresh with targets reads the targets alone: what was not read is neither gone from the state nor vanished."""
    engine.up(channels(*many()), limits=LIMITS)
    if seen:
        engine.up(channels(*many()), limits=LIMITS)
    less = channels(*many(15))
    room.forget()
    with pytest.raises(Stopped, match="5 of 20 objects of the kind traffic channel would be deleted or paused"):
        engine.up_to((("channel", "c15"),), less, limits=LIMITS)
    with pytest.raises(Stopped, match="20 of 20 objects of the kind traffic channel would be deleted or paused"):
        engine.up_to((("channel", "c15"),), {}, limits=LIMITS)
    assert room.writes() == []
    # Two may go; only one is a target. The other one is not forgotten.
    engine.up_to((("channel", "c19"),), channels(*many(18)), limits=LIMITS)
    assert len(live(room, "channel")) == MANY - 1
    told = refused(engine, channels(*many(16)), limits=LIMITS)
    assert "3 of " in told
    engine.up(channels(*many(18)), limits=LIMITS)
    engine.up(channels(*many(18)), limits=LIMITS)
    assert not {"leaving", "pending"} & engine.state["", STACK].inputs.keys()
    assert len(live(room, "channel")) == 18


def test_without_a_refresh_the_account_is_asked(engine: Engine, room: "Room", said: "Said") -> None:
    """`--refresh=false`: nothing is known of the objects but their names."""
    engine.up(channels(*many()), limits=LIMITS)
    room.edit(KINDS["channel"], engine.state["channel", "c19"].object_id, delete=True)
    engine.refreshes = False
    told = refused(engine, channels(*many(16)), limits=LIMITS)
    assert "3 of 19 objects" in told
    assert "'c16' leaves the file: deleted, unless it was adopted or its `on_delete` said otherwise, which" in said.text
    engine.up(channels(*many(18)), limits=LIMITS)
    assert len(live(room, "channel")) == 18
