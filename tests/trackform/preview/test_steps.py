"""Every step of a preview is seen by both who read it, or it is an error that says what was met."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.trackform.preview.made import AFTER, BEFORE, OFFER, STEPS, THEIRS, planned, preview, step
from trackform.accept.drift import Drift, drift_of
from trackform.account_file.compose import Ref
from trackform.preview.plan import read_plan
from trackform.preview.steps import NotAPreview, NotUnderstood
from trackform.review.judge import judge

Read = Callable[[Any, str], Any]


def read_drift(data: Any, stack: str) -> Drift:
    return drift_of(read_plan(data, stack))


READERS = [pytest.param(read_plan, id="review"), pytest.param(read_drift, id="accept")]
KETO = Ref("offers", "keto")
ACCOUNT = "pulumi-python:dynamic/trackform:Account"


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "op",
    [
        "read", "read-replacement", "discard", "discard-replaced", "remove-pending-replace", "import",
        "import-replacement", "diff", "extend-parameterize", "invented", "", None, 7,
    ],
)  # fmt: skip
def test_an_op_that_is_not_known_is_an_error(read: Read, op: Any) -> None:
    data = planned("update", "keto")
    data["steps"].append(step("same", "other", BEFORE, BEFORE) | {"op": op})
    with pytest.raises(NotUnderstood, match=f"plans '{op}' for 'other' of type {OFFER}"):
        read(data, "demo")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "kind", ["cloudflare:index/record:Record", "mine:index:Shop", OFFER.lower(), "pulumi:pulumi:Other"]
)
def test_a_type_that_is_none_of_ours_is_an_error(read: Read, kind: str) -> None:
    data = planned("update", "keto")
    data["steps"].append(step("same", "dns", BEFORE, BEFORE, kind))
    with pytest.raises(NotUnderstood, match=f"'dns' of type {kind}") as error:
        read(data, "demo")
    assert "Look at `pulumi preview --diff`, which shows every step, or" in str(error.value)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("urn", [None, "", "keto", 7, f"urn:pulumi:demo::{OFFER}::keto", f"{STEPS}{OFFER}::"])
def test_a_step_about_nothing_is_an_error(read: Read, urn: Any) -> None:
    data = planned("update", "keto")
    data["steps"][1]["urn"] = urn
    with pytest.raises(NotUnderstood, match=r"no urn|is no URN"):
        read(data, "demo")
    del data["steps"][1]["urn"]
    with pytest.raises(NotUnderstood, match="no urn"):
        read(data, "demo")


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("op", "missing"),
    [
        ("refresh", "oldState"), ("same", "oldState"), ("same", "newState"), ("update", "oldState"),
        ("update", "newState"), ("replace", "oldState"), ("replace", "newState"), ("create", "newState"),
        ("delete", "oldState"), ("delete-replaced", "oldState"), ("create-replacement", "newState"),
    ],
)  # fmt: skip
def test_a_step_without_a_state_that_it_needs_is_an_error(read: Read, op: str, missing: str) -> None:
    whole = step(op, "other", BEFORE, AFTER)
    for broken in ({**whole, missing: None}, {**whole, missing: {}}, {k: v for k, v in whole.items() if k != missing}):
        with pytest.raises(NotUnderstood, match=f"'{op}' for 'other' of type {OFFER} without {missing}"):
            read(preview(*planned("update", "keto")["steps"], broken), "demo")


@pytest.mark.parametrize("read", READERS)
def test_a_step_that_is_none_is_an_error(read: Read) -> None:
    broken: list[Any] = ["same", None, [], 7]
    for one in broken:
        with pytest.raises(NotUnderstood):
            read(preview(*planned("update", "keto")["steps"], one), "demo")


@pytest.mark.parametrize("read", READERS)
def test_what_pulumi_and_trackform_keep_for_themselves_is_known(read: Read) -> None:
    data = planned("update", "keto")
    kinds = ("pulumi:pulumi:Stack", "pulumi:providers:pulumi-python", ACCOUNT)
    data["steps"] += [step("same", "demo", BEFORE, BEFORE, kind) for kind in kinds]
    read(data, "demo")


@pytest.mark.parametrize("read", READERS)
def test_one_object_cannot_be_planned_twice(read: Read) -> None:
    data = planned("update", "keto")
    data["steps"].append(step("delete", "keto", BEFORE))
    with pytest.raises(NotUnderstood, match="'update' and 'delete' for 'keto'"):
        read(data, "demo")
    data["steps"][-1] = step("same", "keto", BEFORE, BEFORE, f"mine:index:Shop${OFFER}")
    with pytest.raises(NotUnderstood, match="cannot be told apart"):
        read(data, "demo")


def test_an_object_inside_a_component_is_seen() -> None:
    data = planned("create", "keto")
    data["steps"][0] |= {"urn": f"{STEPS}mine:index:Shop${OFFER}::keto"}
    assert {row.about for row in judge(read_plan(data, "demo")).rows} == {"offers/keto"}


@pytest.mark.parametrize("first", ["replace", "create-replacement"])
def test_the_steps_of_one_replacement_are_one(first: str) -> None:
    """`--show-replacement-steps` prints each."""
    read, replaces = planned("replace", "keto")["steps"]
    creates = step("create-replacement", "keto", BEFORE, AFTER)
    deletes = step("delete-replaced", "keto", BEFORE)
    plain = judge(read_plan(preview(read, replaces), "demo"))
    for steps in ([replaces, creates, deletes], [deletes, creates, replaces]):
        ordered = sorted(steps, key=lambda one: bool(one["op"] != first))
        told = judge(read_plan(preview(read, *ordered), "demo"))
        assert told.model_dump() == plain.model_dump()


def test_what_an_earlier_run_did_not_get_to_delete_is_told() -> None:
    review = judge(read_plan(planned("leftover", "keto"), "demo"))
    (item,) = review.items
    assert (item.change, item.ref, item.object_id) == ("delete", "offers/keto", "0")
    assert item.note.startswith("An earlier run replaced it and did not get to remove the old one, which is deleted")
    assert {(row.about, row.change, row.field, row.old) for row in review.rows} >= {
        ("offers/keto", "delete", "", "0"), ("offers/keto", "delete", "notes", '"theirs"'),
    }  # fmt: skip
    assert [danger.kind for danger in review.dangers] == ["traffic"]


def test_a_leftovers_state_is_not_taken_for_the_objects() -> None:
    data = planned("leftover", "keto")
    data["steps"].insert(1, step("refresh", "keto", THEIRS))
    data["steps"][1]["oldState"] |= {"id": "0", "delete": True}
    assert judge(read_plan(data, "demo")).of("drift") == []
    assert drift_of(read_plan(data, "demo")).changes == []


def renamed(data: Any) -> Any:
    """With `was: keto`: the state still has the former name."""
    data["steps"][-1]["urn"] = f"{STEPS}{OFFER}::FB :: Keto"
    data["steps"][-1]["newState"]["aliases"] = [f"{STEPS}{OFFER}::keto"]
    return data


def test_drift_of_a_renamed_object_is_drift() -> None:
    ref = Ref("offers", "FB :: Keto")
    data = renamed(planned("drift", "keto"))
    assert [item.name for item in judge(read_plan(data, "demo")).of("drift")] == [ref.name]
    (change,) = drift_of(read_plan(data, "demo")).changes
    assert (change.ref, change.field, change.why, change.live) == (ref, "notes", "drift", "theirs")


def test_a_renamed_object_that_was_deleted_outside_is_gone() -> None:
    data = renamed(planned("gone", "keto"))
    assert [item.name for item in judge(read_plan(data, "demo")).of("drift")] == ["FB :: Keto"]
    assert drift_of(read_plan(data, "demo")).gone == [Ref("offers", "FB :: Keto")]


def test_an_object_that_was_not_read_is_an_error_for_who_looks_for_drift() -> None:
    data = preview(step("refresh", "other", BEFORE), *planned("drift", "keto")["steps"][1:])
    data["steps"][0]["oldState"]["id"] = "2"
    with pytest.raises(NotAPreview, match="did not read offers/keto from the live account"):
        drift_of(read_plan(data, "demo"))


def test_protection_that_changes_alone_is_told_and_written() -> None:
    """Pulumi calls it `same`; it is a change of the state."""
    data = preview(step("refresh", "keto", BEFORE), step("same", "keto", BEFORE, BEFORE))
    data["steps"][1]["oldState"]["protect"] = True
    review = judge(read_plan(data, "demo"))
    assert [(one.about, one.kind) for one in review.dangers] == [("offers/keto", "protection")]
    assert [(one.ref, [field.name for field in one.fields]) for one in review.of("update")] == [
        ("offers/keto", ["protect"])
    ]
    assert ("protect", "true", "false") in {(row.field, row.old, row.new) for row in review.rows}
    kept = copy.deepcopy(data)
    kept["steps"][1]["newState"]["protect"] = True
    assert judge(read_plan(kept, "demo")).rows == ()
