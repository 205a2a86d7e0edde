"""Connections that somebody made by hand beside ours: they book the same sales once more."""

from typing import TYPE_CHECKING, Any

import pytest

from trackform_digistore24.postback_connection import KIND, books_nothing, host_of

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from tests.providers.said import Said

URL = "https://track.acme.test/postback?clickid={cid}&sum={amount_affiliate}&type={order_type}"
OURS: dict[str, Any] = {
    "name": "sales", "url": f"{URL}&sub20=tf.sales", "product_ids": ["1", "2"], "events": ["payment"],
}  # fmt: skip
THEIRS: dict[str, Any] = {
    "id": "77", "url": f"{URL}&ptoken=canary", "product_ids": ["2", "3"], "events": ["payment", "refund"],
    "active": True,
}  # fmt: skip
SAID = (
    "each payment is booked twice: somebody made a connection by hand for the same products and order events (77, "
    f"{URL}). Remove it in Digistore24, under Account → S2S postback"
)


def remarks(theirs: dict[str, Any], ours: dict[str, Any] | None = None) -> list[str]:
    return KIND.doubled_by(lambda: [THEIRS | theirs], OURS | (ours or {}))


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({}, {}), ({"product_ids": [2]}, {}), ({"product_ids": ["all"]}, {}),
        ({"product_ids": ["9"]}, {"product_ids": ["all"]}),
        ({}, {"url": f"{OURS['url']}&sum=0.01"}), ({}, {"active": True}), ({"active": None}, {}),
        ({}, {"url": OURS["url"].replace("sum={amount_affiliate}&", "")}),
        ({}, {"url": OURS["url"].replace("{amount_affiliate}", "0.5")}),
    ],
)  # fmt: skip
def test_a_row_of_the_same_product_and_event(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    assert remarks(theirs, ours) == [SAID]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ({"product_ids": ["9"]}, {}), ({"events": ["refund"]}, {}), ({"active": False}, {}),
        ({"product_ids": None}, {}), ({"events": None}, {}), ({"url": f"{URL}&sub20=tf.another"}, {}),
        ({}, {"active": False}), ({}, {"existing": True}),
        ({}, {"url": OURS["url"].replace("{amount_affiliate}", "0")}),
        ({}, {"url": OURS["url"].replace("{amount_affiliate}", "0.00")}),
    ],
)  # fmt: skip
def test_a_row_that_doubles_nothing(theirs: dict[str, Any], ours: dict[str, Any]) -> None:
    assert remarks(theirs, ours) == []


def test_a_row_without_a_sum_of_its_own_doubles_no_money() -> None:
    (remark,) = remarks({"url": URL.replace("{amount_affiliate}", "0")})
    assert remark.startswith("each payment arrives twice, once with a sum of 0: somebody made a connection by hand")


@pytest.mark.parametrize(
    ("url", "begins"),
    [
        ("https://ab.ttrk.io/postback?clickid={cid}", "if ab.ttrk.io is RedTrack's as well, each payment is booked"),
        ("HTTPS://TRACK.ACME.test:443/postback", "each payment is booked twice"),
        ("", "if its host is RedTrack's as well, each payment"), (None, "if its host is RedTrack's as well, each"),
    ],
)  # fmt: skip
def test_another_host_may_be_another_tracker(url: str | None, begins: str) -> None:
    (remark,) = remarks({"url": url})
    assert remark.startswith(begins)
    assert "canary" not in remark


def test_a_preview_names_it_until_it_is_gone(room: "Room", said: "Said") -> None:
    fields = {**OURS, "product_ids": ["411530"]}
    theirs = room.edit(KIND, set={"url": URL, "product_ids": ["411530"], "events": ["payment"]})["id"]
    room.process()
    room.check(KIND, fields)
    assert said.ids == ["by-hand"]
    assert said.messages[0].startswith(f"postback connection 'sales': {SAID.partition('(')[0]}({theirs}, ")
    said.clear()
    room.process()
    live = room.create(KIND, fields)
    room.process()
    said.clear()
    room.read(KIND, live)
    assert said.ids == ["by-hand"], "each preview names it, also where ours is there"
    room.edit(KIND, theirs, delete=True)
    said.clear()
    room.process()
    room.read(KIND, live)
    assert said.ids == []


def test_every_order_event_that_is_doubled_is_named() -> None:
    both = {"events": ["refund", "chargeback", "payment"]}
    (remark,) = remarks(both, both)
    assert remark.startswith("each chargeback, payment, refund is booked twice: ")


@pytest.mark.parametrize(
    ("amount", "nothing"),
    [
        ("sum=0", True), ("sum=0.00", True), ("sum=.0", True), ("sum=00", True), ("sum=-0", True), ("sum=-0.0", True),
        ("sum=0.01", False), ("sum=10", False), ("sum=", False), ("sum=.", False), ("sum=0.0.0", False),
        ("sum={amount_affiliate}", False), ("sub1=0", False), ("checksum=0", False), ("sum=5&sum=0", False),
        ("sum=0#x", True),
    ],
)  # fmt: skip
def test_which_sums_book_nothing(amount: str, nothing: bool) -> None:
    for url in (f"https://track.acme.test/postback?clickid=c&{amount}", f"https://track.acme.test/postback?{amount}"):
        assert books_nothing(url) is nothing
    assert books_nothing(None) is False


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Track.ACME.test/postback", "track.acme.test"), ("http://a.test?x=1", "a.test"),
        ("https://a.test#x", "a.test"), ("https://a.test:8443/", "a.test"), ("ftp://a.test/", ""), ("a.test", ""),
        ("see https://a.test/", ""), ("", ""), (None, ""),
    ],
)  # fmt: skip
def test_the_host_of_an_address(url: str | None, host: str) -> None:
    assert host_of(url) == host
