"""Two stacks beside each other, on two accounts and on one; one that moves or loses its state; hundreds of objects."""

import re
from collections.abc import Callable

import pytest

from tests.engine.project import REPOSITORY, Project

pytestmark = pytest.mark.engine

OBJECTS = 300
REQUESTS = 30
FORMER = "gASVLAAAAAAAAACME3Byb3ZpZGVycy5yZXNvdXJjZXOUjA1PZmZlclByb3ZpZGVylJOUKYGULg=="
"""`providers.resources.OfferProvider`, as states named it before November 27, 2026."""


def test_two_accounts_do_not_see_each_other(demo: Project, second: Callable[[str], Project]) -> None:
    """The second account's file has the same names and another affiliate: no object is shared, and no write crosses."""
    other = second("other")
    other.write((REPOSITORY / "stacks" / "demo.yaml").read_text().replace("affiliate: acme", "affiliate: zenith"))
    other.up_ok()
    assert demo.sandbox.writes() == []
    kinds = ("offer", "network", "campaign", "domain", "conversion_type", "connection")
    for kind in kinds:
        assert len(other.sandbox.rows(kind)) == len(demo.sandbox.rows(kind)) > 0
    assert "acme" in demo.sandbox.rows("offer")[0]["url"]
    assert "zenith" in other.sandbox.rows("offer")[0]["url"]
    other.sandbox.edit("offer", other.sandbox.rows("offer")[0]["id"], url="https://elsewhere.test")
    assert set(other.planned()) == {"keto-guide"}
    assert other.destroy().status == 0
    assert len(demo.sandbox.rows("offer")) == 1
    demo.ok("preview", "--expect-no-changes")


def test_two_stacks_on_one_account(project: Project) -> None:
    """What one stack only refers to stays the other's: not written, not deleted, and no difference to either."""
    sandbox = project.sandbox
    project.write("traffic_channels: {shared: {}}\n")
    project.up_ok()
    other = Project(project.folder, sandbox, stack="other")
    other.write("traffic_channels: {theirs: {existing: shared}, mine: {}}\n")
    sandbox.forget_requests()
    other.up_ok()
    assert sandbox.writes() == ["POST /sources"]
    assert other.state()["theirs"]["id"] == project.state()["shared"]["id"]
    for stack in (project, other):
        stack.ok("stack", "select")
        assert f"stack {stack.stack}: selected in Pulumi" in stack.trackform("links").text
    assert other.destroy().status == 0
    assert [row["title"] for row in sandbox.rows("source")] == ["shared"]
    project.ok("preview", "--expect-no-changes")


def test_another_folder_and_a_lost_state(demo: Project) -> None:
    """docs/state.md: nothing in the state depends on the folder, and adoption rebuilds it without a write.

    What is lost here is a state that names packages which are no longer called so.
    """
    before = {name: each["id"] for name, each in demo.state().items()}
    demo.folder = demo.folder.rename(demo.folder.with_name("elsewhere"))
    demo.stacks = demo.folder / "stacks"
    demo.account_file, demo.config_file = (demo.stacks / f"{name}demo.yaml" for name in ("", "Pulumi."))
    demo.ok("preview", "--expect-no-changes")

    (state,) = (demo.folder / "state" / ".pulumi" / "stacks").glob("*/demo.json")
    state.write_text(re.sub(r'"__provider":\s*"[^"]*"', f'"__provider": "{FORMER}"', state.read_text()))
    assert "No module named 'providers.resources'" in demo.preview().told
    demo.ok("stack", "rm", "--yes", "--force", "--preserve-config")
    demo.ok("stack", "init", "demo")
    demo.account_file.write_text("adopt: true\n" + demo.account_file.read_text())
    adopts = {name: step.new["adopts"] for name, step in demo.planned().items() if name != "account"}
    assert adopts == {name: {"id": object_id, "changes": {}} for name, object_id in before.items() if name != "account"}
    demo.up_ok()
    assert demo.sandbox.writes() == []
    assert {name: each["id"] for name, each in demo.state().items()} == before
    demo.ok("preview", "--expect-no-changes")
    assert demo.sandbox.writes() == []


def test_hundreds_of_objects(project: Project) -> None:
    """No request for each. More of them are tried by `make bench`, and by a test of the SDK's recursion in process."""
    per = OBJECTS // 3
    offers = "".join(f"  o{n}: {{url: 'https://shop.test/{n}?cid={{clickid}}'}}\n" for n in range(per))
    funnels = "".join(f"  f{n}: {{offers: {{o{n}: 100}}}}\n" for n in range(per))
    campaigns = "".join(f"  c{n}: {{channel: ads, funnel: f{n}}}\n" for n in range(per))
    project.write(
        "domains: {main: track.acme.test}\noffer_sources: {shop: {clickid: '{cid}'}}\n"
        f"traffic_channels: {{ads: {{}}}}\noffers:\n{offers}funnels:\n{funnels}campaigns:\n{campaigns}"
    )
    shown = project.ok("preview")
    assert f"+ {OBJECTS + 5} to create" in shown.text
    assert project.sandbox.writes() == []
    assert len(project.sandbox.requests()) < REQUESTS, "none for each object"
