"""Which offers share a proof: those whose connections differ by name, products and details alone."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.flow.test_account import counted
from tools.bench.shapes import SHAPES
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow import account, proof
from trackform.flow.account import Proof, prove_account
from trackform.flow.assumptions import Assumptions
from trackform.flow.booking import READ, Log, book
from trackform.flow.build import Flow
from trackform.flow.likeness import shape
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source

HEAD = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
URL = HEAD + "&rdtk_event_id={transaction_id}"
KNOWN = {"refund_amount": "negative", "negative_sum": "booked", "return_ids": "own", "upsell_ids": "own"}


def proved(tmp_path: Path, text: str, known: Mapping[str, str] = KNOWN) -> list[Proof]:
    account._cells.cache_clear()
    file = tmp_path / "acme.yaml"
    file.write_text(text)
    return prove_account(Flow(compose(read_account(file))), known)


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "mistakes in offers"])
def test_the_work_does_not_grow_with_the_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    played = counted(monkeypatch, proof, "play")
    counts = []
    for objects in (15, 60):
        played.clear()
        proved(tmp_path, SHAPES[name](objects))
        counts.append(len(played))
    assert counts[0] == counts[1] > 0


def test_what_goes_wrong_is_said_of_each_product_and_its_own_connection(tmp_path: Path) -> None:
    proofs = proved(tmp_path, SHAPES["a connection each"](16).replace("sum: commission", "sum: 12.5"))
    assert len({id(each.simulated) for each in proofs}) == 1, "they share the work"
    for number, each in enumerate(proofs):
        violations = [one for cell in each.cells for some in cell.violations.values() for one in some]
        assert violations
        assert {one.connection for one in violations} <= {f"sales-{number}", "returns"}
        assert f"sales-{number}" in {one.connection for one in violations}
        named = {name for one in violations for name, _ in one.lost}
        assert named <= {f"sales-{number}", "returns"}
        faulty = [cell for cell in each.cells if cell.violations]
        assert {cell.product.id for cell in faulty} == {f"{400000 + number}"}
        assert {step.product for cell in faulty for step in cell.sequence.steps} == {f"{400000 + number}"}


def test_redtrack_is_asked_for_nothing_else() -> None:
    """What a simulation reads of a postback tells connections apart: nothing that it reads may be left out."""
    asked: dict[str, None] = {}

    def sent(name: str) -> str:
        asked.setdefault(name)
        return {"clickid": "c", "sum": "1"}.get(name, "")

    sale = DeclaredType("sale", "by_event_id", {})
    setup = Setup((), {"sale": sale}, Source(token="t"), offer_payout=Decimal(1))
    book(Log("c"), sent, (0, "sales", 0), setup, Assumptions())
    book(Log("c"), sent, (0, "sales", 0), replace(setup, source=Source()), Assumptions())
    assert sorted(asked) == sorted(READ)


def key(**other: Any) -> object:
    given: dict[str, Any] = {
        "name": "sales",
        "url": URL,
        "events": frozenset({"payment"}),
        "products": frozenset({"1"}),
    }
    product = SoldProduct(other.pop("product", "1"))
    sender = Connection(**{**given, "products": frozenset({product.id}), **other})
    return shape(Setup((sender,), {}, hosts=frozenset({"track.acme.test"})), product)


@pytest.mark.parametrize("other", [{"name": "other"}, {"url": URL + "&sub20=tf.other"}, {"product": "2"}])
def test_names_and_details_tell_nothing_apart(other: dict[str, Any]) -> None:
    assert key(**other) == key()


@pytest.mark.parametrize(
    "other",
    [
        {"url": HEAD}, {"url": URL + "&status=pending"}, {"url": URL + "&currency=EUR"}, {"url": URL + "&sum=0"},
        {"url": URL.replace("track.", "else.")}, {"url": URL.replace("/postback", "/p")}, {"url": URL + "&ptoken=x"},
        {"url": URL.replace("{cid}", "x")}, {"url": URL.replace("{order_type}", "sale")}, {"token": "t"},
        {"events": frozenset({"refund"})}, {"currency": "EUR"}, {"active": False}, {"products": frozenset({"3"})},
    ],
)  # fmt: skip
def test_what_is_read_tells_connections_apart(other: dict[str, Any]) -> None:
    assert key(**other) != key()


def test_products_are_told_apart_where_more_than_an_event_id_names_them() -> None:
    assert key(url=URL + "-{product_id}") == key(url=URL + "-{product_id}", product="2")
    typed = URL.replace("{order_type}", "{product_id}")
    assert key(url=typed) != key(url=typed, product="2")


@pytest.mark.parametrize(
    "end", ["-{product_id}-1", "-{product_id}&x=1", "{product_id}", "-{product_name}", "-x{product_id}-y"]
)
def test_products_are_told_apart_where_their_event_ids_may_meet_what_another_spells(end: str) -> None:
    """Of two connections: one sends a product's id, the other text that is the id of one product and of no other."""
    url = URL + end.partition("&")[0]
    spelt = Connection("dim", URL + "-1" if "x=1" in end else URL, frozenset({"payment"}), frozenset({"1", "2"}))
    sales = Connection("sales", url, frozenset({"payment"}), frozenset({"1", "2"}))
    of_each = [shape(Setup((spelt, sales), {}), SoldProduct(product)) for product in ("1", "2")]
    assert of_each[0] != of_each[1]


def test_an_offer_that_is_worth_what_is_paid_is_told_apart() -> None:
    """What RedTrack books of itself is then right by chance, and of no other offer."""
    product = SoldProduct("1")

    def worth(amount: str, currency: str = "USD") -> object:
        return shape(Setup((), {}, account_currency=currency, offer_payout=Decimal(amount)), product)

    assert worth("23.50") != worth("10") != worth("0")
    assert worth("10") == worth("20")
    assert worth("18.80", "EUR") != worth("10", "EUR")


def named(*senders: tuple[str, str]) -> tuple[Setup, SoldProduct]:
    """Connections for the payments of one product, and one for its returns, by name and what ends the event id."""
    connections = tuple(
        Connection(
            name,
            f"{HEAD}&rdtk_event_id={{transaction_id}}{end}",
            frozenset({"refund", "chargeback"} if name == "back" else {"payment"}),
            frozenset({"1"}),
        )
        for name, end in (*senders, ("back", "-{transaction_type}"))
    )
    types = {name: DeclaredType(name, "by_event_id", {}) for name in ("initial_sale", "refund", "chargeback")}
    return Setup(connections, types), SoldProduct("1")


@pytest.mark.parametrize(
    ("some", "others", "is_alike"),
    [
        ([("a", ""), ("sales-1", "-x-sales-1")], [("b", ""), ("s2", "-x-s2")], True),
        ([("a", ""), ("s-1", "-s-1")], [("b", ""), ("s-2", "-s-2")], True),
        ([("s-1", "-s-1"), ("s-2", "-s-2")], [("s-3", "-s-3"), ("s-4", "-s-4")], True),
        # Another's id may say the same: as many dashes, an encoded one, a second value, or a macro that has some.
        ([("a", ""), ("refund", "-refund")], [("b", ""), ("chargeback", "-chargeback")], False),
        ([("a", "-x-y"), ("s-1", "-s-1")], [("b", "-x-y"), ("s-2", "-s-2")], False),
        ([("a", "%2Dx"), ("s-1", "-s-1")], [("b", "%2Dx"), ("s-2", "-s-2")], False),
        ([("a", "-{random}"), ("s-1", "-s-1")], [("b", "-{random}"), ("s-2", "-s-2")], False),
        ([("a", ""), ("s-1", "-s-1&rdtk_event_id=x")], [("b", ""), ("s-2", "-s-2&rdtk_event_id=x")], False),
        ([("s-1", "-s-1"), ("1", "-s-1")], [("s-2", "-s-2"), ("2", "-s-2")], False),
        ([("a", ""), ("{order_id}", "-x-{order_id}")], [("b", ""), ("{product_id}", "-x-{product_id}")], False),
    ],
)  # fmt: skip
def test_names_in_event_ids_tell_nothing_apart_where_all_that_they_do_is_to_differ(
    some: list[tuple[str, str]], others: list[tuple[str, str]], is_alike: bool
) -> None:
    assert (shape(*named(*some)) == shape(*named(*others))) is is_alike
    if is_alike:
        renamed = dict(zip((name for name, _ in some), (name for name, _ in others), strict=True)) | {"back": "back"}
        cells = [proof.named_as(cell, renamed) for cell in proof.proved(*named(*some))]
        for cell, other in zip(cells, proof.proved(*named(*others)), strict=True):
            assert (cell.violations, cell.tried) == (other.violations, other.tried)
            booked = ([row.connection for row in each.outcome.rows] for each in (cell, other))
            assert next(booked) == next(booked)


PAYOUTS = ("10", "20", "30", "40")
PAID = KNOWN | {"missing_sum": "offer_payout", "zero_sum": "missing"}


def paid(text: str) -> str:
    """Offers that are worth different amounts, and connections whose sum is 0."""
    text = text.replace("sum: commission", "sum: 0").replace("countries: [DE]", "payout: {}")
    for payout in PAYOUTS:
        text = text.replace("payout: {}", f"payout: {payout}", 1)
    return text


@pytest.mark.parametrize("name", ["a connection each", "plain"])
def test_amounts_are_those_of_each_offer(tmp_path: Path, name: str) -> None:
    """Where RedTrack books what an offer is worth. The work is shared all the same."""
    proofs = proved(tmp_path, paid(SHAPES[name](16 if name != "plain" else 12)), PAID)
    assert len({id(each.simulated) for each in proofs}) == 1
    for payout, each in zip(PAYOUTS, proofs, strict=True):
        sale = each.cells[0]
        assert {row.payout for row in sale.outcome.rows} == {Decimal(payout)}
        assert f"after the sale {payout}.00 is booked" in sale.violations[sale.assumptions][0].said


def test_what_an_offer_is_worth_changes_nothing_where_the_sums_are_right(tmp_path: Path) -> None:
    """But where RedTrack might take a sum of 0 for none: then each amount is its own."""
    text = paid(SHAPES["a connection each"](16)).replace("sum: 0", "sum: commission")
    for zero_sum, verdicts in (("booked", {"proved"}), (None, {"proved", "cannot be proved"})):
        proofs = proved(tmp_path, text, KNOWN | ({"zero_sum": zero_sum} if zero_sum else {}))
        assert {cell.verdict for each in proofs for cell in each.cells} == verdicts
    for payout, each in zip(PAYOUTS, proofs, strict=True):
        (cell,) = (cell for cell in each.cells if cell.violations)
        assert {some[0].fact for some in cell.violations.values()} == {
            f"after the chargeback {payout}.00 is booked, 0.00 is earned"
        }


def test_offers_of_one_product_are_told_apart_where_their_amounts_are(tmp_path: Path) -> None:
    text = paid(SHAPES["plain"](3)).replace("offers: {p0: 100}", "offers: {p0: 50, more: 50}")
    text = text.replace("offers:\n", "offers:\n  more: {product: p0, payout: 20}\n", 1)
    assert [each.name for each in proved(tmp_path, text, PAID)] == ["p0 (offer more)", "p0 (offer p0)"]
    assert [each.name for each in proved(tmp_path, text)] == ["p0"]
