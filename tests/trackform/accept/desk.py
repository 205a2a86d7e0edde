"""Previews made up from what a stack's file asks for: what is live is said by the test."""

import json
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from trackform.accept.drift import Drift
from trackform.accept.plan import asked
from trackform.account_file.compose import Ref, compose
from trackform.account_file.models import read_account
from trackform.cli import main
from trackform.program import CLASSES
from trackform.rules import rule_ids

Live = dict[str, dict[str, Any]]

SHARED = """\
conversion_types: {sale: {slot: 1, duplicates: ignore}, upsell: {slot: 2}}
offer_sources: {digistore24: {preset: digistore24}}
products:
  keto-guide: {id: 411530, upsells: [411531]}
  other: {id: 500}
"""
OWN = """\
extends: [shared/base.yaml]
domains: {main: track.acme.test, second: go.acme.test}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
traffic_channels: {facebook: {preset: facebook}, taboola: {preset: taboola}}
offers:
  keto-guide: {unset: [notes]}
  other: {}
postbacks:
  sales: {events: [payment], type: order_type, domain: main}
  returns: {events: [refund], type: transaction_type, domain: main}
funnels:
  keto: {offers: {keto-guide: 70, other: 30}}
  second: {offers: {other: 100}}
campaigns:
  fb: {channel: facebook, funnel: keto, domain: main}
"""


def lenient(folder: Path) -> dict[str, str]:
    """The environment in which no rule counts as an error: most values here are made up to be written, not right."""
    policy = folder / "lenient.yaml"
    policy.write_text(json.dumps({"rules": dict.fromkeys(rule_ids(), "warning")}))
    return {"TRACKFORM_POLICY": str(policy)}


class Desk:
    """A project folder, and previews of its stack ``demo``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.strict = False
        """Whether the rules count as they do by default."""
        self.file = folder / "stacks" / "demo.yaml"
        self.shared = folder / "stacks" / "shared" / "base.yaml"

    def write(self, own: str, shared: str = "") -> None:
        self.shared.parent.mkdir(parents=True, exist_ok=True)
        self.shared.write_bytes(shared.encode())
        self.file.write_bytes(own.encode())

    def preview(
        self, live: Live, *, steered: Live | None = None, applied: Live | None = None, gone: tuple[str, ...] = ()
    ) -> Path:
        """A saved preview. ``section/name`` -> field -> live value; `None` for nothing.

        An object's id is ``id of section/name``.
        """
        composition = compose(read_account(self.file))
        ids = {
            f"id of {ref.section}/{ref.name}": ref
            for ref in [Ref(each.section, each.name) for each in composition.objects]
        }
        steps: list[dict[str, Any]] = []
        for ref, declared in asked(composition, Drift(ids=ids)).items():
            name = f"{ref.section}/{ref.name}"
            urn = f"urn:pulumi:demo::trackform::{token(ref.section)}::{ref.name}"
            was = _with(declared, (applied or {}).get(name, {}))
            there = _with(was, live.get(name, {}))
            old = {"id": f"id of {name}", "inputs": was, "outputs": was}
            steps.append({"op": "refresh", "urn": urn, "oldState": old, "newState": old})
            outputs = {**there, "changed_outside": (steered or {}).get(name, {})}
            now = {"id": f"id of {name}", "inputs": there, "outputs": outputs}
            new = {"inputs": declared}
            if name in gone:
                steps.append({"op": "create", "urn": urn, "newState": new})
            else:
                op = "same" if there == declared else "update"
                steps.append({"op": op, "urn": urn, "oldState": now, "newState": new})
        path = self.folder / "preview.json"
        path.write_text(json.dumps({"steps": steps}))
        return path

    def accept(self, preview: Path, *arguments: str, answer: str | None = None) -> Result:
        return CliRunner().invoke(
            main, ["accept", "--preview", str(preview), "--stack", "demo", *arguments], input=answer,
            env=None if self.strict else lenient(self.folder),
        )  # fmt: skip

    def accepted(self, live: Live, *arguments: str) -> str:
        """The stack's file after all of it was accepted."""
        done = self.accept(self.preview(live), "--yes", *arguments)
        assert done.exit_code == 0, done.output
        return self.file.read_text()


def token(section: str) -> str:
    return f"pulumi-python:{getattr(CLASSES[section], '_resource_type_name')}"  # noqa: B009 -- Pulumi's own name for it


def _with(values: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in {**values, **changes}.items() if item is not None}


def url_of(desk: Desk, name: str) -> str:
    """The URL that the file asks of a connection."""
    steps = json.loads(desk.preview({}).read_text())["steps"]
    return next(str(s["newState"]["inputs"]["url"]) for s in steps if s["urn"].endswith(f"PostbackConnection::{name}"))
