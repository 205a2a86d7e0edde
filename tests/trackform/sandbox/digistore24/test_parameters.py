"""PHP's bracket notation."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.digistore24.parameters import nested

NAMES = st.text("abcXY_019", min_size=1, max_size=4)
VALUES = st.text("aé[]=&{} ", max_size=4)
TREES = st.recursive(VALUES, lambda below: st.dictionaries(NAMES, below, min_size=1, max_size=3), max_leaves=8)


@pytest.mark.parametrize(
    ("pairs", "tree"),
    [
        ([("a", "1")], {"a": "1"}),
        ([("a", "1"), ("a", "2")], {"a": "2"}),
        ([("search[role]", "affiliate")], {"search": {"role": "affiliate"}}),
        ([("d[a][b]", "1"), ("d[a][c]", "2")], {"d": {"a": {"b": "1", "c": "2"}}}),
        ([("x[]", "1"), ("x[]", "2")], {"x": {"0": "1", "1": "2"}}),
        ([("a", "1"), ("a[b]", "2")], {"a": {"b": "2"}}),
    ],
)
def test_brackets_nest(pairs: list[tuple[str, str]], tree: dict[str, Any]) -> None:
    assert nested(pairs) == tree


@given(st.dictionaries(NAMES, TREES, max_size=4))
def test_what_php_would_send_comes_back(tree: dict[str, Any]) -> None:
    def flat(prefix: str, value: Any) -> list[tuple[str, str]]:
        if isinstance(value, str):
            return [(prefix, value)]
        return [pair for name, below in value.items() for pair in flat(f"{prefix}[{name}]", below)]

    pairs = [pair for name, value in tree.items() for pair in flat(name, value)]

    assert nested(pairs) == tree


@given(st.lists(st.tuples(st.text("ab[]", max_size=8), VALUES), max_size=6))
def test_odd_brackets_break_nothing(pairs: list[tuple[str, str]]) -> None:
    assert isinstance(nested(pairs), dict)
