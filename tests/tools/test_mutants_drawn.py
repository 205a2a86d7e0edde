"""What may be changed in a statement, and what is left alone."""

import ast
import importlib
from pathlib import Path
from random import Random
from types import ModuleType

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "mutants"


@pytest.fixture
def changes(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(str(TOOL))
    return importlib.import_module("changes")


def all_changes(changes: ModuleType, source: str, line: int) -> set[str]:
    found = (changes.mutant(source, line, Random(seed)) for seed in range(60))  # noqa: S311
    return {each.becomes for each in found if each}


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("if a < 3:\n    b()", {"if not (a < 3):", "if a <= 3:", "if a < 4:"}),
        ("while a:\n    b()", {"while not (a):"}),
        ("c = [d for d in a if d]", {"c = [d for d in a if not (d)]", "c = None"}),
        ("raise ValueError", set()),
        ("raise ValueError(a)", {"...", "raise ValueError(None)"}),
        ("b(a)", {"...", "b(None)"}),
        ("b(a, c=1)", {"...", "b(None, c=1)", "b(a, c=None)", "b(a, c=2)", "b(a, )"}),
        ("c = a and b", {"c = a or b", "c = None"}),
        ("c = 'name'", {"c = 'XXnameXX'", "c = None"}),
        ("c = 'some prose'", {"c = None"}),
        ("c = None", set()),
        ("c = False", {"c = True"}),
        ("c: int = 5", {"c: int = 6", "c: int = None"}),
        ("c: 'name' = a", {"c: 'name' = None"}),
        ("Alias = dict[str, int]", set()),
        ("__all__ = ['a']", set()),
        ("c: int = Field(default=None, description='Some prose.')", {"c: int = Field(description='Some prose.')"}),
        ("import a", set()),
        ("'''text'''", set()),
        ("c = isinstance(a, 'name')", {"c = None"}),
        ("c = cast('name', a)", {"c = None", "c = cast(None, a)", "c = cast('name', None)"}),
        ("log.warning('%s', a)", {"...", "log.warning(None, a)", "log.warning('%s', None)"}),
        ("b(encoding='utf8', help='words')", {"..."}),
    ],
)
def test_what_a_statement_may_become(changes: ModuleType, statement: str, expected: set[str]) -> None:
    assert all_changes(changes, f"import log\n{statement}\n", 2) == expected


def test_a_function_may_return_nothing(changes: ModuleType) -> None:
    source = "def f(a):\n    return a\n\n\ndef g():\n    return None\n"
    assert all_changes(changes, source, 2) == {"return None"}
    assert all_changes(changes, source, 6) == set()


def test_types_have_no_tests(changes: ModuleType) -> None:
    source = "if TYPE_CHECKING:\n    a = 1\n\n\n@dataclass(frozen=True)\nclass A:\n    b: int\n"
    assert [all_changes(changes, source, line) for line in (1, 2, 5, 6, 7)] == [set()] * 5


def test_a_mutant_knows_its_function(changes: ModuleType) -> None:
    source = "class A:\n    size = 1\n\n    def f(self, a=2):\n        return 3\n"
    found = {line: changes.mutant(source, line, Random(1)) for line in (2, 4, 5)}  # noqa: S311
    assert {line: each.function for line, each in found.items()} == {2: "", 4: "", 5: "A.f"}
    assert {line: each.line for line, each in found.items()} == {2: 2, 4: 4, 5: 5}
    assert found[4].source == source.replace("a=2", "a=3")


def test_rooms_are_packages_and_their_folders(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOL))
    draw = importlib.import_module("draw")
    assert draw.room_of("trackform/cli.py") == "trackform"
    assert draw.room_of("trackform/rules/money.py") == "trackform/rules"
    assert draw.room_of("providers/core/http/api.py") == "providers/core"


def test_each_room_comes_first_and_large_ones_more_often_then(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(TOOL))
    draw = importlib.import_module("draw")
    for name, count in (("large/a.py", 60), ("small/a.py", 6)):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).write_text("".join(f"a{i} = {i}\n" for i in range(1, count + 1)))
    files = ["large/a.py", "small/a.py"]
    sample = list(draw.drawn(tmp_path, files, 5, 2))
    assert [one.room for one in sample[:4]] == ["large", "small"] * 2
    assert sum(one.room == "large" for one in sample[4:20]) > 10
    assert len(sample) == len({str(one) for one in sample}) == 66
    assert sample == list(draw.drawn(tmp_path, reversed(files), 5, 2))
    assert sample != list(draw.drawn(tmp_path, files, 6, 2))


def test_percents_are_rounded_down(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(TOOL))
    report = importlib.import_module("report")
    assert report.percent(949, 1000) == "94 %"
    assert report.percent(0, 0) == "-"


@pytest.mark.parametrize("root", ["", "providers/"], ids=["beside the project file", "in a source root"])
def test_what_runs_at_import_is_tried_with_the_tests_of_the_importers(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, root: str
) -> None:
    """A module without a function has no tests of its own; the package of a source root has not its folder's name."""
    monkeypatch.syspath_prepend(str(TOOL))
    covering = importlib.import_module("covering")
    texts = {
        f"{root}shop/__init__.py": "", f"{root}shop/limits.py": "MOST = 3\n",
        f"{root}shop/words.py": "from shop import limits\nSAID = limits.MOST\n",
        f"{root}shop/prices.py": "from shop.rates import HALF\nfrom shop.words import SAID\n\n\ndef price():\n"
        "    return SAID\n",
        f"{root}shop/rates.py": "HALF = 0.5\n\n\ndef rate():\n    return HALF\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    tests = {f"{root}shop/prices.py": {"6": [0]}, f"{root}shop/rates.py": {"5": [1]}}
    names = ["test_price", "test_rate"]
    known = covering.Covering(dict.fromkeys(names, 0.1), [], names, tests, {}, {})
    importers = covering.Importers(tmp_path, list(texts), known)
    assert importers.of(f"{root}shop/limits.py") == importers.of(f"{root}shop/prices.py") == {"test_price"}
    assert importers.of(f"{root}shop/rates.py") == {"test_price", "test_rate"}
    assert not importers.inside(f"{root}shop/limits.py", 1)


def test_what_entry_points_name_is_tried_with_the_tests_of_who_loads_them(changes: ModuleType, tmp_path: Path) -> None:
    covering = importlib.import_module("covering")
    texts = {
        "shop/vendor.py": "VENDOR = 3\n", "shop/other.py": "OTHER = 3\n",
        "shop/a.py": "from importlib import metadata\n\n\ndef a():\n    return metadata.entry_points(group='shop')\n",
        "shop/b.py": "from importlib.metadata import entry_points\n\n\ndef b():\n    return entry_points()\n",
        "shop/c.py": "def c():\n    return entry_points\n",
        "pyproject.toml": "[project.entry-points.shop]\nours = 'shop.vendor:VENDOR'\n",
    }  # fmt: skip
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    names = ["test_a", "test_b", "test_c"]
    tests = {"shop/a.py": {"5": [0]}, "shop/b.py": {"5": [1]}, "shop/c.py": {"2": [2]}}
    known = covering.Covering(dict.fromkeys(names, 0.1), [], names, tests, {}, {})
    importers = covering.Importers(tmp_path, [name for name in texts if name.endswith(".py")], known)
    assert importers.of("shop/vendor.py") == {"test_a", "test_b"}
    assert importers.of("shop/other.py") == set()


def test_a_sample_can_be_drawn_of_some_files_and_folders_alone(changes: ModuleType) -> None:
    draw = importlib.import_module("draw")
    files = ["shop/a.py", "shop/b/c.py", "shopping/a.py"]
    assert draw.within(files, [Path("shop")]) == files[:2]
    assert draw.within(files, [Path("shop/b"), Path("shopping/a.py")]) == files[1:]
    assert draw.within(files, [Path()]) == files


def test_what_cannot_be_read_any_more_is_no_mutant(changes: ModuleType) -> None:
    assert not changes._differs("a = 1\n", "a = = 1\n")
    assert not changes._differs("a = 1\n", "a = 1  # one\n")
    assert changes._differs("a = 1\n", "a = 2\n")


def test_the_statements_of_a_file(changes: ModuleType, tmp_path: Path) -> None:
    draw = importlib.import_module("draw")
    file = tmp_path / "a.py"
    file.write_text("'''Text.'''\n@a\n@b\ndef f(x):\n    match x:\n        case 1:\n            return 2\n")
    assert draw._statements(file) == [1, 2, 5, 6, 7]
    # Of a file in which nothing can be changed, nothing is drawn.
    file.write_text("'''Text.'''\nimport a\n")
    assert list(draw.drawn(tmp_path, ["a.py"], 1, 10)) == []


def test_who_imports_what(changes: ModuleType) -> None:
    covering = importlib.import_module("covering")
    tree = ast.parse("import a.b, c\nfrom d import e, f as g\n\n\ndef h():\n    from i import j\n")
    assert set(covering._imports(tree)) == {"a.b", "c", "d", "d.e", "d.f", "i", "i.j"}
