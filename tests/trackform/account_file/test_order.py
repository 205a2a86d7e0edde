"""Objects are declared after what they refer to, whatever the order of the sections; circles are refused."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.trackform.account_file.test_compose import composed, fields, refused
from trackform.account_file.order import in_order
from trackform.account_file.sections import Ref, Wanted

FILE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme}
offer_sources: {digistore24: {}}
products: {keto: {id: 411530}, yoga: {id: 411600}}
offers: {keto: {script: page}, yoga: {}}
traffic_channels: {fb: {}}
funnels: {f: {offers: {keto: 1}}, g: {offers: {yoga: 1}}}
campaigns: {c: {channel: fb, funnel: f}, d: {channel: fb, funnel: g}}
scripts: {page: {campaign: d, domain: main, type: 2}, shop: {campaign: c}, plain: {title: Plain code}}
"""


def test_scripts_stand_between_the_campaign_they_count_for_and_the_offers_that_have_them(tmp_path: Path) -> None:
    found = composed(tmp_path, FILE)
    names = [f"{each.section}/{each.name}" for each in found.objects]
    assert names.index("campaigns/d") < names.index("scripts/page") < names.index("offers/keto")
    assert names.index("campaigns/c") < names.index("scripts/shop")
    page = fields(found, "scripts", "page")
    assert page == {
        "type": 2,
        "name": "page",
        "campaign_id": Ref("campaigns", "d"),
        "domain_id": Ref("domains", "main"),
    }
    assert fields(found, "scripts", "plain") == {"name": "Plain code"}
    assert fields(found, "offers", "keto")["script_id"] == Ref("scripts", "page")


def test_a_circle_is_refused_at_what_can_be_left_out(tmp_path: Path) -> None:
    text = FILE.replace("page: {campaign: d", "page: {campaign: c")
    (told,) = refused(tmp_path, text)
    assert told.startswith("9: scripts.page.campaign: closes a circle, in which nothing can be made first: ")
    steps = told.partition("made first: ")[2].partition(";")[0].split(" -> ")
    assert steps[0] == steps[-1]
    assert sorted(steps[1:]) == ["campaigns/c", "funnels/f", "offers/keto", "scripts/page"]
    assert "leave `campaign` out" in told
    assert composed(tmp_path, text.replace("page: {campaign: c, ", "page: {")).objects


def test_a_script_that_is_not_there_is_told_with_its_line(tmp_path: Path) -> None:
    (told,) = refused(tmp_path, FILE.replace("{script: page}", "{script: pag}"))
    assert told == "5: offers.keto.script: scripts has no 'pag'; did you mean \"page\"?"


LINKS = st.sets(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12)


@pytest.mark.parametrize("section", ["offers"])
@given(links=LINKS)
@example(links=set())
@example(links={(0, 0)})
@example(links={(0, 1), (1, 0)})
@example(links={(6, 5), (5, 0), (0, 6), (1, 2)})
@example(links={(0, 6), (6, 3)})
def test_each_comes_after_what_it_refers_to_or_a_circle_is_told(section: str, links: set[tuple[int, int]]) -> None:
    objects = [
        Wanted(section, str(n), {"a": [Ref(section, str(other)) for one, other in sorted(links) if one == n]}, ())
        for n in range(7)
    ]
    ordered, circles = in_order(objects)
    assert sorted(each.name for each in ordered) == [each.name for each in objects]
    place = {each.name: at for at, each in enumerate(ordered)}
    late = [(one, other) for one, other in links if place[str(other)] >= place[str(one)]]
    assert bool(late) == bool(circles)
    for circle in circles:
        names = [each.name for each, _ in circle]
        assert all((int(a), int(b)) in links for a, b in zip(names, names[1:] + names[:1], strict=True))
    if all(one > other for one, other in links):
        assert ordered == objects, "what is in order already stays as it is"
