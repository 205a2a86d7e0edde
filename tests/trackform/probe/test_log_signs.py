"""What shows a setting, and what only looks as if it did: one conversion, one answer at a time."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.trackform.probe.stage import RETURNS, SALES, account, url
from tests.trackform.probe.test_every_switch import BARE, BILLING, EUROS, FORM, FREE, NOTICES, TIMED, TOLD_APART, TWICE
from tests.trackform.reconcile.stage import ROOT, Row
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.build import Flow
from trackform.probe import logs
from trackform.probe.evidence import AccountEvidence
from trackform.probe.sales import Sales
from trackform.reconcile.model import Booking

NOON = datetime(2026, 11, 10, 12, tzinfo=UTC)
TODAY = date(2026, 11, 20)
CLICK = "0123456789abcdef01234567"
ONE_FEE = {**NOTICES, "url": url("notices", "{transaction_type}")}
BOTH = {"events": ["payment", "payment_missed"], "url": url("both", "{order_type}", sub11="{amount_affiliate}")}
DEAR = {"events": ["payment"], "currency": "EUR", "url": url("dear", "{order_type}", currency="{currency}", sub7="x")}
IDS = {"events": ["payment"], "url": url("ids", "t", rdtk_event_id="a&rdtk_event_id=b", sub9="{transaction_id}")}
PER_ORDER = {
    "events": ["payment"],
    "url": url("one", "{order_type}", rdtk_event_id="{order_id}", sub9="{transaction_id}"),
}
PER_BILL = {
    "events": ["payment"],
    "url": url("two", "{billing_type}", rdtk_event_id="{order_id}", sub9="{transaction_id}"),
}
UNTOLD = {"events": ["payment", "refund"], "url": url("untold", "{order_type}", sub3="x")}
ALIKE = {"events": ["refund"], "url": url("alike", "refund")}
FIXED = {"events": ["refund"], "url": url("fixed", "refund", "1")}
SAID_TWICE = {
    "events": ["payment"],
    "url": url("twice", "one&type=two", sub12="x&sub12=y&sub12=x", sub13="{random}&sub13=y"),
}
MADE = {"sales": SALES, "returns": RETURNS, "bare": BARE, "free": FREE, "notices": NOTICES, "fee": ONE_FEE,
"both": BOTH,
        "untold": UNTOLD, "alike": ALIKE, "fixed": FIXED, "euros": EUROS, "timed": TIMED, "billing": BILLING,
        "twice": SAID_TWICE,
        "apart": TOLD_APART, "once": TWICE, "dear": DEAR, "ids": IDS, "per_order": PER_ORDER,
        "per_bill": PER_BILL}  # fmt: skip


@cache
def flow(duplicates: str = "create_new", offer_url: str = "", connections: tuple[str, ...] = tuple(MADE)) -> Flow:
    """The account with connections of each sort, each by its own name."""
    posted = {}
    for name in connections:
        whole = str(MADE[name]["url"])
        posted[name] = {**MADE[name], "url": f"{whole.rpartition('=tf.')[0]}=tf.{name}"}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "demo.yaml"
        path.write_text(json.dumps(account(posted, duplicates, offer_url)), encoding="utf-8")
        return Flow(compose(read_account(path), ROOT / "templates"))


def row(of: Any = "sales", *, at: Any = NOON, clicked: Any = NOON - timedelta(hours=1), **more: Any) -> Row:
    """A row of the conversion log; ``p_…`` and other columns by name, None for one that is not there."""
    plain = {
        "id": "c1", "clickid": CLICK, "created_at": at.isoformat(), "track_time": clicked and clicked.isoformat(),
        "type": "initial_sale", "payout": "23.50", "currency": "USD", "status": "approved", "deduplicate_token": "1",
        "offer_id": "o1", "program_id": "n1", "p_sub1": "411530", "p_sub2": "A", "p_sub3": "payment",
        "p_sub4": "initial_sale", "p_sub7": "USD", "p_sub20": f"tf.{of}",
    }  # fmt: skip
    return {name: value for name, value in (plain | more).items() if value is not None}


def booked(number: Any = 1, **more: Any) -> Booking:
    return Booking(**{
        "transaction_id": str(number), "order_id": "A", "click_id": CLICK, "at": NOON, "kind": "payment",
        "amount": Decimal("23.50"), "currency": "USD", "product_id": "411530", "main_product_id": "411530",
        "upsell": False, "billing_type": "single_payment", "ordered": NOON.date(), **more,
    })  # fmt: skip


def evidence(rows: Iterable[Row], bookings: Iterable[Booking] = (), **more: Any) -> AccountEvidence:
    """``known`` are answers found before; ``duplicates``, ``offer_url`` and ``connections`` are of the file."""
    of_file = {name: more.pop(name) for name in ("duplicates", "offer_url", "connections") if name in more}
    known = more.pop("known", {})
    sales = Sales(**{
        "flow": flow(**of_file), "bookings": list(bookings), "currencies": {"1": "USD"}, "positions": {},
        "conversions": list(rows), "payouts": {"o1": 9.99}, "links": {}, "expirations": {}, "now": NOON + timedelta(1),
        "since": NOON.date() - timedelta(days=9), **more,
    })  # fmt: skip
    return cast("AccountEvidence", SimpleNamespace(sales=sales, flow=sales.flow, known=known))


def replaced(one: Booking, **more: Any) -> Booking:
    return Booking(**vars(one) | more)


REFUND = booked(2, kind="refund", amount=Decimal("-23.50"))
TWO = ("sales", "returns")
LATER = NOON + timedelta(minutes=5)
UPSELL = booked(2, product_id="411531", at=LATER)
BEFORE = booked(1, billing_type="subscription", at=NOON - timedelta(30))
AGAIN = booked(2, billing_type="subscription")
BY_ID = {"duplicates": "by_event_id"}
HELD = {"expirations": {"n1": 30}}
CLICKED = NOON - timedelta(days=2)
Case = tuple[str, list[Row], list[Booking], dict[str, Any], list[str]]


def back(of: str = "returns", **more: Any) -> Row:
    return row(of, **{"p_sub3": "refund", "type": "refund", "payout": "-23.50", **more})


def missed(of: str = "notices", **more: Any) -> Row:
    return row(of, **{"p_sub3": "payment_missed", "payout": "0", **more})


def second(**more: Any) -> Row:
    return row("timed", **{"at": LATER, "p_sub11": "r", "p_sub12": "7", **more})


FIRST = row("timed", p_sub11="r", p_sub12="7")
SIGNS: list[Case] = [
    ("missing_sum", [row("bare", payout="0")], [], {}, ["zero"]),
    ("missing_sum", [row("bare", payout="9.99")], [], {}, ["offer_payout"]),
    ("missing_sum", [row("bare", payout="1")], [], {}, []),
    ("missing_sum", [row("sales", payout="9.99")], [], {}, []),
    *(("missing_sum", [row("bare", payout="0")], [], {"payouts": {"o1": paid}}, []) for paid in (None, 0, "much")),
    *(("missing_sum", [row("bare", payout="0")], [], {"duplicates": mode}, []) for mode in ("edit", "increment")),
    ("zero_sum", [row("free", payout="9.99")], [], {}, ["missing"]),
    ("zero_sum", [row("free", payout="0")], [], {"known": {"missing_sum": "offer_payout"}}, ["booked"]),
    ("zero_sum", [row("free", payout="0")], [], {"known": {"missing_sum": "zero"}}, []),
    ("zero_sum", [row("free", payout="0")], [], {}, []),
    ("zero_sum", [row("free", payout="5")], [], {"known": {"missing_sum": "offer_payout"}}, []),
    ("zero_sum", [row("free", payout="9.99")], [], {"payouts": {}}, []),
    ("zero_sum", [row("free", payout="9.99")], [], {"duplicates": "edit"}, []),
    *(("zero_sum", [row(of, payout="9.99")], [], {}, []) for of in ("sales", "bare", "fixed")),
    ("notice_amount", [missed()], [], {}, ["empty"]), ("notice_amount", [missed(p_sub11="0.00")], [], {}, ["zero"]),
    ("notice_amount", [missed(p_sub11="23.50")], [], {}, ["payment"]),
    ("notice_amount", [missed(p_sub3=None, p_sub11="0")], [], {}, ["zero"]),
    ("notice_amount", [missed(p_sub3="payment", p_sub11="0")], [], {}, ["zero"]),
    ("notice_amount", [missed(p_sub11="0")], [], {"duplicates": "edit"}, []),
    ("notice_amount", [missed("both", p_sub11="0")], [], {}, ["zero"]),
    *(("notice_amount", [missed("both", p_sub3=kind, p_sub11="0")], [], {}, []) for kind in ("payment", None)),
    ("notice_amount", [missed("fee", payout="9.99")], [booked()], {"known": {"zero_sum": "booked"}}, ["empty"]),
    *(("notice_amount", [missed("fee", payout="9.99")], [booked()], {"known": known}, [])
      for known in ({}, {"zero_sum": "missing"})),
    ("notice_amount", [missed("fee", payout="9.99")], [booked(amount=Decimal("9.99"))],
     {"known": {"zero_sum": "booked"}}, []),
    *(("notice_amount", [missed("fee", payout="23.50")], [booked(amount=Decimal(amount))], {}, ["payment"])
      for amount in ("23.50", "-23.50")),
    ("notice_amount", [missed("fee")], [booked()], {"known": {"missing_sum": "offer_payout"}}, ["zero"]),
    ("notice_amount", [missed("fee")], [booked(amount=Decimal(0))], {"known": {"missing_sum": "offer_payout"}},
     ["zero"]),
    ("notice_amount", [missed("fee")], [booked()], {}, []),
    ("notice_amount", [missed("fee", payout="5")], [booked()], {"known": {"missing_sum": "offer_payout"}}, []),
    ("notice_amount", [missed("fee", payout="23.50")], [booked()], {"payouts": {}}, []),
    *(("refund_amount", [back(payout=paid)], [booked(), REFUND], {}, [sign])
      for paid, sign in (("-23.50", "negative"), ("-0.01", "negative"), ("23.50", "positive"), ("0", "zero"))),
    ("refund_amount", [back(p_sub2=None)], [booked(), REFUND], {}, ["negative"]),
    ("refund_amount", [back(p_sub2=None)], [booked(), REFUND, booked(3, order_id="B")], {}, []),
    ("refund_amount", [back(p_sub2="Z", clickid="e" * 24)], [booked(), REFUND], {}, []),
    ("refund_amount", [back("alike", p_sub3=None)], [REFUND], {}, ["negative"]),
    ("refund_amount", [back()], [booked(2, kind="chargeback", amount=Decimal(-1))], {}, ["negative"]),
    ("refund_amount", [back(p_sub3="payment")], [REFUND], {}, ["negative"]),
    ("refund_amount", [back("sales")], [REFUND], {}, ["negative"]),
    ("refund_amount", [back(payout="9.99")], [REFUND], {}, []),
    ("refund_amount", [back(payout="9.99")], [booked(2, kind="refund", amount=Decimal("-9.99"))], {}, ["positive"]),
    *(("refund_amount", [back(of, p_sub3=None)], [REFUND], {}, []) for of in ("fixed", "untold", "both")),
    ("refund_amount", [row()], [booked(), REFUND], {}, []), ("refund_amount", [back()], [booked()], {}, []),
    ("refund_amount", [back()], [REFUND, booked(3, kind="refund", amount=Decimal(0))], {}, []),
    ("refund_amount", [back()], [booked(2, kind="refund", amount=Decimal(-1), test=True)], {}, []),
    ("refund_amount", [back()], [REFUND], {"duplicates": "increment"}, []),
    ("negative_sum", [back()], [], {}, ["booked"]), ("negative_sum", [back(status="declined")], [], {}, []),
    ("negative_sum", [back(payout="0")], [], {}, []),
    *(("negative_sum", [row()], [booked(), REFUND], {"connections": TWO, **more}, ["ignored?"]) for more in (
        {}, {"known": {"refund_amount": "negative"}}, BY_ID | {"known": {"return_ids": "own"}},
        BY_ID | {"known": {"event_ids": "within_type"}}, BY_ID | {"connections": ("sales", "apart")},
        {"now": NOON + timedelta(hours=1)}, {"duplicates": "new_repeated"})),
    *(("negative_sum", [row()], [booked(), REFUND], {"connections": TWO, **more}, []) for more in (
        {"known": {"refund_amount": "positive"}}, BY_ID, {"duplicates": "ignore"}, {"duplicates": "edit"},
        {"duplicates": "increment"}, BY_ID | {"known": {"return_ids": "payments"}},
        BY_ID | {"known": {"event_ids": "across_types"}}, {"connections": ("sales", "fixed")},
        {"connections": ("sales",)}, {"now": NOON + timedelta(minutes=59)})),
    ("negative_sum", [], [booked(), REFUND], {"connections": TWO}, []),
    ("negative_sum", [row(), back(payout="0")], [booked(), REFUND], {"connections": TWO}, []),
    ("negative_sum", [row(), back("fixed", payout="0")], [booked(), REFUND],
     {"connections": ("sales", "returns", "fixed")}, ["ignored?"]),
    ("negative_sum", [row()], [booked(), booked(2, kind="refund", amount=Decimal(0))], {"connections": TWO}, []),
    ("negative_sum", [row()], [booked(), booked(2, kind="fee", amount=Decimal(-1))], {"connections": TWO}, []),
    ("return_ids", [back(deduplicate_token="2")], [booked(), REFUND], {}, ["own"]),
    ("return_ids", [back()], [booked(), REFUND], {}, ["payments"]),
    ("return_ids", [back()], [booked(), booked(1, kind="refund")], {}, ["own"]),
    ("return_ids", [back()], [booked(), booked(1, kind="chargeback")], {}, ["own"]),
    ("return_ids", [back(deduplicate_token="3")], [booked(), REFUND], {}, []),
    ("return_ids", [back(deduplicate_token="")], [booked(), REFUND], {}, []),
    ("return_ids", [back()], [booked(kind="fee")], {}, []), ("return_ids", [row()], [booked(), REFUND], {}, []),
    *(("upsell_ids", [row(p_sub1="411531", deduplicate_token=token)], [booked(), UPSELL, booked(3,
     product_id="411532")],
       {}, signs) for token, signs in (("2", ["own"]), ("1", ["shared"]), ("3", ["shared"]), ("9", []), ("", []))),
    ("upsell_ids", [row(p_sub1="411531", deduplicate_token="2")], [booked(), replaced(UPSELL,
     at=NOON + timedelta(hours=1))],
     {}, ["own"]),
    ("upsell_ids", [row(p_sub1="411531", deduplicate_token="2")],
     [booked(), replaced(UPSELL, at=NOON + timedelta(minutes=61))], {}, []),
    *(("upsell_ids", [row(**{"p_sub1": "411531", "deduplicate_token": "2", **more})], [booked(), UPSELL], {}, [])
      for more in ({"p_sub1": None}, {"p_sub3": "refund"})),
    ("upsell_ids", [row()], [booked(), UPSELL], {}, []),
    ("upsell_ids", [row(p_sub1="411531", deduplicate_token="2")],
     [booked(ordered=NOON.date() - timedelta(1)), UPSELL], {}, []),
    ("upsell_ids", [row(p_sub1="411531", deduplicate_token="2")], [booked(), replaced(UPSELL, kind="refund")], {}, []),
    ("upsell_ids", [row(p_sub1="411531", deduplicate_token="2")], [REFUND, booked(), UPSELL], {}, ["own"]),
    *(("rebill_type", [row(deduplicate_token="2", p_sub4=said, event=came)], [BEFORE, AGAIN], {}, [sign])
      for said, came, sign in (("rebill", None, "rebill"), ("initial_sale", "rebill", "as_bought"),
                               (None, "rebill", "rebill"), (None, "initial_sale", "as_bought"))),
    ("rebill_type", [row(deduplicate_token="2", p_sub4=None, type="rebill")], [BEFORE, AGAIN], {}, ["rebill"]),
    ("rebill_type", [row("billing", deduplicate_token="2", p_sub4=None)], [BEFORE, AGAIN], {}, []),
    ("rebill_type", [row(deduplicate_token="1")], [BEFORE, AGAIN], {}, []),
    ("rebill_type", [row(deduplicate_token="2", p_sub3="refund")], [BEFORE, AGAIN], {}, []),
    *(("rebill_type", [row(deduplicate_token="2")], plan, more, ["as_bought"] if shows else [])
      for shows, plan, more in (
        (True, [replaced(BEFORE, at=NOON - timedelta(days=1)), AGAIN], {}),
        (False, [replaced(BEFORE, at=NOON - timedelta(hours=23)), AGAIN], {}),
        (True, [replaced(each, billing_type="installment") for each in (BEFORE, AGAIN)], {}),
        (False, [replaced(each, billing_type="single_payment") for each in (BEFORE, AGAIN)], {}),
        (False, [replaced(BEFORE, product_id="411531"), AGAIN], {}),
        (False, [BEFORE, AGAIN], {"positions": {"1": "0", "2": "1"}}),
        (True, [BEFORE, AGAIN], {"positions": {"1": "1", "2": "1"}}),
        (False, [BEFORE, booked(3, kind="chargeback", at=NOON - timedelta(days=2)), AGAIN], {}),
        (True, [BEFORE, booked(3, kind="refund", at=NOON - timedelta(days=2)), AGAIN], {}),
        (True, [BEFORE, AGAIN, booked(3, kind="chargeback", at=LATER)], {}),
        (False, [replaced(BEFORE, kind="refund"), AGAIN], {}))),
    *(("retries", [FIRST, second(**more)], [booked()], {}, signs) for more, signs in (
        ({}, ["same"]), ({"p_sub11": "s"}, ["anew"]), ({"p_sub12": "8"}, ["anew"]), ({"p_sub6": "x"}, ["anew"]),
        ({"deduplicate_token": "2"}, []), ({"p_sub1": "411531"}, []), ({"p_sub3": "refund"}, []),
         ({"clickid": "e" * 24}, []))),
    ("retries", [FIRST, second(), second(at=LATER + timedelta(1))], [booked()], {}, ["same"] * 3),
    ("retries", [row(), row(at=LATER)], [booked()], {}, []),
    ("retries", [row(p_sub6="a"), row(at=LATER, p_sub6="b")], [booked()], {}, ["anew"]),
    ("retries", [row("both", p_sub6="a"), row("both", at=LATER, p_sub6="b")], [booked()], {}, []),
    ("retries", [row("sales", p_sub6="a"), row("timed", at=LATER, p_sub6="b")], [booked()], {}, []),
    ("retries", [FIRST, second()], [], {}, []), ("retries", [FIRST, second()], [booked(), booked(2)], {}, []),
    ("retries", [FIRST, second()], [booked(), UPSELL], {}, ["same"]), ("retries", [FIRST, second()], [booked(),
     REFUND], {}, ["same"]),
    ("retries", [row("timed", p_sub1=None), second(p_sub1=None, p_sub11="s")], [booked()], {}, ["anew"]),
    ("retries", [row("timed", p_sub1=None), second(p_sub1=None, p_sub11="s")], [booked(), UPSELL], {}, []),
    *(("currency_macro", [row("euros", p_sub7=said)], [booked()], {}, signs)
      for said, signs in (("EUR", ["converted"]), ("USD", ["purchase"]), ("GBP", []), (None, []))),
    *(("currency_macro", [row("dear", p_sub7=None, currency=said)], [booked()], {}, signs)
      for said, signs in (("EUR", ["converted"]), ("USD", ["purchase"]), ("GBP", []))),
    *(("currency_macro", [row("euros", p_sub7="EUR")], [booked(), booked(2)], {"currencies": currencies}, [])
      for currencies in ({"1": "EUR", "2": "EUR"}, {"1": "USD", "2": "GBP"}, {"1": ""}, {})),
    ("currency_macro", [row("euros", p_sub7="EUR")], [booked(), booked(2)], {"currencies": {"1": "USD", "2": ""}},
     ["converted"]),
    ("currency_macro", [row()], [booked()], {}, []),
    *(("repeated_parameter", [row("twice", event=said)], [], {}, signs)
      for said, signs in (("one", ["first"]), ("two", ["last"]), ("three", []))),
    ("repeated_parameter", [row("twice", event="z", p_sub12="x", p_sub13="y")], [], {}, []),
    *(("repeated_parameter", [row("once", p_sub12=said)], [], {}, signs)
      for said, signs in (("one", ["first"]), ("two", ["last"]), (None, []))),
    *(("repeated_parameter", [row("ids", deduplicate_token=said)], [], {}, signs)
      for said, signs in (("a", ["first"]), ("b", ["last"]), ("c", []))),
    *(("duplicates", [row(), row(**{"at": LATER, "type": "upsell", **more})], [], {"duplicates": mode}, signs)
      for mode, more, signs in (
        ("new_repeated", {"duplicate_status": "repeated"}, ["per_click"]),
        ("new_repeated", {}, ["per_click_and_type"]), ("ignore", {}, ["per_click_and_type"]),
        ("create_new", {}, []), ("by_event_id", {}, []), ("ignore", {"type": "initial_sale"}, []),
        ("ignore", {"clickid": "e" * 24}, []), ("ignore", {"clicked": None}, []),
        ("ignore", {"clicked": NOON - timedelta(days=9)}, []),
        ("ignore", {"clicked": NOON - timedelta(days=8)}, ["per_click_and_type"]))),
    ("duplicates", [row(), row(at=LATER, type="upsell"), row(at=LATER + timedelta(1))], [], {"duplicates": "ignore"},
     ["per_click_and_type"]),
    *(("event_ids", [row(), row(**{"at": LATER, "type": "upsell", **more})], [booked()],
       {"duplicates": mode, "connections": ("sales", "timed")}, signs)
      for mode, more, signs in (
        ("by_event_id", {}, ["within_type"]), ("create_new", {}, []), ("ignore", {}, []),
        ("by_event_id", {"type": "initial_sale"}, []), ("by_event_id", {"deduplicate_token": "2"}, []),
        ("by_event_id", {"clickid": "e" * 24}, []))),
    ("event_ids", [row("once", deduplicate_token=""), row("once", deduplicate_token="", type="upsell", at=LATER)],
     [booked()], BY_ID, []),
    *(("event_ids", came, [bought], {**BY_ID, "connections": ("sales", "billing"), **more}, signs)
      for came, bought, more, signs in (
        ([row()], booked(), {}, ["across_types?"]), ([row("billing")], booked(), {}, ["across_types?"]),
        ([row(), row("billing")], booked(), {}, []), ([], booked(), {}, []),
        ([row()], booked(), {"duplicates": "create_new"}, []), ([row()], booked(click_id=""), {}, []),
        ([row()], booked(), {"now": NOON + timedelta(minutes=59)}, []),
        ([row()], booked(), {"now": NOON + timedelta(hours=1)}, ["across_types?"]),
        ([row()], booked(kind="refund"), {}, []), ([row(deduplicate_token="2")], booked(), {}, []),
        ([row()], booked(), {"connections": ("sales", "timed")}, []),
        ([row()], booked(), {"connections": ("sales", "free")}, []),
        ([row("per_order", deduplicate_token="A", p_sub9="1")], booked(), {"connections": ("per_order", "per_bill")},
         []))),
    *(("expiration_unit", [row(at=came, clicked=CLICKED)], [booked()], {**HELD, **more}, signs)
      for came, more, signs in (
        (NOON, {}, ["days"]), (LATER, {}, ["days"]), (NOON - timedelta(hours=1), {}, ["hours?"]),
        (NOON - timedelta(hours=1), {"now": NOON + timedelta(minutes=59)}, []), (NOON, {"expirations": {}}, []),
        (NOON, {"expirations": {"n1": 0}}, []), (NOON, {"expirations": {"n1": -1}}, []),
        (NOON, {"expirations": {"n1": 48}}, []), (NOON, {"expirations": {"n1": 47}}, ["days"]),
        (NOON, {"expirations": {"n1": 2}}, []), (NOON, {"expirations": {"n1": 3}}, ["days"]))),
    ("expiration_unit", [row(clicked=None)], [booked()], HELD, []),
    ("expiration_unit", [row(clicked=CLICKED)], [booked(kind="refund")], HELD, []),
    ("expiration_unit", [row(clicked=CLICKED)], [booked(product_id="9", main_product_id="9")], HELD, []),
    ("expiration_unit", [], [booked()], HELD, []),
    ("expiration_unit", [row(clicked=CLICKED)], [booked(at=NOON - timedelta(days=9)), booked(2)], HELD, ["days"]),
    ("link_cid", [row()], [], {"links": {"o1": FORM}}, ["kept"]), ("link_cid", [row()], [], {"links": {"o2": FORM}},
     []),
    ("link_cid", [row()], [], {"links": {"o1": "https://www.digistore24.com/redir/411530/acme?cid={clickid}"}}, []),
    ("link_cid", [], [booked(click_id="")], {"offer_url": FORM}, ["lost?"]),
    *(("link_cid", [], [booked(**{"click_id": "", **more})], {"offer_url": FORM}, [])
      for more in ({"click_id": CLICK}, {"test": True}, {"main_product_id": "9"})),
    ("link_cid", [], [booked(click_id="")], {}, []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "rows", "bookings", "more", "signs"), SIGNS, ids=[f"{case[0]} {at}" for at, case in enumerate(SIGNS)]
)
def test_what_a_log_shows(
    name: str, rows: list[Row], bookings: list[Booking], more: dict[str, Any], signs: list[str]
) -> None:
    """With a question mark: only likely."""
    read: Callable[[AccountEvidence], Iterable[Any]] = getattr(logs, name)
    seen = list(read(evidence(rows, bookings, **more)))
    assert [each.value + ("" if each.certain else "?") for each in seen] == signs
    days = {datetime.fromisoformat(each["created_at"]).date() for each in rows} | {each.at.date() for each in bookings}
    assert {each.at for each in seen} <= days
