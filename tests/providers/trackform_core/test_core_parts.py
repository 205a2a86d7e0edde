"""Small parts of the core, each by itself: keys and settings, sessions, waits, what is said in short."""

import logging
import select
import sys
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, get_args

import httpx
import pytest
from pulumi.output import Unknown
from pulumi.runtime import rpc

from tests.providers.conftest import KINDS
from tests.providers.trackform_core.http.test_http import Script
from trackform_core import dynamic
from trackform_core.dynamic import plain
from trackform_core.http import api as http
from trackform_core.http import published_specs as published
from trackform_core.http.api import JsonApi, Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ADVICE, SHARED, Reason, ServiceError
from trackform_core.lifecycle import pending as waiting
from trackform_core.lifecycle.lookup import label
from trackform_core.model.kind import Kind
from trackform_core.model.service import Service
from trackform_core.no_api.base import BridgeKind
from trackform_core.session import session as sessions
from trackform_core.session.listing import Listing, Lookup
from trackform_core.session.messages import SHORT, Messages
from trackform_core.session.settings import Settings, find_key, settings_of, variable_suffix
from trackform_digistore24.service import DIGISTORE24
from trackform_redtrack.service import REDTRACK, REDTRACK_BRIDGE

if TYPE_CHECKING:
    from tests.providers.conftest import Room

KEY = Key("a+b/c==d", "the test")
SERVICES = (REDTRACK, DIGISTORE24, REDTRACK_BRIDGE)
AS_TOLD = "as told in full for another object"


def test_a_service_of_no_kind_signs_nothing() -> None:
    with pytest.raises(NotImplementedError):
        JsonApi.sign(object.__new__(JsonApi), httpx.Request("GET", "https://x.test"))


def test_a_kind_that_says_nothing_does_nothing() -> None:
    kind: Any = object.__new__(Kind)
    calls = (kind.pages, kind.get, kind.create, kind.update, kind.delete)
    for call, arguments in zip(calls, (1, 2, 2, 3, 4), strict=True):
        with pytest.raises(NotImplementedError):
            call(*([None] * arguments))
    assert kind.is_gone({"status": 3}) is False
    assert kind.hidden(None, {}) == ""
    assert kind.tidy({"a": 1}) == {"a": 1}


@pytest.mark.parametrize("reason", get_args(Reason))
def test_what_is_said_in_short_the_second_time(reason: Reason) -> None:
    sessions.forget_everything()
    error = ServiceError("RedTrack", reason, "what it said", request="GET /offers")
    shorts = {
        "unauthorized": "the key is not accepted", "busy": "too many requests", "failed": "the service failed",
        "address": "the key may not be sent to its address", "unreachable": "no answer", "not_json": "no JSON",
        "refused": "it declined", "forbidden": "not allowed", "no_key": "no API key is given",
    }  # fmt: skip
    assert dict(SHORT) == shorts
    full = f"RedTrack: what it said [GET /offers]{f'. {ADVICE[reason]}' if reason in ADVICE else ''}"
    messages = Messages()
    assert messages.once(error) == full
    assert messages.once(error) == (f"RedTrack: {shorts[reason]}, {AS_TOLD}" if reason in shorts else full)
    # A write is about one object alone, unless the next one meets the same.
    twice = [messages.once(ServiceError("RedTrack", reason, "of a write", request="POST /offers")) for _ in range(2)]
    assert [AS_TOLD in told for told in twice] == [False, reason in SHARED]
    assert AS_TOLD not in messages.once(ServiceError("Digistore24", reason, "what it said", request="GET /offers"))


@pytest.mark.parametrize(
    ("account", "suffix"), [("acme", "__ACME"), ("acme-de.1", "__ACME_DE_1"), ("ä", "___"), ("A_b", "__A_B")]
)
def test_the_end_of_a_stacks_own_variable(account: str, suffix: str) -> None:
    assert variable_suffix(account) == suffix


def test_settings_and_their_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    config = {"redtrackApiKey": " rt ", "digistore24ApiKey": "ds", "redtrackUrl": ""}
    found = settings_of("acme", config)
    assert (found.key(REDTRACK).text, found.key(DIGISTORE24).text, found.account) == ("rt", "ds", "acme")
    assert found.key(REDTRACK).source == "the config secret trackform:redtrackApiKey"
    assert found.key(DIGISTORE24).source == "the config secret trackform:digistore24ApiKey"
    assert [found.url(each) for each in SERVICES] == [
        "https://api.redtrack.io",
        "https://www.digistore24.com/api/call",
        "",
    ]
    others = {"redtrackUrl": "https://r.test", "digistore24Url": "https://d.test", "bridgeUrl": "https://b.test"}
    given = settings_of("acme", others)
    assert [given.url(each) for each in SERVICES] == list(others.values())
    assert find_key("acme", DIGISTORE24.endpoint, {}).text == ""
    monkeypatch.setenv("DIGISTORE24_API_KEY__ACME", "special")
    assert settings_of("acme", config).key(DIGISTORE24).source == "the environment variable DIGISTORE24_API_KEY__ACME"


def test_claims_and_what_was_missed_are_of_one_kind(room: "Room") -> None:
    session = room.process()
    offer, funnel = KINDS["offer"], KINDS["funnel"]
    assert session.claim(offer, "a")
    assert not session.claim(offer, "a")
    assert session.claim(funnel, "a")
    session.release(offer, "a")
    session.release(offer, "never")
    assert session.claim(offer, "a")
    assert [session.missed(offer, each) for each in ("1", "1", "2")] == [1, 1, 2]
    assert session.missed(funnel, "1") == 1
    session.note_inputs(offer, {"title": "a"}, same=True)
    assert session.has_same_inputs(offer, {"title": "a"})
    assert not session.has_same_inputs(offer, {"title": "a", "adopt_id": "7"})
    assert not session.has_same_inputs(funnel, {"title": "a"})
    session.note_inputs(offer, {"title": "a"}, same=False)
    assert not session.has_same_inputs(offer, {"title": "a"})


def test_a_stack_under_a_new_name_keeps_its_session_and_the_key_that_only_the_old_name_has(
    room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:
    room.redtrack_key = ""
    monkeypatch.setenv("REDTRACK_API_KEY__OLD", "canary-old")
    room.process()
    old = sessions.session_of("old")
    client = old.client(KINDS["offer"].service)
    assert sessions.rename("old", "new") is sessions.session_of("new") is sessions.session_of("old") is old
    assert (old.account, old.settings.account) == ("new", "new")
    assert [key.text for key in old.keys_of_the_former_name] == ["canary-old"]
    assert old.client(KINDS["offer"].service) is not client
    assert sessions.rename("new", "newer") is sessions.session_of("old")
    assert sessions.rename("old", "old") is sessions.session_of("old")
    assert old.account == "old"
    assert old.keys_of_the_former_name == []


def test_a_fault_of_the_first_question_is_remembered(room: "Room") -> None:
    session = room.process()
    room.fault("status:403", path="me/settings")
    room.forget()
    for _ in range(2):
        with pytest.raises(ServiceError, match="403"):
            session.owner(KINDS["offer"].service)
    assert len([each for each in room.requests() if each["path"].endswith("me/settings")]) == 1


def test_objects_without_a_listing_are_asked_for_once() -> None:
    asked: list[str] = []

    def get(object_id: str) -> Any:
        asked.append(object_id)
        return {"id": object_id} if object_id == "a" else None

    lookup = Lookup(get)
    assert (lookup.row("a"), lookup.row("b"), lookup.row("b")) == ({"id": "a"}, None, None)
    assert lookup.named("a") == [("a", {"id": "a"})]
    assert lookup.named("b") == []
    assert lookup.rows() == lookup.complete() == lookup.confirmed() == {"a": {"id": "a"}}
    lookup.put("b", {"id": "b"})
    lookup.drop("a")
    assert lookup.rows() == {"b": {"id": "b"}}
    assert asked == ["a", "b"]
    lookup.forget()
    assert lookup.row("b") is None
    assert asked == ["a", "b", "b"]


@pytest.mark.parametrize(
    ("sizes", "total", "named", "requests"),
    [
        # A first page of a round size may be one of several; another one is taken for the last.
        ([10, 3], None, 13, 2), ([25, 3], None, 28, 2), ([7, 3], None, 7, 1), ([20, 0], None, 20, 2),
        ([7, 3], 10, 10, 2),
        ([10], 10, 10, 1), ([0], None, 0, 1), ([0], 0, 0, 1), ([10, 10, 10, 1], None, 31, 4), ([1], 1, 1, 1),
    ],
)  # fmt: skip
def test_how_far_a_name_is_looked_for(sizes: list[int], total: int | None, named: int, requests: int) -> None:
    asked: list[int] = []

    def pages() -> Any:
        for page, size in enumerate([*sizes, 0]):
            asked.append(page)
            yield [{"id": f"{page}-{n}", "title": "t"} for n in range(size)], total

    listing = Listing(pages, lambda _row: False, lambda row: row["title"])
    assert len(listing.named("t")) == named
    assert len(asked) == requests
    assert len(listing.complete()) == sum(sizes)
    listing.forget()
    assert len(listing.confirmed()) == sum(sizes)
    count = len(asked)
    assert len(listing.confirmed()) == sum(sizes)
    assert len(asked) == count, "read a second time, and not a third"


def test_what_the_engine_sends_is_taken_as_json() -> None:
    given = {"a": 1.0, "b": 1.5, "c": None, "d": [2.0, {"__provider": "x", "e": (3.0,)}], "__provider": "x", "f": True}
    assert plain(given) == {"a": 1, "b": 1.5, "d": [2, {"e": [3]}], "f": True}
    assert isinstance(plain(1.0), int)
    nothing: Any = Unknown
    assert plain({"a": nothing()}) == {"a": rpc.UNKNOWN}


def test_the_plugin_speaks_to_the_user(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    main = SimpleNamespace(__spec__=SimpleNamespace(name="pulumi.dynamic.__main__"))
    assert not dynamic.in_the_plugin()
    monkeypatch.setitem(sys.modules, "__main__", main)
    assert dynamic.in_the_plugin()
    watched: list[bool] = []
    monkeypatch.setattr(dynamic, "end_with_the_engine", lambda: watched.append(True))
    log = dynamic.log
    before = log.handlers, log.level, log.propagate
    try:
        request: Any = SimpleNamespace(config={"trackform:redtrackUrl": "https://r.test", "trackform:bridgeUrl": None})
        dynamic.take_config(request)
        log.info("told")
        log.debug("kept")
    finally:
        log.handlers, log.level, log.propagate = before[0], before[1], before[2]
        config = dict(sessions._registry.config)
        sessions.forget_everything()
    assert watched == [True]
    assert capsys.readouterr().err == "told\n"
    assert config == {"redtrackUrl": "https://r.test"}


def test_what_was_sent_of_an_update_that_waits(caplog: pytest.LogCaptureFixture) -> None:
    waits = f"{waiting.PREFIX}operator/offer source/Shop"
    assert waiting.sent({"a": 1, "b": waits}, {"a": 2, "b": "3", "c": 4}) == {"a": 2, "b": "3"}
    assert waiting.sent({"a": 1}, {"a": 2}) == {"a": 1}
    assert not waiting.held_back(KINDS["offer"], {"offer_source_id": "7"})
    assert caplog.messages == []
    assert waiting.held_back(KINDS["offer"], {"title": "Keto", "offer_source_id": waits})
    assert caplog.messages == ["offer 'Keto' stays as it is: it awaits offer source 'Shop'"]


def test_a_nameless_object_goes_by_its_id() -> None:
    assert label(KINDS["offer"], {"title": "t", "object_id": "7"}) == "offer 't'"
    assert label(KINDS["offer"], {"object_id": "7"}) == "offer '7'"
    assert label(KINDS["offer"], {}) == "offer '?'"


@pytest.mark.parametrize("service", [REDTRACK, DIGISTORE24], ids=lambda service: service.name)
@pytest.mark.parametrize(
    ("answer", "words"),
    [(httpx.Response(200, text="spec"), ""), (httpx.Response(404), "answers HTTP 404"),
     (httpx.ConnectError("cut"), ": cut"),
     (httpx.ReadTimeout(""), ": ReadTimeout")],
    ids=["spec", "not found", "cut", "late"],
)  # fmt: skip
def test_the_vendors_published_descriptions(
    monkeypatch: pytest.MonkeyPatch, service: Service, answer: httpx.Response | Exception, words: str
) -> None:
    script = Script(answer)
    monkeypatch.setattr(http, "NETWORK", Network(lambda _url: script))
    if not words:
        assert published.fetch(service) == "spec"
    else:
        with pytest.raises(ServiceError) as error:
            published.fetch(service)
        assert f"{service.name}: {service.description_url}{'' if words[0] == ':' else ' '}{words}" in str(error.value)
        assert error.value.status == (404 if "404" in words else None)
    assert str(script.seen[0].url) == service.description_url


def test_an_account_of_its_own_settings() -> None:
    assert Settings({}).account == "default"
    assert logging.getLogger("trackform") is dynamic.log


def test_the_plugin_ends_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever ends the other end of our stdout: it closes, it fails, it is gone."""
    for end in (select.POLLHUP, select.POLLERR, select.POLLNVAL):
        events = iter([[], [(1, 0)], [(1, end)]])
        registered: list[tuple[int, int]] = []
        ends: list[int] = []
        looked_at = threading.Event()

        def poll_once(events: Iterator[list[Any]] = events, looked_at: threading.Event = looked_at) -> list[Any]:
            looked_at.wait(240)
            return next(events)

        poll = SimpleNamespace(register=lambda *which, seen=registered: seen.append(which), poll=poll_once)
        monkeypatch.setattr("trackform_core.dynamic.select.poll", lambda poll=poll: poll)
        monkeypatch.setattr("trackform_core.dynamic.os._exit", ends.append)
        monkeypatch.setattr(dynamic, "_watching", threading.Event())
        before = set(threading.enumerate())
        dynamic.end_with_the_engine()
        (thread,) = set(threading.enumerate()) - before
        assert thread.daemon, "nothing else waits for it"
        looked_at.set()
        thread.join(240)
        assert registered == [(1, 0)]
        assert ends == [1]
        dynamic.end_with_the_engine()
        assert registered == [(1, 0)], "one watch is enough"
        assert next(events, None) is None


def test_a_program_ends_with_its_language_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever adopts it: the engine would answer it no more, and wait for it."""
    started_by, adopted_by, ended = 7, 1, threading.Event()
    parents = iter([started_by, started_by, adopted_by])
    ends: list[int] = []

    def exits(status: int) -> None:
        ends.append(status)
        ended.set()

    monkeypatch.setattr(dynamic, "HOST", started_by)
    monkeypatch.setattr(dynamic, "_watching", threading.Event())
    monkeypatch.setattr("trackform_core.dynamic.os.getppid", lambda: next(parents))
    monkeypatch.setattr("trackform_core.dynamic.os._exit", exits)
    monkeypatch.setattr("trackform_core.dynamic.time.sleep", lambda _: None)
    before = set(threading.enumerate())
    monkeypatch.setattr(sys, "orig_argv", ["python", "-u", "program.py"])
    dynamic.end_with_the_host()
    assert set(threading.enumerate()) <= before, "a program that starts the engine itself is nobody's"
    monkeypatch.setattr(sys, "orig_argv", ["python", "-u", "/opt/bin/pulumi-language-python-exec", "--stack", "demo"])
    dynamic.end_with_the_host()
    assert ended.wait(240)
    assert (ends, next(parents, None)) == ([1], None)
    dynamic.end_with_the_host()
    assert ends == [1], "one watch is enough"


@pytest.mark.parametrize(
    ("name", "field", "empty"),
    [("offer", "title", ""), ("offer", "payout", 0.0), ("offer", "cap", 0), ("offer", "tags", []),
     ("offer", "status", ""),
     ("funnel", "filters", {}), ("funnel", "template", False), ("offer", "cap_alert", None),
     ("offer_source", "click_expiration", 0)],
)  # fmt: skip
def test_a_field_that_was_never_set_is_empty_in_its_own_type(name: str, field: str, empty: Any) -> None:
    found = KINDS[name]._empty(field)
    assert found == empty
    assert type(found) is type(empty)


def test_a_kind_without_an_api_has_to_name_its_objects() -> None:
    kind: Any = object.__new__(BridgeKind)
    with pytest.raises(NotImplementedError):
        kind.identity({})
    with pytest.raises(NotImplementedError):
        kind.is_identity("x")


@pytest.mark.parametrize(
    ("name", "object_id", "is_one"),
    [("conversion_type", "type3", True), ("conversion_type", "type", False), ("conversion_type", "xtype3", False),
     ("conversion_type", "type3x", False), ("postback", "tf.sales", True), ("postback", "17", False)],
)  # fmt: skip
def test_which_ids_are_names_that_nobody_handed_out(name: str, object_id: str, is_one: bool) -> None:
    kind: Any = KINDS[name]
    assert kind.is_identity(object_id) is is_one
