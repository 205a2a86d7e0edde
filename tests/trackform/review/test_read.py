"""What a review tells of previews that the real engine made."""

import json
from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.trackform.review.conftest import DATA, account, field, item, recorded, reviewed, step
from trackform.account_file.sections import Ref
from trackform.preview.plan import Plan, Step, parse, read_plan
from trackform.preview.steps import NotAPreview
from trackform.review.judge import judge
from trackform.review.model import EXIT
from trackform.review.values import Shower
from trackform_core.lifecycle.pending import PREFIX
from trackform_core.no_api.status import AWAITING

ALL = sorted(path.stem for path in DATA.glob("*.json"))


@pytest.mark.parametrize(
    ("name", "verdict", "summary"),
    [
        ("clean", "nothing", "demo: nothing to do: 21 objects are as declared"),
        ("first", "differs", "demo: differs, 21 to create"),
        ("another_host", "differs", "demo: 5 DANGERS, 5 to update, 1 to replace"),
        ("removed", "differs", "demo: 2 DANGERS, 4 to delete (1 kept)"),
        ("drift", "drift", "demo: drift, 1 changed outside"),
        ("drift_and_file", "drift", "demo: 2 DANGERS, 2 changed outside, 1 to update"),
        ("taken_over", "drift", "demo: 1 DANGER, 2 changed outside, 1 to take over"),
        ("secret", "differs", "demo: differs, 3 to update"),
        ("refused", "refused", "demo: REFUSED"),
        ("mistake", "failed", "demo: the preview FAILED"),
    ],
)
def test_the_first_line_is_the_verdict_and_the_counts(name: str, verdict: str, summary: str) -> None:
    review = reviewed(name)
    assert (review.verdict, review.summary) == (verdict, summary)


def test_exit_statuses() -> None:
    assert EXIT == {"nothing": 0, "refused": 1, "failed": 1, "differs": 2, "drift": 3, "operator": 4}


def test_drift_is_told_with_what_was_applied_what_is_live_and_what_the_file_asks_for() -> None:
    review = reviewed("drift_and_file")
    countries = field(review, "drift", "offers/keto-guide", "countries")
    assert (countries.applied, countries.old, countries.new) == (["AT", "DE"], ["CH"], ["FR"])
    url = field(review, "drift", "offers/keto-guide", "url")
    assert url.applied == url.new
    assert [(part.part, part.old, part.new) for part in url.parts] == [("?cid", "{click_id}", "{clickid}")]
    gone = item(review, "drift", "campaigns/tt")
    assert gone.note.startswith("Deleted outside; `pulumi up` creates it again")
    cpc = field(review, "update", "campaigns/fb", "cpc")
    assert (cpc.old, cpc.new) == (0.4, 0.3), "old is what is live, though people steer it"


def test_what_people_steer_is_told_and_no_difference() -> None:
    (left,) = reviewed("drift").left
    assert (left.about, left.field, left.live, left.declared) == ("campaigns/fb", "cpc", 0.4, 0.25)


def test_a_take_over_tells_what_it_changes() -> None:
    review = reviewed("taken_over")
    url = field(review, "take-over", "offers/there", "url")
    assert [(part.part, part.old, part.new) for part in url.parts] == [
        ("host", "x.test", "y.test"),
        ("?a", None, "1"),
    ]
    assert not review.of("create")


def test_a_take_over_of_what_is_as_declared_tells_so() -> None:
    data: Any = recorded("taken_over")
    step(data, "Offer/there")["newState"]["inputs"]["adopts"]["changes"] = {}
    there = item(judge(read_plan(data, "demo")), "take-over", "offers/there")
    assert (there.note, there.fields) == ("Exists already, as declared: nothing is written", ())


def test_references_are_told_by_name() -> None:
    review = reviewed("dangerous")
    domain = field(review, "update", "campaigns/fb", "domain_id")
    assert (domain.old, domain.new) == ("domains/main", "domains/spare")
    moved = field(reviewed("another_host"), "update", "campaigns/fb", "domain_id")
    assert (moved.old, moved.new) == ("domains/main", "domains/main (new)"), "its id is not known before it is made"


def test_a_key_that_looks_like_a_reference_is_none() -> None:
    """The `domain_id` of an IPN connection is its natural key, and its id."""
    connection = Step(Ref("ipn_connections", "main"), "create", object_id="shop")
    shower = Shower([connection])
    assert shower.shown(connection, "domain_id", "shop") == "shop"
    assert shower.shown(connection, "product_ids", ["shop"]) == ["shop"]


def test_what_becomes_of_what_leaves_the_file() -> None:
    review = reviewed("removed")
    notes = {one.ref: (one.note, one.kept) for one in review.of("delete")}
    assert notes["conversion_types/installment"] == ("Is kept: never deleted by default", True)
    assert notes["campaigns/tt"] == ("Is deleted", False), "the Account asked for its clicks"
    assert notes["funnels/spare"] == ("Is deleted", False), "and who uses it"
    assert not review.warnings, "what the Account said stands with the objects"
    silent = recorded("removed") | {"diagnostics": []}
    assert {one.ref: one.note for one in judge(read_plan(silent, "demo")).of("delete")} == {
        ref: note for ref, (note, _) in notes.items()
    }, "it is no prose that tells"
    account(silent).pop("fates")
    assert item(judge(read_plan(silent, "demo")), "delete", "campaigns/tt").note == (
        "Is deleted, or paused if it had clicks in the last 30 days"
    )
    assert item(reviewed("dangerous"), "replace", "conversion_types/upsell").note.startswith("Its old one is kept")


def test_secrets_are_named_and_never_told() -> None:
    review = reviewed("secret")
    token = field(review, "update", "postbacks/sales", "token")
    assert (token.old, token.new) == ("[secret]", "[secret]")
    notes = field(reviewed("dangerous"), "update", "offers/other", "notes")
    assert "ptoken=(hidden)" in notes.new
    assert "hush" in json.dumps(recorded("dangerous"))
    assert "hush" not in reviewed("dangerous").model_dump_json()


def test_a_preview_whose_secrets_stand_in_the_clear_is_told_without_them() -> None:
    """`pulumi preview --json --show-secrets` prints them."""
    data = recorded("secret")
    changed = step(data, "PostbackConnection/sales", "update")
    changed["oldState"]["inputs"]["token"], changed["newState"]["inputs"]["token"] = "clear-old", "clear-new"
    changed["oldState"]["outputs"]["token"] = "clear-old"
    assert "clear-" not in judge(read_plan(data, "demo")).model_dump_json()


def test_refusals_are_told_in_the_words_of_whoever_refused() -> None:
    (said,) = reviewed("refused").refusals
    assert said.startswith("this stack belongs to the RedTrack account 64f0aa64f0aa64f0aa64f0aa, but the key")
    (said,) = reviewed("mistake").refusals
    assert "stacks/demo.yaml:1: extendz: unknown key" in said
    assert "unhandled" not in said


@pytest.mark.parametrize("name", ALL)
def test_the_order_of_the_engine_changes_nothing(name: str) -> None:
    data = recorded(name)
    once = reviewed(name)
    data["steps"].sort(key=lambda each: (each["op"] != "refresh", each["urn"]), reverse=False)
    again = judge(read_plan(data, "demo"))
    told = {"items", "dangers", "left", "digest", "summary", "rows"}
    assert again.model_dump(include=told) == once.model_dump(include=told)


def awaiting(data: Any, **confirmed: Any) -> Any:
    """The connection `sales` as it is where a person enters it: its live inputs are what the ledger says."""
    waiting = step(data, "PostbackConnection/sales")
    waiting["op"] = "update"
    kept = {name: waiting["oldState"]["inputs"][name] for name in ("account", "name", "object_id")}
    waiting["oldState"]["inputs"] = {**kept, **confirmed, "status": AWAITING}
    waiting["oldState"]["outputs"]["status"] = waiting["newState"]["inputs"]["status"] = AWAITING
    return waiting


def test_an_object_that_awaits_a_person_is_an_operator_step_and_no_drift() -> None:
    data = recorded("clean")
    awaiting(data, events=["refund"])
    review = judge(read_plan(data, "demo"))
    assert (review.verdict, review.exit_status) == ("operator", 4)
    assert field(review, "operator", "postbacks/sales", "events").new == ["payment"]
    assert review.summary == "demo: only operator steps open, 1 open operator step"


def waiting_for(data: Any, ref: str, status: str) -> None:
    """The object as a preview plans it that `pulumi up` could not make before a person did something."""
    refreshed, planned = step(data, ref, "refresh"), step(data, ref)
    refreshed["oldState"] |= {"id": f"{PREFIX}DNS/x/y", "outputs": {"status": status}}
    planned["op"] = "create"
    del planned["oldState"], planned["newState"]["inputs"]["object_id"]


def test_what_waits_for_a_person_is_a_step_and_no_drift() -> None:
    data = recorded("clean")
    waiting_for(data, "TrackingDomain/main", "awaiting DNS")
    review = judge(read_plan(data, "demo"))
    assert (review.verdict, review.exit_status) == ("operator", 4)
    assert item(review, "operator", "domains/main").note == "Awaiting DNS: `trackform operator --live`"


def test_an_update_that_was_held_back_was_not_changed_outside() -> None:
    data = recorded("clean")
    waiting_for(data, "TrackingDomain/main", "awaiting DNS")
    planned, refreshed = step(data, "Campaign/fb"), step(data, "Campaign/fb", "refresh")
    refreshed["oldState"]["inputs"] = {
        **planned["oldState"]["inputs"], "domain_id": f"{PREFIX}DNS/x/y", "cpc": 0.3,
    }  # fmt: skip
    planned["op"] = "update"
    planned["newState"]["inputs"] |= {"domain_id": rpc.UNKNOWN, "cpc": 0.3}
    review = judge(read_plan(data, "demo"))
    assert review.verdict == "differs"
    assert [one.name for one in item(review, "update", "campaigns/fb").fields] == ["cpc", "domain_id"]


def test_what_the_file_changes_while_a_person_is_awaited_is_an_update() -> None:
    data = recorded("clean")
    waiting = awaiting(data, events=["payment"])
    waiting["newState"]["inputs"]["events"] = ["payment", "refund"]
    review = judge(read_plan(data, "demo"))
    assert review.verdict == "differs"
    assert [one.name for one in item(review, "update", "postbacks/sales").fields] == ["events"]
    assert item(review, "operator", "postbacks/sales").note == "A person has to enter it: `trackform operator`"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Previewing update (demo)", "this is no JSON"),
        ("[]", "this is no preview"),
        ("{}", "no steps"),
        ('{"steps": {}}', "no preview"),
        (json.dumps({**recorded("clean"), "steps": [s for s in recorded("clean")["steps"] if s["op"] != "refresh"]}),
         "did not read the live account"),
        (json.dumps(recorded("clean")).replace("urn:pulumi:demo::", "urn:pulumi:beta::"), "is of stack 'beta'"),
    ],
)  # fmt: skip
def test_what_is_no_preview_is_refused_with_the_way_out(text: str, said: str) -> None:
    with pytest.raises(NotAPreview, match=said):
        read_plan(parse(text), "demo")


def test_a_renamed_stack_is_told_for_each_object_as_what_it_is() -> None:
    data = recorded("clean")
    renamed = step(data, "Offer/other")
    renamed["op"] = "update"
    renamed["oldState"]["inputs"]["account"] = "before"
    review = judge(read_plan(data, "demo"))
    (item,) = review.items
    assert (item.name, item.change, item.fields) == ("other", "update", ())
    assert item.note == "Learns the stack's new name; nothing is written"


@pytest.mark.parametrize("name", ALL)
def test_where_an_object_belongs_is_no_field_of_it(name: str) -> None:
    once = reviewed(name)
    data = recorded(name)
    for each in data.get("steps") or []:
        new = each.get("newState") or {}
        if "account" in new.get("inputs", {}):
            new["inputs"]["account_id"] = "f" * 24
    again = judge(read_plan(data, "demo"))
    told = {"items", "dangers", "left", "digest", "summary", "rows"}
    assert again.model_dump(include=told) == once.model_dump(include=told)


def test_the_order_of_what_an_object_needs_changes_nothing() -> None:
    """Two offers of a new funnel: Pulumi lists them in another order from run to run."""
    said = set()
    for turn in (1, -1):
        data = recorded("first")
        funnel = step(data, "Funnel/keto")
        (offer,) = funnel["newState"]["propertyDependencies"]["offer_ids"]
        both = [offer, offer.replace("keto-guide", "other")]
        funnel["newState"]["propertyDependencies"]["offer_ids"] = both[::turn]
        said.add(judge(read_plan(data, "demo")).model_dump_json())
    assert len(said) == 1
    assert "offers/keto-guide or offers/other (new)" in said.pop()


def test_what_still_awaits_its_operator_is_no_unchanged_object() -> None:
    inputs = {"account": "acme", "name": "sales", "status": AWAITING}
    step_ = Step(Ref("postbacks", "sales"), "same", applied=inputs, live=inputs, declared=inputs, object_id="1")
    plan = Plan("demo")
    plan.steps = {step_.ref: step_}
    review = judge(plan)
    assert [(one.change, one.ref) for one in review.items] == [("operator", "postbacks/sales")]
    assert (review.verdict, review.unchanged) == ("operator", 0)
