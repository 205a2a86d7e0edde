"""An edit changes one value; every other byte, and all other data, stays."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.documents import yaml_text
from trackform.documents.scalars import flow
from trackform.documents.yaml_document import read
from trackform.documents.yaml_text import REMOVE, CannotEdit, edited
from trackform_core.text import files

SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=12),
    st.sampled_from(["off", "NO", "1e5", "0x1F", "12:30", "2031-01-01", "{cid}", "a: b", "# no", "'", "~", "<<", "="]),
)  # fmt: skip
KEYS = st.text("abcé:{", min_size=1, max_size=4)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=6
)
NAMES = st.sampled_from(["a", "b", "keto-guide", "x"])
DATA = st.dictionaries(
    NAMES, st.dictionaries(NAMES, st.dictionaries(NAMES, VALUES, max_size=3), min_size=1), min_size=1
)  # fmt: skip


def data_of(text: str, folder: Path) -> Any:
    path = folder / "file.yaml"
    path.write_bytes(text.encode())
    return read(path).data


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("yaml")


@given(value=VALUES)
@example(
    value=[None, True, -1, 1.5, "off", "1e5", "{cid}", "a: b", "#", "'", '"', "\\", "\n\t\r", "é\x85\u2028", {"a": []}]
)
def test_a_value_reads_back_as_it_was(folder: Path, value: Any) -> None:
    assert data_of(f"a: {flow(value)}\n", folder) == {"a": value}


@given(value=st.text(st.characters(codec="utf-8"), max_size=12))
@example(value="yes")
@example(value="2031-01-01")
@example(value="12:30")
@example(value="-.5e3")
@example(value="\x85\ufeff")
def test_a_text_is_a_text_for_readers_of_yaml_1_1_too(value: str) -> None:
    assert yaml.safe_load(f"a: {flow(value)}") == {"a": value}


@example(data={"a": {"a": {"a": 1, "b": [1, {"x": "'"}]}, "x": {}}}, path=("a", "a", "b"), value=REMOVE, style=False)
@example(
    data={"a": {"a": {"a": "long\ntext"}}, "b": {"x": {"b": 1}}}, path=("a", "a", "a"), value={"x": []}, style=True
)
@example(data={"a": {"a": {"a": [1, 2, 3]}}}, path=("a", "a", "a"), value=[0, 2, "off"], style=None)
@given(
    data=DATA,
    path=st.tuples(NAMES, NAMES, NAMES),
    value=VALUES | st.just(REMOVE),
    style=st.sampled_from([None, True, False]),
)
def test_only_what_was_meant_changes(
    folder: Path, data: dict[str, Any], path: tuple[str, ...], value: Any, style: bool | None
) -> None:  # fmt: skip
    """Whatever the style of the file: block, flow, or PyYAML's mixture."""
    text = yaml.safe_dump(data, default_flow_style=style, allow_unicode=True, sort_keys=False, width=10_000)
    before = data_of(text, folder)
    try:
        after = data_of(edited(text, path, value), folder)
    except CannotEdit:
        return
    first, second, third = path
    inner = dict(before.get(first, {}).get(second, {}))
    was_there = third in inner
    inner.pop(third, None)
    if value is not REMOVE:
        inner = {**before.get(first, {}).get(second, {}), third: value}
    if value is REMOVE and not was_there:
        assert after == before
    else:
        assert after == {**before, first: {**before.get(first, {}), second: inner}}


COMMENTED = """\
# head
offers:   # all of them
  one:
    countries:   # by need
      - DE   # home

      - AT
    notes: |
      long
      text

    # about the price
    payout: 12.5   # net
  'two': {url: "https://x", subs: [ {value: '{a}'}, {} ],
    countries: [DE,   # home
      AT]}

# tail
"""


@pytest.mark.parametrize(
    ("path", "value", "gone", "new"),
    [
        (("offers", "one", "payout"), 13, ["    payout: 12.5   # net"], ["    payout: 13   # net"]),
        (("offers", "one", "payout"), REMOVE, ["    payout: 12.5   # net"], []),
        (("offers", "one", "countries"), ["CH", "DE", "AT", "FR"], [], ["      - CH", "      - FR"]),
        (("offers", "one", "countries"), ["AT"], ["      - DE   # home"], []),
        (("offers", "one", "notes"), "short", ["    notes: |", "      long", "      text"], ["    notes: short"]),
        (("offers", "one", "status"), "off", [], ['    status: "off"']),
        (("offers", "two", "countries"), ["DE", "CH", "AT"], ["      AT]}"], ["      CH, AT]}"]),
        (("offers", "two", "url"), "https://y", None, ["  'two': {url: \"https://y\", subs: [ {value: '{a}'}, {} ],"]),
        (("domains", "main"), "a.test", [], ["domains:", "  main: a.test"]),
    ],
)
def test_every_other_line_stays(path: tuple[str, ...], value: Any, gone: list[str] | None, new: list[str]) -> None:
    before, after = COMMENTED.splitlines(), edited(COMMENTED, path, value).splitlines()
    assert [line for line in after if line not in before] == new
    if gone is not None:
        assert [line for line in before if line not in after] == gone
    assert edited(COMMENTED.replace("\n", "\r\n"), path, value) == edited(COMMENTED, path, value).replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("text", "path", "value", "said"),
    [
        ("a: [{b: 1}]\n", ("a", "b"), 2, "is not inside a map"),
        ("a: 1\n", ("a", "b"), 2, "is not inside a map"),
        ("- a\n", ("a",), 2, "is not inside a map"),
        ("? a\n: ? b\n  : 1\n  ? c\n  : 2\n", ("a", "b"), REMOVE, "shares its line with something else"),
        ("a: {b: 1, c: 2}\nd: 1\n", ("d",), REMOVE, None),
        ("x: &l [1, 2]\na: *l\n", ("a",), [1, 3], None),
        ("a:\n  - 1\n  - 2\n", ("a",), [2], None),
        ("a:\n- - 1\n  - 2\n- 3\n", ("a",), [3], None),
        ("a: - 1\n", ("b",), 1, "any"),
    ],
)
def test_what_cannot_be_edited_is_refused(text: str, path: tuple[str, ...], value: Any, said: str | None) -> None:
    if said is None:
        after = yaml.safe_load(edited(text, path, value))
        before = yaml.safe_load(text)
        kept = {name: item for name, item in before.items() if name not in (path[0], "x")}
        assert {name: item for name, item in after.items() if name not in (path[0], "x")} == kept
        assert after.get(path[0], REMOVE) == value
    else:
        with pytest.raises((CannotEdit, yaml.YAMLError), match=None if said == "any" else said):
            edited(text, path, value)


@pytest.mark.parametrize(
    ("before", "path", "value", "after"),
    [
        ("", ("a",), 1, "a: 1\n"),
        ("", ("a", "b", "c"), 1, "a:\n  b: {c: 1}\n"),
        ("# only this\n", ("a",), {}, "# only this\na: {}\n"),
        ("# only this\n", ("a", "b"), REMOVE, "# only this\n"),
        ("a: 1", ("b",), {"c": 1}, "a: 1\nb:\n  c: 1"),
        ("a: 1\n\nz: 2\n", ("b", "c"), 1, "a: 1\n\nz: 2\n\nb:\n  c: 1\n"),
        ("a: 1\n", ("b",), 2, "a: 1\nb: 2\n"),
        ("a: {}\n", ("a", "b"), 2, "a: {b: 2}\n"),
        ("a: {b: 1}  # x\n", ("a", "c", "d"), 2, "a: {b: 1, c: {d: 2}}  # x\n"),
        ("a:\n  b: 1  # x\n", ("a", "c"), {"d": 2}, "a:\n  b: 1  # x\n  c: {d: 2}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "b"), REMOVE, "a: {c: 2, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "c"), REMOVE, "a: {b: 1, d: 3}\n"),
        ("a: {b: 1, c: 2, d: 3}\n", ("a", "d"), REMOVE, "a: {b: 1, c: 2}\n"),
        ("a: {b: 1}\nc: 2\n", ("a", "b"), REMOVE, "c: 2\n"),
        ("a: {b: {c: 1}}\n", ("a", "b", "c"), REMOVE, "a: {b: {}}\n"),
        ("a:\n  b:\n    c: 1\n  d: 2\n", ("a", "b", "c"), REMOVE, "a:\n  b: {}\n  d: 2\n"),
        ("a:\n  b: 1\n  c: 2", ("a", "c"), REMOVE, "a:\n  b: 1\n"),
        ("a: [1, 2, 3]\n", ("a",), [1, 3], "a: [1, 3]\n"),
        ("a: [1, 2]\n", ("a",), [0, 1, 2, 3], "a: [0, 1, 2, 3]\n"),
        ("a: ['x', \"y\"]\n", ("a",), ["it's", "z"], "a: ['it''s', \"z\"]\n"),
        ("a: [{b: 1}, {b: 2}]  # k\n", ("a",), [{"b": 1}, {"b": 3}], "a: [{b: 1}, {b: 3}]  # k\n"),
        ("a: [[1], [2]]\n", ("a",), [[2]], "a: [[2]]\n"),
        ("a:\n  - 1\n  - 2  # two\n", ("a",), [2, 4], "a:\n  - 2  # two\n  - 4\n"),
        ("a:\n  - 2\n", ("a",), [1, 2], "a:\n  - 1\n  - 2\n"),
        ("a:\n  - {b: 1}\n  - c\n", ("a",), [{"b": "1"}, "d"], "a:\n  - {b: 1}\n  - d\n"),
        ("a: [1]\n", ("a",), [], "a: []\n"),
        ("a: |\n  text\n  more\nb: 1\n", ("a",), "short", "a: short\nb: 1\n"),
        ("a: >-  # x\n  text\n\nb: 1\n", ("a",), {"c": 1}, "a: {c: 1}\n\nb: 1\n"),
        ("a:  # x\n  b: 1\nc: 2\n", ("a",), {"d": 1}, "a: {d: 1}  # x\nc: 2\n"),
        ("a: 'x'  # k\n", ("a",), "it's", "a: 'it''s'  # k\n"),
        ("a: 'x'\n", ("a",), "two\nlines", 'a: "two\\nlines"\n'),
        ('a: "x"\n', ("a",), "plain", 'a: "plain"\n'),
        ("a: 'x'\n", ("a",), 7, "a: 7\n"),
    ],
)
def test_what_an_edit_makes_of_a_text(before: str, path: tuple[str, ...], value: Any, after: str) -> None:
    assert edited(before, path, value) == after


def test_what_stands_for_nothing_says_so() -> None:
    assert repr(REMOVE) == "REMOVE"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "null"), (True, "true"), (False, "false"), (1, "1"), (1.5, "1.5"), ([], "[]"), ({}, "{}"),
        ("a b", "a b"), ("off", '"off"'), ("1e5", '"1e5"'), ("-1", '"-1"'), ("0x1F", '"0x1F"'), ("a,b", '"a,b"'),
        ("\x07", '"\\x07"'), ("\xff", "\xff"), ("\x85", '"\\x85"'), ("\u2028", '"\\u2028"'), ("\uffff", '"\\uffff"'),
        ("\U000e0001", '"\\U000e0001"'), ("\t", '"\\t"'),
    ],
)  # fmt: skip
def test_a_value_on_one_line(value: Any, said: str) -> None:
    assert flow(value) == said


def test_what_is_no_data_is_not_written() -> None:
    with pytest.raises(TypeError, match="not to be written as YAML: set"):
        flow({"a": {1}})


@pytest.mark.parametrize("text", ["a: 1\n", "a: {b: 1}\n", "b: [1]\n", "[1]\n", ""])
def test_what_is_no_list_is_not_changed_item_by_item(text: str) -> None:
    with pytest.raises(CannotEdit, match=r"^is a list that cannot be changed item by item$"):
        yaml_text._sequence_at(files.compose(text), ("a",))
