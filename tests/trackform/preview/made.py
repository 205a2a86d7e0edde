"""Previews of one object, made up in the shape that the CLI prints."""

from typing import Any

STEPS = "urn:pulumi:demo::trackform::"
OFFER = "pulumi-python:dynamic/redtrack:Offer"
BEFORE = {"account": "demo", "title": "keto", "url": "https://x.test/?cid={clickid}", "notes": "before"}
AFTER = {**BEFORE, "notes": "after"}
THEIRS = {**BEFORE, "notes": "theirs"}
Values = dict[str, Any]


def step(op: str, name: str, old: Values | None = None, new: Values | None = None, kind: str = OFFER) -> Values:
    """A step with the inputs of its states."""
    found: Values = {"op": op, "urn": f"{STEPS}{kind}::{name}"}
    if old is not None:
        found["oldState"] = {"id": "1", "inputs": old, "outputs": {**old, "object_id": "1"}}
    if new is not None:
        found["newState"] = {"inputs": new}
    return found


def preview(*steps: Values) -> Values:
    return {"config": {}, "steps": list(steps)}


def planned(op: str, name: str) -> Values:
    """A preview that plans this for an offer."""
    read = step("refresh", name, BEFORE)
    plans = {
        "create": [step("create", name, new=AFTER)],
        "gone": [read, step("create", name, new=BEFORE)],
        "update": [read, step("update", name, BEFORE, AFTER)],
        "drift": [read, step("update", name, THEIRS, BEFORE)],
        "replace": [read, step("replace", name, BEFORE, AFTER)],
        "delete": [read, step("delete", name, BEFORE)],
        "leftover": [read, step("same", name, BEFORE, BEFORE), step("delete-replaced", name, THEIRS)],
    }
    if op == "leftover":
        plans[op][-1]["oldState"] |= {"id": "0", "delete": True}
    return preview(*plans[op])
