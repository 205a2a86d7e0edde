"""Members of funnels and campaigns: by weight, and with filters or optimization where there is more to say."""

from pathlib import Path

import pytest

from tests.trackform.account_file.test_compose import composed, fields, refused

FILE = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme}
offer_sources: {digistore24: {}}
products: {keto: {id: 411530}, yoga: {id: 411600}}
offers: {keto: {}, yoga: {}}
traffic_channels: {fb: {}}
funnels:
  f: {offers: {keto: {weight: 70, filters: {country: {values: [DE, AT]}}}, yoga: 30}, filters: {os: {values: [iOS]}}}
  g: {offers: {yoga: {filters: {}}}}
campaigns:
  c: {channel: fb, funnels: {f: 50, g: {optimization: {is_enabled: true, subs: [sub2, sub1]}}}}
  d: {channel: fb, funnel: f}
"""


def test_what_is_said_of_one_is_nothing_for_the_others(tmp_path: Path) -> None:
    found = composed(tmp_path, FILE)
    funnel = fields(found, "funnels", "f")
    assert funnel["offer_weights"] == [70, 30]
    assert funnel["offer_filters"] == [{"country": {"active": True, "values": ["AT", "DE"]}}, {}]
    assert funnel["filters"] == {"os": {"active": True, "values": ["iOS"]}}
    other = fields(found, "funnels", "g")
    assert (other["offer_weights"], other["offer_filters"]) == ([100], [{}])
    campaign = fields(found, "campaigns", "c")
    assert campaign["funnel_weights"] == [50, 100]
    assert campaign["funnel_optimizations"] == [{}, {"is_enabled": True, "subs": ["sub1", "sub2"]}]
    assert "funnel_optimizations" not in fields(found, "campaigns", "d"), "nothing is said, so nothing is watched"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{country: {", "{contry: {", "8: funnels.f.offers.keto.filters.contry: unknown key"),
        ("yoga: 30", "yoga: -1", "8: funnels.f.offers.yoga: must be greater than or equal to 0 (got -1)"),
        ("weight: 70,", "wait: 70,", "8: funnels.f.offers.keto.wait: unknown key"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_line(tmp_path: Path, old: str, new: str, told: str) -> None:
    (problem,) = refused(tmp_path, FILE.replace(old, new))
    assert problem.startswith(told)
