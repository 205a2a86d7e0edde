"""Jinja templates that become URLs: strict, sandboxed, and unable to insert a value that is not encoded."""

from __future__ import annotations

import re
import traceback
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2 import meta
from jinja2.exceptions import SecurityError

from trackform.documents.problems import Problem, did_you_mean
from trackform.urls.bounds import (
    LONGEST,
    METER,
    PROJECT,
    TEMPLATES,
    BoundedEnvironment,
    BoundsError,
    FolderLoader,
    Meter,
)
from trackform.urls.macros import Raw, braced, encode
from trackform.urls.parts import with_param
from trackform_core.text.shown import STEERING, escaped
from trackform_digistore24.marker import marked

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["PROJECT", "TEMPLATES", "TemplateProblem", "render", "variables_of"]

_QUOTED = re.compile(r"^'([^']*)' is undefined$|has no attribute '([^']*)'$")
_ATTRIBUTE = re.compile(r"^access to attribute '([^']*)'")
_UNSAFE = re.compile(r"[\s\x00-\x1f\x7f]")


class TemplateProblem(Exception):  # noqa: N818 - the person's problem, not an error of ours
    """A template that cannot become a URL.

    Attributes:
        message: what is wrong.
        line: the template's line, from 1; 0 when not known.
        variable: the variable it is about; empty when there is none.
        suggestion: the way out; may be empty.
        template: the template's file name; empty for a template written in place.
    """

    def __init__(
        self, message: str, line: int = 0, variable: str = "", suggestion: str = "", template: str = ""
    ) -> None:
        self.message, self.line, self.variable = message, line, variable
        self.suggestion, self.template = suggestion, template
        super().__init__(message, line, variable, suggestion, template)

    def __str__(self) -> str:
        return str(Problem(self.template or "template", self.line, "", self.message, self.suggestion))


def render(template: str, variables: Mapping[str, Any], folder: Path = PROJECT) -> str:
    """The URL that a template makes of these variables.

    `template` is the name of a file when it ends in `.j2`, in `folder` or of those that come with trackform, else the
    template itself. Whitespace that is
    not part of a value is dropped, so a template may take several lines. Every `{{ value }}` is percent-encoded as
    for a query, macros inside it excepted. Filters: `url` inserts a URL as it is, `macro` puts the braces around a
    macro's name, `query(name=value, …)` sets parameters on a URL and leaves out those that are none.

    Raises:
        TemplateProblem: a missing file or variable, a value that no URL can hold, a syntax error.
    """
    name = template if template.endswith(".j2") else ""
    environment = _environment(folder.absolute())
    try:
        compiled = environment.get_template(name) if name else _compiled(template, folder.absolute())
        text = _whole(compiled, variables)
    except jinja2.TemplateSyntaxError as error:
        raise TemplateProblem(error.message or "syntax error", error.lineno, template=error.name or name) from None
    except jinja2.TemplateNotFound as error:
        raise _missing(error, environment, folder) from None
    except jinja2.UndefinedError as error:
        quoted = _QUOTED.search(str(error))
        variable = quoted[1] or quoted[2] if quoted else ""
        message = f"{variable} is not defined" if quoted and quoted[1] else str(error)
        hint = did_you_mean(variable, variables) or ("known: " + ", ".join(sorted(variables)) if variables else "")
        line, file = _place(error, name)
        raise TemplateProblem(message, line, variable, hint, file) from None
    except BoundsError as error:
        line, file = _place(error, name)
        raise TemplateProblem(str(error), line, "", error.suggestion, file) from None
    except SecurityError as error:
        line, file = _place(error, name)
        raise TemplateProblem(str(error), line, "", _as_filter(str(error), environment), file) from None
    except (RecursionError, MemoryError, SyntaxError):
        # Python compiles what Jinja makes of a template, and has limits of its own.
        raise TemplateProblem("nested too deeply", template=name, suggestion="write it flat") from None
    except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
        line, file = _place(error, name)
        variable = error.variable_in(variables) if isinstance(error, _NoValueError) else ""
        message = f"{variable}: {error}" if variable else str(error)
        raise TemplateProblem(message, line, variable, template=file) from None
    url = re.sub(r"\s+", "", text)
    if unseen := STEERING.search(url):
        raise TemplateProblem(
            f"makes a URL with the character {escaped(unseen[0])}, which no URL can hold", template=name
        )
    return url


def variables_of(template: str, folder: Path = PROJECT) -> set[str]:
    """The variables that a template mentions, also those it can do without; includes are not followed.

    Raises:
        TemplateProblem: a missing file or a syntax error.
    """
    environment = _environment(folder.absolute())
    name = template if template.endswith(".j2") else ""
    try:
        source = environment.loader.get_source(environment, name)[0] if name and environment.loader else template
        return meta.find_undeclared_variables(environment.parse(source))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateProblem(error.message or "syntax error", error.lineno, template=name) from None
    except jinja2.TemplateNotFound as error:
        raise _missing(error, environment, folder) from None
    except RecursionError:
        raise TemplateProblem("nested too deeply", template=name, suggestion="write it flat") from None


class _NoValueError(ValueError):
    """A value that no URL can hold."""

    def __init__(self, message: str, value: object) -> None:
        super().__init__(message)
        self._value = value

    def variable_in(self, variables: Mapping[str, Any]) -> str:
        return next((name for name, value in variables.items() if value is self._value), "")


@lru_cache(maxsize=16)
def _environment(folder: Path) -> BoundedEnvironment:
    environment = BoundedEnvironment(
        undefined=jinja2.StrictUndefined,
        autoescape=False,
        finalize=_finalized,
        loader=FolderLoader(folder),
    )
    environment.filters.update(url=_url, macro=_macro, query=_query, marker=_marker)
    return environment


@lru_cache(maxsize=1024)
def _compiled(text: str, folder: Path) -> jinja2.Template:
    return _environment(folder).from_string(text)


def _whole(compiled: jinja2.Template, variables: Mapping[str, Any]) -> str:
    """What the template makes, as long as it is no longer than anything in it may be."""
    pieces, length = [], 0
    for piece in compiled.generate({**variables, METER: Meter()}):
        length += len(piece)
        if length > LONGEST:
            raise BoundsError(f"the template makes more than {LONGEST // 1024} KB", "a URL is shorter by far")
        pieces.append(piece)
    return "".join(pieces)


def _finalized(value: Any) -> str:
    return encode(_checked(value))


def _checked(value: Any) -> str | int | float:
    if isinstance(value, jinja2.Undefined):
        return str(value)  # raises where the undefined is strict; an inline `if` without `else` is empty
    if value is None:
        raise _NoValueError("has no value", value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _NoValueError(f"a {type(value).__name__} cannot stand in a URL", value)
    return value


def _url(value: Any) -> Raw:
    text = str(_checked(value))
    if _UNSAFE.search(text):
        raise _NoValueError(f"not a URL, it holds white space: {text!r}", value)
    return Raw(text)


def _macro(value: Any) -> Raw:
    return Raw(braced(str(_checked(value))))


def _marker(connection: Any) -> str:
    return marked(_checked(connection))


def _query(url: Any, **params: Any) -> Raw:
    text: str = _url(url)
    for name, value in params.items():
        if value is not None:
            text = with_param(text, name, _checked(value))
    return Raw(text)


def _as_filter(message: str, environment: jinja2.Environment) -> str:
    """How to write a refused method, where a filter does the same."""
    name = _ATTRIBUTE.search(message)
    return f"write it as a filter: {{{{ … | {name[1]}(…) }}}}" if name and name[1] in environment.filters else ""


def _missing(error: jinja2.TemplateNotFound, environment: jinja2.Environment, folder: Path) -> TemplateProblem:
    name = str(error.name)
    hint = did_you_mean(name, environment.list_templates(["j2"]))
    return TemplateProblem(f"no template {name} in {folder.name}/", suggestion=hint)


def _place(error: Exception, name: str) -> tuple[int, str]:
    """Line and file of the template where an error was raised; Jinja maps its frames back to the template."""
    templates = (
        (frame.lineno or 0, "" if frame.filename == "<template>" else Path(frame.filename).name)
        for frame in reversed(traceback.extract_tb(error.__traceback__))
        if frame.filename == "<template>" or frame.filename.endswith(".j2")
    )
    return next(templates, (0, name))
