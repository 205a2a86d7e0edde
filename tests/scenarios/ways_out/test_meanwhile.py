"""Refusals about an object that is not there, or not as it was: each way out is read from the message and done."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest

from tests.providers.conftest import KINDS
from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, permissions, quoted
from trackform_core.dynamic import Failed
from trackform_redtrack.client import RedTrack


@contextmanager
def between_plan_and_write(stack: Stack, **edit: Any) -> Iterator[None]:
    """Somebody edits the channel `ads` in each phase, after that has read its listing."""
    kept = stack.engine.state["channel", "ads"]
    read = stack.engine._refresh

    def then_edited(*which: object) -> None:
        read(*which)  # type: ignore[arg-type]
        stack.room.edit(KINDS["channel"], kept.object_id, **edit)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stack.engine, "_refresh", then_edited)
        yield


@types_the_way_out_of("deleted-meanwhile")
def test_what_went_between_the_plan_and_the_write(stack: Stack) -> None:
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    stack.up()
    stack.edit("title: Ads", "title: Ads, alias: new")
    with between_plan_and_write(stack, delete=True):
        text = stack.refused("deleted-meanwhile")
    assert quoted(text) == ["pulumi up"]
    stack.gone("deleted-meanwhile")
    assert stack.titles("channel") == ["Ads"]


@pytest.mark.parametrize("way", ["later", "permission"])
@types_the_way_out_of("not-listed")
def test_what_is_said_to_be_made_and_is_listed_later(stack: Stack, way: str) -> None:
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    kind = KINDS["channel"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(kind), "create", lambda *_: {"title": "Ads"})
        stack.up()
    text = stack.refused("not-listed")
    assert quoted(text) == ["pulumi up"]
    # It does not wear off.
    assert stack.refused("not-listed") == text
    if way == "later":
        stack.made("channel", title="Ads")
    else:
        stack.allow(text)
    stack.gone("not-listed")
    assert stack.titles("channel") == ["Ads"]


@pytest.mark.parametrize("way", ["later", "permission"])
@types_the_way_out_of("may-exist")
def test_what_nobody_knows_to_exist(stack: Stack, way: str) -> None:
    """Its answer was lost after it was made, and the listing has fewer rows than it tells of."""
    for at in (3, 4):
        # What is referred to has an id from the run before.
        stack.write("\n".join(FILLED.splitlines()[:at]))
        stack.up()
    stack.write("\n".join(FILLED.splitlines()[:5]))
    funnels = type(KINDS["funnel"])
    pages = funnels.pages
    stack.room.fault("cut", method="POST", path="^/streams$", after=True)

    def without_it(kind: Any, client: Any) -> Any:
        for _, total in pages(kind, client):
            yield [], max(total or 0, 1)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(funnels, "pages", without_it)
        patch.setattr(funnels, "search", lambda *_: None)
        stack.up()
        text = stack.refused("may-exist")
        assert quoted(text) == ["pulumi up"]
        assert stack.refused("may-exist") == text
        if way == "permission":
            made = next(row["id"] for row in stack.room.all_stored(KINDS["funnel"]) if row["title"] == "all")
            stack.room.edit(KINDS["funnel"], made, delete=True)
            stack.allow(text)
            stack.gone("may-exist")
    stack.gone("may-exist")
    assert stack.titles("funnel") == ["all"]


@types_the_way_out_of("changed-meanwhile")
def test_what_somebody_changed_between_the_plan_and_the_write(stack: Stack) -> None:
    stack.write("traffic_channels: {ads: {title: Ads, alias: old}}\n")
    stack.up()
    stack.edit("alias: old", "alias: new")
    kept = stack.engine.state["channel", "ads"]
    with between_plan_and_write(stack, set={"alias": "theirs"}):
        text = stack.refused("changed-meanwhile")
    assert quoted(text) == ["pulumi up"]
    assert stack.room.stored(KINDS["channel"], kept.object_id)["alias"] == "theirs"
    stack.gone("changed-meanwhile")
    assert stack.room.stored(KINDS["channel"], kept.object_id)["alias"] == "new"


@pytest.mark.parametrize("way", ["later", "permission"])
@types_the_way_out_of("not-deleted")
def test_what_is_said_to_be_deleted_and_is_still_there(stack: Stack, way: str) -> None:
    stack.write("traffic_channels: {ads: {}, more: {}}\n")
    stack.up()
    stack.write("traffic_channels: {ads: {}}\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RedTrack, "delete", lambda *_: None)
        text = stack.refused("not-deleted")
        assert stack.refused("not-deleted") == text
        if way == "permission":
            stack.allow(text)
            stack.gone("not-deleted")
    stack.gone("not-deleted")
    assert stack.titles("channel") == (["ads"] if way == "later" else ["ads", "more"])


@types_the_way_out_of("listing-empty")
def test_all_of_a_kind_are_gone(stack: Stack) -> None:
    stack.write("traffic_channels: {a: {}, b: {}}\n")
    stack.up()
    for name in ("a", "b"):
        stack.room.edit(KINDS["channel"], stack.engine.state["channel", name].object_id, delete=True)
    stack.allow(stack.refused("listing-empty"))
    stack.gone("listing-empty")
    assert stack.titles("channel") == ["a", "b"]


@types_the_way_out_of("listing-incomplete")
def test_a_listing_that_lost_what_is_there(stack: Stack) -> None:
    stack.write("traffic_channels: {a: {}}\n")
    stack.up()
    stack.room.fault("empty", path="^/sources$", times=99)
    assert stack.refused("listing-incomplete").endswith("try again later")
    stack.room.control("DELETE", "faults")
    stack.gone("listing-incomplete")


FILLED = """\
domains: {main: track.acme.test}
traffic_channels: {ads: {}}
offer_sources: {shop: {}}
offers: {guide: {url: 'https://shop.test/?c={clickid}'}}
funnels: {all: {offers: {guide: 100}}}
campaigns: {fb: {channel: ads, funnel: all}}
"""


@pytest.mark.parametrize("contradiction", ["its total", "a row twice", "who refers to it"])
@pytest.mark.parametrize("way", ["later", "permission"])
@types_the_way_out_of("absence-doubtful")
def test_a_listing_that_something_contradicts(stack: Stack, contradiction: str, way: str) -> None:
    """There is no GET for a funnel: made again, it would double, and the campaign would be pointed at the other one."""
    lines = FILLED.splitlines(keepends=True)
    for at in range(3, len(lines) + (contradiction == "who refers to it")):
        # What is referred to has an id from the run before.
        stack.write("".join(lines[:at]))
        stack.up()
    funnels = type(KINDS["funnel"])
    pages, lost = funnels.pages, stack.engine.state["funnel", "all"].object_id

    def without_it(kind: Any, client: Any) -> Any:
        for rows, total in pages(kind, client):
            others = [row for row in rows if row["id"] != lost]
            twice = [{"id": "1", "title": "b"}] * 2 if contradiction == "a row twice" and rows else []
            yield others + twice, total if contradiction == "its total" else None

    stack.monkeypatch.setattr(funnels, "pages", without_it)
    text = stack.refused("absence-doubtful")
    assert "Try again later" in text
    assert ("campaign 'fb' still refers to it" in text) == (contradiction == "who refers to it")
    # It does not wear off.
    assert stack.refused("absence-doubtful") == text
    if way == "later":
        stack.monkeypatch.setattr(funnels, "pages", pages)
    else:
        stack.room.edit(KINDS["funnel"], lost, delete=True)
        stack.allow(text)
    stack.gone("absence-doubtful")
    assert stack.titles("funnel") == ["all"]


@types_the_way_out_of("as-told", "listing-empty")
def test_what_is_told_in_full_for_another_one(stack: Stack) -> None:
    """The short line has no way out of its own: that of the long one helps both."""
    stack.write("traffic_channels: {a: {}, b: {}, c: {}}\n")
    stack.up()
    objects = [kept for at, kept in stack.engine.state.items() if at[0]]
    for kept in objects:
        stack.room.edit(KINDS["channel"], kept.object_id, delete=True)

    def refresh() -> None:
        """As the engine does: it reads every object, whatever became of the others."""
        stack.room.process(checked=False)
        for kept in objects:
            with suppress(Failed):
                kept.provider.read(kept.object_id, dict(kept.outs))

    short = stack.refused("as-told", refresh)
    assert permissions(short) == quoted(short) == []
    assert short.endswith("as told in full for another object")
    stack.allow(stack.refused("listing-empty", refresh))
    stack.gone("as-told", refresh)
    stack.gone("listing-empty", refresh)
