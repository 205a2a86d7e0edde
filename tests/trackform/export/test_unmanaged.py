"""What an account has and its file does not mention; whoever sends to it counts as using it."""

from typing import Any

import pytest

from tests.trackform.export.living import House, composed
from tests.trackform.export.rows import ACCOUNT, account
from trackform.export.unmanaged import clicks_of, unmanaged, users_of

FILE = "digistore24: {affiliate: acme}\ndomains: {main: other.test}\n"


def test_users_over_whatever_is_between() -> None:
    snapshot = account({
        "funnels": [
            {"landings": [{"id": "l1"}], "prelandings": None},
            {"id": "f2", "offers": None, "prelandings": [{"id": "l2"}]},
        ],
        "landings": [{"id": "l2", "domain_id": "d2"}],
        "campaigns": [
            {"status": 1},
            {"id": "c2", "title": "paused", "status": 2, "domain_id": None, "streams": [{"id": "f2"}]},
            {"id": "c3", "title": "odd", "status": 9, "source_id": "s9", "streams": None},
            {"id": "c4", "title": "own", "streams": [{"id": "f9", "stream": {"offers": [{"id": "o9"}]}}, {"id": "f8"}]},
        ],
    })  # fmt: skip
    users = users_of(snapshot)
    first, paused = "fb-de (active)", "paused (paused)"
    odd, own = "odd (status not known)", "own (status not known)"
    assert users["traffic_channels", "s1"] == {first, paused, own}
    assert users["traffic_channels", "s9"] == {odd}
    assert users["domains", "d1"] == {first, odd, own}
    assert users["funnels", "f1"] == {first}
    assert users["offers", "o1"] == {first}
    assert users["offer_sources", "n1"] == {first}
    assert users["landings", "l1"] == {first}
    assert users["landings", "l2"] == {paused}
    assert users["domains", "d2"] == {paused}, "of a landing alone"
    assert users["offers", "o9"] == {own}
    assert users["offer_sources", ""] == {own}
    assert users["funnels", "f8"] == {own}


def test_each_row_says_what_it_is() -> None:
    offers: list[dict[str, Any]] = [
        {"status": 1}, {"id": "o2", "title": "b", "status": 2}, {"id": "o3", "title": "c", "status": 3},
        {"id": "o4", "title": "d", "status": "1"},
    ]  # fmt: skip
    found = unmanaged(composed(own=FILE), account({"offers": offers}), {"o1": 7, "o2": 0})
    by_id = {one.id: one for one in found}
    assert {one: by_id[one].status for one in ("o1", "o2", "o3", "o4")} == {
        "o1": "active", "o2": "paused", "o3": "", "o4": "",
    }  # fmt: skip
    assert [by_id[one].clicks for one in ("o1", "o2", "o3")] == [7, 0, None]
    assert by_id["o1"].used_by == ["fb-de (status not known)"]
    assert by_id["p1"].key == "sales"
    assert {one.section for one in found} == set(ACCOUNT)
    assert by_id["o1"].row() == {
        "section": "offers", "id": "o1", "key": "keto", "status": "active", "used_by": ["fb-de (status not known)"],
        "clicks": 7, "note": "",
    }  # fmt: skip


def test_what_has_no_key_is_told_by_its_url_and_ignored_by_patterns() -> None:
    changes = {"postbacks": {"url": "https://t.test/?ptoken=canary-secret"}, "domains": {"url": "other.test"}}
    found = unmanaged(composed(own=FILE), account(changes), {})
    assert [one.key for one in found if one.section == "postbacks"] == ["https://t.test/"]
    assert not [one for one in found if one.section == "domains"]
    ignoring = FILE + 'ignore: ["postbacks/https*", "offers/keto", "*/fb-??"]\n'
    found = unmanaged(composed(own=ignoring), account(changes), {})
    assert {one.section for one in found} == set(ACCOUNT) - {"postbacks", "offers", "domains", "campaigns"}
    titles = [{"id": f"o{at}", "title": title} for at, title in enumerate(("keto", "another", "keto"))]
    found = unmanaged(composed(own=ignoring), account({"offers": titles}), {})
    assert [one.key for one in found if one.section == "offers"] == ["another"], "beside one that is ignored"


def test_an_embedded_funnel_is_its_campaigns() -> None:
    found = unmanaged(composed(own=FILE), account({"funnels": {"template": False}}), {})
    assert "funnels" not in {one.section for one in found}


@pytest.mark.parametrize(
    ("rows", "meant", "left"),
    [
        ([{}], "x: {title: keto, id: o1}", []),
        ([{}], "x: {title: keto}", []),
        ([{}, {"id": "o2"}], "x: {title: keto}", ["o1", "o2"]),
        ([{}, {"id": "o2"}], "x: {title: keto}\n  y: {title: other, id: o2}", []),
        ([{}, {"id": "o2"}], "x: {title: keto, id: o2}", ["o1"]),
    ],
)
def test_of_several_with_one_title(rows: list[dict[str, Any]], meant: str, left: list[str]) -> None:
    text = f"{FILE}offer_sources: {{n: {{}}}}\nproducts: {{x: {{id: 1}}, y: {{id: 2}}}}\noffers:\n  {meant}\n"
    found = [one for one in unmanaged(composed(own=text), account({"offers": rows}), {}) if one.section == "offers"]
    assert [one.id for one in found] == left
    several = "one of 2 of this title, and the file means 1: say with `id` which"
    assert {one.note for one in found} <= {several if len(left) > 1 else ""}


def test_clicks_are_counted_where_redtrack_counts_them(house: House) -> None:
    house.empty(page_cap=1)
    living = house.living()
    network = living.make("network", title="n")
    offer = living.make("offer", title="o", url="https://x.test/?cid={clickid}", program_id=network)
    held = [{"id": living.make("stream", title="f", template=True, offers=[{"id": offer, "weight": 1}]), "weight": 1}]
    source = living.make("source", title="s")
    one, other = (living.make("campaign", title=title, source_id=source, streams=held) for title in ("a", "b"))
    living.click(one)
    living.click(one)
    found = clicks_of(living.process(), ["postbacks", "campaigns"])
    assert (found[one], found[other]) == (2, 0)
    assert set(found) == {one, other}
