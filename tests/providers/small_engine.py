"""What Pulumi's engine does with the providers of one stack, in this process: refresh, check, diff, apply, delete.

As measured of the real one: a step without a change takes the new inputs and keeps the old outputs, `read` without
inputs keeps the state's, deletes come last and only when all else went well, and each run is a process of its own.
"""

import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.dynamic import ResourceProvider
from pulumi.runtime.proto.provider_pb2 import ReadRequest

from trackform.preview.steps import ACCOUNT
from trackform.resources import RESOURCES
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed, KindProvider
from trackform_core.model.messages import read_message
from trackform_core.model.pulumi_names import resource_type
from trackform_core.model.vendors import pins
from trackform_core.model.wire import Values

if TYPE_CHECKING:
    from tests.providers.conftest import Room

PROVIDERS: dict[str, KindProvider] = {cls.provider.kind.name: cls.provider for cls in RESOURCES}
STACK = "default"


class Stopped(Exception):  # noqa: N818 -- the run ends, the test goes on
    """The run failed; what it had done is in the state."""


@dataclass
class Kept:
    """One resource of the state."""

    provider: ResourceProvider
    object_id: str
    inputs: Values
    outs: Values


@dataclass
class Engine:
    room: "Room"
    state: dict[tuple[str, str], Kept] = field(default_factory=dict)
    """By kind and logical name; the `Account` under an empty kind."""
    refreshes: bool = True
    planned: list[tuple[str, str]] = field(default_factory=list)
    """What the last run found to be changed."""
    steps: list[Values] = field(default_factory=list)
    """The last run's, as `pulumi preview --json --show-sames --refresh` prints them."""
    refused: list[str] = field(default_factory=list)
    """Why its checks said that the last run's writes would be declined, in full."""
    name: str = STACK
    """The stack's, which `pulumi stack rename` changes; where the `Account` stands in the state does not."""

    def preview(self, program: Mapping[str, Mapping[str, Values]], **account: Any) -> None:
        """``program`` is kind -> logical name -> fields."""
        self._run(program, account, apply=False)

    def up(self, program: Mapping[str, Mapping[str, Values]], **account: Any) -> None:
        self._run(program, account, apply=True)

    def destroy(self, *only: tuple[str, str]) -> None:
        """Without a program; ``only`` are targets."""
        self.room.process(checked=False)
        self._refresh(only or tuple(self.state))
        for at in reversed(only or tuple(self.state)):
            self._delete(at)

    def up_with_targets(self, *only: tuple[str, str]) -> None:
        """Objects that left the program, deleted one by one: the engine checks nothing else."""
        self.destroy(*only)

    def up_with_the_account_alone(self, program: Mapping[str, Mapping[str, Values]], **account: Any) -> None:
        """With the `Account` as the only target: it sees the whole program, and nothing else is read or touched."""
        self._run(program, account, apply=True, targets=(("", STACK),))

    def up_to(
        self, targets: tuple[tuple[str, str], ...], program: Mapping[str, Mapping[str, Values]], **account: Any
    ) -> None:
        """With the `Account` and some more as targets."""
        self._run(program, account, apply=True, targets=(("", STACK), *targets))

    def _run(
        self,
        program: Mapping[str, Mapping[str, Values]],
        account: Values,
        *,
        apply: bool,
        targets: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.room.process(checked=False)
        self.planned, self.refused, self.steps = [], [], []
        before = {at: Kept(**vars(kept)) for at, kept in self.state.items()}
        self._refresh(tuple(at for at in self.state if not targets or at in targets))
        was = {(kind, now): (kind, old) for kind, names in account.get("was", {}).items() for now, old in names.items()}
        declared = {(kind, name): fields for kind, names in program.items() for name, fields in names.items()}
        former = {now: old for now, old in was.items() if old in self.state and now not in self.state}
        # A former name that another object has now is an error of Pulumi's own.
        assert not set(former.values()) & declared.keys()
        for now, old in former.items():
            self.state[now] = self.state.pop(old)
        inventory = {
            kind: {name: str(fields[PROVIDERS[kind].kind.key]) for name, fields in names.items()}
            for kind, names in program.items()
        }
        of_account = {"name": self.name, "inventory": inventory} | account
        try:
            self._step(("", STACK), AccountProvider(), of_account, apply=apply)
            for at, fields in declared.items():
                if not targets or at in targets:
                    self._step(at, PROVIDERS[at[0]], self._belongs(at[0]) | fields, apply=apply)
            for at in [at for at in reversed(self.state) if at[0] and at not in declared]:
                self._note(at, "delete", oldState=_state(self.state[at]))
                if apply and (not targets or at in targets):
                    self._delete(at)
            if self.refused:
                raise Stopped("\n".join(self.refused))
        finally:
            if not apply:
                self.state = before

    def _belongs(self, kind: str) -> Values:
        recorded = self.state["", STACK].inputs.get("recorded") if ("", STACK) in self.state else None
        pin = PROVIDERS[kind].kind.service.whose.pin
        return {"account": self.name, "account_id": (recorded or {}).get(pin)}

    def _refresh(self, which: tuple[tuple[str, str], ...]) -> None:
        for at in which if self.refreshes else ():
            kept = self.state[at]
            self._note(at, "refresh", oldState=_state(kept))
            request = ReadRequest()  # the provider looks for it here, as in Pulumi's servicer
            request.inputs.update(kept.inputs)
            seen = kept.provider.read(kept.object_id, dict(kept.outs))
            if not seen.id:
                del self.state[at]
                continue
            kept.object_id = str(seen.id)
            kept.outs = dict(seen.outs or {})
            kept.inputs = kept.inputs if seen.inputs is None else dict(seen.inputs)

    def _step(self, at: tuple[str, str], provider: ResourceProvider, news: Values, *, apply: bool) -> None:
        kept = self.state.get(at)
        checked = provider.check(dict(kept.inputs) if kept else {}, dict(news))
        if checked.failures:
            # What a failure is about is shown with its value: of the Account that is its name or a pin, nothing long.
            assert at[0] or {failure.property for failure in checked.failures} <= {"name", *pins()}
            raise Stopped("\n".join(read_message(str(failure.reason)).text for failure in checked.failures))
        inputs = dict(checked.inputs)
        said = [read_message(reason) for reason in inputs.get("refused") or ()]
        self.refused += [message.text for message in said if message.id != "as-told"]
        if apply and said and not at[0]:
            # Its write is declined before anything else is tried.
            with pytest.raises(Failed, match=re.escape(said[0].text)):
                provider.update("", {}, dict(inputs))
            raise Stopped("\n".join(self.refused))
        if kept is None:
            self._note(at, "create", newState={"inputs": inputs})
            if apply:
                made = provider.create(dict(inputs))
                self.state[at] = Kept(provider, str(made.id), inputs, dict(made.outs or {}))
            return
        changes = provider.diff(kept.object_id, dict(kept.outs), dict(inputs)).changes
        # Of who does not know, the engine compares the inputs itself.
        if changes is True or (changes is None and kept.inputs != inputs):
            self.planned.append(at)
        op = "update" if at in self.planned else "same"
        self._note(at, op, oldState=_state(kept), newState={"inputs": inputs})
        if at in self.planned and apply:
            kept.outs = dict(provider.update(kept.object_id, dict(kept.outs), dict(inputs)).outs or {})
        kept.inputs = inputs

    def _note(self, at: tuple[str, str], op: str, **states: Values) -> None:
        kind, name = at
        of_type = resource_type(PROVIDERS[kind].kind) if kind else ACCOUNT
        self.steps.append({"op": op, "urn": f"urn:pulumi:{STACK}::trackform::{of_type}::{name}", **states})

    def _delete(self, at: tuple[str, str]) -> None:
        kept = self.state[at]
        kept.provider.delete(kept.object_id, dict(kept.outs))
        del self.state[at]


def _state(kept: Kept) -> Values:
    return deepcopy({"id": kept.object_id, "inputs": kept.inputs, "outputs": kept.outs})
