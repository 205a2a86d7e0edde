"""The types that a field was declared with."""

from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel


def plain_types(annotation: Any) -> list[Any]:
    """The alternatives of an annotation, without ``None``; what ``Annotated`` adds is among them, and is no type."""
    if get_origin(annotation) is Literal:
        return [type(choice) for choice in get_args(annotation)]
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [dict]
    if get_origin(annotation) in (list, dict) or not get_args(annotation):
        return [get_origin(annotation) or annotation]
    return [kind for part in get_args(annotation) if part is not NoneType for kind in plain_types(part)]
