"""What an account file can say beyond the demo's, through the real CLI: all of it comes up, and then it is quiet."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

FILE = """\
mark: true
domains: {{main: track.acme.test}}
digistore24: {{affiliate: acme, currency: USD}}
offer_sources: {{digistore24: {{preset: digistore24}}}}
products: {{keto: {{id: 411530}}}}
offers: {{keto: {{tags: [diet], protect: true, script: page}}}}
traffic_channels: {{fb: {{title: Facebook, id: {picked}}}}}
landings:
  page: {{url: 'https://l.test/'}}
  first: {{url: 'https://p.test/', type: prelanding, domain: main}}
funnels: {{{funnel}, offers: {{keto: {member}}}, landings: {{page: 70}}, prelandings: {{first: 30}}}}}}
campaigns: {{c: {{channel: fb, funnel: {name}, cpc: {cpc}}}}}
scripts: {{page: {{domain: main, type: 1}}, shop: {{campaign: c}}}}
ipn_connections:
  vendor: {{domain_id: acme-9f2c, url: 'https://ipn.acme.test/in', passphrase: {{secret: ipn}}, products: [keto]}}
"""
CANARY = "canary-passphrase-7f3a"


def test_landings_ipn_marks_picks_old_names_and_what_people_set(project: Project) -> None:
    sandbox = project.sandbox
    _, picked = (sandbox.edit("source", title="Facebook")["id"] for _ in range(2))
    first = {"picked": picked, "funnel": "keto: {title: Keto", "name": "keto", "cpc": 0.25}
    first["member"] = "{weight: 1, filters: {country: {values: [DE]}}}"
    project.write_whatever_the_rules_say(FILE.format(**first))
    project.ok("config", "set", "--secret", "trackform:ipn", CANARY)

    project.up_ok()
    state = project.state()
    assert state["fb"]["outputs"]["object_id"] == picked
    assert len(sandbox.rows("source")) == 2
    funnel = sandbox.row("stream", title="Keto")
    pages = {row["title"]: row["id"] for row in sandbox.rows("landing")}
    assert [(one["id"], one["weight"]) for one in funnel["landings"]] == [(pages["page"], 70)]
    assert [(one["id"], one["weight"]) for one in funnel["prelandings"]] == [(pages["first"], 30)]
    assert funnel["offers"][0]["filters"]["country"]["values"] == ["DE"]
    scripts = {row["name"]: row for row in sandbox.rows("script")}
    assert sandbox.row("offer", title="keto")["script_id"] == scripts["page"]["id"]
    assert scripts["shop"]["campaign_id"] == sandbox.row("campaign", title="c")["id"]
    assert state["shop"]["outputs"]["script_code"].startswith("<script ")
    (ipn,) = sandbox.rows("ipn")
    assert (ipn["settings"]["product_ids"], ipn["sha_passphrase"]) == ("411530", CANARY)
    assert CANARY not in project.state_text()
    assert sandbox.row("offer", title="keto")["tags"] == ["diet", "trackform:demo"]
    assert sandbox.row("campaign", title="c")["tags"] == ["trackform:demo"]

    # Somebody sets the bid in the web application, the file takes it over, and a resource gets another name.
    sandbox.edit("campaign", sandbox.row("campaign", title="c")["id"], cpc=0.3)
    later = {**first, "funnel": "diet: {was: keto, title: Keto", "name": "diet", "cpc": 0.3}
    project.write_whatever_the_rules_say(FILE.format(**later))
    sandbox.forget_requests()
    project.up_ok("--expect-no-changes")
    assert sandbox.writes() == []
    assert [entry for entry in sandbox.requests() if entry["path"].endswith("ipnSetup")] == []
    assert "diet" in project.state()
    assert "keto" in project.state(), "the offer of this name"
    assert sandbox.row("stream", title="Keto")["id"] == funnel["id"]

    # A filter that leaves the file goes, and then it is quiet.
    project.write_whatever_the_rules_say(FILE.format(**{**later, "member": "1"}))
    project.up_ok()
    assert not sandbox.row("stream", title="Keto")["offers"][0]["filters"]["country"]["active"]
    project.ok("preview", "--expect-no-changes")

    refused = project.destroy()
    assert refused.status != 0
    assert "protect" in refused.text
    assert sandbox.row("offer", title="keto")["status"] == 1
