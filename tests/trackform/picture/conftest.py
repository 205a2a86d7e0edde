from collections.abc import Callable
from pathlib import Path

import pytest

from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import read_account

ROOT = Path(__file__).parents[3]
Size = Callable[[int], Composition]


@pytest.fixture
def demo() -> Composition:
    return compose(read_account(ROOT / "stacks" / "demo.yaml"))


@pytest.fixture
def sized(tmp_path: Path) -> Size:
    """An account with this many campaigns, each with a funnel and an offer of its own, on three channels."""

    def make(campaigns: int) -> Composition:
        every = range(campaigns)
        channels = ["facebook", "taboola", "tiktok"]
        lines = [
            "account: {currency: USD}",
            "domains: {main: track.acme.test}",
            "digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}",
            f"traffic_channels: {{{', '.join(f'{name}: {{preset: {name}}}' for name in channels)}}}",
            "conversion_types:",
            *(
                f"  {name}: {{slot: {slot}, duplicates: by_event_id, forward: none}}"
                for slot, name in enumerate(("initial_sale", "upsell", "refund", "chargeback"), 1)
            ),
            "offer_sources: {digistore24: {preset: digistore24, click_expiration: off}}",
            "postbacks:",
            "  sales: {events: [payment], type: order_type}",
            "  returns: {events: [refund, chargeback], type: transaction_type}",
            "products:",
            *(f"  product-{n:03}: {{id: {400000 + n}}}" for n in every),
            "offers:",
            *(f"  product-{n:03}: {{countries: [DE]}}" for n in every),
            "funnels:",
            *(f"  funnel-{n:03}: {{offers: {{product-{n:03}: 100}}}}" for n in every),
            "campaigns:",
            *(
                f"  campaign-{n:03}-{channels[n % 3]}: {{channel: {channels[n % 3]}, funnel: funnel-{n:03}, "
                "cost_model: CPC}"
                for n in every
            ),
        ]
        path = tmp_path / "acme.yaml"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return compose(read_account(path))

    return make
