"""Accounts as they are found: on every setting of the sandbox, with marks, with fields that nobody here knows."""

from dataclasses import replace

import pytest
import yaml

from tests.trackform.export.living import House, Living
from trackform.export import export, take
from trackform.export.paper import whole

LINK = "https://www.digistore24.com/redir/{}/acme?cid={{clickid}}"
POSTBACK = (
    "https://track.acme.test/postback?clickid={{cid}}&sum={{amount_affiliate}}&type={{{}}}"
    "&rdtk_event_id={{transaction_id}}&sub1={{product_id}}&sub20=tf.{}"
)


def fill(living: Living) -> None:
    """Something of everything: funnels of both sorts, several objects of one title, connections of both sorts."""
    domain = living.make("domain", url="track.acme.test")
    living.make("domain", url="go.acme.test")
    living.make("conversion_type", slot=1, name="initial_sale", duplicates="by_event_id")
    macros = {"clickid": "{cid}", "sum": "{amount_affiliate}", "sub1": "{product_id}"}
    network = living.make("network", title="Digistore24", currency="EUR", **macros)
    source = living.make("source", title="FB: DE")
    titles = ("Keto 1", "Keto 2", "Keto 2")
    offers = [
        living.make("offer", title=title, url=LINK.format(411530 + at), program_id=network, tags=["a"])
        for at, title in enumerate(titles)
    ]
    landing = living.make("landing", title="Quiz", url="https://l.test/q", type="p", domain_id=domain)
    members = [{"id": offer, "weight": 30} for offer in offers]
    shared = living.make(
        "stream", title="keto", template=True, offers=members, prelandings=[{"id": landing, "weight": 100}]
    )
    embedded = living.make("stream", title="x", template=False, offers=members[1:])
    for title, streams in (("fb-de", [shared]), ("fb-at", [embedded]), ("fb-de", [shared, embedded])):
        held = [{"id": stream, "weight": 100 // len(streams)} for stream in streams]
        living.make("campaign", title=title, source_id=source, domain_id=domain, streams=held, notes=["one"])
    for name, macro in (("sales", "order_type"), ("returns", "transaction_type")):
        url = POSTBACK.format(macro, name)
        living.make("connection", url=url, product_ids=["411530"], events=["payment"], currency="EUR")
    living.make("connection", url="https://t.test/", product_ids=["1"], events=["refund"], currency="EUR")


@pytest.mark.parametrize(
    "switches",
    [
        {}, {"put": "replaces"}, {"clickid": "without_braces"}, {"postback_url": "writable"}, {"empty_list": "array"},
        {"campaign_list": "without_streams"}, {"page_cap": 1}, {"deleted": "status3"},
    ],
    ids=str,
)  # fmt: skip
def test_nothing_is_written_however_the_service_behaves(house: House, switches: dict[str, object]) -> None:
    house.empty(**switches)
    living = house.living()
    fill(living)
    living.delete("campaign", living.make("campaign", title="gone", source_id=living.rows("source")[0]["id"]))
    found = living.export()
    text = whole(found, "acme")
    assert found.unproven == []
    assert [draft.section for draft in found.drafts.entries if draft.refused] == ["postbacks"]
    assert "gone" not in text
    assert text.count("funnel: embedded") == 2
    assert living.apply(own=text) == []
    assert living.file() == text


def test_a_mark_is_no_wish(house: House) -> None:
    living = house.living()
    network = living.make("network", title="shop", notes="call Anna [trackform:acme]")
    tags = ["summer", "trackform:acme"]
    living.make("offer", title="Keto", url="https://x.test/?cid={clickid}", program_id=network, tags=tags)
    text = living.file()
    assert "tags: [summer]" in text
    assert "notes: call Anna}" in text
    assert text.count("it carries the mark of acme: no other stack takes it over") == 2


def test_what_nobody_here_knows_is_said(house: House) -> None:
    living = house.living()
    fill(living)
    snapshot = take(living.process())
    offers = [{**row, "brand_new": 7, "payment": {"amount": 0, "model": "hybrid"}} for row in snapshot.rows["offers"]]
    funnels = [
        {**row, "offers": [{**item, "rule": "night"} for item in row["offers"]]} for row in snapshot.rows["funnels"]
    ]
    found = export(replace(snapshot, rows={**snapshot.rows, "offers": offers, "funnels": funnels}))
    text = whole(found, "acme")
    assert found.unproven == []
    assert text.count("# not known here, and left as it is: brand_new, payment.model") == 3
    assert text.count("# not known here, and left as it is: offers.rule") == 1


def test_a_funnel_that_no_campaign_uses_is_said(house: House) -> None:
    living = house.living()
    network = living.make("network", title="shop")
    offer = living.make("offer", title="o", url="https://x.test/?cid={clickid}", program_id=network)
    living.make("stream", title="left over", template=False, offers=[{"id": offer, "weight": 100}])
    assert "not declared: funnel 'left over': it is no saved template, and no campaign uses it" in living.file()


def test_an_embedded_funnel_of_the_same_title_is_told_apart(house: House) -> None:
    living = house.living()
    network = living.make("network", title="shop")
    offer = living.make("offer", title="o", url="https://x.test/?cid={clickid}", program_id=network)
    saved, _ = (
        living.make("stream", title="keto", template=template, offers=[{"id": offer, "weight": 100}])
        for template in (True, False)
    )
    text = living.file()
    assert str(yaml.safe_load(text)["funnels"]["keto"]["id"]) == saved
    assert living.apply(own=text) == []


def test_without_a_bridge_the_rest_is_exported(house: House) -> None:
    living = house.living()
    fill(living)
    text = whole(living.export(bridgeUrl=""), "acme")
    assert "not read: conversion types have no public API, and trackform:bridgeUrl names no bridge" in text
    assert "postbacks:\n#" in text
    assert "  Keto 1:" in text


def test_a_twin_gets_embedded_funnels_as_saved_ones(house: House) -> None:
    """And the account that they come from keeps them as they are."""
    living = house.living()
    fill(living)
    own, shared = living.two_files()
    assert "fb-at: {funnel: embedded}" in own
    assert "funnels:\n  fb-at: null\n" in own
    assert "  fb-at: {offers: {keto-2: 30, keto-2-2: 30}}\n" in shared
    assert living.apply(own=own, shared=shared) == []
    other = house.living(2)
    mine = (
        "extends: [shared.yaml]\ndigistore24: {affiliate: zeta}\ndomains: {main: track.zeta.test}\n"
        "offers: {keto-2-2: {title: Keto 3}}\ncampaigns: {fb-de-2: {title: fb-de 2}}\n"
    )
    other.apply(own=mine, shared=shared)
    assert sorted(row["title"] for row in other.rows("stream")) == ["fb-at", "keto"]
    assert all(row["template"] for row in other.rows("stream"))
    (campaign,) = (row for row in other.rows("campaign") if row["title"] == "fb-de 2")
    assert sorted(item["weight"] for item in campaign["streams"]) == [50, 50]


def test_a_member_that_is_there_twice_is_said(house: House) -> None:
    """It stays so; a twin gets it once, with both weights."""
    living = house.living()
    network = living.make("network", title="shop")
    one, two = (
        living.make("offer", title=title, url="https://x.test/?cid={clickid}", program_id=network)
        for title in ("one", "two")
    )
    weights = ((one, 50), (two, 20), (one, 30))
    members = [{"id": offer, "weight": weight} for offer, weight in weights]
    funnel = living.make("stream", title="keto", template=True, offers=members)
    held = [{"id": funnel, "weight": 60}, {"id": funnel, "weight": 40}]
    living.make("campaign", title="fb", source_id=living.make("source", title="channel"), streams=held)
    text = living.file()
    assert "# holds several of its offers more than once: one. They stay as they are\n" in text
    assert "keto: {leave: [offer_ids, offer_weights], offers: {one: 80, two: 20}}" in text
    assert "# it holds a funnel more than once, which stays as it is" in text
    assert "lives only inside the campaign" not in text
    assert living.apply(own=text) == []
    assert living.file() == text
    own, shared = living.two_files()
    assert "  fb:\n    channel: channel\n    funnel: keto\n" in shared
    assert living.apply(own=own, shared=shared) == []


def test_why_an_object_is_not_declared(house: House) -> None:
    living = house.living()
    network = living.make("network", title="shop")
    offer = living.make("offer", title="o", url="https://x.test/?cid={clickid}", program_id=network)
    living.make("landing", title="quiz", url="https://l.test/?api_key=canary-secret", type="l")
    living.make("stream", title="odd", template=True, offers=[{"id": offer, "weight": -1}])
    text = living.file()
    assert "not declared: landing 'quiz'" in text
    assert "its url is not written here: it holds a secret" in text
    assert "offers.o: must be greater than or equal to 0" in text
    assert "canary-secret" not in text
