"""An account file as text: each value reads back as it is, for readers of YAML 1.1 and 1.2."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from trackform.documents.yaml_document import read
from trackform.export.text import AMBIGUOUS, flow, identity, scalar, text


@pytest.mark.parametrize(
    "word", [*sorted(AMBIGUOUS), "True", "NO", "Null", "~", "1", "0x1F", "12:30", "1e5", "a:", "-"]
)
def test_a_word_that_means_something_else_is_quoted(word: str) -> None:
    assert scalar(word) == f'"{word}"'
    assert yaml.safe_load(f"a: {scalar(word)}") == {"a": word}


def test_the_words_that_are_ambiguous() -> None:
    """Those of YAML 1.1 and 1.2, and the names of numbers that are none."""
    assert {"null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf"} == AMBIGUOUS


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Keto Guide", "Keto Guide"), ("https://l.test/a-b_c@d+e", "https://l.test/a-b_c@d+e"), ("a  b", '"a  b"'),
        ("a: b", '"a: b"'), ("a #b", '"a #b"'), ("", '""'), ("Größe", '"Größe"'), ('a"b\\', '"a\\"b\\\\"'),
        ("a\nb", '"a\\u000ab"'), ("\U000e0001", '"\\U000e0001"'), ("\uffff", '"\\uffff"'), (None, "null"),
        (True, "true"), (False, "false"), (0, "0"), (1.5, "1.5"),
    ],
)  # fmt: skip
def test_one_value(tmp_path: Path, value: Any, said: str) -> None:
    assert scalar(value) == said
    path = tmp_path / "file.yaml"
    path.write_text(f"a: {said}\n", encoding="utf-8")
    assert read(path).data == {"a": value}


def test_values_on_one_line() -> None:
    assert flow({"a": [1, "b c", {"d": None}], "on": (True,)}) == '{a: [1, b c, {d: null}], "on": [true]}'
    assert (flow({}), flow([])) == ("{}", "[]")


@pytest.mark.parametrize(
    ("value", "found"),
    [("411530", 411530), ("0", 0), ("0815", "0815"), ("", ""), ("9" * 18, int("9" * 18)), ("9" * 19, "9" * 19)],
)
def test_an_id_is_a_number_where_that_loses_nothing(value: str, found: object) -> None:
    assert identity(value) == found
    assert str(identity(value)) == value


@pytest.mark.parametrize("room", [-1, 0, 1])
def test_a_line_is_as_long_as_it_may_be(room: int) -> None:
    value = "x" * (116 - len("  a: {k: }") + room)
    said = text({"s": {"a": {"k": value}}}, {}, [])
    assert said == (f"s:\n  a: {{k: {value}}}\n" if room <= 0 else f"s:\n  a:\n    k: {value}\n")


def test_what_is_too_long_for_a_line_is_written_below() -> None:
    long = ["y" * 60, "z" * 60]
    assert text({"a": long}, {}, []) == f"a:\n  - {long[0]}\n  - {long[1]}\n"
    assert text({"a": "x" * 200}, {}, []) == f"a: {'x' * 200}\n", "a text has nowhere else to go"
    assert text({"s": {"a": {"k": {"one": long[0], "two": long[1]}}}}, {}, []) == (
        f"s:\n  a:\n    k:\n      one: {long[0]}\n      two: {long[1]}\n"
    )


def test_sections_and_their_remarks() -> None:
    data = {"adopt": True, "offers": {"a": {}, "b": None}, "mixed": {"a": {}, "b": 1}, "none": {}}
    comments = {
        ("offers",): ["above"], ("offers", "b"): ["of b", "more"], ("offers", ""): ["behind"], ("adopt",): ["first"],
        ("adopt", ""): ["after"], ("gone", ""): ["not here", "and"], ("gone", "x"): ["of what is not there"],
    }  # fmt: skip
    assert text(data, comments, ["head", ""]) == (
        "# head\n#\n# first\nadopt: true\n  # after\n\n# above\noffers:\n  a: {}\n  # of b\n  # more\n  b: null\n"
        "  # behind\n\nmixed: {a: {}, b: 1}\n\nnone: {}\n\n"
        "# gone:\n#   x: of what is not there\n#   not here\n#   and\n"
    )
    assert text({"offers": {"a": {}}}, {}, []) == "offers:\n  a: {}\n"
