"""What refers to what, as the account file says it: derived from the fields, to the letter."""

import pytest

from trackform.account_file.references import Reference, reference, references
from trackform.account_file.sections import SECTIONS

EXPECTED: dict[str, tuple[Reference, ...]] = {
    "offers": (
        Reference("offer_source_id", "offer_source", "offer_sources", "program_id", only_one=True),
        Reference("script_id", "script", "scripts", "script_id"),
    ),
    "landings": (Reference("domain_id", "domain", "domains", "domain_id"),),
    "funnels": (
        Reference("offer_ids", "offers", "offers", "offers", "offer_weights", parts=(("offer_filters", "filters"),)),
        Reference(
            "landing_ids",
            "landings",
            "landings",
            "landings",
            "landing_weights",
            parts=(("landing_filters", "filters"),),
        ),
        Reference(
            "prelanding_ids",
            "prelandings",
            "landings",
            "prelandings",
            "prelanding_weights",
            parts=(("prelanding_filters", "filters"),),
        ),
    ),
    "campaigns": (
        Reference("channel_id", "channel", "traffic_channels", "source_id"),
        Reference("domain_id", "domain", "domains", "domain_id", only_one=True),
        Reference(
            "funnel_ids",
            "funnels",
            "funnels",
            "streams",
            "funnel_weights",
            parts=(("funnel_optimizations", "optimization"),),
        ),
    ),
    "scripts": (
        Reference("campaign_id", "campaign", "campaigns", "campaign_id"),
        Reference("domain_id", "domain", "domains", "domain_id"),
    ),
}


@pytest.mark.parametrize("section", SECTIONS)
def test_what_a_section_refers_to(section: str) -> None:
    assert references(section) == EXPECTED.get(section, ())


def test_a_field_of_ids_or_of_weights_belongs_to_a_reference() -> None:
    assert reference("funnels", "offer_weights") == reference("funnels", "offer_ids") == references("funnels")[0]
    assert reference("funnels", "title") is None
    assert reference("ipn_connections", "domain_id") is None, "its own key, whatever it looks like"
