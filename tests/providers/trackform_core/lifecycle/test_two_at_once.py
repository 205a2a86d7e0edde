"""Two stacks of one account, and a person, each in the middle of a run: nothing of the other's is undone unseen."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, said
from tests.providers.said import Said
from tests.providers.small_engine import Engine
from trackform_core.dynamic import Failed
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle.twins import made_alike
from trackform_core.model.vendors import kinds
from trackform_core.session import session as sessions

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.wire import Row, Values

    Cases = dict[str, Case]

__all__ = ["said"]

CHANGES = {
    "domain": "fallback_url", "channel": "alias", "offer_source": "notes", "offer": "notes", "landing": "url",
    "funnel": "expires_at", "campaign": "cost_model", "script": "cookie_domain", "conversion_type": "role",
    "postback": "currency",
}  # fmt: skip


class Stacks:
    """Two stacks, each a process of its own, on one account of the sandbox."""

    def __init__(self, room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
        self.room = room
        self.first, self.second = Engine(room), Engine(room)
        self._monkeypatch = monkeypatch

    def in_between(self, act: Callable[[], Any]) -> None:
        """Once the next run of the first stack has read what there is, this happens before it writes."""
        read = self.first._refresh

        def then(*which: Any) -> None:
            read(*which)
            with self._monkeypatch.context() as patch:
                patch.setattr(sessions, "_registry", sessions.Registry())
                act()
            self._monkeypatch.setattr(self.first, "_refresh", read)

        self._monkeypatch.setattr(self.first, "_refresh", then)


@pytest.fixture
def stacks(room: "Room", monkeypatch: pytest.MonkeyPatch) -> Stacks:
    return Stacks(room, monkeypatch)


def of(case: "Case", **changed: Any) -> "dict[str, dict[str, Values]]":
    return {case.kind.name: {"it": case.fields | changed}}


def both_manage(stacks: Stacks, case: "Case") -> str:
    stacks.first.up(of(case))
    stacks.second.up(of(case, adopt=True))
    ids = {stack.state[case.kind.name, "it"].object_id for stack in (stacks.first, stacks.second)}
    assert len(ids) == 1
    return ids.pop()


@pytest.mark.parametrize("name", CHANGES)
def test_two_stacks_change_one_field_at_once(stacks: Stacks, cases: "Cases", name: str) -> None:
    """The second one's change is not undone before anybody saw it; the next run of the first shows it."""
    case, field = cases[name], CHANGES[name]
    both_manage(stacks, case)
    third = {"landing": "https://l.test/c", "domain": "https://acme.test/third"}.get(name, "third")
    third = {"expires_at": "2030-01-01T00:00:00Z", "role": "AddToCart", "currency": "GBP", "cost_model": "CPA"}.get(
        field, third
    )
    stacks.in_between(lambda: stacks.second.up(of(case, **{field: third, "adopt": True})))
    mine = of(case, **case.changes[field])
    with pytest.raises(
        Failed, match=rf"was changed in .* while this run was under way: {field} is .*changed-meanwhile"
    ):
        stacks.first.up(mine)
    (row,) = (row for row in stacks.room.all_stored(case.kind) if case.kind.key_of(row) == case.fields[case.kind.key])
    assert case.kind.live(row, {field: third})[field] == third
    stacks.first.up(mine)
    assert stacks.first.planned == [(name, "it")]


@pytest.mark.parametrize("name", CHANGES)
def test_two_stacks_change_two_fields_at_once(stacks: Stacks, cases: "Cases", name: str) -> None:
    case, field = cases[name], CHANGES[name]
    other = next(
        each for each in case.kind.fields
        if each not in (field, case.kind.key, "url", "offer_ids", "channel_id", "filters", "events")
        and each not in case.kind.initial | case.kind.write_only
        and case.fields.get(each) not in (None, case.changes[each].get(each))
    )  # fmt: skip
    object_id = both_manage(stacks, case)
    stacks.in_between(lambda: stacks.second.up(of(case, adopt=True, **case.changes[other])))
    stacks.first.up(of(case, **case.changes[field]))
    row = stacks.room.stored(case.kind, object_id)
    wanted = case.fields | case.changes[field] | case.changes[other]
    assert {each: case.kind.live(row, wanted).get(each) for each in (field, other)} == {
        each: wanted[each] for each in (field, other)
    }


@pytest.mark.parametrize("name", ["channel", "landing", "offer", "funnel", "campaign"])
def test_one_stack_deletes_what_the_other_writes(
    stacks: Stacks, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases[name]
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    object_id = both_manage(stacks, case)
    stacks.in_between(lambda: stacks.room.edit(case.kind, object_id, delete=True))
    with pytest.raises(Failed, match=r"was deleted meanwhile. Run `pulumi up` again"):
        stacks.first.up(of(case, **case.changes[CHANGES[name]]))


@pytest.mark.parametrize("name", ["landing", "offer", "campaign", "offer_source"])
def test_one_stack_marks_what_the_other_deletes(
    stacks: Stacks, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The mark of another stack counts from the moment it is there."""
    case = cases[name]
    kind = case.kind
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    stacks.first.up(of(case))
    object_id = stacks.first.state[name, "it"].object_id
    mark = "[trackform:other]" if kind.mark_in == "notes" else ["trackform:other"]
    stacks.in_between(lambda: stacks.room.edit(kind, object_id, set={kind.mark_in: mark}))
    stacks.first.up({})
    assert (name, "it") not in stacks.first.state
    assert not kind.is_gone(stacks.room.stored(kind, object_id))


@pytest.mark.parametrize("name", CHANGES)
def test_a_person_renames_what_a_run_is_about_to_delete(
    stacks: Stacks, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases[name]
    if case.kind.key_is_fixed or name in ("postback", "conversion_type"):
        pytest.skip("its name is its identity")
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    stacks.first.up(of(case))
    object_id = stacks.first.state[name, "it"].object_id
    stacks.in_between(
        lambda: stacks.room.edit(case.kind, object_id, set={case.kind.fields[case.kind.key].name: "theirs"})
    )
    with pytest.raises(Failed, match=r"is not deleted: it is called 'theirs' in RedTrack now"):
        stacks.first.up({})
    assert (name, "it") in stacks.first.state


@pytest.mark.parametrize("name", KINDS)
def test_the_second_stack_takes_what_the_first_one_made(stacks: Stacks, cases: "Cases", name: str) -> None:
    """Two first runs, one after the other: one object."""
    case = cases[name]
    stacks.first.up(of(case))
    stacks.room.forget()
    stacks.second.up(of(case))
    assert [write for write in stacks.room.writes() if write.startswith("POST")] == []
    assert sum(case.kind.key_of(row) == case.fields[case.kind.key] for row in stacks.room.all_stored(case.kind)) == 1


def both_make(stacks: Stacks, case: "Case") -> None:
    """Neither stack sees what the other one makes: it has its name only afterwards."""
    stacks.second.up(of(case))
    object_id, title = stacks.second.state[case.kind.name, "it"].object_id, case.kind.fields[case.kind.key].name
    stacks.room.edit(case.kind, object_id, set={title: "on its way"})
    stacks.room.process()
    stacks.first.up(of(case))
    stacks.room.edit(case.kind, object_id, set={title: case.fields[case.kind.key]})


@pytest.mark.parametrize("name", ["channel", "offer_source", "offer", "funnel", "campaign", "landing", "script"])
def test_two_stacks_make_one_object_at_once(stacks: Stacks, cases: "Cases", name: str, said: Said) -> None:
    """No service prevents it: the next run of either tells, and asks no more than it does without."""
    case, kind = cases[name], cases[name].kind
    both_make(stacks, case)
    ids = [stack.state[name, "it"].object_id for stack in (stacks.first, stacks.second)]
    assert len(set(ids)) == 2
    for stack, mine, other in zip((stacks.first, stacks.second), ids, reversed(ids), strict=True):
        said.clear()
        stacks.room.forget()
        stack.preview(of(case))
        (text,) = (each for each, id_ in zip(said.messages, said.ids, strict=True) if id_ == "made-twice")
        assert f"({mine}): RedTrack has a second one of this {kind.key} with the same values ({other}), as" in text
        asked = len(stacks.room.requests())
    stacks.room.edit(kind, ids[1], delete=True)
    said.clear()
    stacks.second.up(of(case))
    assert stacks.second.state[name, "it"].object_id == ids[0]
    assert "made-twice" not in said.ids
    said.clear()
    stacks.room.forget()
    stacks.first.preview(of(case))
    assert said.ids == []
    assert len(stacks.room.requests()) == asked


@pytest.mark.parametrize(
    "theirs", [{"title": "another title"}, {"tags": ["theirs"]}, {"url": "https://l.test/theirs"}, {"listicle": False}]
)
def test_what_somebody_made_beside_it_is_no_second_one(
    stacks: Stacks, cases: "Cases", said: Said, theirs: "Values"
) -> None:
    case = cases["landing"]
    stacks.first.up(of(case))
    (row,) = (row for row in stacks.room.all_stored(case.kind) if case.kind.key_of(row) == case.fields["title"])
    stacks.room.edit(case.kind, set={name: item for name, item in row.items() if name != "id"} | theirs)
    stacks.first.preview(of(case))
    assert "made-twice" not in said.ids


@pytest.mark.parametrize("name", ["channel", "offer_source", "offer", "funnel", "campaign", "landing", "script"])
def test_who_declares_both_of_two_knows_of_them(stacks: Stacks, cases: "Cases", said: Said, name: str) -> None:
    """Also where only one of them is picked by its id; of a third one it is told."""
    case, kind = cases[name], cases[name].kind
    both_make(stacks, case)
    mine, other = (stack.state[name, "it"].object_id for stack in (stacks.first, stacks.second))
    both = {name: {"it": case.fields, "other": case.fields | {"adopt_id": other}}}
    stacks.first.up(both)
    said.clear()
    stacks.first.preview(both)
    assert stacks.first.planned == []
    assert "made-twice" not in said.ids
    row = {field: item for field, item in stacks.room.stored(kind, mine).items() if field != "id"}
    third = str(stacks.room.edit(kind, set=row)["id"])
    stacks.first.preview(both)
    assert any(third in text for text, id_ in zip(said.messages, said.ids, strict=True) if id_ == "made-twice")


def test_who_picks_one_of_two_knows_of_the_other(stacks: Stacks, cases: "Cases", said: Said) -> None:
    case = cases["landing"]
    both_make(stacks, case)
    stacks.first.up(of(case, adopt_id=stacks.first.state["landing", "it"].object_id))
    said.clear()
    stacks.first.preview(of(case, adopt_id=stacks.first.state["landing", "it"].object_id))
    assert "made-twice" not in said.ids


def test_objects_whose_references_cannot_be_read_are_not_called_alike() -> None:
    """What they refer to has another id: whether it is called alike, its listing would tell."""

    def declines(_kind: Any) -> Any:
        raise ServiceError("RedTrack", "forbidden", "no")

    funnel, session = kinds()["funnel"], SimpleNamespace(listing=declines)
    rows: list[Row] = [{"id": own, "title": "a", "offers": [{"id": offer, "weight": 1}]} for own, offer in ("1x", "2y")]
    assert made_alike(funnel, session, rows[0], {**rows[0], "id": "2"})  # type: ignore[arg-type]
    assert not made_alike(funnel, session, *rows)  # type: ignore[arg-type]
