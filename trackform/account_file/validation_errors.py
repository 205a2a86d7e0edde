"""Errors of pydantic about an account file, in words for the person who wrote it, without Python's."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from trackform.documents.problems import did_you_mean, dotted, nearest
from trackform.documents.yaml_document import NO_VALUE, Document, Steps
from trackform.documents.yaml_syntax import written_with_a_blank
from trackform_core.model.expected import EXPECTED, reason
from trackform_core.model.markers import Secret

NUMBERS = ("float_parsing", "int_parsing")
NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?(?=\s*\D{0,4}$)")
"""A number with what people write behind it: `0,25`, `0.25 €`, `100%`."""
MISPLACED = ("extra_forbidden", "model_type", "dict_type")
MISSPELLED = 0.8
"""How near an unknown key is to a known one that was surely meant, whatever stands above."""
CODE = re.compile(r"[A-Za-z]{2,3}")

A_SECRET = (
    "is a secret and must not stand here",
    "write {secret: <name>}, and set it with `pulumi config set --secret trackform:<name>`",
)


@dataclass(frozen=True)
class Mistake:
    """A mistake at one path of the file; ``meant`` is the key that an unknown one resembles."""

    path: Steps
    message: str
    suggestion: str
    missing: bool
    meant: str | None = None


def without(document: Document, mistaken: list[Mistake]) -> Document:
    """The document without the mistaken values, which it doubts from now on."""
    data = copy.deepcopy(document.data)
    doubts = set(document.doubts)
    for mistake in mistaken:
        at = next((n for n, step in enumerate(mistake.path) if isinstance(step, int)), len(mistake.path))
        gone = mistake.path[: at - 1] if mistake.missing and at == len(mistake.path) else mistake.path[:at]
        doubts |= (
            {mistake.path, gone, (*mistake.path[:-1], mistake.meant or mistake.path[-1])} if mistake.path else set()
        )
        if gone:
            holder: Any = data
            for step in gone[:-1]:
                holder = holder.get(step, {}) if isinstance(holder, dict) else {}
            if isinstance(holder, dict):
                holder.pop(gone[-1], None)
    return replace(document, data=data, doubts=frozenset(doubts - {()}))


def mistakes(error: ValidationError, document: Document, root: type[BaseModel]) -> Iterator[Mistake]:
    """A mistake for each place in the file, however many members of a union refused it."""
    items_at: dict[Steps, list[Any]] = {}
    for item in error.errors(include_url=False):
        path = _existing(item["loc"], document.data, item["type"] == "missing")
        items_at.setdefault(path, []).append(item)
    for path, items in items_at.items():
        # Another member of the union got further into this value: what it says is more to the point.
        if any(len(other) > len(path) and other[: len(path)] == path for other in items_at) and _is_choice(items):
            continue
        kind = items[0]["type"]
        meant = nearest(str(path[-1]), _model_at(path[:-1], root).model_fields) if kind == "extra_forbidden" else None
        message, suggestion = _words(items, path, root)
        if kind in MISPLACED and (section := _section_above(document, path, root)):
            suggestion = f"was it to be indented under {section[0][-1]}, which has no value in line {section[1]}?"
        yield Mistake(path, message, suggestion, kind == "missing", meant)


def _section_above(document: Document, path: Steps, root: type[BaseModel]) -> tuple[Steps, int] | None:
    """The section without a value, and its line, that was left empty because this key, just below, is not indented.

    Keys between them that nobody knows either stand below the same section.
    """
    file, line = document.origin(path)
    empty = {(each.line, each.where) for each in document.problems if each.file == file and each.message == NO_VALUE}
    emptied = {at: n for at in document.doubts if _are_beside(at, path) for n, where in empty if where == dotted(at)}
    known = _model_at(path[:-1], root).model_fields
    if not emptied or nearest(str(path[-1]), known, cutoff=MISSPELLED):
        return None
    # Looks through the whole file: not for each mistake of one in which nothing is empty.
    beside = {at: origin[1] for at, origin in document.origins.items() if _are_beside(at, path) and origin[0] == file}
    for at, above in sorted((beside | emptied).items(), key=lambda each: -each[1]):
        if above >= line or (at not in emptied and known and at[-1] not in known):
            continue
        inside = _model_at(at, root).model_fields
        return (at, above) if at in emptied and (path[-1] in inside or (known and not inside)) else None
    return None


def _are_beside(path: Steps, other: Steps) -> bool:
    return len(path) == len(other) and path[:-1] == other[:-1] and path != other


def _existing(loc: tuple[Any, ...], data: Any, missing: bool) -> Steps:
    """The part of pydantic's path that stands in the file; the names of a union's members do not."""
    path: list[str | int] = []
    for at, step in enumerate(loc):
        if (isinstance(data, dict) and step in data) or (
            isinstance(data, list) and isinstance(step, int) and step < len(data)
        ):
            data = data[step]
            path.append(step)
        elif missing and at == len(loc) - 1:
            path.append(step)
    return tuple(path)


def _is_choice(items: list[Any]) -> bool:
    return all(item["type"] in EXPECTED or item["type"] == "literal_error" for item in items)


def _words(items: list[Any], path: Steps, root: type[BaseModel]) -> tuple[str, str]:
    """(what is wrong, the way out). Never the value of a secret."""
    item = items[0]
    kind, given = item["type"], item["input"]
    if kind == "extra_forbidden":
        known = list(_model_at(path[:-1], root).model_fields)
        return "unknown key", did_you_mean(str(path[-1]), known) or f"known here: {', '.join(known)}"
    if kind == "missing":
        return "is missing", ""
    secret = _is_secret(path, root)
    if secret and item.get("ctx", {}).get("class_name") == "SecretRef":
        return A_SECRET
    choices = [choice for each in items if each["type"] == "literal_error" for choice in _choices(each)]
    if not secret and len(items) == 1 and choices:
        return f"{given!r} is not one of {', '.join(choices)}", did_you_mean(str(given), choices)
    closed_up = isinstance(given, str) and kind in MISPLACED and written_with_a_blank(given)
    shown = f" (got {given!r})" if isinstance(given, str | int | float) and not (secret or closed_up) else ""
    if _is_choice(items):
        sorts = [f"one of {', '.join(_choices(each))}" if _choices(each) else EXPECTED[each["type"]] for each in items]
        return f"must be {' or '.join(dict.fromkeys(sorts))}{shown}", "" if secret else _way_out(items, choices)
    return f"{reason(item)}{shown}", ""


def _choices(item: Any) -> list[str]:
    return re.findall(r"'([^']*)'", item["ctx"]["expected"]) if item["type"] == "literal_error" else []


def _way_out(items: list[Any], choices: list[str]) -> str:
    kind, given = items[0]["type"], items[0]["input"]
    if choices:
        return did_you_mean(str(given), choices)
    if kind == "string_type" and isinstance(given, bool | int | float):
        return f'write "{str(given).lower() if isinstance(given, bool) else given}"'
    if kind == "list_type" and isinstance(given, str | int | float):
        return f"write [{', '.join(_members(given)) if isinstance(given, str) else given}]"
    if EXPECTED[kind] == "a map" and isinstance(given, str) and (mended := written_with_a_blank(given)):
        return f"a blank after the colon: {mended[1]}"
    if kind in NUMBERS and isinstance(given, str) and (number := NUMBER.search(given)):
        return f"write {number[0].replace(',', '.')}"
    return ""


def _members(given: str) -> list[str]:
    """What somebody meant as a list: codes stand apart by blanks, anything else by commas."""
    parts = given.split()
    return parts if all(map(CODE.fullmatch, parts)) else re.split(r"\s*[,;]\s*", given.strip())


def _is_secret(path: Steps, root: type[BaseModel]) -> bool:
    """Whether anything on the way to this place is a secret."""
    for end in range(1, len(path) + 1):
        field = _model_at(path[: end - 1], root).model_fields.get(str(path[end - 1]))
        if field and (Secret in field.metadata or getattr(_bare(field.annotation), "__name__", "") == "SecretRef"):
            return True
    return False


class _Nothing(BaseModel, defer_build=True):
    """In place of a model where the file's map has none."""


def _model_at(path: Steps, root: type[BaseModel]) -> type[BaseModel]:
    """The model that describes the map at a path of the file."""
    annotation: Any = root
    for step in path:
        annotation = _bare(annotation)
        if _is_model(annotation):
            field = annotation.model_fields.get(str(step))
            annotation = field.annotation if field else None
        else:
            annotation = next(reversed(get_args(annotation)), None)
    model = _bare(annotation)
    return model if _is_model(model) else _Nothing


def _bare(annotation: Any) -> Any:
    """Without Annotated, and of a union the member that has parts."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _bare(get_args(annotation)[0])
    if origin in (Union, UnionType):
        members = [_bare(member) for member in get_args(annotation)]
        models = [member for member in members if _is_model(member)]
        return next(iter([*models, *(member for member in members if get_origin(member))]), members[0])
    return annotation


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)
