"""Numbers that decide something: what happens at each of them, just below and just above."""

import json
import os
import re
import sys
import threading
import time
import zlib
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.providers.conftest import KINDS
from trackform_core import dynamic
from trackform_core.http import retry
from trackform_core.http.body import ENCODINGS
from trackform_core.http.bounds import BOUNDS, Bounds
from trackform_core.http.limiter import Limiter
from trackform_core.http.service_error import ServiceError, _line
from trackform_core.no_api import bridge, ledger
from trackform_core.text import files, secrets, shown
from trackform_digistore24 import bookings
from trackform_redtrack import client as redtrack
from trackform_redtrack import conversions
from trackform_redtrack.base import STATUS_NUMBER, RedTrackKind
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.offer import KIND as OFFER

TODAY = datetime.now(UTC).date


class Client:
    """Remembers what it was asked, and answers the same to everything."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def get(self, path: str, **query: Any) -> Any:
        self.asked.append((path, query))
        return self.answer

    def pages(self, path: str, **query: Any) -> Any:
        self.asked.append((path, query))
        yield self.answer or [], None

    def patch(self, path: str, **query: Any) -> None:
        self.asked.append((path, query))


def days_of(query: dict[str, Any]) -> tuple[int, int]:
    """How far back, and how far ahead of today."""
    first, last = (date.fromisoformat(query[name]) for name in ("date_from", "date_to"))
    return (TODAY() - first).days, (last - TODAY()).days


def test_the_clicks_of_thirty_days_are_clicks() -> None:
    client: Any = Client([{"id": "7", "stat": {"clicks": 1}}])
    assert OFFER.clicked(client, "7") is True
    ((path, query),) = client.asked
    assert (path, query["ids"], days_of(query)) == ("offers", "7", (30, 1))


def test_the_conversions_of_seven_days_show_a_connection() -> None:
    rows = [{"offer_id": "1", "p_sub20": "tf.sales"}, {"offer_id": "2", "p_sub3": "tf.returns"}, 7]
    client: Any = Client({"items": rows})
    assert CAMPAIGN.shown(client) == {("1", "tf.sales"), ("2", "tf.returns")}
    ((path, query),) = client.asked
    assert (path, query["page"], query["per"], days_of(query)) == ("conversions", 1, 10_000, (7, 1))


def test_the_numbers_of_redtracks_statuses() -> None:
    client: Any = Client()
    for status, number in (("active", 1), ("paused", 2), ("deleted", 3)):
        assert OFFER._set_status(client, "7", status)
        assert client.asked[-1] == ("offers/status", {"ids": "7", "status": number})
    assert STATUS_NUMBER.keys() == {"active", "paused", "deleted"}
    assert RedTrackKind.filter == "title"


@pytest.mark.parametrize(
    ("days", "pieces"), [(1, [1]), (30, [30]), (31, [31]), (32, [31, 1]), (62, [31, 31]), (63, [31, 31, 1])]
)
def test_a_log_is_asked_for_by_the_month(days: int, pieces: list[int]) -> None:
    first = date(2026, 3, 1)
    found = list(conversions.windows(first, first + timedelta(days=days - 1)))
    assert [(end - start).days + 1 for start, end in found] == pieces
    assert found[-1][1] == first + timedelta(days=days - 1)


def test_a_click_is_looked_for_as_far_back_as_its_cookie_lives() -> None:
    client: Any = Client({"items": []})
    logs = conversions.Logs(client, lambda _: None, conversions.Pace(lambda _: None, lambda _: None))
    assert logs.known_clicks([("c" * 24, date(2026, 7, 1))]) == {"c" * 24: False}
    ((_, query),) = client.asked
    assert (query["date_from"], query["date_to"], query["per"]) == ("2026-01-01", "2026-07-02", 1)


def test_ten_requests_pass_in_a_calendar_minute_half_a_second_apart() -> None:
    now, naps, told = [600.0], list[float](), list[str]()

    def sleep(seconds: float) -> None:
        naps.append(seconds)
        now[0] += seconds

    pace = conversions.Pace(told.append, sleep, lambda: now[0])
    for _ in range(10):
        pace.wait()
    assert naps == [0.5] * 9
    now[0] = 659.0
    pace.wait()
    assert (naps[9:], told) == ([1.0], ["RedTrack: waiting 1 s, its logs take 10 requests a minute"])
    assert now == [660.0]
    now[0] += 0.5
    pace.wait()
    assert len(naps) == 10


def test_how_many_rows_are_asked_for_at_once() -> None:
    assert (conversions.PER_PAGE, redtrack.PER_PAGE, bridge.PER_PAGE) == (10_000, 100, 100)
    assert (bookings.PAGE_SIZE, bookings.ORDERS_PER_CALL, bookings.WAITS) == (1_000, 100, (15, 30, 60))


def test_the_bounds_of_all_that_is_asked() -> None:
    """docs/behaviour.md says what a person sees of each."""
    assert Bounds() == BOUNDS == Bounds(
        silence=30, attempt=60, attempts=4, request=300, run=7200, wait=90, hidden=120, shown_after=5,
        body=33_554_432, depth=64, parts=500_000, least_per_minute=5,
    )  # fmt: skip


@pytest.mark.parametrize("form", ["gzip", "x-gzip", "deflate"])
def test_an_answer_is_unpacked(form: str) -> None:
    packed = zlib.compressobj(wbits=ENCODINGS[form]).compress(b"")
    assert packed[:1] == (b"\x78" if form == "deflate" else b"\x1f")


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (366 * 86_400.0, "until "),
        (366 * 86_400.0 + 1, "for more than a year"),
        (60.0, "until "),
        (1e12, "for more than a year"),
    ],
)
def test_a_wait_of_more_than_a_year_has_no_day(seconds: float, said: str) -> None:
    assert retry._until(seconds).startswith(said)


@pytest.mark.parametrize(
    ("header", "seconds"), [("60", 60.0), ("1000000000", 1e9), (str(10**9 + 1), 10**9 + 1 - 1_700_000_000.0)]
)
def test_from_when_on_a_number_is_a_time_and_no_wait(
    header: str, seconds: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """RedTrack's limits were seen in both forms."""
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    headers = httpx.Headers({"x-ratelimit-remaining-minute": "0", "x-ratelimit-reset-minute": header})
    if not Limiter._resets_in(headers):
        headers = httpx.Headers({"ratelimit-remaining": "0", "ratelimit-reset": header})
    assert Limiter._resets_in(headers) == seconds


@pytest.mark.parametrize(("length", "is_whole"), [(1_999, True), (2_000, True), (2_001, False)])
def test_so_much_of_a_message_is_shown(length: int, is_whole: bool) -> None:
    text = f"{'a' * (length - 1)}b"
    said = _line(text)
    assert (said == text) is is_whole
    if not is_whole:
        assert said == f"{'a' * 1_000}… (2,001 characters) …{'a' * 999}b"


@pytest.mark.parametrize(("length", "looked_at"), [(20_000, 20_000), (20_001, 20_003)])
def test_so_much_of_a_message_is_looked_at(length: int, looked_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The middle of a longer one is nobody's to read, and costs time."""
    seen = list[int]()

    def look(text: str) -> str:
        seen.append(len(text))
        return text

    monkeypatch.setattr(sys.modules[_line.__module__], "fit_to_show", look)
    _line("x" * length)
    assert seen == [looked_at]
    assert ServiceError("RedTrack", "refused", "short").message == "short"


@pytest.mark.parametrize(("levels", "is_read"), [(100, True), (101, True), (102, False), (103, False)])
def test_a_hundred_levels_below_the_first_are_read(levels: int, is_read: bool) -> None:
    text = "[" * levels + "]" * levels
    readers: list[Any] = [files.parse_json, lambda given: files.compose(given, aliases=False)]
    for read in readers:
        if is_read:
            assert read(text) is not None
        else:
            with pytest.raises(files.UnreadableError, match="nested too deeply"):
                read(text)


@pytest.mark.parametrize(("most", "is_read"), [(6, False), (7, True), (8, True)])
def test_so_many_values_are_made_of_aliases(most: int, is_read: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MOST_VALUES", most)
    text = "a: &a [x]\nb: *a\n"
    if is_read:
        assert files.load_yaml(text) == {"a": ["x"], "b": ["x"]}
    else:
        with pytest.raises(files.UnreadableError, match=f"more than {most} values"):
            files.load_yaml(text)


def test_how_large_a_file_may_be() -> None:
    said = {each.__name__: str(each.__defaults__) for each in (files.read_text, files.decoded, files.read_json)}
    assert said == {
        "read_text": "(4194304,)", "decoded": "(4194304,)", "read_json": "(67108864,)",
    }  # fmt: skip
    assert (files.MOST_VALUES, files.HARMLESS, files.LARGE) == (1_000_000, 500, 65_536)
    assert files.decoded(b"x" * 7, 7) == "x" * 7
    with pytest.raises(files.UnreadableError, match="larger than"):
        files.decoded(b"x" * 8, 7)


@pytest.mark.parametrize(
    ("sign", "said"), [("\u202e", "\\u202e"), ("\ufeff", "\\ufeff"), ("\U000e0001", "\\udb40\\udc01")]
)
def test_a_sign_that_steers_is_shown_as_json_reads_it(sign: str, said: str) -> None:
    assert shown.escaped(f"a{sign}b") == f"a{said}b"
    assert json.loads(f'"{said}"') == sign
    assert shown._escape(re.match("(?s).", "\uffff")) == "\\uffff"  # type: ignore[arg-type]
    assert shown._escape(re.match("(?s).", "\U00010000")) == "\\ud800\\udc00"  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "is_kept"), [("1234567", True), ("12345678", False), ("123456789", False)])
def test_from_eight_characters_on_a_secret_is_taken_out_of_what_is_said(
    value: str, is_kept: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for known in ("_met", "_tokens"):
        monkeypatch.setattr(secrets, "_met", {})
        monkeypatch.setattr(secrets, "_tokens", {})
        (secrets.remember if known == "_met" else secrets.remember_token)(value)
        assert (value in secrets.redacted(f"a {value} b")) is is_kept
    monkeypatch.setattr(secrets, "_tokens", {})
    for name, kept in (
        ("ACME_API_KEY", value),
        ("ACME_WEBHOOK", f"https://x.test/{value}"),
        ("PROXY", f"http://u:{value}@x"),
    ):
        with monkeypatch.context() as patch:
            patch.setenv(name, kept)
            assert (value in secrets.redacted(f"a {value} b")) is is_kept


def test_a_program_looks_three_times_a_second_whether_its_host_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    naps, ended = list[float](), list[int]()
    parents = iter([dynamic.HOST, dynamic.HOST, 1])

    class Now:
        def __init__(self, target: Any, **_: Any) -> None:
            self.start = target

    monkeypatch.setattr(sys, "orig_argv", ["python", f"/x/{dynamic.EXECUTOR}"])
    monkeypatch.setattr(dynamic, "_watching", threading.Event())
    monkeypatch.setattr(threading, "Thread", Now)
    monkeypatch.setattr(os, "getppid", lambda: next(parents))
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(time, "sleep", naps.append)
    dynamic.end_with_the_host()
    assert (naps, ended) == ([0.3, 0.3], [1])


def test_what_kinds_have_unless_they_say_otherwise() -> None:
    assert {name for name, kind in KINDS.items() if kind.key == "title"} >= {"offer", "landing", "campaign"}
    assert ledger.VERSION == 1
