"""Natural keys that go round among the objects of one stack: refused in the preview, and each way out works."""

from typing import TYPE_CHECKING

import pytest

from tests.providers.small_engine import STACK, Engine, Stopped
from tests.providers.trackform_core.guard.guarded import Program, live
from tests.providers.trackform_core.guard.test_renames import called, made, nothing_is_left

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said

FORMER = called(a="A", b="B", c="C")
OVER = "where they change places, one of them over a title that is free"


def ids(room: "Room") -> dict[str, str]:
    return {row["title"]: row["id"] for row in live(room, "channel")}


def refusals(engine: Engine, program: Program) -> list[str]:
    """What a preview refuses."""
    engine.room.forget()
    with pytest.raises(Stopped) as stopped:
        engine.preview(program)
    assert engine.room.writes() == []
    return str(stopped.value).split("\n")


@pytest.mark.parametrize("refreshes", [True, False])
@pytest.mark.parametrize(
    ("asked", "holders", "steps"),
    [
        # Two change places.
        ({"a": "B", "b": "A", "c": "C"}, [("b", "becomes 'A'"), ("a", "becomes 'B'")],
         [{"a": "free", "b": "B"}, {"a": "free", "b": "A"}]),
        # A chain.
        ({"a": "B", "b": "free", "c": "C"}, [("b", "becomes 'free'")], [{"a": "A", "b": "free"}]),
        # All three.
        ({"a": "B", "b": "C", "c": "A"}, [("b", "becomes 'C'"), ("c", "becomes 'A'"), ("a", "becomes 'B'")],
         [{"a": "free"}, {"a": "free", "c": "A"}, {"a": "free", "c": "A", "b": "C"}]),
        # A new one takes the title of one that is renamed.
        ({"a": "free", "b": "B", "c": "C", "new": "A"}, [("a", "becomes 'free'")], [{"a": "free"}]),
        # One takes the title of another that leaves.
        ({"a": "B", "c": "C"}, [("b", "leaves the file in the same change")], [{"a": "A", "b": ""}]),
    ],
    ids=["swap", "chain", "ring", "new", "leaves"],
)  # fmt: skip
def test_titles_go_round_one_after_the_other(
    engine: Engine, room: "Room", said: "Said", asked: dict[str, str], holders: list[tuple[str, str]],
    steps: list[dict[str, str]], *, refreshes: bool,
) -> None:  # fmt: skip
    made(engine, FORMER)
    before = ids(room)
    engine.refreshes = refreshes
    for text, (name, becomes) in zip(refusals(engine, called(**asked)), holders, strict=True):
        assert "RedTrack has another one of this title" in text
        assert f"It is '{name}' of this stack, which {becomes}" in text
        assert "Make that change first, with `pulumi up`, and then this one" in text
        assert (OVER in text) == becomes.startswith("becomes")
    for step in steps:
        titles = {"a": "A", "b": "B", "c": "C"} | step
        engine.preview(called(**{name: title for name, title in titles.items() if title}))
        engine.up(called(**{name: title for name, title in titles.items() if title}))
    engine.preview(called(**asked))
    engine.up(called(**asked))
    after = {title: object_id for title, object_id in ids(room).items() if object_id in before.values()}
    assert after == {title: before[name.upper()] for name, title in asked.items() if name != "new"}
    nothing_is_left(engine, room, said, called(**asked))


def test_what_is_kept_keeps_its_title(engine: Engine, room: "Room") -> None:
    """To take it out first would free nothing, so nobody is told to."""
    made(engine, called(a="A", b={"title": "B", "on_delete": "keep"}))
    (text,) = refusals(engine, called(a="B"))
    assert text.endswith("Rename the other one, or give this one another title")


def test_hosts_change_places_by_their_names(engine: Engine, room: "Room", said: "Said") -> None:
    """No service changes the host of a domain: over a free one a domain would be made that nobody wants."""
    first, second = {"url": "one.acme.test"}, {"url": "two.acme.test"}
    made(engine, {"domain": {"main": first, "other": second}})
    (text,) = refusals(engine, {"domain": {"main": second, "new": first}})
    assert "It is 'main' of this stack, which becomes 'two.acme.test' in the same change" in text
    assert "let their names do so instead, one `was` after the other, the first over a name that is free" in text
    room.forget()
    for names, was in (
        ({"free": first, "other": second}, {"free": "main"}),
        ({"free": first, "main": second}, {"main": "other"}),
        ({"other": first, "main": second}, {"other": "free"}),
    ):
        engine.up({"domain": names}, was={"domain": was})
    assert room.writes() == []
    assert engine.state["domain", "main"].outs["url"] == "two.acme.test"
    nothing_is_left(engine, room, said, {"domain": {"other": first, "main": second}})
    assert engine.state.keys() == {("", STACK), ("domain", "main"), ("domain", "other")}
