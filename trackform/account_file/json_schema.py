"""The JSON Schema of one account file, for editors: from the models, with what `extends` and `null` allow on top."""

import json
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from typing import Any

from trackform.account_file.models import AccountFile
from trackform.account_file.sections import SECTIONS
from trackform.documents.needed_version import KEY

DRAFT = "http://json-schema.org/draft-07/schema#"
"""The draft that all YAML language servers understand."""
TITLE = "trackform account file"

Schema = dict[str, Any]

EXTENDS = {
    "type": "array",
    "items": {"type": "string"},
    "description": "Files that are merged below this one, in order, by their path from here. Maps merge deeply, "
    "everything else is replaced, `null` removes.",
}
NEEDED_VERSION = {
    "type": "string",
    "description": "The versions of trackform that this file is for, as `>=0.2` (PEP 440). Another one refuses it.",
}
NAMES_SECTIONS = ("adopt", "protect", "mark")


def schema() -> Schema:
    """The schema of one file.

    A file can be a part of an account, so nothing is required in it, and each value can be `null`, which removes an
    inherited one. Whether the whole is complete is what ``trackform validate`` tells.
    """
    made = AccountFile.model_json_schema()
    models: dict[str, Schema] = made.pop("$defs")
    whole = set(_in_lists([made, *models.values()]))
    definitions = {name: _model(model, part=name not in whole) for name, model in models.items()}
    file = _model(made, part=True)
    _name_sections(file["properties"])
    file["properties"] = {"extends": EXTENDS, KEY: NEEDED_VERSION, **file["properties"]}
    for section, kind in SECTIONS.items():
        field = file["properties"][section]
        field["description"] = f"{kind.title.capitalize()}s by name. Recognised in {kind.service.name} by {kind.key}."
    for section, kind in SECTIONS.items():
        entry = definitions[_entry(file["properties"][section])]["properties"]
        extra = {name: {"description": f"{kind.service.name}'s own field."} for name in sorted(kind.more)}
        if extra and "extra" in entry:
            entry["extra"]["properties"] = extra
        for form in entry["enforce"]["anyOf"]:
            if form.get("type") == "array" and kind.initial:
                form["items"] = {"enum": sorted(kind.initial)}
    return {
        "$schema": DRAFT,
        "$comment": f"trackform {version('trackform')}",
        "title": TITLE,
        "description": "What should exist in one RedTrack account and one Digistore24 account.",
        **{key: item for key, item in file.items() if key not in ("title", "description")},
        "definitions": definitions,
    }


@cache
def text() -> str:
    """The schema as it is written to a file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


def _in_lists(value: Any, inside: bool = False) -> Iterator[str]:
    """Models that are items of lists: a list is taken whole, so its items are too."""
    if isinstance(value, list):
        for item in value:
            yield from _in_lists(item, inside)
    elif isinstance(value, dict):
        if inside and "$ref" in value:
            yield value["$ref"].rpartition("/")[2]
        for key, item in value.items():
            yield from _in_lists(item, inside or key == "items")


def _model(model: Schema, *, part: bool) -> Schema:
    required = set(model.get("required", ()))
    properties = {name: _field(item, name in required) for name, item in model.get("properties", {}).items()}
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if not part and required:
        schema["required"] = sorted(required)
    if model.get("description"):
        schema["description"] = model["description"]
    return schema


def _field(field: Schema, required: bool) -> Schema:
    annotations = {key: field[key] for key in ("description", "default") if field.get(key) is not None}
    if required:
        annotations["description"] = " ".join(filter(None, (annotations.get("description"), "Required.")))
    rest = {key: item for key, item in field.items() if key not in ("description", "default", "title")}
    return {**annotations, **_or_null(_plain(rest))}


def _plain(value: Any) -> Any:
    """A part of pydantic's schema in the words of the draft."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    plain = {key: _plain(item) for key, item in value.items() if key not in ("title", "default")}
    if "$ref" in plain:
        return {"$ref": plain["$ref"].replace("#/$defs/", "#/definitions/")}
    if isinstance(plain.get("additionalProperties"), dict):
        plain["additionalProperties"] = _or_null(plain["additionalProperties"])
    return plain


def _or_null(form: Schema) -> Schema:
    if not form or form == {"type": "null"}:
        return form
    forms = form["anyOf"] if set(form) == {"anyOf"} else [form]
    return {"anyOf": [*forms, *([] if {"type": "null"} in forms else [{"type": "null"}])]}


def _name_sections(properties: Schema) -> None:
    for option in NAMES_SECTIONS:
        for form in properties[option]["anyOf"]:
            if form.get("type") == "array":
                form["items"] = {"enum": list(SECTIONS)}
    for form in properties["on_delete"]["anyOf"]:
        if form.get("type") == "object":
            form["propertyNames"] = {"enum": list(SECTIONS)}


def _entry(section: Schema) -> str:
    """The model of a section's objects."""
    forms = section["anyOf"][0]["additionalProperties"]["anyOf"]
    ref: str = next(form["$ref"] for form in forms if "$ref" in form)
    return ref.rpartition("/")[2]
