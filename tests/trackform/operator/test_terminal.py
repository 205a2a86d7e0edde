"""A step on a terminal and for machines, and the steps that only the services can tell are open."""

from pathlib import Path
from typing import Any

import click
import pytest
from click import termui
from rich.console import Console

from tests.terminal import Stream
from tests.trackform.export.living import composed
from trackform.commands.operator import _answer
from trackform.operator.desk import NotConfirmed, OperatorDesk, named
from trackform.operator.listing import show_steps
from trackform.operator.live_steps import ServiceAnswers, live_steps
from trackform.operator.step import Field, OperatorStep
from trackform.operator.terminal import as_row, counted, field_lines, step_lines

OWN = """\
account: {redtrack_user: u1}
digistore24: {affiliate: acme, account: 77}
domains: {main: track.acme.test, second: {existing: go.acme.test}}
offer_sources: {shop: {}, ds24: {title: DS}}
products: {keto: {id: 1, upsells: [2, 3]}, other: {id: 4}}
"""


def step(**more: Any) -> OperatorStep:
    return OperatorStep(
        **{
            "id": "postbacks/sales", "action": "change", "service": "Digistore24", "form": "Vendor → the list, all",
            "account": "77", "fields": (), "reason": "Because.", **more,
        }
    )  # fmt: skip


def shown(field: Field, **more: Any) -> list[str]:
    return [click.unstyle(line) for line in field_lines(field, **{"secrets": False, **more})]


@pytest.mark.parametrize(
    ("field", "options", "lines"),
    [
        (Field("URL", "new"), {}, ["  URL", "new"]),
        (Field("URL", "new", "old"), {}, ["* URL", "new", "    was: old"]),
        (Field("URL", "same", "same"), {}, ["  URL", "same"]),
        (Field("URL", "", "old", "Why."), {}, ["* URL", "(empty)", "    was: old", "    Why."]),
        (Field("URL", "", "old", "Why."), {"removal": True}, ["  URL: old"]),
    ],
)
def test_a_field_on_lines_of_its_own(field: Field, options: dict[str, Any], lines: list[str]) -> None:
    assert shown(field, **options) == lines


def test_a_step_is_told_in_the_order_of_its_form() -> None:
    told = step(fields=(Field("A", "1"), Field("B", "2")), evidence="Seen.", unread=("tok",))
    assert [click.unstyle(line) for line in step_lines(told)] == [
        "postbacks/sales: change", "Digistore24 77: Vendor → the list, all", "Because.", "Seen.",
        "  A", "1", "  B", "2", "The config secret tok cannot be read here: run this where it can.",
    ]  # fmt: skip
    gone = step(action="remove", account="", fields=(Field("A", "", "1"),))
    assert [click.unstyle(line) for line in step_lines(gone)][:2] == [
        "postbacks/sales: remove", "Digistore24: Vendor → the list, all",
    ]  # fmt: skip


def test_for_machines() -> None:
    row = as_row("demo", step(fields=(Field("A", "1", "0", "w"),), evidence="Seen."))
    assert row == {
        "stack": "demo", "id": "postbacks/sales", "action": "change", "service": "Digistore24", "account": "77",
        "form": "Vendor → the list, all", "reason": "Because.", "evidence": "Seen.", "by_hand": step().by_hand,
        "row": "", "fields": [{"label": "A", "value": "1", "before": "0", "why": "w", "secret": False}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("count", "said"), [(0, "Nothing is open in a, b"), (1, "1 step is open in a, b"), (2, "2 steps are open in a, b")]
)
def test_how_many(count: int, said: str) -> None:
    assert counted(count, ["a", "b"]) == said


@pytest.mark.parametrize(
    ("more", "in_rows"), [({}, True), ({"action": "remove"}, False), ({"unread": ("tok",)}, False)]
)
def test_steps_that_have_more_to_say_stand_alone(
    capsys: pytest.CaptureFixture[str], more: dict[str, Any], in_rows: bool
) -> None:
    steps = [step(id=f"postbacks/{name}", fields=(Field("A", name, name * 2),), **more) for name in ("x", "y")]
    show_steps(Console(width=100), [("demo", each) for each in steps], several=False)
    listed = click.unstyle(capsys.readouterr().out)
    # Once in the list of all, and once more above what is to be entered.
    assert listed.count("postbacks/x") == (1 if in_rows else 2)
    assert listed.count("Because.") == 1


def test_steps_are_named_by_patterns() -> None:
    steps = [step(id=name) for name in ("postbacks/a", "postbacks/b", "domains/c")]
    assert [one.id for one in named(steps, ["domains/*", "postbacks/b", "postbacks/*"])] == [
        "domains/c", "postbacks/b", "postbacks/a",
    ]  # fmt: skip
    with pytest.raises(NotConfirmed, match=r"no open step is called 'x'\. Open: postbacks/a, postbacks/b, domains/c"):
        named(steps, ["x"])
    with pytest.raises(NotConfirmed, match="Open: none is open"):
        named([], ["x"])


def test_what_closes_by_itself_is_not_confirmed(tmp_path: Path) -> None:
    desk = OperatorDesk("demo", composed(own=OWN), lambda _: None, folder=tmp_path)
    (cname, *_) = live_steps(composed(own=OWN), ServiceAnswers(domains=frozenset()))
    with pytest.raises(NotConfirmed, match="domains/main is not confirmed by hand: it closes by itself, once it is do"):
        desk.confirm(cname, "me")
    assert list(tmp_path.iterdir()) == []


def test_what_the_stack_only_refers_to_is_somebody_elses_step() -> None:
    """`pulumi up` neither adds nor creates it, whatever a person does here."""
    own = OWN.replace("shop: {}", "shop: {existing: Shop}").replace("main: track.acme.test, ", "")
    assert live_steps(composed(own=own), ServiceAnswers(frozenset(), frozenset({"DS"}))) == []


def test_nothing_is_open_where_nobody_was_asked() -> None:
    assert live_steps(composed(own=OWN), ServiceAnswers()) == []


def test_what_redtrack_does_not_have_yet() -> None:
    composition = composed(own=OWN)
    found = live_steps(
        composition, ServiceAnswers(domains=frozenset({"go.acme.test"}), offer_sources=frozenset({"DS"}))
    )
    assert [(one.id, one.action, one.account) for one in found] == [
        ("domains/main", "create", ""), ("offer_sources/shop", "check", "u1"),
    ]  # fmt: skip
    assert [(field.label, field.value) for field in found[0].fields][:2] == [
        ("Type", "CNAME"), ("Name", "track.acme.test"),
    ]  # fmt: skip
    assert [(field.label, field.value) for field in found[1].fields] == [("Title", "shop")]


@pytest.mark.parametrize(
    ("told", "steps"),
    [
        ({}, []),
        ({"1": {"affiliation_status": "approved"}, "9": {}}, []),
        (
            {"1": {"affiliation_status": "approved"}, "4": {"affiliation_status": "no"}},
            [("products/other", "create", "4", [], "no")],
        ),
        ({"1": {}, "4": {"affiliation_status": "approved"}}, [("products/keto", "create", "1", [], "None")]),
        (
            {"1": {"affiliation_status": "wait_for_approval"}, "3": {"affiliation_status": "wait_for_approval"}},
            [("products/keto", "check", "1, 3", [], "wait_for_approval")],
        ),
        (
            {
                "2": {"affiliation_status": "wait_for_approval", "affiliation_status_msg": "Wait!"},
                "3": {"affiliation_status": "no", "invite_url": "https://b.test"},
                "4": {"affiliation_status": "no", "invite_url": "https://a.test"},
            },
            [
                ("products/keto", "create", "2, 3", ["https://b.test"], "Wait!; no"),
                ("products/other", "create", "4", ["https://a.test"], "no"),
            ],
        ),
    ],
)
def test_partnerships_that_are_not_approved(told: Any, steps: list[Any]) -> None:
    found = []
    for one in live_steps(composed(own=OWN), ServiceAnswers(partnerships=told)):
        values = [(field.label, field.value) for field in one.fields]
        links = [value for label, value in values if label == "Invite link"]
        found.append((one.id, one.action, dict(values)["Products"], links, dict(values)["Digistore24 says"]))
        assert one.reason.startswith("Requested, and not" if one.action == "check" else "There is no approved")
    assert found == steps


@pytest.mark.parametrize(("width", "lines"), [(80, 1), (40, 2)])
def test_the_question_fits_the_terminal(monkeypatch: pytest.MonkeyPatch, width: int, lines: int) -> None:
    """At a terminal Python's own `input` writes it, past all that folds lines."""
    asked = list[str]()

    def skip(text: str) -> str:
        asked.append(text)
        return "s"

    monkeypatch.setattr(termui, "visible_prompt_func", skip)
    monkeypatch.setattr("sys.stdout", Stream(terminal=True))
    monkeypatch.setenv("COLUMNS", str(width))
    assert _answer(step(), is_done=False, is_first=False) == "skip"
    question = asked[0].removeprefix("\n").split("\n")
    assert len(question) == lines
    assert all(len(line) <= width for line in question)
    assert question[-1].endswith(" ")
