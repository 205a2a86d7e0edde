"""Booking, to the letter: whole rows, every refusal, and the second at which a click expires."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack import booking
from trackform.sandbox.world import Sandbox

Click = Callable[..., str]
Postback = Callable[..., str]
Log = Callable[..., list[dict[str, Any]]]
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BOOKED = {"status": 1}


@pytest.fixture
def clock(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """The time, for tests to set."""
    time = [NOON]
    monkeypatch.setattr(sandbox.clock, "now", lambda: time[0])
    return time


@pytest.fixture
def network(sandbox: Sandbox, funnel: dict[str, str], account: str) -> Callable[..., None]:
    """Change the offer source."""

    def change(**fields: Any) -> None:
        row = sandbox.store.get(account, "network", funnel["network"])
        assert row is not None
        sandbox.store.put(account, "network", row | fields)

    return change


def answer(postback: Postback, **query: str) -> dict[str, Any]:
    found = json.loads(postback(**query))
    assert isinstance(found, dict)
    return found


def refused(message: str) -> dict[str, Any]:
    return {"status": 0, "message": message}


def test_every_field_of_a_row(
    *, clock: list[datetime], click: Click, postback: Postback, conversions: Log, bridge: httpx.Client,
    funnel: dict[str, str],
) -> None:  # fmt: skip
    bridge.post("/conversion-types", json={"slot": 7, "name": "Sale", "duplicates": "create_new", "role": ""})
    cid = click(sub1="ad", sub20="last", fbclid="fb")
    clock[0] += timedelta(hours=1, milliseconds=5)
    subs = {f"sub{n}": f"v{n}" for n in range(1, 21)}
    sent = {"clickid": cid, "sum": "8", "currency": "EUR", "type": "Sale", "status": "pending", "rdtk_event_id": "t1"}
    assert answer(postback, **sent, **subs, sub21="no") == BOOKED
    (row,) = conversions()
    assert len(row.pop("id")) == 24
    shown = {
        "clickid": cid, "campaign": "fb-keto", "offer": "keto", "source": "facebook", "network": "digistore24",
        "campaign_id": funnel["campaign"], "offer_id": funnel["offer"], "program_id": funnel["network"],
        "source_id": funnel["source"], "type": "Sale", "event": "Sale", "default_type": 0, "type7": 1,
        "status": "pending", "payout": 10.0, "payout_default": 10.0, "payout_network": 8.0, "currency": "EUR",
        "cost": 0.25, "ref_id": "fb", "deduplicate_token": "t1", "duplicate_status": 0, "is_transaction": 0,
        "created_at": "2026-03-01T13:00:00.005Z", "conv_time": "2026-03-01T13:00:00.005Z",
        "track_time": "2026-03-01T12:00:00.000Z", "sub1": "ad", "sub20": "last", "postback_ip": "127.0.0.1",
        **{f"p_sub{n}": f"v{n}" for n in range(1, 21)},
    }  # fmt: skip
    assert {name: value for name, value in row.items() if value not in ("", None)} == shown


def test_a_default_conversion_counts_in_its_own_slot(click: Click, postback: Postback, conversions: Log) -> None:
    answer(postback, clickid=click(), sum="1", type="nobody's", sub3="")
    (row,) = conversions()
    assert (row["type"], row["event"], row["default_type"]) == ("default", "nobody's", 1)
    assert not [name for name in row if name.startswith(("type1", "type2", "p_sub"))]


@pytest.mark.parametrize(("seconds", "booked"), [(-1, True), (0, True), (1, False)])
@pytest.mark.parametrize("days", [1, 30])
def test_a_click_expires_after_so_many_days_to_the_second(
    *, clock: list[datetime], network: Callable[..., None], click: Click, postback: Postback, conversions: Log,
    days: int, seconds: int, booked: bool,
) -> None:  # fmt: skip
    network(click_expiration=days)
    cid = click()
    clock[0] += timedelta(days=days, seconds=seconds)
    assert answer(postback, clickid=cid, sum="1") == (BOOKED if booked else refused("click expired"))
    assert len(conversions()) == int(booked)


@pytest.mark.parametrize("expiration", [0, -1, None])
def test_a_click_that_never_expires(
    *, clock: list[datetime], network: Callable[..., None], click: Click, postback: Postback, expiration: int | None
) -> None:
    network(click_expiration=expiration)
    cid = click()
    clock[0] += timedelta(days=4000)
    assert answer(postback, clickid=cid, sum="1") == BOOKED


@pytest.mark.parametrize(
    ("fields", "query", "message"),
    [
        ({}, {"clickid": ""}, "empty clickid value"),
        ({}, {"clickid": "f" * 24}, "click not found"),
        ({"postback_protected": True, "postback_token": "t"}, {}, "wrong token"),
        ({"postback_protected": True, "postback_token": ""}, {"ptoken": ""}, "wrong token"),
        ({"postback_protected": True, "postback_token": "t"}, {"ptoken": "T"}, "wrong token"),
        ({"postback_protected": True, "postback_token": "t"}, {"ptoken": "t"}, ""),
        ({"postback_protected": False, "postback_token": "t"}, {}, ""),
        # Protection without a token asks for one that RedTrack made.
        ({"postback_protected": True, "postback_token": ""}, {}, "wrong token"),
        ({"postback_protected": True, "postback_token": None}, {"ptoken": "x"}, "wrong token"),
    ],
)
def test_every_refusal(
    *, network: Callable[..., None], click: Click, postback: Postback, conversions: Log, fields: dict[str, Any],
    query: dict[str, str], message: str,
) -> None:  # fmt: skip
    network(**fields)
    sent = {"clickid": click(), "sum": "1"} | query
    assert answer(postback, **sent) == (refused(message) if message else BOOKED)
    assert len(conversions()) == (0 if message else 1)


@pytest.mark.parametrize(("sums", "booked"), [("-0.01", False), ("0", True), ("-0", True), ("0.01", True)])
def test_negative_sums_are_those_below_nothing(
    *, sandbox: Sandbox, click: Click, postback: Postback, sums: str, booked: bool
) -> None:
    sandbox.switches.negative_sum = "ignored"
    assert answer(postback, clickid=click(), sum=sums) == (BOOKED if booked else refused("negative sum"))


@pytest.mark.parametrize(("kind", "mode", "rows"), [("", "", 2), ("", "ignore", 1), ("create_new", "ignore", 2)])
def test_without_any_mode_every_conversion_is_new(
    *, sandbox: Sandbox, account: str, network: Callable[..., None], click: Click, postback: Postback, conversions: Log,
    kind: str, mode: str, rows: int,
) -> None:  # fmt: skip
    network(postback_mode=mode)
    row = {"id": "type1", "name": "sale", "duplicates": kind, "role": "", "slot": 1, "account": account}
    sandbox.store.put(account, "conversion_type", row)
    cid = click()
    for _ in range(2):
        answer(postback, clickid=cid, type="sale", sum="1")
    assert len(conversions()) == rows


def test_an_edited_conversion_keeps_its_id_and_its_first_time(
    *, clock: list[datetime], network: Callable[..., None], click: Click, postback: Postback, conversions: Log
) -> None:
    network(postback_mode="edit")
    cid = click()
    answer(postback, clickid=cid, sum="1", rdtk_event_id="a")
    (first,) = conversions()
    clock[0] += timedelta(hours=1)
    answer(postback, clickid=cid, sum="2", rdtk_event_id="b")
    (row,) = conversions()
    assert (row["id"], row["created_at"]) == (first["id"], first["created_at"])
    assert (row["payout"], row["deduplicate_token"]) == (2.0, "b")
    assert row["conv_time"] == "2026-03-01T13:00:00.000Z"


def test_an_increment_adds_up_to_the_cent(
    *, network: Callable[..., None], click: Click, postback: Postback, conversions: Log
) -> None:
    network(postback_mode="increment", currency="EUR")
    cid = click()
    for sums in ("0.10", "0.20", "-0.05"):
        answer(postback, clickid=cid, sum=sums)
    (row,) = conversions()
    # Each is converted on its own: 0.13 + 0.25 - 0.06.
    assert (row["payout"], row["payout_default"], row["payout_network"]) == (0.32, 0.32, 0.25)


@pytest.mark.parametrize(
    ("offer", "sent", "status"),
    [("", "", "approved"), ("pending", "", "pending"), ("pending", "approved", "approved"), ("x", "", "error")],
)
def test_an_offers_own_status(
    *, sandbox: Sandbox, account: str, funnel: dict[str, str], click: Click, postback: Postback, conversions: Log,
    offer: str, sent: str, status: str,
) -> None:  # fmt: skip
    row = sandbox.store.get(account, "offer", funnel["offer"])
    assert row is not None
    sandbox.store.put(account, "offer", row | {"default_conversion_status": offer})
    answer(postback, clickid=click(), sum="1", status=sent)
    assert conversions()[0]["status"] == status


@pytest.mark.parametrize("payment", [None, {}, {"amount": None}, {"amount": 0}])
def test_an_offer_without_a_payout_books_nothing_for_a_missing_sum(
    *, sandbox: Sandbox, account: str, funnel: dict[str, str], click: Click, postback: Postback, conversions: Log,
    payment: Any,
) -> None:  # fmt: skip
    sandbox.switches.missing_sum = "offer_payout"
    row = sandbox.store.get(account, "offer", funnel["offer"])
    assert row is not None
    sandbox.store.put(account, "offer", row | {"payment": payment})
    answer(postback, clickid=click())
    assert conversions()[0]["payout"] == 0


def test_what_was_deleted_since_the_click_is_booked_all_the_same(
    *, sandbox: Sandbox, account: str, funnel: dict[str, str], click: Click, postback: Postback, conversions: Log
) -> None:
    cid = click()
    for kind in ("network", "offer", "campaign", "source"):
        sandbox.store.remove(account, kind, funnel[kind])
    assert answer(postback, clickid=cid, sum="1") == BOOKED
    sandbox.switches.missing_sum = "offer_payout"
    assert answer(postback, clickid=cid) == BOOKED
    rows = conversions()
    assert [row["payout"] for row in rows] == [1, 0]
    assert {row.get(kind, "") for row in rows for kind in ("network", "offer", "campaign", "source")} == {""}


def test_a_public_request_is_logged_with_its_account(
    http: httpx.Client, funnel: dict[str, str], account: str, sandbox: Sandbox
) -> None:
    """A tracking link and a postback carry no key: the object that they name tells whose they are."""
    location = http.get(f"/t/{funnel['campaign']}").headers["Location"]
    cid = str(httpx.URL(location).params["cid"])
    answered = http.get("/t/postback", params={"clickid": cid, "sum": "1"})
    assert answered.headers["Content-Type"] == "application/json; charset=utf-8"
    http.get("/t/postback", params={"clickid": "f" * 24})
    entries = [(one["path"], one["account"]) for one in sandbox.log.entries(service="t")]
    assert entries == [(f"/{funnel['campaign']}", account), ("/postback", account), ("/postback", "")]


def test_names_of_the_module() -> None:
    assert (booking.DEFAULT_SLOT, booking.DEFAULT_NAME, booking.ERROR) == ("default_type", "default", "error")
    assert booking.STATUSES == ("approved", "pending", "declined")
