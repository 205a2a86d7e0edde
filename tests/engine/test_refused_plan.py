"""A plan that cannot succeed: refused at plain `pulumi preview`, with all it would do, and nothing written."""

import json
import re

import pytest

from tests.engine.applied import NAMES, channels
from tests.engine.project import Project, Result, steps
from tests.engine.test_review import ACCOUNT, review

pytestmark = pytest.mark.engine

SHOWN: dict[str, str | None] = {"TRACKFORM_REFUSED": "shown"}


def refused(project: Project, *ids: str) -> Result:
    """A preview that ends with refusals of these ids, one each, and wrote nothing."""
    project.sandbox.forget_requests()
    result = project.preview()
    assert result.status != 0
    assert "Traceback" not in result.text
    assert re.findall(r"^ +- .*\[([a-z-]+)\]$", result.told, re.MULTILINE) == [*ids], result.told
    assert project.sandbox.writes() == []
    return result


def is_reviewed_as_refused(project: Project, *words: str) -> dict[str, str]:
    """Its text by form, all of one run."""
    files = {form: project.folder / f"review.{form}" for form in ("md", "html", "json")}
    shown = review(project, "--json", *(word for file in files.values() for word in ("--write", str(file))))
    assert shown.status == 1, shown.text
    assert shown.json["verdict"] == "refused"
    assert shown.json["digest"] == ""
    for word in words:
        assert any(word in each for each in shown.json["refusals"]), shown.json["refusals"]
    return {form: file.read_text(encoding="utf-8") for form, file in files.items()}


def test_objects_that_exist_and_differ_are_all_told_and_the_rest_of_the_plan_is_shown(project: Project) -> None:
    project.write_whatever_the_rules_say(ACCOUNT + "  slim: {title: slim, product: keto, countries: [DE]}\n")
    sandbox = project.sandbox
    source = sandbox.edit("network", title="theirs", currency="USD")["id"]
    theirs = sandbox.edit("offer", program_id=source, title="keto", url="https://example.test/theirs")["id"]
    urls = [f"https://example.test/{number}" for number in range(2)]
    twins = [sandbox.edit("offer", program_id=source, title="slim", url=url)["id"] for url in urls]

    told = refused(project, "exists-differs", "ambiguous").told
    (said,) = re.findall(r"- stacks/\w+\.yaml:(\d+): (.*) and differs in", told)
    line = next(at for at, text in enumerate(project.account_file.read_text().splitlines(), 1) if "  keto: {c" in text)
    assert said == (str(line), f"offer 'keto' exists already in RedTrack ({theirs})")
    planned = steps(project.ok("preview", "--json", env=SHOWN))
    assert {"keto", "slim", "facebook", "main"} <= planned.keys()
    assert "exists already" in planned["keto"].new["refused"][0]
    is_reviewed_as_refused(project, "exists already", twins[0])

    sandbox.forget_requests()
    assert project.run("up", "--yes").status != 0
    assert sandbox.writes() == [], "`up` stops after its preview"
    half = project.up()
    assert half.status != 0
    assert re.search(r"\[(exists-differs|ambiguous)\]", half.told), "without the verdict, each write declines"
    assert not [each for each in sandbox.writes() if each.endswith(("/offers", f"/offers/{theirs}"))]

    project.edit("keto: {countries", "keto: {adopt: true, countries")
    project.edit("slim: {title: slim", f"slim: {{title: slim, adopt: true, id: '{twins[1]}'")
    project.up_ok()
    assert project.preview("--expect-no-changes").status == 0


def test_titles_that_change_places_are_refused_with_the_way(twelve: Project) -> None:
    def titled(**titles: str) -> str:
        return re.sub(r"title of (c\d+)", lambda match: titles.get(match[1], match[0]), channels(*NAMES))

    swapped = titled(c00="title of c01", c01="title of c00")
    twelve.write(swapped)
    told = refused(twelve, "key-taken", "key-taken").told
    assert "It is 'c01' of this stack, which becomes 'title of c00' in the same change." in told
    is_reviewed_as_refused(twelve, "one of them over a title that is free")
    for step in (titled(c00="a third"), titled(c00="a third", c01="title of c00")):
        twelve.write(step)
        twelve.up_ok()
    twelve.write(swapped)
    twelve.up_ok()
    assert twelve.preview("--expect-no-changes").status == 0


def test_all_that_the_guard_refuses_is_told_at_once_and_shown(twelve: Project) -> None:
    twelve.write(channels(*NAMES[:-4], "new").replace("}", ", alias: new}"))
    told = refused(twelve, "was-missing", "limit", "limit").told
    assert "more than 3 of 12 objects of this kind would change in one run" in told
    shown = is_reviewed_as_refused(twelve, "`was: ", "would be deleted or paused", "would change in one run")
    assert "8 to update" in shown["md"]
    assert "4 to delete" in shown["md"]


def test_what_the_rules_call_an_error_is_refused_with_its_plan(demo: Project) -> None:
    """A type in another case than Digistore24 sends: every sale would be lost, silently."""
    demo.edit("  upsell: {slot: 2", "  Upsell: {slot: 2", "shared/digistore24.yaml")
    demo.edit("keto-guide: {countries: [DE, AT]}", "keto-guide: {countries: [DE]}")
    told = refused(demo, "rule").told
    assert "stacks/shared/digistore24.yaml:" in told
    assert "TRACKFORM_ALLOW=rule:type-missing" in told
    shown = is_reviewed_as_refused(demo, "and no conversion type is called so")
    items = [item for item in json.loads(shown["json"])["items"] if item["change"] != "operator"]
    assert {item["name"] for item in items} == {"Upsell", "upsell", "keto-guide"}
    for form, text in shown.items():
        assert text.index("no conversion type is called so") < text.index("countries"), form
    demo.sandbox.forget_requests()
    stopped = demo.up("--continue-on-error")
    assert stopped.status != 0
    assert "This plan is refused" in stopped.told
    assert demo.sandbox.writes() == []
    demo.up_ok(env={"TRACKFORM_ALLOW": "rule:type-missing"})
    assert demo.sandbox.row("offer", title="keto-guide")["country_codes"] == ["DE"]
