"""The guard of the Account: all of a kind at once, and an account of which nothing is declared any more."""

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import Program, channels, live, many, refused, titles
from trackform_core.dynamic import Failed
from trackform_core.model.vendors import kinds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.providers.conftest import Room

SOURCE = {"offer_source": {"shop": {"title": "shop"}}}
WAY_OUT = "If that is meant, run once with TRACKFORM_ALLOW=delete:channel; or remove them in more than one change"
GENEROUS = {"channel": {"delete": {"percent": 100, "objects": 100}}}


@pytest.mark.parametrize("count", [2, 3, 9, 12])
def test_all_of_a_kind_do_not_go_unasked(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    """Whatever the limit: a section that a merge lost is no everyday change."""
    engine.up(channels(*many(count)) | SOURCE, limits=GENEROUS)
    told = refused(engine, SOURCE, limits=GENEROUS)
    assert f"all {count} objects of the kind traffic channel would be deleted or paused: traffic channel 'c00'" in told
    assert WAY_OUT in told
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    engine.up(SOURCE, limits=GENEROUS)
    assert titles(room) == set()


def test_a_refused_run_stays_refused(engine: Engine, room: "Room") -> None:
    engine.up(channels("a", "b") | SOURCE)
    for _ in range(3):
        refused(engine, SOURCE)
    assert titles(room) == {"title of a", "title of b"}


def test_removed_in_more_than_one_change_they_go(engine: Engine, room: "Room") -> None:
    engine.up(channels("a", "b") | SOURCE)
    engine.up(channels("a") | SOURCE)
    engine.up(SOURCE)
    assert titles(room) == set()


def test_what_a_failed_run_left_behind_is_counted_again(engine: Engine, room: "Room") -> None:
    """One of two may go. While it is still there, the other one is not the last of its kind."""
    engine.up(channels("a", "b") | SOURCE)
    room.fault("status:500", method="DELETE", path="^/sources/", times=None)
    with pytest.raises(Failed, match="500"):
        engine.up(channels("b") | SOURCE)
    room.control("DELETE", "faults")
    assert "all 2 objects of the kind traffic channel" in refused(engine, SOURCE)


@pytest.mark.parametrize(
    ("allowed", "enough"),
    [
        ("delete:channel/a,delete:channel/b", True),
        ("delete:channel/a, delete:channel/title of b", True),
        ("delete:channel/a", False),
        ("delete:offer,delete:offer_source", False),
        ("update:channel,recreate:channel,gone:channel", False),
    ],
)
def test_each_is_allowed_by_itself_or_all_by_their_kind(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, allowed: str, *, enough: bool
) -> None:
    engine.up(channels("a", "b") | SOURCE)
    monkeypatch.setenv("TRACKFORM_ALLOW", allowed)
    if enough:
        engine.up(SOURCE)
        assert titles(room) == set()
    else:
        assert "all 2 objects of the kind traffic channel" in refused(engine, SOURCE)


def test_others_in_their_place_are_no_reason(engine: Engine, room: "Room") -> None:
    """Also where the new ones exist already, so that none of them can be a former one under a new name."""
    engine.up(channels("a", "b"))
    told = refused(engine, channels("c", "d"))
    assert "would be deleted or paused while traffic channel 'c', 'd' are new" in told
    assert "all 2 objects of the kind traffic channel" in told
    for name in ("c", "d"):
        room.edit(KINDS["channel"], set={"title": f"title of {name}"})
    told = refused(engine, channels("c", "d"))
    assert told.startswith("all 2 objects of the kind traffic channel")


@pytest.mark.parametrize(
    "spared", [{"on_delete": "keep"}, {"adopt": True}], ids=["never deleted", "adopted, not created"]
)
def test_only_what_is_harmed_counts(engine: Engine, room: "Room", spared: dict[str, Any]) -> None:
    room.edit(KINDS["channel"], set={"title": "title of kept"})
    engine.up(channels("kept", "a", "b", kept=spared | {"adopt": True}) | SOURCE)
    engine.up(SOURCE)
    assert titles(room) == {"title of kept"}


def test_kinds_that_are_kept_need_no_permission(engine: Engine, room: "Room") -> None:
    program: Program = {
        "domain": {name: {"url": f"{name}.acme.test"} for name in ("a", "b")},
        "conversion_type": {name: {"name": name, "slot": n} for n, name in enumerate(("sale", "refund"), 1)},
    }
    engine.up(program)
    engine.up({})
    assert len(live(room, "domain")) == 2


def test_what_is_only_referred_to_is_not_left_of_a_kind(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    room.edit(KINDS["channel"], set={"title": "title of shared"})
    existing = {"shared": {"existing": True}}
    engine.up(channels("shared", "a", "b", **existing))
    assert "all 2 objects of the kind traffic channel" in refused(engine, channels("shared", **existing))
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    engine.up(channels("shared", **existing))
    monkeypatch.delenv("TRACKFORM_ALLOW")
    engine.up({})
    assert titles(room) == {"title of shared"}


def test_one_that_vanished_is_not_left_of_a_kind(engine: Engine, room: "Room") -> None:
    """It would be made again: of those that are there, all would go."""
    engine.up(channels("a", "b", "c"))
    room.edit(KINDS["channel"], engine.state["channel", "c"].object_id, delete=True)
    assert "all 2 objects of the kind traffic channel" in refused(engine, channels("c"))


def test_a_new_name_is_no_loss(engine: Engine, room: "Room") -> None:
    engine.up(channels("a", "b"))
    before = {row["id"] for row in live(room, "channel")}
    engine.up({"channel": {"c": {"title": "title of a"}, "d": {"title": "title of b"}}}, was={"channel": {"d": "b"}})
    assert {row["id"] for row in live(room, "channel")} == before


@pytest.mark.parametrize("way", ["without a refresh", "the Account alone", "targets"])
def test_no_flag_gets_round_it(engine: Engine, room: "Room", way: str) -> None:
    engine.up(channels("a", "b") | SOURCE)
    engine.up(channels("a", "b") | SOURCE)
    room.forget()
    engine.refreshes = way != "without a refresh"
    run: dict[str, Callable[[Program], None]] = {
        "without a refresh": engine.up,
        "the Account alone": engine.up_with_the_account_alone,
        "targets": partial(engine.up_to, (("channel", "a"), ("channel", "b"))),
    }
    for _ in range(2):
        with pytest.raises(Stopped, match="all 2 objects of the kind traffic channel would be deleted or paused"):
            run[way](SOURCE)
    assert room.writes() == []


@pytest.mark.parametrize("program", [channels("a"), channels("a") | SOURCE, channels("a", "b") | SOURCE])
def test_not_even_the_only_one_goes_when_nothing_is_left(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    engine.up(program)
    told = refused(engine, {})
    assert told.startswith("nothing is declared any more, and this would be deleted or paused: ")
    assert "traffic channel 'a'" in told
    allowed = ",".join(f"delete:{kind}" for kind in kinds() if kind in program)
    assert f"run once with TRACKFORM_ALLOW={allowed}. Nothing was written" in told
    monkeypatch.setenv("TRACKFORM_ALLOW", allowed)
    engine.up({})
    assert titles(room) == set()
    assert "inventory" not in engine.state["", STACK].inputs
    monkeypatch.delenv("TRACKFORM_ALLOW")
    engine.up({})


def test_where_some_are_kept_the_others_still_do_not_go_with_the_last_declaration(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels("kept", "a", kept={"on_delete": "keep"}))
    assert "traffic channel 'a'. If that is meant" in refused(engine, {})
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel/a")
    engine.up({})


def test_the_rest_of_an_emptied_account_is_asked_for_again(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.up(channels("a"))
    room.fault("status:500", method="DELETE", path="^/sources/", times=None)
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    with pytest.raises(Failed, match="500"):
        engine.up({})
    room.control("DELETE", "faults")
    monkeypatch.delenv("TRACKFORM_ALLOW")
    assert "traffic channel 'a'" in refused(engine, {})
    assert titles(room) == {"title of a"}


@pytest.mark.parametrize("names", [many(8), ["fb, de"]], ids=["more than are named", "a comma"])
def test_what_its_name_cannot_allow_is_allowed_by_its_kind(
    engine: Engine, room: "Room", monkeypatch: pytest.MonkeyPatch, names: list[str]
) -> None:
    """A permission ends at a comma, and one for the first few would end in the next refusal."""
    engine.up(channels(*names, "stays"))
    assert "run once with TRACKFORM_ALLOW=delete:channel, or remove it" in refused(engine, channels("stays", "new"))
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    engine.up(channels("stays", "new"))
    assert titles(room) == {"title of stays", "title of new"}
