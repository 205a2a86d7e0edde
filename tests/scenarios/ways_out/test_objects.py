"""Refusals about which object is meant, and whose it is: each way out is read from the message and done."""

import re

import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from tests.providers.trackform_digistore24.test_ipn import KEY_OF_THE_SAME_ACCOUNT, by_hand
from tests.scenarios.ways_out.registry import types_the_way_out_of
from tests.scenarios.ways_out.stack import Stack, quoted
from trackform_core.text.shown import fit_to_show
from trackform_digistore24.ipn_connection import KIND as IPN_KIND

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
