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
def texts() -> list[str]:
    paths = [path for folder in SOURCES for path in sorted((ROOT / folder).rglob("*.py"))]
    return [text for path in paths for text in written(ast.parse(path.read_text(encoding="utf-8")))]


def test_there_are_messages() -> None:
    assert len(MESSAGES) > 20
    assert len(MESSAGES) == PAGE.count("\n### ")
    assert len(set(MESSAGES)) == len(MESSAGES)


@pytest.mark.parametrize("message", MESSAGES)
def test_the_code_still_says_it(message: str) -> None:
    parts = message.split(ANYTHING)
    inside, in_order = max(parts, key=len), re.compile(".*?".join(map(re.escape, parts)), re.DOTALL)
    told = any(inside in text and in_order.search(text) for text in texts())
    assert told, "docs/errors.md answers a message that nobody tells any more"
