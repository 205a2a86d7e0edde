"""Reading both services' books: pages, limits, time zones, and answers that are not what they should be."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_digistore24.bookings import Bookings, Clock, zone_of
from trackform_digistore24.client import Digistore24
from trackform_redtrack.client import RedTrack
from trackform_redtrack.conversions import Logs, Pace, windows

Answer = Callable[[httpx.Request], Any]
KEY = Key("123-canary", "a test")


class Played:
    """One service played by a function: what it was asked, what people were told, and how long they waited."""

    def __init__(self, answer: Answer) -> None:
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.told: list[str] = []
        self.naps: list[float] = []
        self.now = 0.0

        def handle(request: httpx.Request) -> httpx.Response:
            self.asked.append(dict(httpx.QueryParams(request.content.decode() or request.url.query.decode())))
            self.paths.append(request.url.path)
            found = answer(request)
            return found if isinstance(found, httpx.Response) else httpx.Response(200, json=found)

        self.network = Network(lambda _url: httpx.MockTransport(handle), base_wait=0.0, sleep=self.sleep)

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def logs(self) -> Logs:
        pace = Pace(self.told.append, self.sleep, lambda: self.now)
        return Logs(RedTrack("http://127.0.0.1/redtrack", KEY, self.network), self.told.append, pace)

    def books(self) -> Bookings:
        return Bookings(Digistore24("http://127.0.0.1/api/call", KEY, self.network), self.told.append, self.sleep)


def success(data: Any, **envelope: Any) -> dict[str, Any]:
    return {"result": "success", "data": data, **envelope}


def paged(count: int, cap: int) -> Answer:
    def answer(request: httpx.Request) -> Any:
        page = int(request.url.params["page"])
        rows = [{"id": str(n)} for n in range(count)][(page - 1) * cap : page * cap]
        return {"items": rows or None, "total": count}

    return answer


@pytest.mark.parametrize("count", [0, 1, 3, 6, 7])
def test_all_pages_whatever_size_the_service_gives(count: int) -> None:
    service = Played(paged(count, 3))
    rows = service.logs().conversions(date(2026, 11, 1), date(2026, 11, 7))
    assert [row["id"] for row in rows] == [str(n) for n in range(count)]
    assert {(a["date_from"], a["date_to"], a["per"]) for a in service.asked} == {("2026-11-01", "2026-11-07", "10000")}
    assert len(service.asked) == max(1, -(-count // 3))


def test_progress_is_told() -> None:
    service = Played(paged(5, 3))
    service.logs().conversions(date(2026, 11, 1), date(2026, 11, 7))
    assert service.told[-1] == "RedTrack conversions 2026-11-01 to 2026-11-07: page 2, 5 of 5 rows"


def test_half_a_log_is_refused() -> None:
    service = Played(lambda request: {"items": [{"id": "1"}] if request.url.params["page"] == "1" else [], "total": 9})
    with pytest.raises(ServiceError, match="counts 9 rows and gave 1 of them"):
        service.logs().conversions(date(2026, 11, 1), date(2026, 11, 1))


def test_a_log_that_does_not_page_ends() -> None:
    service = Played(lambda _request: [{"id": "1"}, {"id": "2"}])
    assert len(service.logs().conversions(date(2026, 11, 1), date(2026, 11, 1))) == 2


@pytest.mark.parametrize("body", [{"rows": []}, "text", {"items": ["x"]}])
def test_what_is_no_listing(body: Any) -> None:
    with pytest.raises(ServiceError, match="not a listing"):
        Played(lambda _request: body).logs().conversions(date(2026, 11, 1), date(2026, 11, 1))


def test_long_periods_are_asked_in_windows() -> None:
    assert list(windows(date(2026, 1, 1), date(2026, 2, 5))) == [
        (date(2026, 1, 1), date(2026, 1, 31)),
        (date(2026, 2, 1), date(2026, 2, 5)),
    ]
    assert list(windows(date(2026, 1, 2), date(2026, 1, 1))) == []
    service = Played(lambda _request: {"items": [{"id": "same"}], "total": 1})
    assert len(service.logs().conversions(date(2026, 1, 1), date(2026, 2, 5))) == 1


def test_the_rate_limit_is_kept_and_the_wait_is_named() -> None:
    service = Played(paged(25, 1))
    service.logs().conversions(date(2026, 11, 1), date(2026, 11, 1))
    waits = [told for told in service.told if "waiting" in told]
    assert len(waits) == 2
    assert waits[0] == "RedTrack: waiting 56 s, its logs take 10 requests a minute"
    assert service.now >= 120
    assert min(service.naps) >= 0.5


def test_which_clicks_redtrack_knows() -> None:
    def answer(request: httpx.Request) -> Any:
        click = request.url.params["clickid"]
        return {"items": [{"id": click}] if click == "known" else None, "total": 0}

    service = Played(answer)
    day = date(2026, 11, 1)
    assert service.logs().known_clicks([("known", day), ("other", day)]) == {"known": True, "other": False}
    assert (service.asked[0]["date_from"], service.asked[0]["date_to"]) == ("2026-05-04", "2026-11-02")


@pytest.mark.parametrize(("status", "raises"), [(403, False), (404, False), (401, True)])
def test_a_click_log_that_cannot_be_read(status: int, raises: bool) -> None:
    service = Played(lambda _request: httpx.Response(status, json={"error": "no"}))
    if raises:
        with pytest.raises(ServiceError):
            service.logs().known_clicks([("a", date(2026, 11, 1))])
    else:
        assert service.logs().known_clicks([("a", date(2026, 11, 1))]) == {}
        assert "cannot be read" in service.told[0]


def test_an_affiliates_transactions_page_by_page() -> None:
    def answer(request: httpx.Request) -> Any:
        page = int(request.url.params["page_no"])
        return success({"page_count": 2, "transaction_list": [{"id": page}]})

    service = Played(answer)
    assert [row["id"] for row in service.books().transactions("2026-11-01 00:00:00", "now")] == [1, 2]
    assert service.asked[0]["search[role]"] == "affiliate"
    assert service.asked[0]["from"] == "2026-11-01 00:00:00"
    assert service.told[-1] == "Digistore24 listTransactions: page 2 of 2, 2 rows"


def test_a_listing_without_a_page_count_ends_with_a_short_page(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform_digistore24.bookings.PAGE_SIZE", 2)
    pages = iter([[{"id": 1}, {"id": 2}], [{"id": 3}]])
    service = Played(lambda _request: success({"items": next(pages)}))
    assert [row["id"] for row in service.books().commissions("start", "now")] == [1, 2, 3]


def test_orders_are_asked_for_by_id(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform_digistore24.bookings.ORDERS_PER_CALL", 2)

    def answer(request: httpx.Request) -> Any:
        ids = request.url.params["search[purchase_id]"].split(",")
        return success({"page_count": 1, "purchase_list": [{"id": one, "click_id": f"c{one}"} for one in ids]})

    service = Played(answer)
    found = service.books().purchases(["A", "B", "A", "C"])
    assert {order: row["click_id"] for order, row in found.items()} == {"A": "cA", "B": "cB", "C": "cC"}
    assert [asked["search[purchase_id]"] for asked in service.asked] == ["A,B", "C"]
    assert service.asked[0]["from"] == "start"
    assert service.books().purchases([]) == {}


def test_too_many_requests_are_waited_for() -> None:
    refused = {"result": "error", "code": 12, "message": "Too many requests."}
    answers = iter([refused, refused, success({"items": [], "page_count": 0})])
    service = Played(lambda _request: next(answers))
    assert service.books().commissions("start", "now") == []
    assert service.naps == [15, 30]
    assert service.told[0] == "Digistore24: waiting 15 s, it takes no more requests now"
    with pytest.raises(ServiceError, match="Too many requests"):
        Played(lambda _request: refused).books().commissions("start", "now")


@pytest.mark.parametrize(
    ("envelope", "now"),
    [
        ({"timezone": "Europe/Berlin", "current_time": "2026-07-01 12:00:00"}, "2026-07-01T10:00:00"),
        ({"timezone": "?", "utc_offset": "+03:00", "current_time": "2026-07-01 12:00:00"}, "2026-07-01T09:00:00"),
        ({"timezone": "", "current_time": "2026-07-01 12:00:00"}, "2026-07-01T12:00:00"),
        ({"timezone": "Europe/Berlin", "current_time": "2026-07-01T12:00:00Z"}, "2026-07-01T12:00:00"),
    ],
)
def test_the_accounts_time(envelope: dict[str, str], now: str) -> None:
    clock = Played(lambda _request: success({}, **envelope)).books().clock()
    assert clock.now == datetime.fromisoformat(now).replace(tzinfo=UTC)


def test_a_clock_that_is_missing() -> None:
    clock = Played(lambda _request: success({})).books().clock()
    assert abs(clock.now - datetime.now(UTC)) < timedelta(minutes=1)
    with pytest.raises(ServiceError, match="API key from a test is not accepted"):
        Played(lambda _request: {"result": "error", "code": 2, "message": "no"}).books().clock()


def test_times_without_an_offset_are_the_accounts() -> None:
    clock = Clock(datetime(2026, 1, 1, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
    assert clock.read("2026-11-10 23:59:00") == datetime(2026, 11, 10, 22, 59, tzinfo=UTC)
    assert clock.read("2026-07-10T23:59:00+00:00") == datetime(2026, 7, 10, 23, 59, tzinfo=UTC)
    assert clock.written(datetime(2026, 7, 10, 22, 0, tzinfo=UTC)) == "2026-07-11 00:00:00"
    assert zone_of("../../etc/passwd", "-05:00").utcoffset(None) == timedelta(hours=-5)


@pytest.mark.parametrize(
    ("rows", "rates"),
    [
        ([{"code": "EUR", "exchange_rates": {"USD": 1.25}}], {"EUR": Decimal("1.25")}),
        ([{"code": "EUR"}, "x"], {}),
        ([{"code": "EUR", "rates": {"USD": "n/a"}}], {}),
        # A hole, a zero and what is no rate at all: such a currency has none, and no other loses its own.
        ([{"code": "EUR", "rates": {}}, {"code": "GBP", "rates": {"USD": 2}}], {"GBP": Decimal(2)}),
        ([{"code": "EUR", "rates": {"USD": 0}}, {"code": "GBP", "rates": {"USD": 0.01}}], {"GBP": Decimal("0.01")}),
        ([{"code": "EUR", "rates": {"USD": -1.25}}], {}),
        ([{"code": "EUR", "rates": {"USD": None}}], {}),
        ([{"code": "EUR", "rates": {"USD": True}}], {}),
        ([{"code": "EUR", "rates": {"CHF": 1.5}}], {}),
        ([{"rates": {"USD": 1.25}}], {}),
        ([{"code": "", "rates": {"USD": 1.25}}], {}),
        ({"code": "EUR", "rates": {"USD": 1.25}}, {}),
        (None, {}),
    ],
)
def test_rates(rows: Any, rates: dict[str, Decimal]) -> None:
    assert Played(lambda _request: success(rows)).books().rates("USD") == rates


def test_what_is_no_listing_of_digistore24() -> None:
    with pytest.raises(ServiceError, match="listTransactions answered no listing"):
        Played(lambda _request: success([])).books().transactions("start", "now")
    assert Played(lambda _request: success({"transaction_list": None})).books().transactions("start", "now") == []


@pytest.mark.parametrize(
    ("rows", "rates"),
    [
        # A hole, a zero, what is no number, and a row that does not say which currency it is.
        ([{"code": "EUR", "rates": {"USD": 0}}, {"code": "CHF", "rates": {}}, {"code": "GBP", "rates": {"USD": 2}}],
         {"GBP": Decimal(2)}),
        ([{"code": "EUR", "rates": {"USD": value}} for value in (0.0, -1, True, None, "2", [2], float("inf"))], {}),
        ([{"rates": {"USD": 2}}, {"code": "", "rates": {"USD": 2}}, {"code": None, "rates": {"USD": 2}}], {}),
        ([{"code": "EUR", "other": {"CHF": 1}, "rates": {"USD": 1.1}}], {"EUR": Decimal("1.1")}),
        ({"EUR": 1}, {}),
    ],
)  # fmt: skip
def test_a_table_of_rates_with_holes(rows: Any, rates: dict[str, Decimal]) -> None:
    service = Played(lambda _request: httpx.Response(200, content=json.dumps(success(rows)), headers=IS_JSON))
    assert service.books().rates("USD") == rates
    assert service.asked[0]["convert_to"] == "USD"


IS_JSON = {"content-type": "application/json"}


@pytest.mark.parametrize("code", [2, 3, 5, 10, 11])
def test_only_a_busy_service_is_waited_for(code: int) -> None:
    """A refused key is told at once, not after the 105 seconds of all waits."""
    service = Played(lambda _request: {"result": "error", "code": code, "message": "no"})
    calls: list[Callable[[Bookings], Any]] = [
        lambda books: books.clock(), lambda books: books.transactions("start", "now"),
        lambda books: books.commissions("start", "now"), lambda books: books.purchases(["A"]),
        lambda books: books.rates("USD"),
    ]  # fmt: skip
    for call in calls:
        with pytest.raises(ServiceError, match=rf"code {code}"):
            call(service.books())
    assert service.naps == []
    assert service.told == []


def test_a_busy_service_is_waited_for_three_times() -> None:
    service = Played(lambda _request: {"result": "error", "code": 12, "message": "no"})
    with pytest.raises(ServiceError, match="code 12"):
        service.books().transactions("start", "now")
    assert service.naps == [15, 30, 60]
    assert service.told == [f"Digistore24: waiting {nap} s, it takes no more requests now" for nap in (15, 30, 60)]
    assert len(service.asked) == 4


def test_a_clock_that_was_asked_in_vain_once() -> None:
    refused = {"result": "error", "code": 12, "message": "no"}
    answers = iter([refused, success({}, current_time="2026-07-01 12:00:00")])
    service = Played(lambda _request: next(answers))
    assert service.books().clock().zone.utcoffset(None) == timedelta(0)
    assert service.naps == []


@pytest.mark.parametrize(
    ("name", "offset", "hours"),
    [("Europe/Berlin", "+05:00", 1), ("", "+05:30", 5.5), ("Nowhere/At_all", "-03:00", -3), ("", "", 0), ("", "odd", 0),
     ("America", "+02:00", 2), ("", "+00:00", 0)],
)  # fmt: skip
def test_time_zones(name: str, offset: str, hours: float) -> None:
    assert zone_of(name, offset).utcoffset(datetime(2026, 1, 1)) == timedelta(hours=hours)  # noqa: DTZ001 -- its own


@pytest.mark.parametrize(
    ("rows", "known"),
    [([{"id": "c"}], True), ([{"id": "other"}], False), ([{"clickid": "x"}], True), ([], False), (None, False),
     ([{"id": 5}, {"id": "c"}], True)],
)  # fmt: skip
def test_whose_click_the_log_has(rows: Any, known: bool) -> None:
    service = Played(lambda _request: {"items": rows})
    assert service.logs().known_clicks([("c", date(2026, 11, 1))]) == {"c": known}
    assert service.told == ["RedTrack clicks: 1 of 1 looked up"]
    asked = service.asked[0]
    assert (asked["clickid"], asked["per"], asked["page"]) == ("c", "1", "1")


def test_rows_without_an_id_are_all_kept_and_those_with_one_once() -> None:
    rows = [{"id": "1"}, {"sum": 1}, {"sum": 2}, {"id": "1", "sum": 3}]
    service = Played(lambda request: {"items": rows if request.url.params["page"] == "1" else None})
    assert service.logs().conversions(date(2026, 11, 1), date(2026, 11, 1)) == rows[:3]


def test_purchases_by_either_name_of_their_number() -> None:
    rows = [{"id": "A", "x": 1}, {"purchase_id": "B", "x": 2}]
    service = Played(lambda _request: success({"purchase_list": rows, "page_count": 1}))
    assert service.books().purchases(["B", "A"]) == {"A": rows[0], "B": rows[1]}
    assert service.asked[0]["search[role]"] == "affiliate"
    assert (service.asked[0]["to"], service.asked[0]["search[purchase_id]"]) == ("now", "A,B")


@pytest.mark.parametrize(
    "data", [{}, {"other": []}, {"transaction_list": [1]}, {"transaction_list": {}}, [], "x", None]
)
def test_half_an_answer_is_no_empty_book(data: Any) -> None:
    with pytest.raises(ServiceError, match="listTransactions answered no listing"):
        Played(lambda _request: success(data)).books().transactions("start", "now")


def test_what_the_books_are_asked_for() -> None:
    service = Played(lambda _request: success({"transaction_list": [], "items": []}))
    service.books().transactions("a", "b")
    service.books().commissions("c", "d")
    common = {"language": "en", "page_no": "1", "page_size": "1000"}
    assert service.asked == [
        common | {"from": "a", "to": "b", "search[role]": "affiliate", "sort_by": "date", "sort_order": "asc"},
        common | {"from": "c", "to": "d"},
    ]
    assert service.told == [f"Digistore24 {each}: page 1, 0 rows" for each in ("listTransactions", "listCommissions")]


def test_where_the_logs_and_the_books_are_asked_for() -> None:
    logs = Played(lambda _request: {"items": None})
    logs.logs().known_clicks([("c", date(2026, 11, 1))])
    logs.logs().conversions(date(2026, 11, 1), date(2026, 11, 1))
    assert logs.paths == ["/redtrack/tracks", "/redtrack/conversions"]
    books = Played(lambda _request: success({"transaction_list": None, "items": None, "purchase_list": None}))
    mine = books.books()
    mine.clock(), mine.transactions("a", "b"), mine.commissions("a", "b"), mine.purchases(["A"]), mine.rates("USD")
    names = ["ping", "listTransactions", "listCommissions", "listPurchases", "listCurrencies"]
    assert books.paths == [f"/api/call/{name}" for name in names]


@pytest.mark.parametrize(
    ("offset", "now"), [("+02:00", "00:30"), ("+01:00", "01:30"), ("", "00:30"), ("nonsense", "00:30")]
)
def test_the_hour_that_the_end_of_daylight_saving_repeats(offset: str, now: str) -> None:
    """Of the present the answer tells which of the two it is; what was booked then is read as of the first."""
    envelope = {"timezone": "Europe/Berlin", "utc_offset": offset, "current_time": "2026-10-25 02:30:00"}
    clock = Played(lambda _: success({}, **envelope)).books().clock()
    assert clock.now.astimezone(UTC) == datetime.fromisoformat(f"2026-10-25 {now}+00:00")
    assert clock.read("2026-10-25 02:30:00").astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert clock.read("2026-10-25 03:30:00").astimezone(UTC) == datetime(2026, 10, 25, 2, 30, tzinfo=UTC)
