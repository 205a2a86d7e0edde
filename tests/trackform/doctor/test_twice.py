"""Which objects of the file are said to be there twice, and which are not."""

from types import SimpleNamespace
from typing import Any

import pytest

from trackform.doctor import twice
from trackform.doctor.check_result import CheckResult
from trackform_core.http.service_error import ServiceError
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK

Rows = dict[str, tuple[str, str]]
"""Id -> title, and all that it says besides."""


class Listing:
    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.is_complete = False

    def complete(self) -> None:
        self.is_complete = True

    def named(self, key: str) -> list[tuple[str, str]]:
        assert self.is_complete
        return [(object_id, says) for object_id, (title, says) in self.rows.items() if title == key]


def offer(name: str, service: Any = REDTRACK, **fields: Any) -> Any:
    return SimpleNamespace(
        section="offers", name=name, kind=SimpleNamespace(service=service, key="title"),
        fields={"title": name, **fields},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def _alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twice, "made_alike", lambda _kind, _session, first, other: first == other)


def told(rows: Rows | ServiceError, *objects: Any, has_key: bool = True) -> list[CheckResult]:
    asked: list[Any] = []

    def listing(_kind: Any) -> Listing:
        assert has_key
        if isinstance(rows, ServiceError):
            asked.append(rows)
            raise rows
        return Listing(rows)

    settings = SimpleNamespace(key=lambda _service: SimpleNamespace(is_whole=has_key))
    session: Any = SimpleNamespace(settings=settings, account="acme", listing=listing)
    found = list(twice.made_twice(session, SimpleNamespace(objects=objects)))  # type: ignore[arg-type]
    assert len(asked) <= 1, "what the service refuses once it is asked once"
    return found


def test_what_is_said_and_what_to_do() -> None:
    rows = {"7": ("a", "x"), "8": ("a", "x"), "9": ("a", "y")}
    (line,) = told(rows, offer("a"))
    assert (line.topic, line.state, line.stack) == ("made twice", "fix", "acme")
    assert line.said == (
        "offers.a: RedTrack has 2 of it with the same values (7, 8), as where two runs create it at once"
    )
    assert line.fix == (
        "delete in the web application those that nothing uses; the stack that had one takes the one that is left with "
        "its next `pulumi up`. If all are meant, write `id: …` under a"
    )


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        ({}, ""), ({"7": ("a", "x")}, ""), ({"7": ("a", "x"), "8": ("a", "y")}, ""),
        ({"7": ("a", "x"), "8": ("b", "x")}, ""), ({"6": ("a", "z"), "7": ("a", "x"), "8": ("a", "x")}, "(7, 8)"),
        ({"5": ("a", "x"), "6": ("a", "x"), "7": ("a", "x")}, "(5, 6, 7)"),
    ],
)  # fmt: skip
def test_two_that_say_the_same(rows: Rows, ids: str) -> None:
    found = told(rows, offer("a"))
    assert bool(found) is bool(ids)
    assert all(ids in line.said for line in found)


TWO = {"7": ("a", "x"), "8": ("a", "x")}


@pytest.mark.parametrize(
    "other",
    [offer("b", DIGISTORE24), offer("b", existing=True), offer("b", adopt_id="1")],
    ids=["of another service", "existing", "picked by its id"],
)
def test_one_that_is_not_looked_at_hides_none_behind_it(other: Any) -> None:
    rows = {**TWO, "1": ("b", "x"), "2": ("b", "x")}
    assert [line.said[:9] for line in told(rows, other, offer("a"))] == ["offers.a:"]


def test_each_is_told_of() -> None:
    rows = {**TWO, "1": ("b", "x"), "2": ("b", "x"), "3": ("c", "x")}
    assert [line.said[:9] for line in told(rows, offer("c"), offer("a"), offer("b"))] == ["offers.a:", "offers.b:"]


def test_whoever_picks_one_by_its_id_knows_of_it() -> None:
    assert told(TWO, offer("other", adopt_id=8), offer("a")) == []
    three = {**TWO, "9": ("a", "x")}
    (line,) = told(three, offer("other", adopt_id=8), offer("a"))
    assert "has 2 of it with the same values (7, 9)" in line.said


def test_without_a_key_nothing_is_asked() -> None:
    assert told(TWO, offer("a"), has_key=False) == []


def test_a_service_that_says_no_is_told_once() -> None:
    (line,) = told(ServiceError("RedTrack", "forbidden", "not in your plan"), offer("a"), offer("b"))
    assert (line.topic, line.stack) == ("made twice", "acme")
    assert "not in your plan" in line.said
