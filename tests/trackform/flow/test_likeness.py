"""Which offers share a proof: those whose connections differ by name, products and details alone."""

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


def proved(tmp_path: Path, text: str) -> list[Proof]:
    account._cells.cache_clear()
    file = tmp_path / "acme.yaml"
    file.write_text(text)
    return prove_account(Flow(compose(read_account(file))), KNOWN)


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
        violations = [one for cell in each.judged for some in cell.violations.values() for one in some]
        assert violations
        assert {one.connection for one in violations} <= {f"sales-{number}", "returns"}
        assert f"sales-{number}" in {one.connection for one in violations}
        named = {name for one in violations for name, _ in one.lost}
        assert named <= {f"sales-{number}", "returns"}
        faulty = [cell for cell in each.judged if cell.violations]
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
