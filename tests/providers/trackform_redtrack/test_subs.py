"""The subs of a channel or an offer source: what an empty one says, and where."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from trackform_redtrack.base import Sub, Subs, subs_from_wire, subs_to_wire

FIRST, LAST = {"value": "{a}", "hint": "h", "role": "pid", "alias": "b"}, {"value": "{z}"}
SUBS: TypeAdapter[list[Sub]] = TypeAdapter(Subs)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ([], []), ([{}], []), ([FIRST], [FIRST]), ([FIRST, {}], [FIRST]), ([FIRST, {}, {}], [FIRST]),
        ([{}, LAST], [{}, LAST]),
        ([FIRST, {}, LAST, {"value": ""}], [FIRST, {}, LAST]),
        ([{"value": "", "hint": ""}], []),
    ],
)  # fmt: skip
def test_an_empty_one_keeps_its_place_and_says_nothing_at_the_end(given: list[Any], kept: list[Any]) -> None:
    found = SUBS.validate_python(given)
    assert [each.model_dump(exclude_none=True) for each in found] == kept
    assert (subs_from_wire(given) or []) == kept


def test_there_are_twenty_at_most() -> None:
    assert len(SUBS.validate_python([LAST] * 20)) == 20
    with pytest.raises(ValidationError, match="at most 20"):
        SUBS.validate_python([LAST] * 21)


@pytest.mark.parametrize("nothing", [None, [], [None], [{}], [{"id": "1", "value": ""}]])
def test_where_the_wire_holds_none_there_is_none(nothing: Any) -> None:
    assert subs_from_wire(nothing) is None


def test_all_four_parts_are_sent() -> None:
    assert subs_to_wire([{"value": "{a}"}, {}]) == [
        {"alias": "", "hint": "", "role": "", "value": "{a}"}, {"alias": "", "hint": "", "role": "", "value": ""},
    ]  # fmt: skip


@pytest.mark.parametrize("value", ["text", 7, True, {"a": 1}, ["a"], [1], [["value"]], [{"value": "x"}, "y"]])
def test_what_is_no_list_of_entries_is_a_difference(value: Any) -> None:
    assert subs_from_wire(value) == value
