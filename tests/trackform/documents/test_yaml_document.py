"""YAML with lines: the scalars, the refusals, merging and `extends`."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.documents.merge import load, merge
from trackform.documents.problems import Problem, Problems, dotted, nearest
from trackform.documents.yaml_document import Document, read

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(autouse=True)
def _in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def refused(text: str) -> list[str]:
    with pytest.raises(Problems) as caught:
        read(write("x.yaml", text))
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("off", "off"),
        ("no", "no"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("=", "="),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("012", 12),
        ("-3", -3),
        ("0o17", 15),
        ("0x1f", 31),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("'12'", "12"),
        ('"true"', "true"),
        ("''", ""),
        ("!!str 12", "12"),
    ],
)
def test_scalars_are_those_of_yaml_1_2_core(written: str, means: Any) -> None:
    value = read(write("x.yaml", f"a: {written}\n")).data["a"]
    assert (type(value), value) == (type(means), means)


def test_an_empty_file_is_an_empty_map() -> None:
    for text in ("", "# nothing\n", "---\n"):
        assert read(write("x.yaml", text)).data == {}


def test_a_line_is_that_of_the_key_or_of_the_nearest_known_thing_around() -> None:
    document = read(write("stacks/demo.yaml", "# c\noffers:\n  keto:\n    countries:\n      - DE\n      - AT\n"))
    assert document.file == "stacks/demo.yaml"
    assert document.line(("offers",)) == 2
    assert document.line(("offers", "keto", "countries")) == 4
    assert document.line(("offers", "keto", "countries", 1)) == 6
    assert document.line(("offers", "keto", "url")) == 3
    problem = document.problem(("offers", "keto", "countries", 1), "no such country", 'did you mean "DE"?')
    assert str(problem) == 'stacks/demo.yaml:6: offers.keto.countries[1]: no such country; did you mean "DE"?'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: 1\nb: 2\na: 3\n", "x.yaml:3: a: written twice, in lines 1 and 3; keep one of them"),
        ("a: {b: 1, b: 2}\n", "x.yaml:1: a.b: written twice in line 1; keep one of them"),
        ("a: {b:1, c:x}\n", "x.yaml:1: a.b: no blank after the colon; write `b: 1`"),
        ("a: {https://x}\n", "x.yaml:1: a.https://x: has no value"),
        ("a:\n  b: 1\n\tc: 2\n", "x.yaml:3: a tab in the indentation; YAML takes spaces only"),
        ("1: x\n", 'x.yaml:1: the key 1 is read as int; write it in quotes: "1"'),
        ("a: {true: x}\n", 'x.yaml:1: a: the key true is read as bool; write it in quotes: "true"'),
        ("? [a]\n: x\n", "x.yaml:1: a key must be a string, not a list or a map"),
        ("- a\n", "x.yaml:1: must be a map of keys and values"),
        ("a: &x {b: 1}\nc: *x\n", "x.yaml:2: c: aliases are not supported"),
        ("a: &x [*x]\n", "x.yaml:1: a[0]: aliases are not supported"),
        ("a: {b: 1}\nc:\n  <<: {d: 1}\n", "x.yaml:3: c.<<: merge keys are not supported"),
        ("a:\nb: 1\n", "x.yaml:1: a: has no value; write it, or leave the line out"),
        ("a: 64e500\n", 'x.yaml:1: a: a number too large to be kept: 64e500; if it is a name, write "64e500"'),
        ("a: !!int x\n", "x.yaml:1: a: not of the kind int: x"),
        ("a: !secret x\n", "x.yaml:1: a: the tag !secret is not supported"),
        ("a: !!set {}\n", "x.yaml:1: a: the tag set is not supported"),
        ("a: 1\n--- \nb: 2\n", "x.yaml:2: not valid YAML"),
        ("a: [1\nb: 2\n", "x.yaml:2: not valid YAML"),
        ("a: {cid}x\n", "x.yaml:1: not valid YAML"),
        ("a:\n  " + "[" * 101 + "]" * 101, "x.yaml:2: nested too deeply"),
        ("a: 1\nb: \x07\n", "x.yaml:2: not valid YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, told: str) -> None:
    assert refused(text)[0].startswith(told)


PART_OF = "as if it were part of line {}, which has a value already"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "a:\n  b: x\n\n\n   c: USD\n",
            f"5: indented by 3 blanks, {PART_OF.format(2)}; beside `b` it begins with 2 blanks",
        ),
        (
            "a: x\n  goes on\n b: USD\n",
            f"3: indented by 1 blank, {PART_OF.format(1)}; beside `a` it begins at the beginning of the line",
        ),
        (
            "a:\n- x: https://y\n   b: c\n",
            f"3: indented by 3 blanks, {PART_OF.format(2)}; beside `x` it begins with 2 blanks",
        ),
        ("a: b: c\n", "1: a second colon in one line; a value with a colon and a blank is in quotes"),
        ("a:\n  api_key:canary\n  c: x\n", "2: no blank after the colon; write `api_key: …`"),
        ("a:\n  b:USD\n  c: x\n", "2: no blank after the colon; write `b: USD`"),
        ("a:\n  c: x\n  b:USD\nd: 1\n", "3: no blank after the colon; write `b: USD`"),
        ("a:\n  c: x\n  b\nd: 1\n", "3: a line without a colon among keys and values; write `key: value`"),
        ("- a\n  b: c\n", "2: not valid YAML: mapping values are not allowed in this context"),
    ],
)
def test_indentation_and_colons_are_told_in_plain_words(text: str, told: str) -> None:
    assert refused(text) == [f"x.yaml:{told}"]


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("a: [1\nb: 2\n", "the list that begins in line 1 lacks a comma or its ]"),
        ("b: 1\na: {b: 1 c: 2}\n", "the map that begins in line 2 lacks a comma or its }"),
        ('a: "x\nb: 1\n', "the quote that begins in line 1 has no end"),
        ("a: @x\n", "a value that begins with such a sign is written in quotes"),
        ("a: *x\n", "a value that begins with such a sign is written in quotes"),
    ],
)
def test_the_usual_cause_of_what_the_parser_says(text: str, cause: str) -> None:
    (said,) = refused(text)
    assert ": not valid YAML: " in said
    assert said.endswith(f"; {cause}")


def test_every_mistake_of_a_file_is_told_at_once() -> None:
    assert [line.split(":")[1] for line in refused("a:\nb: 1\nb: 2\n3: x\n")] == ["1", "3", "4"]
    again = refused("3: x\n<<: {}\n? [a]\n: x\nb: 1\nb: 2\nb: 3\na: [!x y, !z w]\nc:\n")
    assert [line.split(":")[1] for line in again] == ["1", "2", "3", "6", "7", "8", "8", "9"]


def test_a_file_that_is_not_text_or_not_there() -> None:
    Path("demo.yaml").write_bytes(b"a: 1\nb: \xff\n")
    with pytest.raises(Problems, match=r"demo.yaml:2: not UTF-8 text"):
        read(Path("demo.yaml"))
    with pytest.raises(Problems, match=r'dmo.yaml: no such file; did you mean "demo.yaml"'):
        read(Path("dmo.yaml"))
    Path("folder.yaml").mkdir()
    with pytest.raises(Problems, match=r"folder.yaml: cannot be read"):
        read(Path("folder.yaml"))


def test_a_bom_is_no_part_of_the_first_key() -> None:
    Path("x.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
    assert read(Path("x.yaml")).data == {"a": 1}


def test_later_wins_maps_merge_lists_replace_and_null_removes() -> None:
    first = read(write("1.yaml", "a: {x: 1, y: 2}\nb: [1, 2]\nc: gone\nd: {e: {f: 1}}\n"))
    second = read(write("2.yaml", "a:\n  y: 3\n  z: 4\nb: [3]\nc: null\nd: plain\n"))
    merged = merge([first, second])
    assert merged.data == {"a": {"x": 1, "y": 3, "z": 4}, "b": [3], "d": "plain"}
    assert merged.origin(("a", "x")) == ("1.yaml", 1)
    assert merged.origin(("a", "y")) == ("2.yaml", 2)
    assert merged.origin(("b", 0)) == ("2.yaml", 4)
    assert merged.origin(("b", 1)) == ("2.yaml", 4)
    assert merged.origin(("d", "e")) == ("2.yaml", 6)
    assert first.data["a"] == {"x": 1, "y": 2}


TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet="abé: #{}'\"\n~1", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
MAPS = st.dictionaries(st.sampled_from("abc"), TREES, max_size=3)


def as_document(data: dict[str, Any]) -> Document:
    return read(write("t.yaml", yaml.safe_dump(data, allow_unicode=True)))


@given(MAPS)
@example({"a": "#", "b": "'\"\n", "c": ["~1", "é: {}", None, True, {"a": {}}]})
def test_what_a_dumper_writes_is_read_as_it_was(data: dict[str, Any]) -> None:
    assert as_document(data).data == data


@given(MAPS, MAPS, MAPS)
@example({"a": {"a": 1, "b": {"c": 2}}, "b": [1]}, {"a": {"b": None}, "b": {"a": 1}}, {"a": {"b": {"a": 3}}, "c": None})
def test_merging_is_stable(a: dict[str, Any], b: dict[str, Any], c: dict[str, Any]) -> None:
    first, second, third = map(as_document, (a, b, c))
    everything = merge([first, second, third])
    assert merge([everything]).data == everything.data
    assert merge([merge([first, second]), third]).data == everything.data
    assert merge([everything, everything]).data == everything.data


@given(MAPS, MAPS)
@example({"a": {"a": [1, {"b": 2}], "b": 1}, "b": 1}, {"a": {"a": [3], "c": {"a": 1}}, "b": None})
def test_every_leaf_of_a_merged_document_has_a_line_of_its_own(a: dict[str, Any], b: dict[str, Any]) -> None:
    merged = merge([as_document(a), as_document(b)])

    def paths(value: Any, path: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        return [path, *(found for step, child in items for found in paths(child, (*path, step)))]

    assert set(merged.origins) == set(paths(merged.data, ()))


def test_extends_merges_in_order_nested_and_relative_to_the_file_that_names_them() -> None:
    write("stacks/shared/base.yaml", "a: 1\nb: 1\nc: 1\n")
    write("stacks/shared/more.yaml", "extends: [base.yaml]\nb: 2\nc: 2\n")
    document = load(write("stacks/acme.yaml", "extends: [shared/more.yaml]\nc: 3\n"))
    assert document.data == {"a": 1, "b": 2, "c": 3}
    assert document.file == "stacks/acme.yaml"
    assert document.origin(("a",)) == ("stacks/shared/base.yaml", 1)
    assert document.origin(("c",)) == ("stacks/acme.yaml", 2)


def test_one_file_may_be_extended_twice_without_being_a_circle() -> None:
    write("stacks/base.yaml", "a: 1\n")
    write("stacks/l.yaml", "extends: [base.yaml]\nl: 1\n")
    write("stacks/r.yaml", "extends: [base.yaml]\nr: 1\n")
    assert load(write("stacks/x.yaml", "extends: [l.yaml, r.yaml]\n")).data == {"a": 1, "l": 1, "r": 1}


def test_all_that_is_wrong_with_extends_is_told_at_once_with_its_line() -> None:
    write("outside.yaml", "a: 1\n")
    write("stacks/shared/round.yaml", "extends: [../acme.yaml]\n")
    write("stacks/shared/broken.yaml", "a: 1\na: 2\n")
    path = write(
        "stacks/acme.yaml",
        "extends:\n  - shared/rond.yaml\n  - ../outside.yaml\n  - shared/round.yaml\n  - shared/broken.yaml\n",
    )
    Path("stacks/link.yaml").symlink_to(Path("outside.yaml").resolve())
    with pytest.raises(Problems) as caught:
        load(path)
    assert str(caught.value).splitlines() == [
        'stacks/acme.yaml:2: extends[0]: shared/rond.yaml: no such file; did you mean "shared/round.yaml"?',
        "stacks/acme.yaml:3: extends[1]: ../outside.yaml: leads out of stacks",
        "stacks/shared/broken.yaml:2: a: written twice, in lines 1 and 2; keep one of them",
        (
            "stacks/shared/round.yaml:1: extends[0]: ../acme.yaml: extends in a circle: "
            "stacks/acme.yaml -> stacks/shared/round.yaml -> stacks/acme.yaml"
        ),
    ]
    with pytest.raises(Problems, match=r"link.yaml: leads out of stacks"):
        load(write("stacks/b.yaml", "extends: [link.yaml]\n"))
    with pytest.raises(Problems, match=r"must be a list of files"):
        load(write("stacks/c.yaml", "extends: shared/round.yaml\n"))
    with pytest.raises(Problems, match=r"extends in a circle: stacks/d.yaml -> stacks/d.yaml"):
        load(write("stacks/d.yaml", "extends: [d.yaml]\n"))
    assert load(write("stacks/e.yaml", "extends: [../outside.yaml]\n"), root=Path()).data == {"a": 1}


def processor_time(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def test_a_thousand_objects_are_read_in_a_few_times_what_parsing_takes() -> None:
    one = "  offer-{}:\n    url: https://example.test/{}?cid={{clickid}}\n    countries: [DE, AT]\n    payout: 1.5\n"
    one += "    cap: 10\n    title: Offer {}\n"
    path = write("big.yaml", "offers:\n" + "".join(one.format(i, i, i) for i in range(1000)))
    document = load(path)
    assert len(document.data["offers"]) == 1000
    assert document.line(("offers", "offer-999", "title")) == 6001
    text, loader = path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    # One after the other: what else the machine does slows down both.
    tries = [
        processor_time(lambda: load(path)) / processor_time(lambda: yaml.compose(text, Loader=loader)) for _ in range(5)
    ]
    assert min(tries) < 7, tries


def test_problems_are_sorted_and_told_once() -> None:
    b1, a2, a10 = Problem("b", 1, "", "x"), Problem("a", 2, "w", "y"), Problem("a", 10, "", "z", "do this")
    assert str(Problems([b1, a10, a2, b1])) == "a:2: w: y\na:10: z; do this\nb:1: x"
    assert str(Problem("", 0, "", "plain")) == "plain"
    assert dotted(("a", 0, "b-c", 1)) == "a[0].b-c[1]"


def test_nearest_is_what_was_meant() -> None:
    known = ["countries", "country_codes", "url", "cap"]
    assert nearest("contries", known) == "countries"
    assert nearest("URL", known) == "url"
    assert nearest("wholly-other", known) is None
