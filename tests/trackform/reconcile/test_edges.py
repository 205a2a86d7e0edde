"""Each number that decides: below it, at it, and above it."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from tests.trackform.reconcile.made import BERLIN, CLICK, DEMO, NIGHT, booking, conversion, only, terms, verdicts
from trackform.reconcile.compare import Period, Terms, reconcile
from trackform.reconcile.judge import AmountRules
from trackform.reconcile.report import stretches
from trackform.reconcile.table import report

MOMENT = timedelta(microseconds=1)
# No transaction id: its click, its amount and the time are all there is.
UNNAMED: dict[str, Any] = {"event_id": "", "subs": {3: None, 4: None, 2: None, 1: None, 20: ""}}


@pytest.mark.parametrize(
    ("found", "same"), [("23.49", False), ("23.491", True), ("23.50", True), ("23.509", True), ("23.51", False)]
)
def test_in_one_currency_less_than_a_cent_is_nothing(found: str, same: bool) -> None:
    assert verdicts([booking()], [conversion(amount=found)]) == ["ok" if same else "wrong_amount"]


@pytest.mark.parametrize(
    ("found", "same"),
    [("97.99", False), ("98.00", True), ("100", True), ("102.00", True), ("102.01", False), ("-100", False)],
)
def test_of_a_converted_amount_two_percent(found: str, same: bool) -> None:
    how = terms(rates={("EUR", "USD"): Decimal(2)})
    sold = booking(amount=Decimal(50), currency="EUR")
    assert verdicts([sold], [conversion(amount=found)], how) == ["ok" if same else "wrong_amount"]


@pytest.mark.parametrize(("found", "same"), [("0.09", True), ("0.11", True), ("0.12", False), ("0.08", False)])
def test_of_a_small_amount_a_cent(found: str, same: bool) -> None:
    assert AmountRules().same(Decimal(found), Decimal("0.10"), exactly=False) is same
    assert AmountRules().same(Decimal(found), Decimal("-0.10"), exactly=False) is False


def test_without_a_rate_no_amount_is_judged() -> None:
    line = only([booking(currency="EUR")], [conversion(amount="1")])
    assert (line.verdict, line.expected) == ("ok", None)
    assert only([booking(currency="EUR", amount=Decimal(0))], [conversion(amount="0")]).expected == 0


@pytest.mark.parametrize(
    ("after", "verdict"),
    [
        (-timedelta(days=1) - MOMENT, ["surplus", "missing"]),
        (-timedelta(days=1), ["ok"]),
        (timedelta(0), ["ok"]),
        (timedelta(days=10), ["ok"]),
        (timedelta(days=10) + MOMENT, ["missing", "surplus"]),
    ],
)
def test_how_early_and_how_late_a_conversion_may_be(after: timedelta, verdict: list[str]) -> None:
    """One that names no transaction."""
    late = conversion(at=NIGHT + after, **UNNAMED)
    assert verdicts([booking()], [late], terms(1, 30)) == verdict
    assert verdicts([booking()], [conversion(at=NIGHT + after)], terms(1, 30)) == ["ok"], "its id tells"


def test_a_named_transaction_needs_no_click() -> None:
    assert verdicts([booking(click_id="")], [conversion()]) == ["ok"]
    assert verdicts([booking(click_id="")], [conversion(**UNNAMED)], terms(1, 30)) == ["no_click", "surplus"]


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(timedelta(hours=2) - MOMENT, "in_flight"), (timedelta(hours=2), "missing"), (timedelta(days=1), "missing")],
)
def test_what_is_younger_than_the_grace_time_is_not_missed(age: timedelta, verdict: str) -> None:
    how = terms()
    how = Terms(how.period, how.rules, timedelta(hours=2))
    assert verdicts([booking(at=how.period.now - age)], [], terms_of_day(how, age)) == [verdict]


@pytest.mark.parametrize(
    ("booked", "now", "verdict"),
    [
        # Clocks go forward from 2 to 3, and back from 3 to 2: so much passed as nobody reads off them.
        (datetime(2026, 3, 29, 1, 55, tzinfo=BERLIN), datetime(2026, 3, 29, 3, 5, tzinfo=BERLIN), "in_flight"),
        (datetime(2026, 10, 25, 1, 55, tzinfo=BERLIN), datetime(2026, 10, 25, 3, 5, tzinfo=BERLIN), "missing"),
        (datetime(2026, 10, 25, 2, 5, tzinfo=BERLIN), datetime(2026, 10, 25, 2, 10, tzinfo=BERLIN, fold=1), "missing"),
    ],
)
def test_the_grace_time_passes_as_time_does(booked: datetime, now: datetime, verdict: str) -> None:
    day, how = booked.date(), terms()
    period = Period(day, day, BERLIN, now)
    assert verdicts([booking(at=booked)], [], Terms(period, how.rules, timedelta(minutes=60))) == [verdict]


def terms_of_day(how: Terms, age: timedelta) -> Terms:
    """The same with a period that holds what is this old."""
    day = how.period.day(how.period.now - age)
    return Terms(type(how.period)(day, day, how.period.zone, how.period.now), how.rules, how.grace)


@pytest.mark.parametrize(
    ("at", "there"),
    [
        (datetime(2026, 11, 9, 23, 59, 59, 999999, tzinfo=BERLIN), False),
        (datetime(2026, 11, 10, tzinfo=BERLIN), True),
        (datetime(2026, 11, 11, 23, 59, 59, 999999, tzinfo=BERLIN), True),
        (datetime(2026, 11, 12, tzinfo=BERLIN), False),
    ],
)
def test_the_first_and_the_last_day_are_in_the_period(at: datetime, there: bool) -> None:
    assert verdicts([booking(at=at)], [], terms(10, 11)) == ["missing"] * there
    lone = conversion(7, at=at, subs={3: "999"})
    assert verdicts([], [lone], terms(10, 11)) == ["surplus"] * there


@pytest.mark.parametrize("count", [2, 3, 4])
def test_how_many_missing_in_a_row_make_a_stretch(count: int) -> None:
    sold = [booking(n, at=NIGHT - timedelta(minutes=60 - n)) for n in range(1, count + 1)]
    (*found,) = stretches(reconcile(sold, [], DEMO, terms()))
    assert [one.missing for one in found] == ([count] if count >= 3 else [])
    if found:
        assert (found[0].connection, found[0].since, found[0].until) == ("sales", sold[0].at, sold[-1].at)


def test_one_that_arrived_ends_a_stretch() -> None:
    sold = [booking(n, at=NIGHT - timedelta(minutes=60 - n)) for n in range(1, 6)]
    assert stretches(reconcile(sold, [conversion(3)], DEMO, terms())) == []
    lines = reconcile(sold, [conversion(1)], DEMO, terms())
    assert [one.missing for one in stretches(lines)] == [4]


@pytest.mark.parametrize("count", [49, 50, 51, 57])
def test_how_many_findings_are_told_one_by_one(count: int) -> None:
    sold = [booking(n, at=NIGHT - timedelta(minutes=count - n)) for n in range(1, count + 1)]
    console = Console(file=StringIO(), width=200)
    for part in report(reconcile(sold, [], DEMO, terms()), terms().period, "demo"):
        console.print(part, soft_wrap=True)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert said.count("nothing arrived from the connection sales") == min(count, 50)
    assert ("more: see --csv or --json" in said) is (count > 50)
    assert (f"and {count - 50} more: see" in said) is (count > 50)
    assert f"transaction {min(count, 50)}, click {CLICK})" in said


@pytest.mark.parametrize(
    ("click", "verdict", "message"),
    [
        ("{cid}", "unknown_click", "{cid} came as the click id: the macro of the offer URL was not filled"),
        ("a{b", "elsewhere", ""),
        ("a}b", "elsewhere", ""),
        ("0123456789ABCDEF01234567", "elsewhere", ""),
        (CLICK[:-1], "elsewhere", ""),
        (CLICK, "missing", "nothing arrived from the connection sales"),
    ],
)
def test_whose_click_it_was(click: str, verdict: str, message: str) -> None:
    line = only([booking(click_id=click)], [])
    assert line.verdict == verdict
    assert [one.message for one in line.findings] == ([message] if message else [])


def test_a_click_that_redtrack_does_not_know() -> None:
    how = terms()
    line = only([booking()], [], Terms(how.period, how.rules, strangers=frozenset({CLICK})))
    assert [one.message for one in line.findings] == [f"RedTrack's click log has no click {CLICK}"]


def test_currencies_come_in_their_order() -> None:
    console = Console(file=StringIO(), width=200)
    sold = [booking(n, currency=currency) for n, currency in ((1, "USD"), (2, "GBP"), (3, "EUR"))]
    logged = [conversion(n, currency=currency) for n, currency in ((1, "USD"), (2, "GBP"), (3, "EUR"))]
    for part in list(report(reconcile(sold, logged, DEMO, terms()), terms().period, "demo"))[1:4]:
        console.print(part)
    said = console.file.getvalue()  # type: ignore[attr-defined]
    assert [line.split()[-1] for line in said.splitlines()] == ["EUR", "GBP", "USD"]


def test_two_sales_of_one_click_and_amount_get_a_conversion_each() -> None:
    """What carries no transaction id goes to a sale that has none yet, before it counts as doubled."""
    logged = [conversion(n, at=NIGHT, **UNNAMED) for n in (1, 2, 3)]
    assert verdicts([booking(1), booking(2)], logged[:2]) == ["ok", "ok"]
    assert sorted(verdicts([booking(1), booking(2)], logged)) == ["doubled", "ok"]


@pytest.mark.parametrize(
    ("declared", "told", "booked", "kind"),
    [
        ("", "USD", "USD", "ok"),
        ("", "USD", "GBP", "wrong_currency"),
        ("", "GBP", "USD", "wrong_currency"),
        ("GBP", "USD", "USD", "wrong_currency"),
        ("USD", None, "", "ok"),
    ],
)
def test_whose_currency_counts(declared: str, told: str | None, booked: str, kind: str) -> None:
    """That of the connection; without one, that of the sale."""
    connections = [replace(one, currency=declared) for one in DEMO]
    logged = conversion(currency=booked, subs={7: told})
    assert verdicts([booking()], [logged], connections=connections) == [kind]
