"""What a conversion carries of its postback, by the URL of the connection that sent it."""

import re
from decimal import Decimal
from typing import Any

import pytest

from tests.trackform.reconcile.made import CLICK, NIGHT, booking, conversion, only
from trackform.reconcile.connections import DeclaredConnection, _fixed, _inverse, _only_macro, is_test
from trackform.reconcile.model import Conversion


def connection(**more: Any) -> DeclaredConnection:
    return DeclaredConnection(**{
        "name": "sales", "type": "{order_type}", "events": frozenset({"payment"}), "products": frozenset({"411530"}),
        **more,
    })  # fmt: skip


def bare(**more: Any) -> Conversion:
    """A row that says no more than it has to."""
    amount = Decimal(1)
    return Conversion(
        id="x", click_id=CLICK, at=NIGHT, amount=amount, payout=amount, currency="USD",
        **{"type": "sale", **more},
    )  # fmt: skip


def test_what_no_parameter_carries_is_not_known() -> None:
    for logged in (bare(), bare(event_id="1"), conversion()):
        assert connection().macro_value(logged, "transaction_id") is None
    assert connection(subs={"order_id": 2}).macro_value(bare(), "order_id") is None
    assert connection().type_sent(bare()) == ""
    assert connection(type="sale").type_sent(bare()) == "sale"


def test_a_sub_says_it_before_the_event_id() -> None:
    by_both = connection(subs={"order_id": 2}, event_id=re.compile("(?P<order_id>.*)-(?P<product_id>.*)"))
    said = bare(event_id="B-7", subs={2: "A"})
    assert (by_both.macro_value(said, "order_id"), by_both.macro_value(said, "product_id")) == ("A", "7")
    # An empty sub was sent empty; one that is missing says nothing.
    assert by_both.macro_value(bare(event_id="B-7", subs={2: ""}), "order_id") == ""
    assert by_both.macro_value(bare(event_id="B-7"), "order_id") == "B"
    assert by_both.macro_value(bare(event_id="B"), "order_id") is None
    assert by_both.macro_value(said, "billing_type") is None


@pytest.mark.parametrize(
    ("sent", "upsell", "expected"),
    [
        ("sale", None, "sale"), ("{transaction_type}", None, "payment"), ("{billing_type}", None, "single_payment"),
        ("{order_type}", None, ""), ("{order_type}", True, "upsell"), ("{order_type}", False, "initial_sale"),
        ("{event}", None, ""), ("x-{order_type}", True, "x-{order_type}"),
    ],
)  # fmt: skip
def test_which_type_is_sent_of_an_order_event(sent: str, upsell: bool | None, expected: str) -> None:
    assert connection(type=sent).type_of(booking(upsell=upsell, billing_type="single_payment")) == expected


@pytest.mark.parametrize(
    ("more", "booked", "covers"),
    [
        ({}, {}, True), ({"active": False}, {}, False), ({"events": frozenset({"refund"})}, {}, False),
        ({}, {"product_id": "9", "main_product_id": "411530"}, False),
        ({}, {"product_id": "", "main_product_id": "9"}, False),
        ({}, {"product_id": "", "main_product_id": ""}, True),
    ],
)  # fmt: skip
def test_what_fires_it(more: dict[str, Any], booked: dict[str, Any], covers: bool) -> None:
    assert connection(**more).covers(booking(**booked)) is covers


@pytest.mark.parametrize(
    ("value", "test"),
    [("1", True), ("Y", True), ("", False), ("0", False), ("False", False), ("N", False), ("no", False), (None, False)],
)
def test_which_postbacks_are_tests(value: str | None, test: bool) -> None:
    subs = {5: value} if value is not None else {}
    assert is_test(bare(subs=subs), connection(subs={"is_test": 5})) is test


@pytest.mark.parametrize(
    ("text", "amount"),
    [("0", 0), ("23.50", "23.50"), ("", 0), ("{amount_affiliate}", None), ("-{amount_affiliate}", None), ("odd", 0)],
)
def test_what_a_sum_always_books(text: str, amount: Any) -> None:
    assert _fixed(text) == (None if amount is None else Decimal(amount))


@pytest.mark.parametrize(("text", "name"), [("{a}", "a"), ("x{a}", ""), ("{a}{b}", ""), ("a", ""), ("", "")])
def test_a_text_that_is_one_macro(text: str, name: str) -> None:
    assert _only_macro(text) == name


@pytest.mark.parametrize(
    ("template", "filled", "read"),
    [
        ("{transaction_id}", "12", {"transaction_id": "12"}), ("{transaction_id}", "a", None),
        ("{transaction_id}-{billing_type}", "12-a-b", {"transaction_id": "12", "billing_type": "a-b"}),
        ("a.{order_id}.b", "a.7.b", {"order_id": "7"}), ("a.{order_id}.b", "ax7.b", None),
        ("{order_id}-{order_id}", "7-8", {"order_id": "7"}), ("{a-b}.{order_id}", "x.7", {"order_id": "7"}),
    ],
)  # fmt: skip
def test_what_an_event_id_is_read_back_as(template: str, filled: str, read: dict[str, str] | None) -> None:
    pattern = _inverse(template)
    assert pattern
    match = pattern.fullmatch(filled)
    assert (match.groupdict() if match else None) == read
    assert _inverse("constant") is None


@pytest.mark.parametrize(
    ("upsell", "carried", "told"),
    [
        (None, "initial_sale", "initial_sale"), (None, "upsell", "upsell"), (None, "", "payment"),
        (True, "", "upsell"), (False, "", "initial_sale"),
    ],
)  # fmt: skip
def test_the_type_of_a_line_is_what_was_sent_else_what_is_to_be_expected(
    upsell: bool | None, carried: str, told: str
) -> None:
    assert only([booking(upsell=upsell)], [conversion(subs={4: carried})]).type == told
    assert only([booking(upsell=upsell)], []).type == {None: "payment", True: "upsell", False: "initial_sale"}[upsell]
