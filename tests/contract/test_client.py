"""Our client against the document: what it sends is allowed, and whatever the document allows to answer, it takes."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract.document import Held, answer_faults, document, faults
from trackform.sandbox.app import create_app
from trackform_core.http import api as http
from trackform_core.http.api import Network
from trackform_core.http.keys import Key
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle.service import Live
from trackform_core.model.kind import Kind
from trackform_core.model.postback_token import split_token
from trackform_core.model.validate import validated
from trackform_core.model.wire import Values
from trackform_core.no_api.bridge import Bridge
from trackform_core.session import session as sessions
from trackform_digistore24 import postback_connection
from trackform_digistore24.marker import marker
from trackform_redtrack import conversion_type

BASE = "http://127.0.0.1"
URL = "https://track.acme.test/postback?clickid={cid}&type={order_type}&rdtk_event_id={transaction_id}&sub20=tf."
TYPE: Values = {"slot": 3, "name": "initial_sale", "role": "Purchase", "duplicates": "ignore", "show_in_journey": False}
CONNECTION: Values = {
    "name": "sales", "url": f"{URL}sales", "token": "secret/token", "events": ["refund", "payment"], "currency": "EUR",
    "active": False, "product_ids": ["411531", "411530"], "error_emails": ["ops@acme.test"],
}  # fmt: skip
CASES: dict[str, tuple[Kind[Any], Values, Values]] = {
    "type": (conversion_type.KIND, TYPE, TYPE | {"name": "upsell", "duplicates": "edit"}),
    "least of a type": (conversion_type.KIND, {"slot": 1, "name": "a"}, {"slot": 1, "name": "b"}),
    "connection": (postback_connection.KIND, CONNECTION, CONNECTION | {"events": ["chargeback"], "currency": "USD"}),
    "a token taken away": (
        postback_connection.KIND, CONNECTION,
        {name: value for name, value in CONNECTION.items() if name != "token"} | {"unset": ["token"]},
    ),
    "a currency taken away": (
        postback_connection.KIND, CONNECTION,
        {name: value for name, value in CONNECTION.items() if name != "currency"} | {"unset": ["currency"]},
    ),
}  # fmt: skip


class Watched:
    """The sandbox, with every exchange with its bridge held against the document."""

    def __init__(self) -> None:
        self.app = create_app()
        self.held: list[Held] = []

    def transport(self, url: str) -> httpx.BaseTransport:
        inner = httpx.WSGITransport(app=self.app)
        if not url.endswith("/bridge"):
            return inner
        self.held.append(Held(inner, url, requests=True))
        return self.held[-1]

    @property
    def faults(self) -> list[str]:
        return [fault for held in self.held for fault in held.faults]

    @property
    def exchanges(self) -> int:
        return sum(held.exchanges for held in self.held)


def process() -> None:
    """Begin a new process of ours, as if the Account had been checked."""
    sessions.forget_everything()
    sessions.use_config({
        "redtrackUrl": f"{BASE}/redtrack", "redtrackApiKey": "redtrack-key", "digistore24ApiKey": "123456-key",
        "digistore24Url": f"{BASE}/digistore24/api/call", "bridgeUrl": f"{BASE}/bridge",
        "bridgeKey": "bridge-key",
    })  # fmt: skip
    sessions.session_of("default").checked = True


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY", "TRACKFORM_ALLOW"):
        monkeypatch.delenv(name, raising=False)
    here = Watched()
    monkeypatch.setattr(http, "NETWORK", Network(here.transport, base_wait=0.01, sleep=lambda _: None))
    process()
    yield here
    sessions.forget_everything()
    here.app.extensions["sandbox"].store.close()


def check(kind: Kind[Any], fields: Values, olds: Values | None = None) -> Values:
    checked = lifecycle.check(kind, olds or {}, fields, "")
    assert not checked.failures, checked.failures
    return checked.inputs


def read(kind: Kind[Any], live: Live) -> Live:
    process()
    found = lifecycle.read(kind, live.object_id, live.outs)
    assert found is not None
    return found


@pytest.mark.parametrize("case", CASES)
def test_the_life_of_an_object_stays_within_the_document(watched: Watched, case: str) -> None:
    kind, first, second = CASES[case]
    live = lifecycle.create(kind, check(kind, first))
    assert lifecycle.diff(kind, read(kind, live).outs, check(kind, first, live.inputs)) == ([], [])
    live = lifecycle.update(kind, live.object_id, live.outs, check(kind, second, live.inputs))
    assert lifecycle.diff(kind, read(kind, live).outs, check(kind, second, live.inputs)) == ([], [])
    process()
    assert "was deleted" in lifecycle.delete(kind, live.object_id, live.outs | {"on_delete": "delete"})
    assert "was gone already" in lifecycle.delete(kind, live.object_id, live.outs | {"on_delete": "delete"})
    assert watched.exchanges >= 6
    assert watched.faults == []


@pytest.mark.parametrize("case", ["type", "connection"])
def test_a_lost_answer_to_a_create_makes_no_second_object(watched: Watched, case: str) -> None:
    kind, fields, _ = CASES[case]
    fault = {"service": "bridge", "method": "POST", "effect": "status:500", "after": True}
    with httpx.Client(transport=httpx.WSGITransport(app=watched.app), base_url=BASE) as web:
        web.post("/_control/faults", json=fault)
    live = lifecycle.create(kind, check(kind, fields))
    process()
    assert list(sessions.session_of("default").listing(kind).complete()) == [live.object_id]


words = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), min_size=1, max_size=8)
types = st.fixed_dictionaries(
    {"slot": st.integers(1, 20), "name": words},
    optional={
        "role": words, "show_in_journey": st.booleans(),
        "duplicates": st.sampled_from(document()["components"]["schemas"]["Duplicates"]["enum"]),
    },
)  # fmt: skip
connections = st.fixed_dictionaries(
    {
        "name": st.just("sales"),
        "url": st.just(f"{URL}sales"),
        "events": st.lists(
            st.sampled_from(document()["components"]["schemas"]["OrderEvents"]["items"]["enum"]), min_size=1
        ),
        "product_ids": st.lists(words, min_size=1, max_size=3),
    },
    optional={
        "currency": st.sampled_from(["EUR", "USD"]), "active": st.booleans(), "token": words,
        "error_emails": st.lists(words, max_size=2),
    },
)  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(declared=types)
def test_every_type_that_can_be_declared_can_be_sent(declared: Values) -> None:
    body = body_of(conversion_type.KIND, declared)
    assert faults({"$ref": "#/components/schemas/ConversionTypeFields"}, body) == []
    assert declared.items() <= body.items()


@settings(max_examples=30, deadline=None)
@given(declared=connections)
def test_every_connection_that_can_be_declared_can_be_sent(declared: Values) -> None:
    body = body_of(postback_connection.KIND, declared)
    assert faults({"$ref": "#/components/schemas/PostbackConnectionFields"}, body) == []
    assert marker(body["url"]) == "sales"
    assert split_token(body["url"])[1] == declared.get("token")


def body_of(kind: Kind[Any], declared: Values) -> Values:
    inputs, failures = validated(kind, declared, "")
    assert not failures, failures
    body: Values = kind.body({}, inputs, frozenset(inputs))
    return body


def row(number: int) -> dict[str, Any]:
    """A row as the document allows it, with no more than it demands."""
    return {
        "id": f"connection/{number} ü", "account": "123456", "product_ids": [], "events": ["an event of the form"],
        "url": f"{URL}c{number}", "currency": "", "active": True, "error_emails": [],
    }  # fmt: skip


def client_of(answer: Any, status: int = 200, **headers: str) -> tuple[Bridge, list[httpx.Request]]:
    """Our client of a bridge that answers so; the answer is one of the document."""
    seen: list[httpx.Request] = []

    def handle(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        body = answer(request) if callable(answer) else answer
        label = {"X-Bridge": "trackform-contract", "content-type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        response = httpx.Response(status, headers=label | headers, content=content)
        assert answer_faults(request.method, request.url.path, response) == []
        return response

    network = Network(lambda _url: httpx.MockTransport(handle), base_wait=0.001, sleep=lambda _: None)
    return Bridge("http://127.0.0.1", Key("a-key", "the test"), lambda: "123456", network), seen


def test_a_bridge_may_give_shorter_pages_than_asked_for() -> None:
    rows = [row(number) for number in range(7)]

    def page(request: httpx.Request) -> Any:
        start = (int(request.url.params["page"]) - 1) * 3
        return {"items": rows[start : start + 3], "total": len(rows)}

    client, _ = client_of(page)
    pages = list(client.pages("postback-connections"))
    assert [each for items, _ in pages for each in items] == rows
    assert {total for _, total in pages} == {7}


def test_an_object_that_exists_already_is_taken_from_the_answer_of_the_create() -> None:
    client, _ = client_of(row(1), 200)
    assert client.post("postback-connections", CONNECTION) == row(1)


@pytest.mark.parametrize(
    ("status", "reason", "ambiguous"),
    [
        (400, "refused", False),
        (401, "unauthorized", False),
        (403, "forbidden", False),
        (409, "refused", False),
        (429, "busy", False),
        (500, "failed", True),
        (503, "failed", True),
    ],
)
def test_what_an_error_of_the_document_means_to_the_client(status: int, reason: str, ambiguous: bool) -> None:
    client, seen = client_of({"error": "the form did not open, key a-key"}, status, **{"Retry-After": "1"})
    with pytest.raises(ServiceError) as caught:
        client.post("postback-connections", CONNECTION)
    assert (caught.value.reason, caught.value.ambiguous) == (reason, ambiguous)
    assert "the form did not open" in str(caught.value)
    assert "a-key" not in str(caught.value)
    # Whatever the outcome, only what was certainly not processed is sent again.
    assert len(seen) == (4 if status == 429 else 1)


def test_only_a_404_is_an_absence() -> None:
    client, _ = client_of({"error": "not there"}, 404)
    assert client.get("conversion-types/type1") is None
    client.delete("conversion-types/type1")
    broken, _ = client_of({"error": "the form did not open"}, 502)
    for ask in (broken.get, broken.delete):
        with pytest.raises(ServiceError, match="the form did not open"):
            ask("conversion-types/type1")


def test_a_delete_is_answered_without_a_body() -> None:
    client, seen = client_of(None, 204)
    client.delete("conversion-types/type1")
    assert [request.method for request in seen] == ["DELETE"]
