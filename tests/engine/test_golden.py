"""The whole job as it is today, on the demo account and on one with a bit of everything, compared to the letter.

A change of what is compared is a change that users see: look at it, then make the files anew (TRACKFORM_GOLDEN=write).
For who moves things: `make golden` compares, `make test` leaves it out.
"""

import os

import pytest

from tests.engine.golden import ASKED, Golden
from tests.engine.project import Project

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not os.environ.get(ASKED), reason="compared by `make golden`"),
]

# One domain, one member a list: RedTrack shows the first domain that it has, and lists are in the order of random ids.
FULL = """\
extends: [shared/digistore24.yaml]
mark: true
account: {currency: USD}
domains: {main: {url: track.acme.test, on_delete: delete}}
digistore24: {affiliate: acme, currency: USD, notify: [ops@acme.test, it@acme.test]}
traffic_channels: {facebook: {preset: facebook}, taboola: {preset: taboola, enforce: [status], status: active}}
landings:
  page: {url: 'https://l.test/?a=b'}
  first: {url: 'https://p.test/', type: prelanding, domain: main}
offers:
  keto-guide: {countries: [DE, AT], tags: [diet], payout: 12.5}
  'FB :: other': {url: 'https://shop.test/?cid={clickid}', notes: "two\\nlines", extra: {cap_alert: true}}
postbacks: {sales: {domain: main}, returns: {domain: main}, billing: {domain: main}}
funnels:
  keto: {offers: {keto-guide: 70}, landings: {page: 100}, prelandings: {first: 100}}
  spare: {offers: {'FB :: other': 100}}
campaigns:
  fb: {channel: facebook, domain: main, funnel: keto, cost_model: CPC, cpc: 0.25}
  tb: {channel: taboola, domain: main, funnel: spare, status: paused, leave: [tags], unset: [coupon]}
"""
MARKED = {
    "offer_source": ["digistore24"], "landing": ["page", "first"], "offer": ["keto-guide", "FB :: other"],
    "campaign": ["fb", "tb"],
}  # fmt: skip
TAKE_OVER = ",".join(f"take-over:{kind}/{title}" for kind, titles in MARKED.items() for title in titles)
ACCOUNTS = {"demo": ("", ("keto-guide", "fb-keto-de")), "full": (FULL, ("keto-guide", "fb"))}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_whole_job_is_what_it_was(project: Project, name: str) -> None:
    text, (offer, campaign) = ACCOUNTS[name]
    if text:
        project.write_whatever_the_rules_say(text)
    sandbox, golden = project.sandbox, Golden(name, project)
    sandbox.forget_requests()

    golden.preview("1-first", project.ok("preview", "--json", "--show-sames"))
    golden.requests("1-first-preview")
    golden.review("1-first")
    sandbox.forget_requests()
    project.up_ok()
    golden.requests("1-first-up")
    project.up_ok()
    golden.requests("2-again")
    # Not before: which domain RedTrack shows depends on which object was made first.
    golden.state("2-again")

    live = sandbox.row("offer", title=offer)
    sandbox.edit("offer", live["id"], country_codes=["CH"], url=live["url"].replace("{clickid}", "{clickd}"))
    sandbox.edit("campaign", sandbox.row("campaign", title=campaign)["id"], cpc=0.5, title="renamed outside")
    sandbox.edit("conversion_type", sandbox.row("conversion_type", name="upsell")["id"], duplicates="ignore")
    golden.preview("3-drift", project.ok("preview", "--json", "--show-sames", "--refresh"))
    sandbox.forget_requests()
    golden.review("3-drift")
    sandbox.forget_requests()
    project.up_ok()
    golden.requests("3-drift-up")

    project.edit("cpc: 0.25", "cpc: 0.3")
    project.edit("countries: [DE, AT]", "countries: [DE]")
    project.edit(f"  {campaign}: {{", f"  new-{campaign}: {{was: {campaign}, title: {campaign}, ")
    golden.preview("4-change", project.ok("preview", "--json", "--show-sames", "--refresh"))
    golden.review("4-change")
    sandbox.forget_requests()
    project.up_ok()
    golden.requests("4-change-up")

    sandbox.edit("offer", live["id"], country_codes=["FR"])
    accepted = project.trackform("accept", "--yes")
    golden.same("5-accept.txt", accepted.stdout + project.account_file.read_text())

    other = Project(project.folder, sandbox, stack="twin")
    other.write("adopt: true\n" + project.account_file.read_text())
    sandbox.forget_requests()
    golden.project = other
    shown: dict[str, str | None] = {"TRACKFORM_REFUSED": "shown"}
    golden.preview("6-adoption", other.ok("preview", "--json", "--show-sames", env=shown))
    other.up_ok(env={"TRACKFORM_ALLOW": TAKE_OVER})
    golden.requests("6-adoption")

    golden.project = project
    project.destroy()
    golden.requests("7-destroy", of_a_destroy=True)
    golden.state("7-destroy")
    golden.all_compared()
