"""A table of expected bookings, made by hand from what is published, judges the simulator and the sandbox alike."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.trackform.flow.stage import House, url_of
from trackform.flow.assumptions import AXES, Assumptions
from trackform.flow.orders import SequenceStep
from trackform.flow.setup import Connection, DeclaredType, Setup, SoldProduct, Source
from trackform.flow.simulate import play

TABLE = yaml.safe_load((Path(__file__).parents[2] / "data" / "expected-bookings.yaml").read_text(encoding="utf-8"))
USUAL = {"clickid": "{cid}", "sum": "{amount_affiliate}", "rdtk_event_id": "{transaction_id}"}
OFFER = Decimal("12.5")
IDS = {name: str(700001 + at) for at, name in enumerate(TABLE["products"])}
Row = tuple[str, Decimal, str, str]


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    what: str
    setup: Setup
    product: SoldProduct
    steps: tuple[SequenceStep, ...]
    assumptions: Assumptions
    rows: list[Row]
    live: dict[str, str]


def sold(name: str) -> SoldProduct:
    declared = TABLE["products"][name]
    gross, commission = (Decimal(f"{declared[field]:.2f}") for field in ("gross", "commission"))
    return SoldProduct(IDS[name], declared.get("billing", "single"), gross, gross, commission)


def connection(name: str) -> Connection:
    declared: dict[str, Any] = dict(TABLE["connections"][name])
    events, currency = frozenset(declared.pop("events")), declared.pop("converts_to", "USD")
    params: dict[str, str | None] = {
        key: "|".join(value) if isinstance(value, list) else value for key, value in {**USUAL, **declared}.items()
    }
    return Connection(name, url_of(name, params), events, frozenset(["all"]), currency)


def step(text: str, day: int) -> SequenceStep:
    """`refund extra`, `sale book in order 1`, `repeat of 0`, `repeat on day 3`."""
    event, *words = text.split()
    after = dict(pairwise(words))
    product = words[0] if words and words[0] in IDS else "book"
    of = int(after["of"]) if "of" in after else None
    return SequenceStep(event, IDS[product], int(after.get("day", day)), int(after.get("order", 0)), of)  # type: ignore[arg-type]


def row(text: str) -> Row:
    kind, payout, who, *status = text.split()
    return kind, Decimal(payout), who, status[0] if status else "approved"


def case(line: dict[str, Any]) -> Case:
    mode = line.get("mode", "by_event_id")
    types = {name: DeclaredType(name, mode) for name in line.get("types", TABLE["types"])}
    steps = tuple(step(text, line.get("day", 0)) for text in line["events"])
    names = {each.product: next(name for name, one in IDS.items() if one == each.product) for each in steps}
    first, *others = (sold(name) for name in names.values())
    setup = Setup(
        tuple(connection(name) for name in line["with"]), types, Source(**line.get("source", {})), "USD", OFFER,
        keeps_cid="link" not in line,
    )  # fmt: skip
    product = SoldProduct(
        first.id, first.billing, first.gross, first.net, first.commission, guarantee_days=60, upsells=tuple(others)
    )
    live = line.get("live", {})
    return Case(
        line["what"], setup, product, steps, Assumptions(**live), [row(text) for text in line["rows"]], live
    )  # fmt: skip


CASES = [case(line) for line in TABLE["cases"]]
NAMES = [f"{each.what} {'-'.join(each.live.values())}".strip() for each in CASES]


@pytest.mark.parametrize("expected", CASES, ids=NAMES)
def test_the_simulator_books_what_the_table_says(expected: Case) -> None:
    outcome = play(expected.setup, expected.product, expected.steps, expected.assumptions)
    assert [(each.type, each.payout, each.connection, each.status) for each in outcome.rows] == expected.rows


@pytest.mark.parametrize("expected", CASES, ids=NAMES)
def test_the_sandbox_books_what_the_table_says(house: House, expected: Case) -> None:
    stage = house.staged(expected.setup, expected.product, expected.assumptions)
    rows = stage.play(expected.steps).rows
    booked = [(kind, Decimal(str(payout)), who.removeprefix("tf."), status) for kind, payout, status, who in rows]
    assert booked == expected.rows


def test_the_table_has_every_answer_to_every_open_question() -> None:
    answered = {
        (axis, getattr(each.assumptions, axis))
        for each in CASES
        for axis in AXES
        if axis in play(each.setup, each.product, each.steps, each.assumptions).consulted
    }
    assert answered == {(axis, value) for axis, values in AXES.items() for value in values}
