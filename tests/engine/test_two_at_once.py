"""Two people on one stack, and a run whose answer is lost: with the real engine, one story each."""

import subprocess

import pytest

from tests.engine.applied import NAMES, channels
from tests.engine.processes import eventually
from tests.engine.project import Project

pytestmark = pytest.mark.engine


def test_two_people_on_one_stack(twelve: Project) -> None:
    """Pulumi's lock: the second one is told, and writes nothing."""
    project, sandbox = twelve, twelve.sandbox
    project.write(channels(*NAMES, "new"))
    sandbox.fault("redtrack", "hold", method="POST", path="^/sources$")
    with subprocess.Popen(
        project.command("up", "--yes", "--skip-preview"), cwd=project.folder, env=project.environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    ) as first:  # fmt: skip
        assert eventually(lambda: sandbox.control("GET", "/faults") == [])
        second = project.up()
        sandbox.clear_faults()
    assert first.returncode == 0
    assert second.status != 0
    assert "the stack is currently locked" in second.text
    assert "pulumi cancel" in second.text
    assert sandbox.writes() == ["POST /sources"]
    assert len(sandbox.rows("source")) == len(NAMES) + 1


def test_an_answer_that_is_lost_while_the_listing_lags(project: Project) -> None:
    """The state remembers that it may exist; the next `up` finds it, and makes no second one."""
    sandbox = project.sandbox
    project.write_whatever_the_rules_say("traffic_channels: {ads: {}}\n")
    sandbox.fault("redtrack", "empty", method="GET", path="^/sources$", times=None)
    sandbox.fault("redtrack", "cut", method="POST", path="^/sources$", after=True)
    lost = project.up()
    assert lost.status != 0
    assert "traffic channel 'ads' may exist in RedTrack or not: " in lost.text
    assert "Nobody saw whether all of this was created, and the state remembers it" in lost.told
    assert "Traceback" not in lost.text
    assert project.state()["ads"]["id"].startswith("trackform:unconfirmed/")
    sandbox.clear_faults()
    project.up_ok()
    (row,) = sandbox.rows("source")
    assert project.state()["ads"]["id"] == row["id"]
    assert sandbox.writes() == ["POST /sources"]
    project.ok("preview", "--expect-no-changes")
