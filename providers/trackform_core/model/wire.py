"""Values of rows: how a declared field is spelled on the wire, how values are compared, merged and cleared."""

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Literal

Row = dict[str, Any]
Values = dict[str, Any]


@dataclass(frozen=True)
class Wire:
    """The spelling of a declared field in the service's row. ``name`` may be a path: ``payment.amount``.

    ``partial``: of a map, or of the maps in a list, only the declared entries are watched; what else there is stays.
    ``exact``: a map that holds the declared entries and no other; when it leaves the file, all of them go.
    ``clearable``: whether ``unset`` may empty it.
    """

    name: str
    encode: Callable[[Any], Any] = lambda value: value
    decode: Callable[[Any], Any] = lambda value: value
    partial: bool = False
    exact: bool = False
    clearable: bool = True

    def read(self, row: Row, declared: Values) -> Any:  # noqa: ARG002 -- members need it
        value = dig(row, self.name)
        try:
            return self.decode(value)
        except (AttributeError, TypeError):
            # Of a shape that nobody knows of: it is a difference like any other, not a fault of ours.
            return value

    def write(self, body: Row, values: Values, field: str) -> None:
        plant(body, self.name, overlay(dig(body, self.name), self.encode(values[field])))

    def blank(self, body: Row, empty: Any = None) -> None:
        """Clear it: with the empty value of the type it has, or with ``empty`` where it has none yet."""
        value = dig(body, self.name)
        plant(body, self.name, empty if value is None else blank_of(value))

    def is_unset(self, row: Row) -> bool:
        return is_blank(dig(row, self.name))

    def in_force(self, value: Any) -> Any:
        """A row's value, without what is the same as nothing."""
        return value

    def redeclared(self, olds: Values, news: Values, field: str) -> bool:
        """Whether the file now asks for something else than it did."""
        return not same(olds.get(field), news.get(field))


@dataclass(frozen=True)
class Members(Wire):
    """A list of weighted references, declared as two fields: who is in it, and (initial) with which weight.

    Items that stay keep what else they hold. Live members come back in the declared order, strangers last, so that
    another order is no difference.
    """

    ids: str = ""
    weights: str = ""
    part: Literal["ids", "weights", "each"] = "ids"
    new: Mapping[str, Any] | None = None
    also: "tuple[Each, ...]" = ()
    """Further parts of the items, which new ones begin with."""

    def read(self, row: Row, declared: Values) -> Any:
        live = _by_id(dig(row, self.name))
        wanted = [member for member in declared.get(self.ids) or () if member in live]
        order = wanted + sorted(member for member in live if member not in wanted)
        if self.part == "ids":
            return order or None
        # Weights are compared for the declared members alone: who is in the list is the other field's matter.
        return [live[member].get("weight", 0) for member in wanted] or None

    def kept(self, row: Row, declared: Values) -> list[Any]:
        """One weight for each live member: the declared one, and of a stranger the one that it has."""
        live = _by_id(dig(row, self.name))
        wanted = self._weights(declared)
        ids = [member for member in declared.get(self.ids) or () if member in live]
        ids += sorted(member for member in live if member not in ids)
        return [wanted.get(member, live[member].get("weight", 0)) for member in ids]

    def redeclared(self, olds: Values, news: Values, field: str) -> bool:
        """A weight goes with its member: one that left shifts the others in the list, which asks for nothing new."""
        if self.part == "ids":
            return super().redeclared(olds, news, field)
        was, wanted = (self._weights(values) for values in (olds, news))
        return any(was[member] != wanted[member] for member in was.keys() & wanted.keys())

    def _weights(self, values: Values) -> dict[str, Any]:
        return dict(zip(values.get(self.ids) or (), values.get(self.weights) or (), strict=False))

    def write(self, body: Row, values: Values, field: str) -> None:
        live = _by_id(body.get(self.name))
        weights = self._weights(values)
        items = []
        for member in values[self.ids]:
            item = dict(live[member]) if member in live else self._fresh(member, values)
            if field == self.weights and member in weights:
                item["weight"] = weights[member]
            items.append(item)
        body[self.name] = items

    def _fresh(self, member: str, values: Values) -> Row:
        item = {"id": member, "weight": self._weights(values).get(member, 100), **deepcopy(dict(self.new or {}))}
        for each in self.also:
            each.put(item, member, values)
        return item


@dataclass(frozen=True)
class Each(Members):
    """A further part of the members of a list, declared as a list of its own: one for each, in their order."""

    field: str = ""
    inner: Wire = Wire("")
    """Of the part, within an item."""

    @property
    def key(self) -> str:
        return self.inner.name

    def read(self, row: Row, declared: Values) -> Any:
        """Strangers last, as among the ids; where only declared entries are watched, without strangers."""
        live = _by_id(dig(row, self.name))
        wanted = [member for member in declared.get(self.ids) or () if member in live]
        others = [] if self.inner.partial else sorted(member for member in live if member not in wanted)
        return [self._read(live[member], member, declared) for member in [*wanted, *others]] or None

    def whole(self, row: Row) -> dict[str, Any]:
        """Member -> all of its part that is set and that can be declared."""
        parts = {}
        for member, item in _by_id(dig(row, self.name)).items():
            value = canonical(self.inner.read(item, {})) or {}
            parts[member] = {name: each for name, each in value.items() if not is_blank(each)}
        return parts

    def in_force(self, value: Any) -> Any:
        items = value if isinstance(value, list) else []
        return [
            {**item, self.key: self.inner.in_force(item[self.key])} if isinstance(item, dict) and self.key in item
            else item
            for item in items
        ]  # fmt: skip

    def kept(self, row: Row, declared: Values) -> list[Any]:
        live, asked = _by_id(dig(row, self.name)), self._declared(declared)
        ids = [member for member in declared.get(self.ids) or () if member in live]
        ids += sorted(member for member in live if member not in ids)
        return [asked.get(member, {}) for member in ids]

    def redeclared(self, olds: Values, news: Values, field: str) -> bool:  # noqa: ARG002 -- it knows its own
        was, wanted = self._declared(olds), self._declared(news)
        return any(not same(was.get(member), wanted[member]) for member in wanted)

    def write(self, body: Row, values: Values, field: str) -> None:  # noqa: ARG002 -- it knows its own
        """Who is in the list is the other field's matter."""
        for item in body.get(self.name) or []:
            self.put(item, str(item.get("id", "")), values)

    def put(self, item: Row, member: str, values: Values) -> None:
        asked = self._declared(values)
        if member in asked and (asked[member] or self.inner.exact):
            self.inner.write(item, {self.key: asked[member]}, self.key)

    def _read(self, item: Row, member: str, declared: Values) -> Any:
        asked = self._declared(declared).get(member) or {}
        value = self.inner.read(item, {self.key: asked})
        return (within(value, asked) if self.inner.partial else value) or {}

    def _declared(self, values: Values) -> dict[str, Any]:
        return dict(zip(values.get(self.ids) or (), values.get(self.field) or (), strict=False))


def _by_id(items: Any) -> dict[str, Row]:
    rows = items if isinstance(items, list) else []
    return {str(item.get("id", "")): item for item in rows if isinstance(item, dict)}


def id_of(row: Any, *names: str) -> str:
    """The row's id, empty without one. Streams show ``_id`` in places (seen in client code)."""
    ids = [row.get(name) for name in names or ("id", "_id")] if isinstance(row, dict) else []
    # Anything else is no id: its text would stand in the state and match nothing.
    return next(
        (
            str(object_id)
            for object_id in ids
            if isinstance(object_id, str | int) and object_id and object_id is not True
        ),
        "",
    )


def dig(row: Row, path: str) -> Any:
    value: Any = row
    for part in path.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    return value


def plant(body: Row, path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for part in parents:
        if not isinstance(body.get(part), dict):
            body[part] = {}
        body = body[part]
    body[last] = value


def blank_of(value: Any) -> Any:
    """The empty value of the same type, which is how a field is cleared: absent fields survive a merge."""
    return None if value is None else type(value)()


def is_blank(value: Any) -> bool:
    return value in (None, "", 0, False) or value in ([], {})


def canonical(value: Any) -> Any:
    """JSON with whole floats as ints and without nulls in maps: the form in which values are compared and kept."""
    if isinstance(value, dict):
        return {str(name): canonical(item) for name, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [canonical(item) for item in value]
    return whole(value)


def whole(value: Any) -> Any:
    """A whole float as the int that it is; anything else as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def same(left: Any, right: Any) -> bool:
    """Equal as JSON: unlike Python's, its ``true`` is not 1. An absent value and an empty one are the same."""
    if left is None or right is None:
        return _is_nothing(left) and _is_nothing(right)
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    return bool(left == right)


def _is_nothing(value: Any) -> bool:
    """Absent, or empty; also a list that says of each member that there is nothing."""
    return value in (None, [], {}) or (isinstance(value, list) and all(item == {} for item in value))


def covers(live: Any, declared: Any) -> bool:
    """Whether ``live`` says all that ``declared`` says; maps may hold more, also those inside a list."""
    if isinstance(declared, dict) and isinstance(live, dict):
        return all(covers(live.get(name), item) for name, item in declared.items())
    if isinstance(declared, list) and isinstance(live, list):
        return len(live) == len(declared) and all(map(covers, live, declared))
    return same(live, declared) or (is_blank(live) and is_blank(declared))


def within(live: Any, declared: Any) -> Any:
    """The part of ``live`` that ``declared`` speaks of, in its shape."""
    if isinstance(declared, dict) and isinstance(live, dict):
        part = {name: within(live.get(name), item) for name, item in declared.items()}
        return {name: item for name, item in part.items() if item is not None}
    if isinstance(declared, list) and isinstance(live, list):
        return [within(item, declared[n]) if n < len(declared) else item for n, item in enumerate(live)]
    return declared if covers(live, declared) else live


def overlay(base: Any, change: Any) -> Any:
    """``change`` laid over ``base``: maps merge, lists are replaced, but their maps keep what else they hold.

    A map in a list continues the one of the same ``id``, or, without ids, the one in its place.
    """
    if isinstance(base, dict) and isinstance(change, dict):
        return {**base, **{name: overlay(base.get(name), item) for name, item in change.items()}}
    if isinstance(base, list) and isinstance(change, list):
        by_id = {str(item["id"]): item for item in base if isinstance(item, dict) and item.get("id")}
        return [overlay(_continued(by_id, base, n, item), item) for n, item in enumerate(change)]
    return deepcopy(change)


def _continued(by_id: Mapping[str, Row], base: list[Any], place: int, item: Any) -> Any:
    if not isinstance(item, dict):
        return None
    if item.get("id"):
        return by_id.get(str(item["id"]))
    return base[place] if place < len(base) else None


def sorted_or_none(value: Any) -> Any:
    """A list from the wire in which order means nothing; an empty one is none."""
    return sorted(value) if value else None
