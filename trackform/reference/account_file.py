"""The reference page of the account file, made from its models."""

from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trackform.account_file.compose import SECTIONS
from trackform.account_file.models import AccountFile
from trackform.account_file.references import references
from trackform_core.model.kind import Kind, Options
from trackform_core.model.markers import Exact, Initial, Merged

HEAD = """# The account file

<!-- Made by `make docs` from the models in trackform/account_file/models.py and providers/. Do not edit. -->

`stacks/<stack>.yaml` says what should exist in one RedTrack account and one Digistore24 account. `extends: [file, …]`
names files that are merged below it, in order; maps merge deeply, everything else is replaced, `null` removes. Names
are yours: references use them, never ids. A name is the title unless `title` says otherwise.

`trackform: ">=0.2"`, in any of these files, says which versions it is for (a range of PEP 440): another one refuses it
([compatibility](compatibility.md)).

*Initial* fields are sent when the object is made and when the file's value changes. A change made to them in the web
application is named in every preview and left alone, unless `enforce` lists the field.

An *exact* list or map holds what the file names and nothing else: what somebody adds to it is drift. Of a *merged* map
what the file names is watched and laid over what is there: an entry that leaves the file goes, any other stays. A field
that leaves the file altogether stays as it is, and the preview says so.
"""


def page() -> str:
    """The whole page, Markdown."""
    parts = [HEAD]
    options = dict(Options.model_fields)
    for name, info in AccountFile.model_fields.items():
        model = _model(info.annotation)
        keyed = get_origin(_bare(info.annotation)) is dict
        if model is None:
            parts.append(f"## `{name}`\n\n{info.description}\n")
            continue
        kind = SECTIONS.get(name)
        title = f"## `{name}`" + (f" · {kind.title}" if kind else "")
        parts.append(f"{title}\n")
        parts.append("A map of names.\n" if keyed else "")
        if kind:
            parts.append(_kind_line(kind))
        fields = {key: item for key, item in model.model_fields.items() if key not in options}
        parts.append("\n".join(table(fields, kind, name)) + "\n")
        if kind and kind.more:
            parts.append(
                f"Under `extra`, by RedTrack's names: {', '.join(f'`{each}`' for each in sorted(kind.more))}.\n"
            )
    parts.append("## Options of every object\n")
    parts.append("\n".join(table(options, None)) + "\n")
    return "\n".join(part for part in parts if part)


def _kind_line(kind: Kind[Any]) -> str:
    says = {"delete": "is deleted", "pause": "is paused", "keep": "is kept"}[kind.on_delete]
    if "pause" in kind.policies and kind.on_delete == "delete":
        says = "is deleted, or only paused when it had clicks in the last 30 days"
    return f"Recognised by its {kind.key}. When it leaves the file it {says}; `on_delete` takes " + (
        ", ".join(f"`{each}`" for each in sorted(kind.policies)) + ".\n"
    )


def table(fields: dict[str, FieldInfo], kind: Kind[Any] | None, section: str = "") -> Iterator[str]:
    yield "| key | type | meaning |"
    yield "| --- | --- | --- |"
    for name, info in fields.items():
        notes = []
        if info.is_required():
            notes.append("**Required.**")
        elif info.default not in (None, "", [], {}) and info.default_factory is None:
            notes.append(f"Default `{_shown(info.default)}`.")
        if (kind and name in kind.initial) or any(mark is Initial for mark in info.metadata):
            notes.append("*Initial.*")
        notes += _how_it_is_meant(info)
        if kind and section:
            notes += _how_members_are_meant(section, name, kind)
        meaning = " ".join([info.description or "", *notes]).strip()
        yield f"| `{name}` | {_type(info.annotation)} | {meaning} |"


def _how_it_is_meant(info: FieldInfo) -> Iterator[str]:
    """Whether a list or a map holds what the file names alone, and why."""
    for mark in info.metadata:
        if isinstance(mark, Exact | Merged):
            word = "Exact" if isinstance(mark, Exact) else "Merged"
            yield f"*{word}*: {mark.why}." if mark.why else f"*{word}.*"


def _how_members_are_meant(section: str, key: str, kind: Kind[Any]) -> Iterator[str]:
    """The same of the map of members that a key of the file holds, and of what it says of each."""
    fields = kind.model.model_fields
    for each in references(section):
        if each.key == key and each.weights:
            yield from _how_it_is_meant(fields[each.field])
            for field, part in each.parts:
                initial = " *Initial.*" if field in kind.initial else ""
                yield f"`{part}`: {' '.join(_how_it_is_meant(fields[field]))}{initial}"


def _shown(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _model(annotation: Any) -> type[BaseModel] | None:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        model = _model(part)
        if model is not None:
            return model
    return None


def _type(annotation: Any) -> str:
    """A type in the words of people who write YAML."""
    annotation = _bare(annotation)
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(_type(part) for part in parts if part is not NoneType))
    if origin is Literal:
        return ", ".join(f"`{part}`" for part in parts)
    if origin is list:
        return f"list of {_type(parts[0])}"
    if origin is dict:
        return f"map of {_type(parts[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return " ".join(f"`{name}`" for name in annotation.model_fields).join("{}")
    return {str: "text", int: "number", float: "number", bool: "true/false"}.get(annotation, "anything")
