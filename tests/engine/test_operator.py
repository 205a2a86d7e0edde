"""Without a bridge: `up` succeeds, claims nothing, and every preview shows what a person still has to enter."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine.applied import SetUps
from tests.engine.project import Project, steps

pytestmark = pytest.mark.engine
BY_HAND = 10
"""The demo's seven conversion types and three connections."""
MAPPED = 1
"""The demo forwards to one traffic channel."""


def operator(project: Project, *arguments: str) -> tuple[int, Any]:
    done = project.trackform("operator", "demo", "--who", "Ann <ann@acme.test>", "--json", *arguments)
    assert not done.stderr, done.stderr
    return done.status, done.json


def no_bridge(project: Project) -> None:
    text = project.config_file.read_text()
    project.config_file.write_text(re.sub(r"  trackform:bridgeUrl.*\n", "", text))


@pytest.fixture
def by_hand(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """The demo account as it is after an `up` without a bridge."""
    made = set_ups.copy("by hand", tmp_path / "project", no_bridge)
    yield made
    made.sandbox.close()


def test_from_up_to_a_clean_preview_and_a_removal(by_hand: Project) -> None:
    project = by_hand
    assert project.sandbox.rows("conversion_type") == project.sandbox.rows("connection") == []
    assert project.output("open_steps") == {"count": BY_HAND + MAPPED, "next": "trackform operator demo"}
    shown = project.ok("preview", "--json")
    planned = steps(shown)
    assert len(planned) == BY_HAND
    assert {step.op for step in planned.values()} == {"update"}
    sales = planned["sales"]
    assert sales.changed["currency"] == (None, "USD")
    assert sales.changed["url"][0] is None
    assert "status" not in sales.changed
    assert sales.new["status"] == "awaiting operator"

    (campaign,) = project.sandbox.rows("campaign")
    assert campaign["status"] == 2, "its clicks would book nothing"
    assert "is paused until tf.sales is confirmed" in shown.stdout

    assert operator(project, "--confirm", "*")[0] == 0
    planned = project.planned()
    assert {name: step.op for name, step in planned.items()} == {"fb-keto-de": "update"}
    project.up_ok()
    (campaign,) = project.sandbox.rows("campaign")
    assert campaign["status"] == 1
    project.ok("preview", "--expect-no-changes")

    project.edit("  billing: {", "  #billing: {", "shared/digistore24.yaml")
    refused = project.preview()
    assert refused.status != 0
    assert "only a person can remove it" in refused.told
    assert "trackform operator demo" in refused.told
    assert [step["id"] for step in operator(project, "--list")[1]["steps"]] == ["postbacks/billing"]
    assert "billing" in project.state()
    assert operator(project, "--confirm", "postbacks/billing")[0] == 0
    project.up_ok()
    state = project.state()
    assert "billing" not in state
    assert project.output("open_steps") == {"count": 0, "next": ""}
    assert {each["outputs"].get("status") for each in state.values()} == {None, "confirmed"}


def test_a_renamed_stack_forgets_no_connection(by_hand: Project) -> None:
    project = by_hand
    assert operator(project, "--confirm", "*")[0] == 0
    project.up_ok()
    project.ok("stack", "rename", "acme")
    project.stack = "acme"
    for end in ("yaml", "ledger.yaml"):
        (project.stacks / f"demo.{end}").rename(project.stacks / f"acme.{end}")

    # Nothing tells a run without a program the new name.
    project.ok("refresh", "--yes", "--skip-preview")
    assert project.state()["sales"]["outputs"]["status"] == "confirmed"

    # The run that learns the name ends in an error; what it leaves behind goes by the new name all the same.
    project.edit("  billing: {", "  #billing: {", "shared/digistore24.yaml")
    for _ in range(2):
        refused = project.up()
        assert refused.status != 0
        assert "only a person can remove it" in refused.told
        assert project.state()["billing"]["outputs"]["account"] == "demo"
    project.trackform("operator", "acme", "--who", "Ann <ann@acme.test>", "--confirm", "postbacks/billing")
    project.up_ok()
    assert "billing" not in project.state()
    project.ok("preview", "--expect-no-changes")


def test_a_new_product_waits_though_the_connection_books_another_one(by_hand: Project) -> None:
    """Its sales are in the log under the same marker; the rows that a person entered do not have the new product."""
    project = by_hand
    assert project.trackform("sandbox", "enter", "demo").status == 0
    assert operator(project, "--confirm", "*")[0] == 0
    project.up_ok()
    assert project.trackform("sandbox", "play", "fb-keto-de", "sale").status == 0
    assert any("tf.sales" in row.values() for row in project.sandbox.rows("conversion"))

    product = "sleep: {id: 411533, billing: single, guarantee: 60d}"
    project.edit("offers:\n", f"products: {{{product}}}\noffers:\n  sleep: {{}}\n")
    project.edit("funnels:\n", "funnels:\n  sleep: {offers: {sleep: 100}}\n")
    project.edit("campaigns:\n", "campaigns:\n  fb-sleep-de: {channel: facebook, funnel: sleep}\n")
    told = project.up_ok().told
    assert "campaign 'fb-sleep-de' is paused until tf.sales is confirmed" in told
    assert "fb-keto-de' is paused" not in told
    assert project.sandbox.row("campaign", title="fb-sleep-de")["status"] == 2
    assert project.trackform("sandbox", "enter", "demo").status == 0
    assert operator(project, "--confirm", "*")[0] == 0
    project.up_ok()
    assert project.sandbox.row("campaign", title="fb-sleep-de")["status"] == 1
    project.ok("preview", "--expect-no-changes")
