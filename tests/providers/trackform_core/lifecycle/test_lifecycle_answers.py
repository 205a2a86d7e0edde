"""What is sent to make an object, and what is made of the answer."""

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.conftest import KINDS
from tests.providers.trackform_core.http.test_http import Script, said
from tests.providers.vendors import KEY, URLS
from trackform_core.errors import Refused
from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import manual as by_hand
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.validate import options_fit, validated
from trackform_core.no_api.bridge import Bridge
from trackform_digistore24.client import Digistore24
from trackform_redtrack.client import RedTrack

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

CHANNEL = KINDS["channel"]


@pytest.mark.parametrize("name", ["channel", "offer_source", "offer", "landing", "funnel", "campaign", "domain"])
def test_only_what_is_declared_is_sent(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    needed = {field for field, info in case.kind.model.model_fields.items() if info.is_required()} | case.kind.to_create
    unset = next(
        field for field, info in case.kind.model.model_fields.items()
        if field in case.kind.fields and not info.is_required() and case.kind.fields[field].clearable
        and field not in case.kind.write_only | needed and info.default is None
    )  # fmt: skip
    room.forget()
    room.create(case.kind, {field: case.fields[field] for field in needed} | {"unset": [unset], "notes": None})
    (sent,) = [entry["body"] for entry in room.requests() if entry["method"] == "POST"]
    assert None not in sent.values()
    top = {wire.name.split(".")[0] for wire in case.kind.fields.values()}
    assert sent.keys() <= top
    assert not {"adopt", "account", "unset", "extra", "object_id"} & sent.keys()


def channel(room: "Room", **faults: Any) -> lifecycle.Live:
    for effect, how in faults.items():
        room.fault({"html": "html", "empty": "empty", "cut": "cut"}[effect], **how)
    return room.create(CHANNEL, {"title": "t"})


def test_an_answer_that_is_lost_with_the_object_is_told_as_it_was(room: "Room") -> None:
    with pytest.raises(ServiceError, match="no answer from") as error:
        channel(room, cut={"method": "POST", "path": "sources"})
    assert error.value.ambiguous
    # Nothing is set aside for what was not made.
    assert room.create(CHANNEL, {"title": "t"}).object_id


def test_a_lost_answer_is_told_when_the_object_is_there(room: "Room", caplog: pytest.LogCaptureFixture) -> None:
    live = channel(room, cut={"method": "POST", "path": "sources", "after": True})
    assert f"traffic channel 't': the answer was lost, but it was created: {live.object_id}" in caplog.text


def test_an_object_that_is_said_to_be_made_and_is_not_listed(
    room: "Room", monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(type(CHANNEL), "create", lambda *_: {"title": "t"})
    with pytest.raises(Refused, match="traffic channel 't': RedTrack said that it was created, but lists 0 of it"):
        channel(room)


def test_what_is_referred_to_and_went_before_the_write(room: "Room") -> None:
    made = room.edit(CHANNEL, set={"title": "t"})
    inputs = room.check(CHANNEL, {"title": "t", "existing": True})
    room.edit(CHANNEL, made["id"], delete=True)
    room.process()
    with pytest.raises(Refused, match="'t': RedTrack has none, and `existing` only refers to what is there"):
        lifecycle.create(CHANNEL, inputs)
    for _ in range(2):
        room.edit(CHANNEL, set={"title": "t"})
    room.process()
    with pytest.raises(Refused, match="RedTrack has 2 of this title"):
        lifecycle.create(CHANNEL, inputs)


def always(script: Script) -> Any:
    return lambda _url: script


def test_a_campaign_that_was_just_made_is_written_at_the_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    monkeypatch.setattr("trackform_redtrack.client.time.sleep", naps.append)
    script = Script(said(404), said(200, {"id": "1"}))
    one = RedTrack(URLS[RedTrack], KEY, Network(lambda _url: script))
    assert one.put("campaigns/1", {"title": "a"}) == {"id": "1"}
    assert naps == [0.7]
    assert [request.content for request in script.seen] == [b'{"title":"a"}'] * 2
    script = Script(said(404))
    one = RedTrack(URLS[RedTrack], KEY, Network(lambda _url: script))
    with pytest.raises(ServiceError, match="HTTP 404"):
        one.put("campaigns/1", {})
    assert len(script.seen) == 2
    for status in (400, 401):
        script = Script(said(status))
        one = RedTrack(URLS[RedTrack], KEY, Network(always(script)))
        with pytest.raises(ServiceError):
            one.put("campaigns/1", {})
        assert len(script.seen) == 1


@pytest.mark.parametrize(
    ("status", "text", "reason"),
    [(200, "API key is not valid", "unauthorized"), (200, "api_token required", "unauthorized"),
     (200, "no keys", "refused"),
     (400, "API key field is required", "refused"), (404, "API token not found", "not_found"),
     (500, "API key", "failed"),
     (200, "rapi key", "refused")],
)  # fmt: skip
def test_what_is_about_the_key(status: int, text: str, reason: str) -> None:
    answer = httpx.Response(status, json={"error": text})
    transport = httpx.MockTransport(lambda _request: answer)
    network = Network(lambda _url: transport, sleep=lambda _seconds: None)
    with pytest.raises(ServiceError) as error:
        RedTrack("http://127.0.0.1", Key("x", "the test"), network).get("offers")
    assert error.value.reason == reason


def test_a_needed_field_is_missed_beside_one_that_is_not_known_yet() -> None:
    offer = KINDS["offer"]
    inputs, failures = validated(offer, {"title": "t", "url": "?"}, "?")
    assert [(failure.field, failure.reason) for failure in failures] == [
        ("offer_source_id", "offer needs offer_source_id")
    ]
    assert inputs["url"] == "?"
    # Of what is only referred to, nothing but the key is needed.
    assert validated(offer, {"title": "t", "existing": True, "payout": "x"}, "?")[1] == []
    assert [failure.field for failure in validated(offer, {"existing": True}, "?")[1]] == ["title"]


@pytest.mark.parametrize(
    ("name", "options", "field", "words"),
    [
        ("channel", {"mark": True}, "mark", "traffic channel has no room for a mark in RedTrack"),
        ("offer", {"tags": ["trackform:x"]}, "tags", "is the mark that `mark: true` sets"),
        ("offer", {"on_delete": "shred"}, "on_delete", "can be: delete, keep, pause"),
        ("channel", {"on_delete": "pause"}, "on_delete", "can be: delete, keep"),
        ("funnel", {"extra": {"x": 1}}, "extra", "has no further field x; known: none"),
        ("offer", {"unset": ["nonsense"]}, "unset", "offer has no field nonsense"),
        ("offer", {"unset": ["title"]}, "unset", "title cannot be emptied"),
    ],
)
def test_options_that_do_not_fit(name: str, options: dict[str, Any], field: str, words: str) -> None:
    failures = options_fit(KINDS[name], options)
    assert [failure.field for failure in failures] == [field]
    assert words in failures[0].reason


@pytest.mark.parametrize(
    "options",
    [{"mark": False}, {"on_delete": "pause"}, {"extra": {"cap_alert": True}}, {"leave": ["cap_alert"]},
     {"enforce": ["cap"]},
     {"unset": ["notes", "cap_alert"]}, {"tags": ["a"], "mark": True}, {}],
    ids=str,
)  # fmt: skip
def test_options_that_fit(options: dict[str, Any]) -> None:
    assert options_fit(KINDS["offer"], options) == []


def test_by_hand_what_is_only_referred_to_is_kept(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    kind: Any = KINDS["postback"]
    outs = {"name": "sales", "url": "https://t.test/?sub20=tf.sales", "account": "default"}
    said = by_hand.delete(kind, "tf.sales", outs | {"existing": True})
    assert said == "postback connection 'sales' (tf.sales) is kept: this stack only refers to it"
    kept = by_hand.delete(kind, "tf.sales", outs | {"on_delete": "keep"})
    assert kept.endswith("(tf.sales) is kept: on_delete is keep")
    assert "is forgotten: nobody confirmed" in by_hand.delete(kind, "tf.sales", outs)
    made = by_hand.create(kind, outs)
    assert made.object_id == "tf.sales"
    assert "another name" in by_hand.delete(kind, "tf.sales", outs)


def test_what_a_bridge_answers_is_the_row_of_the_next_step() -> None:
    row = {"id": "17", "url": "u"}
    script = Script(said(200, row))
    bridge = Bridge(URLS[Bridge], KEY, lambda: "17", Network(lambda _url: script))
    assert bridge.post("postback-connections", {}) == row
    assert bridge.put("postback-connections/17", {}) == row
    assert bridge.get("postback-connections/17") == row
    assert [request.method for request in script.seen] == ["POST", "PUT", "GET"]
    assert all(request.headers["authorization"] == f"Bearer {KEY.text}" for request in script.seen)


WRITTEN = {
    "channel": "currency", "offer_source": "currency", "offer": "notes", "landing": "url", "campaign": "cost_model",
    "postback": "currency",
}  # fmt: skip


@pytest.mark.parametrize("name", WRITTEN)
def test_an_update_asks_no_more_than_it_has_to(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    room.process()
    seen = room.read(case.kind, live)
    inputs = room.check(case.kind, case.fields | case.changes[WRITTEN[name]], seen.inputs)
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.forget()
    lifecycle.update(case.kind, live.object_id, seen.outs, inputs)
    assert [entry["method"] for entry in room.requests() if entry["service"] != "digistore24"] == ["GET", "PUT"]


@pytest.mark.parametrize(
    ("status", "text", "explained"),
    [(400, "title already exists", True), (409, "already exists", True), (500, "title already exists", False),
     (403, "already exists", False), (400, "title exists", False)],
)  # fmt: skip
@pytest.mark.parametrize("write", ["create", "update"])
def test_a_title_that_is_taken_is_explained(status: int, text: str, write: str, *, explained: bool) -> None:
    script = Script(said(status, {"error": text}))
    client = RedTrack(URLS[RedTrack], KEY, Network(always(script), sleep=lambda _seconds: None))
    with pytest.raises(ServiceError) as error:
        CHANNEL.create(client, {}) if write == "create" else CHANNEL.update(client, "1", {})
    assert ("Another traffic channel has this title, maybe one that is deleted" in error.value.advice) == explained


def test_what_is_not_given_is_not_asked_for() -> None:
    script = Script(said(200, {"result": "success", "data": 5}))
    client = Digistore24(URLS[Digistore24], KEY, Network(always(script)))
    assert client.ask("listProducts", sort_by=None) == 5
    assert client.ask("listProducts", sort_by="") == 5
    assert [request.url.query for request in script.seen] == [b"language=en", b"language=en&sort_by="]
    assert {request.headers["x-ds-api-key"] for request in script.seen} == {KEY.text}


def test_a_take_over_that_failed_can_be_tried_again(room: "Room") -> None:
    """In the same process: what was not taken over is set aside for nobody."""
    row = room.edit(CHANNEL, set={"title": "t"})
    wanted = {"title": "t", "alias": "new", "adopt": True}
    room.fault("status:400", method="PUT", path="sources", times=1)
    with pytest.raises(ServiceError):
        room.create(CHANNEL, wanted)
    live = room.create(CHANNEL, wanted)
    assert (live.object_id, live.outs["adopted"], live.outs["alias"]) == (row["id"], True, "new")
    assert room.stored(CHANNEL, row["id"])["alias"] == "new"
    with pytest.raises(Refused, match="is declared twice"):
        room.create(CHANNEL, {**wanted, "adopt_id": row["id"]})


@pytest.fixture
def paged(room: "Room") -> "Room":
    """Pages of a size that nobody takes for a full one: whether the first is the last has to be asked."""
    room.switch(page_cap=3)
    for at in range(7):
        room.edit(CHANNEL, set={"title": f"t{at}"})
    room.process()
    return room


def test_an_absence_is_believed_on_the_last_page_alone(paged: "Room") -> None:
    """Whoever makes, renames or refers to something reads on to the end."""
    with pytest.raises(Refused, match="'t6' exists already"):
        lifecycle.create(CHANNEL, {"account": "default", "title": "t6", "alias": "x"})
    paged.process()
    assert paged.refusal(CHANNEL, {"title": "t6", "existing": True}) == ""
    paged.process()
    assert lifecycle.create(CHANNEL, {"account": "default", "title": "t6", "existing": True}).object_id
    paged.process()
    assert "RedTrack has none" in paged.refusal(CHANNEL, {"title": "nobody", "existing": True})
    paged.process()
    made = paged.create(CHANNEL, {"title": "new"})
    paged.process()
    with pytest.raises(Refused, match="RedTrack has another one of this title"):
        paged.update(CHANNEL, made, {"title": "t5"})


def test_what_a_lost_answer_made_is_looked_for_on_every_page(paged: "Room") -> None:
    paged.fault("cut", method="POST", path="sources", after=True)
    made = paged.create(CHANNEL, {"title": "new"})
    assert paged.stored(CHANNEL, made.object_id)["title"] == "new"
