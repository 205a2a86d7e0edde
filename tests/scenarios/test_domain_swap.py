"""docs/domain-swap.md: each stage is a small change, and no live link breaks on the way."""

from pathlib import Path
from typing import Any

from tests.trackform.account_file.test_compose import composed, refused
from trackform.account_file.compose import Ref
from trackform.urls import differences

REST = """\
digistore24: {affiliate: acme, currency: EUR}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530}}
offers: {keto: {}}
traffic_channels: {fb: {}}
funnels: {f: {offers: {keto: 100}}}
"""
OLD = "old: {channel: fb, funnel: f%s}"
NEW = "new: {channel: fb, funnel: f, domain: next}"
SALES = "postbacks: {sales: {events: [payment], type: order_type%s}}\n"
BEFORE = REST + "domains: {main: track.acme.test}\n" + SALES % "" + "campaigns: {" + OLD % "" + "}\n"
BOTH = REST + "domains: {main: track.acme.test, next: go.acme.test}\n"
ADDED = BOTH + SALES % ", domain: main" + "campaigns: {" + OLD % ", domain: main" + "}\n"
POINTED = BOTH + SALES % ", domain: next" + "campaigns: {" + OLD % ", domain: main" + ", " + NEW + "}\n"
DRY = BOTH + SALES % ", domain: next" + "campaigns: {" + NEW + "}\n"
DROPPED = REST + "domains: {next: go.acme.test}\n" + SALES % "" + "campaigns: {" + NEW + "}\n"


def objects(folder: Path, text: str) -> dict[tuple[str, str], dict[str, Any]]:
    return {(one.section, one.name): dict(one.fields) for one in composed(folder, text).objects}


def change(folder: Path, old: str, new: str) -> tuple[set[Any], set[Any], dict[Any, Any]]:
    """(added, gone, what changed: the field as it was and as it is)."""
    was, now = objects(folder, old), objects(folder, new)
    changed = {
        place: {name: (was[place].get(name), value) for name, value in now[place].items() if value != was[place][name]}
        for place in was.keys() & now.keys()
        if was[place] != now[place]
    }
    return now.keys() - was.keys(), was.keys() - now.keys(), changed


def test_a_second_domain_asks_each_user_of_the_first_to_name_it(tmp_path: Path) -> None:
    half = BEFORE.replace("{main: track.acme.test}", "{main: track.acme.test, next: go.acme.test}")
    told = refused(tmp_path, half)
    assert [problem.partition(": does")[0] for problem in told] == ["8: postbacks.sales", "9: campaigns.old"]
    assert all("does not say which of the domains it uses; domain: main | next" in problem for problem in told)


def test_adding_it_changes_nothing_else(tmp_path: Path) -> None:
    assert change(tmp_path, BEFORE, ADDED) == ({("domains", "next")}, set(), {})


def test_pointing_at_it_changes_the_host_of_the_postbacks_and_leaves_live_links_alone(tmp_path: Path) -> None:
    added, gone, changed = change(tmp_path, ADDED, POINTED)
    assert (added, gone) == ({("campaigns", "new")}, set())
    ((was, now),) = changed.pop(("postbacks", "sales")).values()
    assert changed == {}
    assert [(part.part, part.left, part.right) for part in differences(was, now)] == [
        ("host", "track.acme.test", "go.acme.test")
    ]
    found = objects(tmp_path, POINTED)
    assert found["campaigns", "old"]["domain_id"] == Ref("domains", "main")
    assert found["campaigns", "new"]["domain_id"] == Ref("domains", "next")


def test_the_old_campaign_leaves_alone_and_then_the_old_domain(tmp_path: Path) -> None:
    assert change(tmp_path, POINTED, DRY) == (set(), {("campaigns", "old")}, {})
    assert change(tmp_path, DRY, DROPPED) == (set(), {("domains", "main")}, {})


def test_the_stages_stand_in_the_manual() -> None:
    text = (Path(__file__).parents[2] / "docs" / "domain-swap.md").read_text(encoding="utf-8")
    for line in ("  next: go.acme.test", "domain: main}", "domain: next}"):
        assert line in text
