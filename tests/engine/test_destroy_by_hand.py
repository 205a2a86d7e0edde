"""`pulumi destroy` where only a person can remove a part: each way out is typed as the messages have it."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.applied import SetUps
from tests.engine.project import Project, Result
from tests.engine.test_operator import no_bridge, operator

pytestmark = pytest.mark.engine
CONNECTIONS = {"sales", "returns", "billing"}


def confirmed(project: Project) -> None:
    no_bridge(project)
    project.edit("  billing: {", "  billing: {on_delete: keep, ", "shared/digistore24.yaml")
    project.edit("upsell: {slot: 2,", "upsell: {on_delete: delete, slot: 2,", "shared/digistore24.yaml")
    operator(project, "--confirm", "*")


@pytest.fixture
def entered(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """The demo account after an `up`, with all that a person enters confirmed before it."""
    made = set_ups.copy("confirmed", tmp_path / "project", confirmed)
    yield made
    made.sandbox.close()


def typed(project: Project, command: str, *more: str) -> Result:
    """A command of ours, as a message has it."""
    program, *words = shlex.split(command)
    assert program == "trackform"
    return project.trackform(*words, *more)


def commands(told: str) -> set[str]:
    return set(re.findall(r"`(trackform [^`]+)`", told))


@pytest.mark.parametrize("file", ["as it is", "without objects", "gone"])
def test_a_destroy_says_what_a_person_removes_and_then_goes_through(entered: Project, file: str) -> None:
    project = entered
    if file == "without objects":
        project.write("empty: true\n")
    elif file == "gone":
        project.account_file.unlink()
    refused = project.destroy()
    assert refused.status != 0
    assert "only a person can remove it" in refused.told
    assert "no limit of stacks/policy.yaml" in refused.told

    (command,) = commands(refused.told)
    shown = typed(project, command, "--list")
    assert shown.status == 4
    assert set(re.findall(r"^(?:\[demo\] )?([a-z_]+/\S+): remove$", shown.stdout, re.MULTILINE)) == {
        "conversion_types/upsell", "postbacks/sales", "postbacks/returns", "traffic_channels/facebook",
    }  # fmt: skip
    again = project.destroy()
    assert again.status != 0, "not yet confirmed"
    assert typed(project, command, "--confirm", "*", "--who", "Ann").status == 0

    done = project.destroy()
    assert done.status == 0, done.told
    assert project.state() == {}
    assert "postback connection 'billing' (tf.billing) is kept: on_delete is keep" in refused.text + again.text
    ledger = (project.stacks / "demo.ledger.yaml").read_text()
    assert "postbacks/tf.billing:" in ledger, "it stays live"
    assert "postbacks/tf.sales:" not in ledger


def test_after_a_destroy_the_same_file_comes_up_again(entered: Project) -> None:
    project = entered
    (command,) = commands(project.destroy().told)
    typed(project, command, "--confirm", "*", "--who", "Ann")
    assert project.destroy().status == 0
    project.up_ok()
    assert project.output("open_steps")["count"] == 4, "what was removed is to be entered again"
    state = project.state()
    assert {name for name in CONNECTIONS if state[name]["outputs"]["status"] == "confirmed"} == {"billing"}


@pytest.mark.parametrize("flags", [["--run-program"], ["--continue-on-error"], ["--exclude", "**Campaign::*"]])
def test_the_flags_of_a_destroy_change_nothing_of_it(entered: Project, flags: list[str]) -> None:
    refused = entered.run("destroy", "--yes", "--skip-preview", *flags)
    assert refused.status != 0
    assert commands(refused.told) == {"trackform operator demo --destroy"}


def test_what_a_bridge_made_and_nobody_confirmed(demo: Project) -> None:
    """The bridge is gone, so its connections are removed by hand, and the message has what is typed then."""
    no_bridge(demo)
    demo.up_ok("--run-program")
    allowed: set[str] = set()
    for _ in CONNECTIONS:
        refused = (
            demo.destroy()
            if not allowed
            else demo.run("destroy", "--yes", "--skip-preview", env={"TRACKFORM_ALLOW": ",".join(sorted(allowed))})
        )
        if refused.status == 0:
            break
        assert commands(refused.told) == set()
        found = set(re.findall(r"`TRACKFORM_ALLOW=([^`]+)`", refused.told))
        assert found - allowed
        allowed |= found
    assert demo.run("destroy", "--yes", "--skip-preview", env={"TRACKFORM_ALLOW": ",".join(allowed)}).status == 0
    assert demo.state() == {}


def test_one_target_takes_one_permission(entered: Project) -> None:
    """Nothing else that the message names would do: the Account as a target takes all along, or is refused."""
    project, target = entered, ("destroy", "--yes", "--skip-preview", "--target", "**Campaign::*")
    refused = project.run(*target)
    assert refused.status != 0
    assert "name the Account" not in refused.told
    (allowed,) = set(re.findall(r"TRACKFORM_ALLOW=(\S+)", refused.told))
    project.ok(*target, env={"TRACKFORM_ALLOW": allowed})
    assert "fb-keto-de" not in project.state()
    assert [row for row in project.sandbox.rows("campaign") if row["status"] != 3] == []


def test_the_other_way_out_of_a_target_is_the_file(entered: Project) -> None:
    project = entered
    refused = project.run("destroy", "--yes", "--skip-preview", "--target", "**Campaign::*")
    assert "Take it out of the account file and run `pulumi up` without --target" in refused.told
    project.edit("campaigns:\n  fb-keto-de: {channel: facebook, funnel: keto, cost_model: CPC, cpc: 0.25}", "")
    project.up_ok()
    assert "fb-keto-de" not in project.state()


def test_an_up_of_one_takes_the_account_along(entered: Project) -> None:
    project, target = entered, ("--target", "**TrafficChannel::more")
    project.edit("traffic_channels:", "traffic_channels:\n  more: {}")
    refused = project.up(*target)
    assert refused.status != 0
    (words,) = set(re.findall(r"With --target, name the Account as well: (--target '[^']+')", refused.told))
    project.up_ok(*target, *shlex.split(words))
    assert "more" in project.state()


def test_a_run_that_reads_nothing_is_told_to_read(entered: Project) -> None:
    project = entered
    refused = project.run("destroy", "--yes", "--skip-preview", "--refresh=false")
    assert refused.status != 0
    assert "run it again without --refresh=false" in refused.told
    (command,) = commands(project.destroy().told)
    typed(project, command, "--confirm", "*", "--who", "Ann")
    assert project.destroy().status == 0


def test_a_connection_as_the_target_is_removed_by_hand_too(entered: Project) -> None:
    project, target = entered, ("destroy", "--yes", "--skip-preview", "--target", "**PostbackConnection::sales")
    refused = project.run(*target)
    (allowed,) = set(re.findall(r"TRACKFORM_ALLOW=(\S+)", refused.told))
    refused = project.run(*target, env={"TRACKFORM_ALLOW": allowed})
    assert "only a person can remove it" in refused.told
    (command,) = commands(refused.told)
    assert typed(project, command, "--confirm", "postbacks/sales", "--who", "Ann").status == 4
    project.ok(*target, env={"TRACKFORM_ALLOW": allowed})
    assert "sales" not in project.state()
    assert {"returns", "billing", "account"} <= project.state().keys()


def test_a_channel_that_is_made_again_is_to_be_mapped_again(demo: Project) -> None:
    (channel,) = operator(demo, "--list")[1]["steps"]
    assert operator(demo, "--confirm", channel["id"])[0] == 0
    assert demo.destroy().status == 0
    demo.up_ok()
    (again,) = operator(demo, "--list")[1]["steps"]
    assert again["id"] == channel["id"]
    assert "was made since then" in again["reason"]
    assert demo.output("open_steps")["count"] == 1
