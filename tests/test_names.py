"""Names say what a thing is: none is called `found`, `one`, `told`, `way` or `what`."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_rooms import modules

NO_NAMES = {"found", "one", "told", "way", "ways", "what"}


def defined(path: Path) -> Iterator[tuple[int, str]]:
    """(line, name) of all that a module gives a name to."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.FunctionDef(name=str(name)) | ast.AsyncFunctionDef(name=str(name)) | ast.ClassDef(name=str(name)):
                yield node.lineno, name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield node.lineno, name
            case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                yield node.lineno, name
            case ast.ExceptHandler(name=str(name)):
                yield node.lineno, name
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                yield from ((node.lineno, alias.asname) for alias in aliases if alias.asname)


def say_nothing(path: Path) -> list[str]:
    """`line: name` of the names that do not say what a thing is."""
    return [f"{line}: {name}" for line, name in defined(path) if name.strip("_").lower() in NO_NAMES]


def test_names_say_what_a_thing_is() -> None:
    wrong = {module: say_nothing(path) for module, path in modules().items()}
    assert {module: names for module, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    "text",
    [
        "found = 1",
        "FOUND: int = 1",
        "self.told = 1",
        "first, (*one,) = x",
        "for way, other in x: pass",
        "with x as what: pass",
        "x = [one.name for one in x]",
        "x = f'{(one := 1)}'",
        "x = lambda *told: 1",
        "def _one(): pass",
        "async def found(): pass",
        "def f(x, /, *, what=1): pass",
        "def f(**ways): pass",
        "class Found: pass",
        "import json as way",
        "from json import loads as told",
        "try: pass\nexcept ValueError as told: pass",
        "match x:\n    case [*found]: pass",
        "match x:\n    case {**one}: pass",
        "match x:\n    case F(what=way): pass",
    ],
)
def test_it_would_be_noticed(text: str, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(text)
    assert len(say_nothing(module)) == 1


def test_a_name_that_is_only_used_was_given_elsewhere(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text("x = HTTPStatus.FOUND, found, row['found'], 'told', f(what=1)\nfound_by = 1\n")
    assert say_nothing(module) == []
