"""Bounds of a template: it makes one URL of the account's values, and ends.

Whoever writes a template may not be who runs it: CI fills the templates of a pull request. So a template has neither a
way to repeat itself but a loop over the account's values, nor a text that grows without bound; and all that it does is
metered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sized
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import nodes
from jinja2.loaders import split_template_path
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context
from jinja2.visitor import NodeTransformer

from trackform.documents.shipped import shipped
from trackform_core.text import files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jinja2.runtime import Context

TEMPLATES = shipped("templates")
"""The templates that come with trackform."""
PROJECT = Path("templates")
"""The templates of the project in whose folder we are. It may have none: file by file, what comes with us stands in."""
LONGEST = 65_536
"""Characters: of what a template makes, of each text on the way to it, and of the template itself."""
MOST_MEMBERS = 1_000
"""Of a list on the way."""
WORK = 1_000_000
"""Units: a character that is handled; a node of a loop's body at each pass."""
INCLUDE = 10_000
"""Units that an include costs, so that a hundred are the most: also of a file that includes itself."""
METER = "%meter"
"""What is left of the work, among the variables: under a name that no template can write."""

PLAIN_FILTERS = (
    "abs", "capitalize", "count", "d", "default", "dictsort", "e", "escape", "first", "float", "int", "items", "last",
    "length", "list", "lower", "map", "max", "min", "reject", "rejectattr", "reverse", "safe", "select", "selectattr",
    "sort", "title", "trim", "unique", "upper", "urlencode",
)  # fmt: skip
"""Jinja's filters whose result is not much larger than what they are given, whatever they are told."""
METHODS = frozenset((
    "capitalize", "casefold", "count", "endswith", "find", "get", "index", "isalnum", "isalpha", "isdigit", "items",
    "keys", "lower", "lstrip", "partition", "removeprefix", "removesuffix", "rpartition", "rstrip", "split",
    "startswith", "strip", "title", "upper", "values",
))  # fmt: skip
"""Methods of values of which the same can be said."""
KINDS = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Filter, nodes.Test, nodes.Call, nodes.Keyword, nodes.If, nodes.For, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not, nodes.Neg, nodes.Pos, nodes.CondExpr, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div,
    nodes.FloorDiv, nodes.Mod, nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Include,
    nodes.Assign,
)  # fmt: skip
"""What a template may be made of."""
REFUSED = {
    nodes.Macro: "macro", nodes.CallBlock: "call", nodes.Block: "block", nodes.Extends: "extends",
    nodes.Import: "import", nodes.FromImport: "import", nodes.FilterBlock: "filter block",
    nodes.AssignBlock: "set block", nodes.With: "with", nodes.NSRef: "namespace", nodes.Pow: "**",
    nodes.ScopedEvalContextModifier: "autoescape",
}  # fmt: skip
"""What else Jinja has, by the name that people know."""
INSTEAD = "write it out, or {% include %} a file that holds it"


class BoundsError(jinja2.TemplateRuntimeError):
    """A template wants more than one URL can take."""

    def __init__(self, message: str, suggestion: str = "a URL needs no such thing: write its parts out") -> None:
        super().__init__(message)
        self.suggestion = suggestion


class Meter:
    """The work that is left to one template, with all that it includes."""

    def __init__(self) -> None:
        self.left = WORK

    def spend(self, units: int) -> None:
        self.left -= units
        if self.left < 0:
            raise BoundsError(
                "the template does not come to an end",
                "does it include itself, or loop inside of loops? Loop once, over a map or list of the account",
            )


class BoundedEnvironment(ImmutableSandboxedEnvironment):
    """Jinja, as far as a URL needs it."""

    intercepted_binops = frozenset(ImmutableSandboxedEnvironment.default_binop_table)

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        # `range` and what is random: the same variables make the same URL every time.
        self.globals.clear()
        plain = {name: self.filters[name] for name in PLAIN_FILTERS}
        self.filters.clear()
        self.filters.update({name: _metered(work) for name, work in plain.items()})
        self.filters.update(join=_join, replace=_replace, round=_round, string=_string, sum=_sum)

    def compile(self, source: Any, name: Any = None, filename: Any = None, *args: Any, **options: Any) -> Any:
        """Compile what stays within the bounds.

        Raises:
            jinja2.TemplateSyntaxError: it does not, or is no template.
        """
        if isinstance(source, str):
            if len(source) > LONGEST:
                raise jinja2.TemplateSyntaxError(f"longer than {LONGEST:,} characters", 0, name, filename)
            source = _Bounding(name, filename).visit(self.parse(source, name, filename))
            source.set_environment(self)
        return super().compile(source, name, filename, *args, **options)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        return (not callable(value) or attr in METHODS) and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:  # noqa: ARG002 -- Jinja's own signature
        """Formats nothing: a width in a format makes a gigabyte of a letter."""
        return None

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Calculate with numbers, and join texts or lists."""
        meter(context).spend(_size(left) + _size(right))
        numbers = all(isinstance(side, int | float) for side in (left, right))
        if not numbers and (operator != "+" or isinstance(left, Mapping) or isinstance(right, Mapping)):
            if jinja2.Undefined in {type(left).__mro__[-2], type(right).__mro__[-2]}:
                return super().call_binop(context, operator, left, right)
            raise BoundsError(f"{operator} takes two numbers in a template", "write the text out")
        if numbers and max(abs(left), abs(right)) > 10**18:
            raise BoundsError(f"a number too large to calculate with: {operator}")
        return bounded(super().call_binop(context, operator, left, right))

    def call(self, context: Context, /, obj: Any, *args: Any, **options: Any) -> Any:
        """Call one of ours, which look after themselves, or a method of a value."""
        if getattr(obj, "__self__", None) is self:
            return obj(context, *args)
        meter(context).spend(1 + _size(getattr(obj, "__self__", "")) + sum(map(_size, args)))
        return bounded(super().call(context, obj, *args, **options))

    def joined(self, context: Context, *parts: Any) -> str:
        """What `~` makes of its operands."""
        texts = [_text(part) for part in parts]
        meter(context).spend(_as_text(sum(map(len, texts))))
        return "".join(texts)

    def passes(self, context: Context, members: Any, weight: int) -> Iterator[Any]:
        """The members of what a loop goes over, each at the price of the loop's body."""
        if isinstance(members, jinja2.Undefined):
            str(members)  # raises: the undefined is strict
        if isinstance(members, str | int | float) or members is None:
            raise BoundsError(
                f"a loop goes over a map or a list of the account, not over a {type(members).__name__}",
                "for a map: {% for name, value in subs.items() %}",
            )
        work = meter(context)

        def each() -> Iterator[Any]:
            for member in members:
                work.spend(weight)
                yield member

        return each()

    def included(self, context: Context, name: Any) -> Any:
        names = name if isinstance(name, list | tuple) and name else [name]
        if not all(isinstance(each, str) for each in names):
            raise BoundsError("an include names a file, or a list of some", "{% include 'own.j2' %}")
        meter(context).spend(INCLUDE)
        return name


class _Bounding(NodeTransformer):
    """Refuses what has no bounds, and lets the environment watch over the rest."""

    def __init__(self, name: str | None, filename: str | None) -> None:
        self._name, self._filename = name, filename
        self._own: set[str] = set()

    def visit(self, node: nodes.Node, *args: Any, **options: Any) -> Any:
        if not isinstance(node, KINDS):
            said = REFUSED.get(type(node), type(node).__name__.lower())
            raise self._wrong(node, f"{said} is not for templates of URLs: {INSTEAD}")
        return super().visit(node, *args, **options)

    def visit_Assign(self, node: nodes.Assign) -> nodes.Node:  # noqa: N802 -- the node
        self.generic_visit(node)
        self._own.update(each.name for each in node.find_all(nodes.Name) if each.ctx == "store")
        return node

    def _literal(self, node: nodes.Node) -> nodes.Node:
        """A list that holds what the template made itself could hold itself, twice, and so on."""
        if any(each.ctx == "load" and each.name in self._own for each in node.find_all(nodes.Name)):
            raise self._wrong(node, f"a list or map cannot hold what {{% set %}} made: {INSTEAD}")
        return self.generic_visit(node)

    visit_List = visit_Dict = _literal  # noqa: N815 -- the nodes

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 -- the node
        return self.generic_visit(node) if node.ctx == "store" else self._literal(node)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 -- the node
        self.generic_visit(node)
        return _ours("joined", node.nodes, node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 -- the node
        if node.recursive:
            raise self._wrong(node, f"a recursive loop is not for templates of URLs: {INSTEAD}")
        parts = [node.iter, *node.iter.find_all(nodes.Expr)]
        is_written = any(isinstance(part, nodes.List | nodes.Tuple | nodes.Dict) and part.items for part in parts)
        if is_written or not any(isinstance(part, nodes.Name) for part in parts):
            raise self._wrong(
                node, "a loop goes over a map or a list of the account: {% for name, value in subs.items() %}"
            )
        weight = 1 + sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        node.iter = _ours("passes", [node.iter, nodes.Const(weight, lineno=node.lineno)], node.lineno)
        return node

    def visit_Include(self, node: nodes.Include) -> nodes.Node:  # noqa: N802 -- the node
        if not node.with_context:
            raise self._wrong(node, "an include takes the variables along: leave out `without context`")
        self.generic_visit(node)
        node.template = _ours("included", [node.template], node.lineno)
        return node

    def _wrong(self, node: nodes.Node, message: str) -> jinja2.TemplateSyntaxError:
        return jinja2.TemplateSyntaxError(message, node.lineno, self._name, self._filename)


def _ours(method: str, args: list[Any], line: int) -> nodes.Call:
    return nodes.Call(nodes.EnvironmentAttribute(method, lineno=line), args, [], None, None, lineno=line)


def leads_out(path: Path, folder: Path) -> bool:
    """Whether a file is a link to somewhere else than its folder, or to what comes with trackform.

    Raises:
        OSError, RuntimeError: it is a link in a circle.
    """
    whole = path.resolve()
    return not any(whole.is_relative_to(each.resolve()) for each in (folder, TEMPLATES))


class FolderLoader(jinja2.FileSystemLoader):
    """Templates of one folder, and behind it those that come with trackform: no link leads out of it."""

    def __init__(self, folder: Path) -> None:
        super().__init__((folder, TEMPLATES))

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:  # noqa: ARG002
        """The text of a template, where it is, and whether that is still so.

        Raises:
            jinja2.TemplateNotFound: there is none.
            jinja2.TemplateSyntaxError: it lies elsewhere, or cannot be read.
        """
        folder = Path(self.searchpath[0])
        places = [Path(each).joinpath(*split_template_path(template)) for each in self.searchpath]
        path = places[0]
        try:
            path = _path(*places)
            whole = path.resolve()
            if leads_out(path, folder):
                message = f"a link out of {folder.name}/: put a copy of the file there"
                raise jinja2.TemplateSyntaxError(message, 0, template, str(path))
            text = files.read_text(path)
            changed = whole.stat().st_mtime_ns
        except FileNotFoundError:
            raise jinja2.TemplateNotFound(template) from None
        except (OSError, RuntimeError) as error:
            raise jinja2.TemplateSyntaxError(f"cannot be read: {error}", 0, template, str(path)) from None
        except files.UnreadableError as error:
            raise jinja2.TemplateSyntaxError(str(error), error.line, template, str(path)) from None

        def is_current() -> bool:
            return _path(*places) == path and whole.exists() and whole.stat().st_mtime_ns == changed

        return text, str(path), is_current


def _path(own: Path, shipped: Path) -> Path:
    """Where a template is, or would be: a link that leads nowhere is the project's own, and wrong."""
    return shipped if not own.is_symlink() and not own.exists() and shipped.exists() else own


def meter(context: Context) -> Meter:
    meter = context.get(METER)
    if not isinstance(meter, Meter):
        raise BoundsError("no template is filled here")
    return meter


def bounded(value: Any) -> Any:
    """The value, where it is no larger than one on the way to a URL.

    Raises:
        BoundsError: it is.
    """
    if isinstance(value, str):
        _as_text(len(value))
    elif _size(value) > MOST_MEMBERS:
        raise BoundsError(f"the template makes a list of more than {MOST_MEMBERS:,} members")
    return value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, Sized) and not isinstance(value, jinja2.Undefined) else 1


def _as_text(length: int) -> int:
    """What a text of so many characters costs.

    Raises:
        BoundsError: it is longer than any text may be.
    """
    if length > LONGEST:
        raise BoundsError(f"the template makes a text of more than {LONGEST:,} characters")
    return length + 1


def _text(value: Any) -> str:
    if isinstance(value, jinja2.Undefined):
        return str(value)  # raises: the undefined is strict
    if not isinstance(value, str | int | float):
        raise BoundsError(f"a {type(value).__name__} is no text", "name the member that is meant")
    return str(bounded(str(value)))


def _metered(work: Callable[..., Any]) -> Callable[..., Any]:
    """One of Jinja's filters, on the meter, and with a result within the bounds."""
    wants = getattr(work, "jinja_pass_arg", None)

    @wraps(work)
    def filtered(context: Context, value: Any, *args: Any, **options: Any) -> Any:
        meter(context).spend(1 + _size(value) + sum(map(_size, args)))
        first = () if wants is None else (_PASSED[wants.name](context),)
        return bounded(work(*first, value, *args, **options))

    return pass_context(filtered)


_PASSED: Mapping[str, Callable[[Context], Any]] = {
    "context": lambda context: context,
    "eval_context": lambda context: context.eval_ctx,
    "environment": lambda context: context.environment,
}


@pass_context
def _join(context: Context, value: Any, d: Any = "", attribute: Any = None) -> str:
    members = [member if attribute is None else context.environment.getitem(member, attribute) for member in value]
    texts, between = [_text(member) for member in members], _text(d)
    length = sum(map(len, texts)) + len(between) * max(0, len(texts) - 1)
    meter(context).spend(_as_text(length))
    return between.join(texts)


@pass_context
def _replace(context: Context, value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, before, after = _text(value), _text(old), _text(new)
    occurrences = text.count(before)
    longer = len(text) + (occurrences if count < 0 else min(occurrences, count)) * max(0, len(after) - len(before))
    meter(context).spend(_as_text(longer))
    return text.replace(before, after, count)


@pass_context
def _round(context: Context, value: Any, precision: int = 0) -> float:
    meter(context).spend(1)
    return round(float(value), max(-20, min(precision, 20)))


@pass_context
def _string(context: Context, value: Any) -> str:
    text = _text(value)
    meter(context).spend(len(text) + 1)
    return text


@pass_context
def _sum(context: Context, value: Any, attribute: Any = None) -> Any:
    members = [member if attribute is None else context.environment.getitem(member, attribute) for member in value]
    if not all(isinstance(member, int | float) for member in members):
        raise BoundsError("sum takes numbers in a template")
    meter(context).spend(len(members) + 1)
    return sum(members)
