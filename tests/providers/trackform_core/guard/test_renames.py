"""Another name without `was`: the live object stays, whatever else happens to it, and no name haunts a later run."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import Program, live, titles
from trackform_core.dynamic import Failed, KindProvider
from trackform_core.no_api.ledger import ledger_of
from trackform_core.no_api.status import entry_for, key_of

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.said import Said
    from trackform_core.model.wire import Row, Values

CHANNEL = KINDS["channel"]
CHANGED = {
    "domain": "workspace_ids", "channel": "ref_id", "offer_source": "notes", "offer": "notes", "funnel": "expires_at",
    "campaign": "cost_model", "landing": "tags", "script": "cookie_domain", "postback": "events",
    "conversion_type": "duplicates",
}  # fmt: skip
"""Of each kind a field that changes together with the name."""


def called(**fields_of: "str | Values") -> Program:
    """Traffic channels by name, each with its title or its fields."""
    return {"channel": {name: {"title": of} if isinstance(of, str) else of for name, of in fields_of.items()}}


def rows(room: "Room", kind: str) -> dict[str, "Row"]:
    return {row["id"]: row for row in live(room, kind)}


def made(engine: Engine, program: Program) -> str:
    """Set up, and seen by a second run; the id of the first object."""
    engine.up(program)
    engine.up(program)
    return next(kept.object_id for (kind, _), kept in engine.state.items() if kind)


def nothing_is_left(engine: Engine, room: "Room", said: "Said", program: Program) -> None:
    """Neither a preview nor an `up` tells or does anything more, with a refresh or without."""
    names = {(kind, name) for kind, of_kind in program.items() for name in of_kind}
    assert engine.state.keys() == {("", STACK), *names}
    for engine.refreshes in (True, False, True):
        said.clear()
        room.forget()
        engine.preview(program)
        engine.up(program)
        assert ("leaves" in said.ids, engine.planned, room.writes()) == (False, [], [])


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize("changes", [True, False], ids=["with a change", "the name alone"])
@pytest.mark.parametrize("kind", CHANGED)
def test_the_object_goes_by_the_new_name(
    engine: Engine, room: "Room", cases: "dict[str, Case]", said: "Said", kind: str, *, changes: bool, refreshes: bool
) -> None:
    case = cases[kind]
    object_id = made(engine, {kind: {"old": case.fields}})
    before = rows(room, kind)
    engine.refreshes = refreshes
    new = {kind: {"new": case.fields | (case.changes[CHANGED[kind]] if changes else {})}}
    room.forget()
    engine.preview(new)
    assert room.writes() == []
    engine.up(new)
    assert engine.state[kind, "new"].object_id == object_id
    assert rows(room, kind).keys() == before.keys()
    # What cannot be read, such as a certificate, is sent again; so it says in `adopts`.
    assert (rows(room, kind) == before) is not (changes or bool(case.kind.write_only & case.fields.keys()))
    nothing_is_left(engine, room, said, new)


def stops(monkeypatch: pytest.MonkeyPatch, step: str, after: int) -> None:
    """A run breaks off at a create or delete."""
    work, count = getattr(KindProvider, step), iter(range(100))

    def broken(self: KindProvider, *given: Any) -> Any:
        if next(count) == after:
            raise RuntimeError("the power went out")
        return work(self, *given)

    monkeypatch.setattr(KindProvider, step, broken)


FORMER = called(a="A", b="B", c="C")


def renamed(*names: str, **more: Any) -> Program:
    return called(**{name: {"title": title} | more for name, title in zip(names, "AB", strict=True)}, c="C")


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize("then", ["the same", "back", "a third name"])
@pytest.mark.parametrize(("step", "after"), [("_create", 0), ("_create", 1), ("_create", 2), ("_delete", 1)])
@pytest.mark.parametrize("more", [{}, {"ref_id": "x"}])
def test_several_of_which_a_run_broke_off(
    engine: Engine, room: "Room", said: "Said", *,
    more: "Values", step: str, after: int, then: str, refreshes: bool,
) -> None:  # fmt: skip
    made(engine, FORMER)
    ids = rows(room, "channel").keys()
    program = renamed("x", "y", **more)
    program["channel"]["z"] = {"title": "Z"}
    with pytest.MonkeyPatch.context() as patch:
        stops(patch, step, after)
        with pytest.raises(Failed, match="the power went out"):
            engine.up(program)
    if then != "the same":
        program = FORMER if then == "back" else renamed("p", "q", **more)
    engine.refreshes = refreshes
    engine.preview(program)
    engine.up(program)
    # What the broken run made is nobody's wish any more where the file went back.
    assert rows(room, "channel").keys() >= ids
    assert {"A", "B", "C"} <= titles(room)
    nothing_is_left(engine, room, said, program)
    more_of_them = {"channel": program["channel"] | {"new": {"title": "New"}}}
    engine.up(more_of_them)
    engine.up(program)
    assert "New" not in titles(room)


@pytest.mark.parametrize("theirs", [None, {}, {"ref_id": "theirs"}], ids=["none", "an equal one", "another one"])
@pytest.mark.parametrize("refreshes", [True, False])
def test_an_object_that_somebody_renamed_is_not_lost_with_its_name(
    engine: Engine, room: "Room", said: "Said", theirs: "Values | None", *, refreshes: bool
) -> None:
    """Nobody can tell the old object from the one that has its title now but by its id."""
    mine = made(engine, called(a={"title": "A", "ref_id": "mine"}, c="C"))
    room.edit(CHANNEL, mine, set={"title": "A by hand"})
    if theirs is not None:
        room.edit(CHANNEL, set={"title": "A", "ref_id": "mine"} | theirs)
    engine.refreshes = refreshes
    program = called(x={"title": "A", "ref_id": "mine"}, c="C")
    outcome = ""
    try:
        engine.preview(program)
        engine.up(program)
    except (Stopped, Failed) as error:
        outcome = str(error)
    if refreshes and theirs == {}:
        # It is no new one in its place, so the old one goes, as the preview said.
        assert outcome == ""
        assert "traffic channel 'a' leaves the file: deleted" in said.messages
        return
    assert mine in rows(room, "channel")
    if not refreshes:
        assert "is not deleted: it is called 'A by hand' in RedTrack now" in outcome
        assert "Run again without --refresh=false" in outcome
    elif theirs is None:
        assert "traffic channel 'a' would be deleted or paused while traffic channel 'x' is new" in outcome
        engine.up(program, was={"channel": {"x": "a"}})
        assert (len(rows(room, "channel")), titles(room)) == (2, {"A", "C"})
    else:
        assert "exists already in RedTrack" in outcome


def test_what_somebody_renamed_can_leave_the_file(engine: Engine, room: "Room") -> None:
    mine = made(engine, called(a="A", c="C"))
    room.edit(CHANNEL, mine, set={"title": "A by hand"})
    engine.up(called(c="C"))
    assert titles(room) == {"C"}


@pytest.mark.parametrize("refreshes", [True, False])
def test_a_new_name_that_only_refers_to_the_object_keeps_it(
    engine: Engine, room: "Room", said: "Said", *, refreshes: bool
) -> None:
    mine = made(engine, called(a="A", c="C"))
    engine.refreshes = refreshes
    program = called(x={"title": "A", "existing": True}, c="C")
    engine.preview(program)
    assert "kept" in next(text for text in said.messages if text.startswith("traffic channel 'a' leaves the file: "))
    engine.up(program)
    nothing_is_left(engine, room, said, program)
    for program in (
        called(y={"title": "A", "existing": True}, c="C"),
        called(z={"title": "A", "adopt": True}, c="C"),
        called(c="C"),
    ):
        engine.up(program)
        assert mine in rows(room, "channel")


def test_a_program_without_an_inventory_keeps_what_it_still_refers_to(engine: Engine, room: "Room") -> None:
    mine = made(engine, called(a="A"))
    del engine.state["", STACK].inputs["inventory"]
    engine.up(called(x={"title": "A", "existing": True}), inventory=None)
    assert mine in rows(room, "channel")


@pytest.mark.parametrize("refreshes", [True, False])
def test_the_former_object_among_several_of_its_title(engine: Engine, room: "Room", *, refreshes: bool) -> None:
    mine = made(engine, called(a="A", c="C"))
    theirs = room.edit(CHANNEL, set={"title": "A", "ref_id": "theirs"})["id"]
    engine.refreshes = refreshes
    with pytest.raises(Stopped, match=rf"RedTrack has 2 of this title \({', '.join(sorted([mine, theirs]))}\)"):
        engine.preview(called(x="A", c="C"))
    engine.up(called(x={"title": "A", "adopt_id": mine}, c="C"))
    assert engine.state["channel", "x"].object_id == mine
    assert rows(room, "channel").keys() >= {mine, theirs}


def test_what_the_preview_calls_kept_is_kept_though_the_new_name_picks_another(engine: Engine, room: "Room") -> None:
    mine = made(engine, called(a="A", c="C"))
    theirs = room.edit(CHANNEL, set={"title": "A", "ref_id": "theirs"})["id"]
    engine.up(called(x={"title": "A", "adopt": True, "adopt_id": theirs}, c="C"))
    assert engine.state["channel", "x"].object_id == theirs
    assert mine in rows(room, "channel")


@pytest.fixture
def by_hand(room: "Room", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """No bridge, and a person who confirms what is declared."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stacks").mkdir()
    config = room.config()
    monkeypatch.setattr(room, "config", lambda: {**config, "bridgeUrl": ""})

    def confirm(kind: str, fields: "Values") -> None:
        entry = entry_for(KINDS[kind], {"account": STACK, **fields})  # type: ignore[arg-type]
        ledger_of(STACK).with_entry(dataclasses.replace(entry, confirmed="2026-11-23T10:00:00Z", by="Ann")).write()

    return confirm


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize("confirmed", [True, False])
@pytest.mark.parametrize("breaks_off", [True, False])
@pytest.mark.parametrize("kind", ["postback", "conversion_type"])
def test_what_a_person_enters(
    engine: Engine, cases: "dict[str, Case]", said: "Said", by_hand: Callable[..., None], kind: str, *,
    breaks_off: bool, confirmed: bool, refreshes: bool,
) -> None:  # fmt: skip
    fields = cases[kind].fields | {"on_delete": "delete"}
    engine.up({kind: {"old": fields}})
    if confirmed:
        by_hand(kind, fields)
    engine.up({kind: {"old": fields}})
    engine.refreshes = refreshes
    new = {kind: {"new": fields}}
    engine.preview(new)
    if breaks_off:
        with pytest.MonkeyPatch.context() as patch:
            stops(patch, "_delete", 0)
            with pytest.raises(Failed, match="the power went out"):
                engine.up(new)
        engine.preview(new)
    engine.up(new)
    assert engine.state.keys() == {("", STACK), (kind, "new")}
    assert (key_of(KINDS[kind], fields) in ledger_of(STACK).entries) == confirmed  # type: ignore[arg-type]
    for engine.refreshes in (True, False):
        said.clear()
        engine.up(new)
        assert "leaves" not in said.ids


@pytest.mark.parametrize("arrives", [True, False])
def test_what_waits_for_a_person(engine: Engine, room: "Room", said: "Said", *, arrives: bool) -> None:
    room.switch(post_networks="premium_only")
    source = {"title": "Shop", "notes": "x"}
    engine.up({"offer_source": {"old": source}})
    assert engine.state["offer_source", "old"].object_id.startswith("trackform:awaiting/")
    if arrives:
        room.switch(post_networks="allowed")
        room.edit(KINDS["offer_source"], set={"title": "Shop"})
    new = {"offer_source": {"new": source}}
    engine.up(new)
    assert engine.state.keys() == {("", STACK), ("offer_source", "new")}
    assert engine.state["offer_source", "new"].object_id.startswith("trackform:awaiting/") is not arrives
    said.clear()
    engine.up(new)
    assert "leaves" not in said.ids
    assert len(live(room, "offer_source")) == arrives


def test_a_fixed_key_and_a_new_name(engine: Engine, room: "Room", said: "Said") -> None:
    """Another host is another domain, and the old one is kept by default: nothing is taken for a rename."""
    engine.up({"domain": {"main": {"url": "one.acme.test"}}})
    program = {"domain": {"other": {"url": "two.acme.test"}}}
    engine.preview(program)
    assert "tracking domain 'main' leaves the file: kept: never deleted by default" in said.messages
    engine.up(program)
    assert {row["url"] for row in live(room, "domain")} == {"one.acme.test", "two.acme.test"}
    said.clear()
    engine.up(program)
    assert "leaves" not in said.ids
