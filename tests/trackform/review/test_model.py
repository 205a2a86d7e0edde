"""The first line, the order, the digest, and what the engine's own words come to."""

import json
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from click.testing import CliRunner

from tests.trackform.review.conftest import recorded
from trackform.account_file.compose import Ref
from trackform.cli import main
from trackform.preview.plan import Diagnostic, Plan, Step, read_plan
from trackform.review.apply import NotAReview, difference, is_digest, read_reviewed, same_digest
from trackform.review.html import page
from trackform.review.judge import judge
from trackform.review.markdown import markdown
from trackform.review.model import CHANGES, COUNTED, DANGERS, Change, Danger, Item, Review, Row
from trackform.review.words import HEADINGS, IMPORTANCE
from trackform_core.lifecycle.fate import Fate
from trackform_core.model.messages import RefusalId, marked


def items(**counts: int) -> tuple[Item, ...]:
    return tuple(
        Item(change=change.replace("_", "-"), section="offers", name=f"{change}-{at}", kind="offer", service="RedTrack")
        for change, count in counts.items()
        for at in range(count)
    )


URL = Danger(kind="url", about="offers/x", reason="y")


@pytest.mark.parametrize(
    ("review", "summary"),
    [
        ({"verdict": "nothing", "unchanged": 1}, "s: nothing to do: 1 object is as declared"),
        ({"verdict": "nothing", "unchanged": 1200}, "s: nothing to do: 1,200 objects are as declared"),
        ({"verdict": "refused", "dangers": (URL,)}, "s: REFUSED, 1 danger"),
        ({"verdict": "failed", "dangers": (URL, URL)}, "s: the preview FAILED, 2 dangers"),
        ({"verdict": "differs", "dangers": (URL,)}, "s: 1 DANGER"),
        ({"verdict": "drift", "dangers": (URL, URL)}, "s: 2 DANGERS"),
        ({"verdict": "operator", "items": items(operator=1)}, "s: only operator steps open, 1 open operator step"),
        ({"verdict": "operator", "items": items(operator=2)}, "s: only operator steps open, 2 open operator steps"),
        (
            {"verdict": "drift", "items": items(delete=1, replace=1, update=2, create=1, take_over=1, drift=1)},
            "s: drift, 1 changed outside, 1 to take over, 1 to create, 2 to update, 1 to replace, 1 to delete",
        ),
    ],
)
def test_the_first_line(review: dict[str, Any], summary: str) -> None:
    assert Review(stack="s", **review).summary == summary


def test_how_many_of_those_that_leave_the_file_are_kept() -> None:
    gone = items(delete=3, create=1)
    kept = (gone[0].model_copy(update={"kept": True}), *gone[1:])
    assert Review(stack="s", verdict="differs", items=kept).summary == "s: differs, 1 to create, 3 to delete (1 kept)"


def test_every_change_has_its_words_and_its_place() -> None:
    every = set(get_args(Change))
    assert set(CHANGES) == set(COUNTED) == set(HEADINGS) == set(IMPORTANCE) == every
    assert len(CHANGES) == len(IMPORTANCE) == len(every)
    review = Review(stack="s", verdict="drift", items=items(**{one.replace("-", "_"): 1 for one in reversed(CHANGES)}))
    said = markdown(review)
    places = [said.index(f"### {HEADINGS[change]} (1)") for change in CHANGES]
    assert places == sorted(places)
    assert [name for name in IMPORTANCE if name in ("delete", "create")] == ["delete", "create"], "kept first"
    words = re.sub(r"<[^>]+>", " ", page(review))
    assert all(HEADINGS[change] in words for change in CHANGES)


def test_dangers_come_in_their_order_and_once() -> None:
    found = [Step(Ref("offers", name), "update", {"t": 1}, {"status": "active"}, {"status": "paused"}) for name in "ba"]
    clash = Step(Ref("offers", "a"), "update", {"t": 1}, {"on_delete": "keep"}, {"on_delete": "delete"})
    review = judge(Plan("s", {one.ref: one for one in found}))
    assert [one.about for one in review.dangers] == ["offers/a", "offers/b"]
    assert DANGERS.index("tracking-link") < DANGERS.index("traffic") < DANGERS.index("protection")
    both = judge(Plan("s", {Ref("offers", "b"): found[0], clash.ref: clash}))
    assert [(one.kind, one.about) for one in both.dangers] == [("traffic", "offers/b"), ("protection", "offers/a")]


@pytest.mark.parametrize("length", [1_499, 1_500, 1_501])
def test_a_long_reason_is_shortened(length: int) -> None:
    said = markdown(Review(stack="s", verdict="failed", refusals=("x" * length,)))
    assert ("x" * min(length, 1_500)) in said
    assert ("x…" in said) is (length > 1_500)
    assert "x" * 1_501 not in said


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("0" * 20, True), (f" {'aF' * 10}\n", True), ("0" * 19, False), ("0" * 21, False), ("g" * 20, False),
     ("", False)],
)  # fmt: skip
def test_what_looks_like_a_digest(text: str, is_one: bool) -> None:
    assert is_digest(text) is is_one


def row(about: str, **more: str) -> Row:
    return Row(about=about, **{"change": "update", "field": "f", "old": "1", "new": "2", **more})


def test_a_digest_is_of_all_rows_in_any_order() -> None:
    one, other = row("offers/a"), row("offers/b")
    first = Review(stack="s", verdict="differs", rows=(one, other))
    assert first.digest == Review(stack="s", verdict="drift", rows=(other, one)).digest
    assert first.digest != Review(stack="t", verdict="differs", rows=(one, other)).digest
    assert first.digest != Review(stack="s", verdict="differs", rows=(one, one)).digest
    for name in ("about", "change", "field", "old", "new"):
        changed = other.model_copy(update={name: "else"})
        assert first.digest != Review(stack="s", verdict="differs", rows=(one, changed)).digest, name
    assert same_digest(first, f" {first.digest.upper()} ")
    assert not same_digest(first, first.digest[:-1])


def test_the_difference_is_told_sorted_each_as_often_as_it_is(tmp_path: Path) -> None:
    reviewed = Review(stack="s", verdict="differs", rows=(row("offers/c"), row("offers/b"), row("offers/a")))
    other = Review(stack="t", verdict="differs", rows=(row("offers/x"),))
    path = tmp_path / "review.json"
    path.write_text(json.dumps({"reviews": [json.loads(one.model_dump_json()) for one in (other, reviewed)]}))
    known = read_reviewed(path, "s")
    assert known.digest == reviewed.digest
    assert read_reviewed(path, "t").digest == other.digest
    now = Review(stack="s", verdict="differs", rows=(row("offers/b"), row("offers/z", field=""), row("offers/y")))
    assert difference(known, now) == (
        ["update offers/a.f: 1 -> 2", "update offers/c.f: 1 -> 2"],
        ["update offers/y.f: 1 -> 2", "update offers/z: 1 -> 2"],
    )
    with pytest.raises(NotAReview, match="holds no review of stack 'u'"):
        read_reviewed(path, "u")
    with pytest.raises(NotAReview, match=r"make it with `trackform review s --json > review\.json`"):
        read_reviewed(Path(__file__), "s")


ACCOUNT_URN = "urn:pulumi:demo::trackform::pulumi-python:dynamic/trackform:Account::account"


@pytest.mark.parametrize(
    ("diagnostics", "messages"),
    [
        ([("error: Preview failed: no\n", "error")], ["no"]),
        ([("warning: careful", "warning"), ("careful", "info")], ["careful"]),
        ([("Exception calling application: bad", "error")], ["bad"]),
        ([("a\n\nb \n", "info")], ["a", "b"]),
        ([("a\nb", "error#x")], ["a\nb"]),
        ([("preview failed", "error"), ("why", "error")], ["why"]),
        ([("an unhandled error occurred", "error"), ("fine", "info")], ["an unhandled error occurred", "fine"]),
        ([("trackform:Offer resource 'x': property title value {a: {b}} has a problem: too long", "error")],
         ["too long"]),
    ],
)  # fmt: skip
def test_what_the_engine_says(diagnostics: list[tuple[str, str]], messages: list[str]) -> None:
    data = recorded("clean")
    data["diagnostics"] = [{"message": message, "severity": severity} for message, severity in diagnostics]
    assert [one.message for one in read_plan(data, "demo").diagnostics] == messages


def test_whose_word_a_refusal_is() -> None:
    data = recorded("clean")
    data["diagnostics"] = [{"message": "error: no", "severity": "error", "urn": ACCOUNT_URN}]
    (told,) = read_plan(data, "demo").diagnostics
    assert told.of_account
    assert told.is_refusal
    assert judge(read_plan(data, "demo")).verdict == "refused"
    for id_ in get_args(RefusalId):
        data["diagnostics"] = [{"message": f"error: {marked(id_, 'whatever it says')}", "severity": "error"}]
        (said,) = read_plan(data, "demo").diagnostics
        assert (said.message, said.id, said.is_refusal) == ("whatever it says", id_, True)
    assert not Diagnostic("it may be", "warning", id="limit").is_refusal
    assert not Diagnostic("no route to host", "error").is_refusal
    (of_account,) = Plan("s", account=({}, {"refused": ["too many would go"]})).refusals
    assert of_account.is_refusal, "whatever the Account declines is refused, also what has no mark of its own"
    both = Plan("s", diagnostics=[told, Diagnostic("no route", "error")])
    assert judge(both).verdict == "failed"


@pytest.mark.parametrize(
    ("steps", "verdict"),
    [
        ([], "nothing"),
        ([Step(Ref("offers", "a"), "create", declared={"title": "a"})], "differs"),
        ([Step(Ref("offers", "a"), "update", {"title": "a"}, {"title": "b"}, {"title": "a"})], "drift"),
        ([Step(Ref("offers", "a"), "update", {"title": "a"}, {"title": "a"}, {"title": "b"})], "differs"),
    ],
)
def test_the_verdict(steps: list[Step], verdict: str) -> None:
    assert judge(Plan("s", {one.ref: one for one in steps})).verdict == verdict


def test_what_was_told_elsewhere_is_no_warning() -> None:
    lost = "offer 'x' leaves the file: deleted"
    told = [Diagnostic(lost, "info", id="leaves"), Diagnostic("cpc is another", "info", id="changed-outside"),
            Diagnostic("look at ptoken=secret", "warning"), Diagnostic("bad", "error")]  # fmt: skip
    review = judge(Plan("s", diagnostics=told))
    assert review.warnings == (lost, "look at ptoken=(hidden)"), "no object of the plan tells what becomes of it"
    assert review.refusals == ("bad",)


def test_a_name_that_an_earlier_run_gave_up_is_no_warning() -> None:
    fates = {Ref("offers", "old"): Fate("kept-renamed", "'new' has the same title"), Ref("offers", "x"): Fate("gone")}
    assert judge(Plan("s", fates=fates)).warnings == ("offer 'x' leaves the file: gone already",)


def test_of_several_stacks_the_worst_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(main, ["review", "demo", "--preview", str(tmp_path)])
    assert done.exit_code == 1
    assert f"{tmp_path}: cannot be read" in done.output
