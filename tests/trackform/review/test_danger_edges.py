"""Each field, limit and word that decides whether a change is dangerous."""

from typing import Any

import pytest

from trackform.account_file.sections import SECTIONS, Ref
from trackform.preview.plan import Step
from trackform.review.danger import Dangers
from trackform.review.model import Danger
from trackform_core.model.markers import InCode, InLink
from trackform_core.no_api.status import AWAITING

CHANNEL, DOMAIN, FUNNEL, OFFER = (
    Ref(section, "one") for section in ("traffic_channels", "domains", "funnels", "offers")
)
CAMPAIGN, SALES = Ref("campaigns", "fb"), Ref("postbacks", "sales")
USES = {"title": "fb", "channel_id": "c1", "domain_id": "d1", "funnel_ids": ["f1"]}
URL = "https://t.test/postback?clickid={cid}&sum={amount_affiliate}&rdtk_event_id={transaction_id}"


def same(ref: Ref, object_id: str, values: dict[str, Any] | None = None, **more: Any) -> Step:
    values = values or {"title": "x"}
    return Step(ref, "same", values, values, values, object_id=object_id, **more)


def update(ref: Ref, object_id: str, live: dict[str, Any], declared: dict[str, Any], **more: Any) -> Step:
    return Step(ref, "update", more.pop("applied", live), live, declared, object_id=object_id, **more)


def told(*steps: Step, clicked: bool | None = True) -> list[Danger]:
    return Dangers({step.ref: step for step in steps}, lambda _: clicked).all()


@pytest.mark.parametrize("field", SECTIONS["traffic_channels"].marked(InLink))
def test_each_field_of_a_channel_that_stands_in_tracking_links(field: str) -> None:
    """Its pixels, too: a visitor's browser loads them from the link."""
    name = field.removeprefix("extra.")
    old, new = ({"extra": {name: value}} if field != name else {name: value} for value in (["a"], ["b"]))
    found = told(update(CHANNEL, "c1", old, new), same(CAMPAIGN, "k1", USES))
    (danger,) = [each for each in found if each.kind != "postback"]
    assert (danger.kind, danger.about) == ("tracking-link", "campaigns/fb")
    assert f"{field} of traffic_channels/one change" in danger.reason
    for elsewhere in (
        told(update(CHANNEL, "c2", old, new), same(CAMPAIGN, "k1", USES)),
        told(update(CHANNEL, "c1", old, new), same(CAMPAIGN, "k1", USES), clicked=False),
    ):
        assert "tracking-link" not in {each.kind for each in elsewhere}


@pytest.mark.parametrize("field", SECTIONS["campaigns"].marked(InLink))
def test_each_field_of_a_campaign_that_makes_its_link(field: str) -> None:
    (danger,) = told(update(CAMPAIGN, "k1", USES, USES | {field: "other"}))
    assert danger.reason.startswith(f"its tracking link changes: its {field.removesuffix('_id')} changes. ")
    assert told(update(CAMPAIGN, "k1", USES, {n: v for n, v in USES.items() if n != field})) == [], "not declared"
    assert told(update(CAMPAIGN, "k1", USES, USES | {"cost_model": "CPM"})) == []


def test_a_domain_that_moves_is_told_once() -> None:
    moved = update(DOMAIN, "d1", {"url": "a.test"}, {"url": "b.test"})
    (danger,) = told(moved, same(CAMPAIGN, "k1", USES))
    assert "domains/one is another host" in danger.reason
    (danger,) = told(moved, update(CAMPAIGN, "k1", USES, USES | {"domain_id": "d2"}))
    assert "another host" not in danger.reason
    assert told(update(DOMAIN, "d1", {"url": "a.test"}, {"url": "a.test", "fallback_url": "x"}),
                same(CAMPAIGN, "k1", USES)) == []  # fmt: skip


@pytest.mark.parametrize(
    ("link", "shown"),
    [("https://go.test/abc?sub1={x}", " (https://go.test/abc) have"), ("", "old link have"), (None, "old link have")],
)
def test_the_link_that_ads_point_at(link: str | None, shown: str) -> None:
    step = update(CAMPAIGN, "k1", USES, USES | {"channel_id": "c9"}, outputs={"tracking_link": link})
    assert shown in told(step)[0].reason


@pytest.mark.parametrize(
    ("count", "names"),
    [(1, "campaigns/k0"), (3, "campaigns/k0, campaigns/k1, campaigns/k2"),
     (4, "campaigns/k0, campaigns/k1, campaigns/k2 and 1 more")],
)  # fmt: skip
def test_who_uses_what_goes(count: int, names: str) -> None:
    gone = Step(CHANNEL, "delete", {"title": "x"}, {"title": "x"}, object_id="c1")
    users = [same(Ref("campaigns", f"k{n}"), f"k{n}", USES) for n in range(count)]
    (danger,) = told(gone, *users)
    assert (danger.kind, danger.about) == ("traffic", "traffic_channels/one")
    assert f"still uses it. It is used by {names}. There were clicks" in danger.reason
    assert "was not looked up" in told(gone, *users, clicked=None)[0].reason
    assert told(gone, *users, clicked=False) == []


@pytest.mark.parametrize("section", ["landings", "offers", "offer_sources", "funnels", "domains"])
def test_visitors_pass_through_each_of_them(section: str) -> None:
    """A pre-landing of a funnel, an offer of it, and the offer's source as well."""
    ref = Ref(section, "gone")
    gone = Step(ref, "replace", {"t": 1}, {"t": 1}, {"t": 2}, object_id="x1")
    funnel = {"offer_ids": ["o1"], "prelanding_ids": ["x1"] if section == "landings" else []}
    if section == "offers":
        funnel["offer_ids"] = ["x1"]
    steps = [
        same(FUNNEL, "f1", funnel),
        same(OFFER, "o1", {"offer_source_id": "x1" if section == "offer_sources" else "n1"}),
        same(CAMPAIGN, "k1", USES | ({"funnel_ids": ["x1"]} if section == "funnels" else {})
             | ({"domain_id": "x1"} if section == "domains" else {})),
    ]  # fmt: skip
    found = [one for one in told(gone, *steps) if one.about == f"{section}/gone" and one.kind == "traffic"]
    kept = section == "domains"
    assert len(found) == (0 if kept else 1)
    if found:
        assert found[0].reason.startswith("is replaced by a new one of another id and ")


def test_what_campaigns_do_not_use_may_go() -> None:
    gone = Step(Ref("landings", "old"), "delete", {"t": 1}, {"t": 1}, object_id="l9")
    assert told(gone, same(FUNNEL, "f1", {"landing_ids": ["l1"]}), same(CAMPAIGN, "k1", USES)) == []


def test_a_domain_that_a_landing_alone_is_tracked_over() -> None:
    values = {"url": "lander.test"}
    gone = Step(DOMAIN, "delete", values, values, object_id="d9", outputs={"on_delete": "delete"})
    landing = same(Ref("landings", "one"), "l1", {"domain_id": "d9"})
    funnel = same(FUNNEL, "f1", {"landing_ids": ["l1"]})
    (danger,) = told(gone, same(CAMPAIGN, "k1", USES), funnel, landing)
    assert "still uses it. It is used by campaigns/fb." in danger.reason


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("active", "paused", "is paused. "), ("paused", "paused", ""), (None, "paused", ""),
        ("paused", "active", "is switched on again"), ("active", "active", ""), (None, "active", ""),
    ],
)  # fmt: skip
def test_which_status_becomes_which(was: str | None, now: str, said: str) -> None:
    live = {"title": "x"} | ({"status": was} if was else {})
    found = told(update(OFFER, "o1", live, {"title": "x", "status": now}))
    assert [one.reason[: len(said)] for one in found] == ([said] if said else [])


def test_what_people_paused_by_hand_is_what_is_live() -> None:
    step = update(OFFER, "o1", {"status": "active"}, {"status": "active", "title": "y"},
                  outputs={"changed_outside": {"status": "paused"}})  # fmt: skip
    assert [one.reason.partition(":")[0] for one in told(step)] == ["is switched on again"]


@pytest.mark.parametrize("was", ["keep", "pause", "delete", None])
@pytest.mark.parametrize("now", ["keep", "pause", "delete", None])
def test_how_deletion_is_loosened(was: str | None, now: str | None) -> None:
    """An offer is deleted by default."""
    order = ["keep", "pause", "delete"]
    live, declared = ({"t": 1} | ({"on_delete": one} if one else {}) for one in (was, now))
    found = told(update(OFFER, "o1", live, declared))
    looser = order.index(now or "delete") > order.index(was or "delete")
    assert [one.reason for one in found] == (
        [f"on_delete is loosened from {was or 'delete'} to {now or 'delete'}"] if looser else []
    )


@pytest.mark.parametrize(
    ("before", "after", "op", "dangerous"),
    [(True, False, "update", True), (True, True, "update", False), (False, False, "update", False),
     (False, True, "update", False), (True, False, "delete", False)],
)  # fmt: skip
def test_when_protection_goes(before: bool, after: bool, op: str, dangerous: bool) -> None:
    step = Step(Ref("landings", "x"), op, {"t": 1}, {"t": 1}, {"t": 2} if op == "update" else None,
                object_id="x", protected=(before, after))  # fmt: skip
    assert ["protection" in one.kind for one in told(step)] == [True] * dangerous


@pytest.mark.parametrize(
    ("live", "declared", "said"),
    [
        ({"active": True}, {"active": False}, ["is switched off: it no longer reports its events to RedTrack"]),
        ({}, {"active": False}, ["is switched off: it no longer reports its events to RedTrack"]),
        ({"active": False}, {"active": False}, []),
        ({"active": True}, {}, []),
        ({"events": ["b", "a", "c"]}, {"events": ["c"]}, ["no longer reports events a, b"]),
        ({"events": ["a"]}, {"events": ["a", "b"]}, []),
        ({"product_ids": [1, "2"]}, {"product_ids": ["2"]}, ["no longer reports products 1"]),
        ({"product_ids": ["1"]}, {"product_ids": ["all"]}, []),
        ({"product_ids": ["1"]}, {}, ["no longer reports products 1"]),
    ],
)
def test_what_a_connection_no_longer_reports(live: Any, declared: Any, said: list[str]) -> None:
    assert [one.reason for one in told(update(SALES, "p1", {"name": "s"} | live, {"name": "s"} | declared))] == said


def test_a_connection_that_is_kept_goes_on_reporting() -> None:
    step = Step(SALES, "delete", {"n": 1}, {"events": ["payment"]}, object_id="p", outputs={"on_delete": "keep"})
    assert [one.reason for one in told(step)] == ["leaves the file and is kept: on_delete is keep"]


def test_what_was_judged_when_it_was_declared_is_not_judged_again() -> None:
    """A person has not entered it yet: the file asked for it before."""
    live = {"url": URL, "events": ["payment", "refund"]}
    declared = {"url": URL.replace("{cid}", "x"), "events": ["payment"], "status": AWAITING}
    waiting = update(SALES, "p1", live, declared, applied=declared)
    assert told(waiting) == []
    assert told(update(SALES, "p1", live, declared, applied=live)) != [], "asked for now"
    entered = {name: value for name, value in declared.items() if name != "status"}
    assert told(update(SALES, "p1", live, entered, applied=entered)) != [], "changed outside"


@pytest.mark.parametrize(
    ("old", "new", "applied", "said"),
    [
        ("{cid}", "{other}", None, "clickid changes from {cid} to {other}: check that it means the same"),
        ("{other}", "{cid}", "{cid}", ""),
        ("fixed", "other", None, "clickid changes from fixed to other: check that it means the same"),
        ("{cid}", "fixed", "fixed", "clickid is fixed for every order in place of {cid}"),
        ("{cid}", "", None, "clickid leaves its URL"),
        ("", "{cid}", None, ""),
        ("{cid}", "{cid}", None, ""),
    ],
)
def test_what_a_url_comes_to(old: str, new: str, applied: str | None, said: str) -> None:
    def values(clickid: str) -> dict[str, Any]:
        return {"url": URL.replace("{cid}", clickid)}

    step = update(SALES, "p1", values(old), values(new), applied=values(old if applied is None else applied))
    assert [one.reason[: len(said)] for one in told(step)] == ([said] if said else [])
    assert told(update(SALES, "p1", values(old), {"url": ""})) == []


def test_a_conversion_type_that_only_changes_otherwise_is_none() -> None:
    ref = Ref("conversion_types", "sale")
    values = {"slot": 1, "name": "sale"}
    assert told(update(ref, "t", values, values | {"role": "Purchase"})) == []
    (money,) = told(update(ref, "t", values, values | {"duplicates": "ignore"}))
    assert (money.kind, money.reason) == ("money", "duplicates goes from nothing to ignore: it decides what is booked")
    (danger,) = told(update(ref, "t", values, {"slot": 2, "name": "sale"}))
    assert danger.reason.startswith("moves from slot 1 to slot 2: ")
    assert len(told(update(ref, "t", values, {"slot": 2, "name": "b"}))) == 2


@pytest.mark.parametrize("field", SECTIONS["scripts"].marked(InCode))
def test_pages_keep_the_code_that_was_pasted_into_them(field: str) -> None:
    script = Ref("scripts", "shop")
    old: dict[str, Any] = {"name": "Shop", field: "a"}
    (danger,) = told(update(script, "j1", old, old | {field: "b"}))
    assert (danger.kind, danger.about) == ("tracking-link", "scripts/shop")
    assert danger.reason.startswith(f"its code changes with {field.removesuffix('_id')}. Pages keep the code")
    assert told(update(script, "j1", old, old | {"name": "Shop 2"})) == []
