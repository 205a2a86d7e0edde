"""What a sandbox is asked for, step by step."""

from typing import Any

import pytest

from trackform.flow.orders import PART, Event, SequenceStep
from trackform.verify.order_events import PlayedOrder

LINK = "https://www.digistore24.com/redir/411530/acme?cid=c1"


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("sale", {"event": "sale", "promolink": LINK, "product_id": "411530"}),
        ("trial", {"event": "sale", "promolink": LINK, "product_id": "411530", "amount": "0.00"}),
        ("test_order", {"event": "test_order", "product_id": "411530"}),
        ("refund", {"event": "refund", "order_id": "o1", "product_id": "411530"}),
        ("upsell", {"event": "upsell", "order_id": "o1", "product_id": "411530"}),
        ("add_on", {"event": "add_on", "order_id": "o1", "product_id": "411530"}),
        ("partial_refund", {"event": "partial_refund", "order_id": "o1", "product_id": "411530", "share": str(PART)}),
        ("repeat", {"event": "repeat", "order_id": "o1", "transaction_id": "71"}),
    ],
)
def test_what_the_sandbox_is_told_of_each_event(event: Event, body: dict[str, Any]) -> None:
    order = PlayedOrder(LINK)
    order.note(SequenceStep("sale", "411530"), {"order_id": "o1", "transaction_id": "71"})
    assert order.body(SequenceStep(event, "411530")) == body


def test_which_order_and_which_event_are_meant() -> None:
    order = PlayedOrder(LINK)
    for at in (0, 1):
        order.note(SequenceStep("sale", "411530", order=at), {"order_id": f"o{at}", "transaction_id": f"7{at}"})
    assert order.body(SequenceStep("refund", "411530", order=0))["order_id"] == "o0"
    assert order.body(SequenceStep("refund", "411530", order=1))["order_id"] == "o1"
    assert order.body(SequenceStep("repeat", "411530"))["transaction_id"] == "71"
    assert order.body(SequenceStep("repeat", "411530", of=0))["transaction_id"] == "70"
