"""A digest stands for exactly what would be written over what."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.review.conftest import DATA, recorded, reviewed, step
from trackform.preview.plan import read_plan
from trackform.review.apply import NotAReview, difference, is_digest, read_reviewed, same_digest
from trackform.review.judge import judge
from trackform.review.model import Review

ALL = sorted(path.stem for path in DATA.glob("*.json"))


def judged(data: Any) -> Review:
    return judge(read_plan(data))


@pytest.mark.parametrize("name", ALL)
def test_a_digest_is_stable_and_looks_like_one(name: str) -> None:
    review = reviewed(name)
    again = json.loads(json.dumps(recorded(name), sort_keys=True))
    assert judged(again).digest == review.digest, "whatever order the engine's maps have"
    assert is_digest(review.digest) is (review.verdict not in ("refused", "failed"))


def test_a_preview_that_failed_has_none() -> None:
    assert reviewed("mistake").digest == ""


def test_every_plan_has_its_own() -> None:
    plans = [name for name in ALL if reviewed(name).digest and name != "clean"]
    assert len(plans) > len(ALL) / 2
    assert len({reviewed(name).digest for name in plans}) == len(plans)


def change_old(data: Any) -> None:
    step(data, "Offer/other")["oldState"]["inputs"]["notes"] = "somebody else's"


def change_new(data: Any) -> None:
    step(data, "Offer/other")["newState"]["inputs"]["notes"] = "another text"


def change_field(data: Any) -> None:
    step(data, "Campaign/fb")["newState"]["inputs"]["cost_model"] = "CPM"


def change_steered(data: Any) -> None:
    """What people steer and the file changes: drift on the same field."""
    step(data, "Offer/keto-guide")["oldState"]["outputs"]["changed_outside"] = {"status": "paused"}


def change_hidden(data: Any) -> None:
    """Only the part that is not shown: a secret parameter inside a text."""
    inputs = step(data, "Offer/other")["newState"]["inputs"]
    inputs["notes"] = inputs["notes"].replace("ptoken=hush", "ptoken=hash")


def change_object(data: Any) -> None:
    step(data, "Offer/other")["oldState"]["id"] = "f" * 24


def delete_another(data: Any) -> None:
    gone = step(data, "Funnel/spare")
    gone["op"] = "delete"
    del gone["newState"]


def leave_out(data: Any) -> None:
    data["steps"].remove(step(data, "Campaign/tt"))


def another_stack(data: Any) -> None:
    text = json.dumps(data).replace("urn:pulumi:demo::", "urn:pulumi:beta::")
    data.clear()
    data.update(json.loads(text))


@pytest.mark.parametrize(
    "change",
    [
        change_old, change_new, change_field, change_steered, change_hidden, change_object, delete_another, leave_out,
        another_stack,
    ],
)  # fmt: skip
def test_whatever_is_written_or_written_over_is_in_it(change: Any) -> None:
    data = recorded("dangerous")
    before = judged(data)
    changed = copy.deepcopy(data)
    change(changed)
    after = judged(changed)
    assert not same_digest(after, before.digest)
    assert "hash" not in after.model_dump_json()


def test_what_does_not_matter_is_not_in_it() -> None:
    data = recorded("dangerous")
    before = judged(data).digest
    data["diagnostics"] = []
    data["steps"].reverse()
    step(data, "Offer/other")["oldState"]["outputs"]["owner"] = "somebody"
    assert judged(data).digest == before


def test_drift_on_the_same_field_shows_in_the_difference(tmp_path: Path) -> None:
    file = tmp_path / "review.json"
    file.write_text(reviewed("dangerous").model_dump_json())
    known = read_reviewed(file, "demo")
    assert known.digest == reviewed("dangerous").digest
    data = recorded("dangerous")
    change_old(data)
    gone, new = difference(known, judged(data))
    assert [row.partition(" -> ")[0] for row in gone] == ['update offers/other.notes: "before"']
    assert [row.partition(" -> ")[0] for row in new] == ['update offers/other.notes: "somebody else\'s"']
    file.write_text(json.dumps({"reviews": [json.loads(reviewed("dangerous").model_dump_json())]}))
    assert read_reviewed(file, "demo").digest == known.digest


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"stack": "demo"}', '{"stack": "demo", "rows": [{}]}', "7"])
def test_what_is_no_review_is_said(tmp_path: Path, text: str) -> None:
    file = tmp_path / "review.json"
    file.write_text(text)
    with pytest.raises(NotAReview):
        read_reviewed(file, "demo")
