"""review with the real engine: what is applied is what was reviewed, or nothing is."""

import json

import pytest

from tests.engine.project import Project, Result

pytestmark = pytest.mark.engine

ACCOUNT = """\
account: {currency: USD}
domains: {main: track.acme.test}
traffic_channels: {facebook: {preset: facebook}}
digistore24: {affiliate: acme, currency: USD}
offer_sources: {digistore24: {preset: digistore24}}
products: {keto: {id: 411530}}
offers:
  keto: {countries: [DE, AT], notes: before}
"""


def review(project: Project, *arguments: str, **environment: str) -> Result:
    return project.trackform("review", "demo", *arguments, env=environment)


def test_a_merge_applies_what_was_reviewed_or_stops_with_the_difference(project: Project) -> None:
    project.write_whatever_the_rules_say(ACCOUNT)
    project.up_ok()
    sandbox = project.sandbox
    offer = sandbox.row("offer", title="keto")["id"]

    project.edit("notes: before", "notes: after")
    saved = project.folder / "review.json"
    shown = review(project, "--markdown", "--write", str(saved), "--write", str(project.folder / "review.html"))
    assert shown.status == 2, shown.text
    assert shown.stdout.startswith("**demo: differs, 1 to update**")
    assert "  - notes: `before` → `after`" in shown.stdout
    digest = json.loads(saved.read_text())["digest"]
    assert digest in shown.stdout
    assert "<ins><code>after</code></ins>" in (project.folder / "review.html").read_text()

    # Somebody edits the very field in the meantime: a saved plan alone would write over it.
    sandbox.edit("offer", offer, notes="theirs")
    sandbox.forget_requests()
    stopped = review(project, "--apply", digest, "--reviewed", str(saved))
    assert stopped.status == 3, stopped.text
    assert "Nothing was applied" in stopped.stdout
    assert '  update offers/keto.notes: "before" -> "after"' in stopped.stdout
    assert '  update offers/keto.notes: "theirs" -> "after"' in stopped.stdout
    assert sandbox.writes() == []

    sandbox.edit("offer", offer, notes="before")
    done = review(project, "--apply", digest)
    assert done.status == 0, done.text
    assert f"applied what was reviewed, {digest}" in done.stdout
    assert sandbox.row("offer", title="keto")["notes"] == "after"
    assert sandbox.keys.redtrack not in shown.text + stopped.text + done.text + saved.read_text()


NAME = "FB :: Keto :: DE"
"""Of the kind that ad accounts are full of; a URN joins its parts with the same sign."""


def test_an_object_with_colons_in_its_name_is_seen_made_and_deleted_as_reviewed(project: Project) -> None:
    project.write_whatever_the_rules_say(ACCOUNT.replace("  keto: {", f'  "{NAME}": {{product: keto, '))
    sandbox, saved = project.sandbox, project.folder / "review.json"

    def planned(**environment: str) -> tuple[list[tuple[str, str]], str]:
        shown = review(project, "--write", str(saved), **environment)
        assert f"offers/{NAME}" in shown.stdout
        found = json.loads(saved.read_text())
        offers = [(item["change"], item["name"]) for item in found["items"] if item["section"] == "offers"]
        return sorted(offers), found["digest"]

    items, digest = planned()
    assert items == [("create", NAME)]
    done = review(project, "--apply", digest)
    assert done.status == 0, done.text

    sandbox.edit("offer", sandbox.row("offer", title=NAME)["id"], notes="theirs")
    assert planned()[0] == [("drift", NAME)]
    taken = project.trackform("accept", "--stack", "demo", "--yes", f"offers/{NAME}")
    assert f"offers/{NAME}.notes: before -> theirs" in taken.stdout, taken.text

    project.write_whatever_the_rules_say(ACCOUNT.partition("offers:")[0] + "offers: {other: {product: keto}}\n")
    allowed = {"TRACKFORM_ALLOW": f"delete:offer/{NAME}"}
    items, digest = planned(**allowed)
    assert items == [("create", "other"), ("delete", NAME)]
    done = review(project, "--apply", digest, **allowed)
    assert done.status == 0, done.text
    assert NAME not in project.state()


def test_what_a_replacement_did_not_get_to_delete_is_in_the_next_review(project: Project) -> None:
    """Pulumi keeps it in the state and tries again, and by itself says nothing of it in a preview."""
    types = "conversion_types: {{sale: {{slot: {0}, title: sale{0}, on_delete: delete, duplicates: ignore}}}}\n"
    project.write(types.format(1))
    project.up_ok()
    sandbox, saved = project.sandbox, project.folder / "review.json"
    first = sandbox.row("conversion_type", slot=1)["id"]
    sandbox.fault("bridge", "status:400", method="DELETE", times=None)
    project.write(types.format(2))
    failed = project.up()
    assert "HTTP 400" in failed.told
    sandbox.clear_faults()

    shown = review(project, "--write", str(saved))
    assert shown.status == 2, shown.text
    found = json.loads(saved.read_text())
    assert [(one["change"], one["name"], one["object_id"]) for one in found["items"]] == [("delete", "sale", first)]
    done = review(project, "--apply", found["digest"])
    assert done.status == 0, done.text
    assert [row["slot"] for row in sandbox.rows("conversion_type")] == [2]


def test_a_run_that_failed_leaves_it_known_what_was_changed_outside(demo: Project) -> None:
    """The engine's refresh puts what is live into the state, whether or not the run gets to undo it."""
    sandbox = demo.sandbox
    offer = sandbox.row("offer", title="keto-guide")
    sandbox.edit("offer", offer["id"], url=f"{offer['url']}&theirs=1")
    sandbox.fault("redtrack", "status:400", method="PUT", times=None)
    assert demo.up().status != 0
    sandbox.clear_faults()
    reviewed = review(demo).stdout
    assert "Drift: changed outside (1)\n  offers/keto-guide (offer)\n    url, theirs: 1 → nothing" in reviewed
    shown = demo.preview("--diff")
    assert "theirs=1" in shown.stdout
    assert "drift" not in shown.stdout, "what the state remembers is no property of the object"
