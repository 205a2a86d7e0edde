"""What the sandbox answers when it was told to fail: in the style of each service."""

import json
from typing import Any

import pytest

from trackform.sandbox.effects import emptied
from trackform.sandbox.faults import error_body


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("digistore24", {"api_version": "1.2", "result": "error", "code": 1, "message": "no"}),
        ("t", {"status": 0, "message": "no"}),
        ("redtrack", {"error": "no"}),
        ("bridge", {"error": "no"}),
    ],
)
def test_an_error_in_the_style_of_the_service(service: str, answer: dict[str, Any]) -> None:
    assert json.loads(error_body(service, "no")) == answer


@pytest.mark.parametrize("empty", [[], None])
@pytest.mark.parametrize(
    ("body", "left"),
    [
        ([1, 2], "EMPTY"),
        ({"items": [1], "total": 7, "name": "x"}, {"items": "EMPTY", "total": 0, "name": "x"}),
        ({"items": [1], "total": {"clicks": 3}}, {"items": "EMPTY", "total": {}}),
        ({"data": {"list": [1], "page_count": 3, "item_count": 9, "count": 2}},
         {"data": {"list": "EMPTY", "page_count": 0, "item_count": 0, "count": 2}}),
        ({"data": [1]}, {"data": "EMPTY"}),
        ({"total": "many"}, {"total": {}}),
        ({"more": {"list": [1]}}, {"more": {"list": [1]}}),
        ("x", "x"),
        (5, 5),
    ],
)  # fmt: skip
def test_a_listing_without_its_rows(body: Any, left: Any, empty: list[Any] | None) -> None:
    expected = json.loads(json.dumps(left).replace('"EMPTY"', json.dumps(empty)))
    assert json.loads(emptied(json.dumps(body).encode(), empty)) == expected


def test_what_is_no_json_stays_as_it_is() -> None:
    assert emptied(b"<html>", []) == b"<html>"
    assert emptied(b"", []) == b""
