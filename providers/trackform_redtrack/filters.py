"""Filters: which visitors a funnel, or a member of one, is open to (`models.Filters` of the published spec)."""

from dataclasses import dataclass
from typing import Any, Literal, Self

from pydantic import BaseModel, Field, model_validator

from trackform_core.model.kind import WHEN_USED, TextSet
from trackform_core.model.wire import Row, Values, Wire, dig, plant

EQUAL = "EQ"
"""The one comparison seen in client code; what a filter that names none is taken for."""

SubName = Literal[
    "sub1", "sub2", "sub3", "sub4", "sub5", "sub6", "sub7", "sub8", "sub9", "sub10", "sub11", "sub12", "sub13", "sub14",
    "sub15", "sub16", "sub17", "sub18", "sub19", "sub20",
]  # fmt: skip


class Filter(BaseModel):
    """One condition on visitors. What is its default is left out of it, so that it is spelled in one way."""

    model_config = WHEN_USED

    active: bool = Field(default=True, description="`false` is the same as leaving the filter out.")
    exclude: bool | None = Field(default=None, description="Keeps those out who fit, and lets the others in.")
    comparison_type: str | None = Field(
        default=None, description=f"How values are compared, `{EQUAL}` by default; the published spec names no others."
    )
    kind: int | None = Field(default=None, description="RedTrack's own number; what it means is not known.")

    @model_validator(mode="after")
    def without_defaults(self) -> Self:
        self.exclude = self.exclude or None
        self.comparison_type = None if self.comparison_type == EQUAL else self.comparison_type or None
        return self


class ValuesFilter(Filter):
    values: TextSet | None = Field(default=None, description="What it compares with; any of them fits.")

    @model_validator(mode="after")
    def without_no_values(self) -> Self:
        self.values = self.values or None
        return self


class SubsFilter(Filter):
    items: dict[SubName, str] | None = Field(default=None, description="Value by sub: `{sub3: newsletter}`.")

    @model_validator(mode="after")
    def without_no_items(self) -> Self:
        self.items = {name: value for name, value in (self.items or {}).items() if value} or None
        return self


def _by(criterion: str) -> Any:
    return Field(default=None, description=f"By {criterion}.")


class Filters(BaseModel):
    """All filters of one funnel, or of one member; those that are not named are off."""

    model_config = WHEN_USED

    country: ValuesFilter | None = _by("country, ISO codes")
    region: ValuesFilter | None = _by("region")
    city: ValuesFilter | None = _by("city")
    languages: ValuesFilter | None = _by("language of the browser")
    device_type: ValuesFilter | None = _by("sort of device")
    device_brand: ValuesFilter | None = _by("brand of the device")
    device_model: ValuesFilter | None = _by("model of the device")
    os: ValuesFilter | None = _by("operating system")
    os_version: ValuesFilter | None = _by("version of the operating system")
    browser: ValuesFilter | None = _by("browser")
    browser_version: ValuesFilter | None = _by("version of the browser")
    connection_type: ValuesFilter | None = _by("sort of connection")
    isp: ValuesFilter | None = _by("internet provider")
    ip: ValuesFilter | None = _by("IP address")
    proxy_type: ValuesFilter | None = _by("sort of proxy")
    referrer: ValuesFilter | None = _by("page that the visitor came from")
    domain_referrer: ValuesFilter | None = _by("domain of that page")
    fraud: ValuesFilter | None = _by("RedTrack's suspicion of fraud")
    subs: SubsFilter | None = _by("what the tracking link carries in its subs")
    unique_visitor: Filter | None = _by("whether it is the visitor's first time")

    @model_validator(mode="after")
    def without_what_is_off(self) -> Self:
        for name in type(self).model_fields:
            visitor_filter = getattr(self, name)
            if visitor_filter is not None and not visitor_filter.active:
                setattr(self, name, None)
        return self


@dataclass(frozen=True)
class FiltersWire(Wire):
    """All filters at one place of a row: those of the file and no other.

    RedTrack may show all twenty, most of them off, or only those that somebody set; and a PUT may merge what it is sent
    into what there is. So what goes is switched off and emptied, and what is off is not there. A filter that no model
    here has a name for stays as it is, and is no difference.
    """

    def read(self, row: Row, declared: Values) -> Any:
        live = dig(row, self.name)
        if not isinstance(live, dict):
            return live
        forms = {name: _form(live[name]) for name in Filters.model_fields if _in_force(live.get(name))}
        asked = declared.get(self.name)
        if not isinstance(asked, dict):
            return forms
        for name, form in forms.items():
            # RedTrack may give it a number: that counts only where the file names one.
            number, wanted = form.pop("kind", 0), asked.get(name)
            if isinstance(wanted, dict) and "kind" in wanted:
                form["kind"] = number
        return forms

    def write(self, body: Row, values: Values, field: str) -> None:
        live, declared = dig(body, self.name), values[field]
        live = live if isinstance(live, dict) else {}
        off = {name: _off(item) for name, item in live.items() if name in Filters.model_fields and _in_force(item)}
        on = {name: _on(live.get(name), form, name) for name, form in declared.items()}
        plant(body, self.name, {**live, **off, **on})

    def blank(self, body: Row, empty: Any = None) -> None:  # noqa: ARG002 -- it has one empty form
        self.write(body, {"": {}}, "")

    def in_force(self, value: Any) -> Any:
        """Without the filters that are off, and without how values are compared unless somebody chose that."""
        if not isinstance(value, dict):
            return value
        return {
            name: {key: part for key, part in item.items() if (key, part) != ("comparison_type", EQUAL)}
            if name in Filters.model_fields and isinstance(item, dict)
            else item
            for name, item in value.items()
            if name not in Filters.model_fields or _in_force(item)
        }

    def is_unset(self, row: Row) -> bool:
        return not self.read(row, {})


def _in_force(item: Any) -> bool:
    return isinstance(item, dict) and item.get("active") is True


def _form(item: Row) -> Row:
    """A live filter as it is declared."""
    form: Row = {"active": True, "exclude": bool(item.get("exclude")), "kind": item.get("kind")}
    form["comparison_type"] = "" if item.get("comparison_type") == EQUAL else item.get("comparison_type")
    # Of a shape that nobody knows of, they are a difference like any other.
    values, items = item.get("values"), item.get("items")
    form["values"] = sorted(set(map(str, values))) if isinstance(values, list) else values
    form["items"] = {name: value for name, value in items.items() if value} if isinstance(items, dict) else items
    return {name: value for name, value in form.items() if value}


def _off(item: Row) -> Row:
    return {
        name: _off(value) if isinstance(value, dict) else value if value is None else type(value)()
        for name, value in item.items()
    }


def _on(item: Any, form: Row, name: str) -> Row:
    live = item if isinstance(item, dict) else {}
    if name == "subs":
        rest: Row = {"items": {**dict.fromkeys(live.get("items") or {}, ""), **form.get("items", {})}}
    else:
        rest = {} if name == "unique_visitor" else {"values": []}
    return {
        **live,
        "exclude": False,
        "comparison_type": EQUAL,
        **rest,
        **{k: v for k, v in form.items() if k != "items"},
    }
