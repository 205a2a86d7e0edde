"""An object is seen whatever it is called: in the review, in what its digest stands for, and by accept."""

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.trackform.preview.made import BEFORE, planned, preview, step
from tests.trackform.preview.test_urn import AWKWARD
from trackform.accept.chosen import choose
from trackform.accept.drift import drift_of
from trackform.account_file.compose import Ref
from trackform.preview.plan import read_plan
from trackform.review.html import page
from trackform.review.judge import judge
from trackform.review.markdown import markdown
from trackform.review.plain_text import terminal_text
from trackform_core.model.messages import marked

CHANGES = {
    "create": "create", "gone": "drift", "update": "update", "drift": "drift", "replace": "replace", "delete": "delete",
    "leftover": "delete",
}  # fmt: skip
PIECES = st.sampled_from(
    ["::", "/", ".", "'", ",", "*", "[x]", "$", " leaves the file: ", "`", "|", "<b>", "Keto", " "]
)
NAMES = st.one_of(st.text(min_size=1), st.lists(PIECES, min_size=1).map("".join), st.sampled_from(AWKWARD))


@given(NAMES, st.sampled_from(sorted(CHANGES)))
@example("a::b$c", "update")
@example("[x](y)|`<b>`", "delete")
@example("offers/other", "create")
def test_every_plan_of_every_name_is_in_the_review(name: str, op: str) -> None:
    review = judge(read_plan(planned(op, name), "demo"))
    assert {(item.section, item.name, item.change) for item in review.items} == {("offers", name, CHANGES[op])}
    assert {row.about for row in review.rows} == {f"offers/{name}"}
    assert review.verdict in ("differs", "drift")
    for form in (markdown(review), page(review, ""), terminal_text(review, in_terminal=True), review.model_dump_json()):
        assert form


@given(NAMES)
@example("*")
@example("[a-z]?")
@example("a.notes")
def test_every_drift_of_every_name_is_offered_to_accept(name: str) -> None:
    found = drift_of(read_plan(planned("drift", name), "demo"))
    assert [(change.ref, change.field) for change in found.changes] == [(Ref("offers", name), "notes")]
    assert drift_of(read_plan(planned("gone", name), "demo")).gone == [Ref("offers", name)]
    for pattern in (f"offers/{name}", f"offers/{name}.notes"):
        assert choose(found, [pattern]).changes == found.changes


def decided(name: str, fate: str) -> dict[str, Any]:
    """The step of an `Account` that decided what becomes of an offer."""
    state = {"inputs": {"name": "demo", "fates": {"offer": {name: {"fate": fate}}}}}
    urn = "urn:pulumi:demo::trackform::pulumi-python:dynamic/trackform:Account::account"
    return {"op": "same", "urn": urn, "oldState": state, "newState": state}


@given(NAMES.filter(lambda name: len(name.splitlines()) == 1 and name == name.strip()))
def test_what_becomes_of_it_stands_with_it(name: str) -> None:
    said = marked("leaves", f"offer '{name}' leaves the file: whatever it says")
    data = planned("delete", name) | {"diagnostics": [{"message": said, "severity": "info#err"}]}
    data["steps"].append(decided(name, "paused-clicked"))
    review = judge(read_plan(data, "demo"))
    (item,) = review.items
    assert (item.note, review.warnings) == ("Is paused, not deleted: it had clicks in the last 30 days", ())


def test_what_is_said_of_an_object_that_is_in_no_step_is_told() -> None:
    said = marked("leaves", "offer 'other' leaves the file: deleted")
    data = planned("delete", "keto") | {"diagnostics": [{"message": said, "severity": "info#err"}]}
    assert judge(read_plan(data, "demo")).warnings == ("offer 'other' leaves the file: deleted",)
    data["steps"].append(decided("other", "paused"))
    assert judge(read_plan(data, "demo")).warnings == ("offer 'other' leaves the file: paused: on_delete is pause",)


def test_a_name_that_looks_like_a_pattern_means_itself() -> None:
    names = ("keto*", "keto-de", "k[e]to")
    steps = [each for at, name in enumerate(names) for each in _drift(name, str(at))]
    found = drift_of(read_plan(preview(*steps), "demo"))
    for name in names:
        assert [change.ref.name for change in choose(found, [f"offers/{name}"]).changes] == [name]
    assert len(choose(found, ["offers/keto?de", "offers/k*"]).changes) == len(names)


def test_naming_an_object_does_not_name_a_field_of_its_own() -> None:
    """Somebody's bid is taken only where the field is named."""
    data = planned("drift", "x.notes")
    data["steps"][1]["oldState"]["outputs"]["changed_outside"] = {"notes": "steered"}
    data["steps"][1]["oldState"]["inputs"] = BEFORE
    found = drift_of(read_plan(data, "demo"))
    assert choose(found, ["offers/x.notes"]).changes == []
    assert len(choose(found, ["offers/x.notes.notes"]).changes) == 1


def test_a_name_that_is_an_object_and_a_field_is_refused() -> None:
    found = drift_of(read_plan(preview(*_drift("x", "1"), *_drift("x.notes", "2")), "demo"))
    with pytest.raises(Exception, match="is an object, and a field of another one"):
        choose(found, ["offers/x.notes"])
    assert [change.ref.name for change in choose(found, ["offers/x.notes.*"]).changes] == ["x.notes"]


def _drift(name: str, object_id: str) -> list[dict[str, Any]]:
    steps: list[dict[str, Any]] = json.loads(json.dumps(planned("drift", name)["steps"]))
    for each in steps:
        each["oldState"]["id"] = object_id
    return steps


def test_a_preview_without_a_change_says_so() -> None:
    data = preview(step("refresh", "FB :: Keto", BEFORE), step("same", "FB :: Keto", BEFORE, BEFORE))
    review = judge(read_plan(data, "demo"))
    assert (review.verdict, review.unchanged) == ("nothing", 1)
