"""The verb on saved previews: the four forms, exit statuses, and what cannot be understood."""

import html
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.trackform.review.conftest import DATA, reviewed
from trackform.cli import main
from trackform.review.html import page
from trackform.review.model import Danger, FieldChange, Item, Review
from trackform.review.plain_text import terminal_text

NASTY = "<script>alert(1)</script>\"'&{{ 7 * 7 }}\x1b[31m"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project without account files: a saved preview needs none."""
    (tmp_path / "stacks").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKFORM_POLICY", raising=False)


def run(name: str, *arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["review", "demo", "--preview", str(DATA / f"{name}.json"), *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


@pytest.mark.parametrize(
    ("name", "status"),
    [("clean", 0), ("refused", 1), ("mistake", 1), ("first", 2), ("dangerous", 2), ("drift", 3), ("drift_and_file", 3)],
)
def test_exit_statuses(name: str, status: int) -> None:
    for form in ([], ["--json"], ["--markdown"], ["--html"]):
        assert run(name, *form)[0] == status


def test_the_text_begins_with_the_verdict_and_tells_danger_first() -> None:
    _, said = run("dangerous")
    lines = said.splitlines()
    assert lines[0] == "demo: 10 DANGERS, 6 to update, 1 to replace"
    assert lines[2] == "DANGER"
    assert "    url, cid: {clickid} → nothing" in lines
    assert lines[-1].startswith("Digest ")


def test_json_holds_everything() -> None:
    _, said = run("dangerous", "--json")
    data = json.loads(said)
    assert data["exit_status"] == 2
    assert data["digest"] == reviewed("dangerous").digest
    assert data["counts"] == {
        "drift": 0, "take-over": 0, "create": 0, "update": 6, "replace": 1, "delete": 0, "operator": 0
    }  # fmt: skip
    (other,) = [one for one in data["items"] if one["name"] == "other"]
    (url,) = [one for one in other["fields"] if one["name"] == "url"]
    assert url["parts"] == [
        {"part": "?cid", "old": "{clickid}", "new": None},
        {"part": "?ref", "old": None, "new": "x"},
    ]


def test_files_in_the_form_of_their_ending(tmp_path: Path) -> None:
    names = [tmp_path / f"review{ending}" for ending in (".md", ".html", ".json", ".txt")]
    run("dangerous", *(f"--write={name}" for name in names))
    assert names[0].read_text().startswith("**demo: 10 DANGERS")
    assert names[1].read_text().startswith("<!doctype html>")
    assert json.loads(names[2].read_text())["verdict"] == "differs"
    assert names[3].read_text().startswith("demo: 10 DANGERS")


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.words += data


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    nasty = Review(
        stack="demo", verdict="differs", warnings=(NASTY,), refusals=(NASTY,),
        dangers=(Danger(kind="url", about=NASTY, reason=NASTY),),
        items=(Item(change="update", section="offers", name=NASTY, kind="offer", service="RedTrack", note=NASTY,
                    fields=(FieldChange(name=NASTY, old=NASTY, new=[NASTY]),)),),
    )  # fmt: skip
    seen = Page(page(nasty))
    assert "script" not in seen.tags
    assert seen.links == []
    assert "<script>alert(1)</script>" in seen.words, "it is shown as it is"
    assert "{{ 7 * 7 }}" in seen.words
    assert "url(" not in page(nasty)
    assert re.findall(r"https?://", page(nasty)) == []


def test_the_page_has_room_for_a_picture_of_the_account() -> None:
    assert '<svg id="drawn"></svg>' in page(reviewed("dangerous"), '<svg id="drawn"></svg>')
    assert 'id="account"' not in page(reviewed("dangerous"))


def test_a_page_tells_what_the_text_tells() -> None:
    words = " ".join(html.unescape(Page(page(reviewed("dangerous"))).words).split())
    for line in ("offers/other", "url, cid", "money_back", "10 DANGERS", reviewed("dangerous").digest):
        assert line in words


def test_nothing_rewrites_the_terminal() -> None:
    fields = (FieldChange(name="notes", old=NASTY, new="a\nb\rc"),)
    item = Item(change="update", section="offers", name="x", kind="offer", service="RedTrack", fields=fields)
    said = terminal_text(Review(stack="demo", verdict="differs", items=(item,)), in_terminal=False)
    assert "\x1b" not in said
    assert "a↵b↵c" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["demo", "--apply", "nonsense"], "is no digest"),
        (["demo", "--preview", "x", "--apply", "0" * 20], "leave --preview out"),
        (["demo", "--reviewed", __file__], "--reviewed goes with --apply"),
        (["demo", "beta", "--preview", "x"], "for one stack"),
        (["demo", "--preview", "not-there.json"], "not-there.json cannot be read"),
        (["demo", "--preview", __file__], "this is no JSON"),
        (["demo", "--preview", "x", "--write", "review.pdf"], "known: .md, .html, .json, .txt"),
        (["beta", "--preview", str(DATA / "clean.json")], "is of stack 'demo', not of 'beta'"),
        (["demo"], "run this in the project's folder"),
    ],
)
def test_what_cannot_be_done_is_said(arguments: list[str], said: str) -> None:
    done = CliRunner().invoke(main, ["review", *arguments])
    assert done.exit_code == 1
    assert said in done.output
    assert "Traceback" not in done.output


def test_a_preview_from_standard_input() -> None:
    text = (DATA / "drift.json").read_text()
    done = CliRunner().invoke(main, ["review", "demo", "--preview", "-"], input=text)
    assert done.exit_code == 3
    assert done.output.startswith("demo: drift, 1 changed outside")
