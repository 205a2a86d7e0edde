"""A stack that was applied to an account of the sandbox, with its state where Pulumi keeps it."""

import json
import shutil
from pathlib import Path

import pytest

from tests.trackform.accept.played import Played
from tests.trackform.export.conftest import house
from tests.trackform.export.living import BASE, House
from trackform.preview.steps import ACCOUNT
from trackform.project.state import SIGNED
from trackform_core.model.pulumi_names import resource_type

__all__ = ["house"]

SHARED = Path(__file__).resolve().parents[3] / "stacks" / "shared"

ACCOUNT_FILE = """\
extends: [shared/digistore24.yaml]
account: {currency: USD}
domains: {main: {url: track.acme.test, fallback_url: 'https://acme.test'}}
traffic_channels: {facebook: {preset: facebook}}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
offers:
  keto-guide: {countries: [DE, AT], status: active}
landings: {advertorial: {url: 'https://l.acme.test/a?v=1'}}
funnels: {keto: {offers: {keto-guide: 100}, landings: {advertorial: 100}}}
campaigns: {fb: {channel: facebook, funnel: keto, cost_model: CPC, cpc: 0.25}}
scripts: {page: {campaign: fb, type: 1}}
"""
CONFIG = f"""\
config:
  trackform:redtrackUrl: {BASE}/redtrack
  trackform:digistore24Url: {BASE}/digistore24/api/call
  trackform:bridgeUrl: {BASE}/bridge
"""


class Stage(Played):
    """The stack and the files around it."""

    def keep(self) -> None:
        """Write down what was applied, as Pulumi does."""
        prefix = "urn:pulumi:demo::trackform::"
        resources = [
            {
                "urn": f"{prefix}{resource_type(self.wanted()[ref].kind)}::{ref.name}",
                "id": live.object_id,
                "inputs": {**live.inputs, "__provider": {SIGNED: "encrypted"}},
                "outputs": live.outs,
            }
            for ref, live in self.state.items()
        ]
        keys: dict[str, dict[str, str]] = {}
        for ref, each in self.wanted().items():
            keys.setdefault(each.kind.name, {})[ref.name] = str(each.fields[each.kind.key])
        of_account = {"name": "demo", "inventory": keys, "recorded": {"redtrack_user": self.living.owner}}
        account = {"urn": f"{prefix}{ACCOUNT}::trackform", "id": "demo", "inputs": of_account, "outputs": of_account}
        file = self.folder / "state" / ".pulumi" / "stacks" / "trackform" / "demo.json"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"checkpoint": {"latest": {"resources": [account, *resources]}}}))

    def ran(self, at: int, **noted: str) -> None:
        """Note a run of Pulumi in its history."""
        folder = self.folder / "state" / ".pulumi" / "history" / "trackform" / "demo"
        folder.mkdir(parents=True, exist_ok=True)
        run = {"kind": "update", "result": "succeeded", "endTime": at, "environment": noted}
        (folder / f"demo-{at}000000000.history.json").write_text(json.dumps(run))


@pytest.fixture
def stage(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stage:
    """An account that was set up from a file."""
    living = house.living()
    shutil.copytree(SHARED, tmp_path / "stacks" / "shared")
    (tmp_path / "Pulumi.yaml").write_text("name: trackform\n")
    (tmp_path / "stacks" / "Pulumi.demo.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/state")
    monkeypatch.setenv("REDTRACK_API_KEY", living.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", living.digistore24_key)
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "bridge-key")
    stage = Stage(living, tmp_path)
    stage.file.write_text(ACCOUNT_FILE)
    stage.up()
    stage.keep()
    return stage
