"""What the picture shows: objects, connections and marks, none over another, nothing that could be executed."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from tests.trackform.picture.conftest import ROOT
from trackform.account_file.compose import Composition, Ref
from trackform.flow.matrix import lines
from trackform.picture import Mark, draw, marks_of
from trackform.picture.graph import graph
from trackform.picture.layout import HEIGHT, WIDTH, lay_out
from trackform.review.model import Danger, FieldChange, Item, Review
from trackform.rules import check
from trackform.rules.registry import Case

Size = Callable[[int], Composition]
NASTY = "<script>alert(1)</script>\"'&{{ 7 * 7 }}"


class Labels(HTMLParser):
    """The labels that are read out, and the names of all tags."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.labels: list[str] = []
        self.tags: set[str] = set()
        self.classes: dict[str, str] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.add(tag)
        if tag == "g":
            label = given["aria-label"] or ""
            self.labels.append(label)
            self.classes[label] = given["class"] or ""


def test_a_click_is_followed_to_the_conversion_types(demo: Composition) -> None:
    edges = graph(demo, ()).edges
    path = [
        Ref("traffic_channels", "facebook"), Ref("campaigns", "fb-keto-de"), Ref("funnels", "keto"),
        Ref("offers", "keto-guide"), Ref("offer_sources", "digistore24"), Ref("postbacks", "sales"),
        Ref("conversion_types", "initial_sale"),
    ]  # fmt: skip
    assert [pair for pair in pairwise(path) if pair not in edges] == []


def test_a_connection_books_only_what_it_hears_of(demo: Composition) -> None:
    edges = graph(demo, ()).edges
    booked = {
        one.name: {other.name for ref, other in edges if ref == one} for one, _ in edges if one.section == "postbacks"
    }
    assert booked == {
        "sales": {"initial_sale", "upsell"},
        "returns": {"refund", "chargeback"},
        "billing": {"single_payment", "subscription", "installment"},
    }


def test_every_object_is_there(demo: Composition) -> None:
    text = draw(demo, {})
    seen = Labels(text).labels
    for each in (one for one in demo.objects if one.section != "domains"):
        assert any(each.name in label for label in seen), each.name
    assert "Tracking domains: <strong>main</strong>" in text


@pytest.mark.parametrize("campaigns", [1, 2, 7, 95])
def test_nothing_stands_over_another(sized: Size, campaigns: int) -> None:
    placed = lay_out(graph(sized(campaigns), ())).placed
    columns: dict[float, list[float]] = {}
    for each in placed:
        columns.setdefault(each.x, []).append(each.y)
    for heights in columns.values():
        ordered = sorted(heights)
        assert all(b - a >= HEIGHT for a, b in pairwise(ordered))
    xs = sorted(columns)
    assert all(b - a > WIDTH for a, b in pairwise(xs))
    assert all(each.y > 0 for each in placed)


DRAWN = """
from pathlib import Path
from trackform.account_file.models import read_account
from trackform.account_file.compose import compose
from trackform.picture import draw
print(draw(compose(read_account(Path("stacks/demo.yaml"))), {}))
"""


def test_it_is_the_same_each_time() -> None:
    """Whatever order sets have in this process."""
    drawn = {
        subprocess.run(
            [sys.executable, "-c", DRAWN], cwd=ROOT, check=True, capture_output=True, text=True,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(drawn) == 1
    assert "<svg" in drawn.pop()


def test_marks_are_read_out_and_have_a_sign_each(demo: Composition) -> None:
    marks = {
        "offers/keto-guide": [Mark("drift", "url"), Mark("danger", "cid leaves its URL")],
        "postbacks/sales": [Mark("step", "url")],
        "domains/main": [Mark("finding", "resolves nowhere")],
    }
    text = draw(demo, marks)
    seen = Labels(text)
    (label,) = (label for label in seen.labels if label.startswith("offer keto-guide"))
    assert label.endswith("; danger: cid leaves its URL; changed outside: url")
    assert "is-danger" in seen.classes[label]
    assert ">▲≠</text>" in text
    assert "<strong>main</strong> !" in text
    listed = re.findall(r"<li><strong>(.*?)</strong>", text)
    assert listed == ["offers/keto-guide", "domains/main", "postbacks/sales"]


def test_what_left_the_file_is_drawn(demo: Composition) -> None:
    seen = Labels(draw(demo, {"campaigns/old": [Mark("change", "is deleted")]}))
    (label,) = (label for label in seen.labels if "old" in label)
    assert label == "campaign old, not in the file; change: is deleted"
    assert "gone" in seen.classes[label]


def test_marks_about_files_are_only_told(demo: Composition) -> None:
    text = draw(demo, {"stacks/policy.yaml": [Mark("danger", "a limit is raised")]})
    assert "a limit is raised" in text


def test_nothing_is_executed(demo: Composition) -> None:
    text = draw(demo, {"offers/keto-guide": [Mark("danger", NASTY)], f"offers/{NASTY}": [Mark("drift", NASTY)]})
    seen = Labels(text)
    assert "script" not in seen.tags
    assert any(NASTY in label for label in seen.labels)
    assert "http" not in text.replace("http://www.w3.org", "")


def test_the_matrix_is_a_table(demo: Composition) -> None:
    rows = [line for product, cells in Case("demo", demo).proofs for line in lines(product, cells)]
    text = draw(demo, {}, rows)
    assert text.count("<tr>") + text.count('<tr class="bad">') == len(rows) + 1
    assert "Flow matrix" not in draw(demo, {})


def test_marks_of_a_review(demo: Composition) -> None:
    def item(change: str, section: str, name: str, *fields: str, kept: bool = False) -> Item:
        return Item.model_validate({
            "change": change, "section": section, "name": name, "kind": "x", "service": "y", "kept": kept,
            "fields": [FieldChange(name=field) for field in fields],
        })  # fmt: skip

    review = Review(
        stack="demo",
        verdict="drift",
        dangers=(Danger(kind="url", about="offers/keto-guide", reason="cid leaves its URL"),),
        items=(
            item("drift", "offers", "keto-guide", "url", "countries"),
            item("operator", "postbacks", "sales", "url"),
            item("delete", "campaigns", "old", kept=True),
            item("update", "funnels", "keto", "title"),
            item("create", "offers", "new", "url"),
        ),
    )
    found = marks_of(review, check([("demo", demo)]))
    assert found["offers/keto-guide"][:2] == [
        Mark("danger", "cid leaves its URL"), Mark("drift", "url, countries"),
    ]  # fmt: skip
    assert found["postbacks/sales"][0] == Mark("step", "url")
    assert found["campaigns/old"] == [Mark("change", "leaves the file and stays in the account")]
    assert found["funnels/keto"] == [Mark("change", "is updated: title")]
    assert found["offers/new"] == [Mark("change", "is created")]
    assert any(mark.sort == "finding" for mark in found["postbacks/returns"])
