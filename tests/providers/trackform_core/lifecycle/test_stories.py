"""Random stories of one object: the file, people, faults and runs in any order. What holds after each step, and at the
end. A failure shrinks to the words of its steps.
"""

from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.providers.conftest import Room, build_cases
from tests.providers.small_engine import Engine, Stopped
from tests.providers.trackform_core.lifecycle.test_unconfirmed import hidden, lose
from trackform_core.dynamic import Failed
from trackform_core.model.wire import Row, Values

if TYPE_CHECKING:
    from tests.providers.conftest import Case

CHANGES = {"channel": "alias", "landing": "url", "offer": "notes", "funnel": "expires_at", "postback": "currency"}
"""Of each kind a field that the file changes; one that has a question for an id or none, with a total or without."""
THEIRS = {
    "channel": ("status", "theirs"), "landing": ("tags", ["theirs"]), "offer": ("cap", 77),
    "funnel": ("prelandings", []), "postback": ("error_emails", ["theirs@acme.test"]),
}  # fmt: skip
"""A wire field that the file here says nothing of, and what a person sets it to."""
UNSAID = {
    "channel": ("status",), "landing": ("tags",), "offer": ("cap",), "postback": ("error_emails",),
    "funnel": ("prelanding_ids", "prelanding_weights", "prelanding_filters"),
}  # fmt: skip


class Story:
    """One stack and its account; each method is a step."""

    def __init__(self, room: Room, case: "Case") -> None:
        self.room, self.case, self.kind = room, case, case.kind
        self.engine = Engine(room)
        self.fields: Values = {name: value for name, value in case.fields.items() if name not in UNSAID[self.kind.name]}
        self.fields["on_delete"] = "delete"
        self.changed = self.declared = False
        self.lags = False
        self.edited = ""

    @property
    def program(self) -> dict[str, dict[str, Values]]:
        change = self.case.changes[CHANGES[self.kind.name]] if self.changed else {}
        return {self.kind.name: {"it": self.fields | change}} if self.declared else {}

    @property
    def live(self) -> list[Row]:
        key = self.case.fields[self.kind.key]
        rows = self.room.all_stored(self.kind)
        return [row for row in rows if self.kind.key_of(row) == key and not self.kind.is_gone(row)]

    def the_file_says_it(self) -> None:
        self.declared = True

    def it_leaves_the_file(self) -> None:
        self.declared = False

    def the_file_changes_a_field(self) -> None:
        self.changed = not self.changed

    def somebody_sets_another_field(self) -> None:
        name, value = THEIRS[self.kind.name]
        for row in self.live:
            self.room.edit(self.kind, row["id"], set={name: value})
            self.edited = row["id"]

    def somebody_deletes_it(self) -> None:
        for row in self.live:
            self.room.edit(self.kind, row["id"], delete=True)

    def the_next_post_is_lost_before_it_is_done(self) -> None:
        lose(self.room, self.kind, after=False)

    def the_next_post_is_lost_after_it_is_done(self) -> None:
        lose(self.room, self.kind, after=True)

    def the_next_post_is_lost_and_the_listing_lags(self) -> None:
        lose(self.room, self.kind, after=True)
        self.lags = True

    def the_service_fails_once(self) -> None:
        service = "bridge" if self.kind.name == "postback" else "redtrack"
        fault = {"service": service, "path": f"^/{getattr(self.kind, 'path', '')}", "effect": "status:500"}
        self.room.control("POST", "faults", json=fault)

    def a_run(self) -> None:
        with ExitStack() as lag:
            if self.lags and not self.live:
                lag.enter_context(hidden(self.kind, self.case.fields[self.kind.key]))
            with suppress(Failed, Stopped):
                self.engine.up(self.program)
        self.lags = False

    def a_run_without_a_refresh(self) -> None:
        self.engine.refreshes = False
        self.a_run()
        self.engine.refreshes = True

    def a_preview(self) -> None:
        rows = self.live
        with suppress(Failed, Stopped):
            self.engine.preview(self.program)
        assert [row["id"] for row in self.live] == [row["id"] for row in rows], "a preview writes nothing"

    def is_sound(self) -> None:
        """There is never a second one, and what is there is in the state, or was there before a run could know it."""
        assert len(self.live) <= 1
        if self.live and not self.declared:
            known = {kept.outs.get("object_id") for kept in self.engine.state.values()}
            unconfirmed = any(str(each).startswith("trackform:unconfirmed/") for each in known)
            assert self.live[0]["id"] in known or unconfirmed, "nothing is forgotten"

    def ends(self) -> None:
        """Without faults one run does all that is left, and the next has nothing to do."""
        self.room.control("DELETE", "faults")
        self.engine.up(self.program)
        self.room.forget()
        self.engine.up(self.program)
        assert self.engine.planned == []
        assert self.room.writes() == []
        assert len(self.live) == self.declared
        assert ((self.kind.name, "it") in self.engine.state) == self.declared
        if self.declared:
            kept = self.engine.state[self.kind.name, "it"]
            assert {kept.object_id, kept.outs["object_id"]} == {self.live[0]["id"]}
            wanted = self.program[self.kind.name]["it"]
            field = CHANGES[self.kind.name]
            assert self.kind.live(self.live[0], wanted).get(field) == wanted[field]
            if self.edited == self.live[0]["id"]:
                name, value = THEIRS[self.kind.name]
                assert self.live[0].get(name) == value, "what a person set and the file does not say stays"


STEPS: list[Callable[[Story], None]] = [
    Story.the_file_says_it, Story.it_leaves_the_file, Story.the_file_changes_a_field, Story.somebody_sets_another_field,
    Story.somebody_deletes_it, Story.the_next_post_is_lost_before_it_is_done,
    Story.the_next_post_is_lost_after_it_is_done, Story.the_next_post_is_lost_and_the_listing_lags,
    Story.the_service_fails_once, Story.a_run, Story.a_run, Story.a_run_without_a_refresh, Story.a_preview,
]  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=12))
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_nothing_is_doubled_lost_or_undone(
    name: str, room: Room, monkeypatch: pytest.MonkeyPatch, steps: list[Callable[[Story], None]]
) -> None:
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name},recreate:{name}")
    room.control("POST", "reset")
    room.control("DELETE", "faults")
    story = Story(room, build_cases(room)[name])

    for step in [Story.the_file_says_it, *steps]:
        step(story)
        story.is_sound()
    story.ends()
