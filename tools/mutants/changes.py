"""The single changes that could be made in a source file: mutmut's operators, some of ours, and what is left out.

mutmut as a whole changes only what stands in undecorated functions: the numbers that decide are constants of modules.
cosmic-ray changes the working tree, runs one test command for every change, and knows neither names nor arguments.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from random import Random
from types import CodeType
from typing import Any

import libcst as cst
from libcst import matchers as m
from libcst.metadata import MetadataWrapper, PositionProvider
from mutmut.mutation import mutators

Change = Callable[[Any], Iterable[cst.CSTNode]]

FALSE = m.Name("False") | m.Name("None") | m.Integer("0") | m.SimpleString('""') | m.List([]) | m.Dict([]) | m.Tuple([])
"""From one of them to another is mostly no difference: only what tells None from False would see it."""
IGNORED_ARGUMENTS = {"encoding", "strict", "description", "help", "short_help"}
"""The encoding is UTF-8 on every machine that tests; `strict` is a linter's wish; the others are prose."""
TYPING_CALLS = {"TypeVar", "NewType", "ParamSpec", "len", "isinstance", "issubclass"}
Headed = (
    cst.If | cst.While | cst.For | cst.With | cst.FunctionDef | cst.ClassDef | cst.Match | cst.MatchCase | cst.Try
    | cst.ExceptHandler | cst.Else | cst.Finally
)  # fmt: skip


def negated(node: cst.If | cst.While | cst.CompIf) -> Iterator[cst.CSTNode]:
    test = node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
    yield node.with_changes(test=cst.UnaryOperation(cst.Not(), test))


def left_out(node: cst.Expr | cst.Raise) -> Iterator[cst.CSTNode]:
    if m.matches(node, m.Expr(m.Call()) | m.Raise(m.Call()) | m.Raise(None)):
        yield cst.Expr(cst.Ellipsis())


def returns_nothing(node: cst.Return) -> Iterator[cst.CSTNode]:
    if node.value is not None and not m.matches(node.value, FALSE):
        yield node.with_changes(value=cst.Name("None"))


def name_changed(node: cst.BaseString) -> Iterator[cst.CSTNode]:
    """Names and formats; not prose, which may be worded in many ways. The first of mutmut's three changes."""
    if isinstance(node, cst.SimpleString) and node.raw_value and not any(map(str.isspace, node.raw_value)):
        yield from list(mutators.operator_string(node))[:1]


def assigned(node: cst.Assign | cst.AnnAssign) -> Iterator[cst.CSTNode]:
    # A field of a model whose default is None anyway loses nothing but prose.
    default_none = m.Call(m.Name("Field"), [m.Arg(m.Name("None"), keyword=m.Name("default")), m.ZeroOrMore()])
    if node.value is not None and not m.matches(node.value, FALSE | default_none):
        yield from mutators.operator_assignment(node)


def arguments(node: cst.Call) -> Iterator[cst.CSTNode]:
    keep = {i for i, arg in enumerate(node.args) if arg.keyword is not None and arg.keyword.value in IGNORED_ARGUMENTS}
    if m.matches(node.func, m.OneOf(*map(m.Name, TYPING_CALLS))):
        return
    for changed in mutators.operator_arg_removal(node):
        left = cst.ensure_type(changed, cst.Call).args
        pairs = enumerate(zip(node.args, left, strict=False))
        lost = next((i for i, (old, new) in pairs if old is not new), len(node.args) - 1)
        replaced = len(left) == len(node.args)
        # Without one that goes by its position most calls fail at once, which says nothing of the tests.
        senseless = m.matches(node.args[lost].value, FALSE) if replaced else node.args[lost].keyword is None
        if lost not in keep and not senseless:
            yield changed


REPLACED: dict[Change, Change] = {
    mutators.operator_string: name_changed,
    mutators.operator_assignment: assigned,
    mutators.operator_arg_removal: arguments,
}
OPERATORS: list[tuple[type, Change]] = [
    *((kind, REPLACED.get(change, change)) for kind, change in mutators.mutation_operators),
    (cst.If, negated),
    (cst.While, negated),
    (cst.CompIf, negated),
    (cst.Raise, left_out),
    (cst.Expr, left_out),
    (cst.Return, returns_nothing),
]


@dataclass(frozen=True)
class Mutant:
    """A file with one change."""

    line: int
    function: str
    """Its dotted name within the module; empty for what runs when the module is imported."""
    was: str
    becomes: str
    source: str


@dataclass
class _Place:
    """A simple statement, or the head of a compound one."""

    function: str
    nodes: list[cst.CSTNode] = field(default_factory=list)


class _Places(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.at: dict[int, _Place] = {}
        self._open: list[_Place] = []
        self._scopes: list[tuple[str, bool]] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_out(node):
            return False
        if isinstance(node, cst.SimpleStatementLine | Headed):
            function = ".".join(name for name, _ in self._scopes) if any(runs for _, runs in self._scopes) else ""
            self._open.append(_Place(function))
            self.at[self.get_metadata(PositionProvider, node).start.line] = self._open[-1]
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            self._scopes.append((node.name.value, isinstance(node, cst.FunctionDef)))
        if self._open:
            self._open[-1].nodes.append(node)
        return not _is_typing_call(node)

    def on_leave(self, original_node: cst.CSTNode) -> None:
        if _is_left_out(original_node):
            return
        if isinstance(original_node, cst.SimpleStatementLine | Headed):
            self._open.pop()
        if isinstance(original_node, cst.FunctionDef | cst.ClassDef):
            self._scopes.pop()


def _is_left_out(node: cst.CSTNode) -> bool:
    """Annotations, aliases of types, docstrings, imports, what only runs by hand, arguments that nobody can see."""
    if isinstance(node, cst.Arg):
        return node.keyword is not None and node.keyword.value in IGNORED_ARGUMENTS
    if isinstance(node, cst.Expr):
        return isinstance(node.value, cst.BaseString)
    if isinstance(node, cst.Assign):
        return m.matches(node.targets[0].target, m.Name(m.MatchRegex(r"_?[A-Z][A-Za-z]*[a-z][A-Za-z]*|__\w+__")))
    if isinstance(node, cst.Decorator):
        return m.matches(node.decorator, m.Name("dataclass") | m.Call(func=m.Name("dataclass")))
    if isinstance(node, cst.If):
        return m.matches(node.test, m.Name("TYPE_CHECKING") | m.Comparison(left=m.Name("__name__")))
    return isinstance(node, cst.Annotation | cst.Import | cst.ImportFrom)


def _is_typing_call(node: cst.CSTNode) -> bool:
    """A call whose arguments are types or a log's format; the call itself is of interest."""
    if not isinstance(node, cst.Call):
        return False
    named = isinstance(node.func, cst.Name) and node.func.value in TYPING_CALLS | {"cast"}
    return named or m.matches(node.func, m.Attribute(value=m.Name("log") | m.Name("logging")))


@lru_cache(maxsize=256)
def _parsed(source: str) -> tuple[cst.Module, dict[int, _Place]]:
    wrapper = MetadataWrapper(cst.parse_module(source), unsafe_skip_copy=True)
    visitor = _Places()
    wrapper.visit(visitor)
    return wrapper.module, visitor.at


def mutant(source: str, line: int, random: Random) -> Mutant | None:
    """One change of the statement that starts in a line: an operator of those that fit, then one of its changes."""
    module, at = _parsed(source)
    place = at.get(line, _Place(""))
    by_operator: dict[Change, list[tuple[cst.CSTNode, cst.CSTNode]]] = {}
    for node in place.nodes:
        for kind, change in OPERATORS:
            if isinstance(node, kind):
                by_operator.setdefault(change, []).extend((node, new) for new in change(node))
    operators = [changes for changes in by_operator.values() if changes]
    for changes in random.sample(operators, len(operators)):
        for old, new in random.sample(changes, len(changes)):
            changed = cst.ensure_type(module.deep_replace(old, new), cst.Module).code
            if _differs(source, changed):
                first, was, becomes = _difference(source, changed)
                return Mutant(first, place.function, was, becomes, changed)
    return None


def _differs(source: str, changed: str) -> bool:
    """Whether it compiles, to something else."""
    try:
        return bool(_instructions(source) != _instructions(changed))
    except SyntaxError:
        return False


@lru_cache(maxsize=256)
def _instructions(source: str) -> Any:
    return _without_lines(compile(source, "", "exec", dont_inherit=True))


def _without_lines(code: CodeType) -> Any:
    constants = [_without_lines(each) if isinstance(each, CodeType) else (type(each), each) for each in code.co_consts]
    return code.co_code, code.co_names, code.co_varnames, code.co_freevars, code.co_argcount, constants


def _difference(before: str, after: str) -> tuple[int, str, str]:
    """Where two versions differ, and the lines of each, every run of blanks being one."""
    old, new = before.splitlines(), after.splitlines()
    spans = [op for op in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if op[0] != "equal"]
    (_, first, _, start, _), (_, _, last, _, end) = spans[0], spans[-1]
    return first + 1, " ".join(" ".join(old[first:last]).split()), " ".join(" ".join(new[start:end]).split())
