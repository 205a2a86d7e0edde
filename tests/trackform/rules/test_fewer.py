"""Few of many objects stand for all, in whatever form the file has them."""

from pathlib import Path

import pytest

from trackform.account_file.compose import read_composition
from trackform.rules.check import check
from trackform.rules.edits import FileEdit
from trackform.rules.fewer import MANY, fewer
from trackform.rules.registry import Case

REST = """\
account: {currency: USD}
digistore24: {affiliate: acme, currency: USD}
domains: {main: track.acme.test}
offer_sources: {digistore24: {preset: digistore24, click_expiration: off}}
"""
OFFERS = "".join(f"  o{number}: {{url: 'https://p.test/{number}'}}\n" for number in range(MANY + 1))


@pytest.mark.parametrize(
    "more",
    [
        "",
        "products: {}\n",
        "funnels: {all: {offers: {o0: 50, o60: 50}}}\n",
        "traffic_channels: {fb: {}}\nfunnels: {f: {offers: {o0: 100}}}\ncampaigns: {c: {channel: fb, funnel: f}}\n",
    ],
    ids=["no products", "empty", "funnels", "campaigns"],
)
def test_many_offers_of_no_product_are_judged(tmp_path: Path, more: str) -> None:
    file = tmp_path / "acme.yaml"
    file.write_text(f"{REST}offers:\n{OFFERS}{more}", encoding="utf-8")
    told = {finding.rule for finding in check([("acme", read_composition(file))])}
    assert "offer-link" in told


def case(folder: Path, offers: int, *, campaigns: int = 0, **more: str) -> Case:
    """So many offers of one product, and of another that has an upsell; a funnel and a campaign for each of some."""
    names = [f"o{number}" for number in range(offers)]
    ways = [f"c{number}" for number in range(campaigns)]
    sections = {
        "products": "  guide: {id: 411000, billing: single}\n"
        "  club: {id: 411003, upsells: [411005], billing: single}\n"
        "  extra: {id: 411005}\n  unsold: {id: 411006}\n",
        "offers": "".join(f"  {name}: {{product: guide}}\n" for name in names) + "  odd: {url: 'https://p.test/odd'}\n",
        "traffic_channels": "  fb: {}\n",
        "funnels": "  first: {offers: {o0: 40, o7: 20, o9: 40}}\n  ninth: {offers: {o9: 100}}\n"
        "  none: {offers: {o9: 100}}\n",
        "campaigns": "".join(f"  {name}: {{channel: fb, funnel: ninth}}\n" for name in ways)
        + "  one: {channel: fb, funnel: first}\n  several: {channel: fb, funnels: {first: 30, ninth: 70}}\n",
        **more,
    }  # fmt: skip
    file = folder / "acme.yaml"
    text = REST + "".join(f"{name}:\n{entries}" for name, entries in sections.items())
    file.write_text(text, encoding="utf-8")
    return Case("acme", read_composition(file))


@pytest.mark.parametrize(
    ("offers", "campaigns", "is_smaller"),
    # Beside those that are counted here stand one offer and two campaigns.
    [(MANY - 1, 0, False), (MANY, 0, True), (10, MANY - 2, False), (10, MANY - 1, True)],
)
def test_of_how_many_few_are_enough(tmp_path: Path, offers: int, campaigns: int, is_smaller: bool) -> None:
    assert MANY == 60
    whole = case(tmp_path, offers, campaigns=campaigns)
    assert (fewer(whole, []) is not whole) is is_smaller


def kept(small: Case, section: str) -> list[str]:
    return list(small.composition.account.document.data[section])


def test_two_of_each_sort_are_kept_with_what_leads_to_them(tmp_path: Path) -> None:
    whole = case(tmp_path, MANY)
    small = fewer(whole, [])
    # On the first campaign's clicks three are sold: they are one sort, those that no campaign leads to another.
    assert kept(small, "offers") == ["o0", "o1", "o2", "o7", "odd"]
    # What has an upsell, and what is one, stands for what is sold besides.
    assert kept(small, "products") == ["guide", "club", "extra"]
    assert kept(small, "funnels") == ["first"]
    assert kept(small, "campaigns") == ["one", "several"]
    data = small.composition.account.document.data
    assert data["funnels"]["first"] == {"offers": {"o0": 40, "o7": 20}}
    assert data["campaigns"]["several"] == {"channel": "fb", "funnels": {"first": 30}}
    assert data["campaigns"]["one"] == {"channel": "fb", "funnel": "first"}
    # The file itself stays as it is.
    assert kept(whole, "funnels") == ["first", "ninth", "none"]
    assert whole.composition.account.document.data["funnels"]["first"] == {"offers": {"o0": 40, "o7": 20, "o9": 40}}


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (("offers", "o9", "countries"), {"offers": ["o0", "o1", "o2", "o7", "o9", "odd"]}),
        (("products", "unsold", "id"), {"products": ["guide", "club", "extra", "unsold"]}),
        (("campaigns", "c0", "funnel"), {"campaigns": ["c0", "one", "several"]}),
    ],
)
def test_what_an_edit_is_about_is_kept(tmp_path: Path, path: tuple[str, ...], more: dict[str, list[str]]) -> None:
    small = fewer(case(tmp_path, MANY, campaigns=1), [FileEdit(path, 0)])
    for section, names in more.items():
        assert kept(small, section) == names


def test_for_an_edit_of_a_funnel_of_which_no_offer_is_kept_all_is_judged(tmp_path: Path) -> None:
    whole = case(tmp_path, MANY)
    assert fewer(whole, [FileEdit(("funnels", "ninth", "offers"), {})]) is whole
    assert fewer(whole, [FileEdit(("funnels", "first", "offers"), {})]) is not whole


def test_products_that_a_connection_names_are_kept(tmp_path: Path) -> None:
    postbacks = "  sales: {events: [payment], type: order_type, sum: commission, products: [unsold]}\n"
    small = fewer(case(tmp_path, MANY, postbacks=postbacks), [])
    assert "unsold" in kept(small, "products")
