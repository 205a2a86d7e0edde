"""Whatever happens, on whichever settings together: what is answered is so, or at most likely; nothing contradicts."""

import random
from typing import Any

import pytest

from tests.machines import for_machines
from tests.trackform.probe.stage import RETURNS, SALES, ProbeStage
from tests.trackform.probe.test_every_switch import (
    BARE,
    BILLING,
    EUROS,
    FORM,
    FREE,
    NOTICES,
    SCENES,
    TIMED,
    TOLD_APART,
    TWICE,
    values_of,
)
from tests.trackform.reconcile.stage import Row
from trackform.sandbox.switches import Switches

EVENTS = ("upsell", "add_on", "rebill", "refund", "partial_refund", "chargeback", "missed_payment", "repeat")
SEEDS = (*range(10), 20, 56, 61, 66, 93, 97, 143)
"""Some, and those that once met with a wrong answer."""
MODES = ("by_event_id", "create_new", "new_repeated", "ignore", "edit", "increment")


def connections(chance: random.Random) -> Row:
    """A set of connections: one for sales, and some more."""
    made = {"sales": chance.choice([SALES, TWICE, TIMED, EUROS])}
    some = {"returns": chance.choice([RETURNS, TOLD_APART]), "notices": NOTICES, "bare": BARE, "free": FREE,
            "billing": BILLING}  # fmt: skip
    return made | {name: entry for name, entry in some.items() if chance.random() < 0.6}


def play(stage: ProbeStage, chance: random.Random) -> None:
    if chance.random() < 0.7:
        stage.control("products", {"id": "411530", "billing_type": "subscription"})
    for _ in range(3):
        order = stage.sale()
        for event in chance.choices(EVENTS, k=4):
            stage.advance(minutes=chance.choice([1, 90, 3000, 40000]))
            more: dict[str, Any] = {"order_id": order}
            more |= {"product_id": chance.choice(["411531", "411532"])} if event in ("upsell", "add_on") else {}
            more |= {"share": "0.3"} if event == "partial_refund" else {}
            body = {"event": event, "key": "123456-canary-ds-9a8b7c", **more}
            # Some cannot happen, such as a second refund of all.
            stage.web.post("/_control/orders", json=body)
    stage.advance(minutes=90)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_answered_is_so_and_the_sandbox_is_as_its_recording(stage: ProbeStage, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- examples, no secrets
    switched = {name: chance.choice(values_of(name)) for name in SCENES if name != "page_cap"}
    stage.switch(**switched)
    offer_url = chance.choice(["", "", FORM])
    stage.declare(postbacks=connections(chance), duplicates=chance.choice(MODES), offer_url=offer_url,
                  expires=chance.choice(["off", 30]))  # fmt: skip
    play(stage, chance)
    document = for_machines(stage.probe("--json", "--record", "recording.json").stdout)
    answers = {row["setting"]: row for row in document["stacks"]["demo"]["answers"]}
    wrong = {name: (answers[name]["answer"], value) for name, value in switched.items()
             if answers[name]["sure"] == "certain" and answers[name]["answer"] != str(value)}  # fmt: skip
    assert (wrong, document["contradictions"]) == ({}, [])
    default = Switches()
    assert {place[:2] for place in stage.unlike()} == {
        ("switch", name) for name in switched
        if answers[name]["answer"] and str(getattr(default, name)) != answers[name]["answer"]
    }  # fmt: skip
