"""Assumptions about the live services: what is not known of them and decides what is booked or told."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

AXES: dict[str, tuple[str, ...]] = {
    "missing_sum": ("zero", "offer_payout"),
    "negative_sum": ("booked", "ignored"),
    "zero_sum": ("booked", "missing"),
    "refund_amount": ("negative", "positive", "zero"),
    "notice_amount": ("zero", "payment", "empty"),
    "return_ids": ("own", "payments"),
    "upsell_ids": ("own", "shared"),
    "rebill_type": ("as_bought", "rebill"),
    "retries": ("same", "anew"),
    "currency_macro": ("converted", "purchase"),
    "repeated_parameter": ("first", "last"),
    "duplicates": ("per_click", "per_click_and_type"),
    "event_ids": ("within_type", "across_types"),
    "expiration_unit": ("days", "hours"),
    "link_cid": ("kept", "lost"),
    "order": ("declared", "reversed"),
}
"""Name of a setting -> its values, the likeliest first. All but `order` are switches of the sandbox, too."""

MEANING: dict[str, str] = {
    "missing_sum": "what a postback without `sum` books",
    "negative_sum": "whether a postback with a negative sum is booked",
    "zero_sum": "whether `sum=0` is a sum, or counts as none",
    "refund_amount": "the sign of Digistore24's {amount_affiliate} on refunds and chargebacks",
    "notice_amount": "what {amount_affiliate} says on an event that moves no money: 0.00, what a payment has, nothing",
    "return_ids": "whether {transaction_id} of a refund or chargeback is its own, or that of the payment",
    "upsell_ids": "whether products of one checkout have a {transaction_id} each, or share one",
    "rebill_type": "whether {order_type} of a rebill is that of the first payment, or `rebill`",
    "retries": "whether {random}, {billing_status} and the times are rendered anew when an event is delivered again",
    "currency_macro": "whether {currency} names what the connection converts to, or what the buyer paid in",
    "repeated_parameter": "which value of a postback's repeated parameter RedTrack reads",
    "duplicates": "whether a second conversion of a click is a duplicate, or only one of the same type",
    "event_ids": "whether `rdtk_event_id` is compared within a conversion type or across all of them",
    "expiration_unit": "the unit of an offer source's click expiration",
    "link_cid": "whether `cid` survives links with `aff=` or `#aff=`, and those of go.….digistore24.com",
    "order": "in which order Digistore24 calls the connections of one order event",
}


LIKELIEST = "the likeliest settings"


@dataclass(frozen=True)
class Assumptions:
    """One way in which the live services may behave. The defaults are the likeliest."""

    missing_sum: Literal["zero", "offer_payout"] = "zero"
    negative_sum: Literal["booked", "ignored"] = "booked"
    zero_sum: Literal["booked", "missing"] = "booked"
    refund_amount: Literal["negative", "positive", "zero"] = "negative"
    notice_amount: Literal["zero", "payment", "empty"] = "zero"
    return_ids: Literal["own", "payments"] = "own"
    upsell_ids: Literal["own", "shared"] = "own"
    rebill_type: Literal["as_bought", "rebill"] = "as_bought"
    retries: Literal["same", "anew"] = "same"
    currency_macro: Literal["converted", "purchase"] = "converted"
    repeated_parameter: Literal["first", "last"] = "first"
    duplicates: Literal["per_click", "per_click_and_type"] = "per_click"
    event_ids: Literal["within_type", "across_types"] = "within_type"
    expiration_unit: Literal["days", "hours"] = "days"
    link_cid: Literal["kept", "lost"] = "kept"
    order: Literal["declared", "reversed"] = "declared"

    def said(self, axes: Collection[str]) -> str:
        """Those of these settings that are not the likeliest, in words."""
        others = (f"{name}={value}" for name, value in self.unlike(Assumptions()) if name in axes)
        return ", ".join(others) or LIKELIEST

    def unlike(self, other: "Assumptions") -> tuple[tuple[str, str], ...]:
        """The settings, with their values here, in which the two differ."""
        return tuple((name, mine) for name in AXES if (mine := str(getattr(self, name))) != str(getattr(other, name)))


class ConsultedAssumptions(Assumptions):
    """Assumptions that note which of them a simulation asked for, and for which connections.

    What was not asked for cannot have changed the outcome: that is how the proof finds the settings that matter.
    """

    def __init__(self, assumptions: Assumptions) -> None:
        vars(self).update(vars(assumptions))
        consulted: dict[str, set[str]] = {}
        object.__setattr__(self, "consulted", consulted)
        object.__setattr__(self, "about", ("",))

    consulted: dict[str, set[str]]
    """Setting -> the connections that it was asked for."""
    about: Collection[str]

    def concerning(self, *connections: str) -> None:
        """From now on it is asked for these connections; for none in particular: for all."""
        object.__setattr__(self, "about", connections)

    def __getattribute__(self, name: str) -> Any:
        if name in AXES:
            here = object.__getattribute__(self, "consulted").setdefault(name, set())
            here.update(object.__getattribute__(self, "about"))
        return object.__getattribute__(self, name)


def variants(start: Assumptions, axes: Collection[str]) -> Iterator[tuple[str, Assumptions]]:
    """Each of these settings alone with each of its other values."""
    for axis, values in AXES.items():
        for value in values if axis in axes else ():
            if value != getattr(start, axis):
                yield axis, replace(start, **{axis: value})  # type: ignore[arg-type]
