"""What a preview tells of drift, and what is no preview that accept can use."""

from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.trackform.accept.desk import token
from trackform.accept.chosen import Unmatched, choose
from trackform.accept.drift import Drift, LiveChange, drift_of
from trackform.account_file.compose import Ref
from trackform.preview.plan import holds_unknown, read_plan
from trackform.preview.steps import NotAPreview
from trackform_core.no_api.status import AWAITING

OFFER, FUNNEL = Ref("offers", "keto"), Ref("funnels", "keto")


def steps(
    applied: dict[str, Any] | None, live: dict[str, Any] | None, declared: dict[str, Any], ref: Ref = OFFER, **more: Any
) -> list[dict[str, Any]]:
    urn = f"urn:pulumi:demo::trackform::{token(ref.section)}::{ref.name}"
    found: list[dict[str, Any]] = []
    if applied is not None:
        found.append({"op": "refresh", "urn": urn, "oldState": {"id": "o1", "inputs": applied}})
    planned: dict[str, Any] = {"op": "update" if live else "create", "urn": urn, "newState": {"inputs": declared}}
    if live is not None:
        planned["oldState"] = {"id": "o1", "inputs": live, "outputs": {"changed_outside": more.get("outside", {})}}
    return [*found, planned]


def read(*each: dict[str, Any]) -> Drift:
    return drift_of(read_plan({"steps": list(each)}, "demo"))


def told(*each: dict[str, Any]) -> list[tuple[str, Any, Any, Any, str]]:
    return [(one.field, one.applied, one.live, one.declared, one.why) for one in read(*each).changes]


@pytest.mark.parametrize("data", [None, 7, [], {}, {"steps": {}}, {"steps": []}])
def test_what_is_no_preview(data: Any) -> None:
    said = r"this (is no preview|preview has no steps)\. Make one with `pulumi preview --json --show"
    with pytest.raises(NotAPreview, match=said):
        drift_of(read_plan(data, "demo"))


def test_a_preview_of_another_stack() -> None:
    with pytest.raises(NotAPreview, match="is of stack 'demo', not of 'other'"):
        drift_of(read_plan({"steps": steps({}, {}, {"title": "x"})}, "other"))


def test_a_preview_that_did_not_read_the_account() -> None:
    with pytest.raises(NotAPreview, match=r"did not read the live account\. Make one with .* --refresh"):
        read(*steps(None, {"title": "a"}, {"title": "b"}))
    assert read(*steps(None, None, {"title": "b"})).changes == [], "a first run has nothing to read"


def test_what_is_no_object_of_ours_is_passed_over() -> None:
    stack = {"op": "same", "urn": "urn:pulumi:demo::trackform::pulumi:pulumi:Stack::trackform-demo"}
    assert told(stack, *steps({"title": "a"}, {"title": "b"}, {"title": "a"})) == [("title", "a", "b", "a", "drift")]


@pytest.mark.parametrize(
    ("applied", "live", "declared", "changes"),
    [
        ({"title": "a"}, {"title": "a"}, {"title": "a"}, []),
        ({"title": "a"}, {"title": "b"}, {"title": "a"}, [("title", "a", "b", "a", "drift")]),
        ({"title": "a"}, {"title": "b"}, {"title": "c"}, [("title", "a", "b", "c", "drift")]),
        ({"title": "a"}, {"title": "b"}, {"title": "b"}, []),
        ({"title": "a"}, {"title": "a"}, {"title": "b"}, [("title", "a", "a", "b", "file")]),
        ({}, {"notes": "b"}, {}, [("notes", None, "b", None, "file")]),
        ({"notes": "a"}, {"notes": "a"}, {"notes": rpc.UNKNOWN}, []),
        ({"extra": {"pixels": 1}}, {"extra": {"pixels": 2}}, {"extra": {"pixels": 1}},
         [("extra.pixels", 1, 2, 1, "drift")]),
        ({"unset": ["a"]}, {"unset": []}, {"unset": ["a"]}, [("unset", ["a"], [], ["a"], "drift")]),
        ({"adopt": True}, {"adopt": False}, {"adopt": True}, []),
        ({"strange": 1}, {"strange": 2}, {"strange": 1}, []),
        ({"__provider": "a"}, {"__provider": "b"}, {"__provider": "c"}, []),
    ],
)  # fmt: skip
def test_three_values_of_a_field(applied: Any, live: Any, declared: Any, changes: Any) -> None:
    assert told(*steps(applied, live, declared)) == changes


def test_what_people_steer() -> None:
    values = {"status": "active"}
    outside = {"status": "paused", "offer_weights": [], "cap": 0}
    found = told(*steps(values, values, values, outside=outside))
    assert found == [("status", "active", "paused", "active", "steered"), ("cap", None, 0, None, "steered")]
    same = told(*steps(values, values, {"status": "paused"}, outside={"status": "paused"}))
    assert same == []


def test_what_was_accepted_once_is_never_taken_back() -> None:
    """An accepted bid is there already: no `up` writes it, and the state's outputs hold the one before for ever."""
    accepted = {"cpc": 0.5, "status": "paused", "funnel_ids": ["a", "b"], "funnel_weights": [70, 30]}
    stale = accepted | {"cpc": 0.25, "status": "active", "funnel_weights": [50, 50]}
    there = {name: accepted[name] for name in ("cpc", "status", "funnel_weights")}
    campaign = Ref("campaigns", "fb")
    assert told(*steps(accepted, stale, accepted, campaign, outside=there)) == []
    since = there | {"cpc": 0.9}
    assert told(*steps(accepted, stale, accepted, campaign, outside=since)) == [("cpc", 0.5, 0.9, 0.5, "steered")]


@pytest.mark.parametrize(
    ("ids", "weights", "fields"),
    [
        (["a", "b"], [70, 30], []),
        (["a"], [70], ["offer_ids"]),
        (["a"], [50], ["offer_ids", "offer_weights"]),
        (["a", "b"], [50, 30], ["offer_weights"]),
        (["a", "b", "c"], [70, 30, 10], ["offer_ids"]),
        ([], [], ["offer_ids"]),
    ],
)
def test_weights_go_with_their_members(ids: list[str], weights: list[int], fields: list[str]) -> None:
    declared = {"offer_ids": ["a", "b"], "offer_weights": [70, 30]}
    live = {"offer_ids": ids, "offer_weights": weights}
    assert [one[0] for one in told(*steps(declared, live, declared, FUNNEL))] == fields


def test_what_was_deleted_outside_and_what_waits() -> None:
    assert read(*steps({"title": "a"}, None, {"title": "a"})).gone == [OFFER]
    waiting = steps({"title": "a"}, {"title": "b"}, {"title": "a", "status": AWAITING})
    assert read(*waiting).changes == []
    (_, planned) = steps({"title": "a"}, None, {"title": "a"})
    planned |= {"op": "delete", "oldState": {"id": "o1", "inputs": {"title": "a"}}}
    assert read(*steps({"title": "a"}, None, {"title": "a"})[:1], planned).gone == []


def test_of_a_replacement_the_step_with_a_state_counts() -> None:
    refresh, planned = steps({"title": "a"}, {"title": "b"}, {"title": "a"})
    planned["op"] = "replace"
    created = planned | {"op": "create-replacement"}
    for order in ([refresh, created, planned], [refresh, planned, created]):
        assert told(*order) == [("title", "a", "b", "a", "drift")]


@pytest.mark.parametrize(
    ("value", "unknown"),
    [
        (rpc.UNKNOWN, True), ("x", False), (None, False), ([], False), ({}, False), (["x", rpc.UNKNOWN], True),
        ({"a": "x", "b": [rpc.UNKNOWN]}, True), (["x", {"a": 1}], False),
    ],
)  # fmt: skip
def test_what_is_not_known_yet(value: Any, unknown: bool) -> None:
    assert holds_unknown(value) is unknown


def change(field: str, why: Any = "drift", ref: Ref = OFFER, **more: Any) -> LiveChange:
    return LiveChange(ref, field, **{"applied": "a", "live": "b", "declared": "a", **more}, why=why)


ALL = Drift(
    changes=[
        change("title"), change("cpc", "steered"), change("notes", declared="c"), change("tags", "file"),
        change("title", ref=FUNNEL),
    ],
    gone=[Ref("landings", "quiz"), Ref("landings", "page")],
)  # fmt: skip


@pytest.mark.parametrize(
    ("patterns", "names", "gone"),
    [
        ([], ["offers/keto.title", "funnels/keto.title"], ["quiz", "page"]),
        (["offers"], ["offers/keto.title"], []),
        (["offers/keto"], ["offers/keto.title"], []),
        (["offers/*"], ["offers/keto.title"], []),
        (["*/keto.title"], ["offers/keto.title", "funnels/keto.title"], []),
        (["offers/keto.cpc"], ["offers/keto.cpc"], []),
        (["*.notes"], ["offers/keto.notes"], []),
        (["offers/keto.tags", "landings/q*"], ["offers/keto.tags"], ["quiz"]),
        (["landings"], [], ["quiz", "page"]),
    ],
)
def test_what_a_pattern_means(patterns: list[str], names: list[str], gone: list[str]) -> None:
    chosen = choose(ALL, patterns)
    assert [one.name for one in chosen.changes] == names
    assert [ref.name for ref in chosen.gone] == gone
    assert len(chosen.left) == len(ALL.changes) - len(names)
    assert bool(chosen)


@pytest.mark.parametrize(
    ("preview", "pattern", "said"),
    [
        (Drift(), "offers", "'offers' differs in nothing: there is no drift"),
        (ALL, "offers/kato", 'did you mean "offers/keto"?'),
        (
            ALL,
            "zzzz",
            "these differ: funnels/keto, funnels/keto.title, landings/page, landings/quiz, offers/keto, ",
        ),
        (ALL, "offers/keto.url", "'offers/keto.url' differs in nothing; "),
    ],
)
def test_a_pattern_that_fits_nothing(preview: Drift, pattern: str, said: str) -> None:
    with pytest.raises(Unmatched) as error:
        choose(preview, [pattern])
    assert said in str(error.value)
    assert not choose(Drift(), [])
