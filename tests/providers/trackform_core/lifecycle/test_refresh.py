"""Reading an object of the state again: by which id it is asked for, and whether its absence means anything."""

from typing import Any

import pytest

from trackform_core.lifecycle import pending, refresh, unconfirmed
from trackform_core.lifecycle.refresh import Reread, reread
from trackform_core.lifecycle.service import Live

KIND: Any = object()
OUTS = {"title": "a"}
READ = Live("7", {"title": "live"}, {})


class Asked:
    """What the parts of a lifecycle answer, and what was asked of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, found: str | None = "", entered: bool = True) -> None:
        self.noted: list[str] = []
        self.asked: list[str] = []
        monkeypatch.setattr(unconfirmed, "read", lambda _kind, _outs: found)
        monkeypatch.setattr(pending, "note", lambda _kind, object_id, _outs: self.noted.append(object_id))
        monkeypatch.setattr(refresh, "never_entered", lambda _kind, _outs: not entered)
        monkeypatch.setattr(refresh, "strategy_of", lambda _kind, _outs: self)

    def read(self, _kind: Any, object_id: str, _outs: Any) -> Live | None:
        self.asked.append(object_id)
        return READ if object_id == "7" else None


@pytest.mark.parametrize(("object_id", "live"), [("7", READ), ("8", None)])
def test_what_was_made_is_asked_for_by_its_id(
    monkeypatch: pytest.MonkeyPatch, object_id: str, live: Live | None
) -> None:
    asked = Asked(monkeypatch)
    assert reread(KIND, object_id, OUTS) == Reread(object_id, live, was_there=True)
    assert (asked.asked, asked.noted) == ([object_id], [])


@pytest.mark.parametrize("need", ["operator", "another"])
def test_what_waits_was_never_there_and_is_looked_for_at_the_next_create(
    monkeypatch: pytest.MonkeyPatch, need: str
) -> None:
    asked = Asked(monkeypatch)
    object_id = f"trackform:awaiting/{need}/offer source/a"
    assert reread(KIND, object_id, OUTS) == Reread(object_id, None, was_there=False)
    assert (asked.asked, asked.noted) == ([], [object_id])


def test_what_nobody_entered_was_never_there(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = Asked(monkeypatch, entered=False)
    assert reread(KIND, "7", OUTS) == Reread("7", None, was_there=False)
    assert (asked.asked, asked.noted) == ([], [])


def test_what_may_have_been_made_is_read_by_the_id_that_it_is_found_by(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting = f"{unconfirmed.PREFIX}offer/a"
    monkeypatch.setattr(unconfirmed, "id_now", lambda object_id, _outs: object_id)
    asked = Asked(monkeypatch, found="7")
    assert reread(KIND, waiting, OUTS) == Reread("7", READ)
    assert asked.asked == ["7"]
    # Nobody can tell yet: it stays as it is in the state.
    asked = Asked(monkeypatch, found="")
    assert reread(KIND, waiting, OUTS) == Reread(waiting, Live(waiting, OUTS, {}))
    # It was not made.
    asked = Asked(monkeypatch, found=None)
    assert reread(KIND, waiting, OUTS) == Reread(waiting, None)
    assert asked.asked == []
