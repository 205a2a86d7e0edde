"""Nobody reads our own sentences: what was said goes by its id, and prose is free to change."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.test_rooms import modules

READING = {
    "startswith", "endswith", "removeprefix", "removesuffix", "partition", "rpartition", "split", "index", "find",
    "count", "compile", "search", "match", "fullmatch", "findall", "sub",
}  # fmt: skip
PROSE = re.compile(r"[a-z'>,:] [a-z]|[a-z]{3}: |[.=>]+ $")

OTHERS = {
    "Exception calling application: ": "the launcher of Pulumi's plugin",
    "Preview failed: ": "Pulumi",
    "failed to load checkpoint": "Pulumi",
    " after validation, not 0": "pydantic",
    " => ": "model/messages.py, which writes it as well",
    "Error: ": "click",
    "Value error, ": "pydantic",
    "^'([^']*)' is undefined$|has no attribute '([^']*)'$": "jinja2",
    r"^# yaml-language-server: \$schema=.*\n?": "editors with a YAML language server",
    "# yaml-language-server: $schema=": "the same",
    r"^\S+ resource '.*?': property \S+ value \{.*?\} has a problem: ": "Pulumi",
    "a postback without marker": "a label, compared as a whole",
    "^access to attribute '([^']*)'": "jinja2",
    "already exists": "RedTrack",
    "cannot start any token": "PyYAML",
    "could not find expected ':'": "PyYAML",
    "fatal: ": "git",
    "mapping values are not allowed": "PyYAML",
    "no stack named": "Pulumi",
    "an unhandled error": "Pulumi",
    "error: ": "Pulumi",
    "no type": "a label, compared as a whole",
    "preview failed": "Pulumi",
    "quoted scalar": "PyYAML",
    "undefined alias": "PyYAML",
    "warning: ": "Pulumi",
}
"""Beginnings of what others say -> who."""


def reads(path: Path) -> Iterator[tuple[int, str]]:
    """(line, text) of each sentence that a module looks for in another text."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    named = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    loops = [node for node in ast.walk(tree) if isinstance(node, ast.For) and isinstance(node.iter, ast.Tuple)]
    named |= {node.target.id: node.iter for node in loops if isinstance(node.target, ast.Name)}

    def texts(node: ast.AST) -> Iterator[str]:
        if isinstance(node, ast.Name) and node.id in named:
            node = named[node.id]
        for each in ast.walk(node):
            if isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield each.value

    for node in ast.walk(tree):
        looked_for: list[ast.expr] = []
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READING:
            looked_for = node.args
        elif isinstance(node, ast.Compare) and any(isinstance(each, ast.In | ast.NotIn) for each in node.ops):
            looked_for = [node.left]
        for each in looked_for:
            yield from ((each.lineno, text) for text in texts(each) if PROSE.search(text))


def test_no_module_looks_for_a_sentence_of_ours() -> None:
    found = [
        f"{path}:{line}: {text!r}"
        for name, path in modules().items()
        if not name.startswith("trackform.sandbox")
        for line, text in reads(path)
        if text not in OTHERS
    ]
    assert found == []


def test_it_would_be_noticed(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        'MARK = "carries the mark of"\n'
        'LEAVES = __import__("re").compile(r"(.*) leaves the file: (.*)")\n'
        'def f(text):\n    return MARK in text or text.startswith(("is kept by us", "x"))\n'
    )
    assert [text for _, text in reads(module)] == ["(.*) leaves the file: (.*)", "carries the mark of", "is kept by us"]
