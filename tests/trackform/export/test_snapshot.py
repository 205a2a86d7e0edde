"""What is read of an account, in which order, and what is said on the way."""

import re
from typing import Any

import pytest

from tests.trackform.export.living import House
from trackform.account_file.sections import SECTIONS
from trackform.export.snapshot import age, take


def test_rows_come_in_the_order_in_which_they_were_made() -> None:
    rows: list[dict[str, Any]] = [
        {"id": "A", "title": "b"}, {"id": "d", "title": "a", "created_at": "2026-01-02"}, {"id": "c", "title": "a"},
        {"id": "b", "title": "a"}, {"id": "a", "serial_number": 2}, {"id": "f", "serial_number": 1},
        {"id": "g", "serial_number": "9", "title": "z"},
    ]  # fmt: skip
    assert "".join(row["id"] for row in sorted(rows, key=age)) == "bcAgdfa"


def test_each_page_that_is_not_the_first_is_told(house: House) -> None:
    house.empty(page_cap=2)
    living = house.living()
    for at in range(5):
        living.make("source", title=f"channel {at}")
    told: list[str] = []
    snapshot = take(living.process(), told.append)
    channels = [line for line in told if "traffic_channels" in line]
    assert channels == [f"{channels[0]}{so_far}" for so_far in ("", ", 4 so far", ", 5 so far")]
    assert [row["title"] for row in snapshot.rows["traffic_channels"]] == [f"channel {at}" for at in range(5)]
    (number,) = (re.fullmatch(rf"(\d+) of {len(SECTIONS)}: campaigns", line) for line in told if "campaigns" in line)
    assert number


def test_whose_account_it_is(house: House) -> None:
    living = house.living()
    snapshot = take(living.process())
    assert (snapshot.redtrack_user, snapshot.digistore24_account) == (living.owner, living.vendor)
    assert snapshot.affiliate() != ""
    assert list(snapshot.unread) == ["ipn_connections"]
    assert snapshot.unread["ipn_connections"] == "Digistore24 lists no IPN connections: write those down by hand"


@pytest.mark.parametrize("bridge", [{}, {"bridgeUrl": ""}])
def test_without_a_digistore24_key_the_rest_is_read(house: House, bridge: dict[str, str]) -> None:
    living = house.living()
    told: list[str] = []
    snapshot = take(living.process(digistore24ApiKey="", **bridge), told.append)
    reason = (
        "postback connections have no public API, and trackform:bridgeUrl names no bridge"
        if bridge
        else "there is no Digistore24 key"
    )
    assert snapshot.unread["postbacks"] == reason
    assert not any("postbacks" in line for line in told)
    assert "postbacks" not in snapshot.rows
    assert ("conversion_types" in snapshot.unread) is bool(bridge)
    assert (snapshot.digistore24_account, snapshot.affiliate()) == ("", "")
    assert snapshot.redtrack_user == living.owner
