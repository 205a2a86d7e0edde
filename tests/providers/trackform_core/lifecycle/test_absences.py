"""When an object counts as gone, over several runs: what was refused stays refused, until a person says so."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS, Case
from tests.providers.small_engine import Engine
from tests.providers.trackform_digistore24.test_ipn import FIELDS as IPN_FIELDS
from trackform_core.dynamic import Failed
from trackform_core.lifecycle.refusals import not_deleted
from trackform_core.model.kind import Kind
from trackform_core.model.removal import Removal
from trackform_core.session.permissions import asked_for
from trackform_digistore24.ipn_connection import KIND as IPN
from trackform_redtrack.client import RedTrack

if TYPE_CHECKING:
    from tests.providers.conftest import Room
    from trackform_core.model.wire import Row, Values

    Cases = dict[str, Case]
    Program = dict[str, dict[str, Values]]

BRIDGED = ("conversion_type", "postback")
CAN_GET = [name for name, kind in KINDS.items() if kind.can_get]


def two(cases: "Cases", name: str) -> "Program":
    """Two objects of a kind, and nothing of nobody's beside them."""
    if name == "ipn":
        return {"ipn": {at: {**IPN_FIELDS, "domain_id": f"acme-{at}"} for at in ("a", "b")}}
    case = cases[name]
    needed = {
        field for field, info in case.kind.model.model_fields.items() if info.is_required()
    } | case.kind.to_create  # fmt: skip
    fields = {field: case.fields[field] for field in needed}
    keys: dict[str, Values] = {at: {case.kind.key: at} for at in ("a", "b")}
    if name == "conversion_type":
        keys = {"a": {"slot": 1, "name": "a"}, "b": {"slot": 2, "name": "b"}}
    if name == "postback":
        keys = {at: {"name": at, "url": f"https://t.test/postback?clickid={{cid}}&sub20=tf.{at}"} for at in keys}
    if name == "domain":
        keys = {at: {"url": f"{at}.acme.test"} for at in keys}
    return {name: {at: fields | keys[at] for at in ("a", "b")}}


def empty(room: "Room", kind: Kind[Any], *, also_by_id: bool) -> None:
    """The service shows none of a kind any more, neither in its listing nor, maybe, by id."""
    if kind is IPN:
        return
    service = "bridge" if kind.name in BRIDGED else "redtrack"
    path = getattr(kind, "path", "")
    room.control(
        "POST",
        "faults",
        json={"service": service, "method": "GET", "path": f"^/{path}$", "effect": "empty", "times": None},
    )
    if also_by_id:
        fault = {"service": service, "method": "GET", "path": f"^/{path}/.+$", "effect": "status:404", "times": None}
        room.control("POST", "faults", json=fault)


def without_others(room: "Room", kind: Kind[Any]) -> None:
    for row in room.all_stored(kind) if kind is not IPN else ():
        room.edit(kind, row["id"], delete=True)


@pytest.mark.parametrize("name", [*CAN_GET, "ipn"])
def test_all_of_a_kind_gone_at_once_is_believed_in_no_run(
    room: "Room", engine: Engine, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kind = KINDS.get(name, IPN)
    wanted = two(cases, name)
    without_others(room, kind)
    engine.up(wanted)
    with pytest.MonkeyPatch.context() as patch:
        empty(room, kind, also_by_id=True)
        if kind is IPN:
            patch.setattr(type(IPN), "get", lambda *_: None)
        for _ in range(3):
            room.forget()
            with pytest.raises(Failed, match=r"All gone at once is more likely a fault.*\[listing-empty\]"):
                engine.up(wanted)
            assert [write for write in room.writes() if not write.startswith("POST /ipnInfo")] == []
            assert {at for at in engine.state if at[0]} == {(name, "a"), (name, "b")}
    room.control("DELETE", "faults")
    engine.up(wanted)
    assert engine.planned == []
    monkeypatch.setenv("TRACKFORM_ALLOW", f"gone:{name}")
    with pytest.MonkeyPatch.context() as patch:
        empty(room, kind, also_by_id=True)
        if kind is IPN:
            patch.setattr(type(IPN), "get", lambda *_: None)
        room.process()
        for at in ("a", "b"):
            kept = engine.state[name, at]
            assert kept.provider.read(kept.object_id, dict(kept.outs)).id == ""


@pytest.mark.parametrize("name", CAN_GET)
def test_the_only_one_of_a_kind_may_be_gone(room: "Room", engine: Engine, cases: "Cases", name: str) -> None:
    """Two witnesses agree, the listing and the question for its id; and it is all that there was."""
    kind, wanted = KINDS[name], {name: {"a": two(cases, name)[name]["a"]}}
    without_others(room, kind)
    engine.up(wanted)
    room.edit(kind, engine.state[name, "a"].object_id, delete=True)
    engine.up(wanted)
    assert sum(not kind.is_gone(row) for row in room.all_stored(kind)) == 1


@pytest.mark.parametrize("name", ["channel", "campaign"])
def test_a_program_that_tells_no_inventory_has_no_past(room: "Room", engine: Engine, cases: "Cases", name: str) -> None:
    """Then nobody knows whether there were others, and not even one is believed."""
    kind, wanted = KINDS[name], two(cases, name)
    without_others(room, kind)
    engine.up(wanted)
    account = engine.state["", "default"]
    account.inputs = {field: value for field, value in account.inputs.items() if field != "inventory"}
    empty(room, kind, also_by_id=True)
    for _ in range(2):
        with pytest.raises(Failed, match=r"\[listing-empty\]"):
            engine.up(wanted)
        assert len(engine.state) == 3


@pytest.mark.parametrize("name", ["funnel", "domain"])
@pytest.mark.parametrize("contradiction", ["no total", "a search"])
def test_where_there_is_no_question_for_an_id_all_witnesses_have_to_agree(
    room: "Room", engine: Engine, cases: "Cases", name: str, contradiction: str
) -> None:
    kind = KINDS[name]
    engine.up(two(cases, name))
    lost = engine.state[name, "a"].object_id
    pages, of_kind = type(kind).pages, type(kind)

    def fewer(self: Any, client: Any) -> Any:
        for rows, total in pages(self, client):
            left = [row for row in rows if row["id"] != lost]
            yield left, None if contradiction == "no total" or total is None else total - 1

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(of_kind, "pages", fewer)
        if contradiction == "no total":
            said = "its listing does not tell how many there are"
        elif name == "funnel":
            said = "asked for the title 'a' it still finds it"
        else:
            patch.setattr(of_kind, "search", lambda *_: iter([room.stored(kind, lost)]))
            said = "asked for the url 'a.acme.test' it still finds it"
        for _ in range(2):
            with pytest.raises(Failed, match=rf"{said}.*\[absence-doubtful\]"):
                engine.up(two(cases, name))
    engine.up(two(cases, name))
    assert engine.planned == []


def row_of(room: "Room", kind: Kind[Any], object_id: str) -> "Row | None":
    rows = [row for row in room.all_stored(kind) if row["id"] == object_id and not kind.is_gone(row)]
    return rows[0] if rows else None


@pytest.mark.parametrize("name", [*KINDS, "ipn"])
def test_a_delete_is_done_when_it_is_seen_to_be(
    room: "Room", engine: Engine, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`200 null` is no proof: what is still there stays in the state, in every run, until it is gone."""
    kind, wanted = KINDS.get(name, IPN), two(cases, name)
    for fields in wanted[name].values():
        fields["on_delete"] = "delete"
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    engine.up(wanted)
    object_id = engine.state[name, "b"].object_id
    left = {name: {"a": wanted[name]["a"]}}
    removal = kind.delete

    def nothing(self: Any, client: Any, row_id: str, row: Any, policy: Any) -> Any:
        """It says what a delete says, and does nothing."""
        with pytest.MonkeyPatch.context() as inside:
            for verb in ("delete", "patch", "ask"):
                if hasattr(client, verb):
                    inside.setattr(client, verb, lambda *_, **__: {"modified": "Y"})
            if hasattr(self, "clicked"):
                inside.setattr(type(self), "clicked", lambda *_: False)
            return removal.__func__(self, client, row_id, row, policy)  # type: ignore[attr-defined]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(kind), "delete", nothing)
        for _ in range(2):
            room.naps.clear()
            with pytest.raises(
                Failed, match=r"is not deleted: .* took the request, and still shows it.*\[not-deleted\]"
            ):
                engine.up(left)
            assert room.naps[-4:] == [0.5, 1.0, 2.0, 4.0]
            assert engine.state[name, "b"].object_id == object_id
    engine.up(left)
    assert (name, "b") not in engine.state
    if kind is IPN:
        left_there = room.sandbox.store.rows("123456", "ipn")
        assert [row["settings"]["domain_id"] for row in left_there] == ["acme-a"]
    else:
        assert row_of(room, kind, object_id) is None


def test_a_pause_is_seen_to_be_one(
    room: "Room", engine: Engine, cases: "Cases", monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = two(cases, "offer")
    wanted["offer"]["b"]["on_delete"] = "pause"
    monkeypatch.setenv("TRACKFORM_ALLOW", "delete:offer")
    engine.up(wanted)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(RedTrack, "patch", lambda *_, **__: None)
        with pytest.raises(Failed, match=r"is not paused: RedTrack took the request"):
            engine.up({"offer": {"a": wanted["offer"]["a"]}})
    engine.up({"offer": {"a": wanted["offer"]["a"]}})
    assert ("offer", "b") not in engine.state


@pytest.mark.parametrize("name", ["channel", "funnel", "offer"])
def test_what_cannot_be_deleted_is_forgotten_when_a_person_says_so(
    room: "Room", engine: Engine, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = two(cases, name)
    engine.up(wanted)
    object_id = engine.state[name, "b"].object_id
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name},forget:{name}/b")
    engine.up({name: {"a": wanted[name]["a"]}})
    assert (name, "b") not in engine.state
    assert row_of(room, KINDS[name], object_id) is not None


@pytest.mark.parametrize("name", ["channel", "landing", "funnel"])
def test_a_delete_that_was_not_answered_and_was_done(
    room: "Room", engine: Engine, cases: "Cases", name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = two(cases, name)
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete:{name}")
    engine.up(wanted)
    fault = {"service": "redtrack", "method": "DELETE", "effect": "status:500", "after": True, "times": 4}
    room.control("POST", "faults", json=fault)
    engine.up({name: {"a": wanted[name]["a"]}})
    assert (name, "b") not in engine.state


def test_what_a_contradicted_listing_lacks_is_searched_before_it_is_made(
    room: "Room", engine: Engine, cases: "Cases", monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a run that was killed left it: in the account, in no state, and on a page that is missing."""
    kind, wanted = KINDS["funnel"], two(cases, "funnel")
    engine.up(wanted)
    pages = type(kind).pages

    def fewer(self: Any, client: Any) -> Any:
        for rows, total in pages(self, client):
            yield [row for row in rows if kind.key_of(row) != "a"], total

    monkeypatch.setattr(type(kind), "pages", fewer)
    stays = engine.state.pop(("funnel", "a")).object_id
    room.forget()
    engine.up(wanted)
    assert engine.state["funnel", "a"].object_id == stays
    assert room.writes() == []


@pytest.mark.parametrize("called", ["a, b", " a", "a\u200bb"])
def test_who_allows_one_of_a_name_that_no_list_can_hold_allows_no_other(
    room: "Room", engine: Engine, cases: "Cases", called: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named by its id: the whole kind would be allowed for the comma in one title."""
    kind, wanted = KINDS["channel"], two(cases, "channel")
    engine.up(wanted)
    object_id = engine.state["channel", "a"].object_id
    for said in (
        permission_in(not_deleted(kind, object_id, {"title": called}, Removal("was deleted", gone=True))),
        permission_in(told_of(engine, called)),
    ):
        assert said.endswith(f":channel/{object_id}")
    monkeypatch.setenv("TRACKFORM_ALLOW", f"forget:channel/{object_id},delete:channel")
    for fields in wanted["channel"].values():
        fields["on_delete"] = "delete"
    engine.up(wanted)
    other = engine.state["channel", "b"].object_id
    engine.up({})
    assert {at for at in engine.state if at[0]} == set()
    assert row_of(room, kind, object_id) is not None
    assert row_of(room, kind, other) is None


def permission_in(message: str) -> str:
    (said,) = asked_for(message)
    return said


def told_of(engine: Engine, called: str) -> str:
    """What is said of a delete that no `Account` announced."""
    kept = engine.state["channel", "a"]
    engine.room.process(checked=False)
    with pytest.raises(Failed) as no:
        kept.provider.delete(kept.object_id, {**kept.outs, "title": called, "on_delete": "delete"})
    return str(no.value)
