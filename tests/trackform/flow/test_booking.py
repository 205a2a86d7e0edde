"""RedTrack's side of the simulator: from a postback to a row of the log, or to the reason why there is none."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from trackform.flow.assumptions import Assumptions
from trackform.flow.booking import ChannelEvent, Log, book
from trackform.flow.setup import DeclaredType, Setup, Source

TYPES = {
    "sale": DeclaredType("sale", "by_event_id", {"facebook": "Purchase"}),
    "refund": DeclaredType("refund", "by_event_id", {}),
    "lead": DeclaredType("lead", "by_event_id"),
}
SETUP = Setup((), TYPES, offer_payout=Decimal("9.99"), channels=("facebook", "taboola"))
USUAL = {"clickid": "c", "sum": "10", "type": "sale", "rdtk_event_id": "t1"}


def booked(*postbacks: dict[str, str | None], setup: Setup = SETUP, day: int = 0, **settings: Any) -> Log:
    """The log after some postbacks; each as `USUAL`, with what it has otherwise (None: not sent)."""
    log = Log("c")
    for step, changes in enumerate(postbacks):
        book(log, (USUAL | changes).get, (step, "one", day), setup, Assumptions(**settings))
    return log


def modes(mode: str, *types: str, **settings: Any) -> list[tuple[str, str]]:
    """Type and payout of what is left of payments of 1, 2, 4 … of these types, none of which is like another."""
    setup = replace(SETUP, types={name: replace(one, duplicates=mode) for name, one in TYPES.items()})
    sent: list[dict[str, str | None]] = [
        {"type": name, "sum": str(2**at), "rdtk_event_id": f"t{at}"} for at, name in enumerate(types)
    ]
    return [(row.type, str(row.payout)) for row in booked(*sent, setup=setup, **settings).rows]


def test_a_row_and_who_is_told() -> None:
    log = booked({"sum": "23.50"})
    (row,) = log.rows
    assert (row.type, row.payout, row.received, row.status, row.event_id, row.connection, row.step) == (
        "sale", Decimal("23.50"), Decimal("23.50"), "approved", "t1", "one", 0,
    )  # fmt: skip
    assert row.booked == Decimal("23.50")
    assert log.events == [ChannelEvent("facebook", "Purchase", Decimal("23.50"), "sale", 0, asked=True)]
    assert log.swallowed == []


PROTECTED = replace(SETUP, source=Source(token="secret ptoken"))
EXPIRING = replace(SETUP, source=Source(expiration=30))


@pytest.mark.parametrize(
    ("setup", "changes", "day", "reason"),
    [
        (SETUP, {"clickid": "x"}, 0, "unknown click"),
        (SETUP, {"clickid": None}, 0, "unknown click"),
        (SETUP, {"clickid": ""}, 0, "unknown click"),
        (PROTECTED, {}, 0, "wrong token"),
        (PROTECTED, {"ptoken": "stale"}, 0, "wrong token"),
        (PROTECTED, {"ptoken": "secret ptoken"}, 0, ""),
        (SETUP, {"ptoken": "anything"}, 0, ""),
        (EXPIRING, {}, 29, ""),
        (EXPIRING, {}, 30, ""),
        (EXPIRING, {}, 31, "expired click"),
        (replace(SETUP, source=Source(expiration=1)), {}, 2, "expired click"),
        (SETUP, {}, 100000, ""),
        (replace(SETUP, source=Source(expiration=-1)), {}, 5, ""),
        # The first reason is the one that counts.
        (EXPIRING, {"clickid": "x", "sum": "-1"}, 31, "unknown click"),
    ],
)
def test_why_there_is_no_row(setup: Setup, changes: dict[str, str | None], day: int, reason: str) -> None:
    log = booked(changes, setup=setup, day=day, negative_sum="ignored")
    assert log.swallowed == ([(0, "one", reason)] if reason else [])
    assert len(log.rows) == (0 if reason else 1)
    assert len(log.events) == len(log.rows)


@pytest.mark.parametrize(
    ("setting", "sums", "rows"),
    [("booked", "-0.01", 1), ("ignored", "-0.01", 0), ("ignored", "0", 1), ("ignored", "0.01", 1)],
)
def test_negative_sums(setting: str, sums: str, rows: int) -> None:
    log = booked({"sum": sums}, negative_sum=setting)
    assert [row.payout for row in log.rows] == [Decimal(sums)] * rows
    assert log.swallowed == [(0, "one", "negative sum")] * (1 - rows)


@pytest.mark.parametrize("sums", [None, "", "7,5", "NaN", "Infinity", "-Infinity", "{amount}", "x"])
def test_what_is_no_sum_counts_as_missing(sums: str | None) -> None:
    assert [row.payout for row in booked({"sum": sums}).rows] == [0]
    assert [row.payout for row in booked({"sum": sums}, missing_sum="offer_payout").rows] == [Decimal("9.99")]
    assert [row.payout for row in booked({"sum": "0"}, missing_sum="offer_payout").rows] == [0]


@pytest.mark.parametrize(
    ("account", "source", "sent", "payout"),
    [
        ("USD", "", None, "10"), ("EUR", "", None, "10"), ("EUR", "USD", None, "8.00"), ("USD", "EUR", "GBP", "20.00"),
        ("USD", "EUR", "", "12.50"), ("USD", "XYZ", None, "10"),
    ],
)  # fmt: skip
def test_in_which_currency_a_sum_is_read(account: str, source: str, sent: str | None, payout: str) -> None:
    """The postback's, else the offer source's, else the account's."""
    setup = replace(SETUP, account_currency=account, source=Source(currency=source))
    (row,) = booked({"currency": sent}, setup=setup).rows
    assert (str(row.payout), row.received) == (payout, Decimal(10))


@pytest.mark.parametrize(
    ("sent", "status", "revenue"),
    [(None, "approved", 10), ("", "approved", 10), ("approved", "approved", 10), ("pending", "pending", 0),
     ("declined", "declined", 0), ("payment", "error", 0), ("Approved", "error", 0)],
)  # fmt: skip
def test_only_approved_conversions_are_revenue_and_told(sent: str | None, status: str, revenue: int) -> None:
    log = booked({"status": sent})
    (row,) = log.rows
    assert (row.status, int(row.booked), int(row.payout)) == (status, revenue, 10)
    assert bool(log.events) is (status == "approved")


def test_types_are_matched_by_case_and_fall_to_the_default() -> None:
    for sent in (None, "", "Sale", "sale ", "{order_type}"):
        (row,) = booked({"type": sent}).rows
        assert row.type == "default"
    # A default conversion is told to every channel under its own name, and nobody asked for it.
    log = booked({"type": "Sale"})
    assert log.events == [
        ChannelEvent(one, "default", Decimal(10), "default", 0, asked=False) for one in ("facebook", "taboola")
    ]


def test_who_is_told_of_what() -> None:
    assert booked({"type": "refund"}).events == []
    assert booked({"type": "lead"}).events == [
        ChannelEvent(one, "lead", Decimal(10), "lead", 0, asked=False) for one in ("facebook", "taboola")
    ]
    # Nobody buys clicks of a channel that is not there.
    assert booked({}, setup=replace(SETUP, channels=("taboola",))).events == []


@pytest.mark.parametrize(("setting", "rows"), [("within_type", ["sale", "lead"]), ("across_types", ["sale"])])
def test_event_ids(setting: str, rows: list[str]) -> None:
    log = booked({}, {}, {"type": "lead"}, event_ids=setting)
    assert [row.type for row in log.rows] == rows
    swallowed = [(step, "one", "event id seen before") for step in (1, 2)]
    assert log.swallowed == swallowed[: 3 - len(rows)]
    # A repetition is told to nobody.
    assert [one.step for one in log.events if one.channel == "facebook"] == ([0, 2] if len(rows) == 2 else [0])


def test_without_an_event_id_every_postback_is_new() -> None:
    for sent in (None, ""):
        log = booked({"rdtk_event_id": sent}, {"rdtk_event_id": sent})
        assert len(log.rows) == len(log.events) == 2


@pytest.mark.parametrize(
    ("mode", "per_click", "per_type"),
    [
        ("create_new", [("sale", "1"), ("sale", "2"), ("lead", "4")], [("sale", "1"), ("sale", "2"), ("lead", "4")]),
        ("new_repeated", [("sale", "1"), ("sale", "2"), ("lead", "4")], [("sale", "1"), ("sale", "2"), ("lead", "4")]),
        ("ignore", [("sale", "1")], [("sale", "1"), ("lead", "4")]),
        ("edit", [("lead", "4")], [("sale", "2"), ("lead", "4")]),
        ("increment", [("sale", "7")], [("sale", "3"), ("lead", "4")]),
    ],
)
def test_the_other_modes(mode: str, per_click: list[tuple[str, str]], per_type: list[tuple[str, str]]) -> None:
    sent = ("sale", "sale", "lead")
    assert modes(mode, *sent) == per_click
    assert modes(mode, *sent, duplicates="per_click_and_type") == per_type


def test_the_newest_of_a_type_is_the_one_that_changes() -> None:
    setup = replace(SETUP, types={
        "sale": replace(TYPES["sale"], duplicates="create_new"), "lead": replace(TYPES["lead"], duplicates="edit"),
        "refund": replace(TYPES["refund"], duplicates="increment"),
    })  # fmt: skip
    log = booked({"sum": "1"}, {"sum": "2"}, {"type": "lead", "sum": "4"}, setup=setup)
    assert [(row.type, int(row.payout)) for row in log.rows] == [("sale", 1), ("lead", 4)]
    assert log.swallowed == [(2, "one", "duplicate (edit)")]
    log = booked({"sum": "1"}, {"sum": "2"}, {"type": "refund", "sum": "4"}, setup=setup)
    assert [(int(row.payout), int(row.received)) for row in log.rows] == [(1, 1), (6, 6)]
    # What is no new conversion is told to nobody.
    assert [one.step for one in log.events] == [0, 1]


@pytest.mark.parametrize(("kind", "source", "rows"), [("ignore", "create_new", 1), ("", "ignore", 1), ("", "", 2)])
def test_a_types_own_mode_beats_the_offer_sources(kind: str, source: str, rows: int) -> None:
    setup = replace(SETUP, types={"sale": replace(TYPES["sale"], duplicates=kind)}, source=Source(mode=source))
    assert len(booked({}, {}, setup=setup).rows) == rows


def test_the_default_conversion_has_the_offer_sources_mode() -> None:
    setup = replace(SETUP, source=Source(mode="ignore"))
    assert len(booked({"type": "x"}, {"type": "x"}, setup=setup).rows) == 1
    assert len(booked({"type": "x"}, {"type": "x"}).rows) == 2
