"""What is not known of the live services: each setting decides something, and the proof looks at all that matter."""

import copy
from collections.abc import Callable
from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.trackform.flow.stage import ALL_SETTINGS, MAIN, UPSELLS, USUAL, House, setups, url_of
from tests.trackform.flow.test_agreement import ODDITIES, booked
from tests.trackform.flow.test_agreement import SHOP as EVERYTHING
from tests.trackform.rules.accounts import Data, accounts, at, both, composed
from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.build import Flow
from trackform.flow.orders import SequenceStep
from trackform.flow.proof import prove, settings_that_matter
from trackform.flow.sequences import sequences_of
from trackform.flow.setup import USUAL_RATES, Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.flow.simulate import play
from trackform.policy import Policy
from trackform.rules import check
from trackform.sandbox.switches import Switches
from trackform.verify.sandbox import SWITCHES

SALE, UPSELL, REFUND = SequenceStep("sale", MAIN), SequenceStep("upsell", UPSELLS[0]), SequenceStep("refund", MAIN)
MISSED, REBILL = SequenceStep("missed_payment", MAIN), SequenceStep("rebill", MAIN)
PART = SequenceStep("partial_refund", MAIN)
SHOP = SoldProduct(MAIN, "subscription", upsells=(SoldProduct(UPSELLS[0]),))
OFFER = Decimal("12.5")
HALF_A_CENT = 0.005
Steps = tuple[SequenceStep, ...]


def sending(name: str, *events: str, **params: str | None) -> Connection:
    return Connection(name, url_of(name, USUAL | params), frozenset(events), frozenset(["all"]))


def set_up(mode: str, *connections: Connection) -> Setup:
    names = ("initial_sale", "upsell", "payment", "refund")
    return Setup(connections, {name: DeclaredType(name, mode) for name in names}, offer_payout=OFFER)


RETURNS = sending("returns", "refund", type="{transaction_type}")
TWICE = (sending("nothing", "payment", sum="0", type="{transaction_type}"), sending("all", "payment"))
DECIDED: dict[str, tuple[Setup, Steps, dict[str, str]]] = {
    "missing_sum": (set_up("by_event_id", sending("sales", "payment", sum=None)), (SALE,), {}),
    "negative_sum": (set_up("by_event_id", sending("sales", "payment"), RETURNS), (SALE, REFUND), {}),
    "refund_amount": (set_up("by_event_id", sending("sales", "payment"), RETURNS), (SALE, REFUND), {}),
    "duplicates": (set_up("ignore", sending("sales", "payment")), (SALE, UPSELL), {}),
    "event_ids": (set_up("by_event_id", *TWICE), (SALE,), {}),
    "order": (set_up("by_event_id", *TWICE), (SALE,), {"event_ids": "across_types"}),
    "zero_sum": (
        set_up("by_event_id", sending("more", "payment", sum="0")),
        (SALE,),
        {"missing_sum": "offer_payout"},
    ),
    "notice_amount": (
        set_up("by_event_id", sending("sales", "payment"), sending("notices", "payment_missed")),
        (SALE, MISSED),
        {"missing_sum": "offer_payout"},
    ),
    "return_ids": (set_up("by_event_id", sending("sales", "payment"), RETURNS), (SALE, PART, PART), {}),
    "upsell_ids": (
        set_up("by_event_id", sending("sales", "payment", type="{transaction_type}")),
        (SALE, UPSELL),
        {},
    ),
    "rebill_type": (
        set_up("by_event_id", sending("sales", "payment")),
        (SALE, REBILL, replace(REBILL, event="repeat")),
        {},
    ),
    "retries": (
        set_up("by_event_id", sending("sales", "payment", rdtk_event_id="{random}")),
        (SALE, replace(SALE, event="repeat")),
        {},
    ),
    "currency_macro": (
        set_up("by_event_id", replace(sending("sales", "payment", currency="{currency}"), currency="EUR")),
        (SALE,),
        {},
    ),
    "repeated_parameter": (
        set_up("by_event_id", sending("sales", "payment", sum="{amount_affiliate}|1")),
        (SALE,),
        {},
    ),
    "expiration_unit": (
        replace(set_up("by_event_id", sending("sales", "payment")), source=Source(expiration=200)),
        (replace(SALE, day=180),),
        {},
    ),
    "link_cid": (replace(set_up("by_event_id", sending("sales", "payment")), keeps_cid=False), (SALE,), {}),
}
"""For each setting a set-up and a sequence that it decides, with what else must be so."""


def test_every_setting_has_its_case_and_its_switch() -> None:
    assert set(DECIDED) == set(AXES) == set(asdict(Assumptions()))
    # The order of delivery is that in which connections were made: it needs no switch.
    assert set(AXES) - {"order"} == set(SWITCHES) <= set(Switches.model_fields)


@pytest.mark.parametrize("axis", AXES)
def test_a_setting_decides_the_same_in_the_simulator_and_in_the_sandbox(house: House, axis: str) -> None:
    setup, steps, also = DECIDED[axis]
    seen = []
    for value in AXES[axis]:
        chosen = Assumptions(**{**also, axis: value})  # type: ignore[arg-type]
        simulated = play(setup, SHOP, steps, chosen)
        assert booked(simulated) == house.staged(setup, SHOP, chosen).play(steps).rows
        seen.append(simulated.booked)
    assert len(set(seen)) == len(AXES[axis])
    assert axis in {name for each in settings_that_matter(setup, SHOP) for name, _ in each.unlike(Assumptions())}


@settings(max_examples=40, deadline=None)
@given(given_setup=setups(), chosen=ALL_SETTINGS, other=st.data())
def test_a_setting_that_is_not_tried_changes_nothing(
    given_setup: tuple[Setup, SoldProduct], chosen: Assumptions, other: st.DataObject
) -> None:
    setup, product = given_setup
    changed = {name: other.draw(st.sampled_from(values), label=name) for name, values in AXES.items()}
    for sequence in sequences_of(product):
        outcome = play(setup, product, sequence.steps, chosen)
        idle = {name: value for name, value in changed.items() if name not in outcome.consulted}
        assert play(setup, product, sequence.steps, replace(chosen, **idle)) == outcome  # type: ignore[arg-type]


def intact(_data: Data) -> None:
    """No change."""


OPEN: list[tuple[str, str, Callable[[Data], None]]] = [
    ("refund_amount", "positive", intact),
    ("refund_amount", "zero", intact),
    ("negative_sum", "ignored", intact),
    ("event_ids", "across_types", at("postbacks", "aaa", value={
        "events": ["payment"], "type": "billing_type", "sum": 0})),
    ("duplicates", "per_click", both(
        at("conversion_types", "initial_sale", "duplicates", value="ignore"),
        at("conversion_types", "upsell", "duplicates", value="ignore"))),
    ("missing_sum", "offer_payout", at("postbacks", "more", value={
        "events": ["payment"], "type": "billing_type", "event_id": "{transaction_id}-m",
        "url": "https://track.acme.test/postback?clickid={cid}&type={billing_type}"
               "&rdtk_event_id={transaction_id}-m&sub20=tf.more"})),
]  # fmt: skip
"""Account files that are right on all settings but one, with what the other values of it are proved by."""
BY_RULES = ("sum-missing", "sum-once", "event-mode", "recurring-mode", "type-macro")


@pytest.mark.parametrize(("axis", "value", "change"), OPEN, ids=[f"{axis}={value}" for axis, value, _ in OPEN])
@settings(max_examples=2, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=accounts())
def test_what_cannot_be_proved_goes_wrong_on_that_setting_in_the_sandbox(
    house: House, axis: str, value: str, change: Callable[[Data], None], data: Data
) -> None:
    data["products"] = {"product-0": {**data["products"]["product-0"], "billing": "single", "upsells": [411100]}}
    data["offers"] = {"product-0": {"payout": float(OFFER)}}
    data["funnels"]["all"]["offers"] = {"product-0": 100}
    changed = copy.deepcopy(data)
    change(changed)
    composition = composed(changed)
    # Everything else is known: only this question is open. The last connection made is called first.
    known = {name: values[0] for name, values in AXES.items() if name != axis} | {"order": "reversed"}
    policy = Policy(live=known, rules=dict.fromkeys(BY_RULES, "off"))
    said = [one.problem.message for one in check([("acme", composition)], policy) if one.rule in ("unproven", "booked")]
    assert said
    assert any(f"{axis}=" in one for one in said) is (value != AXES[axis][0]), said

    sold = Flow(composition).sold[0]
    setup = replace(sold.setup, rates=USUAL_RATES, offer_payout=OFFER)
    cells = {cell.sequence.name: cell for cell in prove(setup, sold.product, known)}
    wrong = set()
    for one in AXES[axis]:
        chosen = Assumptions(**{**known, axis: one})  # type: ignore[arg-type]
        stage = house.staged(setup, sold.product, chosen)
        for sequence in sequences_of(sold.product):
            earned = float(play(setup, sold.product, sequence.steps, chosen).earned)
            revenue = sum(row[1] for row in stage.play(sequence.steps).rows if row[2] == "approved")
            if abs(revenue - earned) > HALF_A_CENT:
                wrong.add(one)
                cell = cells[sequence.name]
                # What a sequence does not ask for changes nothing, and is not tried.
                assert (chosen if chosen in cell.tried else cell.assumptions) in cell.violations, (sequence.name, one)
    assert value in wrong


@settings(max_examples=60, deadline=None)
@given(
    oddity=st.sampled_from([setup for _, setup, _ in ODDITIES]),
    pair=st.lists(st.sampled_from(sorted(AXES)), min_size=2, max_size=2, unique=True),
    other=st.data(),
)
def test_a_pair_that_is_not_tried_fails_only_where_what_is_tried_of_it_does(
    oddity: Setup, pair: list[str], other: st.DataObject
) -> None:
    setup = replace(oddity, keeps_cid=other.draw(st.booleans()))
    chosen = Assumptions(**{axis: other.draw(st.sampled_from(AXES[axis][1:])) for axis in pair})  # type: ignore[arg-type]
    changed = set(chosen.unlike(Assumptions()))
    for cell in prove(setup, EVERYTHING, {}):
        outcome = play(setup, EVERYTHING, cell.sequence.steps, chosen)
        if any(booked != earned for booked, earned in outcome.balance):
            failing = [set(setting.unlike(Assumptions())) for setting in cell.violations]
            assert any(some <= changed for some in failing), cell.sequence.name
