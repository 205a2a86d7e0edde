"""What a conversion log shows of an account file: as declared, different, and of the open questions."""

import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.export.living import composed
from tests.trackform.verify.conftest import open_catalog
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.build import Flow
from trackform.verify.log import Judged, judge

ROOT = Path(__file__).resolve().parents[3]
ROW = {
    "clickid": "a" * 24, "type": "initial_sale", "event": "initial_sale", "p_sub1": "411530", "p_sub20": "tf.sales",
    "deduplicate_token": "1", "payout": 23.5, "payout_network": 23.5, "status": "approved", "currency": "USD",
}  # fmt: skip
REFUND = {
    "type": "refund", "event": "refund", "p_sub20": "tf.returns", "deduplicate_token": "2", "payout": -23.5,
    "payout_network": -23.5,
}  # fmt: skip


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Flow:
    """The demo's, with what the live service decides left open."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "shared").mkdir()
    (folder / "shared/digistore24.yaml").write_text(open_catalog())
    shutil.copy(ROOT / "stacks/demo.yaml", folder)
    return Flow(compose(read_account(folder / "demo.yaml"), ROOT / "templates"))


def judged(flow: Flow, *changes: dict[str, Any], live: dict[str, str] | None = None) -> Judged:
    return judge(flow, [{**ROW, "deduplicate_token": str(at)} | change for at, change in enumerate(changes)], live)


def test_what_is_as_declared(flow: Flow) -> None:
    found = judged(flow, {}, {})
    assert (found.good, found.bad, found.seen) == (["initial_sale by sales, 2 times"], [], {})
    assert found.silent == ["returns", "billing"]
    assert judged(flow).silent == ["sales", "returns", "billing"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"type": "default", "event": "Initial_Sale"},
         "no conversion type of the file is called so (Initial_Sale was sent)"),
        ({"p_sub20": "tf.old"}, "no connection of the file has this marker"),
        ({"p_sub20": None}, "a postback without marker"),
        ({"type": "refund"}, "refund by sales, 1 time: {order_type} is not known to send it"),
        ({"deduplicate_token": ""}, "sales: 1 conversion without event id"),
        ({"p_sub1": "999"}, "sales sent product 999, which it does not cover in the file"),
        ({"status": "declined"}, "sales: 1 conversion with the status declined, which does not count"),
        ({"currency": "EUR"}, "sales: amounts in USD are read as EUR"),
        ({"p_sub20": "tf.billing", "type": "single_payment"},
         "billing: 1 conversion of 23.50 or the like, and its sum is 0"),
        ({**REFUND, "payout_network": 23.5}, "returns: 1 return with a sum above 0"),
    ],
)  # fmt: skip
def test_what_differs(flow: Flow, change: dict[str, Any], said: str) -> None:
    (bad,) = judged(flow, change).bad
    assert said in bad


def test_a_status_that_is_not_planned(flow: Flow) -> None:
    found = judged(flow, {}, {"status": "pending"}, {**REFUND, "status": "declined"})
    assert found.bad == [
        "sales: 1 conversion with the status pending, which does not count",
        "returns: 1 conversion with the status declined, which does not count",
    ]
    assert found.good == ["initial_sale by sales, 1 time"], "what has another status is not as declared"
    assert "negative_sum" not in found.seen, "what is declined was not booked"
    twice = [{"deduplicate_token": "7"}, {"deduplicate_token": "7", "status": "declined"}]
    assert [text for text in judged(flow, *twice).bad if "booked before" in text] == []


STATUSES = """
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530}, club: {id: 9}}
offers: {keto: {title: Keto, default_conversion_status: pending}, club: {}}
conversion_types: {initial_sale: {slot: 1}}
postbacks:
  own: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&type=initial_sale&sum={amount_affiliate}&rdtk_event_id={transaction_id}&sub20=tf.own'}
  set: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&type=initial_sale&sum={amount_affiliate}&status=Declined&rdtk_event_id={transaction_id}&sub20=tf.set'}
  mixed: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&type=initial_sale&sum={amount_affiliate}&status={transaction_type}&rdtk_event_id={transaction_id}&sub20=tf.mixed'}
"""


@pytest.mark.parametrize(
    ("who", "offer", "status", "said"),
    [
        ("own", "Keto", "pending", ""), ("own", "Keto", "approved", "status approved, and the file plans pending"),
        ("own", "Keto", "declined", "status declined, which does not count, and the file plans pending"),
        ("own", "club", "approved", ""), ("own", "club", "pending", "status pending, which does not count"),
        ("own", "another", "", ""), ("set", "Keto", "declined", ""),
        ("set", "club", "approved", "status approved, and the file plans declined"),
        ("mixed", "club", "error", "status error, which does not count"), ("mixed", "club", "approved", ""),
    ],
)  # fmt: skip
def test_the_status_that_the_file_plans(who: str, offer: str, status: str, said: str) -> None:
    flow = Flow(composed(own=STATUSES))
    found = judged(flow, {"p_sub20": f"tf.{who}", "offer": offer, "status": status}).bad
    assert found == ([f"{who}: 1 conversion with the {said}"] if said else [])


def test_an_event_id_that_was_counted_twice(flow: Flow) -> None:
    (bad,) = judged(flow, {"deduplicate_token": "7"}, {"deduplicate_token": "7"}).bad
    assert bad.startswith("sales: 1 conversion of initial_sale with an event id that was booked before")
    # The same event of another click is another payment.
    assert judged(flow, {"deduplicate_token": "7"}, {"deduplicate_token": "7", "clickid": "b" * 24}).bad == []


def test_open_questions_that_the_log_answers(flow: Flow) -> None:
    assert judged(flow, {}, REFUND).seen == {"negative_sum": "booked", "refund_amount": "negative"}
    assert judged(flow, {**REFUND, "payout_network": 0}).seen == {"refund_amount": "zero"}
    upsell = {"type": "upsell", "event": "upsell", "deduplicate_token": "7"}
    assert judged(flow, {"deduplicate_token": "7"}, upsell).seen == {"event_ids": "within_type"}


def test_a_chargeback_without_an_amount_shows_nothing(flow: Flow) -> None:
    # The payment was refunded before, perhaps before the days that are read.
    late = REFUND | {"type": "chargeback", "event": "chargeback", "deduplicate_token": "3", "payout_network": 0}
    assert judged(flow, REFUND, late).bad == []
    assert judged(flow, REFUND, late).seen == {"negative_sum": "booked", "refund_amount": "negative"}
    assert judged(flow, late).seen == {}


def test_a_log_that_shows_otherwise_than_the_policy_says(flow: Flow) -> None:
    live = {"refund_amount": "zero"}
    assert judged(flow, {**REFUND, "payout_network": 0}, live=live).bad == []
    (bad,) = judged(flow, REFUND, live=live).bad
    assert bad == "stacks/policy.yaml says live: {refund_amount: zero}, and the log shows negative"
    (bad,) = judged(flow, REFUND, {**REFUND, "payout_network": 0, "deduplicate_token": "8"}).bad
    assert bad == "refund_amount is negative and zero: the service does not always behave alike"
