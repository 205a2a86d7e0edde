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
    project.write(ACCOUNT)
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
