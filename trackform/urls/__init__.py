"""URLs that hold tracker macros: rendered from templates, joined, taken apart and compared."""

from trackform.urls.compare import Difference, differences, same
from trackform.urls.macros import Raw, braced, encode, macros
from trackform.urls.parts import Url, join_query, number, param, parse, with_param, without_param
from trackform.urls.template import PROJECT, TEMPLATES, TemplateProblem, render, variables_of

__all__ = [
    "PROJECT",
    "TEMPLATES",
    "Difference",
    "Raw",
    "TemplateProblem",
    "Url",
    "braced",
    "differences",
    "encode",
    "join_query",
    "macros",
    "number",
    "param",
    "parse",
    "render",
    "same",
    "variables_of",
    "with_param",
    "without_param",
]
