"""Generated declarations of every kind, and edits of its live objects: each list and map with many contents."""

from types import NoneType
from typing import TYPE_CHECKING, Annotated, Any, Literal, get_args, get_origin

from hypothesis import strategies as st
from pydantic import BaseModel

from trackform.sandbox.redtrack.entities import ENTITIES
from trackform.sandbox.redtrack.fields import POSTBACK, Model, Type
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Each, Members, Row, Values, plant
from trackform_redtrack.filters import Filters, FiltersWire

if TYPE_CHECKING:
    from tests.providers.conftest import Case

PUBLISHED: dict[str, Model] = {each.path: each.fields for each in ENTITIES}
WORDS = st.sampled_from(["a", "b", "c"])
KNOWN_BY = ("url", "id", "name", "value")
"""What tells the maps of one list apart, here."""
FEW: dict[type[BaseModel], tuple[str, ...]] = {Filters: ("country", "os", "subs", "unique_visitor")}
"""Parts of a model with many that are alike."""
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: WORDS, int: st.integers(0, 3), float: st.sampled_from([0, 1, 2.5]), bool: st.booleans(),
    "string": WORDS, "integer": st.integers(0, 3), "number": st.sampled_from([0, 1, 2.5]), "boolean": st.booleans(),
    "object": st.dictionaries(WORDS, st.integers(0, 3) | st.dictionaries(WORDS, WORDS, max_size=2), max_size=3),
    "array": st.lists(WORDS, max_size=2),
}  # fmt: skip


def holds_several(annotation: Any) -> bool:
    """Whether a declared value is a map or a list."""
    if get_origin(annotation) in (list, dict):
        return True
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return True
    return get_origin(annotation) is not Literal and any(map(holds_several, get_args(annotation)))


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def maps_of(kind: Type) -> st.SearchStrategy[Any]:
    """A list of maps of a published model, each known by an entry of its own; where none is a text, an empty list."""
    assert isinstance(kind, dict)
    key = next((name for name in KNOWN_BY if kind.get(name) == "string"), "")
    if not key:
        return st.just([])
    rest = {name: of_type(inner) for name, inner in kind.items() if name != key and not isinstance(inner, list)}
    one = st.fixed_dictionaries({key: st.sampled_from(["https://a.test/", "https://b.test/"])}, optional=rest)
    return st.lists(one, max_size=2, unique_by=lambda item: item[key])


def of_type(kind: Type) -> st.SearchStrategy[Any]:
    """Values of a published field."""
    if isinstance(kind, dict):
        return st.fixed_dictionaries({}, optional={name: of_type(inner) for name, inner in kind.items()})
    return maps_of(kind[0]) if isinstance(kind, list) else PLAIN[kind]


def of_model(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: model.model_fields[name] for name in FEW.get(model, model.model_fields)}
    parts = {name: of(info.annotation) for name, info in fields.items() if name != "kind"}
    needed = {name: parts.pop(name) for name, info in fields.items() if info.is_required()}
    return st.fixed_dictionaries(needed, optional=parts)


def of(annotation: Any) -> st.SearchStrategy[Any]:
    """Values of a declared field."""
    origin, parts = get_origin(annotation), get_args(annotation)
    found = PLAIN.get(annotation)
    if origin is Annotated:
        found = of(parts[0])
    elif origin is Literal:
        found = st.sampled_from(parts)
    elif is_model(annotation):
        found = of_model(annotation)
    elif origin is list:
        found = maps_of(POSTBACK) if get_origin(parts[0]) is dict else st.lists(of(parts[0]), min_size=1, max_size=2)
    elif origin is dict:
        found = st.dictionaries(of(parts[0]), of(parts[1]), max_size=2)
    elif found is None:
        found = st.one_of([of(part) for part in parts if part is not NoneType])
    return found


def of_member(kind: Kind[Any], field: str) -> st.SearchStrategy[Any]:
    """What a field says of one member of a list."""
    (several,) = [part for part in get_args(kind.model.model_fields[field].annotation) if get_origin(part) is list]
    return of(get_args(several)[0])


def either(case: "Case", field: str) -> st.SearchStrategy[Any]:
    return st.sampled_from([case.fields[field], case.changes[field].get(field, case.fields[field])])


def published(kind: Any) -> Model:
    return PUBLISHED[kind.path]


@st.composite
def extras(draw: st.DrawFn, kind: Kind[Any]) -> Values:
    names = st.lists(st.sampled_from(sorted(kind.more - kind.may_compute)), max_size=4, unique=True)
    return {name: draw(of_type(published(kind)[name])) for name in draw(names)} if kind.more else {}


@st.composite
def declarations(draw: st.DrawFn, case: "Case") -> Values:
    """What is needed, and some of the rest, each with one of several values."""
    kind = case.kind
    fields: Values = {}
    for name, wire in kind.fields.items():
        info = kind.model.model_fields[name]
        needed = info.is_required() or name in kind.to_create
        if isinstance(wire, Members) and wire.part != "ids":
            if wire.ids in fields and draw(st.booleans()):
                size = len(fields[wire.ids])
                fields[name] = draw(st.lists(of_member(kind, name), min_size=size, max_size=size))
        elif name in (kind.key, "url"):
            fields[name] = case.fields[name]
        elif needed or draw(st.booleans()):
            plain = needed or name in kind.references or not holds_several(info.annotation)
            fields[name] = draw(either(case, name) if plain else of(info.annotation))
    return fields | ({"extra": draw(extras(kind))} if kind.more else {})


@st.composite
def edits(draw: st.DrawFn, case: "Case", row: Row) -> Row:
    """Stored fields as somebody changed them in the web application."""
    kind: Kind[Any] = case.kind
    found: Row = draw(extras(kind))
    for name, wire in kind.fields.items():
        if name in kind.write_only | {kind.key, "url", "token", "name"} or draw(st.booleans()):
            continue
        if isinstance(wire, Members):
            found[wire.name] = draw(members(case, name, wire, found.get(wire.name) or row.get(wire.name) or []))
        elif name not in kind.references:
            annotation = kind.model.model_fields[name].annotation
            value = draw(of(annotation) if holds_several(annotation) else either(case, name))
            plant(found, wire.name, raw(wire, value))
    return found


@st.composite
def members(draw: st.DrawFn, case: "Case", field: str, wire: Members, items: list[Row]) -> list[Row]:
    """Others in the list, or otherwise weighted, or with other parts."""
    if isinstance(wire, Each):
        part = of_member(case.kind, field)
        return [item | {wire.key: raw(wire.inner, draw(part))} for item in items]
    if wire.part == "weights":
        return [item | {"weight": draw(st.integers(0, 3))} for item in items]
    known = sorted({*case.fields[field], *case.changes[field][field]})
    there = {item["id"]: item for item in items}
    ids = draw(st.lists(st.sampled_from(known), min_size=1, unique=True))
    return [there.get(each, {"id": each, "weight": 5}) for each in ids]


def raw(wire: Any, value: Any) -> Any:
    """A declared value as the service stores it."""
    if isinstance(wire, FiltersWire):
        return {name: {"active": True, **item} for name, item in value.items()}
    return wire.encode(value)
