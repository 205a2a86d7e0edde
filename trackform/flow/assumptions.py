"""Assumptions about the live services: what is not known of them and decides what is booked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from itertools import product
from typing import Literal

AXES: dict[str, tuple[str, ...]] = {
    "missing_sum": ("zero", "offer_payout"),
    "negative_sum": ("booked", "ignored"),
    "refund_amount": ("negative", "positive", "zero"),
    "duplicates": ("per_click", "per_click_and_type"),
    "event_ids": ("within_type", "across_types"),
    "order": ("declared", "reversed"),
}
"""Name of a setting -> its values, the likeliest first. All but `order` are switches of the sandbox, too."""

MEANING: dict[str, str] = {
    "missing_sum": "what a postback without `sum` books",
    "negative_sum": "whether a postback with a negative sum is booked",
    "refund_amount": "the sign of Digistore24's {amount_affiliate} on refunds and chargebacks",
    "duplicates": "whether a second conversion of a click is a duplicate, or only one of the same type",
    "event_ids": "whether `rdtk_event_id` is compared within a conversion type or across all of them",
    "order": "in which order Digistore24 calls the connections of one order event",
}


@dataclass(frozen=True)
class Assumptions:
    """One way in which the live services may behave. The defaults are the likeliest."""

    missing_sum: Literal["zero", "offer_payout"] = "zero"
    negative_sum: Literal["booked", "ignored"] = "booked"
    refund_amount: Literal["negative", "positive", "zero"] = "negative"
    duplicates: Literal["per_click", "per_click_and_type"] = "per_click"
    event_ids: Literal["within_type", "across_types"] = "within_type"
    order: Literal["declared", "reversed"] = "declared"

    def said(self, axes: Collection[str]) -> str:
        return ", ".join(f"{axis.name}={getattr(self, axis.name)}" for axis in fields(self) if axis.name in axes)


def every_setting(axes: Collection[str], known: Mapping[str, str]) -> list[Assumptions]:
    """All combinations of the axes that matter, with what is known taken as given; the likeliest one first."""
    open_axes = [name for name in AXES if name in axes and name not in known]
    return [
        Assumptions(**{**known, **dict(zip(open_axes, values, strict=True))})  # type: ignore[arg-type]
        for values in product(*(AXES[name] for name in open_axes))
    ]
