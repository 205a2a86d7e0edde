"""What waited for a person and may be made by now is made, also by a run that reads nothing first."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine


def test_an_offer_source_that_the_plan_allows_by_now_is_made_without_a_refresh(project: Project) -> None:
    project.write("offer_sources: {shop: {currency: USD}}\noffers: {keto: {url: 'https://p.test/?cid={clickid}'}}\n")
    project.sandbox.switch(post_networks="premium_only")
    project.up_ok()
    assert project.state()["shop"]["outputs"]["status"] == "awaiting operator"
    project.sandbox.switch(post_networks="allowed")
    planned = project.ok("preview", "--refresh=false", "--json").json["changeSummary"]
    assert planned.get("replace", 0) >= 1
    project.up_ok("--refresh=false")
    (made,) = project.sandbox.rows("network")
    project.up_ok()
    assert project.state()["shop"]["id"] == made["id"]
    assert project.sandbox.row("offer", title="keto")["program_id"] == made["id"]
    project.ok("preview", "--expect-no-changes")
