"""The guard with the real engine: refused before the first write, by `preview` and by `up`, whatever the flags."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.applied import NAMES, SetUps, channels
from tests.engine.project import Project
from tests.engine.test_review import review

pytestmark = pytest.mark.engine


def test_what_goes_too_far_is_refused_and_writes_nothing(twelve: Project) -> None:
    project, sandbox, names = twelve, twelve.sandbox, NAMES
    before = {name: each["urn"] for name, each in project.state().items()}
    ids = {row["title"]: row["id"] for row in sandbox.rows("source")}

    project.write(channels(*names[:-3]))
    refused = project.preview()
    assert refused.status != 0
    assert "Traceback" not in refused.text
    assert "3 of 12 objects of the kind traffic channel would be deleted or paused" in refused.told
    assert "traffic channel 'c11' leaves the file: deleted" in refused.told
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


def test_a_branch_cannot_raise_its_own_limit_of_updates(twelve: Project) -> None:
    project, sandbox = twelve, twelve.sandbox
    project.write(channels(*NAMES).replace("}", ", alias: new}"))
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
    assert len(sandbox.writes()) == len(NAMES)


LAST_OFFERS = """\
offer_sources: {shop: {}}
traffic_channels: {ads: {}}
offers:
  keto: {url: "https://shop.test/keto?cid={clickid}"}
  yoga: {url: "https://shop.test/yoga?cid={clickid}"}
"""


@pytest.fixture
def two_offers(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """A stack of two offers, set up."""
    made = set_ups.copy("two offers", tmp_path / "project", lambda project: project.write(LAST_OFFERS))
    yield made
    made.sandbox.close()


NO_OBJECTS = "stacks/demo.yaml:1: declares no objects; add some; or get them back"


def test_a_file_without_objects_is_refused_and_asked_for_in_two_steps(two_offers: Project) -> None:
    """One that a merge emptied is refused by all that read it. Where the file says so, what goes needs a word too."""
    project, sandbox = two_offers, two_offers.sandbox
    before = project.state().keys()

    project.write("# a merge took it all\n")
    for refused in (project.trackform("validate", "demo"), project.up(), review(project)):
        assert refused.status != 0
        assert NO_OBJECTS in refused.text
        assert "Traceback" not in refused.text

    project.write("empty: true\n")
    assert project.trackform("validate", "demo").status == 0
    refused = project.up()
    assert refused.status != 0
    assert "nothing is declared any more, and this would be deleted or paused: " in refused.told
    allowed = "delete:channel,delete:offer_source,delete:offer"
    assert f"run once with TRACKFORM_ALLOW={allowed}. Nothing was written" in refused.told
    assert sandbox.writes() == []
    assert project.state().keys() == before

    project.up_ok(env={"TRACKFORM_ALLOW": allowed})
    assert [row for row in sandbox.rows("offer") if row["status"] != 3] == []
    assert sandbox.rows("network") == sandbox.rows("source") == []
    assert project.state().keys() == {"account"}


def test_the_last_of_a_kind_are_asked_for(two_offers: Project) -> None:
    project, sandbox = two_offers, two_offers.sandbox
    project.write(LAST_OFFERS.partition("offers:")[0])
    refused = project.up()
    assert refused.status != 0
    assert "all 2 objects of the kind offer would be deleted or paused: offer 'keto', 'yoga'" in refused.told
    assert "TRACKFORM_ALLOW=delete:offer; or remove them in more than one change" in refused.told
    shown = review(project)
    assert shown.status == 1
    assert shown.stdout.startswith("demo: REFUSED, 2 to delete"), shown.stdout
    assert sandbox.writes() == []

    project.up_ok(env={"TRACKFORM_ALLOW": "delete:offer"})
    assert [row for row in sandbox.rows("offer") if row["status"] != 3] == []
