"""What nobody has entered yet is no change that somebody made outside: `trackform accept` has nothing to take."""

from typing import Any

import pytest

from trackform.accept.drift import drift_of
from trackform.preview.plan import read_plan

URN = "urn:pulumi:demo::trackform::pulumi-python:dynamic/digistore24:PostbackConnection::sales"
APPLIED = {"name": "sales", "currency": "USD", "active": True}


def preview(status: str, confirmed: dict[str, Any], declared: dict[str, Any]) -> dict[str, Any]:
    old = {"id": "tf.sales", "inputs": {**confirmed, "status": status}}
    new = {"id": "tf.sales", "inputs": {**declared, "status": status}}
    before = {"id": "tf.sales", "inputs": APPLIED, "outputs": APPLIED}
    steps = [
        {"op": "refresh", "urn": URN, "oldState": before},
        {"op": "update", "urn": URN, "oldState": old, "newState": new},
    ]
    return {"steps": steps}


@pytest.mark.parametrize("confirmed", [{"name": "sales"}, {**APPLIED, "currency": "EUR"}])
def test_an_open_step_is_not_drift(confirmed: dict[str, Any]) -> None:
    assert drift_of(read_plan(preview("awaiting operator", confirmed, APPLIED), "demo")).changes == []


def test_a_change_over_a_bridge_is() -> None:
    found = drift_of(read_plan(preview("over the bridge", {**APPLIED, "currency": "EUR"}, APPLIED), "demo")).changes
    assert [(change.field, change.live, change.why) for change in found] == [("currency", "EUR", "drift")]


CAMPAIGN = "urn:pulumi:demo::trackform::pulumi-python:dynamic/redtrack:Campaign::fb"


@pytest.mark.parametrize("awaited", [["tf.sales"], [], ["tf.sales", "tf.more"]])
def test_a_campaign_that_waits_for_its_connections_is_not_drift(awaited: list[str]) -> None:
    """Neither its pause nor what it waits for is anything that a file could take."""
    was = {"title": "fb", "starts_after": ["tf.sales"]}
    applied = {"id": "c1", "inputs": was, "outputs": {**was, "changed_outside": {}}}
    now = {"id": "c1", "inputs": {"title": "fb", "starts_after": awaited}}
    steps = [
        {"op": "refresh", "urn": CAMPAIGN, "oldState": applied, "newState": applied},
        {"op": "update", "urn": CAMPAIGN, "oldState": applied, "newState": now},
    ]
    assert drift_of(read_plan({"steps": steps}, "demo")).changes == []
