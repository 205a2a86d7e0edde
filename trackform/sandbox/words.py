"""What is wrong with what somebody sent to the sandbox, in words that need no Python."""

import re

from pydantic import ValidationError
from pydantic_core import ErrorDetails

EXPECTED = {
    "missing": "is missing", "extra_forbidden": "is unknown", "string_type": "must be text",
    "list_type": "must be a list", "dict_type": "must be a map", "model_type": "must be a map",
    "model_attributes_type": "must be a map", "int_type": "must be a whole number",
    "int_parsing": "must be a whole number", "int_from_float": "must be a whole number",
    "float_type": "must be a number", "float_parsing": "must be a number", "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
}  # fmt: skip
"""What pydantic calls a fault -> what to tell of it."""
SHOULD = re.compile(r"^\w+ should ")
"""How pydantic begins to tell all else."""


def problems(error: ValidationError) -> str:
    """Each place and what is wrong there. Never the value itself: it may be an API key."""
    return "; ".join(f"{_place(item)}{reason(item)}" for item in error.errors(include_url=False, include_input=False))


def reason(item: ErrorDetails) -> str:
    """What is wrong at one place."""
    return EXPECTED.get(item["type"]) or SHOULD.sub("must ", item["msg"].removeprefix("Value error, "))


def _place(item: ErrorDetails) -> str:
    place = ".".join(map(str, item["loc"]))
    # What is wrong with parts that do not go together names them itself.
    return f"{place}: " if place else "" if item["type"] == "value_error" else "the body: "
