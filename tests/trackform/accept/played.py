"""`pulumi up` and `pulumi preview` played in this process: the provider's own steps, in the form that the CLI prints.

What the real CLI prints is held against this by the one story in tests/engine/test_accept.py.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from pulumi.runtime import rpc

from tests.trackform.accept.desk import lenient, token
from tests.trackform.export.living import Living, resolved
from trackform.account_file.compose import Ref, Wanted, compose
from trackform.account_file.models import read_account
from trackform.cli import main
from trackform.preview.urn import read_urn
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle.service import Live
from trackform_core.model.compare import as_accepted

Values = dict[str, Any]


class Played:
    """The stack ``demo`` on an account of the sandbox, with its state."""

    def __init__(self, living: Living, folder: Path) -> None:
        self.living = living
        self.folder = folder
        self.file = folder / "stacks" / "demo.yaml"
        self.shared = folder / "stacks" / "shared" / "digistore24.yaml"
        self.state: dict[Ref, Live] = {}

    def wanted(self) -> dict[Ref, Wanted]:
        return {Ref(each.section, each.name): each for each in compose(read_account(self.file)).objects}

    def up(self) -> list[str]:
        """Make the account what the file asks for; the writes that it took."""
        self.living.process()
        self.living.house.sandbox.log.clear()
        found = {ref: live for ref, live in self._read().items() if live is not None}
        wanted = self.wanted()
        self.state = {}
        for ref, each in wanted.items():
            inputs = self._inputs(each, found)
            old = found.get(ref)
            if old is None:
                self.state[ref] = lifecycle.create(each.kind, inputs)
            elif lifecycle.diff(each.kind, old.outs, inputs)[0]:
                self.state[ref] = lifecycle.update(each.kind, old.object_id, old.outs, inputs)
            else:
                # A step without a change takes the new inputs and keeps the old outputs.
                self.state[ref] = Live(old.object_id, old.outs, inputs)
            found[ref] = self.state[ref]
        return self.living.writes()

    def _read(self) -> dict[Ref, Live | None]:
        kinds = {ref: each.kind for ref, each in self.wanted().items()}
        return {
            ref: lifecycle.read(kinds[ref], live.object_id, as_accepted(kinds[ref], live.outs, live.inputs))
            for ref, live in self.state.items()
            if ref in kinds
        }

    def _inputs(self, wanted: Wanted, found: Mapping[Ref, Live]) -> Values:
        ids = {ref: live.object_id for ref, live in found.items()}
        fields = {name: resolved(value, Ids(ids)) for name, value in wanted.fields.items()}
        old = found.get(Ref(wanted.section, wanted.name))
        fields = {name: value for name, value in fields.items() if value is not None} | {"account": "default"}
        checked = lifecycle.check(wanted.kind, old.inputs if old else {}, fields, rpc.UNKNOWN)
        assert not checked.failures, checked.failures
        return checked.inputs

    def steps(self) -> list[dict[str, Any]]:
        """What `pulumi preview --refresh --show-sames --json` says."""
        self.living.process()
        read = self._read()
        steps = []
        for ref, live in read.items():
            was = self.state[ref]
            step = {"op": "refresh", "urn": _urn(ref), "oldState": _state(was)}
            steps.append(step | ({"newState": _state(live)} if live else {}))
        found = {ref: live for ref, live in read.items() if live is not None}
        for ref, wanted in self.wanted().items():
            inputs = self._inputs(wanted, found)
            old = found.get(ref)
            step = {"urn": _urn(ref), "newState": {"inputs": inputs}}
            if old is None:
                steps.append(step | {"op": "create"})
            else:
                op = "update" if lifecycle.diff(wanted.kind, old.outs, inputs)[0] else "same"
                steps.append(step | {"op": op, "oldState": _state(old)})
        return steps

    def planned(self) -> dict[str, str]:
        """Object -> what the next `up` would do to it, where that is anything."""
        return {
            read_urn(step["urn"]).name: step["op"] for step in self.steps() if step["op"] not in ("refresh", "same")
        }

    def accept(self, *arguments: str, answer: str | None = None) -> Result:
        """`trackform accept` on a preview of right now; it writes nothing to the account."""
        path = self.folder / "preview.json"
        path.write_text(json.dumps({"steps": self.steps()}))
        self.living.house.sandbox.log.clear()
        command = ["accept", "--stack", "demo", "--preview", str(path), *arguments]
        done = CliRunner().invoke(main, command, input=answer, env=lenient(self.folder))
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert self.living.writes() == []
        return done

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text()
        assert old in text
        self.file.write_text(text.replace(old, new, 1))

    def row(self, stored: str, **known_by: Any) -> Values:
        (found,) = (row for row in self.living.rows(stored) if known_by.items() <= row.items())
        return found

    def connection(self, name: str) -> Values:
        (found,) = (row for row in self.living.rows("connection") if f"sub20=tf.{name}" in row["url"])
        return found

    def change(self, stored: str, known_by: Values, **to: Any) -> None:
        self.living.edit(stored, str(self.row(stored, **known_by)["id"]), **to)

    def delete(self, stored: str, **known_by: Any) -> None:
        self.living.delete(stored, str(self.row(stored, **known_by)["id"]))


class Ids(dict[Ref, str]):
    """Object -> its id; one that is yet to be made has an id that is not known."""

    def __missing__(self, _: Ref) -> str:
        return rpc.UNKNOWN


def _urn(ref: Ref) -> str:
    return f"urn:pulumi:demo::trackform::{token(ref.section)}::{ref.name}"


def _state(live: Live) -> Values:
    return {"id": live.object_id, "inputs": live.inputs, "outputs": live.outs}
