"""``TRACKFORM_ALLOW``: what it permits, and that what a message tells to type is what permits it."""

import shlex
import subprocess
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform_core.session.permissions import NEVER_ALL, Permit, asked_for, extended, permission, permitted, setting


@pytest.mark.parametrize(
    ("allow", "names", "expected"),
    [
        ("", ["Keto"], False),
        ("delete:offer/Keto", ["Keto"], True),
        ("delete:offer/keto", ["Keto"], False),
        (" x, delete:offer/7 ,y", ["Keto", "7"], True),
        ("delete:offer", ["Keto"], True),
        ("delete:offers", ["Keto"], False),
        ("delete:offer/Keto", [], False),
        ("update:offer,delete:landing", ["Keto"], False),
        ("delete-clicked:offer/Keto", ["Keto"], False),
    ],
)
def test_what_is_permitted(monkeypatch: pytest.MonkeyPatch, allow: str, names: list[str], *, expected: bool) -> None:
    monkeypatch.setenv("TRACKFORM_ALLOW", allow)
    assert permitted("delete", "offer", *names) is expected


@pytest.mark.parametrize("permit", sorted(NEVER_ALL))
def test_what_is_looked_at_one_by_one_is_not_permitted_for_a_whole_kind(
    monkeypatch: pytest.MonkeyPatch, permit: Permit
) -> None:
    monkeypatch.setenv("TRACKFORM_ALLOW", f"{permit}:offer")
    assert not permitted(permit, "offer", "Keto", "7")
    monkeypatch.setenv("TRACKFORM_ALLOW", f"{permit}:offer/7")
    assert permitted(permit, "offer", "Keto", "7")


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["Keto", "7"], "delete:offer/Keto"),
        (["Keto, DE", "7"], "delete:offer/7"),
        (["Keto\nDE", "7"], "delete:offer/7"),
        ([" Keto", "7"], "delete:offer/7"),
        (["Keto, DE"], "delete:offer"),
        ([], "delete:offer"),
    ],
)
def test_an_object_is_named_by_the_first_name_that_can_stand_in_the_variable(names: list[str], expected: str) -> None:
    assert permission("delete", "offer", *names) == expected


def test_how_it_is_typed() -> None:
    assert setting("delete:offer/keto-guide,x", "gone:offer") == "TRACKFORM_ALLOW=delete:offer/keto-guide,x,gone:offer"
    assert setting("delete:offer/FB :: Keto") == "TRACKFORM_ALLOW='delete:offer/FB :: Keto'"
    assert setting("delete:offer/Keto.") == "TRACKFORM_ALLOW='delete:offer/Keto.'"
    assert setting("delete:offer/Jo's") == "TRACKFORM_ALLOW='delete:offer/Jo'\"'\"'s'"


NAMES = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" '\"$`\\!*.,"), min_size=1)


@given(st.lists(NAMES, min_size=1, max_size=4))
@example(["Keto DE", "Jo's", "$HOME `id`", "a.", "b!"])
@example(["Keto."])
@example(["Keto, DE"])
@example(["'"])
def test_what_a_message_asks_for_is_what_permits(names: list[str]) -> None:
    wanted = [permission("delete", "offer", name) for name in names]
    said = f"'x' would go. If it is meant, run once with {setting(*wanted)}, or `{setting('gone:offer')}`. Nothing"
    assert asked_for(said) == [*wanted, "gone:offer"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKFORM_ALLOW", ",".join(wanted))
        assert all(permitted("delete", "offer", name) for name in names)


def test_a_shell_takes_it_as_it_is_shown() -> None:
    wanted = ['delete:offer/FB :: Jo\'s "$HOME" `id` \\ !', "gone:offer"]
    line = f"{setting(*wanted)} printenv TRACKFORM_ALLOW"
    done = subprocess.run(["/bin/sh", "-c", line], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip("\n") == ",".join(wanted)
    assert shlex.split(line)[0] == f"TRACKFORM_ALLOW={','.join(wanted)}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("run once with TRACKFORM_ALLOW='delete:campaign/a b,delete:campaign/c', or remove it in a change of its own",
         ["delete:campaign/a b", "delete:campaign/c"]),
        ("run once with TRACKFORM_ALLOW=update:offer; or change fewer at a time", ["update:offer"]),
        ("run once with TRACKFORM_ALLOW=recreate:offer. Nothing was written", ["recreate:offer"]),
        ("run again with TRACKFORM_ALLOW=gone:offer", ["gone:offer"]),
        ("once with `TRACKFORM_ALLOW=forget:postback/sales`", ["forget:postback/sales"]),
        ("TRACKFORM_ALLOW names it", []),
        ("use the right key", []),
    ],
)  # fmt: skip
def test_what_a_refusal_asks_for(said: str, expected: list[str]) -> None:
    assert asked_for(said) == expected


def test_more_permissions_leave_those_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TRACKFORM_ALLOW", raising=False)
    assert extended([]) == {}
    assert extended(["gone:offer", "gone:landing"]) == {"TRACKFORM_ALLOW": "gone:offer,gone:landing"}
    monkeypatch.setenv("TRACKFORM_ALLOW", "update:offer")
    assert extended([]) == {}
    assert extended(["gone:offer"]) == {"TRACKFORM_ALLOW": "update:offer,gone:offer"}


def test_every_permission_is_explained() -> None:
    guard = Path("docs/guard.md").read_text(encoding="utf-8")
    assert [permit for permit in get_args(Permit) if f"\n| `{permit}:" not in guard] == []
