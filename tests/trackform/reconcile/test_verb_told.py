"""`trackform reconcile` as a person and a spreadsheet get it: whole, but for what differs from run to run."""

import re
import shutil
from datetime import UTC, date, datetime, time, timedelta, timezone
from pathlib import Path

import click
import pytest

from tests.kept import as_kept
from tests.terminal import seen
from tests.trackform.reconcile.stage import Stage
from trackform.commands.reconcile import Reading, ReconcileOptions, midnight
from trackform.reconcile.compare import Period
from trackform_core.errors import TrackformError
from trackform_digistore24.bookings import Clock


def steady(text: str) -> str:
    text = re.sub(r"order [0-9A-Z]{8}|(?<=,)[0-9A-Z]{8}(?=,)", "<order>", text)
    text = re.sub(r"\b[0-9a-f]{24}\b", "<click>", click.unstyle(text))
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([+-]\d\d:\d\d)?", "<moment>", text)
    return re.sub(r"[ \t]+$", "", re.sub(r"\d{4}-\d\d-\d\d", "<day>", text), flags=re.MULTILINE).rstrip()


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Three orders at noon, of which the day cannot end meanwhile."""
    noon = datetime.combine(datetime.now(UTC).date() + timedelta(days=1), time(12), UTC)
    stage.control("clock", {"advance_seconds": (noon - datetime.now(UTC)).total_seconds()})
    for returned in ("refund", "chargeback"):
        order = stage.sale()
        stage.order("upsell", order_id=order, product_id="411531")
        stage.order(returned, order_id=order, product_id="411530")
    stage.sale()
    return stage


def test_a_week_with_losses(busy: Stage) -> None:
    rows = busy.conversions
    busy.delete(rows[0])
    busy.double(rows[2])
    busy.put(rows[3], payout=20.0, payout_network=20.0)
    busy.put(rows[4], currency="EUR")
    busy.double(rows[6], deduplicate_token="99999999", clickid="0" * 24)
    done = busy.reconcile("--csv", "rows.csv")
    assert done.exit_code == 2
    as_kept("reconcile/report.txt", steady(done.output))
    as_kept("reconcile/rows.csv", steady(Path("rows.csv").read_text(encoding="utf-8")))
    assert busy.reconcile("--csv", "rows.csv", "--csv-locale", "de").exit_code == 2, "its own file is replaced"
    assert Path("rows.csv").read_bytes().startswith(b"\xef\xbb\xbfstack;")
    assert busy.reconcile("--csv", "rows.csv").exit_code == 2, "whichever language it was written for"


def test_progress_tells_how_much_there_is(busy: Stage) -> None:
    for name in ("{}.yaml", "Pulumi.{}.yaml"):
        shutil.copy(f"stacks/{name}".format("demo"), f"stacks/{name}".format("other"))
    for letter in "ab":
        busy.order("sale", product_id="411530", click_id=letter * 24)
    told = seen("reconcile", "demo", "other", "--days", "40", width=200, progress=True).told
    for said in (
        "demo (1 of 2 stacks)", "RedTrack conversions: period 1 of 2", "RedTrack conversions: period 2 of 2",
        "RedTrack clicks: 1 of 2 looked up", "RedTrack clicks: 2 of 2 looked up", "other (2 of 2 stacks)",
        "Digistore24 orders: 5 of 5",
    ):  # fmt: skip
        assert said in told
    assert "period" not in seen("reconcile", "demo", width=200, progress=True).told, "a week is one"


ZONE = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("first", "last", "days", "period"),
    [
        (None, None, 7, ("2026-11-17", "2026-11-23")), (None, None, 1, ("2026-11-23", "2026-11-23")),
        ("2026-11-01", None, 7, ("2026-11-01", "2026-11-23")), (None, "2026-11-10", 7, ("2026-11-04", "2026-11-10")),
        ("2026-11-01", "2026-11-02", 7, ("2026-11-01", "2026-11-02")),
    ],
)  # fmt: skip
def test_which_days_are_compared(
    stage: Stage, first: str | None, last: str | None, days: int, period: tuple[str, str]
) -> None:
    """Today is Digistore24's: an hour before midnight UTC it is tomorrow there."""
    one, other = (date.fromisoformat(day) if day else None for day in (first, last))
    wish = ReconcileOptions(one, other, days, 0, 2.0, 30)
    reading = Reading("demo", stage.composition, wish, lambda _: None)
    clock = Clock(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), ZONE)
    found = reading._period(clock)
    assert (str(found.first), str(found.last), found.zone, found.now) == (*period, ZONE, clock.now)
    assert midnight(date(2026, 11, 23), clock) == datetime(2026, 11, 22, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("last", "to"),
    # What belongs to a day may be booked on the next; nothing is asked for that is yet to come.
    [(date(2026, 11, 10), "2026-11-12 00:00:00"), (date(2026, 11, 23), "2026-11-23 00:30:00")],
)
def test_bookings_are_asked_for_up_to_the_end_of_the_days(stage: Stage, last: date, to: str) -> None:
    reading = Reading("demo", stage.composition, ReconcileOptions(None, None, 7, 0, 2.0, 30), lambda _: None)
    clock = Clock(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), ZONE)
    reading._bookings(clock, Period(date(2026, 11, 4), last, ZONE, clock.now))
    asked = stage.sandbox.log.entries(service="digistore24", path="/listTransactions")[-1]
    assert {**asked["query"], **(asked["body"] or {})}["to"] == to


def test_a_key_of_another_account_is_not_taken(stage: Stage) -> None:
    """No request of the comparison is sent with it."""
    stage.composition.account.file.account.redtrack_user = "64f0aa"
    reading = Reading("demo", stage.composition, ReconcileOptions(None, None, 7, 0, 2.0, 30), lambda _: None)
    before = len(stage.sandbox.log.entries(service="digistore24"))
    with pytest.raises(TrackformError, match="this stack belongs to the RedTrack account 64f0aa"):
        reading.compare()
    assert len(stage.sandbox.log.entries(service="digistore24")) == before
