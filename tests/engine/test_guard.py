"""The guard with the real engine: refused before the first write, by `preview` and by `up`, whatever the flags."""

import pytest

from tests.engine.project import Project
from tests.engine.test_review import review

pytestmark = pytest.mark.engine

CHANNELS = 12


def channels(*names: str) -> str:
    return "traffic_channels:\n" + "".join(f"  {name}: {{title: title of {name}}}\n" for name in names)


def test_what_goes_too_far_is_refused_and_writes_nothing(project: Project) -> None:
    sandbox = project.sandbox
    names = [f"c{number:02}" for number in range(CHANNELS)]
    project.write(channels(*names))
    project.up_ok()
    before = {name: each["urn"] for name, each in project.state().items()}
    ids = {row["title"]: row["id"] for row in sandbox.rows("source")}
    sandbox.forget_requests()

    project.write(channels(*names[:-3]))
    refused = project.preview()
    assert refused.status != 0
    assert "Traceback" not in refused.text
    assert "3 of 12 objects of the kind traffic channel would be deleted or paused" in refused.told
    assert "traffic channel 'c11' leaves the file: deleted, unless a live object still uses it" in refused.told
    assert "TRACKFORM_ALLOW=delete:channel" in refused.told
    refused = project.up("--target", before["c11"])
    assert refused.status != 0
    assert "traffic channel 'title of c11' is not deleted: the stack's Account was not checked" in refused.told

    renamed = [*names[:-1], "new"]
    project.write(channels(*renamed))
    refused = project.up()
    assert refused.status != 0
    assert "`was: c11` in the entry of 'new'" in refused.told
    assert project.state().keys() == before.keys()

    project.edit("new: {title: title of new}", "new: {title: title of c11, was: c11}")
    assert "leaves the file" not in project.up_ok().text
    assert sandbox.writes() == []
    assert project.state()["new"]["id"] == ids["title of c11"]


def test_a_branch_cannot_raise_its_own_limit_of_updates(project: Project) -> None:
    sandbox = project.sandbox
    names = [f"c{number:02}" for number in range(CHANNELS)]
    project.write(channels(*names))
    project.up_ok()
    sandbox.forget_requests()
    project.write(channels(*names).replace("}", ", alias: new}"))
    (project.stacks / "policy.yaml").write_text("limits: {all: {update: {percent: 100}}}\n")
    (project.folder / "base.yaml").write_text("limits: {traffic_channels: {update: {percent: 20}}}\n")
    base: dict[str, str | None] = {"TRACKFORM_POLICY": "base.yaml"}

    refused = project.preview(env=base)
    assert refused.status != 0
    assert "Traceback" not in refused.text
    assert "more than 2 of 12 objects of this kind would change in one run" in refused.told
    assert "TRACKFORM_ALLOW=update:channel" in refused.told
    shown = review(project, "--markdown", TRACKFORM_POLICY="base.yaml")
    assert shown.status == 1
    assert shown.stdout.startswith("**demo: REFUSED, 2 dangers, 12 to update**")
    assert "the limit update.percent goes from 20 up to 100 for traffic\\_channels" in shown.stdout
    assert "--apply" not in shown.stdout
    assert sandbox.writes() == []

    assert project.up(env=base).status != 0
    assert len(sandbox.writes()) == 2, "with --skip-preview at most the limit is written"
    project.up_ok()
    assert len(sandbox.writes()) == CHANNELS
