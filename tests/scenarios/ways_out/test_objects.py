"""Refusals that are about one object: each way out is read from the message and done."""

import re
from contextlib import suppress
from typing import Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from tests.providers.trackform_digistore24.test_ipn import KEY_OF_THE_SAME_ACCOUNT, by_hand
from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, permissions, quoted
from trackform_core.dynamic import Failed
from trackform_core.text.shown import fit_to_show
from trackform_digistore24.ipn_connection import KIND as IPN_KIND
from trackform_redtrack.client import RedTrack

LANDING = "landings: {page: {title: Page, url: 'https://l.test/mine'}}\n"
THEIRS = {"title": "Page", "url": "https://l.test/theirs", "status": "active"}


@pytest.mark.parametrize("way", ["adopt", "existing", "title"])
@types_the_way_out_of("exists-differs")
def test_something_else_is_there_already(stack: Stack, way: str) -> None:
    theirs = stack.made("landing", **THEIRS)
    stack.write(LANDING)
    text = stack.refused("exists-differs")
    assert quoted(text) == ["adopt: true", "existing"]
    assert "or another title" in text
    if way == "adopt":
        stack.say("landings", "page", quoted(text)[0])
    elif way == "existing":
        stack.write(f"landings: {{page: {{{quoted(text)[1]}: Page}}}}\n")
    else:
        stack.say("landings", "page", "title: Page of mine")
    stack.gone("exists-differs")
    url = stack.room.stored(KINDS["landing"], theirs)["url"]
    assert url == ("https://l.test/mine" if way == "adopt" else "https://l.test/theirs")
    assert stack.titles("landing") == (["Page", "Page of mine"] if way == "title" else ["Page"])


IPN = """\
ipn_connections:
  vendor: {domain_id: acme-9f2c, url: 'https://ipn.acme.test/in', passphrase: {secret: ipn}}
"""
TYPE = "conversion_types: {sale: {slot: 1, duplicates: ignore, forward: none}}\n"


@pytest.mark.parametrize("way", ["adopt", "key"])
@types_the_way_out_of("exists-differs")
def test_something_else_that_nothing_refers_to(stack: Stack, way: str) -> None:
    """The account file has no `existing` for it, so the message has none."""
    stack.made("conversion_type", slot=1, name="theirs", duplicates="edit")
    stack.write(TYPE)
    text = stack.refused("exists-differs")
    assert quoted(text) == ["adopt: true"]
    assert text.endswith("or another slot")
    stack.say("conversion_types", "sale", quoted(text)[0] if way == "adopt" else "slot: 2")
    stack.gone("exists-differs")


@pytest.mark.parametrize("way", ["adopt", "key"])
@types_the_way_out_of("exists-differs")
def test_a_connection_that_is_there_already(stack: Stack, way: str) -> None:
    by_hand(stack.room)
    stack.write(IPN)
    text = stack.refused("exists-differs")
    assert quoted(text) == ["adopt: true"]
    assert text.endswith("or another domain_id")
    stack.say("ipn_connections", "vendor", quoted(text)[0] if way == "adopt" else "domain_id: other-1")
    stack.gone("exists-differs")


@pytest.mark.parametrize("goes", [True, False])
@types_the_way_out_of("exists-differs")
def test_a_connection_that_a_broken_off_run_left(stack: Stack, goes: bool) -> None:
    """Its passphrase cannot be read: nobody but a person knows whose it is."""
    stack.write(IPN)
    stack.up()
    stack.engine = Engine(stack.room)
    text = stack.refused("exists-differs")
    assert "or what a broken-off run left" in text
    assert quoted(text) == ["adopt: true", "on_delete: delete"]
    for line in quoted(text)[: 1 + goes]:
        stack.say("ipn_connections", "vendor", line)
    stack.gone("exists-differs")
    stack.monkeypatch.setenv("TRACKFORM_ALLOW", "delete:ipn")
    stack.write("{}\n")
    stack.up()
    there = IPN_KIND.get(stack.room.process().client(IPN_KIND.service), "acme-9f2c")
    assert (there is None) == goes


@pytest.mark.parametrize("way", ["id", "rename", "title"])
@types_the_way_out_of("ambiguous")
def test_two_of_one_title(stack: Stack, way: str) -> None:
    equal = {**THEIRS, "url": "https://l.test/mine", "type": "l"}
    twins = [stack.made("landing", **equal) for _ in range(2)]
    stack.write(LANDING)
    text = stack.refused("ambiguous")
    if way == "id":
        (line,) = quoted(text)
        stack.say("landings", "page", line)
        stack.say("landings", "page", "adopt: true")
    elif way == "rename":
        assert "Rename all but one in the web application" in text
        stack.room.edit(KINDS["landing"], twins[1], set={"title": "Other"})
        stack.say("landings", "page", "adopt: true")
    else:
        assert "give this one another title" in text
        stack.say("landings", "page", "title: Page of mine")
    stack.gone("ambiguous")


@types_the_way_out_of("id-not-there")
def test_an_id_that_is_not_there(stack: Stack) -> None:
    stack.write("traffic_channels: {ads: {title: Ads, id: 65f000000000000000000000}}\n")
    text = stack.refused("id-not-there")
    assert "or take it out: then one is looked up by its title, and created where there is none" in text
    stack.edit(", id: 65f000000000000000000000", "")
    stack.gone("id-not-there")
    assert stack.titles("channel") == ["Ads"]


@pytest.mark.parametrize("way", ["correct", "declare"])
@types_the_way_out_of("id-of-another")
def test_an_id_of_another_title(stack: Stack, way: str) -> None:
    stack.made("channel", title="Mine")
    other = stack.made("channel", title="Theirs")
    stack.write(f"traffic_channels: {{ads: {{title: Ads, id: {other}, adopt: true}}}}\n")
    text = stack.refused("id-of-another")
    if way == "correct":
        stack.edit(other, stack.made("channel", title="Ads"))
    else:
        (title,) = re.findall(r"declare the title '([^']+)' first and change it later", text)
        stack.edit("title: Ads", f"title: {title}")
    stack.gone("id-of-another")
    if way == "declare":
        stack.edit("title: Theirs", "title: Ads")
        stack.gone("id-of-another")
        assert stack.room.stored(KINDS["channel"], other)["title"] == "Ads"


@pytest.mark.parametrize("way", ["take it out", "another name"])
@types_the_way_out_of("manages-another")
def test_an_id_where_the_stack_manages_another(stack: Stack, way: str) -> None:
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    stack.up()
    other = stack.made("channel", title="Other")
    stack.say("traffic_channels", "ads", f"id: '{other}'")
    text = stack.refused("manages-another")
    assert "Correct `id` or take it out; to change over to the other one, declare that under another name" in text
    if way == "take it out":
        stack.write("traffic_channels: {ads: {title: Ads}}\n")
    else:
        stack.write(f"traffic_channels: {{ads: {{title: Ads}}, other: {{title: Other, id: '{other}', adopt: true}}}}\n")
    stack.gone("manages-another")
    assert stack.titles("channel") == ["Ads", "Other"]


@types_the_way_out_of("declared-twice")
def test_one_object_twice(stack: Stack) -> None:
    stack.write("traffic_channels: {a: {title: Ads}}\n")
    program = {"channel": {name: {"title": "Ads"} for name in ("a", "b")}}
    text = stack.refused("declared-twice", lambda: stack.engine.up(program))
    assert text.endswith("Drop one")
    del program["channel"]["b"]
    stack.gone("declared-twice", lambda: stack.engine.up(program))


CAMPAIGN = """\
traffic_channels: {ads: {existing: Ads}}
funnels: {keto: {existing: Keto}}
campaigns: {c: {title: C, channel: ads, funnel: embedded, domain: none}}
"""


@pytest.mark.parametrize("way", ["declare", "correct"])
@types_the_way_out_of("cannot-be-made")
def test_what_a_new_one_needs(stack: Stack, way: str) -> None:
    source = stack.made("channel", title="Ads")
    offer = stack.made(
        "offer", title="Keto", url="https://x.test/", program_id=stack.made("offer_source", title="Shop")
    )
    funnel = stack.made("funnel", title="Keto", offers=[{"id": offer, "weight": 100}])
    stack.made("campaign", title="There", source_id=source, streams=[{"id": funnel, "weight": 100}])
    stack.write(CAMPAIGN.partition("campaigns:")[0])
    stack.up()
    stack.write(CAMPAIGN)
    text = stack.refused("cannot-be-made")
    if way == "declare":
        (key,) = quoted(text)
        stack.say("campaigns", "c", f"{key}: keto")
    else:
        assert text.endswith("or correct the title")
        stack.say("campaigns", "c", "{title: There, adopt: true}")
    stack.gone("cannot-be-made")
    assert stack.titles("campaign") == (["C", "There"] if way == "declare" else ["There"])


@pytest.mark.parametrize("way", ["correct", "declare"])
@types_the_way_out_of("none-to-refer-to")
def test_nothing_to_refer_to(stack: Stack, way: str) -> None:
    stack.made("channel", title="There")
    stack.write("traffic_channels: {ads: {existing: Their}}\n")
    text = stack.refused("none-to-refer-to")
    assert text.endswith("Correct the title, or declare it without `existing`")
    if way == "correct":
        stack.edit("existing: Their", "existing: There")
    else:
        stack.edit("existing: Their", "title: Their")
    stack.gone("none-to-refer-to")


@pytest.mark.parametrize("way", ["rename", "title", "existing"])
@types_the_way_out_of("key-taken")
def test_a_title_that_another_one_has(stack: Stack, way: str) -> None:
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    stack.up()
    other = stack.made("channel", title="New")
    stack.edit("title: Ads", "title: New")
    text = stack.refused("key-taken")
    assert "Rename the other one, or give this one another title" in text
    if way == "rename":
        stack.room.edit(KINDS["channel"], other, set={"title": "Old"})
    else:
        stack.edit("title: New", "title: Newer")
    stack.gone("key-taken")


@pytest.mark.parametrize("theirs", ["Bu\u0308ro", "Büro\u200b", "  Büro"], ids=["accent apart", "no width", "blanks"])
@pytest.mark.parametrize("way", ["rename", "title"])
@types_the_way_out_of("looks-alike")
def test_a_title_that_looks_the_same(stack: Stack, way: str, theirs: str) -> None:
    stack.write("traffic_channels: {first: {}, ads: {title: Büro, adopt: true}}\n")
    other = stack.made("channel", title=theirs)
    text = stack.refused("looks-alike")
    assert f"has '{fit_to_show(theirs)}' ({other}), which looks the same and is written with other characters" in text
    if way == "rename":
        stack.room.edit(KINDS["channel"], other, set={"title": "Büro"})
    else:
        stack.edit("title: Büro", "title: Büro 2")
    stack.gone("looks-alike")
    assert len(stack.titles("channel")) == (2 if way == "rename" else 3)


@pytest.mark.parametrize("way", ["existing", "permission"])
@types_the_way_out_of("marked-elsewhere")
def test_what_another_stack_marked(stack: Stack, way: str) -> None:
    stack.made("landing", **THEIRS, type="l", tags=["trackform:other"])
    stack.write(LANDING)
    stack.say("landings", "page", "adopt: true")
    text = stack.refused("marked-elsewhere")
    if way == "existing":
        assert quoted(text) == ["existing"]
        stack.write(f"landings: {{page: {{{quoted(text)[0]}: Page}}}}\n")
    else:
        stack.allow(text)
    stack.gone("marked-elsewhere")


@types_the_way_out_of("deleted-meanwhile")
def test_what_went_between_the_plan_and_the_write(stack: Stack) -> None:
    stack.write("traffic_channels: {ads: {title: Ads}}\n")
    stack.up()
    stack.edit("title: Ads", "title: Ads, alias: new")
    kept = stack.engine.state["channel", "ads"]
    read = stack.engine._refresh

    def then_deleted(*which: object) -> None:
        read(*which)  # type: ignore[arg-type]
        stack.room.edit(KINDS["channel"], kept.object_id, delete=True)

    stack.monkeypatch.setattr(stack.engine, "_refresh", then_deleted)
    text = stack.refused("deleted-meanwhile")
    assert quoted(text) == ["pulumi up"]
    stack.monkeypatch.setattr(stack.engine, "_refresh", read)
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
    read = stack.engine._refresh

    def then_changed(*which: object) -> None:
        read(*which)  # type: ignore[arg-type]
        stack.room.edit(KINDS["channel"], kept.object_id, set={"alias": "theirs"})

    stack.monkeypatch.setattr(stack.engine, "_refresh", then_changed)
    # The phase reads its listing before somebody comes.
    text = stack.refused("changed-meanwhile")
    assert quoted(text) == ["pulumi up"]
    assert stack.room.stored(KINDS["channel"], kept.object_id)["alias"] == "theirs"
    stack.monkeypatch.setattr(stack.engine, "_refresh", read)
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


@pytest.mark.parametrize("way", ["the old key", "permission"])
@types_the_way_out_of("hidden")
def test_what_another_key_made(stack: Stack, way: str) -> None:
    stack.write(IPN)
    stack.up()
    old = stack.room.digistore24_key
    stack.room.digistore24_key = KEY_OF_THE_SAME_ACCOUNT
    text = stack.refused("hidden")
    if way == "permission":
        stack.allow(text)
        stack.gone("hidden")
        return
    assert "Use the old key again and take the connection out of the file before you change keys" in text
    stack.room.digistore24_key = old
    stack.write("traffic_channels: {ads: {}}\n")
    stack.monkeypatch.setenv("TRACKFORM_ALLOW", "delete:ipn")
    stack.gone("hidden")
    stack.room.digistore24_key = KEY_OF_THE_SAME_ACCOUNT
    stack.write(IPN)
    stack.gone("hidden")


@types_the_way_out_of("other-account")
def test_a_key_of_another_account(stack: Stack) -> None:
    stack.write("traffic_channels: {ads: {}}\n")
    stack.up()
    own, stack.room.redtrack_key = stack.room.redtrack_key, "key-of-another-account"
    text = stack.refused("other-account")
    assert "Use the right key" in text
    stack.room.redtrack_key = own
    stack.gone("other-account")


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
