"""Every step of a preview is seen by both who read it, or it is an error that says what was met."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.trackform.preview.made import AFTER, BEFORE, OFFER, STEPS, THEIRS, planned, preview, step
from trackform.accept.drift import Drift, drift_of
from trackform.account_file.compose import Ref
from trackform.preview.plan import read_plan
from trackform.preview.steps import NotAPreview, NotUnderstood, read_steps
from trackform.review.judge import judge
from trackform_core.lifecycle.fate import Fate

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
    with pytest.raises(NotUnderstood, match=f"plans '{op}' for 'other' of type {OFFER}") as error:
        read(data, "demo")
    way_out = "declare it with `adopt: true`" if str(op).startswith("import") else "`trackform doctor` tells which CLI"
    assert way_out in str(error.value)


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
        assert read_steps([read, *ordered]).planned[KETO].step is replaces


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


@pytest.mark.parametrize(
    ("told", "reasons"),
    [
        ({}, ()), ({"diffReasons": ["url", "notes"]}, ("notes", "url")), ({"diffReasons": None, "detailedDiff": None},
         ()),
        ({"detailedDiff": {"tags[0]": {}, "extra.sub1": {}, "url": {}}}, ("extra", "tags", "url")),
        ({"diffReasons": ["url"], "detailedDiff": {"url": {}, "extra.a[1].b": {}}}, ("extra", "url")),
    ],
)  # fmt: skip
def test_which_fields_pulumi_names(told: dict[str, Any], reasons: tuple[str, ...]) -> None:
    data = planned("update", "keto")
    data["steps"][1] |= told
    assert read_plan(data, "demo").steps[KETO].reasons == reasons


def test_a_step_in_all_its_parts() -> None:
    landing, source = ("pulumi-python:dynamic/redtrack:" + kind for kind in ("Landing", "OfferSource"))
    urns = [f"{STEPS}{source}::b", f"{STEPS}{landing}::a", f"{STEPS}{source}::a"]
    data = planned("update", "keto")
    data["steps"][1]["newState"] |= {"propertyDependencies": {"x": urns, "y": []}, "protect": True}
    data["steps"][1]["oldState"] |= {"propertyDependencies": {"z": urns}}
    step_ = read_plan(data, "demo").steps[KETO]
    assert step_.needs == {"x": (Ref("landings", "a"), Ref("offer_sources", "a"), Ref("offer_sources", "b")), "y": ()}
    assert (step_.op, step_.object_id, step_.protected, step_.awaits) == ("update", "1", (False, True), "")
    assert (step_.live, step_.declared, step_.outputs) == (BEFORE, AFTER, {**BEFORE, "object_id": "1"})
    assert (step_.gone, step_.is_unread, step_.vanished, step_.awaits_operator) == (False, False, False, False)
    data = planned("delete", "keto")
    data["steps"][1]["oldState"] |= {"propertyDependencies": {"z": urns[:1]}, "protect": True}
    step_ = read_plan(data, "demo").steps[KETO]
    assert (step_.needs, step_.declared, step_.protected) == ({"z": (Ref("offer_sources", "b"),)}, None, (True, False))


def test_what_is_gone_and_what_was_not_read() -> None:
    gone = read_plan(planned("gone", "keto"), "demo").steps[KETO]
    assert (gone.live, gone.object_id, gone.gone, gone.is_unread) == (None, "", True, False)
    made = read_plan(planned("create", "keto"), "demo").steps[KETO]
    assert (made.applied, made.gone, made.vanished) == (None, False, False)
    account = step("same", "account", {}, {}, ACCOUNT)
    account["newState"]["inputs"] = {"vanished": {"offer": ["keto"]}}
    vanished = read_plan(preview(*planned("create", "keto")["steps"], account), "demo").steps[KETO]
    assert (vanished.gone, vanished.vanished) == (True, True)
    data = preview(step("refresh", "other", BEFORE), step("update", "keto", BEFORE, AFTER))
    data["steps"][0]["oldState"]["id"] = "2"
    unread = read_plan(data, "demo").steps[KETO]
    assert (unread.applied, unread.is_unread, unread.gone) == (None, True, False)


def test_the_ids_of_a_preview_are_those_of_what_stays_and_of_what_leaves() -> None:
    leaves, stays, new = planned("delete", "old")["steps"], planned("update", "keto")["steps"], planned("create", "new")
    for at, each in enumerate((leaves, stays)):
        for one in each:
            one["oldState"]["id"] = str(at + 1)
    found = read_plan(preview(*leaves, *stays, *new["steps"]), "demo")
    assert found.ids == {"1": Ref("offers", "old"), "2": KETO}
    stays[1]["oldState"]["id"] = "1"
    assert read_plan(preview(*leaves, stays[1]), "demo").ids == {"1": KETO}, "who declares it has it"


def test_what_leaves_under_one_name_and_stays_under_another_is_kept() -> None:
    leaves = planned("delete", "old")["steps"]
    taken = step("create", "keto", new={**AFTER, "object_id": "1"})
    found = read_plan(preview(*leaves, taken), "demo")
    assert found.steps[Ref("offers", "old")].fate == Fate("kept-declared")
    taken["newState"]["inputs"]["object_id"] = "2"
    assert read_plan(preview(*leaves, taken), "demo").steps[Ref("offers", "old")].fate is None


def test_what_is_no_preview_of_a_stack() -> None:
    wrong: list[Any] = [[], "text", {"steps": {}}, {"steps": "x"}, {"steps": None}]
    for data in wrong:
        with pytest.raises(NotAPreview, match=r"^this is no preview\. Make one with"):
            read_plan(data, "demo")
    nothing: list[Any] = [{}, {"steps": []}]
    for empty in nothing:
        with pytest.raises(NotAPreview, match=r"^this preview has no steps\. Make one with"):
            read_plan(empty, "demo")
    refused = {"diagnostics": [{"message": "error: no", "severity": "error"}]}
    with pytest.raises(NotAPreview, match="does not say of which stack it is: name the stack"):
        read_plan(refused)
    found = read_plan(refused, "demo")
    assert (found.stack, found.has_steps, found.steps, found.config) == ("demo", False, {}, {})
    with pytest.raises(NotAPreview, match="is of stack 'demo', not of 'other'"):
        read_plan(planned("update", "keto"), "other")
    found = read_plan(planned("update", "keto") | {"config": {"trackform:a": "b"}})
    assert (found.stack, found.has_steps, found.config) == ("demo", True, {"trackform:a": "b"})
    with pytest.raises(NotAPreview, match="did not read the live account"):
        read_plan(preview(step("same", "keto", BEFORE, BEFORE)), "demo")


def test_messages_are_told_once_and_what_only_says_that_it_failed_not_at_all() -> None:
    about = f"{STEPS}{ACCOUNT}::account"
    said = [
        ("error: [limit] too many", "error", about), ("error: [limit] too many", "error", ""),
        ("warning: first\n\n  second", "warning", ""), ("preview failed", "error", ""), ("", "error", ""),
        ("Exception calling application: an unhandled error occurred", "error#x", ""),
    ]  # fmt: skip
    diagnostics = [{"message": text, "severity": severity, "urn": urn} for text, severity, urn in said]
    found = read_plan(planned("update", "keto") | {"diagnostics": diagnostics}, "demo").diagnostics
    assert [(each.severity, each.of_account) for each in found] == [
        ("error", True), ("warning", False), ("warning", False),
    ]  # fmt: skip
    assert [each.message for each in found[1:]] == ["first", "  second"]
    assert [each.is_error for each in found] == [True, False, False]
    alone = read_plan(planned("update", "keto") | {"diagnostics": diagnostics[3:4]}, "demo").diagnostics
    assert [each.message for each in alone] == ["preview failed"]


def test_a_state_is_found_by_its_id_before_its_name() -> None:
    """What had another name then has it in no alias, where a run was killed between the two."""
    read, update = planned("update", "keto")["steps"]
    other = step("refresh", "old", THEIRS)
    found = read_steps([other, update]).planned[KETO]
    assert found.applied == other["oldState"]
    other["oldState"]["id"] = "2"
    assert read_steps([read, other, update]).planned[KETO].applied == read["oldState"]
    update["oldState"]["id"] = "2"
    assert read_steps([read, other, update]).planned[KETO].applied == other["oldState"]
    update["oldState"]["id"] = "3"
    assert read_steps([read, other, update]).planned[KETO].applied == read["oldState"], "else by its name"
    assert read_steps([other, update]).planned[KETO].applied is None


def test_of_two_kinds_that_share_an_id_each_has_its_own_state() -> None:
    landing = "pulumi-python:dynamic/redtrack:Landing"
    read, update = planned("update", "keto")["steps"]
    other = step("refresh", "page", THEIRS, kind=landing)
    assert read_steps([read, other, update]).planned[KETO].applied == read["oldState"]
    assert read_steps([other, update]).planned[KETO].applied is None
