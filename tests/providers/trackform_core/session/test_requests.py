"""How many requests a run takes: what an account of thousands of objects waits for, and what a limit counts."""

from collections import Counter
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.conftest import KINDS
from tests.providers.small_engine import Engine
from trackform_core.http import api as http
from trackform_core.http import paging
from trackform_core.http.attempt import here
from trackform_core.model.wire import Values
from trackform_redtrack.client import PER_PAGE

if TYPE_CHECKING:
    from tests.providers.conftest import Room

CHANNELS, OFFERS = 7, 2 * PER_PAGE + 30
WHOSE = 2
"""Beside the listings a run asks once for each service whose key it is; of its users Digistore24 asks by one call."""
PROOF = 1
"""Before something is made, a page after one that may be the only one: a service that tells no total may cap pages."""
ABSENT = 2
"""Before an object counts as gone: a GET of it, and one look at what may contradict that."""


def pages(rows: int) -> int:
    """Up to the first page that is not full; where the last one is, one more is needed to see that."""
    return max(1, ceil((rows + 1) / PER_PAGE))


@pytest.fixture
def program(room: "Room") -> dict[str, dict[str, Values]]:
    source = str(room.edit(KINDS["offer_source"], set={"title": "Digistore24"})["id"])
    offers: dict[str, Values] = {
        f"o{number}": {
            "title": f"Offer {number}",
            "url": f"https://p.test/{number}?cid={{clickid}}",
            "offer_source_id": source,
        }
        for number in range(OFFERS)
    }
    return {"channel": {f"c{number}": {"title": f"Channel {number}"} for number in range(CHANNELS)}, "offer": offers}


@pytest.fixture
def engine(room: "Room", program: dict[str, Any]) -> Engine:
    """A stack that was set up."""
    found = Engine(room)
    found.up(program)
    room.forget()
    return found


def methods(room: "Room") -> Counter[str]:
    return Counter(entry["method"] for entry in room.requests())


def test_a_preview_reads_the_pages_of_the_kinds_that_are_used(
    room: "Room", engine: Engine, program: dict[str, Any]
) -> None:
    engine.preview(program)
    assert methods(room).keys() == {"GET"}
    assert len(room.requests()) <= pages(CHANNELS) + pages(OFFERS) + WHOSE


def test_an_object_that_is_gone_costs_two_more(room: "Room", engine: Engine, program: dict[str, Any]) -> None:
    for number in (3, 4, 5):
        kept = engine.state["offer", f"o{number}"]
        room.edit(kept.provider.kind, kept.object_id, delete=True)  # type: ignore[attr-defined]
    room.forget()
    engine.preview(program)
    assert [step["op"] for step in engine.steps if step["op"] == "create"] == ["create"] * 3
    assert len(room.requests()) <= pages(CHANNELS) + pages(OFFERS) + WHOSE + 3 * ABSENT


def test_a_run_that_changes_some_reads_and_writes_each_of_them_once(
    room: "Room", engine: Engine, program: dict[str, Any]
) -> None:
    for number in range(5):
        program["offer"][f"o{number}"]["url"] = f"https://p.test/{number}/new?cid={{clickid}}"
    for number in range(4):
        program["channel"][f"new{number}"] = {"title": f"New channel {number}"}
    engine.up(program)
    counted = methods(room)
    assert counted["PUT"] == 5
    assert counted["POST"] == 4
    # The read before a write is what protects a person's edit.
    assert counted["GET"] <= pages(CHANNELS) + pages(OFFERS) + PROOF + WHOSE + 5


def test_a_preview_of_more_pages_than_a_minute_takes_waits_for_the_next_one(
    room: "Room", engine: Engine, program: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One page after the other: on a clock that only those move who sleep, nobody can sleep beside somebody."""
    clock, slept = room.sandbox.clock, [0.0]
    clock.stop(stopped=True)
    # The first minute is a whole one, whenever the test runs.
    clock.advance(timedelta(seconds=60) - timedelta(seconds=clock.now().second, microseconds=clock.now().microsecond))

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.advance(timedelta(seconds=seconds))

    at_once = http.Network(
        lambda _url: httpx.WSGITransport(app=room.app), base_wait=0.01, sleep=sleep, clock=lambda: sum(slept),
        watch=here,
    )  # fmt: skip
    monkeypatch.setattr(paging, "AT_A_TIME", 1)
    monkeypatch.setattr(http, "NETWORK", at_once)
    room.switch(requests_per_minute=60, page_cap=2)
    engine.preview(program)
    asked = len(room.requests())
    assert asked > OFFERS / 2
    # What comes first after the end of the first minute's is refused; after that it is known how many a minute takes.
    assert sum(entry["status"] == 429 for entry in room.requests()) == 1
    assert sum(slept) <= 1.3 * 60 * (asked / 60)
