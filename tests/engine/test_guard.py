"""The guard with the real engine: refused before the first write, by `preview` and by `up`, whatever the flags."""

import pytest

from tests.engine.project import Project

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
