"""Answers of another shape than is known: an error that says so, no fault of ours, and no proof of an absence."""

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.conftest import KINDS
from tests.providers.vendors import FUNCTIONS, Vendor, of
from trackform_core.errors import Refused
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.compare import Comparison
from trackform_core.model.wire import id_of, plant
from trackform_digistore24.ipn_connection import KIND as IPN
from trackform_redtrack.base import has_clicks

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.wire import Row

    Cases = dict[str, Case]

VALUES: list[Any] = [
    None, [], {}, 5, 0, True, "text", [1, "a", None], ["x"], [None], {"a": 1}, {"title": "t"}, [{"title": "t"}],
    {"items": None}, {"items": 5}, {"items": [5]}, {"items": [{"title": "t"}]}, {"items": [], "total": "7"},
    {"id": None}, {"id": {"a": 1}}, {"id": [1]}, {"user_id": [1]}, {"user_id": True}, {"user_id": {"a": 1}},
    {"have_settings": 1}, {"have_settings": None}, {"modified": None}, {"page_count": "x"}, {"transaction_list": 5},
]  # fmt: skip


def sent(content: str, kind: str = "application/json") -> httpx.Response:
    return httpx.Response(200, text=content, headers={"content-type": kind})


def enveloped(client: str, value: Any) -> Any:
    return {"result": "success", "data": value} if client == "Digistore24" else value


def called(name: str, answer: httpx.Response) -> Any:
    """What a function makes of an answer: its value, or its error, which holds what a person needs."""
    function = FUNCTIONS[name]
    try:
        return function.call(Vendor(answer).client(function))
    except ServiceError as error:
        found = error
    assert function.client.endpoint.title in str(found)
    assert found.reason in ("not_json", "refused")
    assert found.advice
    return found


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("value", VALUES, ids=json.dumps)
def test_another_shape_is_an_error_of_the_service_or_means_nothing(name: str, value: Any) -> None:
    found = called(name, sent(json.dumps(enveloped(name.split(maxsplit=1)[0], value))))
    if name.endswith((" get", "ipnInfo")):
        assert isinstance(found, ServiceError), "it would be taken for gone"
        assert found.reason == "not_json"
    if name.endswith("user_id"):
        assert isinstance(found, ServiceError)
        assert "names no user_id, so the account of this key is not known" in str(found)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize(
    ("content", "kind"),
    [('{"id": "1"', "application/json"), ("[", "application/json"), ('{"id": "1"}', "text/plain"), ("<p>", "text/html"),
     ("\ufeff{", "application/json"), ('{"id": "1"}', "")],
    ids=["cut", "cut listing", "another type", "page", "mark", "no type"],
)  # fmt: skip
def test_what_is_no_json_names_the_setting(name: str, content: str, kind: str) -> None:
    found = called(name, sent(content, kind))
    assert isinstance(found, ServiceError)
    assert found.reason == "not_json"
    assert f"Does trackform:{FUNCTIONS[name].client.endpoint.url_setting} name the API" in str(found)
    assert (kind.split(";", maxsplit=1)[0] or "no content type") in str(found)


@pytest.mark.parametrize("name", of(FUNCTIONS["Digistore24 ping"].client))
@pytest.mark.parametrize("body", [None, [], 5, "text", {}, {"data": {}}, {"message": "no"}], ids=json.dumps)
def test_digistore24_without_its_envelope(name: str, body: Any) -> None:
    found = called(name, sent(json.dumps(body)))
    assert isinstance(found, ServiceError)
    assert found.reason == "not_json"
    assert "http://localhost/api/call answered HTTP 200 without the envelope" in str(found)


@pytest.mark.parametrize("data", [None, [], "N", {}, {"have_settings": "y"}, {"name": "acme"}], ids=json.dumps)
def test_only_a_plain_no_says_that_an_ipn_connection_is_gone(data: Any) -> None:
    found = called("Digistore24 ipnInfo", sent(json.dumps(enveloped("Digistore24", data))))
    assert isinstance(found, ServiceError)
    assert "ipnInfo neither shows the connection nor says that there is none" in str(found)
    no = json.dumps(enveloped("Digistore24", {"have_settings": "N"}))
    assert called("Digistore24 ipnInfo", sent(no)) is None


@pytest.mark.parametrize("total", [None, "7", 7.5])
def test_a_bridge_tells_the_number_of_its_rows(total: Any) -> None:
    found = called("bridge list", sent(json.dumps({"items": [], "total": total})))
    assert isinstance(found, ServiceError)
    assert "not a listing of the bridge contract [GET /postback-connections]" in str(found)


class Fixed:
    """Services that give every request of a method the same answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, **answers: Any) -> None:
        self.answers = answers
        monkeypatch.setattr(
            http,
            "NETWORK",
            http.Network(lambda _url: httpx.MockTransport(self._handle), sleep=lambda _seconds: None, watch=here),
        )

    def _handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("me/settings"):
            return httpx.Response(200, json={"user_id": "u1"})
        if request.url.path.endswith("getUserInfo"):
            return httpx.Response(200, json={"result": "success", "data": {"user_id": "123456"}})
        return httpx.Response(200, json=self.answers[request.method])


ANSWERS = [None, [], {}, 5, "text", [1], {"id": None}, {"title": "t"}, [{"title": "t"}], {"items": [{"title": "t"}]}]


@pytest.mark.parametrize("body", ANSWERS, ids=json.dumps)
@pytest.mark.parametrize("name", KINDS)
def test_no_ragged_answer_takes_an_object_out_of_the_state(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str, body: Any
) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    session = room.process()
    Fixed(monkeypatch, **dict.fromkeys(("GET", "POST", "PUT", "DELETE", "PATCH"), body))
    session.checked = True
    for work in (
        lambda: lifecycle.read(case.kind, live.object_id, live.outs),
        lambda: lifecycle.delete(case.kind, live.object_id, live.outs | {"on_delete": "delete"}),
        lambda: lifecycle.update(case.kind, live.object_id, live.outs, case.fields | {"account": "default"}),
        lambda: lifecycle.create(case.kind, case.fields | {"account": "default"}),
    ):
        with pytest.raises((ServiceError, Refused)):
            work()


ODD: list[Any] = [None, 0, 5, True, "text", "", ["x"], [5], [None, {"a": 1}], [1, "a", None], {}, {"a": 1}, [["x"]]]


@pytest.mark.parametrize("name", KINDS)
def test_a_field_of_another_type_is_a_difference_and_can_be_written(
    room: "Room", cases: "Cases", name: str
) -> None:  # fmt: skip
    case, kind = cases[name], KINDS[name]
    live = room.create(kind, case.fields)
    inputs, row = dict(live.inputs), room.stored(kind, live.object_id)
    for wire in {wire.name.split(".")[0] for wire in kind.fields.values()} | {kind.mark_in} - {""}:
        for value in ODD:
            odd: Row = deepcopy(row) | {wire: value}
            own = [field for field in kind.fields if kind.fields[field].name.split(".")[0] == wire]
            compared = Comparison(kind, odd, inputs)
            told = compared.differing
            assert compared.changed_outside.keys() <= kind.initial
            assert set(told) <= set(own), f"{wire} is {value}"
            kind.key_of(odd), kind.computed_of(odd), kind.watch(odd, inputs), kind.is_gone(odd)
            changed = compared.to_write(inputs)
            body = kind.body(odd, inputs | {"mark": True} if kind.mark_in else inputs, frozenset(own))
            assert not Comparison(kind, body, inputs).differing.keys() & set(own) - kind.initial, f"{wire} was {value}"
            assert set(told) - kind.initial <= changed
            for field in own:
                kind.is_unset(odd, field)


@pytest.mark.parametrize(
    ("stat", "expected"),
    [({"clicks": 0}, False), ({"clicks": 1}, True), ({"clicks": "0"}, False), ({"clicks": "3"}, True), ({}, False),
     (None, False), ([], False), ({"clicks": None}, False), ({"clicks": "many"}, True), ([5], True),
     ({"clicks": 0.0}, False), ({"clicks": -1}, False), ({"clicks": {"a": 1}}, True)],
    ids=str,
)  # fmt: skip
def test_clicks_that_are_told_in_another_way_count(stat: Any, expected: bool) -> None:
    assert has_clicks({"stat": stat}) is expected
    assert has_clicks({}) is False


@pytest.mark.parametrize(
    ("row", "expected"),
    [({"id": "a"}, "a"), ({"id": 7}, "7"), ({"_id": "b"}, "b"), ({"id": "", "_id": "b"}, "b"), ({"id": 0}, ""),
     ({"id": None}, ""), ({"id": True}, ""), ({"id": ["a"]}, ""), ({"id": {"a": 1}, "_id": "b"}, "b"), ([], ""),
     ("a", ""), (None, ""), ({}, "")],
    ids=str,
)  # fmt: skip
def test_what_is_an_id(row: Any, expected: str) -> None:
    assert id_of(row) == expected


def test_an_ipn_connection_of_which_nothing_is_told_stays(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    fields = {"domain_id": "acme-1", "name": "acme", "url": "https://ipn.acme.test/in", "product_ids": ["all"],
              "sha_passphrase": "canary"}  # fmt: skip
    live = room.create(IPN, fields)
    room.process()
    Fixed(monkeypatch, **{each: {"result": "success", "data": []} for each in ("GET", "DELETE")})
    for work in (lifecycle.read, lifecycle.delete):
        with pytest.raises(ServiceError, match="ipnInfo neither shows"):
            work(IPN, live.object_id, live.outs)


@pytest.mark.parametrize(
    "value", ["text", 7, 1.5, True, {"a": 1}, ["a", 1, None], [[1]], [{"a": {"b": [1]}}]], ids=json.dumps
)
@pytest.mark.parametrize("name", KINDS)
def test_a_field_of_another_shape_is_read_as_it_is_or_as_what_is_known_of_it(name: str, value: Any) -> None:
    """Never as something that nobody wrote, such as the letters of a text as a list."""
    kind = KINDS[name]
    for field, wire in [*kind.fields.items(), *kind.computed.items()]:
        row: Row = {}
        plant(row, wire.name, deepcopy(value))
        read = wire.read(row, {})
        assert not (isinstance(value, str) and isinstance(read, list) and len(read) > 1), field
        assert kind.unmarked(row) is not None
