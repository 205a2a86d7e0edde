"""What pydantic says of a value that cannot be, in words that need no Python."""

from collections.abc import Mapping
from typing import Any

EXPECTED = {
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "a map",
    "model_type": "a map",
    "model_attributes_type": "a map",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_parsing_size": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}
"""pydantic's types of error that mean: something of another sort was expected."""


def reason(problem: Mapping[str, Any]) -> str:
    """What is wrong with a value, without the value."""
    if problem["type"] in EXPECTED:
        return f"must be {EXPECTED[problem['type']]}"
    message = problem["msg"].removeprefix("Value error, ").replace("input should", "should")
    message = message.replace("Input should be", "must be").removesuffix(" after validation, not 0")
    return f"{message[0].lower()}{message[1:]}"
