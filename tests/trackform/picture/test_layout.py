"""Where objects stand: beside what they are connected to, in the heights that were looked at and found good."""

import pytest

from tests.trackform.export.living import composed
from tests.trackform.picture.test_graph import OWN
from trackform.picture import Mark, draw
from trackform.picture.draw import LONGEST, _short, _signs, _sorted
from trackform.picture.graph import BESIDES, COLUMNS, graph
from trackform.picture.layout import GAP_Y, HEIGHT, TOP, lay_out

CROSS = """\
domains: {d: x.test}
offer_sources: {n: {}}
traffic_channels: {b: {}, a: {}}
offers:
  o1: {url: 'https://x.test/?cid={clickid}'}
  o2: {url: 'https://x.test/?cid={clickid}'}
  o3: {url: 'https://x.test/?cid={clickid}'}
funnels: {f1: {offers: {o3: 1}}, f2: {offers: {o1: 1, o2: 1}}}
campaigns:
  c1: {channel: a, funnel: f2}
  c2: {channel: b, funnel: f1}
  c3: {channel: a, funnel: f1}
"""
SECTIONS = ("traffic_channels", "campaigns", "funnels", "offers")


def heights(own: str) -> dict[str, float]:
    """Name -> height in objects, from top to bottom."""
    placed = lay_out(graph(composed(own=own), ())).placed
    return {
        each.node.ref.name: round((each.y - TOP) / (HEIGHT + GAP_Y), 2)
        for each in placed
        if each.node.ref.section in SECTIONS
    }


FEW = {
        "b": 0.0, "a": 4.73, "c2": 0.0, "c3": 1.3, "c1": 4.09, "k0": 5.09, "k1": 6.09, "k2": 7.09, "f1": 1.28,
        "f2": 5.05, "o3": 2.01, "o1": 3.32, "o2": 4.32,
}  # fmt: skip
CROWD = {
        "a": 0.0, "b": 7.0, "c1": 0.0, "k0": 1.0, "k1": 2.0, "k2": 3.0, "k3": 4.0, "k4": 5.0, "c3": 6.0,
        "c2": 7.0, "f2": 1.2, "f1": 8.09, "o1": 6.87, "o2": 7.87, "o3": 8.87,
}  # fmt: skip


@pytest.mark.parametrize(("more", "found"), [(3, FEW), (5, CROWD)])
def test_each_stands_at_the_height_of_what_it_is_connected_to(more: int, found: dict[str, float]) -> None:
    """With seven connections the channel `a` is a crowd, and stands where the first of them leads."""
    own = CROSS + "".join(f"  k{at}: {{channel: a, funnel: f2}}\n" for at in range(more))
    assert heights(own) == found
    assert list(heights(own)) == list(found)


def test_every_column_has_its_heading() -> None:
    text = draw(composed(own=OWN), {})
    for heading in COLUMNS.values():
        assert f">{heading}<" in text
    assert "Tracking domains: " in text
    assert list(COLUMNS.values()) == [
        "Traffic channels", "Scripts", "Campaigns", "Funnels", "Landings", "Offers", "Offer sources",
        "Postback connections", "Conversion types",
    ]  # fmt: skip
    assert list(BESIDES.values()) == ["Tracking domains", "IPN connections"]


def test_what_has_no_detail_says_what_it_is() -> None:
    text = draw(composed(own=OWN), {})
    assert ">product 411530<" in text
    assert ">offer<" in text
    assert ">traffic channel<" in text


@pytest.mark.parametrize("more", [0, 2])
def test_a_long_name_is_shortened(more: int) -> None:
    longest = LONGEST + more
    assert _short("x" * longest, more) == "x" * longest
    assert _short("x" * (longest + 1), more) == "x" * (longest - 1) + "…"


def test_marks_come_by_their_weight_and_a_sign_once() -> None:
    marks = [Mark("change", "a"), Mark("danger", "b"), Mark("change", "c"), Mark("drift", "d")]
    assert [mark.text for mark in _sorted(marks)] == ["b", "d", "a", "c"]
    assert _signs(marks) == "▲≠•"
    text = draw(composed(own=OWN), {"offers/keto": marks, "funnels/one": [Mark("danger", "z")], "offers/whole": []})
    assert text.index("offers/keto</") > text.index("funnels/one</")


def test_a_line_goes_from_the_right_side_of_one_to_the_left_side_of_the_next() -> None:
    """Bent in the middle of the gap; the outlines have two pixels of room."""
    own = "traffic_channels: {a: {}}\ndomains: {d: x.test}\noffer_sources: {n: {}}\n"
    own += "offers: {o: {url: 'https://x.test/?cid={clickid}'}}\nfunnels: {f: {offers: {o: 1}}}\n"
    text = draw(composed(own=own + "campaigns: {c: {channel: a, funnel: f}}\n"), {})
    assert "M192 28C227 28 227 28 262 28" in text
    assert "M452 28C487 28 487 28 522 28" in text
