"""Parameters as Digistore24 takes them: query or form, nested ones in PHP's bracket notation."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from flask import Request

from trackform.sandbox.digistore24.errors import ApiError, Code

BRACKET = re.compile(r"\[([^\[\]]*)\]")


def nested(pairs: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """``search[role]=affiliate`` as ``{"search": {"role": "affiliate"}}``; ``x[]=1`` counts its entries from 0.

    A later value of a name wins, as in PHP.
    """
    tree: dict[str, Any] = {}
    for name, value in pairs:
        head, bracket, rest = name.partition("[")
        path = [head, *BRACKET.findall(bracket + rest)]
        node = tree
        for step in path[:-1]:
            below = node.get(step or str(len(node)))
            if not isinstance(below, dict):
                below = node[step or str(len(node))] = {}
            node = below
        node[path[-1] or str(len(node))] = value
    return tree


def parameters_of(request: Request, names: Sequence[str]) -> dict[str, Any]:
    """The parameters of a call, whichever way they came; ``arg1``… stand for the function's own order of them.

    The OpenAPI declares JSON for some bodies and for ``search``; the official clients send forms and brackets.
    """
    parameters = nested([*request.args.items(multi=True), *request.form.items(multi=True)])
    if request.is_json:
        body = request.get_json(silent=True)
        if not isinstance(body, dict):
            raise ApiError(Code.BAD_API_CALL, "the body is not a JSON object")
        parameters |= body
    for number, name in enumerate(names, 1):
        if f"arg{number}" in parameters:
            parameters.setdefault(name, parameters[f"arg{number}"])
    search = parameters.get("search")
    if isinstance(search, str) and search.startswith("{"):
        try:
            parameters["search"] = json.loads(search)
        except ValueError:
            raise ApiError(Code.BAD_FUNCTION_PARAMS, "search is not JSON") from None
    if not isinstance(parameters.get("search") or {}, dict):
        raise ApiError(Code.BAD_FUNCTION_PARAMS, "search is a mapping: search[role]=affiliate")
    return parameters
