"""The marker that names a connection: one place says how it is spelled."""

import ast
import re
from pathlib import Path

import pytest

from trackform.urls.template import TEMPLATES, render
from trackform_digistore24 import marker as markers
from trackform_digistore24.marker import marked, marker, parameter

ROOT = Path(__file__).parents[3]
SPELLED = re.compile(r"(?<![\w.])tf\\?\.")


def spelling(text: str) -> set[str]:
    """The texts of a program that spell it; a docstring may show an example."""
    tree = ast.parse(text)
    # A text that stands alone is a docstring.
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docs)
    return {node.value for node in texts if isinstance(node.value, str) and SPELLED.search(node.value)}


def test_one_place_spells_it() -> None:
    """The sandbox imports nothing of the project, and has its own."""
    sources = [path for folder in ("providers", "trackform") for path in sorted((ROOT / folder).rglob("*.py"))]
    found = [
        path.relative_to(ROOT)
        for path in sources
        if "sandbox" not in path.parts and spelling(path.read_text(encoding="utf-8"))
    ]
    assert found == [Path(markers.__file__).relative_to(ROOT)]
    templates = [path for path in sorted(TEMPLATES.rglob("*")) if path.is_file()]
    assert [path.name for path in templates if SPELLED.search(path.read_text(encoding="utf-8"))] == []


@pytest.mark.parametrize("text", ['a = "tf."', 'a = f"sub20=tf.{b}"', 'a = r"x=tf\\.(.*)"', '"""tf."""\na = "tf."'])
def test_each_spelling_is_noticed(text: str) -> None:
    assert spelling(text)


@pytest.mark.parametrize("text", ['"""As `tf.sales`."""', 'a = "self.tf.x"', 'a = "tfx"', "def f():\n    '''tf.x'''"])
def test_what_is_no_spelling(text: str) -> None:
    assert not spelling(text)


@pytest.mark.parametrize("name", ["sales", "a.b", "tf.", "x y"])
def test_what_is_written_reads_back(name: str) -> None:
    url = f"https://track.acme.test/postback?clickid={{cid}}&{parameter(name)}"
    assert marker(url) == name
    assert marker(f"{url}&sum=1#sub20=tf.no") == name
    assert marker(f"https://track.acme.test/postback?sub2={marked(name)}&sub201={marked(name)}") is None
    rendered = render("https://t.test/?sub20={{ connection | marker }}", {"connection": "sales"})
    assert rendered.endswith(parameter("sales"))


def test_a_row_of_the_web_form_has_none() -> None:
    assert marker(None) is None
    assert marker("https://t.test/?sub20=other") is None
