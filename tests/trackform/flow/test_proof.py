"""The proof: which settings matter, what is a fault and who is concerned, and which products share a proof."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trackform.flow.stage import MAIN, UPSELLS, USUAL, url_of
from trackform.flow.assumptions import AXES, Assumptions, every_setting
from trackform.flow.proof import Cell, Violation, alike, axes_that_matter, prove, proved, shape
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source

KNOWN = {"refund_amount": "negative", "negative_sum": "booked"}
NAMES = ("initial_sale", "upsell", "payment", "refund", "chargeback", "single_payment")


def sending(name: str, *events: str, products: str = "all", active: bool = True, **params: str | None) -> Connection:
    url = url_of(name, USUAL | params)
    return Connection(name, url, frozenset(events), frozenset([products]), active=active)


def set_up(*connections: Connection, mode: str = "create_new", forward: dict[str, str] | None = None) -> Setup:
    return Setup(connections, {name: DeclaredType(name, mode, forward or {}) for name in NAMES})


SALES = sending("sales", "payment")
RETURNS = sending("returns", "refund", "chargeback", type="{transaction_type}")
SHOP = SoldProduct(MAIN, upsells=(SoldProduct(UPSELLS[0]),))


@pytest.mark.parametrize(
    ("setup", "axes"),
    [
        (set_up(SALES), set()),
        (set_up(), set()),
        (set_up(sending("x", "payment", sum=None)), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="")), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="7,5")), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="{amount_brutto}")), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="NaN")), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="Infinity")), {"missing_sum"}),
        (set_up(sending("x", "payment", sum="12.5")), set()),
        (set_up(sending("x", "payment", sum="{amount_affiliate_abs}")), set()),
        (set_up(sending("x", "payment", sum="-{amount_affiliate_abs}")), {"negative_sum"}),
        (set_up(sending("x", "payment", sum="-3")), {"negative_sum"}),
        # One sort of return is enough to ask for its sign.
        (set_up(sending("x", "chargeback")), {"refund_amount", "negative_sum"}),
        (set_up(sending("x", "refund")), {"refund_amount", "negative_sum"}),
        (set_up(sending("x", "payment_missed")), set()),
        (set_up(SALES, mode="ignore"), {"duplicates"}),
        (set_up(SALES, mode="edit"), {"duplicates"}),
        (set_up(SALES, mode="increment"), {"duplicates"}),
        (set_up(SALES, mode="new_repeated"), set()),
        (set_up(SALES, mode="by_event_id"), {"event_ids"}),
        # The offer source's mode is that of the default conversion.
        (replace(set_up(SALES), source=Source(mode="edit")), {"duplicates"}),
        (replace(set_up(SALES), source=Source(mode="by_event_id")), {"event_ids"}),
        (set_up(SALES, sending("more", "payment")), {"order"}),
        # Who is asleep decides nothing.
        (set_up(SALES, sending("x", "refund", sum="-3", active=False)), set()),
    ],
)
def test_which_settings_matter(setup: Setup, axes: set[str]) -> None:
    assert axes_that_matter(setup) == axes


def test_every_combination_is_tried_the_likeliest_first() -> None:
    tried = every_setting({"negative_sum", "refund_amount"}, {})
    assert len(tried) == len(set(tried)) == 6
    assert tried[0] == Assumptions()
    assert every_setting(set(), {}) == [Assumptions()]
    (known,) = every_setting({"refund_amount"}, {"refund_amount": "zero", "order": "reversed"})
    assert known == Assumptions(refund_amount="zero", order="reversed")
    assert len(every_setting(AXES, {})) == 2 * 2 * 3 * 2 * 2 * 2


def test_how_a_setting_is_said() -> None:
    one = Assumptions(refund_amount="zero")
    assert one.said(["order", "refund_amount"]) == "refund_amount=zero, order=declared"
    assert one.said([]) == ""


def cell(setup: Setup, name: str, product: SoldProduct = SHOP, known: dict[str, str] | None = None) -> Cell:
    return next(one for one in prove(setup, product, known) if one.sequence.name == name)


def faults(one: Cell) -> list[tuple[str, int, str, str]]:
    """Those on the likeliest setting."""
    return [(each.kind, each.step, each.said, each.connection) for each in one.violations.get(one.assumptions, ())]


def test_the_three_verdicts() -> None:
    right = cell(set_up(SALES, RETURNS), "sale, refund", known=KNOWN)
    assert (right.verdict, right.violations, right.fails_on()) == ("proved", {}, [])
    nothing = cell(set_up(), "sale")
    assert nothing.verdict == "wrong"
    # Where there is one setting, no value of it can be to blame.
    assert nothing.fails_on() == []
    open_ = cell(set_up(SALES, RETURNS), "sale, refund")
    assert open_.verdict == "cannot be proved"
    assert open_.fails_on() == [
        ("negative_sum", "ignored"), ("refund_amount", "positive"), ("refund_amount", "zero"),
    ]  # fmt: skip


def test_what_is_shown_is_what_comes_of_the_likeliest_setting() -> None:
    one = cell(set_up(SALES, RETURNS), "sale, refund")
    assert (one.assumptions, one.tried[0]) == (Assumptions(), Assumptions())
    assert [(int(booked), int(earned)) for booked, earned in one.outcome.balance] == [(23, 23), (0, 0)]
    assert len(one.tried) == len(set(one.tried)) == 12
    # Of what channels are told, too: on a setting where refunds are ignored nothing would be.
    unasked = Setup((SALES, RETURNS), {name: DeclaredType(name) for name in NAMES}, channels=("facebook",))
    notes = cell(replace(unasked, connections=(sending("x", "payment", sum=None),)), "sale").notes
    assert [note.kind for note in notes] == ["told_nothing"]


def test_only_a_combination_fails() -> None:
    """A further dimension that shares its event id is lost across types, where it is called first."""
    more = sending("more", "payment", sum="0", type="{transaction_type}")
    one = cell(set_up(SALES, more, mode="by_event_id"), "sale")
    assert (one.verdict, one.fails_on()) == ("cannot be proved", [])
    assert list(one.violations) == [Assumptions(event_ids="across_types", order="reversed")]


def test_the_first_step_at_which_the_books_part_and_who_was_concerned() -> None:
    assert faults(cell(set_up(), "sale")) == [
        ("booked", 0, "after the sale 0.00 is booked, 23.50 is earned", ""),
    ]  # fmt: skip
    assert faults(cell(set_up(SALES), "sale, refund", known=KNOWN)) == [
        ("booked", 1, "after the refund 23.50 is booked, 0.00 is earned", ""),
    ]  # fmt: skip
    # Who sent too much, and whose postback was lost.
    gross = sending("gross", "payment", sum="{amount_brutto}")
    assert faults(cell(set_up(gross), "sale")) == [
        ("booked", 0, "after the sale 47.00 is booked, 23.50 is earned", "gross"),
    ]  # fmt: skip
    lost = sending("lost", "payment", clickid="x")
    assert faults(cell(set_up(lost), "sale")) == [
        ("booked", 0, "after the sale 0.00 is booked, 23.50 is earned (lost: unknown click)", "lost"),
    ]  # fmt: skip
    # A row of nothing is nobody's doing, one of another step neither.
    zero = sending("zero", "payment", sum="0")
    assert faults(cell(set_up(zero, lost), "sale"))[0][2:] == (
        "after the sale 0.00 is booked, 23.50 is earned (lost: unknown click)", "lost",
    )  # fmt: skip
    assert faults(cell(set_up(zero), "sale"))[0][3] == ""


def told(
    setup: Setup, name: str, product: SoldProduct = SHOP, *, wrong: bool = True
) -> list[tuple[str, int, str, str]]:
    """What a channel is told too much, or what of it is only noted."""
    one = cell(replace(setup, channels=("facebook",)), name, product, KNOWN)
    found: tuple[Violation, ...] = one.violations.get(one.assumptions, ()) if wrong else one.notes
    return [(each.kind, each.step, each.said, each.connection) for each in found if each.kind != "booked"]


PURCHASE = {"facebook": "Purchase"}


def test_what_a_channel_is_told_too_much() -> None:
    asked = set_up(SALES, RETURNS, forward=PURCHASE)
    unasked = replace(asked, types={name: DeclaredType(name) for name in NAMES})
    # What was asked for is not too much, a repetition and a test always are.
    assert told(asked, "sale, refund") == []
    assert told(unasked, "sale, refund") == [
        ("told", 1, "facebook is told of a refund: refund -23.50", "returns"),
    ]  # fmt: skip
    assert told(asked, "sale delivered twice") == [
        ("told", 1, "facebook is told of a repeat: Purchase 23.50", "sales"),
    ]  # fmt: skip
    caught = replace(asked, connections=(sending("sales", "payment", clickid="c" * 24), RETURNS))
    assert told(caught, "test order") == [
        ("told", 0, "facebook is told of a test order: Purchase 23.50", "sales"),
    ]  # fmt: skip
    twice = replace(asked, connections=(SALES, sending("more", "payment", type="{transaction_type}")))
    assert told(twice, "sale") == [
        ("told", 0, "facebook is told 2 events of one sale: Purchase 23.50, Purchase 23.50", "sales"),
    ]  # fmt: skip
    assert told(twice, "sale, upsell")[1:] == [
        ("told", 1, "facebook is told 2 events of one upsell: Purchase 23.50, Purchase 23.50", "sales"),
    ]  # fmt: skip
    nothing = sending("more", "payment", type="{transaction_type}", sum="0")
    assert told(replace(unasked, connections=(SALES, nothing)), "sale") == [
        ("told", 0, "facebook is told payment without a value", "sales"),
    ]  # fmt: skip
    # An event without a value that was asked for is the person's own choice.
    assert told(replace(asked, connections=(SALES, nothing)), "sale") == []


def test_what_is_a_choice_is_noted() -> None:
    asked = set_up(SALES, RETURNS, forward=PURCHASE)
    subscribed, plan = replace(SHOP, billing="subscription"), replace(SHOP, billing="installment")
    assert told(asked, "sale, rebill x3", subscribed, wrong=False) == [
        ("told_rebill", step, "facebook is told of a rebill: Purchase 23.50", "sales") for step in (1, 2, 3)
    ]
    assert told(asked, "instalments", plan, wrong=False) == [
        ("told_rebill", step, "facebook is told of an instalment: Purchase 23.50", "sales") for step in (1, 2)
    ]
    silent = set_up(SALES, RETURNS, forward={"taboola": "Purchase"})
    assert told(silent, "sale", wrong=False) == [
        ("told_nothing", 0, "facebook is told no event with a value of a sale", ""),
    ]  # fmt: skip
    # Of an upsell nobody has to hear.
    assert [one[1] for one in told(silent, "sale, upsell", wrong=False)] == [0]
    assert told(asked, "sale", wrong=False) == []
    # Rebills that nobody asked for are too much.
    unasked = replace(asked, types={name: DeclaredType(name) for name in NAMES})
    assert [one[0] for one in told(unasked, "sale, rebill x3", subscribed)] == ["told"] * 3
    assert told(unasked, "sale, rebill x3", subscribed, wrong=False) == []


def test_two_upsells_of_each_sort_are_proved() -> None:
    cheap, dear = SoldProduct("1"), SoldProduct("9", commission=Decimal(50))
    many = replace(SHOP, upsells=(cheap, replace(cheap, id="2"), replace(cheap, id="3"), dear, replace(dear, id="8")))
    setup = set_up(SALES, sending("more", "refund", products="3"))
    # The third is of a sort of its own here: another connection covers it.
    assert [one.id for one in alike(setup, many)] == ["1", "2", "3", "9", "8"]
    assert [one.id for one in alike(set_up(SALES), many)] == ["1", "2", "9", "8"]
    (upsells,) = (one for one in proved(set_up(SALES), many) if one.sequence.name == "sale, upsell")
    assert [step.product for step in upsells.sequence.steps] == [MAIN, "1", "2", "9", "8"]


@pytest.mark.parametrize(
    "other",
    [
        replace(SHOP, billing="subscription"),
        replace(SHOP, gross=Decimal(1)),
        replace(SHOP, net=Decimal(1)),
        replace(SHOP, commission=Decimal(1)),
        replace(SHOP, currency="EUR"),
        replace(SHOP, upsells=()),
        replace(SHOP, upsells=(SoldProduct(UPSELLS[0], "subscription"),)),
        replace(SHOP, id="x"),
    ],
)
def test_products_of_one_shape_share_a_proof(other: SoldProduct) -> None:
    setup = set_up(SALES, sending("more", "refund", products=MAIN))
    assert shape(setup, SHOP) != shape(setup, other)
    assert shape(setup, SHOP) == shape(setup, replace(SHOP, guarantee_days=1))
    assert shape(set_up(SALES), SHOP) == shape(set_up(SALES), replace(SHOP, id="x"))


def test_another_offer_source_or_click_id_is_another_shape() -> None:
    setup = set_up(SALES)
    for other in (replace(setup, source=Source("EUR")), replace(setup, cid="x")):
        assert shape(setup, SHOP) != shape(other, SHOP)
    expiring = replace(setup, source=Source(expiration=1))
    assert shape(expiring, SHOP) != shape(expiring, replace(SHOP, guarantee_days=1))
