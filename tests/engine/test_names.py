"""New names with the real engine: what it takes for a rename, and how an object moves to another stack."""

import pytest

from tests.engine.project import Project

pytestmark = pytest.mark.engine

CHANNELS = "traffic_channels:\n  a: {title: One}\n  b: {title: Two}\n"


def applies(project: Project, text: str) -> None:
    """Nothing is written to a service."""
    project.write(text)
    project.sandbox.forget_requests()
    project.up_ok()
    assert project.sandbox.writes() == []


def test_names_go_round_one_after_the_other(project: Project) -> None:
    """A former name counts for Pulumi only where nothing has the new one, so a chain at once would mix objects up."""
    project.write(CHANNELS)
    project.up_ok()
    ids = {name: project.state()[name]["id"] for name in ("a", "b")}
    for text, said in (
        (
            "traffic_channels:\n  b: {was: a, title: One}\n  c: {was: b, title: Two}\n",
            "b to c first, with `pulumi up`; then take this `was` out and rename a to b.",
        ),
        (
            "traffic_channels:\n  b: {was: a, title: One}\n  a: {was: b, title: Two}\n",
            "Where they change places, one of them goes over a name that is free",
        ),
    ):
        project.write(text)
        refused = project.preview()
        assert refused.status != 0
        assert said in " ".join(refused.told.split())
        assert said in " ".join(project.trackform("validate", "demo").text.split())
    applies(project, "traffic_channels:\n  a: {title: One}\n  free: {was: b, title: Two}\n")
    applies(project, "traffic_channels:\n  b: {was: a, title: One}\n  free: {title: Two}\n")
    applies(project, "traffic_channels:\n  b: {title: One}\n  a: {was: free, title: Two}\n")
    project.ok("preview", "--expect-no-changes")
    assert {name: project.state()[name]["id"] for name in ("a", "b")} == {"a": ids["b"], "b": ids["a"]}


def test_several_new_names_without_was_change_nothing_and_leave_nothing(project: Project) -> None:
    project.write(CHANNELS)
    project.up_ok()
    ids = {row["title"]: row["id"] for row in project.sandbox.rows("source")}
    # The first run after an `up` has not seen yet what that one made.
    for names, flags in ((("x", "y"), ()), (("p", "q"), ("--refresh=false",))):
        project.write(f"traffic_channels:\n  {names[0]}: {{title: One}}\n  {names[1]}: {{title: Two}}\n")
        project.sandbox.forget_requests()
        assert "leaves the file: kept: " in project.ok("preview", *flags).text
        project.up_ok(*flags)
        assert project.sandbox.writes() == []
        assert {row["title"]: row["id"] for row in project.sandbox.rows("source")} == ids
        assert "leaves the file" not in project.ok("preview", "--expect-no-changes", *flags).text
    project.write("traffic_channels:\n  p: {title: One}\n  q: {title: Two}\n  new: {}\n")
    project.up_ok()
    assert {row["title"] for row in project.sandbox.rows("source")} == {"One", "Two", "new"}


HOME = """\
domains: {main: track.acme.test}
traffic_channels: {ads: {}}
offer_sources: {shop: {clickid: '{cid}'}}
"""
REFERRED = """\
domains: {main: {existing: track.acme.test}}
traffic_channels: {ads: {existing: ads}}
offer_sources: {shop: {existing: shop}}
"""
MOVED = """\
offers: {keto: {url: 'https://shop.test/?cid={clickid}', offer_source: shop%(mark)s}}
funnels: {keto: {offers: {keto: 100}}}
campaigns: {fb: {channel: ads, funnel: keto%(mark)s}}
"""


@pytest.mark.parametrize("marked", [False, True])
def test_objects_move_to_another_stack_by_the_recipe(project: Project, *, marked: bool) -> None:
    """docs/state.md: nothing is deleted, nothing is made twice, and what was clicked stays where it was."""
    sandbox = project.sandbox
    moved = MOVED % {"mark": ", mark: true" if marked else ""}
    project.write(HOME + moved)
    project.up_ok()
    ids = {kind: sandbox.row(kind)["id"] for kind in ("offer", "stream", "campaign")}
    sandbox.http.get(f"{sandbox.url}/t/{ids['campaign']}")

    # The new home first: what exists is taken over, and what stays at home is referred to.
    other = Project(project.folder, sandbox, stack="other")
    other.write("adopt: true\n" + REFERRED + moved)
    sandbox.forget_requests()
    allowed: dict[str, str | None] = {}
    if marked:
        refused = other.preview()
        assert refused.told.count("carries the mark of stack demo") == 2
        allowed = {"TRACKFORM_ALLOW": "take-over:offer/keto,take-over:campaign/fb"}
    other.up_ok(env=allowed)
    assert len(sandbox.writes()) == (2 if marked else 0), "a mark is the only thing that changes"
    assert all(write.startswith("PUT") for write in sandbox.writes())

    # Then out of the old one, which still refers to what it needs.
    project.write(HOME)
    sandbox.forget_requests()
    shown = project.ok("preview").text
    for entry in ("offer 'keto'", "funnel 'keto'", "campaign 'fb'"):
        assert f"{entry} leaves the file: kept for another stack" in shown
    reviewed = project.trackform("review", "demo")
    assert "kept for another stack" in reviewed.stdout, reviewed.text
    project.up_ok()
    assert sandbox.writes() == []
    assert {kind: sandbox.row(kind)["id"] for kind in ids} == ids
    assert sandbox.row("campaign")["status"] == 1
    project.ok("preview", "--expect-no-changes")
    other.ok("preview", "--expect-no-changes")
    assert other.state()["fb"]["id"] == ids["campaign"]
    assert not {"fb", "keto"} & project.state().keys()
