"""A recording that is played again: what the sandbox is filled with, and what it is asked."""

from typing import Any

import pytest

from tests.trackform.recording.made import called, exchange, number, played, recording
from trackform.recording import replay
from trackform.sandbox.redtrack.rules import LANDING_TYPES, SPELLED_OUT
from trackform.sandbox.store import Store

NETWORK, OFFER, OTHER = number(1), number(2), number(3)


def listed(path: str, *rows: Any, **query: str) -> dict[str, Any]:
    return exchange(path, list(rows), query=query)


def test_what_the_recording_made_has_the_sandboxs_ids_wherever_it_is_named() -> None:
    sent = {"title": "o", "program_id": NETWORK, "url": "https://x.test", "status": 1, "payment": {"amount": 2.5},
            "tags": ["a", "b"], "cap": 3}  # fmt: skip
    network, offer, again, changed, rows, elsewhere = played(
        exchange("networks", {"id": NETWORK}, "POST", sent={"title": "n"}),
        exchange("offers", {"id": OFFER}, "POST", sent=sent),
        exchange(f"offers/{OFFER}", {}),
        exchange(f"offers/{OFFER}", {}, "PUT", sent={"title": "other", "tags": []}),
        listed("offers", page="1"),
        exchange(f"offers/{OTHER}", {}),
    )
    assert network.answer["id"] != NETWORK
    assert offer.answer.items() >= (sent | {"program_id": network.answer["id"], "network_title": "n"}).items()
    assert again.answer["id"] == changed.answer["id"] == rows.answer[0]["id"] == offer.answer["id"]
    assert (changed.answer["title"], changed.answer["tags"]) == ("other", [])
    assert elsewhere.status == 404


def test_what_the_recording_made_itself_is_not_there_before() -> None:
    before, made, after = played(
        listed("networks", page="1"), exchange("networks", {"id": NETWORK}, "POST", sent={"title": "n"}),
        listed("networks", {"id": NETWORK, "title": "n"}, page="2"),
    )  # fmt: skip
    assert before.answer is None
    assert [made.status, after.status] == [201, 200]
    (answer,) = played(listed("networks", {"id": NETWORK, "title": "n"}))
    assert [row["title"] for row in answer.answer] == ["n"]


def test_an_answer_without_an_id_made_nothing() -> None:
    made, again = played(
        exchange("networks", {"error": "no"}, "POST", sent={"title": "n"}, status=400), exchange(f"networks/{NETWORK}")
    )
    assert (made.status, again.status) == (201, 404)
    refused, gone = played(
        exchange("networks", {"id": NETWORK}, "POST", sent={}), exchange(f"networks/{NETWORK}"),
        post_networks="premium_only",
    )  # fmt: skip
    assert (refused.status, gone.status) == (403, 404)


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [("l", "l"), ("landing", "l"), ("p", "p"), ("prelanding", "p"), ("odd", "l"), (7, "l"), (None, "l")],
)
def test_a_landing_is_of_the_type_that_was_recorded(recorded: Any, shown: str) -> None:
    (answer,) = played(listed("landings", {"id": OFFER, "title": "page", "type": recorded}, page="1"))
    assert [(row["id"], row["title"], row["type"]) for row in answer.answer] == [(OFFER, "page", shown)]
    assert {LANDING_TYPES[each] for each in SPELLED_OUT.values()} == {"l", "p"}


def test_a_row_of_which_little_is_known_has_what_the_sandbox_needs() -> None:
    (answer,) = played(listed("networks", {"id": NETWORK, "created_at": "lately", "title": None, "status": ["odd"]}))
    (row,) = answer.answer
    assert (row["id"], row["title"], row["status"], row["created_at"]) == (
        NETWORK,
        "",
        "active",
        "2001-01-01T00:00:00Z",
    )
    assert row["serial_number"] == 1
    kept = {"id": NETWORK, "created_at": "2001-02-03T04:05:06Z", "title": "n", "serial_number": 12}
    (answer,) = played(listed("networks", kept))
    assert answer.answer[0].items() >= kept.items()


def test_rows_without_an_id_and_what_no_get_shows_are_no_objects() -> None:
    answers = played(
        listed("networks", {"title": "n"}, 7, {"id": ""}),
        exchange("offers", [{"id": OFFER}], "PATCH", sent={}), exchange("offers"),
        exchange("me/settings", {"id": OTHER}),
    )  # fmt: skip
    assert [answers[0].answer, answers[2].answer] == [None, None]


def test_a_single_row_and_the_first_of_several_answers_count() -> None:
    first, _, rows, _ = played(
        exchange(f"networks/{NETWORK}", {"id": NETWORK, "title": "first"}),
        exchange(f"networks/{NETWORK}", {"id": NETWORK, "title": "second"}),
        listed("networks"), exchange("networks", {"items": [{"id": OTHER, "title": "wrapped"}]}),
    )  # fmt: skip
    assert first.answer["title"] == "first"
    assert [row["title"] for row in rows.answer] == ["first", "wrapped"]


def test_the_stream_of_a_campaign_is_there_as_well() -> None:
    stream = {"id": OTHER, "title": "split"}
    referring: list[Any] = [{"id": NETWORK, "weight": 100, "stream": stream}]
    campaigns, streams = played(
        listed("campaigns", {"id": OFFER, "title": "c", "streams": referring}), listed("streams", {"id": number(9)})
    )
    (campaign,) = campaigns.answer
    assert [(each["id"], each["weight"]) for each in campaign["streams"]] == [(NETWORK, 100)]
    (bare,) = played(
        listed("campaigns", {"id": OFFER, "title": "c", "streams": referring}), campaign_list="without_streams"
    )
    assert bare.answer[0]["streams"] == [{"id": NETWORK, "weight": 100}], "the sandbox adds the stream, or not"
    (funnel,) = played(listed("streams", {"id": OTHER, "title": "split"}))[0].answer["items"]
    assert "streams" not in funnel
    assert {row["id"]: row["title"] for row in streams.answer["items"]}.items() >= {OTHER: "split"}.items()
    for odd in (7, [7], [{"stream": None}], [{"stream": {"title": "without an id"}}]):
        campaigns, streams = played(listed("campaigns", {"id": OFFER, "streams": odd}), listed("streams"))
        assert [row["id"] for row in campaigns.answer] == [OFFER]
        assert streams.answer["items"] in (None, [])


def test_conversions_have_what_the_sandbox_counts_of_them() -> None:
    days = {"date_from": "2001-01-01", "date_to": "2001-01-01"}
    (answer,) = played(exchange("conversions", {"items": [{"id": "7", "payout": 2.5, "odd": []}]}, query=days))
    (row,) = answer.answer["items"]
    assert row == {
        "id": "7", "clickid": "", "campaign_id": "", "offer_id": "", "program_id": "", "source_id": "", "type": "",
        "status": "approved", "created_at": "2001-01-01T00:00:00Z", "payout": 2.5, "default_type": 0,
    }  # fmt: skip
    (answer,) = played(exchange("conversions", {"items": [{"id": "8"}]}, query=days))
    assert answer.answer["items"][0]["payout"] == 0
    kept = {"id": "7", "clickid": "c", "campaign_id": "k", "offer_id": "o", "program_id": "p", "source_id": "s",
            "type": "sale", "status": "pending", "default_type": 3}  # fmt: skip
    (answer,) = played(exchange("conversions", {"items": [kept]}, query=days))
    assert answer.answer["items"][0].items() >= kept.items()


def counted(*exchanges: dict[str, Any]) -> int:
    """How many sources the sandbox then has."""
    asked = [exchange("sources", status=599, query={"per": "100", "page": str(page)}) for page in (1, 2)]
    answers = played(*exchanges, *asked)[-2:]
    return sum(len(answer.answer or ()) for answer in answers)


def test_rows_that_the_recording_left_out_are_made_up() -> None:
    row = {"id": NETWORK, "title": "one"}
    assert counted(listed("sources", row, {"$more": 3})) == 4
    assert counted(listed("sources", row), listed("sources", row)) == 1
    # Pages of one size are one listing; the same page again, another size, and one of a status are not more of it.
    pages = [listed("sources", row, {"$more": 2}, per="3", page=str(page)) for page in (1, 2, 2)]
    assert counted(*pages, listed("sources", row, {"$more": 4}, per="5")) == 6
    assert counted(*pages[:1], listed("sources", row, {"$more": 7}, per="3", status="1")) == 3
    (answer, _) = played(listed("sources", row, {"$more": 1}), listed("networks"))
    assert [each["title"] for each in answer.answer] == ["one", "one"]
    assert len({each["id"] for each in answer.answer}) == 2


def test_the_conversions_that_were_left_out_are_made_up_too() -> None:
    days = {"date_from": "2001-01-01", "date_to": "2001-01-01"}
    (answer,) = played(exchange("conversions", {"items": [{"id": "7"}, {"$more": 2}]}, query=days))
    assert answer.answer["total"] == 3


@pytest.mark.parametrize(("more", "rows"), [(19_998, 19_999), (19_999, 20_000), (20_000, 20_000), (10**12, 20_000)])
def test_however_many_a_recording_claims_so_many_are_made_up_at_most(more: int, rows: int) -> None:
    claimed = recording(listed("sources", {"id": NETWORK}, {"$more": more}))
    assert replay._count(claimed, "sources") == rows


@pytest.mark.parametrize("function", ["listTransactions", "listCommissions", "listPurchases"])
def test_where_sales_were_seen_some_are_made(function: str) -> None:
    shows = called(function, {"data": {"rows": [{}], "page_no": 1}}, {"from": "2001-01-01", "to": "2001-01-01"})
    (answer,) = played(shows)
    assert answer.answer["result"] == "success"
    assert answer.answer["data"]["item_count"] > 0
    answers: list[Any] = [None, {}, {"data": []}, {"data": {}}, {"data": {"rows": []}}]
    for nothing in answers:
        (answer,) = played(called(function, nothing, {"from": "2001-01-01", "to": "2001-01-01"}))
        assert answer.answer["data"]["item_count"] == 0


def test_the_sales_that_are_made_are_asked_for_whatever_days_and_orders_were_recorded() -> None:
    query = {"from": "2001-01-01", "to": "2001-01-01", "search[purchase_id]": "XXXX", "page_size": "2"}
    (answer,) = played(called("listTransactions", {"data": {"rows": [{}]}}, query))
    data = answer.answer["data"]
    assert (data["item_count"], data["page_size"]) == (3, 2)
    assert data["from"].startswith("2012-")
    (answer,) = played(called("listTransactions", {"data": {"rows": [{}]}}))
    (kinds,) = [[(row["transaction_type"], row["product_id"]) for row in answer.answer["data"]["transaction_list"]]]
    assert kinds == [("payment", 411530), ("payment", 411531), ("refund", 411530)]
    assert not answer.answer["data"]["from"].startswith("2012-")


def test_with_or_without_a_body_a_call_of_digistore24_comes_to_something() -> None:
    sent = {"domain_id": "d", "name": "n", "ipn_url": "https://x.test", "transactions": "payment", "product_ids": "all"}
    ping, made, there = played(
        called("ping", {}, method="POST"), called("ipnSetup", {}, method="POST", sent=sent), called("ipnInfo", {}),
    )  # fmt: skip
    assert [each.answer["result"] for each in (ping, made)] == ["success", "success"]
    assert there.status == 200


def test_a_key_of_nobody_is_refused() -> None:
    own, nobodys, calls, wrong = played(
        exchange("me/settings"), exchange("me/settings", key="nobody"),
        called("getUserInfo", {}), called("getUserInfo", {}, key="nobody"),
    )  # fmt: skip
    assert [own.status, nobodys.status] == [200, 401]
    assert [calls.answer["result"], wrong.answer["result"]] == ["success", "error"]
    (answer,) = played(exchange("me/settings", key="nobody"), bad_key="500")
    assert answer.status == 500


def test_no_recording_meets_the_limit_of_requests() -> None:
    answers = played(*[exchange("me/settings")] * 12, requests_per_minute=3)
    assert {answer.status for answer in answers} == {200}


def test_an_answer_is_kept_whole() -> None:
    answer, deleted = played(
        exchange("networks", {"id": NETWORK}, "POST", sent={"title": "n"}),
        exchange(f"networks/{NETWORK}", None, "DELETE", is_empty=True),
    )
    assert (answer.headers["content-type"], answer.is_empty) == ("application/json; charset=utf-8", False)
    assert deleted.status in (200, 204)
    assert deleted.is_empty is (deleted.answer is None)


def test_the_sandbox_of_a_recording_is_closed_behind_it(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = list[bool]()
    monkeypatch.setattr(Store, "close", lambda _: closed.append(True))
    played(exchange("me/settings"))
    assert closed == [True]
