"""A create whose answer is lost, for every kind: nothing is made twice, and nothing is forgotten."""

import math
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, Case
from tests.providers.small_engine import Engine
from tests.providers.trackform_digistore24.test_ipn import FIELDS as IPN_FIELDS
from trackform_core.dynamic import Failed
from trackform_core.http import api as http
from trackform_core.http.bounds import BOUNDS
from trackform_core.lifecycle.unconfirmed import PREFIX
from trackform_digistore24.ipn_connection import KIND as IPN
from trackform_redtrack.base import RedTrackKind

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from trackform_core.model.kind import Kind
    from trackform_core.model.wire import Values

    Cases = dict[str, Case]

WAITS, LATER = (0.5, 1.0, 2.0, 4.0), (8.0, 16.0, 32.0)
"""Seconds between the looks."""
NAMES = [*KINDS, "ipn"]
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)
BRIDGED = ("conversion_type", "postback")


def case_of(cases: "Cases", name: str) -> Case:
    return cases.get(name) or Case(IPN, dict(IPN_FIELDS))


def program(case: Case, **more: Any) -> "dict[str, dict[str, Values]]":
    return {case.kind.name: {"it": case.fields | more}}


def lose(room: "Room", kind: "Kind[Any]", *, after: bool, effect: str = "cut") -> None:
    """The answer of the next create, which is sent again where that is the same as once."""
    service = "bridge" if kind.name in BRIDGED else "digistore24" if kind is IPN else "redtrack"
    how = {"path": "ipnSetup", "times": 4} if kind is IPN else {"method": "POST"}
    room.control("POST", "faults", json={"service": service, "effect": effect, "after": after, **how})


@contextmanager
def hidden(kind: "Kind[Any]", key: Any, *, total: int = 0, found: bool = False) -> Iterator[None]:
    """The listing lags: what has this key is not in it; nor is it ``found`` by asking for it."""
    of_kind = type(kind)

    def without(rows: Any) -> Any:
        return [row for row in rows if kind.key_of(row) != key]

    pages, search, get = of_kind.pages, of_kind.search, of_kind.get

    def fewer(self: Any, client: Any) -> Any:
        for rows, told in pages(self, client):
            left = without(rows)
            yield left, None if told is None else told - (len(rows) - len(left)) + total

    with pytest.MonkeyPatch.context() as patch:
        if kind.has_listing:
            patch.setattr(of_kind, "pages", fewer)
        else:
            patch.setattr(
                of_kind, "get", lambda self, client, row_id: None if row_id == key else get(self, client, row_id)
            )
        if not found:
            patch.setattr(of_kind, "search", lambda self, client, asked: without(search(self, client, asked) or ()))
        yield


def made(room: "Room", case: Case) -> int:
    if case.kind is IPN:
        return len(room.sandbox.store.rows("123456", "ipn"))
    return sum(case.kind.key_of(row) == case.fields[case.kind.key] for row in room.all_stored(case.kind))


def state_id(engine: Engine, case: Case) -> str:
    return engine.state[case.kind.name, "it"].object_id


def is_settled(room: "Room", engine: Engine, case: Case) -> None:
    """One object, which the state knows by its id, and nothing left to do."""
    assert made(room, case) == 1
    engine.up(program(case))
    kept = engine.state[case.kind.name, "it"]
    assert not kept.object_id.startswith(PREFIX)
    assert kept.outs["object_id"] == kept.object_id
    assert "lost" not in kept.outs
    room.forget()
    engine.up(program(case))
    assert engine.planned == []
    assert [write for write in room.writes() if "ipnSetup" in write or not write.startswith("POST /ipn")] == []
    assert made(room, case) == 1


@pytest.mark.parametrize("name", NAMES)
def test_lost_before_the_service_did_anything(room: "Room", engine: Engine, cases: "Cases", name: str) -> None:
    case = case_of(cases, name)
    lose(room, case.kind, after=False)
    engine.up(program(case))
    assert state_id(engine, case) == f"{PREFIX}{case.kind.title}/{case.fields[case.kind.key]}"
    assert made(room, case) == 0
    assert [nap for nap in room.naps if nap in WAITS] == [*WAITS], "it looked again, and waited longer each time"
    engine.up(program(case))
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("effect", ["cut", "status:500", "html"])
def test_lost_after_it_was_made(room: "Room", engine: Engine, cases: "Cases", name: str, effect: str) -> None:
    case = case_of(cases, name)
    lose(room, case.kind, after=True, effect=effect)
    engine.up(program(case))
    assert not state_id(engine, case).startswith(PREFIX)
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", NAMES)
def test_lost_after_it_was_made_while_the_listing_lags(
    room: "Room", engine: Engine, cases: "Cases", name: str, caplog: pytest.LogCaptureFixture
) -> None:
    case = case_of(cases, name)
    key = case.fields[case.kind.key]
    lose(room, case.kind, after=True)
    with hidden(case.kind, key):
        engine.up(program(case))
        assert state_id(engine, case).startswith(PREFIX)
        said = f"{case.kind.title} '{key}' may exist in {case.kind.service.name} or not: "
        assert said in caplog.text
        # A refresh, and a preview, keep what they cannot see.
        engine.preview(program(case))
        assert engine.planned == [(case.kind.name, "it")]
        assert state_id(engine, case).startswith(PREFIX)
    room.forget()
    engine.up(program(case))
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in ("domain", "script", "ipn", *BRIDGED)])
def test_a_listing_that_goes_on_to_lag_and_a_search_that_does_not(
    room: "Room", engine: Engine, cases: "Cases", name: str
) -> None:
    case = case_of(cases, name)
    lose(room, case.kind, after=True)
    with hidden(case.kind, case.fields[case.kind.key], found=True):
        engine.up(program(case))
        assert not state_id(engine, case).startswith(PREFIX)
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", ["domain", "funnel", *BRIDGED])
def test_a_listing_that_contradicts_itself_for_ever(
    room: "Room", engine: Engine, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not sent again, in however many runs, until it shows or a person says that it is not there."""
    case = case_of(cases, name)
    key = case.fields[case.kind.key]
    lose(room, case.kind, after=True)
    with hidden(case.kind, key, total=1):
        engine.up(program(case))
        for _ in range(3):
            room.forget()
            with pytest.raises(Failed, match=r"may exist in .* or not: .*'s listing tells of .*\[may-exist\]"):
                engine.up(program(case))
            assert room.writes() == []
            assert made(room, case) == 1
        if case.kind.on_delete == "delete":
            # Nor is it forgotten when it leaves the file.
            monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
            with pytest.raises(Failed, match=r"\[may-exist\]"):
                engine.up({})
        room.edit(
            case.kind,
            next(row["id"] for row in room.all_stored(case.kind) if case.kind.key_of(row) == key),
            delete=True,
        )
        monkeypatch.setenv("TRACKFORM_ALLOW", f"gone:{name}/{key}")
        engine.up(program(case))
    monkeypatch.delenv("TRACKFORM_ALLOW")
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("after", [False, True])
def test_it_leaves_the_file_before_anybody_knew(
    room: "Room", engine: Engine, cases: "Cases", name: str, *, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = case_of(cases, name)
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    lose(room, case.kind, after=after)
    with hidden(case.kind, case.fields[case.kind.key]):
        engine.up(program(case, on_delete="delete"))
        assert state_id(engine, case).startswith(PREFIX)
    engine.refreshes = False
    engine.up({})
    assert (case.kind.name, "it") not in engine.state
    alive = [row for row in room.all_stored(case.kind) if not case.kind.is_gone(row)] if case.kind is not IPN else []
    assert [row for row in alive if case.kind.key_of(row) == case.fields[case.kind.key]] == []


def test_without_a_refresh_an_update_finds_it(room: "Room", engine: Engine, cases: "Cases") -> None:
    """The id of a resource moves with a refresh alone; until then what an update found counts."""
    case, engine.refreshes = cases["channel"], False
    lose(room, case.kind, after=True)
    with hidden(case.kind, case.fields["title"]):
        engine.up(program(case))
    changed = case.fields | {"alias": "other"}
    engine.up({"channel": {"it": changed}})
    kept = engine.state["channel", "it"]
    assert kept.object_id.startswith(PREFIX)
    assert room.stored(case.kind, kept.outs["object_id"])["alias"] == "other"
    engine.up({"channel": {"it": changed}})
    assert engine.planned == []
    engine.refreshes = True
    engine.up({"channel": {"it": changed}})
    assert (engine.planned, state_id(engine, case)) == ([], kept.outs["object_id"])


def test_one_that_differs_is_nobodys_until_a_person_says_so(room: "Room", engine: Engine, cases: "Cases") -> None:
    """Somebody made another one of this title meanwhile: it is not what was sent."""
    case = cases["channel"]
    lose(room, case.kind, after=False)
    engine.up(program(case))
    room.edit(case.kind, set={"title": case.fields["title"], "alias": "theirs"})
    for _ in range(2):
        with pytest.raises(
            Failed, match=r"exists already in RedTrack .* differs in alias.*adopt: true.*exists-differs"
        ):
            engine.up(program(case))
    engine.up(program(case, adopt=True))
    assert made(room, case) == 1
    engine.up(program(case, adopt=True))
    assert room.stored(case.kind, state_id(engine, case))["alias"] == case.fields["alias"]


def test_what_refers_to_it_is_not_sent(room: "Room", engine: Engine, cases: "Cases") -> None:
    case = cases["channel"]
    lose(room, case.kind, after=False)
    engine.up(program(case))
    both = program(case) | {"campaign": {"ad": cases["campaign"].fields | {"channel_id": state_id(engine, case)}}}
    room.forget()
    with pytest.raises(Failed, match=r"campaign .* refers to traffic channel 'Taboola', of which .*\[may-exist\]"):
        engine.up(both)
    assert [write for write in room.writes() if "campaigns" in write] == []


@dataclass
class Time:
    """Moved by waits alone; what is due then happens."""

    now: datetime = NOON
    waited: list[float] = field(default_factory=list)
    due: tuple[float, Callable[[], object]] = (math.inf, lambda: None)

    def __post_init__(self) -> None:
        http.NETWORK.now = lambda: self.now
        http.NETWORK.sleep = self.sleep

    def sleep(self, seconds: float) -> None:
        self.waited.append(seconds)
        self.now += timedelta(seconds=seconds)
        if (self.now - NOON).total_seconds() >= self.due[0]:
            self.due[1]()


@pytest.mark.parametrize("name", NAMES)
def test_how_long_it_waits_before_it_is_sent_again(
    room: "Room", engine: Engine, cases: "Cases", name: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Until the lost one is two minutes old, wherever the runs began, and with words about it."""
    case, time = case_of(cases, name), Time()
    lose(room, case.kind, after=False)
    engine.up(program(case))
    time.waited.clear()
    engine.up(program(case))
    assert time.waited[: len(WAITS) + len(LATER)] == [*WAITS, *LATER]
    assert (time.now - NOON).total_seconds() >= BOUNDS.hidden
    until = f"{NOON + timedelta(seconds=BOUNDS.hidden):%H:%M:%S}"
    key = case.fields[case.kind.key]
    assert f"'{key}': waiting until {until} UTC: {case.kind.service.name} may still hide it" in caplog.text
    is_settled(room, engine, case)


def test_one_that_is_old_enough_is_waited_for_no_longer(room: "Room", engine: Engine, cases: "Cases") -> None:
    case, time = cases["channel"], Time()
    lose(room, case.kind, after=False)
    engine.up(program(case))
    time.now += timedelta(seconds=BOUNDS.hidden)
    time.waited.clear()
    engine.up(program(case))
    assert time.waited == [*WAITS]


def test_a_clock_that_went_back_makes_nobody_wait_for_longer(room: "Room", engine: Engine, cases: "Cases") -> None:
    case, time = cases["channel"], Time()
    lose(room, case.kind, after=False)
    engine.up(program(case))
    time.now -= timedelta(days=1)
    time.waited.clear()
    engine.up(program(case))
    assert sum(time.waited) == sum(WAITS) + BOUNDS.hidden


@pytest.mark.parametrize("name", NAMES)
def test_what_is_hidden_for_long_is_not_made_twice(room: "Room", engine: Engine, cases: "Cases", name: str) -> None:
    """For longer than any listing was seen to lag, from the search as well, and nothing contradicts it."""
    case, time = case_of(cases, name), Time()
    lose(room, case.kind, after=True)
    with ExitStack() as lag:
        lag.enter_context(hidden(case.kind, case.fields[case.kind.key]))
        time.due = (BOUNDS.hidden - 10, lag.close)
        engine.up(program(case))
        engine.up(program(case))
    is_settled(room, engine, case)


def test_a_service_that_is_gone_altogether(room: "Room", engine: Engine, cases: "Cases") -> None:
    """Looking fails as well: it may exist all the same. Nothing more is sent to such a service."""
    case = cases["channel"]
    lose(room, case.kind, after=True)
    # What it is looked for with before it is sent is answered.
    room.fault("status:500", method="GET", path="^/sources$", times=None, skip=2)
    engine.up(program(case))
    assert state_id(engine, case).startswith(PREFIX)
    room.control("DELETE", "faults")
    engine.up(program(case))
    is_settled(room, engine, case)


@pytest.mark.parametrize("name", ["channel", "offer_source", "offer", "funnel", "campaign", "landing", "script"])
@pytest.mark.parametrize(("effect", "more"), [("misses", {"adopt": True}), ("empty", {}), ("null", {})])
def test_what_a_listing_hides_is_searched_before_it_is_made(
    room: "Room", engine: Engine, cases: "Cases", name: str, effect: str, more: "Values"
) -> None:
    """It was there before: one answer without it is no proof that it is to be made."""
    case = cases[name]
    assert isinstance(case.kind, RedTrackKind)
    engine.up(program(case))
    engine.state.clear()
    for other in room.all_stored(case.kind):
        if effect == "misses" and case.kind.key_of(other) != case.fields[case.kind.key]:
            room.edit(case.kind, str(other["id"]), delete=True)
    room.fault(effect, method="GET", path=f"^/{case.kind.path}$")
    room.forget()
    engine.up(program(case, **more))
    assert not [write for write in room.writes() if write.startswith("POST")]
    assert made(room, case) == 1


@pytest.mark.parametrize("effect", ["empty", "null"])
def test_what_one_search_finds_makes_people_search_for_all_others(room: "Room", cases: "Cases", effect: str) -> None:
    case = cases["channel"]
    declared = [{**case.fields, "title": name} for name in ("one", "two", "three")]
    for fields in declared:
        room.create(case.kind, fields)
    room.process()
    room.fault(effect, method="GET", path="^/sources$")
    room.forget()
    live = [room.create(case.kind, fields) for fields in declared]
    assert not [write for write in room.writes() if write.startswith("POST")]
    assert len({each.object_id for each in live}) == len(declared)


def test_of_what_is_really_empty_one_search_is_enough(room: "Room", cases: "Cases") -> None:
    case = cases["landing"]
    for row in room.all_stored(case.kind):
        room.edit(case.kind, str(row["id"]), delete=True)
    for name in ("one", "two", "three"):
        room.create(case.kind, {**case.fields, "title": name})
    asked = [each for each in room.requests() if each["method"] == "GET" and each["path"] == "/landings"]
    assert [each["query"].get("title") for each in asked] == [None, "one"]


def test_one_at_a_time(room: "Room", engine: Engine, cases: "Cases") -> None:
    """A service that loses one answer is not sent the next."""
    case = cases["channel"]
    lose(room, case.kind, after=False)
    both = {"channel": {"it": case.fields, "more": {"title": "second"}}}
    said = r"'second' was not sent: the answer for traffic channel 'Taboola' was lost in this run.*\[may-exist\]"
    with pytest.raises(Failed, match=said):
        engine.up(both)
    engine.up(both)
    assert [row["title"] for row in room.all_stored(case.kind)].count("second") == made(room, case) == 1
    engine.up(both)
    assert engine.planned == []
