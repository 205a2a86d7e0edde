"""The simulator and the sandbox are two implementations of the same facts: they agree, whatever the set-up."""

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.trackform.flow.stage import ALL_SETTINGS, House, setups
from tests.trackform.rules.accounts import BREAKS, Data, accounts, composed
from trackform.flow.build import Flow
from trackform.flow.sequences import sequences_of
from trackform.flow.settings import Settings
from trackform.flow.setup import USUAL_RATES, Product, Setup
from trackform.flow.simulate import Outcome, play

OFFER = Decimal("12.5")


def booked(outcome: Outcome) -> list[tuple[str, float, str, str]]:
    """The rows of the simulator as the sandbox's log has them."""
    return [(row.type, float(row.payout), row.status, f"tf.{row.connection}") for row in outcome.rows]


@settings(max_examples=25, deadline=None)
@given(given_setup=setups(), chosen=ALL_SETTINGS)
def test_they_agree_on_intact_and_broken_set_ups(
    house: House, given_setup: tuple[Setup, Product], chosen: Settings
) -> None:
    setup, product = given_setup
    stage = house.staged(setup, product, chosen)
    one_currency = {one.currency for one in (product, *product.upsells)} == {setup.account_currency}
    for sequence in sequences_of(product):
        simulated = play(setup, product, sequence.steps, chosen)
        played = stage.play(sequence.steps)
        assert booked(simulated) == played.rows, sequence.name
        if one_currency and "test" not in sequence.name:
            assert float(simulated.earned) == played.earned


OF_THE_FLOW = [
    (f"{rule}: {what}", change)
    for rule, what, change in [("intact", "", dict.copy), *BREAKS]
    if rule.startswith(
        ("intact", "type-m", "type-in", "event", "sum", "product", "returns", "click-id", "currency", "offer-cid")
    )
    or rule == "postback-address"
]


@pytest.mark.parametrize("change", [change for _, change in OF_THE_FLOW], ids=[name for name, _ in OF_THE_FLOW])
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=accounts(), chosen=ALL_SETTINGS)
def test_they_agree_on_account_files(
    house: House, change: Callable[[Data], None], data: Data, chosen: Settings
) -> None:
    """Intact, and with each of the mistakes that the rules know."""
    broken = copy.deepcopy(data)
    change(broken)
    sold = Flow(composed(broken)).sold[0]
    # Rates and payout are the stage's own.
    setup = replace(sold.setup, rates=USUAL_RATES, offer_payout=OFFER)
    stage = house.staged(setup, sold.product, chosen)
    for sequence in sequences_of(sold.product):
        simulated = play(setup, sold.product, sequence.steps, chosen)
        assert booked(simulated) == stage.play(sequence.steps).rows, sequence.name
