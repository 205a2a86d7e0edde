"""A change of one field is one line of a preview; what trackform notes for itself is none."""

import re

import pytest

from tests.engine.project import Project, Result

pytestmark = pytest.mark.engine

SHORT = re.compile(r"(\S+) [a-z]+ (?:\(\S+\) )?(\[diff: .*?\])")
FIELD = re.compile(r"^ *[~+-]+ +(\w+) *: .*", re.MULTILINE)
FIELD_BY_FIELD: dict[str, str | None] = {"PULUMI_OPTION_DIFF": "true"}


def in_short(result: Result) -> set[str]:
    """What a preview says in short of each object's fields: `name [diff: ~cpc]`."""
    return {" ".join(found) for found in SHORT.findall(result.text)}


def updated(result: Result) -> list[str]:
    """What a preview field by field says of the update of the one campaign."""
    block = result.text.partition("Campaign: (update)")[2].partition("--outputs:--")[0]
    return [found[0].split(maxsplit=1)[1] for found in FIELD.finditer(block)]


def test_a_field_that_the_file_changes(demo: Project) -> None:
    """At once after the first `pulumi up`: the state does not know the ids among its inputs yet."""
    quiet = demo.preview()
    assert in_short(quiet) == set(), quiet.text
    demo.edit("cpc: 0.25", "cpc: 0.3")
    short, long = demo.preview(), demo.preview(env=FIELD_BY_FIELD)
    assert in_short(short) == {"fb-keto-de [diff: ~cpc]"}, short.text
    assert updated(long) == ["cpc: 0.25 => 0.3"], long.text
    assert long.text.count("(update)") == 1
    assert "(refresh)" not in long.text.partition("(same)")[2]
    machines = demo.ok("preview", "--json", env=FIELD_BY_FIELD).json
    (step,) = (step for step in machines["steps"] if step["op"] == "update")
    assert step["detailedDiff"].keys() == {"cpc"}


def test_a_field_that_somebody_changed_and_one_that_people_steer(demo: Project) -> None:
    campaign = demo.sandbox.row("campaign", title="fb-keto-de")
    demo.sandbox.edit("campaign", campaign["id"], cost_model="CPM", cpc=0.4)
    short, long = demo.preview(), demo.preview(env=FIELD_BY_FIELD)
    assert in_short(short) == {"fb-keto-de [diff: ~cost_model]"}, short.text
    assert updated(long) == ['cost_model: "CPM" => "CPC"'], long.text
    assert short.told.count("cpc was changed outside, not managed: 0.4 (declared: 0.25)") == 1, short.text
    demo.up_ok(env=FIELD_BY_FIELD)
    assert demo.sandbox.row("campaign", title="fb-keto-de")["cost_model"] == "CPC"


def test_a_field_of_what_was_taken_over(demo: Project) -> None:
    demo.ok("stack", "rm", "--yes", "--force", "--preserve-config")
    demo.ok("stack", "init", "demo")
    demo.account_file.write_text("adopt: true\n" + demo.account_file.read_text())
    demo.up_ok()
    demo.edit("cpc: 0.25", "cpc: 0.3")
    short = demo.preview()
    assert in_short(short) == {"fb-keto-de [diff: ~cpc]"}, short.text
