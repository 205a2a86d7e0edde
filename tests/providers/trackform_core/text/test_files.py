"""Files that anybody may have written are read within bounds, and whatever is wrong with one is said with its line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from trackform_core.text import files

DEEP = 30_000
LOADERS = {loader.__name__: loader for loader in (yaml.SafeLoader, getattr(yaml, "CSafeLoader", yaml.SafeLoader))}


def told(work: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(files.UnreadableError) as caught:
        work(*arguments, **options)
    return caught.value.located("f.yaml")


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: " + "[" * DEEP, 1),
        ("\na: " + "[" * DEEP + "]" * DEEP, 2),
        ("a: " + "{b: " * DEEP, 1),
        ("- " * DEEP + "a", 1),
        ("".join(" " * i + "a:\n" for i in range(1_000)), 102),
        (f"a: {'x' * files.LARGE}\nb: " + "[" * 400 + "]" * 400, 2),
    ],
)
def test_what_is_nested_without_end_ends_no_process(text: str, line: int, loader: str) -> None:
    said = told(files.compose, text, LOADERS[loader])
    assert said == f"f.yaml:{line}: nested too deeply; no file needs more than 100 levels"


@given(st.recursive(st.text(max_size=3), lambda children: st.lists(children) | st.dictionaries(st.text(), children)))
@example(["- a", {"b: c": ["#", "a\nb", "", " "]}, {"? x": {"&a": ["*a", "!t", "|", "[", "{"]}}])
@example([[[]], {"": {"": {}}}])
def test_the_bound_on_levels_is_never_too_low(data: Any) -> None:
    def depth(value: Any) -> int:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return (1 if isinstance(value, dict | list) else 0) + max(map(depth, members), default=0)

    for style in (True, False, None):
        text = yaml.safe_dump(data, default_flow_style=style)
        assert files.max_depth(text) >= depth(data)
        assert files.load_yaml(text) == data


def test_aliases_where_they_may_not_be() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{i}: &b{i} [*a, *a]\n" for i in range(3))
    assert told(files.compose, bomb, aliases=False) == "f.yaml:2: aliases are not supported; repeat the value"
    assert files.load_yaml(bomb)["b2"] == [["x", "x"], ["x", "x"]]


def test_aliases_that_multiply() -> None:
    merged = "m0: &m0 {k: v}\n" + "".join(
        f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}\n" for i in range(1, 12)
    )
    listed = "m0: &m0 [x]\n" + "".join(f"m{i}: &m{i} [{', '.join([f'*m{i - 1}'] * 9)}]\n" for i in range(1, 12))
    for text in (merged, listed):
        assert told(files.load_yaml, text).startswith("f.yaml: its aliases make more than 1,000,000 values")
    chain = "m0: &m0 [x]\n" + "".join(f"m{i}: &m{i} [*m{i - 1}]\n" for i in range(1, 5_000))
    assert "its aliases" in told(files.load_yaml, chain)
    assert files.load_yaml("a: &a {x: 1}\nb: {<<: *a, y: 2}\nc: *a") == {
        "a": {"x": 1}, "b": {"x": 1, "y": 2}, "c": {"x": 1},
    }  # fmt: skip


@pytest.mark.parametrize("text", ["[" * DEEP, "[" * DEEP + "]" * DEEP, '{"a":' * DEEP, "[" * 300 + "]" * 300])
def test_json_that_is_nested_without_end(text: str) -> None:
    assert "nested too deeply" in told(files.parse_json, text)


def test_json_that_is_none() -> None:
    assert told(files.parse_json, '{\n "a": }') == "f.yaml:2: this is no JSON: Expecting value"
    assert told(files.parse_json, "9" * 5_000) == "f.yaml: a number of JSON with too many digits"
    assert files.parse_json(json.dumps([[{"a": [1]}]])) == [[{"a": [1]}]]


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    with file.open("wb") as stream:
        stream.truncate(50 * 1024**3)
    assert told(files.read_text, file) == "f.yaml: larger than 4,096 KB; is it the file that was meant?"
    file.unlink()
    file.symlink_to("/dev/zero")
    assert told(files.read_text, file) == "f.yaml: this is a device, not a file"


def test_a_pipe_that_nobody_writes_into_is_not_waited_for(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    os.mkfifo(file)
    assert told(files.read_text, file) == "f.yaml: this is a pipe, not a file"


def test_a_pipe_of_the_shell_is_read() -> None:
    reading, writing = os.pipe()
    os.write(writing, b"{}")
    os.close(writing)
    assert files.read_text(Path(f"/dev/fd/{reading}")) == "{}"
    os.close(reading)


def test_a_link_that_leads_nowhere_is_no_missing_file(tmp_path: Path) -> None:
    file, circle = tmp_path / "f.yaml", tmp_path / "circle.yaml"
    file.symlink_to("none.yaml")
    circle.symlink_to(circle)
    assert told(files.read_text, file) == "f.yaml: a link to a file that is not there"
    assert "cannot be read: " in told(files.read_text, circle)
    assert files.is_there(file)
    assert files.is_there(circle)
    with pytest.raises(FileNotFoundError):
        files.read_text(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: 1\nb: \xfc\n", "f.yaml:2: not UTF-8 text; save the file as UTF-8"),
        ("a: ü".encode("utf-16"), "f.yaml:1: not UTF-8 text but UTF-16; save the file as UTF-8"),
    ],
)
def test_another_encoding(raw: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(raw)
    assert told(files.read_text, tmp_path / "f.yaml") == said


def test_what_is_no_file(tmp_path: Path) -> None:
    assert told(files.read_text, tmp_path) == "f.yaml: cannot be read: Is a directory"
    with pytest.raises(FileNotFoundError):
        files.read_text(tmp_path / "none")


def test_a_pipe_is_read_as_a_file(tmp_path: Path) -> None:
    read, write = os.pipe()
    os.write(write, b'{"a": 1}')
    os.close(write)
    assert files.read_json(Path(f"/dev/fd/{read}")) == {"a": 1}
    os.close(read)


def test_a_hundred_levels_below_the_first_are_the_most(tmp_path: Path) -> None:
    fits, beyond = ("[" * levels + "]" * levels for levels in (101, 102))
    assert files.parse_json(fits)
    assert told(files.parse_json, beyond) == "f.yaml: nested too deeply; nothing needs more than 100 levels"
    large = f"# {'x' * files.LARGE}\n"
    assert files.compose(large + fits) is not None
    assert told(files.compose, large + beyond) == "f.yaml:2: nested too deeply; no file needs more than 100 levels"
    assert files.compose(fits, aliases=False) is not None
    assert "nested too deeply" in told(files.compose, beyond, aliases=False)


def test_the_largest_file_that_is_read(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    for size in (10, 11):
        file.write_bytes(b"x" * size)
        if size == 10:
            assert files.read_text(file, 10) == "x" * size
        else:
            assert "larger than 0 KB" in told(files.read_text, file, 10)
    for largest, work in ((4 * 1024 * 1024, files.read_text), (64 * 1024 * 1024, files.read_json)):
        with file.open("wb") as stream:
            stream.write(b"7")
            stream.truncate(largest + 1)
        assert f"larger than {largest // 1024:,} KB" in told(work, file)
    assert files.decoded(b" " * 4 * 1024 * 1024)


def test_the_most_values_that_aliases_make() -> None:
    repeated = f"a: &a [{', '.join('x' * 998)}]\nb: [{', '.join(['*a'] * 999)}, "
    fits, beyond = (f"{repeated}{', '.join('y' * more)}]\n" for more in (996, 997))
    assert len(files.load_yaml(fits)["b"]) == 999 + 996
    assert told(files.load_yaml, beyond) == "f.yaml: its aliases make more than 1,000,000 values; repeat what is meant"


@pytest.mark.parametrize("text", ["a: 2026-13-01", "a: !!int x", "a: !!float x"])
def test_a_value_that_is_none(text: str) -> None:
    assert told(files.load_yaml, text).startswith("f.yaml: a value that is none: ")


def test_nothing_is_nothing() -> None:
    assert files.load_yaml("# only this\n") is None
    assert files.compose("") is None


WITHOUT_C = """
import yaml
del yaml.CSafeLoader
from trackform.documents.scalars import flow
from trackform_core.text import files
assert files.LOADER is yaml.SafeLoader
assert files.load_yaml("a: [1, 'no']") == {"a": [1, "no"]}
assert flow("no") == '"no"'
"""


def test_yaml_is_read_by_the_parser_in_c_where_there_is_one() -> None:
    there = {name for name in ("CSafeLoader", "SafeLoader") if hasattr(yaml, name)}
    assert files.LOADER.__name__ == min(there)


def test_yaml_is_read_where_its_parser_in_c_was_not_built() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_C], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
