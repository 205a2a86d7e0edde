"""Connections that somebody made by hand, where there is no bridge to list them: the conversion log shows them."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.trackform.export.living import composed
from tests.trackform.operator.test_evidence_command import operator, stage
from tests.trackform.reconcile.made import CLICK
from tests.trackform.reconcile.stage import ROOT, Stage
from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import read_account
from trackform.operator.by_hand import Unmarked, unmarked

__all__ = ["stage"]

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BY_HAND = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"


@pytest.fixture(scope="module")
def demo() -> Composition:
    return compose(read_account(ROOT / "stacks/demo.yaml"), ROOT / "templates")


def row(**more: Any) -> dict[str, Any]:
    return {
        "clickid": CLICK, "type": "initial_sale", "created_at": NOON.isoformat(), "network": "digistore24",
        "offer": "keto-guide", "payout": 23.5, **more,
    }  # fmt: skip


def test_what_is_known_of_them(demo: Composition) -> None:
    days = [(NOON - timedelta(days=number)).isoformat() for number in (3, 1, 2)]
    arrived = unmarked(demo, [*(row(created_at=day) for day in days), row(p_sub20="tf.sales"), row(network="another")])
    assert str(arrived) == (
        "3 conversions without our marker (sub20=tf.…), 2026-11-20 to 2026-11-22: type initial_sale; offer keto-guide"
    )
    assert str(arrived.since(NOON - timedelta(days=2))).startswith(
        "1 conversion without our marker (sub20=tf.…), 2026-"
    )
    assert not arrived.since(NOON)
    assert str(unmarked(demo, [row(type="", offer="")])) == "1 conversion without our marker (sub20=tf.…), 2026-11-23"
    assert not unmarked(demo, [])


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({}, ["sales"]), ({"type": "default"}, ["sales"]), ({"type": "refund"}, ["returns"]),
        ({"payout": -23.5}, ["returns"]), ({"type": "chargeback", "payout": 0}, ["returns"]),
        ({"offer": "another"}, ["sales"]), ({"offer": None}, ["sales"]), ({"p_sub20": "theirs"}, ["sales"]),
        ({"p_sub20": "tf.old"}, []),
    ],
)  # fmt: skip
def test_whose_sales_they_double(demo: Composition, changes: dict[str, Any], names: list[str]) -> None:
    """A further dimension books nothing: it is doubled by none."""
    arrived = unmarked(demo, [row(**changes)])
    assert [name for name in ("sales", "returns", "billing", "unheard-of") if arrived.of(demo, name)] == names


def test_other_products_are_none_of_theirs() -> None:
    text = (
        "domains: {main: track.acme.test}\ndigistore24: {affiliate: acme, currency: USD}\n"
        "products: {keto: {id: 1, upsells: [3]}, club: {id: 2}}\n"
        "offer_sources: {digistore24: {preset: digistore24}}\noffers: {keto: {}, club: {title: Club}}\n"
        "conversion_types: {initial_sale: {slot: 1}}\n"
        "postbacks:\n  one: {events: [payment], type: order_type, sum: commission, products: [keto]}\n"
        "  two: {events: [payment], type: order_type, sum: commission, products: [club]}\n"
        "  off: {events: [payment], type: order_type, sum: commission, products: [club], active: false}\n"
    )
    file = composed(own=text)
    arrived = unmarked(file, [row(offer="Club")])
    assert [name for name in ("one", "two", "off") if arrived.of(file, name)] == ["two"]
    assert unmarked(file, [row(offer="keto")]).of(file, "one")
    assert Unmarked().of(file, "one") == Unmarked()


def steps(*arguments: str) -> dict[str, dict[str, Any]]:
    done = operator("--json", *arguments)
    return {each["id"]: each for each in json.loads(done.stdout)["steps"]}


def test_the_step_says_to_replace_the_row(stage: Stage) -> None:
    ours = stage.connection("sales")["id"]
    stage.edit("connection", ours, url=BY_HAND)
    before = steps("--live")
    assert before["postbacks/sales"]["action"] == "create"
    stage.sale()
    stage.sale()
    after = steps("--live")
    step = after["postbacks/sales"]
    assert step["action"] == "replace"
    assert "RedTrack's log has 2 conversions without our marker (sub20=tf.…), " in step["reason"]
    assert "type initial_sale; offer keto-guide. Replace this row" in step["reason"]
    assert "compare it and confirm" not in step["reason"]
    assert step["reason"].endswith("started by the next `pulumi up`; it books the sales of fb-keto-de.")
    assert {name: each["action"] for name, each in after.items() if name.startswith("postbacks/")} == {
        "postbacks/sales": "replace", "postbacks/returns": "create", "postbacks/billing": "create",
    }  # fmt: skip
    listed = operator("--live", "--list").stdout
    assert "postbacks/sales: replace the row that is there" in listed
    assert steps()["postbacks/sales"]["action"] == "create", "without its log nobody knows"
    done = operator("--live", "--confirm", "postbacks/sales", "--who", "Ann")
    assert done.exit_code == 4
    assert "postbacks/sales" not in steps("--live")
    page = operator("--live", "--html", "steps.html")
    assert page.exit_code == 4
