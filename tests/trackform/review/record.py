"""Makes tests/data/previews anew, all or those named: python -m tests.trackform.review.record [NAME ...]

With the real engine, on a sandbox.

What is of no use for a review is left out: stack traces, times, ports, pickled providers.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.engine.project import Project
from tests.engine.served import Served, serving
from tests.engine.warm import PULUMI

DATA = Path(__file__).parents[2] / "data" / "previews"
ACCOUNT = """\
extends: [shared/digistore24.yaml]
account: {currency: USD}
domains: {main: track.acme.test, spare: go.acme.test}
traffic_channels: {facebook: {preset: facebook}, tiktok: {preset: tiktok}}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
products: {other: {id: 600}}
offers:
  keto-guide: {countries: [DE, AT], status: active}
  other: {url: 'https://www.digistore24.com/redir/600/acme?cid={clickid}', notes: before}
postbacks:
  sales: {domain: main, token: {secret: token}}
  returns: {domain: main, token: {secret: token}}
  billing: {domain: main, token: {secret: token}}
funnels:
  keto: {offers: {keto-guide: 100}}
  spare: {offers: {other: 100}}
campaigns:
  fb: {channel: facebook, domain: main, funnel: keto, cost_model: CPC, cpc: 0.25, status: active}
  tt: {channel: tiktok, domain: main, funnel: keto, cost_model: CPC, cpc: 0.1, status: paused}
"""
USELESS = {
    "stackTrace", "sourcePosition", "created", "modified", "provider", "dependencies", "custom", "parent", "type",
    "urn", "__provider", "sequenceNumber", "duration",
}  # fmt: skip
Record = Callable[..., None]
"""Takes the name of a preview, and whether it goes on though something is refused."""


def slim(value: Any, *, top: bool = False) -> Any:
    """Without what a review does not look at; a step keeps its urn."""
    if not isinstance(value, dict):
        return [slim(item) for item in value] if isinstance(value, list) else value
    kept = {name: slim(item) for name, item in value.items() if name not in USELESS or (top and name == "urn")}
    if "propertyDependencies" in kept:
        kept["propertyDependencies"] = {name: urns for name, urns in kept["propertyDependencies"].items() if urns}
    if kept.get("op") == "refresh":
        # What is live is told again by the step that follows.
        kept.pop("newState", None)
        kept["oldState"] = {name: kept["oldState"][name] for name in ("id", "inputs") if name in kept["oldState"]}
    return kept


def set_secret(project: Project, text: str) -> None:
    command = [str(PULUMI), "config", "set", "--secret", "trackform:token", text, "--stack", project.stack]
    subprocess.run(command, cwd=project.folder, env=project.environment, check=True)


def in_file(project: Project, record: Record) -> None:
    """What people change in the file; each with the account as it was."""
    shared = project.stacks / "shared" / "digistore24.yaml"
    catalog = shared.read_text()
    record("clean")

    project.edit("fb: {channel: facebook, domain: main", "fb: {channel: facebook, domain: spare")
    project.edit(
        "  keto-guide: {countries: [DE, AT], status: active}", "  keto-guide: {countries: [DE], status: paused}"
    )
    project.edit("acme?cid={clickid}', notes: before", 'acme?ref=x\', notes: "a|b `c` <d>\\n# e @ops ptoken=hush"')
    project.edit("cpc: 0.1, status: paused", "cpc: 0.1, status: active")
    project.edit("returns: {domain: main", "returns: {events: [refund], sum: 0, domain: main")
    project.edit("upsell: {slot: 2", "upsell: {title: upsells, slot: 12", "shared/digistore24.yaml")
    project.edit("refund: {slot: 3", "refund: {title: money_back, slot: 3", "shared/digistore24.yaml")
    record("dangerous")
    project.write(ACCOUNT)
    shared.write_text(catalog)

    project.edit("main: track.acme.test, spare", "main: new.acme.test, spare")
    record("another_host")
    project.write(ACCOUNT)

    project.edit("  tt: {channel: tiktok, domain: main, funnel: keto, cost_model: CPC, cpc: 0.1, status: paused}\n", "")
    project.edit("  spare: {offers: {other: 100}}\n", "")
    project.edit("  installment: {slot: 7, duplicates: by_event_id, forward: none}\n", "", "shared/digistore24.yaml")
    project.edit("  billing: {domain: main, token: {secret: token}}\n", "")
    project.edit("  billing: {events: [payment]", "  # billing: {events: [payment]", "shared/digistore24.yaml")
    record("removed")
    project.write(ACCOUNT)
    shared.write_text(catalog)

    set_secret(project, "another-token")
    record("secret")
    set_secret(project, "a-token")

    project.edit("  tt: {", "  tt-new: {")
    record("renamed")
    record("renamed_in_words", shown="")
    project.write(ACCOUNT)

    project.edit("account: {", "account: {redtrack_user: 64f0aa64f0aa64f0aa64f0aa, ")
    record("refused")
    project.write(ACCOUNT)
    project.edit("extends:", "extendz:")
    record("mistake")
    project.write(ACCOUNT)


def outside(project: Project, record: Record) -> None:
    """What people change in the web application."""
    sandbox = project.sandbox
    offer = sandbox.row("offer", title="keto-guide")
    campaign = sandbox.row("campaign", title="fb")
    sandbox.edit("offer", offer["id"], country_codes=["CH"], url=offer["url"].replace("{clickid}", "{click_id}"))
    sandbox.edit("campaign", campaign["id"], cpc=0.4, tags=["theirs"])
    record("drift")
    project.edit("countries: [DE, AT]", "countries: [FR]")
    project.edit("cost_model: CPC, cpc: 0.25", "cost_model: CPC, cpc: 0.3")
    sandbox.edit("campaign", sandbox.row("campaign", title="tt")["id"], delete=True)
    record("drift_and_file")
    project.write(ACCOUNT)
    source = sandbox.row("network", title="digistore24")["id"]
    there = {"title": "there", "url": "https://x.test/?cid={clickid}", "program_id": source}
    sandbox.redtrack("POST", "offers", json=there)
    project.edit("offers:\n", "offers:\n  there: {url: 'https://y.test/?cid={clickid}&a=1'}\n")
    record("exists")
    project.edit("&a=1'}", "&a=1', adopt: true}")
    record("taken_over")


def main() -> None:
    DATA.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "sandbox") as url:
        sandbox = Served(url)
        sandbox.reset()
        project = Project(Path(folder), sandbox)
        project.write(ACCOUNT)
        set_secret(project, "a-token")

        def record(name: str, shown: str = "shown") -> None:
            if sys.argv[1:] and name not in sys.argv[1:]:
                return
            env: dict[str, str | None] = {"TRACKFORM_REFUSED": shown}
            done = project.run("preview", "--json", "--show-sames", "--refresh", env=env)
            data = json.loads(done.stdout)
            data["config"] = {name: "http://sandbox.test" for name in data["config"] if "Url" in name}
            data["steps"] = [slim(step, top=True) for step in data["steps"]]
            data.pop("duration", None)
            (DATA / f"{name}.json").write_text(json.dumps(data, separators=(",", ":"), ensure_ascii=False) + "\n")
            sys.stdout.write(f"{name}: {done.status}, {data.get('changeSummary')}{os.linesep}")

        record("first")
        # The sandbox shows postback URLs of the domain that was first.
        project.edit(", spare: go.acme.test", "")
        project.up_ok()
        project.write(ACCOUNT)
        project.up_ok()
        in_file(project, record)
        outside(project, record)


if __name__ == "__main__":
    main()
