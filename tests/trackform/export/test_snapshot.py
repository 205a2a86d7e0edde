"""What is read of an account, in which order, and what is said on the way."""

import re
import threading
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from tests.trackform.export.living import House
from trackform.account_file.sections import SECTIONS
from trackform.export.snapshot import age, take
from trackform_core.http.service_error import ServiceError
from trackform_core.session.session import Session
from trackform_redtrack.service import REDTRACK


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


def first_pages(session: Session, patch: pytest.MonkeyPatch, answer: Callable[[str], object]) -> set[str]:
    """The listings of RedTrack; ``answer`` is called for each one whose first page is asked for."""
    client = session.client(REDTRACK)
    kinds: Iterable[Any] = SECTIONS.values()
    paths = {kind.path for kind in kinds if kind.service is REDTRACK and kind.has_listing}
    ask = client.get

    def get(path: str, **query: Any) -> Any:
        if path in paths and query.get("page", 1) == 1:
            answer(path)
        return ask(path, **query)

    patch.setattr(client, "get", get)
    return paths


def test_the_first_pages_of_all_sections_are_asked_for_side_by_side(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    living = house.living()
    session = living.process()
    paths = first_pages(session, monkeypatch, lambda _: all_asked.wait(30))
    all_asked = threading.Barrier(len(paths))
    assert take(session).redtrack_user == living.owner


def test_of_several_that_fail_the_first_section_is_told_after_all_were_answered(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = house.living().process()
    last, asked = threading.Event(), []

    def answer(path: str) -> None:
        asked.append(path)
        if len(asked) == len(paths):
            last.set()
        last.wait(30)
        if path in ("sources", "offers", "scripts"):
            raise ServiceError("RedTrack", "refused", f"no {path}")

    paths = first_pages(session, monkeypatch, answer)
    with pytest.raises(ServiceError, match="no sources"):
        take(session)
    assert sorted(asked) == sorted(paths)
    assert not [each for each in threading.enumerate() if each.name.startswith("first page")]


def test_an_interrupt_waits_for_nobody(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    session, end = house.living().process(), threading.Event()
    first_pages(session, monkeypatch, lambda _: end.wait(30))

    def interrupted(_: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(session, interrupted)
    waiting = [each for each in threading.enumerate() if each.name.startswith(("first page", "owners"))]
    assert len(waiting) > 1
    end.set()
    for each in waiting:
        each.join()


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
