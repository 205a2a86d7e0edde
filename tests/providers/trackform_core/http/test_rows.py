"""A row that nobody can read is no object, and a listing that has one is no listing."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.trackform_core.http.scripted import client
from trackform_core.http.rows import unreadable
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.offer import KIND as OFFER
from trackform_redtrack.traffic_channel import KIND as CHANNEL

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]


@pytest.mark.parametrize(("row", "reason"), [
    ({"id": "1", "title": "t"}, ""),
    ({"id": 1, "title": None}, ""),
    ({"_id": "1", "title": 5}, ""),
    ({"id": "1"}, ""),
    ({"title": "t"}, "has no id"),
    ({"id": None, "title": "t"}, "has no id"),
    ({"id": ["1"], "title": "t"}, "has no id"),
    ("t", "has no id"),
    (None, "has no id"),
    ({"id": "1", "title": ["t"]}, "(1) has a title that is no text"),
    ({"id": "1", "title": {"a": "t"}}, "(1) has a title that is no text"),
    ({"id": "1", "title": "t", "program_id": ["7"]}, "(1) has program_id of another type"),
    ({"id": "1", "title": "t", "program_id": ""}, ""),
    ({"id": "1", "title": "t", "notes": ["any"], "status": {}}, ""),
])  # fmt: skip
def test_what_is_an_offer(row: Any, reason: str) -> None:
    assert unreadable(OFFER, row) == reason


@pytest.mark.parametrize("streams", ["text", ["text"], 5, {"a": 1}])
def test_a_campaign_whose_funnels_nobody_can_follow_is_not_read(streams: Any) -> None:
    """Else it would use none, and a funnel of it could be deleted."""
    assert unreadable(CAMPAIGN, {"id": "1", "title": "t", "source_id": "2", "streams": streams})
    assert not unreadable(CAMPAIGN, {"id": "1", "title": "t", "source_id": "2", "streams": None})


@pytest.mark.parametrize("row", [{"title": "Taboola"}, {"id": "1", "title": ["Taboola"]}])
def test_a_listing_with_a_row_that_nobody_can_read_is_not_trusted_as_empty(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, row: Any
) -> None:
    monkeypatch.setattr(type(CHANNEL), "pages", lambda *_: _one_page(row))
    room.forget()
    for _ in range(2):
        with pytest.raises(ServiceError, match="its listing has a traffic channel that") as error:
            lifecycle.create(CHANNEL, {**cases["channel"].fields, "account": "default"})
        assert error.value.reason == "not_json"
    assert room.writes() == []


def _one_page(row: Any) -> Iterator[tuple[list[Any], None]]:
    yield [row], None


def test_another_objects_row_is_no_answer() -> None:
    """Else it would be written over, or deleted, in the place of the one that was asked for."""
    answer = httpx.Response(200, json={"id": "2", "title": "t"})
    with pytest.raises(ServiceError, match=r"it shows a traffic channel that has the id '2' \[GET /sources/1\]"):
        CHANNEL.get(client(lambda _request: answer), "1")
    assert CHANNEL.get(client(lambda _request: answer), "2") == {"id": "2", "title": "t"}


@pytest.mark.parametrize("owner", [["u1"], {"a": 1}, None, ""])
def test_whose_a_row_is_is_kept_only_where_it_can_be_read(room: "Room", cases: "Cases", owner: Any) -> None:
    live = room.create(CHANNEL, cases["channel"].fields)
    room.edit(CHANNEL, live.object_id, set={"user_id": owner})
    room.process()
    assert room.read(CHANNEL, live).outs["owner"] == live.outs["owner"]
