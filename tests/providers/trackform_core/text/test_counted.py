"""Numbers of things, and names of which only the first few are said."""

import pytest

from trackform_core.text.counted import counted, first_few


@pytest.mark.parametrize(("number", "said"), [(0, "0 sales"), (1, "1 sale"), (2, "2 sales")])
def test_one_thing_or_several(number: int, said: str) -> None:
    assert counted(number, "sale") == said


@pytest.mark.parametrize(
    ("names", "said"),
    [("", ""), ("a", "a"), ("abc", "a; b; c"), ("abcd", "a; b; c and 1 more"), ("abcde", "a; b; c and 2 more")],
)
def test_the_first_few_and_how_many_more(names: str, said: str) -> None:
    assert first_few(names, 3, "; ") == said
