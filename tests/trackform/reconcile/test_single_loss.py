"""Random orders on the sandbox: nothing is found without a loss, and with one exactly that one."""

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.trackform.reconcile.stage import Stage

Row = dict[str, Any]
Loss = Callable[[Stage, Row], None]

LOSSES: dict[str, tuple[str, Loss]] = {
    "none": ("", lambda _stage, _row: None),
    "deleted": ("missing", lambda stage, row: stage.delete(row)),
    "twice": ("doubled", lambda stage, row: stage.double(row)),
    "amount": ("wrong_amount", lambda stage, row: stage.put(row, payout_network=row["payout_network"] + 1)),
    "payout": ("wrong_amount", lambda stage, row: stage.put(row, payout=row["payout"] * 2)),
    "currency": ("wrong_currency", lambda stage, row: stage.put(row, currency="GBP")),
    "type": ("wrong_type", lambda stage, row: stage.put(row, type="default", default_type=1)),
    "click": ("wrong_click", lambda stage, row: stage.put(row, clickid="f" * 24)),
    "status": ("wrong_status", lambda stage, row: stage.put(row, status="declined")),
    "unknown": ("surplus", lambda stage, row: stage.double(row, deduplicate_token=of_no_payment(row), payout=5)),
}


def of_no_payment(row: Row) -> str:
    """The event id of the same connection for a transaction that nobody knows."""
    transaction_id, rest = row["deduplicate_token"].split("-", 1)
    return f"{int(transaction_id) + 5_000_000}-{rest}"


ORDERS = st.lists(
    st.lists(st.sampled_from(["upsell", "rebill", "refund", "partial_refund", "chargeback", "repeat"]), max_size=4),
    min_size=1, max_size=3,
)  # fmt: skip


def play(stage: Stage, follow_ups: list[str]) -> None:
    """A sale and what follows; what cannot happen then does not."""
    order = stage.sale()
    for event in follow_ups:
        more: Row = {"upsell": {"product_id": "411532"}, "rebill": {"product_id": "411532"}}.get(event, {})
        if event == "partial_refund":
            more = {"share": "0.3"}
        body = {"event": event, "key": "123456-canary-ds-9a8b7c", "order_id": order, **more}
        stage.web.post("/_control/orders", json=body)


@example(orders=[["upsell", "rebill", "partial_refund", "refund"]], loss="click", pick=1, foreign=True)
@example(orders=[["refund", "chargeback"], ["repeat"]], loss="unknown", pick=0, foreign=False)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(orders=ORDERS, loss=st.sampled_from(sorted(LOSSES)), pick=st.integers(0, 1000), foreign=st.booleans())
def test_a_single_loss_is_found_and_nothing_else(
    stage: Stage, orders: list[list[str]], loss: str, pick: int, foreign: bool
) -> None:
    stage.again()
    for follow_ups in orders:
        play(stage, follow_ups)
    if foreign:
        stage.order("sale", product_id="411530", click_id="another-tracker")
    # The chargeback of a payment that was refunded before moves no money: nothing of it can be lost.
    rows = [one for one in stage.conversions if one["payout"]]
    row = rows[pick % len(rows)]
    kind, lose = LOSSES[loss]
    lose(stage, row)
    document, status = stage.found()
    found = [(finding["kind"], finding["transaction_id"]) for finding in document["findings"]]
    where = "" if loss == "unknown" else row["deduplicate_token"].partition("-")[0]
    assert found == ([(kind, where)] if kind else [])
    assert status == (2 if kind else 0)
    assert len(document["apart"]) == foreign
