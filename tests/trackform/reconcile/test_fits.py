"""Which conversion stands for a transaction where several could, and whole lines of all sorts at once."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest

from tests.kept import as_kept
from tests.trackform.reconcile.made import CLICK, DEMO, NIGHT, booking, conversion, only, terms, verdicts
from trackform.reconcile.compare import Terms, doubtful_clicks, reconcile
from trackform.reconcile.model import Booking, Conversion
from trackform.reconcile.report import as_document

OTHER = "f" * 24
UNTOLD = {1: None, 2: None, 3: None, 4: None}


@pytest.mark.parametrize(
    ("sub", "value", "unknown"),
    [
        (1, "411531", {"product_id": ""}), (2, "B", {"order_id": ""}), (3, "refund", {"kind": ""}),
        (4, "upsell", {"upsell": None}),
    ],
)  # fmt: skip
def test_each_fact_that_both_sides_tell_keeps_them_apart(sub: int, value: str, unknown: dict[str, Any]) -> None:
    """Of one click, without a transaction id."""
    told: dict[str, Any] = {"event_id": "", "subs": UNTOLD | {sub: value}}
    assert sorted(verdicts([booking()], [conversion(**told)], terms(10, 11))) == ["missing", "surplus"]
    assert verdicts([booking()], [conversion(event_id="", subs=UNTOLD)]) == ["ok"]
    assert "surplus" not in verdicts([booking(**unknown)], [conversion(**told)], terms(10, 11)), "who is to say?"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_of_wrong_amounts_the_nearest_is_judged(order: tuple[int, ...]) -> None:
    amounts = ["2.50", "20", "50"]
    arrived = [conversion(at + 1, event_id="1", amount=amounts[at], at=NIGHT + timedelta(at)) for at in order]
    line = only([booking()], arrived)
    assert [one.message for one in line.findings] == ["20 arrived for a commission of 23.50 USD", "booked 3 times"]


def test_of_equal_ones_the_first_is_judged() -> None:
    late = conversion(1, event_id="1", amount="20", at=NIGHT + timedelta(hours=2), status="declined")
    soon = conversion(2, event_id="1", amount="20", at=NIGHT + timedelta(hours=1), status="pending")
    for arrived in ([late, soon], [soon, late]):
        assert only([booking()], arrived).findings[0].message == "its status is pending, which does not count"


def test_the_usual_terms() -> None:
    """Two percent, no rates, no grace, no clicks that are known to be strange."""
    usual = Terms(terms().period)
    assert verdicts([booking()], [conversion()], usual) == ["ok"]
    assert verdicts([booking()], [conversion(payout=Decimal(1))], usual) == ["ok"], "in whose currency is not known"
    assert verdicts([booking()], [conversion(amount="1")], usual) == ["wrong_amount"]
    assert verdicts([booking(at=usual.period.now)], [], Terms(terms(20, 20).period)) == ["missing"]


def test_one_click_is_looked_up_once_on_the_day_of_its_first_order() -> None:
    day = NIGHT.date()
    sold = [
        booking(1, ordered=day - timedelta(days=3)), booking(2, ordered=day), booking(3, click_id=OTHER),
        booking(4, click_id="e" * 24), booking(5, click_id="e" * 24), booking(6, click_id="another-tracker"),
    ]  # fmt: skip
    lines = reconcile(sold, [conversion(4, click_id="e" * 24)], DEMO, terms())
    assert doubtful_clicks(lines) == [(CLICK, day - timedelta(days=3)), (OTHER, day)]


def returns(number: int, **more: Any) -> Conversion:
    subs = {3: "refund", 20: "tf.returns"} | more.pop("subs", {})
    return conversion(number, **{"type": "refund", "amount": "-23.50", "subs": subs, **more})


BOOKED: list[tuple[str, Booking, list[Conversion]]] = [
    ("as it should be", booking(1), [conversion(1)]),
    ("of an upsell", booking(2, product_id="411531", upsell=True, amount=Decimal("13.50")),
     [conversion(2, type="upsell", amount="13.50", subs={1: "411531", 4: "upsell"})]),
    ("refunded", booking(3, kind="refund", amount=Decimal("-23.50")), [returns(3)]),
    ("a refund without money", booking(4, kind="refund", amount=Decimal(0)), [returns(4, amount="0")]),
    ("a refund that was not told", booking(5, kind="refund", amount=Decimal("-23.50")), []),
    ("a refund of nothing that was not told", booking(30, kind="refund", amount=Decimal(0)), []),
    ("a chargeback of nothing", booking(31, kind="chargeback", amount=Decimal(0)), []),
    ("a free sale that was not told", booking(32, amount=Decimal(0)), []),
    ("a correction of nothing", booking(33, kind="correction", amount=Decimal(0)), []),
    ("twice", booking(6), [conversion(6), conversion(61, event_id="6")]),
    ("twice, by another connection", booking(7), [conversion(7), conversion(71, event_id="7", subs={20: "tf.new"})]),
    ("twice, by one that books nothing", booking(8),
     [conversion(8), conversion(81, event_id="8", subs={20: "tf.billing"})]),
    ("by the wrong one alone", booking(9), [conversion(9, subs={20: "tf.new"})]),
    ("of nobody's click", booking(10, click_id=""), []),
    ("of another tracker's click", booking(11, click_id="another-tracker"), []),
    ("of a click that was not filled in", booking(12, click_id="{clickid}"), []),
    ("of an unknown click", booking(13, click_id=OTHER), []),
    ("of a product that is not in the file", booking(14, product_id="999", main_product_id="998"), []),
    ("of an unknown product", booking(15, product_id="", main_product_id="", kind="fee"), []),
    ("of a kind that nobody tells", booking(16, kind="correction"), []),
    ("a test", booking(17, test=True), []),
    ("a test that arrived", booking(18, test=True), [conversion(18, amount="0", subs={8: "true"})]),
    ("a test that was paid", booking(19, test=True),
     [conversion(19, subs={8: "true"}), conversion(191, event_id="19", amount="1.25")]),
    ("in another currency", booking(20, currency="EUR", amount=Decimal(20)), [conversion(20)]),
    ("in a currency without a rate", booking(21, currency="CHF"), [conversion(21)]),
    ("as another currency", booking(22), [conversion(22, currency="GBP")]),
    ("told in another currency", booking(23), [conversion(23, subs={7: "GBP"})]),
    ("twice, and once declined", booking(34), [conversion(34), conversion(341, event_id="34", status="declined")]),
    ("a test that was paid and declined", booking(35, test=True), [conversion(35, subs={8: "1"}, status="declined")]),
    ("a refund of nobody's click", booking(36, click_id="", kind="refund", amount=Decimal("-23.50")), []),
    ("a fee of nobody's click", booking(37, click_id="", kind="fee"), []),
    ("of nobody's click, and of a product that is not in the file",
     booking(38, click_id="", product_id="999", main_product_id="998"), []),
    ("pending", booking(39), [conversion(39, status="pending")]),
    ("with everything wrong", booking(24),
     [conversion(24, click_id=OTHER, status="declined", type="default", is_default=True, amount="3")]),
    ("counted as less", booking(25), [conversion(25, payout=Decimal(3))]),
    ("too young", booking(26, at=terms().period.now - timedelta(minutes=5)), []),
    ("a request, which moves nothing", booking(27, kind="refund_request", amount=Decimal(0)), []),
    ("before", booking(28, at=NIGHT - timedelta(days=9)), [conversion(28)]),
    ("after", booking(29, at=NIGHT + timedelta(days=30)), []),
]  # fmt: skip
LONE = [
    conversion(91, event_id="999"), conversion(92, event_id="", click_id="d" * 24, subs={20: ""}),
    conversion(93, event_id="998", subs={8: "true"}), conversion(94, event_id="997", amount="0", subs={8: "true"}),
    conversion(95, event_id="996", subs={20: "tf.elsewhere"}), conversion(96, event_id="995", subs={20: "tf.billing"}),
    conversion(97, event_id="994", amount="0", subs={20: "tf.billing"}), conversion(98, subs={20: ""}, event_id="0",
    offer_source="another"), conversion(90, event_id="992", status="declined"),
    conversion(89, event_id="991", status="pending", subs={8: "true"}),
    returns(99, event_id="993", at=NIGHT - timedelta(hours=3)),
]  # fmt: skip


def own(one: Booking, click_id: str) -> str:
    """A click of each order's own."""
    return f"{int(one.transaction_id):024x}" if click_id == CLICK else click_id


def minutes(one: Booking) -> timedelta:
    return timedelta(minutes=int(one.transaction_id))


@pytest.mark.parametrize("backwards", [False, True], ids=["in order", "backwards"])
def test_lines_of_every_sort(backwards: bool) -> None:
    """Whatever the order in which the services tell: the report is the same."""
    sold = [replace(one, click_id=own(one, one.click_id), at=one.at - minutes(one)) for _, one, _ in BOOKED]
    arrived = [replace(each, click_id=own(one, each.click_id)) for _, one, arrived in BOOKED for each in arrived]
    logged = [replace(one, at=one.at + timedelta(seconds=at)) for at, one in enumerate([*arrived, *LONE])]
    how = terms(9, 20, rates={("EUR", "USD"): Decimal("1.175")})
    how = Terms(how.period, how.rules, timedelta(hours=1), frozenset({OTHER}))
    lines = reconcile(sold[::-1] if backwards else sold, logged[::-1] if backwards else logged, DEMO, how)
    names = {one.transaction_id: name for name, one, _ in BOOKED}
    told = [f"{names[one.booking.transaction_id] if one.booking else '-'}: {one.verdict}" for one in lines]
    lines = [replace(one, conversions=tuple(sorted(one.conversions, key=lambda each: each.at))) for one in lines]
    rows = [f"{part}: {json.dumps(row)}" for part, rows in as_document(lines).items() for row in rows]
    as_kept("reconcile/lines.txt", "\n".join([*sorted(told), *rows]))


def test_a_conversion_of_nothing_hides_no_other() -> None:
    """Without a marker and without an amount it is nobody's booking; what arrived after it is."""
    nothing = conversion(2, subs={20: ""}, amount="0", payout=Decimal(0), event_id="")
    for arrived in ([nothing, conversion(1)], [conversion(1), nothing]):
        assert verdicts([booking()], arrived) == ["ok"]


def test_of_two_that_arrived_the_one_of_the_right_type_is_judged() -> None:
    wrong = conversion(1, event_id="1", type="other", at=NIGHT)
    right = conversion(2, event_id="1", at=NIGHT + timedelta(hours=1))
    for arrived in ([wrong, right], [right, wrong]):
        assert [one.message for one in only([booking()], arrived).findings] == ["booked 2 times"]
    (told,) = only([booking()], [wrong]).findings
    assert told.message == "sent as initial_sale, booked as other"
