"""States that earlier versions wrote: later versions must still read and delete with them.

``tests/data/state/<Kind>.json`` holds the id and outputs of one object, with the pickle of its provider, as a stack's
state does. A file is written once, when its kind is new, and never again: what it holds is what is out there. For a
new kind run this file with ``TRACKFORM_FREEZE=1``; it writes the files that are missing and no other.
"""

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dill  # type: ignore[import-untyped]
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from trackform.resources import RESOURCES
from trackform_core.account import AccountProvider
from trackform_core.model.vendors import pins
from trackform_core.model.wire import Values

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

STATE = Path(__file__).parents[1] / "data" / "state"
STORED = {
    "domain": "domain", "channel": "source", "offer_source": "network", "conversion_type": "conversion_type",
    "offer": "offer", "funnel": "stream", "campaign": "campaign", "landing": "landing", "postback": "connection",
    "script": "script",
}  # fmt: skip
RESOURCE = {r.__name__: r for r in RESOURCES}
NAMES = [*RESOURCE, "Account"]
IPN = {
    "domain_id": "acme-9f2c", "name": "acme", "url": "https://ipn.acme.test/in", "product_ids": ["411530"],
    "sha_passphrase": "canary-passphrase", "transactions": ["refund", "payment"], "timing": "delayed",
}  # fmt: skip


def frozen(name: str) -> Values:
    found: Values = json.loads((STATE / f"{name}.json").read_text(encoding="utf-8"))
    return found


@pytest.mark.skipif(not os.environ.get("TRACKFORM_FREEZE"), reason="states are written once, with TRACKFORM_FREEZE=1")
@pytest.mark.parametrize("name", NAMES)
def test_freeze(room: "Room", cases: "dict[str, Case]", name: str) -> None:
    path = STATE / f"{name}.json"
    if path.exists():
        pytest.skip("a state that is out there is not rewritten")
    if name == "Account":
        pinned = {"redtrack_user": "f" * 24, "digistore24_account": "123456"}
        inputs: Values = {"name": "default", **pinned, "recorded": pinned, "object_id": "default"}
        provider: Any = AccountProvider()
        state: Values = {"id": "default", "outputs": dict(inputs), "inputs": inputs}
    else:
        provider = RESOURCE[name].provider
        fields = IPN if name == "IpnConnection" else cases[provider.kind.name].fields
        made = room.create(provider.kind, fields | {"on_delete": "delete"})
        state = {"id": made.object_id, "outputs": dict(made.outs), "inputs": dict(made.inputs)}
    state["outputs"]["__provider"] = serialize_provider(provider)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(state, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def test_every_kind_has_a_frozen_state() -> None:
    assert {path.stem for path in STATE.glob("*.json")} >= set(NAMES)


@pytest.mark.parametrize("name", sorted(path.stem for path in STATE.glob("*.json")))
def test_an_old_state_still_reads_and_deletes(room: "Room", name: str) -> None:
    state = frozen(name)
    outs: Values = state["outputs"]
    provider = dill.loads(base64.b64decode(outs["__provider"]))  # noqa: S301 -- a file of this repository
    if name == "Account":
        session = room.process()
        outs["live"] = {pin: session.owner(service) for pin, service in pins().items()}
        seen = provider.read(state["id"], dict(outs))
        assert seen.inputs is None
        assert seen.outs["recorded"] == outs["live"]
        assert provider.diff(state["id"], dict(outs), dict(state["inputs"])).changes is False
        provider.delete(state["id"], dict(outs))
        return
    kind = provider.kind
    account = room.process().owner(kind.service)
    # The object as the service has it, under the id that the state knows.
    fields = {field: outs[field] for field in kind.fields if field in outs}
    parts = frozenset(fields) | {f"extra.{part}" for part in outs.get("extra", {})}
    row = kind.body({}, fields | {"extra": outs.get("extra", {})}, parts)
    stamps = {"created_at": "2026-01-01T00:00:00.000Z", "serial_number": 1, "account": account}
    if kind.has_listing:
        room.sandbox.store.put(
            account, STORED[kind.name], {**stamps, **row, "id": state["id"]}, row_id=state["id"]
        )  # fmt: skip
    else:
        kind.create(room.process().client(kind.service), row)
    before = {**outs, "owner": account}
    room.process()
    seen = provider.read(state["id"], dict(before))
    assert seen.id == state["id"]
    assert seen.inputs == state["inputs"]
    for field, value in state["outputs"].items():
        if field not in ("owner", "__provider", *kind.computed):
            assert seen.outs[field] == value, field
    checked = provider.check(dict(state["inputs"]), dict(state["inputs"]))
    assert not checked.failures
    assert provider.diff(state["id"], dict(before), dict(checked.inputs)).changes is False
    room.process()
    room.forget()
    provider.delete(state["id"], dict(before))
    assert len(room.writes() if kind.has_listing else room.asked("ipnDelete")) == 1
