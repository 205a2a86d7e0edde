"""The proof: which settings matter, what is a fault and who is concerned, and which products share a proof."""

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.trackform.flow.stage import MAIN, UPSELLS, USUAL, url_of
from trackform.flow.assumptions import AXES, Assumptions, variants
from trackform.flow.likeness import alike, shape
from trackform.flow.proof import Cell, Violation, prove, proved, settings_that_matter
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


def axes_tried(setup: Setup, product: SoldProduct = SHOP) -> set[str]:
    """Settings that matter to a set-up."""
    return {axis for each in settings_that_matter(setup, product) for axis, _ in each.unlike(Assumptions())}


ORDERED, SUM, ZERO = {"order"}, {"missing_sum"}, {"zero_sum", "missing_sum"}
BACK = {"refund_amount", "negative_sum"}
CLUB = replace(SHOP, billing="subscription", upsells=())
ALONE = replace(SHOP, upsells=())


def paid(*connections: Connection, mode: str = "create_new") -> Setup:
    """With offers that have a payout."""
    return replace(set_up(*connections, mode=mode), offer_payout=Decimal("9.99"))


@pytest.mark.parametrize(
    ("setup", "product", "axes"),
    [
        (set_up(SALES), ALONE, set()),
        (set_up(), ALONE, set()),
        (paid(SALES), ALONE, set()),
        (paid(sending("x", "payment", sum=None)), ALONE, SUM),
        (paid(sending("x", "payment", sum="")), ALONE, SUM),
        (paid(sending("x", "payment", sum="7,5")), ALONE, SUM),
        (paid(sending("x", "payment", sum="NaN")), ALONE, SUM),
        (paid(sending("x", "payment", sum="Infinity")), ALONE, SUM),
        # Without a payout there is nothing that RedTrack could book of itself.
        (set_up(sending("x", "payment", sum=None)), ALONE, set()),
        (paid(sending("x", "payment", sum="12.5")), ALONE, set()),
        (paid(SALES, sending("x", "payment", sum="0")), ALONE, {*ZERO, *ORDERED}),
        (paid(SALES, sending("x", "payment", sum="0.00")), ALONE, {*ZERO, *ORDERED}),
        # What is wrong anyway needs no pairs.
        (paid(sending("x", "payment", sum="0")), ALONE, {"zero_sum"}),
        (set_up(sending("x", "payment", sum="0")), ALONE, set()),
        # A first payment of nothing, and the chargeback of what was refunded.
        (paid(SALES), CLUB, {*ZERO, "rebill_type"}),
        (set_up(sending("x", "payment", sum="{amount_affiliate_abs}")), ALONE, set()),
        (set_up(sending("x", "payment", sum="-{amount_affiliate_abs}")), ALONE, {"negative_sum"}),
        (set_up(sending("x", "payment", sum="-3")), ALONE, {"negative_sum"}),
        # One sort of return is enough to ask for its sign.
        (set_up(sending("x", "chargeback")), ALONE, {*BACK, "return_ids"}),
        (set_up(sending("x", "refund")), ALONE, {*BACK, "return_ids"}),
        (set_up(sending("x", "refund", sum="-{amount_affiliate_abs}")), ALONE, {"negative_sum", "return_ids"}),
        (set_up(sending("x", "payment_missed")), ALONE, set()),
        # Notices are of recurring products.
        (set_up(sending("x", "payment_missed")), CLUB, {"notice_amount"}),
        (paid(SALES, sending("x", "payment_missed")), CLUB, {"notice_amount", "rebill_type", *ZERO}),
        (set_up(sending("x", "payment_missed", sum="3")), CLUB, set()),
        (set_up(SALES, mode="ignore"), ALONE, set()),
        *((set_up(SALES, mode=mode), SHOP, {"duplicates", "upsell_ids"}) for mode in ("ignore", "edit", "increment")),
        (set_up(sending("x", "payment", type="payment"), mode="ignore"), ALONE, set()),
        (set_up(SALES, mode="new_repeated"), ALONE, set()),
        (set_up(SALES, mode="by_event_id"), ALONE, set()),
        (set_up(SALES, mode="by_event_id"), SHOP, {"upsell_ids", "event_ids"}),
        (set_up(SALES, RETURNS, mode="by_event_id"), ALONE, {*BACK, "return_ids", "event_ids"}),
        (set_up(SALES, mode="by_event_id"), CLUB, {"rebill_type"}),
        (set_up(sending("x", "payment", type="{billing_type}"), mode="by_event_id"), CLUB, set()),
        (set_up(sending("x", "payment", rdtk_event_id="{random}"), mode="by_event_id"), ALONE, {"retries"}),
        (set_up(sending("x", "payment", rdtk_event_id="{datetime_utc}"), mode="by_event_id"), ALONE, {"retries"}),
        (set_up(sending("x", "payment", sub1="{random}"), mode="by_event_id"), ALONE, set()),
        (set_up(sending("x", "payment", currency="{currency}")), ALONE, set()),
        (set_up(replace(sending("x", "payment", currency="{currency}"), currency="EUR")), ALONE, {"currency_macro"}),
        (set_up(sending("x", "payment", sub1="a|b")), ALONE, set()),
        (set_up(sending("x", "payment", sum="1|2")), ALONE, {"repeated_parameter"}),
        (set_up(sending("x", "payment", sum="1|1")), ALONE, set()),
        # 180 days, and as many hours.
        (replace(set_up(SALES), source=Source(expiration=200)), ALONE, {"expiration_unit"}),
        (replace(set_up(SALES), source=Source(expiration=9999)), ALONE, set()),
        (replace(set_up(SALES), source=Source(expiration=1)), ALONE, set()),
        (replace(set_up(SALES), keeps_cid=False), ALONE, {"link_cid"}),
        (replace(set_up(SALES), keeps_cid=False, cid=""), ALONE, set()),
        # The offer source's mode is that of the default conversion.
        (replace(set_up(SALES), types={}, source=Source(mode="edit")), ALONE, set()),
        (set_up(SALES, sending("more", "payment")), ALONE, ORDERED),
        # Who is asleep decides nothing, and who is never called together with others has no order.
        (set_up(SALES, sending("x", "refund", sum="-3", active=False)), ALONE, set()),
        (set_up(SALES, sending("x", "payment_missed")), ALONE, set()),
    ],
)
def test_which_settings_matter(setup: Setup, product: SoldProduct, axes: set[str]) -> None:
    assert axes_tried(setup, product) == axes


def test_each_setting_is_tried_with_each_of_its_other_values() -> None:
    tried = list(variants(Assumptions(), AXES))
    assert len(tried) == sum(len(values) - 1 for values in AXES.values())
    assert all(each.unlike(Assumptions()) == ((axis, getattr(each, axis)),) for axis, each in tried)
    assert list(variants(Assumptions(), set())) == []


def test_pairs_are_tried_where_they_meet_in_one_connection() -> None:
    """The sign of a refund and its id come over one connection, and the sum of a further dimension over another."""
    more = sending("more", "payment", sum="0", type="{billing_type}", rdtk_event_id="{transaction_id}-b")
    setup = replace(set_up(SALES, RETURNS, more, mode="by_event_id"), offer_payout=Decimal("9.99"))
    pairs = {
        frozenset(axis for axis, _ in unlike)
        for each in settings_that_matter(setup, ALONE)
        if len(unlike := each.unlike(Assumptions())) == 2
    }
    assert {"zero_sum", "missing_sum"} in pairs
    assert {"return_ids", "event_ids"} in pairs
    assert {"zero_sum", "order"} in pairs
    assert {"order", "return_ids"} not in pairs
    # A negative sum that is ignored is wrong alone.
    assert {"return_ids", "negative_sum"} not in pairs


def test_how_a_setting_is_said() -> None:
    one = Assumptions(refund_amount="zero")
    assert one.said(["order", "refund_amount"]) == "refund_amount=zero"
    assert replace(one, order="reversed").said(AXES) == "refund_amount=zero, order=reversed"
    assert one.said(["order"]) == one.said([]) == "the likeliest settings"


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
    # None, and four alone. Three of them are wrong alone, so that no pair with them tells more.
    assert len(one.tried) == len(set(one.tried)) == 1 + 4
    # Of what channels are told, too: on a setting where refunds are ignored nothing would be.
    unasked = Setup((SALES, RETURNS), {name: DeclaredType(name) for name in NAMES}, channels=("facebook",))
    notes = cell(replace(unasked, connections=(sending("x", "payment", sum=None),)), "sale").notes
    assert [note.kind for note in notes] == ["told_nothing"]


def test_only_a_combination_fails() -> None:
    """A further dimension that shares its event id is lost across types, where it is called first."""
    more = sending("more", "payment", sum="0", type="{transaction_type}")
    one = cell(set_up(SALES, more, mode="by_event_id"), "sale")
    assert (one.verdict, one.fails_on()) == ("cannot be proved", [])
    assert one.fails_together() == [(("event_ids", "across_types"), ("order", "reversed"))]
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
    # A return is told as such or not at all: under the event of a sale it is a sale that never was.
    as_such = {**asked.types, "refund": DeclaredType("refund", forward={"facebook": "Refund"})}
    assert told(replace(asked, types=as_such), "sale, refund") == []
    assert told(asked, "sale, refund") == [
        ("told", 1, "facebook is told of a refund: Purchase -23.50", "returns"),
    ]  # fmt: skip
    # Whoever forwards no sale and calls a refund a purchase means the same event, in whatever case.
    for name in ("Purchase", "purchase"):
        only = {**as_such, "initial_sale": DeclaredType("initial_sale", forward={}), "refund": DeclaredType(
            "refund", forward={"facebook": name})}  # fmt: skip
        assert told(replace(asked, types=only), "sale, refund") == [
            ("told", 1, f"facebook is told of a refund: {name} -23.50", "returns"),
        ]  # fmt: skip
    # A repetition and a test are always too much.
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
        ("told", 0, "facebook is told payment without a value", "more"),
    ]  # fmt: skip
    # Another event without a value that was asked for is the person's own choice.
    further = {**asked.types, "payment": DeclaredType("payment", forward={"facebook": "Lead"})}
    assert told(replace(asked, connections=(SALES, nothing), types=further), "sale") == []
    assert told(replace(asked, connections=(SALES, nothing)), "sale") == [
        ("told", 0, "facebook is told Purchase without a value", "more"),
    ]  # fmt: skip


ONLY = sending("all", "payment", "refund", "chargeback", "payment_missed", "rebill_resumed")
"""RedTrack's article as it stands: one connection for all events, with the type of the order."""


@pytest.mark.parametrize(
    ("sequence", "product", "said"),
    [
        ("sale, refund", SHOP, "a refund: Purchase -23.50"),
        ("sale, partial refund", SHOP, "a partial refund: Purchase -8.46"),
        ("sale, chargeback", SHOP, "a chargeback: Purchase -23.50"),
        # What was refunded in full is charged back without an amount.
        ("sale, refund, chargeback", SHOP, "a chargeback: Purchase 0.00"),
        ("sale, upsell, refund of the upsell", SHOP, "a refund: Purchase -23.50"),
        ("missed payment, resumed", CLUB, "a missed payment: Purchase 0.00"),
        ("missed payment, resumed", CLUB, "a rebill resumed: Purchase 0.00"),
    ],
)
def test_one_connection_for_all_events_tells_returns_and_notices_as_sales(
    sequence: str, product: SoldProduct, said: str
) -> None:
    one = replace(set_up(ONLY, forward=PURCHASE), channels=("facebook",))
    violations = cell(one, sequence, product, KNOWN).violations[Assumptions(**KNOWN)]  # type: ignore[arg-type]
    assert f"facebook is told of {said}" in [each.said for each in violations if each.kind == "told"]


def test_the_sign_of_a_refund_does_not_make_it_a_sale() -> None:
    one = replace(set_up(ONLY, forward=PURCHASE), channels=("facebook",))
    for sign in AXES["refund_amount"]:
        told_of = cell(one, "sale, refund", SHOP, {"refund_amount": sign}).violations.values()
        assert {each.kind for some in told_of for each in some} >= {"told"}


def test_a_reversed_chargeback_is_told_as_the_payment_that_it_says_it_is() -> None:
    asked = set_up(SALES, RETURNS, forward=PURCHASE)
    own = {name: kind if name == "initial_sale" else replace(kind, forward={}) for name, kind in asked.types.items()}
    assert told(replace(asked, types=own), "sale, chargeback, chargeback reversed") == []
    # RedTrack's own name for it, which the sale was told under.
    unsaid = own | {"initial_sale": replace(own["initial_sale"], forward=None)}
    assert told(replace(asked, types=unsaid), "sale, chargeback, chargeback reversed") == []


def test_a_trial_is_one_event_whatever_its_value() -> None:
    asked = set_up(SALES, RETURNS, forward=PURCHASE)
    assert told(asked, "trial for 0.00, rebill", CLUB) == []
    assert told(asked, "trial for 0.00, rebill", CLUB, wrong=False) == [
        ("told_rebill", 1, "facebook is told of a rebill: Purchase 23.50", "sales"),
    ]  # fmt: skip


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
    (upsells,) = (one for one in proved(set_up(SALES), many) if one.sequence.name == "sale, several upsells")
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
