"""A status in words: what stands on which line, in the singular and in the plural, and what is left out."""

from datetime import UTC, datetime
from typing import Any

import pytest

from trackform.project.state import LastUpdate
from trackform.review.model import FieldChange, Item
from trackform.status.model import FoundByRule, OpenStep, StackStatus, StatusRow, Unread
from trackform.status.text import HEADER, lines_of, links_of, rows_of, spreadsheet, title_of

AT = datetime(2026, 11, 27, 18, 3, 19, tzinfo=UTC)
UP: dict[str, Any] = {"kind": "update", "at": AT, "result": "succeeded"}
DRIFT = Item(
    change="drift", section="offers", name="guide", kind="offer", service="RedTrack",
    fields=(FieldChange(name="url", old="https://a.test", new="https://b.test"), FieldChange(name="cap", new=5)),
)  # fmt: skip
UNREAD = Unread(about="offers/guide", reason="no answer")
ERROR = FoundByRule(rule="no-amount", severity="error", where="acme.yaml:7", message="a sale books nothing")
WARNING = FoundByRule(rule="no-notify", severity="warning", where="acme.yaml:9", message="nobody is told")
STEP = OpenStep(id="postbacks/sales", action="create")


def status(**facts: Any) -> StackStatus:
    return StackStatus(**{"stack": "acme", "applied": True, **facts})


@pytest.mark.parametrize(
    ("last", "said"),
    [
        (UP, "last `pulumi up` 2026-11-27 18:03 UTC, succeeded"),
        ({**UP, "dirty": True, "by": "Ann"}, "last `pulumi up` 2026-11-27 18:03 UTC, succeeded"),
        (
            {**UP, "kind": "destroy", "result": "failed", "commit": "bd9d562", "by": "Ann"},
            "last run, a destroy: 2026-11-27 18:03 UTC, failed, commit bd9d562 of Ann",
        ),
        (
            {**UP, "commit": "bd9d562", "by": "Ann", "dirty": True},
            "last `pulumi up` 2026-11-27 18:03 UTC, succeeded, commit bd9d562 of Ann and what was not committed",
        ),
    ],
)
def test_the_last_run(last: dict[str, Any], said: str) -> None:
    assert title_of(status(last=LastUpdate(**last))) == f"acme: {said}"


def test_who_ran_it_is_said_where_it_is_known_and_it_was_run() -> None:
    assert title_of(status()) == "acme"
    assert title_of(status(applied=False, last=LastUpdate(**UP))) == "acme: was never applied"


def lines(**facts: Any) -> list[str]:
    return list(lines_of(status(**facts)))


QUIET = ["what the services show is as the file says", "no rule has anything to say", "no operator step is open"]


def test_a_stack_about_which_there_is_nothing_to_say() -> None:
    assert lines() == QUIET


def test_what_no_service_shows_is_not_called_as_the_file_says() -> None:
    held = StatusRow(section="campaigns", name="fb", state="paused until sales is confirmed", waits_for=("sales",))
    assert lines(open_steps=(STEP,))[0] == f"{QUIET[0]}, but 1 operator step is open"
    waits = "campaigns/fb waits for what is to be confirmed"
    assert lines(rows=(held,))[0] == f"{QUIET[0]}, but {waits}"
    assert lines(rows=(held,), open_steps=(STEP, STEP))[0] == f"{QUIET[0]}, but 2 operator steps are open and {waits}"
    two = (held, held.model_copy(update={"name": "native"}))
    assert lines(rows=two)[0] == f"{QUIET[0]}, but campaigns/fb, campaigns/native wait for what is to be confirmed"


def test_what_to_copy_stands_on_lines_of_its_own() -> None:
    campaign = StatusRow(
        section="campaigns", name="fb", link="https://t.test/1", no_redirect=("https://l.test/a", "https://l.test/b")
    )
    script = StatusRow(section="scripts", name="page", code="<script>")
    waiting = StatusRow(section="offers", name="guide", state="not made yet")
    assert list(links_of(status(rows=(campaign, waiting, script)))) == [
        ("campaigns/fb", "https://t.test/1"),
        ("campaigns/fb, without a redirect", "https://l.test/a"),
        ("campaigns/fb, without a redirect", "https://l.test/b"),
        ("scripts/page, on each page", "<script>"),
    ]  # fmt: skip
    assert rows_of(status(rows=(waiting, script))) == [("offers/guide", "", "not made yet"), ("scripts/page", "", "")]


def test_what_was_changed_outside_stands_with_what_the_file_says() -> None:
    assert lines(drift=(DRIFT, DRIFT.model_copy(update={"note": "Deleted outside", "fields": ()}))) == [
        "changed outside: offers/guide",
        "  url: https://a.test; the file says https://b.test",
        "  cap: nothing; the file says 5",
        "changed outside: offers/guide (Deleted outside)",
        "what `pulumi up` would do with it: trackform review acme",
        *QUIET[1:],
    ]


def test_what_else_differs_is_told_by_what_a_preview_would_do_with_it() -> None:
    assert lines(differs={"create": ("offers/a", "offers/b"), "delete": ("scripts/page",)}) == [
        "to create: offers/a, offers/b",
        "to delete: scripts/page",
        "what `pulumi up` would do with it: trackform review acme",
        *QUIET[1:],
    ]


def test_an_account_of_which_something_was_not_read_is_not_said_to_be_as_declared() -> None:
    assert lines(unread=(UNREAD,)) == ["could not be read: offers/guide: no answer", *QUIET[1:]]


def test_errors_are_told_in_full_and_warnings_counted() -> None:
    error = "error: acme.yaml:7: a sale books nothing [no-amount]"
    for findings, said in (
        ((ERROR,), [error]),
        ((WARNING,), ["1 warning: trackform validate acme"]),
        ((WARNING, ERROR, WARNING), [error, "2 warnings: trackform validate acme"]),
    ):
        assert lines(findings=findings) == [*QUIET[:1], *said, QUIET[2]]


def test_open_steps_are_named() -> None:
    remove = OpenStep(id="postbacks/old", action="remove")
    assert lines(open_steps=(STEP,))[2:] == [
        "1 operator step is open: trackform operator acme", "  postbacks/sales: enter",
    ]  # fmt: skip
    assert lines(open_steps=(STEP, remove))[2:] == [
        "2 operator steps are open: trackform operator acme", "  postbacks/sales: enter", "  postbacks/old: remove",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("facts", "exit_status"),
    [
        ({}, 0),
        ({"findings": (WARNING,)}, 0),
        ({"open_steps": (STEP,), "findings": (WARNING,)}, 4),
        ({"findings": (WARNING, ERROR), "open_steps": (STEP,)}, 2),
        ({"differs": {"update": ("offers/guide",)}, "open_steps": (STEP,)}, 2),
        ({"drift": (DRIFT,), "differs": {"update": ("offers/guide",)}, "findings": (ERROR,)}, 3),
        ({"unread": (UNREAD,), "drift": (DRIFT,), "open_steps": (STEP,)}, 1),
    ],
)
def test_the_worst_decides_the_exit_status(facts: dict[str, Any], exit_status: int) -> None:
    found = status(**facts)
    assert found.exit_status == exit_status
    assert found.document()["exit_status"] == exit_status


def test_a_row_of_the_spreadsheet_for_each_address_of_each_stack() -> None:
    campaign = StatusRow(
        section="campaigns", name="fb", title="FB", state="live", channel="facebook", link="https://t.test/1",
        no_redirect=("https://l.test/a", "https://l.test/b"),
    )  # fmt: skip
    script = StatusRow(section="scripts", name="page", title="Page", code="<script>")
    assert HEADER == "stack,section,name,title,channel,state,link,no_redirect,code\r\n"
    assert spreadsheet([status(rows=(campaign,)), status(stack="other", rows=(script,))]) == (
        f"{HEADER}"
        "acme,campaigns,fb,FB,facebook,live,https://t.test/1,https://l.test/a,\r\n"
        "acme,campaigns,fb,FB,facebook,live,https://t.test/1,https://l.test/b,\r\n"
        "other,scripts,page,Page,,,,,<script>\r\n"
    )
