"""Each number that decides, at it, below and above."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from tests.providers.test_bookings import Played, paged, success
from tests.providers.trackform_core.guard.guarded import channels, many, refused
from tests.providers.trackform_digistore24.test_ipn import FIELDS as IPN_FIELDS
from trackform.resources import RESOURCES
from trackform_core.guard import review as guard_review
from trackform_core.guard.limits import DEFAULTS, FEW, Limit
from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.lifecycle.service import check
from trackform_core.no_api.bridge import Bridge
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.client import RedTrack
from trackform_redtrack.offer import KIND as OFFER

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.said import Said

    Cases = dict[str, Case]

EVERY = {resource.provider.kind.name: resource.provider.kind for resource in RESOURCES}
KEY = Key("123-canary", "a test")
SUB = {"value": "x"}


@pytest.mark.parametrize(
    ("name", "field", "fine", "wrong"),
    [
        ("conversion_type", "slot", [1, 20], [0, 21, -1]),
        ("offer", "payout", [0, 0.01], [-0.01]),
        ("offer", "cap", [0, 1], [-1]),
        ("offer", "clcap", [0, 1], [-1]),
        ("offer", "click_cap", [0, 1], [-1]),
        ("campaign", "cpc", [0, 0.01], [-0.01]),
        ("campaign", "funnel_weights", [[0, 1]], [[-1, 1], [1], [1, 1, 1]]),
        ("funnel", "offer_weights", [[0, 1]], [[-1, 1], [1], [1, 1, 1]]),
        ("funnel", "landing_weights", [[0]], [[-1], [], [1, 1]]),
        ("funnel", "prelanding_weights", [[0]], [[-1], [], [1, 1]]),
        ("funnel", "offer_ids", [], [[]]),
        ("funnel", "landing_ids", [["a"]], [["a", "a"]]),
        ("funnel", "prelanding_ids", [["a"]], [["a", "a"]]),
        ("campaign", "funnel_ids", [["a", "b"]], [["a", "a"]]),
        ("landing", "title", ["x"], [""]),
        ("channel", "subs", [[SUB] * 20], [[SUB] * 21]),
        ("offer_source", "subs", [[SUB] * 20], [[SUB] * 21]),
        ("postback", "events", [["payment"], ["payment", "refund"]], [[]]),
        ("postback", "product_ids", [["1"], ["1", "2"]], [[]]),
        ("ipn", "domain_id", ["x"], [""]),
        ("ipn", "name", ["x"], [""]),
        ("ipn", "product_ids", [["1"]], [[]]),
        ("ipn", "sha_passphrase", ["x", "x" * 63], ["", "x" * 64]),
    ],
)
def test_what_a_field_can_hold(
    room: "Room", cases: "Cases", name: str, field: str, fine: list[Any], wrong: list[Any]
) -> None:
    fields = cases[name].fields if name in cases else IPN_FIELDS
    for value in fine:
        assert check(EVERY[name], {}, fields | {field: value}, "?").failures == (), value
    for value in wrong:
        failures = check(EVERY[name], {}, fields | {field: value}, "?").failures
        assert failures, value
        # What ties two fields together is told at the natural key.
        assert {failure.field for failure in failures} <= {field, EVERY[name].key}


@pytest.mark.parametrize(
    ("limit", "size", "most"),
    [
        (Limit(20, 20), FEW - 1, None), (Limit(20, 20), FEW, 2), (Limit(20, 20), FEW + 1, 2), (Limit(0, 0), FEW, 0),
        (Limit(20, 20), 14, 2), (Limit(20, 20), 15, 3), (Limit(20, 20), 16, 3),
        (Limit(20, 20), 99, 19), (Limit(20, 20), 100, 20), (Limit(20, 20), 105, 20), (Limit(100, 3), 10, 3),
    ],
)  # fmt: skip
def test_the_most_that_one_run_may_touch(limit: Limit, size: int, most: int | None) -> None:
    assert FEW == 10
    assert limit.most(size) == most


def test_the_limits_where_the_file_has_none() -> None:
    shown = {action: (limit.percent, limit.objects) for action, limit in DEFAULTS.items()}
    assert shown == {"delete": (20, 20), "update": (25, 100), "recreate": (10, 10)}


@pytest.mark.parametrize(("before", "after", "stopped"), [(9, 4, False), (10, 8, False), (10, 7, True), (11, 9, False)])
def test_the_default_limit_in_a_run(engine: Engine, before: int, after: int, stopped: bool) -> None:
    engine.up(channels(*many(before)))
    if stopped:
        assert f"{before - after} of {before} objects" in refused(engine, channels(*many(after)))
    else:
        engine.up(channels(*many(after)))


@pytest.mark.parametrize(("count", "named"), [(4, True), (5, True), (6, False)])
def test_how_many_are_named(engine: Engine, count: int, named: bool) -> None:
    engine.up(channels(*many(count), "stays"))
    told = refused(engine, channels("stays", "new"))
    assert ("and 1 more would be deleted" in told) == (not named)
    every = ",".join(f"delete:channel/{name}" for name in many(count))
    assert (f"TRACKFORM_ALLOW={every}, or remove it" in told) == named
    assert ("TRACKFORM_ALLOW=delete:channel, or remove it" in told) == (not named)


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, ""), (5, "1 more of this kind leave the file")])
def test_how_many_are_shown(
    engine: Engine, said: "Said", monkeypatch: pytest.MonkeyPatch, count: int, more: str
) -> None:
    assert guard_review.SHOWN == 100
    monkeypatch.setattr(guard_review, "SHOWN", 4)
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:channel")
    engine.up(channels(*many(count), "stays"))
    engine.preview(channels("stays"))
    lines = [line for line in said.messages if "leaves the file" in line]
    assert [line.split("'")[1] for line in lines] == many(min(count, 4))
    assert [line for line in said.messages if "more of this kind" in line] == ([more] if more else [])


@pytest.mark.parametrize("count", [9, 10, 11])
def test_of_how_many_the_clicks_are_asked_for(
    engine: Engine, room: "Room", said: "Said", monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:offer")
    source = room.edit(KINDS["offer_source"], set={"title": "shop"})["id"]
    offers = {name: {"title": name, "url": "https://p.test/", "offer_source_id": source} for name in many(count)}
    engine.up({"offer": offers})
    room.forget()
    engine.preview({"offer_source": {"shop": {"title": "shop", "existing": True}}})
    told = [line.partition(" leaves the file: ")[2] for line in said.messages if "leaves the file" in line]
    unasked = "deleted, or paused if it had clicks in the last 30 days"
    assert told == ["deleted"] * min(count, 10) + [unasked] * (count - 10)
    asked = [entry for entry in room.requests() if "date_from" in str(entry["query"])]
    assert len(asked) == min(count, 10)


class Asked:
    """A RedTrack that says of everything that it has no rows."""

    def __init__(self, *answers: Any) -> None:
        self.params: list[dict[str, str]] = []
        self._answers = iter(answers)

    def network(self) -> Network:
        return Network(lambda _url: httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.params.append(dict(request.url.params))
        # As text: httpx sends nothing at all for the JSON value null.
        headers = {"content-type": "application/json"}
        return httpx.Response(200, text=json.dumps(next(self._answers, None)), headers=headers)


@pytest.mark.parametrize("kind", [OFFER, CAMPAIGN], ids=lambda kind: str(kind.name))
def test_clicks_count_for_thirty_days(kind: Any) -> None:
    """Both ends are days in an unknown time zone: the last one is tomorrow, so that today is in it everywhere."""
    service = Asked()
    before = datetime.now(UTC).date()
    assert kind.clicked(RedTrack("http://127.0.0.1", KEY, service.network()), "7") is False
    after = datetime.now(UTC).date()
    (asked,) = service.params
    first, last = date.fromisoformat(asked["date_from"]), date.fromisoformat(asked["date_to"])
    assert before <= last - timedelta(days=1) <= after
    assert last - first == timedelta(days=31)
    assert asked["ids"] == "7"


@pytest.mark.parametrize(("rows", "expected"), [
    ([{"id": "7", "stat": {"clicks": 1}}], True), ([{"id": 7, "stat": {"clicks": 1}}], True),
    ([{"id": "7", "stat": {"clicks": 0}}], False), ([{"id": "8", "stat": {"clicks": 1}}], False),
    ([{"id": "8", "stat": {"clicks": 0}}, {"id": "7", "stat": {"clicks": 2}}], True),
])  # fmt: skip
def test_whose_clicks_count(rows: list[Any], expected: bool) -> None:
    assert OFFER.clicked(RedTrack("http://127.0.0.1", KEY, Asked(rows).network()), "7") is expected


@pytest.mark.parametrize("client", [RedTrack, Bridge])
def test_pages_of_a_hundred_from_the_first_to_an_empty_one(client: Any) -> None:
    rows = [[{"id": f"{page}-{n}"} for n in range(100)] for page in (1, 2)]
    answers = [*rows, []] if client is RedTrack else [{"items": each, "total": 200} for each in (*rows, [])]
    service = Asked(*answers)
    of_an_account = [] if client is RedTrack else [lambda: "1"]
    found = list(client("http://127.0.0.1", KEY, *of_an_account, service.network()).pages("offers"))
    assert [len(page) for page, _ in found] == [100, 100, 0]
    assert [(asked["page"], asked["per"]) for asked in service.params] == [("1", "100"), ("2", "100"), ("3", "100")]


@pytest.mark.parametrize(("count", "pages"), [(999, 1), (1000, 2), (1001, 2)])
def test_a_full_page_of_the_books_is_not_the_last(count: int, pages: int) -> None:
    def answer(request: httpx.Request) -> Any:
        at = int(request.url.params["page_no"])
        return success({"transaction_list": [{"id": n} for n in range(count)][(at - 1) * 1000 : at * 1000]})

    service = Played(answer)
    assert len(service.books().transactions("start", "now")) == count
    assert [(asked["page_no"], asked["page_size"]) for asked in service.asked] == [
        (str(page), "1000") for page in range(1, pages + 1)
    ]


@pytest.mark.parametrize("told", [2, "2", 1, "1", 0, "0"])
def test_as_many_pages_as_the_books_count(told: Any) -> None:
    def answer(request: httpx.Request) -> Any:
        return success({"page_count": told, "items": [{"id": request.url.params["page_no"]}]})

    service = Played(answer)
    assert len(service.books().commissions("start", "now")) == max(1, int(told))
    assert (f"page 1 of {told}" in service.told[0]) == (int(told) > 0)


@pytest.mark.parametrize(("count", "calls"), [(99, 1), (100, 1), (101, 2)])
def test_a_hundred_orders_a_call(count: int, calls: int) -> None:
    service = Played(lambda _request: success({"page_count": 1, "purchase_list": []}))
    assert service.books().purchases([f"A{n:03}" for n in range(count)]) == {}
    assert len(service.asked) == calls
    assert max(len(asked["search[purchase_id]"].split(",")) for asked in service.asked) == min(count, 100)


@pytest.mark.parametrize(("count", "minutes"), [(9, 0), (10, 0), (11, 1), (20, 1), (21, 2)])
def test_ten_requests_a_minute_half_a_second_apart(count: int, minutes: int) -> None:
    service = Played(paged(count, 1))
    service.logs().conversions(date(2026, 11, 1), date(2026, 11, 1))
    assert len(service.asked) == count
    assert len([line for line in service.told if "waiting" in line]) == minutes
    long = [nap for nap in service.naps if nap != 0.5]
    assert long == [55.5] * minutes, "up to the next calendar minute, and not a second more"
    assert service.now == 60 * minutes + 0.5 * ((count - 1) % 10)


@pytest.mark.parametrize(("days", "windows"), [(30, 1), (31, 1), (32, 2), (62, 2), (63, 3)])
def test_a_month_of_the_log_at_once(days: int, windows: int) -> None:
    service = Played(lambda _request: {"items": None, "total": 0})
    first = date(2026, 1, 1)
    assert service.logs().conversions(first, first + timedelta(days=days - 1)) == []
    asked = [(date.fromisoformat(each["date_from"]), date.fromisoformat(each["date_to"])) for each in service.asked]
    assert len(asked) == windows
    covered = [start + timedelta(days=n) for start, end in asked for n in range((end - start).days + 1)]
    assert covered == [first + timedelta(days=n) for n in range(days)], "each day once"
