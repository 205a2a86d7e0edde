"""One call of the engine validates once, normalises each field of a row once, and compares once."""

import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel, TypeAdapter

from trackform.resources import RESOURCES
from trackform_core import dynamic
from trackform_core.model import compare, validate, wire
from trackform_core.model.kind import Kind
from trackform_core.no_api import ledger, status
from trackform_core.no_api.base import BridgeKind
from trackform_core.no_api.ledger import ledger_of

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.wire import Values

    Cases = dict[str, Case]

PROVIDERS = {resource.provider.kind.name: resource.provider for resource in RESOURCES}
LISTED = [name for name, provider in PROVIDERS.items() if provider.kind.has_listing]
BY_HAND = [name for name, provider in PROVIDERS.items() if isinstance(provider.kind, BridgeKind)]
OPTIONS: dict[str, Any] = {"account": "default", "on_delete": "delete"}


def code_of(function: Any) -> CodeType:
    code: CodeType = getattr(function, "func", getattr(function, "__func__", function)).__code__
    return code


COUNTED = {
    code_of(dynamic.plain): "plain",
    code_of(validate.validated): "validated",
    code_of(wire.canonical): "canonical",
    code_of(compare.changed_fields): "declared anew",
    code_of(compare.Comparison.differing): "differing",
    code_of(compare.Comparison.changed_outside): "changed outside",
    code_of(status.confirmation): "looked up in the ledger",
    code_of(ledger.secret_fingerprint): "fingerprint",
}
PYDANTIC = {code_of(BaseModel.model_validate): "cls", code_of(TypeAdapter.validate_python): "self"}
READ = code_of(Kind.live)
INSIDE = ("plain", "canonical", "<dictcomp>", "<listcomp>", "live", "watch", "key_of", "computed_of", "_entry")
"""Who calls itself for what is inside a value, or makes one field of a row canonical: those are counted as reads."""


@dataclass
class Counts:
    """What one call of the engine did, and how often."""

    calls: Counter[str] = field(default_factory=Counter)
    models: Counter[int] = field(default_factory=Counter)
    reads: Counter[tuple[int, int]] = field(default_factory=Counter)
    """(field, row) -> how often it was normalised."""
    alive: list[Any] = field(default_factory=list)
    """What was counted: no other object gets its id."""

    def note(self, frame: FrameType, event: str, _: Any) -> None:
        code, caller = frame.f_code, frame.f_back
        if event != "call" or caller is None:
            return
        if code in COUNTED and caller.f_code.co_name not in INSIDE:
            self.calls[COUNTED[code]] += 1
        elif code in PYDANTIC:
            self.models[self._id(frame.f_locals[PYDANTIC[code]])] += 1
        elif caller.f_code is READ and code.co_name == "read":
            self.reads[self._id(frame.f_locals["self"]), self._id(frame.f_locals["row"])] += 1

    def _id(self, value: Any) -> int:
        self.alive.append(value)
        return id(value)

    def at_most_once(self, **expected: int) -> None:
        assert self.calls == Counter({name.replace("_", " "): times for name, times in expected.items()})
        assert set(self.models.values()) <= {1}
        assert set(self.reads.values()) <= {1}


@contextmanager
def counted() -> Iterator[Counts]:
    counts, before = Counts(), sys.getprofile()
    sys.setprofile(counts.note)
    try:
        yield counts
    finally:
        sys.setprofile(before)


@dataclass(frozen=True)
class Plugin:
    """The provider of one kind, asked as the engine asks: with dicts of its own."""

    provider: Any
    id: str = ""
    outs: "Values" = field(default_factory=dict)
    inputs: "Values" = field(default_factory=dict)

    def check(self, news: "Values") -> "Values":
        checked = self.provider.check(deepcopy(self.inputs), deepcopy(news))
        assert not checked.failures, checked.failures
        return deepcopy(dict(checked.inputs))

    def create(self, inputs: "Values") -> "Plugin":
        made = self.provider.create(deepcopy(inputs))
        return replace(self, id=made.id, outs=made.outs, inputs=inputs)

    def read(self) -> "Plugin":
        seen = self.provider.read(self.id, deepcopy(self.outs))
        return replace(self, id=seen.id, outs=seen.outs, inputs=seen.inputs)

    def diff(self, news: "Values") -> Any:
        return self.provider.diff(self.id, deepcopy(self.outs), deepcopy(news)).changes

    def update(self, news: "Values") -> "Plugin":
        outs = self.provider.update(self.id, deepcopy(self.outs), deepcopy(news)).outs
        return replace(self, outs=outs, inputs=news)

    def delete(self) -> None:
        self.provider.delete(self.id, deepcopy(self.outs))


def changed(case: "Case") -> "Values":
    """One field that is compared is otherwise."""
    kind = case.kind
    names = [name for name in case.changes if name != kind.key and name not in kind.initial | kind.write_only]
    return case.fields | case.changes[next(name for name in names if case.fields[name] != case.changes[name][name])]


@pytest.mark.parametrize("name", LISTED)
def test_over_an_api(room: "Room", cases: "Cases", name: str) -> None:
    case, fields = cases[name], {**cases[name].fields, **OPTIONS}
    plugin = Plugin(PROVIDERS[name])
    with counted() as counts:
        inputs = plugin.check(fields)
    counts.at_most_once(plain=2, validated=1, canonical=1)
    with counted() as counts:
        plugin = plugin.create(inputs)
    counts.at_most_once(plain=1, changed_outside=1)
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.process()
    with counted() as counts:
        plugin = plugin.read()
    counts.at_most_once(plain=1, changed_outside=1)
    with counted() as counts:
        wanted = plugin.check({**changed(case), **OPTIONS})
    counts.at_most_once(plain=2, validated=1, canonical=1)
    with counted() as counts:
        assert plugin.diff(wanted) is not False
    counts.at_most_once(plain=2, declared_anew=1)
    room.forget()
    with counted() as counts:
        plugin = plugin.update(wanted)
    assert counts.reads
    counts.at_most_once(plain=2, differing=1, changed_outside=1)
    assert len(room.writes()) == 1
    with counted() as counts:
        plugin.update(wanted)
    counts.at_most_once(plain=2, differing=1, changed_outside=1)
    assert len(room.writes()) == 1
    with counted() as counts:
        plugin.delete()
    counts.at_most_once(plain=1)


@pytest.mark.parametrize("name", LISTED)
def test_a_take_over(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    existing = Plugin(PROVIDERS[name]).create(Plugin(PROVIDERS[name]).check({**case.fields, **OPTIONS}))
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.process()
    plugin = Plugin(PROVIDERS[name])
    with counted() as counts:
        inputs = plugin.check({**changed(case), **OPTIONS, "adopt": True})
    counts.at_most_once(plain=2, validated=1, canonical=1, differing=1)
    room.forget()
    with counted() as counts:
        plugin = plugin.create(inputs)
    counts.at_most_once(plain=1, differing=1, changed_outside=1)
    assert plugin.id == existing.id
    assert len(room.writes()) == 1


@pytest.mark.parametrize("name", LISTED)
def test_an_object_that_is_only_referred_to(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    Plugin(PROVIDERS[name]).create(Plugin(PROVIDERS[name]).check({**case.fields, **OPTIONS}))
    room.process()
    plugin = Plugin(PROVIDERS[name])
    with counted() as counts:
        inputs = plugin.check({case.kind.key: case.fields[case.kind.key], "account": "default", "existing": True})
    counts.at_most_once(plain=2, validated=1, canonical=1)
    with counted() as counts:
        plugin.create(inputs)
    counts.at_most_once(plain=1, changed_outside=1)


@pytest.mark.parametrize("name", BY_HAND)
def test_by_hand(
    room: "Room", cases: "Cases", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    config = {**room.config(), "bridgeUrl": ""}
    monkeypatch.setattr(room, "config", lambda: config)
    room.process()
    case, fields, provider = cases[name], {**cases[name].fields, **OPTIONS}, PROVIDERS[name]
    kind = provider.kind
    assert isinstance(kind, BridgeKind)
    inputs = Plugin(provider).check(fields)
    entry = replace(status.entry_for(kind, inputs), confirmed="2026-11-23T10:00:00Z", by="Ann")
    ledger_of("default").with_entry(entry).write()
    looked_up = {"looked_up_in_the_ledger": 1, **({"fingerprint": 1} if kind.secret & fields.keys() else {})}
    plugin = Plugin(provider)
    with counted() as counts:
        inputs = plugin.check(fields)
    counts.at_most_once(plain=2, validated=1, canonical=1, differing=1, **looked_up)
    with counted() as counts:
        plugin = plugin.create(inputs)
    counts.at_most_once(plain=1, differing=1, **looked_up)
    with counted() as counts:
        plugin = plugin.read()
    counts.at_most_once(plain=1, differing=1, **looked_up)
    wanted = plugin.check({**changed(case), **OPTIONS})
    with counted() as counts:
        assert plugin.diff(wanted) is not False
    counts.at_most_once(plain=2, declared_anew=1, differing=1, **looked_up)
    with counted() as counts:
        plugin.update(wanted)
    counts.at_most_once(plain=2, differing=1, **looked_up)
