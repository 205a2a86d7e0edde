"""Validating declarations against what a kind can hold, in the user's words."""

import threading
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from trackform_core.model.expected import reason
from trackform_core.model.kind import OPTIONS, Declared, Kind
from trackform_core.model.marks import stacks
from trackform_core.model.wire import Values, canonical

_building = threading.Lock()


@dataclass(frozen=True)
class Failure:
    """One field that cannot be as it was declared."""

    field: str
    reason: str


def validated(kind: Kind[Any], raw: Values, unknown: str) -> tuple[Values, list[Failure]]:
    """Canonical inputs with their defaults, and what is wrong. A value that is not known yet is taken as it is."""
    if raw.get("existing") is True:
        # Only referred to: whatever else is said about it is not compared and not written.
        return _field_by_field(kind, raw, unknown, only=OPTIONS | {kind.key})
    if holds(raw, unknown):
        return _field_by_field(kind, raw, unknown, only=frozenset(kind.model.model_fields))
    if not kind.model.__pydantic_complete__:
        # By one thread alone: not every version of pydantic sees to that.
        with _building:
            kind.model.model_rebuild()
    try:
        model = kind.model.model_validate(raw)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False)
        return canonical(raw), [_failure(kind, problem) for problem in problems]
    return canonical(model.model_dump(mode="json", exclude_none=True)), []


def _field_by_field(kind: Kind[Any], raw: Values, unknown: str, only: frozenset[str]) -> tuple[Values, list[Failure]]:
    """Each field for itself: rules that tie several together wait until all are known, and do not bind `existing`."""
    values: Values = {}
    strangers = [name for name in raw if name not in kind.model.model_fields]
    failures = [_failure(kind, {"type": "extra_forbidden", "loc": (name,)}) for name in strangers]
    for name, info in kind.model.model_fields.items():
        if name not in only:
            continue
        if holds(raw.get(name), unknown):
            values[name] = raw[name]
        elif name in raw:
            try:
                values[name] = _one_field(kind.model, name, raw[name])
            except ValidationError as error:
                problems = error.errors(include_url=False, include_input=False)
                failures += [_failure(kind, {**problem, "loc": (name, *problem["loc"])}) for problem in problems]
        elif info.is_required():
            failures.append(_failure(kind, {"type": "missing", "loc": (name,)}))
        else:
            values[name] = info.default
    return canonical(values), failures


def _one_field(model: type[Declared], name: str, value: Any) -> Any:
    adapter = _adapter(model, name)
    return adapter.dump_python(adapter.validate_python(value), mode="json", exclude_none=True)


@cache
def _adapter(model: type[Declared], name: str) -> TypeAdapter[Any]:
    info = model.model_fields[name]
    field: Any = Annotated[info.annotation, info]
    return TypeAdapter(field)


def _failure(kind: Kind[Any], problem: Any) -> Failure:
    loc = [str(part) for part in problem["loc"]] or [kind.key]
    if problem["type"] == "missing":
        return Failure(loc[0], f"{kind.title} needs {'.'.join(loc)}")
    if problem["type"] == "extra_forbidden" and len(loc) == 1:
        known = ", ".join(kind.fields)
        return Failure(
            loc[0],
            f"{kind.title} has no field {loc[0]}. By name: {known}; others of {kind.service.name}'s go into extra",
        )
    if problem["type"] == "extra_forbidden":
        return Failure(loc[0], f"{kind.title} has no {'.'.join(loc)}")
    where = f" (at {'.'.join(loc)})" if len(loc) > 1 else ""
    return Failure(loc[0], f"{reason(problem)}{where}")


def options_fit(kind: Kind[Any], inputs: Values) -> list[Failure]:
    """Failures of the options: names that mean nothing here, wishes that contradict each other."""
    failures = []
    policy = inputs.get("on_delete")
    if policy is not None and policy not in kind.policies:
        failures.append(Failure("on_delete", f"{kind.title} can be: {', '.join(sorted(kind.policies))}"))
    extra = inputs["extra"] if isinstance(inputs.get("extra"), dict) else {}
    for name in extra:
        if name in kind.served:
            failures.append(Failure("extra", f"{name} is set by {kind.service.name} and cannot be declared"))
        elif name not in kind.more:
            own = [field for field, wire in kind.fields.items() if wire.name.split(".")[0] == name]
            hint = f"declare it as {own[0]}" if own else f"known: {', '.join(sorted(kind.more)) or 'none'}"
            failures.append(Failure("extra", f"{kind.title} has no further field {name}; {hint}"))
    if inputs.get("mark") and not kind.mark_in:
        failures.append(Failure("mark", f"{kind.title} has no room for a mark in {kind.service.name}"))
    own = [name for name, wire in kind.fields.items() if wire.name == kind.mark_in]
    if own and stacks(inputs.get(own[0])):
        failures.append(Failure(own[0], "trackform:<stack> is the mark that `mark: true` sets, and is not declared"))
    for option in ("enforce", "leave", "unset"):
        for name in inputs.get(option) or ():
            reason = _misfit(kind, option, name, inputs, extra)
            if reason:
                failures.append(Failure(option, reason))
    return failures


def _misfit(kind: Kind[Any], option: str, name: str, inputs: Values, extra: Values) -> str:
    if name not in kind.fields and name not in kind.more:
        return f"{kind.title} has no field {name}"
    if option == "enforce":
        if name not in kind.initial:
            return f"{name} is watched and healed anyway; enforce is for initial fields"
        if name in (inputs.get("leave") or ()):
            return f"{name} is to be left alone as well: either enforce or leave"
    if option == "unset":
        if name in inputs or name in extra:
            return f"{name} is declared as well: either a value or unset"
        if not can_be_emptied(kind, name):
            return f"{name} cannot be emptied"
    return ""


def can_be_emptied(kind: Kind[Any], name: str) -> bool:
    """Whether `unset` takes a field, or a part of `extra`."""
    info = kind.model.model_fields.get(name)
    needed = info is not None and info.is_required()
    return not needed and name not in kind.write_only and (name not in kind.fields or kind.fields[name].clearable)


def holds(value: Any, unknown: str) -> bool:
    """Whether something in it is not known yet."""
    if isinstance(value, dict):
        return any(holds(item, unknown) for item in value.values())
    if isinstance(value, list):
        return any(holds(item, unknown) for item in value)
    return bool(unknown) and bool(value == unknown)
