"""An edit changes one value; every other byte, and all other data, stays."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from trackform.accept.scalars import flow
from trackform.accept.yamltext import REMOVE, CannotEdit, edited
from trackform.yamlfile import read

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
def test_a_value_reads_back_as_it_was(folder: Path, value: Any) -> None:
    assert data_of(f"a: {flow(value)}\n", folder) == {"a": value}


@given(value=st.text(st.characters(codec="utf-8"), max_size=12))
def test_a_text_is_a_text_for_readers_of_yaml_1_1_too(value: str) -> None:
    assert yaml.safe_load(f"a: {flow(value)}") == {"a": value}


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


def test_what_cannot_be_edited_is_refused() -> None:
    with pytest.raises(CannotEdit):
        edited("a: [{b: 1}]\n", ("a", "b"), 2)
