"""The steps of a sequence as order events that a sandbox is asked for."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.flow.orders import PART, SequenceStep

FREE = "0.00"
"""The first payment of a trial."""


@dataclass
class PlayedOrder:
    """The orders of one click, as they are played: ``promolink`` is where it led."""

    promolink: str
    _orders: dict[int, str] = field(default_factory=dict)
    _steps: list[str] = field(default_factory=list)
    """Transaction of each step."""

    def body(self, step: SequenceStep) -> dict[str, Any]:
        """What the sandbox is asked for."""
        if step.event in ("sale", "trial"):
            sale = {"event": "sale", "promolink": self.promolink, "product_id": step.product}
            return sale | ({"amount": FREE} if step.event == "trial" else {})
        if step.event == "test_order":
            return {"event": "test_order", "product_id": step.product}
        body: dict[str, Any] = {"event": step.event, "order_id": self._orders.get(step.order, "")}
        if step.event == "repeat":
            return body | {"transaction_id": self._steps[len(self._steps) - 1 if step.of is None else step.of]}
        share = {"share": str(PART)} if step.event == "partial_refund" else {}
        return body | {"product_id": step.product} | share

    def note(self, step: SequenceStep, answer: Mapping[str, Any]) -> None:
        """What the sandbox answered to a step."""
        self._orders[step.order] = str(answer["order_id"])
        self._steps.append(str(answer["transaction_id"]))
