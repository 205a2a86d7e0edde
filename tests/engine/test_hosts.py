"""Where the keys go, with the real engine: to no host that the policy does not name, in any process of ours."""

import pytest

from tests.engine.project import Project, Result

pytestmark = pytest.mark.engine

EVIL = "https://redtrack.evil.test/redtrack"
"""Of a top-level domain that nobody has: a request to it would end with another message than this refusal."""
SAID = "trackform:redtrackUrl names redtrack.evil.test, and this key only goes to api.redtrack.io, this machine"
WAY_OUT = "write into stacks/policy.yaml `hosts: {redtrack: [redtrack.evil.test]}`"
VERBS = (
    ("doctor", "demo"), ("export", "demo"), ("verify", "demo"), ("reconcile", "demo"), ("accept", "demo"),
    ("operator", "demo", "--live", "--list"), ("operator", "demo", "--evidence"),
)  # fmt: skip


def refused(project: Project, result: Result, *words: str) -> None:
    assert result.status != 0, result.text
    said = " ".join(result.text.split())
    for word in words:
        assert word in said, result.text
    keys = project.sandbox.keys
    for key in (keys.redtrack, keys.digistore24, keys.bridge):
        assert key not in result.text


def test_an_address_of_nobody_that_is_named_gets_no_key(demo: Project) -> None:
    sandbox = demo.sandbox
    good = demo.config_file.read_text()
    bad = good.replace(f"{sandbox.url}/redtrack", EVIL)
    before = demo.state().keys()
    demo.config_file.write_text(bad)

    # The refresh reads from the address of the state; from then on it is the new one.
    refused(demo, demo.preview(), SAID, WAY_OUT)
    for verb in VERBS:
        refused(demo, demo.trackform(*verb), SAID)
    review = demo.trackform("review", "demo")
    refused(demo, review, f"trackform:redtrackUrl: goes from {sandbox.url}/redtrack to {EVIL}", "the RedTrack key is")
    refused(demo, demo.up(), SAID, WAY_OUT)
    assert sandbox.writes() == []

    # The failed `up` has stored the address: now it is the state's, and what runs without the program meets it.
    demo.config_file.write_text(good)
    sandbox.forget_requests()
    step = "Run `pulumi up --run-program` once"
    for arguments in (("refresh", "--yes"), ("up", "--yes", "--skip-preview"), ("destroy", "--yes")):
        refused(demo, demo.run(*arguments), SAID, step)
    assert sandbox.requests(service="redtrack") == []
    assert demo.state().keys() == before
    demo.up_ok("--run-program")
    assert sandbox.writes() == []

    # A branch that allows its own host is held against the policy of the branch before it.
    demo.config_file.write_text(bad)
    (demo.folder / "base.yaml").write_text("")
    (demo.stacks / "policy.yaml").write_text("hosts: {redtrack: [redtrack.evil.test]}\n")
    review = demo.trackform("review", "demo", env={"TRACKFORM_POLICY": "base.yaml"})
    refused(demo, review, "TRACKFORM_POLICY names", "hosts.redtrack allows redtrack.evil.test")
    refused(demo, demo.preview(env={"TRACKFORM_POLICY": "base.yaml"}), SAID, "base.yaml")
    refused(demo, demo.preview(env={"TRACKFORM_POLICY": "missing.yaml"}), "missing.yaml", "there is no such")


def test_another_address_is_reviewed_and_applied_though_no_object_changes(demo: Project) -> None:
    """A second name of this machine: the same sandbox, and a policy has nothing to allow."""
    sandbox = demo.sandbox
    text = demo.config_file.read_text()
    demo.config_file.write_text(text.replace("127.0.0.1", "localhost"))
    review = demo.trackform("review", "demo", "--json").json
    assert review["verdict"] == "differs"
    assert {(one["kind"], one["about"]) for one in review["dangers"]} == {
        ("address", f"trackform:{name}Url") for name in ("redtrack", "digistore24", "bridge")
    }
    applied = demo.trackform("review", "demo", "--apply", review["digest"])
    assert applied.status == 0, applied.text
    assert sandbox.writes() == []
    assert demo.trackform("review", "demo", "--json").json["dangers"] == [], "the state knows the new address"


def test_a_bridge_has_a_key_of_its_own(project: Project) -> None:
    sandbox = project.sandbox
    missing = project.up(env={"TRACKFORM_BRIDGE_KEY": None})
    refused(project, missing, "bridge: no API key: set TRACKFORM_BRIDGE_KEY__DEMO", "trackform:bridgeKey")
    assert sandbox.writes() == []
    project.ok("config", "set", "--secret", "trackform:bridgeKey", "canary-of-the-bridge")
    up = project.up(env={"TRACKFORM_BRIDGE_KEY": None})
    assert up.status == 0, up.told
    assert "canary-of-the-bridge" not in up.text + project.state_text() + project.config_file.read_text()
    assert len(sandbox.rows("conversion_type")) > 0
    assert len(sandbox.rows("connection")) > 0
