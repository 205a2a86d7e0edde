"""Previews that the real engine made on a sandbox (see record.py), and what a review makes of them."""

import copy
import json
from pathlib import Path
from typing import Any

from trackform.preview.plan import read_plan
from trackform.review.judge import judge
from trackform.review.model import FieldChange, Item, Review

DATA = Path(__file__).parents[2] / "data" / "previews"


def recorded(name: str) -> Any:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


def reviewed(name: str) -> Review:
    return judge(read_plan(recorded(name), "demo"))


def item(review: Review, change: str, ref: str) -> Item:
    (found,) = (one for one in review.items if one.change == change and one.ref == ref)
    return found


def field(review: Review, change: str, ref: str, name: str) -> FieldChange:
    (found,) = (one for one in item(review, change, ref).fields if one.name == name)
    return found


def step(data: Any, ref: str, op: str | None = None) -> Any:
    """The planned step of one object in a preview's JSON, to change it: `Type/name`."""
    kind, _, name = ref.partition("/")
    (found,) = (
        one
        for one in data["steps"]
        if one["urn"].endswith(f":{kind}::{name}") and (one["op"] == op if op else one["op"] != "refresh")
    )
    return found


def account(data: Any) -> Any:
    """The inputs of the `Account`, as its check answered."""
    (found,) = (one for one in data["steps"] if "trackform:Account::" in one["urn"] and one.get("newState"))
    return found["newState"]["inputs"]


def many(data: Any, count: int, *, op: str = "create") -> Any:
    """A preview with this many offers more, made from a recorded create."""
    data = copy.deepcopy(data)
    like = step(data, "Offer/keto-guide", op)
    for n in range(count):
        each = copy.deepcopy(like)
        each["urn"] = each["urn"].removesuffix("keto-guide") + f"offer-{n:05}"
        each["newState"]["inputs"]["title"] = f"offer-{n:05}"
        data["steps"].append(each)
    return data
