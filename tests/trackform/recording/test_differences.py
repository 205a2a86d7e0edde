"""What counts as a difference between a recording and the sandbox, and how it is told."""

from typing import Any

import pytest

from tests.trackform.recording.made import called, exchange, number, played, told
from trackform.recording import differences
from trackform.recording.differences import SandboxDifference
from trackform.sandbox.switches import Switches

FIRST, SECOND = number(1), number(2)
JSON = {"content-type": "application/json"}


def of(path: str, answer: Any, **more: Any) -> dict[str, Any]:
    """An exchange with the media type that the sandbox answers with."""
    return exchange(path, answer, headers=JSON, **more)


def as_it_is(path: str, *rows: dict[str, Any]) -> list[Any]:
    """What the sandbox makes of rows: a recording of it differs in nothing."""
    (answer,) = played(exchange(path, list(rows)))
    found: list[Any] = answer.answer
    return found


def test_what_the_sandbox_says_itself_is_no_difference() -> None:
    rows = as_it_is("sources", {"id": FIRST, "title": "a"}, {"id": SECOND, "title": "b"})
    assert told(of("sources", rows)) == []
    assert told(of("sources", [*rows, {"$more": 2}])) == []
    other = [row | {"title": "anything", "serial_number": 99.5, "cost_models": None} for row in rows]
    assert told(of("sources", other)) == []


def test_one_difference_is_written_as_json_and_as_a_line() -> None:
    one = SandboxDifference("status", "GET offers", "202", "200")
    assert one.row() == {"aspect": "status", "where": "GET offers", "recorded": "202", "sandbox": "200"}
    assert str(one) == "status: GET offers: recorded 202, the sandbox 200"


def test_of_another_status_nothing_else_is_told() -> None:
    odd = exchange("me/settings", {"brand_new": 1}, status=202, headers={"content-type": "text/html"})
    assert told(odd) == ["status: GET me/settings: recorded 202, the sandbox 200"]


def test_each_header_that_matters_is_told() -> None:
    given = {"content-type": "TEXT/HTML; charset=x", "retry-after": "7", "ratelimit-limit": "20"}
    (answer,) = played(exchange("me/settings"))
    assert told(exchange("me/settings", answer.answer, headers=given)) == [
        "header: GET me/settings, content-type: recorded text/html, the sandbox application/json",
        "header: GET me/settings, ratelimit-limit: recorded there, the sandbox none",
        "header: GET me/settings, retry-after: recorded there, the sandbox none",
    ]
    assert told(exchange("me/settings", answer.answer)) == [
        "header: GET me/settings, content-type: recorded none, the sandbox application/json"
    ]
    with_charset = {"content-type": " Application/JSON ; charset=latin-1"}
    assert told(exchange("me/settings", answer.answer, headers=with_charset)) == []


def test_whether_there_is_a_body_at_all_is_told_and_nothing_besides() -> None:
    assert told(of("me/settings", None, is_empty=True)) == [
        "shape: GET me/settings: recorded no body, the sandbox a body"
    ]
    made = of("networks", {"id": FIRST}, method="POST", sent={"title": "n"}, status=201)
    (_, deleted) = played(made, exchange(f"networks/{FIRST}", method="DELETE"))
    gone = exchange(f"networks/{FIRST}", {"id": 1}, method="DELETE", status=deleted.status,
                    headers={k: v for k, v in deleted.headers.items() if k == "content-type"})  # fmt: skip
    said = [each for each in told(made, gone) if "DELETE" in each]
    assert deleted.is_empty
    assert said == ["shape: DELETE networks/{id}: recorded a body, the sandbox no body"]


@pytest.mark.parametrize(
    ("recorded", "key", "said"),
    [
        ({"result": "error"}, "own", "result: recorded error, the sandbox success"),
        ({"result": "success"}, "nobody", "result: recorded success, the sandbox error"),
        ({"result": "error", "code": 7}, "nobody", "code: recorded 7, the sandbox 2"),
        ({"result": "error"}, "nobody", "code: recorded None, the sandbox 2"),
    ],
)
def test_how_an_envelope_says_that_it_went_is_told_and_nothing_besides(recorded: Any, key: str, said: str) -> None:
    assert told(called("ping", recorded, headers=JSON, key=key)) == [f"shape: GET ping, {said}"]


@pytest.mark.parametrize(
    ("recorded", "rows", "said"),
    [
        ([], (), "recorded an empty array, the sandbox null"),
        ([], ({"id": FIRST},), ""),
        ({}, (), "recorded an object with something in it, the sandbox null"),
        ("text", (), "recorded an string with something in it, the sandbox null"),
        (None, (), ""),
    ],
)
def test_no_rows_are_said_in_one_way(recorded: Any, rows: tuple[Any, ...], said: str) -> None:
    """A listing that shows nothing, and what shows in another answer."""
    others = [exchange(f"sources/{row['id']}", row, status=599) for row in rows]
    found = [each for each in told(of("sources", recorded), *others) if "GET sources:" in each]
    expected = [f"shape: GET sources: {said}"] if said else []
    if rows:
        expected = ["shape: GET sources: recorded an empty array, the sandbox an array with something in it"]
    assert found == expected


def test_the_switch_for_no_rows_is_what_is_told_where_the_recording_answers_it() -> None:
    empty = of("sources", [])
    assert told(empty, answers={"empty_list": "array"}) == ["switch: empty_list: recorded array, the sandbox null"]
    assert told(empty, answers={"empty_list": "array"}, empty_list="array") == []
    assert told(empty, answers={"empty_list": "null"}, empty_list="array") == [
        "switch: empty_list: recorded null, the sandbox array",
        "shape: GET sources: recorded an empty array, the sandbox null",
    ]


def test_an_answer_that_is_no_switch_is_none_of_the_sandboxs() -> None:
    settings = set(Switches.model_fields)
    assert "put_sources" not in settings
    (answer,) = played(exchange("me/settings"))
    assert told(of("me/settings", answer.answer), answers={"put_sources": "allowed"}) == []


def test_places_are_named_by_their_fields() -> None:
    (row,) = as_it_is("sources", {"id": FIRST, "title": "a"})
    row["stat"] = {name: value for name, value in row["stat"].items() if name != "cost"} | {"clicks": "12", "new": []}
    row["subs"] = [7]
    del row["serial_number"]
    assert set(told(of("sources", [row]))) == {
        "type: GET sources[], stat.clicks: recorded string, the sandbox number",
        "shape: GET sources[], stat.new: recorded has it (array), the sandbox has no such field",
        "shape: GET sources[], serial_number: recorded has no such field, the sandbox has it (number)",
    }
    assert told(of(f"sources/{FIRST}", row)) == [
        each.replace("sources[]", "sources/{id}") for each in told(of("sources", [row]))
    ]


def test_each_difference_is_told_once() -> None:
    rows = [row | {"brand_new": True} for row in as_it_is("sources", {"id": FIRST}, {"id": SECOND})]
    said = ["shape: GET sources[], brand_new: recorded has it (boolean), the sandbox has no such field"]
    assert told(of("sources", rows), of("sources", rows)) == said


def test_what_one_answer_has_another_one_may_lack() -> None:
    """RedTrack leaves out of a row what it has nothing of."""
    first, second = as_it_is("sources", {"id": FIRST}, {"id": SECOND})
    short = {name: value for name, value in second.items() if name != "serial_number"}
    lacking = "shape: GET sources/{id}, serial_number: recorded has no such field, the sandbox has it (number)"
    assert told(of(f"sources/{SECOND}", short)) == [lacking]
    assert told(of(f"sources/{FIRST}", first), of(f"sources/{SECOND}", short)) == []
    # In one listing, the rows are taken together.
    assert told(of("sources", [first, short])) == []
    deeper = short | {"stat": {"clicks": 1}}
    said = told(of(f"sources/{FIRST}", first), of(f"sources/{SECOND}", deeper))
    assert said == []


@pytest.mark.parametrize(
    ("rows", "joined"),
    [
        ([], None), ([{"$more": 3}], None), ([7, "a"], 7), ([{"a": 1}, 7], {"a": 1}),
        ([{"a": None, "b": []}, {"a": 1, "b": [2], "c": {}}], {"a": 1, "b": [2], "c": {}}),
        ([{"a": 1, "b": {}}, {"a": "x", "b": {"c": 1}}, {"$more": 4}], {"a": 1, "b": {"c": 1}}),
        ([{"a": 0}, {"a": False}], {"a": 0}),
    ],
)  # fmt: skip
def test_rows_are_joined_to_one_that_shows_what_any_shows(rows: list[Any], joined: Any) -> None:
    assert differences._joined(rows) == joined


@pytest.mark.parametrize(
    ("value", "name"),
    [(None, "null"), (True, "boolean"), ("", "string"), (1, "number"), (1.5, "number"), ([], "array"), ({}, "object")],
)
def test_the_types_of_json(value: Any, name: str) -> None:
    assert differences._type(value) == name
