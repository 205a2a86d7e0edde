"""The flow matrix, to the letter."""

from dataclasses import replace

from tests.trackform.flow.stage import MAIN, UPSELLS
from tests.trackform.flow.test_proof import KNOWN, PURCHASE, RETURNS, SALES, cell, sending, set_up
from trackform.flow.matrix import HEAD, because, lines, markdown
from trackform.flow.setup import SoldProduct

SHOP = SoldProduct(MAIN, upsells=(SoldProduct(UPSELLS[0]),))
TOLD = set_up(SALES, RETURNS, forward=PURCHASE)
OPEN = cell(set_up(SALES, RETURNS), "sale, refund")
WRONG = cell(set_up(), "sale")
COMBINED = cell(set_up(SALES, sending("m", "payment", sum="0", type="{transaction_type}"), mode="by_event_id"), "sale")


def test_a_line_for_people_and_for_machines() -> None:
    setup = set_up(SALES, RETURNS)
    (line,) = lines("guide", [cell(setup, "sale, upsell, refund of the upsell", known=KNOWN)])
    assert line.cells() == (
        "guide", "sale, upsell, refund of the upsell", "3", "initial_sale, upsell, refund", "23.50", "23.50", "-",
        "proved",
    )  # fmt: skip
    assert line.row() == {
        "product": "guide", "sequence": "sale, upsell, refund of the upsell", "conversions": 3,
        "types": {"initial_sale": 1, "upsell": 1, "refund": 1}, "total": "23.50", "expected": "23.50", "told": [],
        "verdict": "proved", "because": "",
    }  # fmt: skip


def test_what_is_told_and_how_often() -> None:
    two = replace(SHOP, upsells=(SoldProduct(UPSELLS[0]), SoldProduct(UPSELLS[1])))
    setup = replace(TOLD, channels=("facebook",))
    (line,) = lines("guide", [cell(setup, "sale, several upsells", two)])
    assert line.cells()[3] == "initial_sale, upsell x2"
    assert line.cells()[6] == ", ".join(["facebook: Purchase 23.50"] * 3)
    assert line.channel_events == ["facebook: Purchase 23.50"] * 3
    assert lines("guide", []) == []


def test_why_a_cell_is_not_proved() -> None:
    assert because(cell(set_up(SALES), "sale")) == ""
    assert because(WRONG) == "after the sale 0.00 is booked, 23.50 is earned"
    assert because(OPEN) == "on negative_sum=ignored, refund_amount=positive, refund_amount=zero"
    assert because(COMBINED) == "on event_ids=across_types and order=reversed"
    (line,) = lines("guide", [WRONG])
    assert line.cells()[2:4] == ("0", "-")
    assert line.cells()[-1] == "wrong: after the sale 0.00 is booked, 23.50 is earned"


def test_the_table() -> None:
    assert HEAD == (
        "product", "sequence", "conversions", "types", "total", "expected", "told to the channel", "verdict",
    )  # fmt: skip
    assert markdown(lines("a|b", [WRONG])) == (
        "| product | sequence | conversions | types | total | expected | told to the channel | verdict |\n"
        "| --- | --- | --- | --- | --- | --- | --- | --- |\n"
        "| a\\|b | sale | 0 | - | 0.00 | 23.50 | - | wrong: after the sale 0.00 is booked, 23.50 is earned |\n"
    )
    assert markdown([]).count("\n") == 2
