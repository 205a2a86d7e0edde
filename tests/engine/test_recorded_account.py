"""Which account a stack belongs to, with the real engine: no key, no flag and no new name makes it another one."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.applied import SetUps
from tests.engine.project import Project
from tests.engine.served import Keys

pytestmark = pytest.mark.engine

OFFERS = [f"o{number:02}" for number in range(14)]


def account(*offers: str, more: str = "") -> str:
    """Nothing pins it."""
    lines = "".join(
        f"  {name}: {{title: title of {name}, url: 'https://p.test/?cid={{clickid}}'}}\n" for name in offers
    )
    return f"{more}offer_sources: {{shop: {{currency: USD}}}}\noffers:\n{lines}"


@pytest.fixture
def fourteen(set_ups: SetUps, tmp_path: Path) -> Iterator[Project]:
    """A stack of fourteen offers, set up."""
    made = set_ups.copy("fourteen", tmp_path / "project", lambda project: project.write(account(*OFFERS)))
    yield made
    made.sandbox.close()


def titles(project: Project) -> set[str]:
    return {row["title"] for row in project.sandbox.rows("offer")}


def test_an_unpinned_stack_with_another_accounts_key_touches_nothing(project: Project) -> None:
    project.write(account("a", "b"))
    project.up_ok()
    other = project.sandbox.with_keys(Keys(digistore24=project.sandbox.keys.digistore24))
    key: dict[str, str | None] = {"REDTRACK_API_KEY": other.keys.redtrack}
    before = project.state()
    project.write(account("a", "b", "new"))
    for arguments in (
        ["preview"],
        ["up"],
        ["up", "--refresh=false"],
        ["up", "--run-program"],
        ["up", "--continue-on-error"],
        ["up", "--target", "**trackform:Account::*", "--target", "**Offer::new"],
        ["up", "--target", "**Offer::new"],
        ["up", "--refresh=false", "--exclude", "**trackform:Account::*"],
        ["refresh"],
        ["destroy"],
        ["destroy", "--refresh=false", "--target", "**Offer::a"],
    ):
        flags = [] if arguments[0] == "preview" else ["--yes", "--skip-preview"]
        done = project.run(*arguments, *flags, env=key)
        assert done.status != 0, arguments
        assert "Traceback" not in done.text
        assert "another" in done.told or "the key " in done.told or "not checked in this run" in done.told, done.told
        assert other.writes() == [], arguments
        assert other.rows("offer") == []
    other.close()
    assert project.state().keys() == before.keys()
    project.up_ok()
    assert titles(project) == {"title of a", "title of b", "title of new"}


def test_a_renamed_stack_keeps_its_guard_and_writes_nothing_for_its_name(fourteen: Project) -> None:
    fourteen.ok("stack", "rename", "acme")
    rename(fourteen, "acme")
    fourteen.sandbox.forget_requests()

    fourteen.write(account(*OFFERS[:2]))
    refused = fourteen.up()
    assert refused.status != 0
    assert "12 of 14 objects of the kind offer would be deleted or paused" in refused.told
    fourteen.write(account(*OFFERS))
    done = fourteen.up_ok()
    assert "This stack was called 'demo' at its last `pulumi up`" in done.text
    assert fourteen.sandbox.writes() == []
    assert fourteen.ok("preview", "--expect-no-changes").status == 0
    assert {each["outputs"]["account"] for name, each in fourteen.state().items() if name in OFFERS} == {"acme"}


@pytest.mark.parametrize("by", ["state delete", "state rename"])
def test_an_account_that_the_state_lost_or_calls_otherwise_is_no_account_without_a_past(
    fourteen: Project, by: str
) -> None:
    urn = fourteen.state()["account"]["urn"]
    if by == "state delete":
        take_out(fourteen, urn)
    else:
        fourteen.ok("state", "rename", urn, "elsewhere", "--yes")
    fourteen.sandbox.forget_requests()
    fourteen.write(account(*OFFERS[:2]))
    refused = fourteen.up()
    assert refused.status != 0
    assert "12 of 14 objects of the kind offer would be deleted or paused" in refused.told
    refused = fourteen.up("--refresh=false")
    assert refused.status != 0
    assert "Run once without --refresh=false" in refused.told
    assert fourteen.sandbox.writes() == []
    assert len(titles(fourteen)) == len(OFFERS)
    fourteen.write(account(*OFFERS))
    fourteen.up_ok()
    assert fourteen.sandbox.writes() == []
    assert "account" in fourteen.state()
    assert "elsewhere" not in fourteen.state()


def test_the_account_of_an_earlier_version_is_known_by_its_stacks_name(fourteen: Project) -> None:
    fourteen.ok("state", "rename", fourteen.state()["account"]["urn"], "demo", "--yes")
    fourteen.write(account(*OFFERS[:2]))
    refused = fourteen.up()
    assert refused.status != 0
    assert "12 of 14 objects of the kind offer would be deleted or paused" in refused.told
    fourteen.write(account(*OFFERS))
    fourteen.up_ok()
    assert "account" in fourteen.state()


def take_out(project: Project, urn: str) -> None:
    """`pulumi state delete` would take all that depends on the Account along, so people edit the export."""
    state = project.ok("stack", "export").json
    kept = [each for each in state["deployment"]["resources"] if each["urn"] != urn]
    for each in kept:
        each["dependencies"] = [one for one in each.get("dependencies") or [] if one != urn]
        for name, urns in (each.get("propertyDependencies") or {}).items():
            each["propertyDependencies"][name] = [one for one in urns or [] if one != urn]
    state["deployment"]["resources"] = kept
    file = project.folder / "edited.json"
    file.write_text(json.dumps(state))
    project.ok("stack", "import", "--file", str(file))


def rename(project: Project, stack: str) -> None:
    """What a person brings along: the account file. Pulumi itself renames the configuration."""
    file = project.stacks / f"{stack}.yaml"
    project.account_file.rename(file)
    project.account_file, project.stack = file, stack


def test_a_renamed_project_keeps_its_guard(fourteen: Project) -> None:
    named = fourteen.folder / "Pulumi.yaml"
    fourteen.ok("stack", "rename", f"organization/elsewhere/{fourteen.stack}")
    named.write_text(named.read_text().replace("name: trackform\n", "name: elsewhere\n", 1))
    fourteen.write(account(*OFFERS[:2]))
    refused = fourteen.up()
    assert refused.status != 0
    assert "12 of 14 objects of the kind offer would be deleted or paused" in refused.told
    fourteen.write(account(*OFFERS))
    fourteen.sandbox.forget_requests()
    fourteen.up_ok()
    assert fourteen.sandbox.writes() == []
