"""The simulator and the sandbox are two implementations of the same facts: they agree, whatever the set-up."""

import copy
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from tests.thorough import examples, half
from tests.trackform.flow.stage import (
    ALL_SETTINGS,
    MAIN,
    MODES,
    NAMES,
    TOKEN,
    UPSELLS,
    USUAL,
    WEIRD,
    House,
    setups,
    url_of,
)
from tests.trackform.rules.accounts import BREAKS, Data, accounts, composed
from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.booking import STATUSES
from trackform.flow.build import Flow
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import USUAL_RATES, Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.flow.simulate import Simulation, play

OFFER = Decimal("12.5")


def booked(outcome: Simulation) -> list[tuple[str, float, str, str]]:
    """The rows of the simulator as the sandbox's log has them."""
    return [(row.type, float(row.payout), row.status, f"tf.{row.connection}") for row in outcome.rows]


@settings(max_examples=examples(15, thorough=25), deadline=None)
@given(given_setup=setups(), chosen=ALL_SETTINGS)
def test_they_agree_on_intact_and_broken_set_ups(
    house: House, given_setup: tuple[Setup, SoldProduct], chosen: Assumptions
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


SHOP = SoldProduct(
    MAIN, "subscription", upsells=(SoldProduct(UPSELLS[0]), SoldProduct(UPSELLS[1], "installment", currency="EUR"))
)
PLAIN = (
    Connection("sales", url_of("sales", USUAL), frozenset(["payment"]), frozenset(["all"]), "USD"),
    Connection(
        "returns", url_of("returns", USUAL | {"type": "{transaction_type}"}),
        frozenset(["refund", "chargeback", "payment_missed", "rebill_resumed"]), frozenset(["all"]), "USD",
    ),
)  # fmt: skip
KINDS = {name: DeclaredType(name, "by_event_id") for name in NAMES}
INTACT = Setup(PLAIN, KINDS, offer_payout=OFFER)


def odd(**changes: Any) -> Setup:
    """The sales connection is another."""
    return replace(INTACT, connections=(replace(PLAIN[0], **changes), PLAIN[1]))


ODDITIES: list[tuple[str, Setup, Assumptions]] = [
    ("intact", INTACT, Assumptions()),
    *((f"{name}={value}", odd(url=url_of("sales", USUAL | {name: value})), Assumptions())
      for name, values in WEIRD.items() for value in values),
    *((f"mode {mode}", replace(INTACT, types={name: DeclaredType(name, mode) for name in NAMES}), chosen)
      for mode in MODES for chosen in (Assumptions(), Assumptions(duplicates="per_click_and_type"))),
    *((f"the offer source's mode {mode}", replace(INTACT, types={}, source=Source(mode=mode)), Assumptions())
      for mode in MODES),
    # A refund comes on day 240, a chargeback on day 300, the last of three rebills on day 270.
    *((f"clicks of {days} days", replace(INTACT, source=Source(expiration=days)), Assumptions())
      for days in (179, 180, 239, 240, 269, 270, 299, 300)),
    *((f"a sum in {currency or 'its own currency'}", odd(currency=currency), Assumptions())
      for currency in ("", "EUR", "GBP", "XYZ")),
    *((f"a source in {source or '-'}, an account in {account}", replace(INTACT, source=Source(source),
       account_currency=account), Assumptions()) for source in ("", "USD", "EUR", "XYZ") for account in ("USD", "EUR")),
    *((f"the token {sent or '-'}", replace(odd(token=sent), source=Source(token=TOKEN)), Assumptions())
      for sent in ("", TOKEN, "stale")),
    *((f"conversions that begin as {status}", replace(INTACT, default_status=status), Assumptions())
      for status in STATUSES),
    ("asleep", odd(active=False), Assumptions()),
    ("one product", odd(products=frozenset([MAIN])), Assumptions()),
    *((f"{axis}={value}", odd(url=url_of("sales", USUAL | {"sum": None} if axis == "missing_sum" else USUAL)),
       Assumptions(**{axis: value})) for axis, values in AXES.items() for value in values),  # type: ignore[arg-type]
]  # fmt: skip
"""One thing each that is not as it should be, whatever the generated set-ups happen to have."""


@pytest.mark.parametrize("number", range(len(ODDITIES)), ids=[one[0] for one in ODDITIES])
def test_they_agree_on_each_oddity(house: House, number: int) -> None:
    _, setup, chosen = ODDITIES[number]
    stage = house.staged(setup, SHOP, chosen)
    sequences = half(list(sequences_of(SHOP)), number)
    played = stage.play_all([sequence.steps for sequence in sequences])
    for sequence in sequences:
        assert booked(play(setup, SHOP, sequence.steps, chosen)) == played[sequence.steps].rows, sequence.name


OF_THE_FLOW = [
    (f"{rule}: {what}", change)
    for rule, what, change in [("intact", "", dict.copy), *BREAKS]
    if rule.startswith(
        ("intact", "type-m", "type-in", "event", "sum", "product", "returns", "click-id", "currency", "offer-cid")
    )
    or rule == "postback-address"
]


@pytest.mark.parametrize("change", [change for _, change in OF_THE_FLOW], ids=[name for name, _ in OF_THE_FLOW])
@settings(
    max_examples=examples(2, thorough=3),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],
)
@given(data=accounts(), chosen=ALL_SETTINGS)
def test_they_agree_on_account_files(
    house: House, change: Callable[[Data], None], data: Data, chosen: Assumptions
) -> None:
    """Intact, and with each of the mistakes that the rules know."""
    broken = copy.deepcopy(data)
    change(broken)
    sold = Flow(composed(broken)).sold[0]
    # Rates and payout are the stage's own.
    setup = replace(sold.setup, rates=USUAL_RATES, offer_payout=OFFER)
    stage = house.staged(setup, sold.product, chosen)
    sequences = list(sequences_of(sold.product))
    played = stage.play_all([sequence.steps for sequence in sequences])
    for sequence in sequences:
        simulated = play(setup, sold.product, sequence.steps, chosen)
        assert booked(simulated) == played[sequence.steps].rows, sequence.name
