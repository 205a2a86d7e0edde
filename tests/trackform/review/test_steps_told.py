"""What a review tells of one object, for each sort of step that an engine may plan."""

from typing import Any

import pytest
from pulumi.runtime import rpc

from tests.trackform.review.conftest import recorded, step
from trackform.account_file.sections import Ref, Wanted
from trackform.preview.plan import Plan, Step, read_plan
from trackform.preview.steps import NotAPreview
from trackform.review.judge import judge
from trackform.review.model import FieldChange, Item, Review
from trackform.review.values import Shower, exact, text
from trackform.review.words import Line, lines
from trackform_core.lifecycle.fate import Fate
from trackform_core.no_api.status import AWAITING

OFFER = Ref("offers", "keto")
SALES = Ref("postbacks", "sales")
DOMAIN = Ref("domains", "main")
URL = "https://x.test/?cid={clickid}"


def judged(*steps: Step, **preview: Any) -> Review:
    return judge(Plan("demo", {step.ref: step for step in steps}, **preview))


def told(*steps: Step) -> Item:
    """The one item that a plan comes to."""
    (item,) = judged(*steps).items
    return item


def test_what_exists_elsewhere_is_only_referred_to() -> None:
    item = told(Step(OFFER, "create", declared={"title": "Keto", "existing": True}))
    assert (item.change, item.note, item.fields) == ("create", "Only referred to: nothing is written", ())


def test_one_that_waited_and_is_there_by_now_is_taken_over() -> None:
    """An object that `pulumi up` could not make, and that a person made since: its id is known, nothing differs."""
    declared = {"title": "Keto", "url": URL, "object_id": "o1"}
    item = told(Step(OFFER, "create", declared=declared, awaits="awaiting operator"))
    assert (item.change, item.note) == ("take-over", "Exists already, as declared: nothing is written")
    waits = told(Step(OFFER, "create", declared={"title": "Keto", "url": URL}, awaits="awaiting DNS"))
    assert (waits.change, waits.note) == ("operator", "Awaiting DNS: `trackform operator --live`")
    assert {one.name for one in waits.fields} == {"title", "url"}


def test_an_existing_one_that_waited_is_adopted() -> None:
    declared = {"title": "Keto", "existing": True, "object_id": "o1"}
    item = told(Step(OFFER, "create", declared=declared, awaits="awaiting offer source 'x'"))
    assert (item.change, item.note) == ("create", "Only referred to: nothing is written")
    (row,) = [row for row in judged(Step(OFFER, "create", declared=declared)).rows if not row.field]
    assert (row.change, row.new) == ("create", "o1"), "which live object is meant is part of what is reviewed"


def test_one_that_a_person_enters_and_has_an_id_is_still_to_be_entered() -> None:
    declared = {"name": "sales", "object_id": "p1", "status": AWAITING}
    item = told(Step(SALES, "create", declared=declared))
    assert (item.change, item.note) == ("create", "A person has to enter it: `trackform operator`")


def test_of_a_take_over_each_field_is_told() -> None:
    changes = {"title": "a => b", "url": f"{URL} => {URL}&a=1", "notes": "nothing => x", "tags": "a text of ours"}
    item = told(Step(OFFER, "create", declared={"title": "b", "adopts": {"id": "o1", "changes": changes}}))
    assert (item.change, item.note) == ("take-over", "Exists already and is changed to fit")
    assert {one.name: (one.old, one.new) for one in item.fields} == {
        "title": ("a", "b"), "url": (URL, f"{URL}&a=1"), "notes": (None, "x"), "tags": (None, "a text of ours"),
    }  # fmt: skip
    assert [part.part for one in item.fields for part in one.parts] == ["?a"]


SECRET_URLS = ("https://user.test/canary-old", "https://user.test/canary-new")


@pytest.mark.parametrize("op", ["take-over", "text", "drift", "update", "create", "replace", "left", "enters"])
def test_a_secret_is_never_shown_in_clear(op: str) -> None:
    """Not by any way that a value goes, and not part by part where it looks like a URL."""
    old, new = SECRET_URLS
    was, now = {"name": "sales", "token": old}, {"name": "sales", "token": new}
    steps: dict[str, Step] = {
        "take-over": Step(SALES, "create", declared={**now, "adopts": {"id": "p", "changes": {
            "token": f"{old} => {new}"}}}),
        "text": Step(SALES, "create", declared={**now, "adopts": {"id": "p", "changes": {"token": f"is {old}"}}}),
        "drift": Step(SALES, "update", applied=now, live=was, declared=now),
        "update": Step(SALES, "update", applied=was, live=was, declared=now),
        "create": Step(SALES, "create", declared=now),
        "replace": Step(SALES, "replace", applied=was, live=was, declared=now),
        "left": Step(SALES, "same", applied=now, live=now, declared=now, outputs={"changed_outside": {"token": old}}),
        "enters": Step(SALES, "update", applied=now, live=was, declared={**now, "status": AWAITING}),
    }  # fmt: skip
    review = judged(steps[op])
    said = review.model_dump_json()
    assert "canary" not in said
    assert "[secret]" in said
    assert not [part for item in review.items for one in item.fields for part in one.parts]


def test_a_secret_that_only_pulumi_sees_differing_is_told() -> None:
    values = {"name": "sales", "token": "[secret]"}
    change = Step(SALES, "update", applied=values, live=values, declared=values, reasons=("token",))
    assert [one.name for one in told(change).fields] == ["token"]
    quiet = Step(SALES, "update", applied=values, live=values, declared=values, reasons=("events",))
    assert told(quiet).note == "Pulumi does not say in which field"
    review = judged(change, sealed={(SALES, "token"): "abc"})
    assert [row.new for row in review.rows if row.field == "token"] == ["[secret] #abc"]
    gone = Step(SALES, "update", applied=values, live=values, declared={"name": "sales"}, reasons=("token",))
    assert [row.new for row in judged(gone, sealed={(SALES, "token"): "abc"}).rows if row.field == "token"] == ["null"]


@pytest.mark.parametrize(
    ("fate", "outputs", "note", "kept"),
    [
        (None, {"existing": True}, "Is kept: this stack only refers to it", True),
        (None, {"adopted": True}, "Is kept: it was adopted, not created", True),
        (None, {"adopted": True, "on_delete": "delete"}, "Is deleted, or paused if it had clicks in the last 30 days",
         False),
        (None, {"on_delete": "keep"}, "Is kept: on_delete is keep", True),
        (None, {"on_delete": "pause"}, "Is paused: on_delete is pause", False),
        (None, {}, "Is deleted, or paused if it had clicks in the last 30 days", False),
        (Fate("deleted"), {}, "Is deleted", False),
        (Fate("kept-default"), {"on_delete": "delete"}, "Is kept: never deleted by default", True),
        (Fate("protected"), {}, f"Is {Fate('protected')}", True),
        (Fate("gone"), {}, "Is gone already", True),
        (Fate("by-hand"), {}, f"Is {Fate('by-hand')}", False),
    ],
)  # fmt: skip
def test_what_becomes_of_it(fate: Fate | None, outputs: dict[str, Any], note: str, kept: bool) -> None:
    item = told(Step(OFFER, "delete", live={"title": "x"}, outputs=outputs, fate=fate, object_id="o1"))
    assert (item.change, item.note, item.kept, item.object_id) == ("delete", note, kept, "o1")


def test_what_is_replaced_says_what_becomes_of_the_old_one() -> None:
    step_ = Step(DOMAIN, "replace", live={"url": "a.test"}, applied={"url": "a.test"}, declared={"url": "b.test"},
                 fate=Fate("deleted"))  # fmt: skip
    assert told(step_).note == "Its old one is kept: never deleted by default", "a fate is of what leaves the file"


def test_what_was_deleted_outside_is_made_again() -> None:
    offer = told(Step(OFFER, "create", applied={"title": "a"}, declared={"title": "a"}))
    assert (offer.change, offer.note) == ("drift", "Deleted outside; `pulumi up` creates it again, with another id")
    campaign = told(Step(Ref("campaigns", "fb"), "create", applied={"title": "a"}, declared={"title": "a"}))
    assert campaign.note.endswith("with another id and another tracking link")


def test_a_field_that_is_no_longer_declared() -> None:
    item = told(Step(OFFER, "update", applied={"notes": "x"}, live={"notes": "x"}, declared={}))
    assert [(one.name, one.old, one.new) for one in item.fields] == [("notes", "x", None)]
    assert lines(item) == [Line("notes", "x", "no longer declared: stays as it is", "")]
    replaced = item.model_copy(update={"change": "replace"})
    assert lines(replaced) == [Line("notes", "x", "nothing", "")]
    was: dict[str, Any] = {"extra": {"cap_alert": True}}
    item = told(Step(OFFER, "update", applied=was, live=was, declared={}))
    assert lines(item) == [Line("extra.cap_alert", "true", "nothing", "")], "what leaves a map goes"


@pytest.mark.parametrize(
    ("change", "field", "line"),
    [
        ("create", FieldChange(name="n", new="x"), Line("n", None, "x")),
        ("operator", FieldChange(name="n", new="x"), Line("n", None, "x")),
        ("operator", FieldChange(name="n", old="y", new="x"), Line("n", "y", "x", "")),
        ("update", FieldChange(name="n", new="x"), Line("n", "nothing", "x", "")),
        ("drift", FieldChange(name="n", old="y", new="x", applied="x"), Line("n", "y", "x", "set back")),
        ("drift", FieldChange(name="n", old="y", new="x", applied="z"),
         Line("n", "y", "x", "the file was changed too; it was z")),
        ("drift", FieldChange(name="n", old="y", new=None, applied=None),
         Line("n", "y", "no longer declared: stays as it is", "set back")),
    ],
)  # fmt: skip
def test_a_line_for_each_field(change: Any, field: FieldChange, line: Line) -> None:
    item = Item(change=change, section="offers", name="x", kind="offer", service="RedTrack", fields=(field,))
    assert lines(item) == [line]
    noted = lines(item.model_copy(update={"note": "said"}))
    assert [one.how for one in noted] == [""]


def test_weights_of_members_that_are_gone_are_told_by_the_members() -> None:
    values = {"title": "f", "offer_ids": ["o1"], "offer_weights": [100]}
    outside: dict[str, Any] = {"offer_weights": [], "landing_weights": [50]}
    steered = Step(
        Ref("funnels", "f"), "same", applied=values, live=values, declared=values, outputs={"changed_outside": outside}
    )
    left = judged(steered).left
    assert [(one.about, one.field, one.live) for one in left] == [("funnels/f", "landing_weights", [50])]
    gone = Step(Ref("funnels", "f"), "delete", live=values, outputs={"changed_outside": outside})
    assert judged(gone).left == ()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, "nothing"), ("", "an empty text"), ("a\nb", "a↵b"), ([], "none"),
        (["a", "b"], "a, b"), ([1, 2], "[1, 2]"),
        ({"b": 1, "a": "ü"}, '{"a": "ü", "b": 1}'), (True, "true"), (0, "0"),
    ],
)  # fmt: skip
def test_a_value_in_one_line(value: Any, said: str) -> None:
    assert text(value) == said


def test_two_values_are_equal_exactly_when_their_digest_is() -> None:
    assert exact({"a": 1, "b": 2}) == exact({"b": 2, "a": 1})
    assert exact("1") != exact(1)
    hidden = [exact(f"https://x.test/?ptoken={secret}&a=1") for secret in ("one", "two")]
    assert hidden[0] != hidden[1]
    assert not [one for one in hidden if "one" in one or "two" in one]
    assert len(hidden[0].rpartition(" #")[2]) == 12


def test_ids_are_told_by_name_where_a_reference_is_meant() -> None:
    shower = Shower([Step(OFFER, "same", object_id="o1"), Step(SALES, "same")])
    funnel = Step(Ref("funnels", "f"), "update", needs={"offer_ids": (OFFER, Ref("offers", "b"))})
    assert shower.shown(funnel, "offer_ids", ["o1", "o2", 7]) == ["offers/keto", "o2", 7]
    assert shower.shown(funnel, "notes", "o1") == "o1"
    assert shower.shown(funnel, "notes", {"a": "o1"}) == {"a": "o1"}
    assert shower.shown(funnel, "offer_ids", rpc.UNKNOWN) == "offers/keto, offers/b (new)"
    assert shower.shown(funnel, "offer_ids", ["o1", rpc.UNKNOWN]) == ["offers/keto", "offers/b (new)"]
    two = Step(Ref("funnels", "f"), "create", needs={"offer_ids": (OFFER, Ref("offers", "b"), Ref("offers", "c"))})
    unknown = ["o1", rpc.UNKNOWN, rpc.UNKNOWN]
    assert shower.shown(two, "offer_ids", unknown) == ["offers/keto", *["offers/b or offers/c (new)"] * 2]
    wanted = Wanted("funnels", "f", {"offer_ids": [OFFER, Ref("offers", "c"), Ref("offers", "b")]}, ())
    told_by_file = Shower([Step(OFFER, "same", object_id="o1")], [wanted])
    assert told_by_file.shown(two, "offer_ids", unknown) == ["offers/keto", "offers/c (new)", "offers/b (new)"]
    assert shower.shown(funnel, "domain_id", rpc.UNKNOWN) == "known after `pulumi up`"


def test_members_stand_with_their_weights() -> None:
    live = {"title": "f", "offer_ids": ["o1", "o2"], "offer_weights": [50, 50]}
    declared = {"title": "f", "offer_ids": ["o1", "o3"], "offer_weights": [40, 60]}
    item = told(Step(Ref("funnels", "f"), "update", applied=live, live=live, declared=declared))
    assert [one.name for one in item.fields] == ["offer_ids", "offer_weights"], "for machines both"
    assert lines(item) == [
        Line("offer_ids, o1", "weight 50", "weight 40"), Line("offer_ids, o3", "not in it", "weight 60"),
        Line("offer_ids, o2", "weight 50", "leaves"),
    ]  # fmt: skip
    only = told(
        Step(Ref("funnels", "f"), "update", applied=live, live=live, declared=live | {"offer_weights": [50, 1]})
    )
    assert lines(only) == [
        Line("offer_weights, o1", None, "weight 50"), Line("offer_weights, o2", "weight 50", "weight 1")
    ]  # fmt: skip
    new = told(Step(Ref("funnels", "f"), "create", declared=live))
    assert [line for line in lines(new) if line.label != "title"] == [
        Line("offer_ids, o1", None, "weight 50"), Line("offer_ids, o2", None, "weight 50")
    ]  # fmt: skip
    bare = told(Step(Ref("funnels", "f"), "create", declared={"offer_ids": ["o1"]}))
    assert lines(bare) == [Line("offer_ids, o1", None, "no weight")]


def test_a_preview_of_several_stacks_or_none_needs_a_name() -> None:
    data = recorded("clean")
    assert read_plan(data).stack == "demo"
    other = dict(step(data, "Offer/other"))
    other["urn"] = other["urn"].replace("urn:pulumi:demo::", "urn:pulumi:beta::")
    data["steps"].append(other)
    said = "this preview does not say of which stack it is: name the stack"
    with pytest.raises(NotAPreview, match="this preview is of stack 'beta', not of 'demo'"):
        read_plan(data)
    with pytest.raises(NotAPreview, match=said):
        read_plan({"steps": [], "diagnostics": [{"message": "error: no", "severity": "error"}]})


def test_of_members_that_people_steer_only_what_the_file_changes_is_a_change() -> None:
    values = {"offer_ids": ["a", "b"], "offer_weights": [50, 50]}
    outside = {"changed_outside": {"offer_weights": [60, 40]}}
    review = judged(Step(
        Ref("funnels", "f"), "update", applied=values, live=values, declared=values | {"offer_weights": [70, 50]},
        outputs=outside,
    ))  # fmt: skip
    assert [(line.label, line.old, line.new) for line in lines(review.items[0])] == [
        ("offer_weights, a", "weight 60", "weight 70"), ("offer_weights, b", None, "weight 50"),
    ]  # fmt: skip
    assert [(left.field, left.declared, left.live) for left in review.left] == [("offer_weights", [70, 50], [60, 40])]


def test_of_a_map_that_people_steer_only_what_the_file_changes_is_a_change() -> None:
    was = {"is_enabled": True, "limit": 3, "count": 1}
    values = {"funnel_ids": ["a"], "funnel_weights": [1], "funnel_optimizations": [was]}
    item = told(Step(
        Ref("campaigns", "c"), "update", applied=values, live=values,
        declared=values | {"funnel_optimizations": [{"is_enabled": False, "limit": 3, "metric": "roi"}]},
        outputs={"changed_outside": {"funnel_optimizations": [{"is_enabled": True, "limit": 9, "count": 2}]}},
    ))  # fmt: skip
    (field,) = item.fields
    assert field.old == [{"is_enabled": True, "limit": 3, "count": 2}]
    assert field.new == [{"is_enabled": False, "limit": 3, "metric": "roi"}]
