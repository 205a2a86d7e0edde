"""Every message that docs/errors.md answers is still told by the code."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
MESSAGES = re.findall(r"^### `(.+)`$", PAGE, re.MULTILINE)
ANYTHING = "…"
SOURCES = ("providers", "trackform", "tools/ci", "tools/pulumi")


def written(tree: ast.AST) -> Iterator[str]:
    """The texts in a module, with `…` for what is put in."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else ANYTHING for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def texts() -> str:
    found: list[str] = []
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            found += written(ast.parse(path.read_text(encoding="utf-8")))
    return "\0".join(found)


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 20
    assert len(MESSAGES) == PAGE.count("\n### ")
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_still_says_it(message: str) -> None:
    parts = [re.escape(part) for part in message.split(ANYTHING)]
    assert re.search("[^\0]*?".join(parts), texts()), "docs/errors.md answers a message that nobody tells any more"
