"""What outlives a call: nothing that a module holds is written to, but for what stands here with its reason."""

import ast
from collections.abc import Iterator

import pytest

from tests.test_rooms import SOURCES, modules

ALLOWED = {
    "trackform_core.session.session._registry": "the plugin is one process for all resources of a phase, and serves "
    "each through provider classes without state: the sessions have to be found by the account's name",
    "trackform_core.text.secrets._met": "what is secret is so for the whole process: a message of one account may "
    "quote the key of another",
    "trackform_core.text.secrets._tokens": "as with keys: what a process has met it may not say",
    "trackform_core.dynamic._watching": "the plugin ends with its engine: one thread a process watches that",
    "trackform_core.dynamic.log": "where warnings go is decided once a process, as loggers have it",
}
"""Dotted name -> why it may be written to."""

READING = frozenset(
    ("copy", "get", "items", "keys", "values", "count", "index", "fromkeys", "isdisjoint", "issubset", "issuperset",
     "difference", "intersection", "symmetric_difference", "union")
)  # fmt: skip
WRITING = {name for cls in (list, dict, set) for name in vars(cls) if not name.startswith("__")} - READING | {"set"}
"""Methods of containers that change them, and that of an event."""


def named(node: ast.expr) -> str:
    """The name at the root of ``a.b[c].d``; empty where there is none."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def flat(targets: list[ast.expr]) -> Iterator[ast.expr]:
    for target in targets:
        yield from target.elts if isinstance(target, ast.Tuple | ast.List) else [target]


def written(node: ast.AST) -> Iterator[str]:
    """The root names of what a statement or a call writes into."""
    targets: list[ast.expr] = []
    if isinstance(node, ast.Assign | ast.Delete):
        targets = node.targets
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        targets = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in WRITING:
        targets = [node.func]
    for target in flat(targets):
        if isinstance(target, ast.Attribute | ast.Subscript):
            yield named(target)


def bound(tree: ast.Module) -> set[str]:
    """The names that a module binds by assignment, and what it imports of ours that is no module."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Assign):
            names |= {named(target) for target in flat(node.targets)}
        elif isinstance(node, ast.AnnAssign):
            names.add(named(node.target))
        elif isinstance(node, ast.ImportFrom) and str(node.module).partition(".")[0] in SOURCES:
            imported = {alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name for name, origin in imported.items() if origin not in modules()}
    return names - {""}


def local(function: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that are a function's own."""
    args = function.args
    names = {arg.arg for arg in (*args.args, *args.posonlyargs, *args.kwonlyargs)}
    names |= {arg.arg for arg in (args.vararg, args.kwarg) if arg is not None}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
    return names


def globals_written(tree: ast.Module) -> set[str]:
    """The names of a module that some function of it writes to, or rebinds."""
    names = bound(tree)
    found: set[str] = set()

    def visit(node: ast.AST, own: frozenset[str], inside: bool) -> None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            inside, own = True, own | local(node)
        if inside and isinstance(node, ast.Global):
            found.update(node.names)
        if inside:
            found.update(name for name in written(node) if name in names - own)
        for child in ast.iter_child_nodes(node):
            visit(child, own, inside)

    visit(tree, frozenset(), inside=False)
    return found


def test_no_module_holds_what_a_function_writes_to() -> None:
    found = {
        f"{module}.{name}"
        for module, path in modules().items()
        for name in globals_written(ast.parse(path.read_text(encoding="utf-8")))
    }
    assert found == ALLOWED.keys()


@pytest.mark.parametrize(
    "text",
    [
        "seen = {}\ndef f(): seen['a'] = 1", "seen = {}\ndef f(): del seen['a']", "seen = []\ndef f(): seen.append(1)",
        "seen = set()\ndef f():\n    def g(): seen.add(1)", "seen: set[str] = set()\ndef f(): seen.discard('a')",
        "seen = {}\ndef f(): seen.setdefault('a', []).append(1)", "seen = {}\ndef f(): seen['a']['b'] += 1",
        "seen = 0\ndef f():\n    global seen\n    seen = 1", "seen = N()\ndef f(): seen.field = 1",
        "seen = []\nf = lambda: seen.append(1)", "from trackform.other import seen\ndef f(): seen.update(a=1)",
        "seen = []\nclass C:\n    def f(self): seen.clear()", "seen = {}\ndef f(): seen['a'], b = 1, 2",
        "seen, other = {}, {}\ndef f(): seen['a'] = 1",
    ],
)  # fmt: skip
def test_each_way_to_write_is_noticed(text: str) -> None:
    assert globals_written(ast.parse(text)) == {"seen"}


@pytest.mark.parametrize(
    "text",
    [
        "seen = {}\ndef f(): return seen.get('a')", "seen = []\nseen.append(1)", "seen = {}\ndef f(seen): seen[0] = 1",
        "seen = {}\ndef f():\n    seen = []\n    seen.append(1)", "class C:\n    def f(self): self.seen = 1",
        "from trackform import export as seen\ndef f(): seen.update()", "from flask import seen\ndef f(): seen.a = 1",
    ],
)  # fmt: skip
def test_what_is_read_only_or_a_functions_own_is_no_matter(text: str) -> None:
    assert globals_written(ast.parse(text)) == set()
