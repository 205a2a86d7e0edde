"""A name of a class stands once: who reads it knows which is meant."""

import ast
from collections import defaultdict

from tests.test_rooms import modules


def test_a_class_name_stands_once() -> None:
    places = defaultdict(list)
    for module, path in modules().items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(module)
    assert {name: where for name, where in places.items() if len(where) > 1} == {}
