"""accept with the real engine, in one story. What can be accepted, and how, is tested on previews played in process."""

import pytest

from tests.engine.project import Project, Result

pytestmark = pytest.mark.engine

ACCOUNT = """\
# Kept: every comment, the order and the quotes.
extends: [shared/digistore24.yaml]

account: {currency: USD}
domains: {main: track.acme.test}
traffic_channels:
  facebook: {preset: facebook}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
offers:
  keto-guide: {countries: [DE, AT], payout: 12.5}   # net
  other: {url: 'https://shop.test/?cid={clickid}'}
funnels:
  keto: {offers: {keto-guide: 100}}
  spare: {offers: {other: 100}}
campaigns:
  # Germany
  fb: {channel: facebook, funnel: keto, cost_model: CPC, cpc: 0.25}
"""


def accept(project: Project, *arguments: str, **environment: str) -> Result:
    return project.trackform("accept", *arguments, env=environment)


def test_they_were_right_in_the_web_application(project: Project) -> None:
    project.write_whatever_the_rules_say(ACCOUNT)
    project.up_ok()
    sandbox = project.sandbox

    failed = accept(project, "--yes", REDTRACK_API_KEY="")
    assert failed.status == 1, failed.text
    assert "Error: the preview of stack 'demo' failed: " in failed.stderr
    assert "REDTRACK_API_KEY" in failed.stderr
    assert project.account_file.read_text() == ACCOUNT

    sandbox.edit("offer", sandbox.row("offer", title="keto-guide")["id"], payment={"amount": 13})
    sandbox.edit("campaign", sandbox.row("campaign", title="fb")["id"], cpc=0.4)
    sandbox.edit("conversion_type", sandbox.row("conversion_type", name="upsell")["id"], duplicates="ignore")
    sandbox.edit("stream", sandbox.row("stream", title="spare")["id"], delete=True)
    keto = sandbox.row("stream", title="keto")
    other = {"id": sandbox.row("offer", title="other")["id"], "weight": 40}
    sandbox.edit("stream", keto["id"], offers=[*keto["offers"], other])
    sandbox.forget_requests()
    done = accept(project, "--yes")
    assert done.status == 0, done.text
    assert "Changed outside, not managed: campaigns/fb.cpc is 0.4. Name it to accept it" in done.stdout
    assert accept(project, "campaigns/fb.cpc").status == 0

    wanted = ACCOUNT.replace("payout: 12.5", "payout: 13").replace("cpc: 0.25", "cpc: 0.4")
    wanted = wanted.replace("{keto-guide: 100}", "{keto-guide: 100, other: 40}")
    assert project.account_file.read_text() == wanted.replace("  spare: {offers: {other: 100}}\n", "")
    assert "  upsell: {slot: 2, duplicates: ignore" in (project.stacks / "shared/digistore24.yaml").read_text()
    # What they steered and the file took over is theirs all the same, also when they set it back.
    project.up_ok("--expect-no-changes")
    assert sandbox.writes() == []
    sandbox.edit("campaign", sandbox.row("campaign", title="fb")["id"], cpc=0.25)
    sandbox.forget_requests()
    assert "cpc was changed outside, not managed: 0.25 (declared: 0.4)" in project.up_ok("--expect-no-changes").text
    assert sandbox.writes() == []
