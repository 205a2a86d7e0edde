"""What is told besides, where it says what can be done: done by the words in it."""

import re
from collections.abc import Callable
from typing import get_args

import pytest

from tests.providers.conftest import KINDS, said
from tests.providers.said import Said
from tests.providers.small_engine import Engine
from tests.scenarios.ways_out.stack import Stack, permissions, quoted
from trackform_core.model.messages import RemarkId

__all__ = ["said"]

WAYS: dict[RemarkId, Callable[..., None] | str] = {
    "by-hand": "it names the row to remove, which a person does in Digistore24",
    "changed-outside": "it names what differs; people may steer it",
    "held": "a person confirms and runs `pulumi up` again: tests/engine/test_operator.py",
    "stopped": "it names what stopped; the file may say it, or people start it again",
}
"""Remark -> the test that does what it says, or why it asks for nothing."""


def remark(said: Said, id_: RemarkId) -> str:
    texts = [text for text, own in zip(said.messages, said.ids, strict=True) if own == id_]
    assert texts, said.messages
    said.clear()
    return texts[0]


def test_a_new_name_without_was(stack: Stack, said: Said) -> None:
    stack.write("traffic_channels: {old: {title: Ads}, stays: {}}\n")
    stack.up()
    stack.write("traffic_channels: {new: {title: Ads}, stays: {}}\n")
    stack.preview()
    text = remark(said, "leaves")
    ((new, line),) = re.findall(r"'(\w+)' has the same title and takes it over \(`(was: \w+)` there", text)
    stack.say("traffic_channels", new, line)
    stack.up()
    assert "leaves" not in said.ids
    assert stack.titles("channel") == ["Ads", "stays"]


def test_a_title_in_other_case(stack: Stack, said: Said) -> None:
    """It may be meant: an account can have both, so it is only told."""
    theirs = stack.made("channel", title="Facebook")
    stack.write("traffic_channels: {ads: {title: facebook, adopt: true}}\n")
    stack.preview()
    text = remark(said, "other-case")
    assert f"has 'Facebook' ({theirs}), and this makes a second one" in text
    assert text.endswith("write its title as it is there")
    stack.edit("title: facebook", "title: Facebook")
    stack.up()
    assert "other-case" not in said.ids
    assert stack.titles("channel") == ["Facebook"]


def test_what_is_left_alone_when_it_is_taken_over(stack: Stack, said: Said) -> None:
    theirs = stack.made("offer", title="Keto", url="https://x.test/", program_id=stack.made("offer_source", title="S"))
    stack.write("offer_sources: {s: {existing: S}}\n")
    stack.up()
    stack.write(
        "offer_sources: {s: {existing: S}}\n"
        "offers: {keto: {title: Keto, url: 'https://x.test/', offer_source: s, status: paused, adopt: true}}\n"
    )
    stack.preview()
    text = remark(said, "left-alone")
    (field,) = re.findall(r"'Keto': (\w+) is ", text)
    assert quoted(text) == ["enforce"]
    stack.say("offers", "keto", f"{quoted(text)[0]}: [{field}]")
    stack.up()
    assert "left-alone" not in said.ids
    assert stack.room.stored(KINDS["offer"], theirs)["status"] == 2


CHAIN = """\
domains: {main: {url: track.acme.test}}
offer_sources: {shop: {currency: USD, clickid: '{cid}'}}
traffic_channels: {fb: {}}
offers: {keto: {url: 'https://p.test/?cid={clickid}', offer_source: shop}}
funnels: {flow: {offers: {keto: 100}}}
campaigns: {c: {channel: fb, funnel: flow, domain: main}}
"""
NAMED = {"campaigns": "c", "funnels": "flow", "offers": "keto", "offer_sources": "shop", "traffic_channels": "fb"}
"""In the order of what their kinds are called."""


def made_one_by_one(stack: Stack) -> None:
    """What an object refers to has to be there when its program is written."""
    lines = CHAIN.splitlines(keepends=True)
    for number in range(len(lines)):
        stack.write("".join(lines[: number + 1]))
        stack.up()


@pytest.mark.parametrize("way", ["one is enough", "both are meant"])
def test_two_runs_made_the_same_at_once(stack: Stack, said: Said, way: str) -> None:
    """Each object refers to others of its own run, which are called alike."""
    made_one_by_one(stack)
    theirs, stack.engine = stack.engine, Engine(stack.room)
    made = {kind: kept for (kind, _), kept in theirs.state.items() if kind in KINDS and kind != "domain"}
    # Until the other run is over, this one sees nothing of them.
    for title in ("on its way", ""):
        for kind, kept in made.items():
            stack.room.edit(KINDS[kind], kept.object_id, set={"title": title or kept.inputs["title"]})
        if title:
            made_one_by_one(stack)
    said.clear()
    stack.preview()
    texts = [text for text, id_ in zip(said.messages, said.ids, strict=True) if id_ == "made-twice"]
    assert len(texts) == 5, texts
    if way == "both are meant":
        for (section, name), text in zip(NAMED.items(), sorted(texts), strict=True):
            stack.say(section, name, quoted(text)[-1])
        stack.up()
        said.clear()
    else:
        for kind, kept in reversed(made.items()):
            stack.room.edit(KINDS[kind], kept.object_id, delete=True)
        stack.engine, mine = theirs, stack.engine
        made_one_by_one(stack)
        assert {kept.object_id for kept in theirs.state.values()} == {kept.object_id for kept in mine.state.values()}
        said.clear()
        for engine in (mine, theirs):
            stack.engine = engine
            stack.preview()
    assert "made-twice" not in said.ids


WAYS |= {
    "made-twice": test_two_runs_made_the_same_at_once,
    "leaves": test_a_new_name_without_was, "left-alone": test_what_is_left_alone_when_it_is_taken_over,
    "other-case": test_a_title_in_other_case,
}  # fmt: skip


def test_what_is_no_longer_declared_is_emptied_as_it_says(stack: Stack, said: Said) -> None:
    stack.write("traffic_channels: {ads: {title: Ads, alias: mine}}\n")
    stack.up()
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    stack.up()
    (text,) = [each for each in said.messages if "has left the file, and stays as it is in RedTrack: mine" in each]
    (line,) = quoted(text)
    stack.say("traffic_channels", "ads", line)
    stack.up()
    (row,) = stack.room.all_stored(KINDS["channel"])
    assert not row.get("alias")
    said.clear()
    stack.up()
    assert "has left the file" not in said.text


WAYS |= {"not-declared": test_what_is_no_longer_declared_is_emptied_as_it_says}


def test_each_remark_has_a_test_or_asks_for_nothing() -> None:
    assert WAYS.keys() == set(get_args(RemarkId))


@pytest.mark.parametrize("way", ["permission", "web application"])
def test_what_was_paused_for_its_clicks(stack: Stack, said: Said, way: str) -> None:
    """Once it is paused it is out of the state: a permission alone would find nothing to delete."""
    stack.made("channel", title="Ads")
    offer = stack.made("offer", title="Keto", url="https://x.test/", program_id=stack.made("offer_source", title="S"))
    stack.made("funnel", title="Keto", offers=[{"id": offer, "weight": 100}])
    refers = "traffic_channels: {ads: {existing: Ads}}\nfunnels: {keto: {existing: Keto}}\n"
    campaign = "campaigns: {c: {title: C, channel: ads, funnel: keto, domain: none}}\n"
    stack.write(refers)
    stack.up()
    stack.write(refers + campaign)
    stack.up()
    (row,) = stack.room.all_stored(KINDS["campaign"])
    stack.room.web.get(f"/t/{row['id']}")
    stack.write(refers)
    stack.up()
    (text,) = [each for each in said.messages if "is paused, not deleted" in each]
    if way == "web application":
        assert "Delete it in the web application" in text
        stack.room.edit(KINDS["campaign"], row["id"], delete=True)
    else:
        stack.write(refers + campaign)
        for line in quoted(text):
            stack.say("campaigns", "c", line)
        stack.up()
        stack.write(refers)
        (allowed,) = permissions(text)
        stack.monkeypatch.setenv("TRACKFORM_ALLOW", allowed)
        stack.up()
    assert stack.titles("campaign") == []
