"""What leaves the file or the stack: removed, kept and said so; and what survives a new name or a new key."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine


def test_destroy_removes_what_was_created_and_keeps_the_rest(project: Project) -> None:
    sandbox = project.sandbox
    by_hand = sandbox.redtrack("POST", "sources", json={"title": "facebook", "status": "active"})["id"]
    project.edit("{preset: facebook}", "{preset: facebook, adopt: true}")
    project.up_ok()
    assert [row["id"] for row in sandbox.rows("source")] == [by_hand]

    sandbox.forget_requests()
    destroyed = project.destroy()
    assert destroyed.status == 0, destroyed.told
    assert "Traceback" not in destroyed.text
    assert [row["id"] for row in sandbox.rows("source")] == [by_hand]
    assert "traffic channel 'facebook'" in destroyed.text
    assert "is kept: it was adopted, not created" in destroyed.text
    assert len(sandbox.rows("domain")) == 1
    assert "tracking domain 'track.acme.test'" in destroyed.text
    assert len(sandbox.rows("conversion_type")) == 7
    assert destroyed.text.count("never deleted by default") >= 8
    for kind in ("offer", "campaign", "stream", "network", "connection"):
        assert sandbox.rows(kind) == [], kind
    assert "offer 'keto-guide'" in destroyed.text
    assert "was deleted (status 3)" in destroyed.text
    assert project.state() == {}

    project.up_ok()
    assert len(sandbox.rows("conversion_type")) == 7
    project.ok("preview", "--expect-no-changes")


def test_an_offer_with_clicks_is_paused_and_a_used_funnel_kept(demo: Project) -> None:
    sandbox = demo.sandbox
    campaign = sandbox.row("campaign", title="fb-keto-de")
    sandbox.http.get(f"{sandbox.url}/t/{campaign['id']}")
    demo.edit("campaigns:\n  fb-keto-de: {channel: facebook, funnel: keto, cost_model: CPC, cpc: 0.25}", "")
    demo.edit("funnels:\n  keto: {offers: {keto-guide: 100}}", "")
    up = demo.up_ok()
    assert "had clicks in the last 30 days" in up.text
    assert sandbox.row("campaign", id=campaign["id"])["status"] == 2
    assert len(sandbox.rows("stream")) == 1
    assert "campaign 'fb-keto-de' still uses it" in up.text


def test_a_new_spelling_of_a_name_keeps_the_live_object(demo: Project) -> None:
    """Pulumi sees a create and a delete; the offer that people's links lead to must not notice."""
    sandbox = demo.sandbox
    before = sandbox.row("offer", title="keto-guide")
    demo.edit(
        "keto-guide: {countries: [DE, AT]}",
        "keto: {title: keto-guide, product: keto-guide, adopt: true, countries: [DE, AT]}",
    )
    demo.edit("{offers: {keto-guide: 100}}", "{offers: {keto: 100}}")
    up = demo.up_ok()
    assert "is kept: 'keto' has the same title and takes it over" in up.text
    after = sandbox.row("offer", title="keto-guide")
    assert (after["id"], after["status"], after["url"]) == (before["id"], 1, before["url"])
    assert set(demo.state()) >= {"keto"}
    assert "keto-guide" not in demo.state()
    demo.ok("preview", "--expect-no-changes")


def test_a_replacement_keeps_what_is_never_deleted(demo: Project) -> None:
    """Another host is another domain, and another slot another conversion type: RedTrack cannot change either."""
    sandbox = demo.sandbox
    first = sandbox.row("domain", url="track.acme.test")
    sandbox.redtrack("POST", "domains", json={"url": "go.acme.test", "type": "track"})
    demo.edit("{main: track.acme.test}", "{main: {url: go.acme.test, adopt: true}}")
    planned = demo.planned()
    assert planned["main"].op in ("replace", "create-replacement", "delete-replaced")
    assert planned["sales"].op == "update"
    up = demo.up_ok()
    assert "tracking domain 'track.acme.test'" in up.text
    assert {row["url"] for row in sandbox.rows("domain")} == {"track.acme.test", "go.acme.test"}
    assert sandbox.row("domain", url="track.acme.test")["id"] == first["id"]
    assert sandbox.row("campaign", title="fb-keto-de")["domain_id"] == sandbox.row("domain", url="go.acme.test")["id"]
    demo.ok("preview", "--expect-no-changes")

    # And back: the domain that was kept is there, and is taken.
    demo.edit("{main: {url: go.acme.test, adopt: true}}", "{main: {url: track.acme.test, adopt: true}}")
    demo.up_ok()
    assert sandbox.row("campaign", title="fb-keto-de")["domain_id"] == first["id"]
    assert len(sandbox.rows("domain")) == 2
    demo.ok("preview", "--expect-no-changes")


def test_another_slot_for_a_conversion_type(demo: Project) -> None:
    """The name is taken by the old slot, which is for ever: refused with a message, and nothing is lost."""
    sandbox = demo.sandbox
    misspelled: dict[str, str | None] = {"TRACKFORM_ALLOW": "rule:type-missing"}
    demo.edit("installment: {slot: 7,", "instalment: {slot: 8,", "shared/digistore24.yaml")
    demo.up_ok(env=misspelled)
    assert {(row["slot"], row["name"]) for row in sandbox.rows("conversion_type")} >= {
        (7, "installment"), (8, "instalment"),
    }  # fmt: skip
    demo.ok("preview", "--expect-no-changes", env=misspelled)
    demo.edit("instalment: {slot: 8,", "instalment: {slot: 9,", "shared/digistore24.yaml")
    for refused in (demo.preview(env=misspelled), demo.up(env=misspelled)):
        assert refused.status != 0
        assert "Traceback" not in refused.text
        assert "has another one of the name 'instalment'" in refused.told
    assert (8, "instalment") in {(row["slot"], row["name"]) for row in sandbox.rows("conversion_type")}
    assert demo.state()["instalment"]["outputs"]["slot"] == 8


def test_what_exists_and_differs_is_refused_with_the_way_out(project: Project) -> None:
    sandbox = project.sandbox
    sandbox.redtrack("POST", "sources", json={"title": "facebook", "ref_id_alias": "mine"})
    refused = project.up()
    assert refused.status != 0
    assert "Traceback" not in refused.text
    for words in ("traffic channel 'facebook' exists already in RedTrack", "adopt: true", "`existing`"):
        assert words in refused.told
    assert sandbox.row("source", title="facebook")["ref_id_alias"] == "mine"
    sandbox.edit("source", title="facebook")
    twice = project.up()
    assert twice.status != 0
    assert "has 2 of this title" in twice.told
