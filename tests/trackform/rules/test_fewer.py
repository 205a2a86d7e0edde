"""Few of many objects stand for all, in whatever form the file has them."""

from pathlib import Path

import pytest

from trackform.account_file.compose import read_composition
from trackform.rules.check import check
from trackform.rules.fewer import MANY

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
