"""What is there already, what is gone, what may be deleted: for every kind."""

import threading
from typing import TYPE_CHECKING, Any

import pytest

from trackform.resources import RESOURCES
from trackform.sandbox.redtrack import objects
from trackform_core.errors import Refused
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.kind import Kind
from trackform_core.model.vendors import users_of
from trackform_core.model.wire import Row, Values

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from tests.providers.said import Said

    Cases = dict[str, Case]

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}
REDTRACK = [name for name in KINDS if name not in ("conversion_type", "postback")]


DIFFERS = {
    "domain": "fallback_url", "conversion_type": "role", "postback": "currency", "campaign": "cost_model",
    "landing": "url", "script": "cookie_domain",
}  # fmt: skip


def as_stored(kind: Kind[Any], fields: Values) -> Row:
    extra = {f"extra.{name}" for name in fields.get("extra", {})}
    return kind.body({}, fields, frozenset(fields) | extra)


def create(room: "Room", case: "Case", **options: Any) -> lifecycle.Live:
    return room.create(case.kind, case.fields | options)


def delete(room: "Room", case: "Case", live: lifecycle.Live) -> str:
    room.process()
    return lifecycle.delete(case.kind, live.object_id, live.outs)


@pytest.mark.parametrize("name", KINDS)
def test_an_equal_object_is_taken_without_a_write(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields))
    room.forget()
    inputs = room.check(case.kind, case.fields)
    assert inputs["object_id"] == row["id"]
    live = lifecycle.create(case.kind, inputs)
    assert (live.object_id, live.outs["adopted"]) == (row["id"], False)
    assert room.writes() == []
    assert "is kept: it was taken over in this run" in lifecycle.delete(case.kind, live.object_id, live.outs)
    assert room.writes() == []


@pytest.mark.parametrize("name", KINDS)
def test_a_differing_object_is_refused_and_adopted_when_told_so(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    field = DIFFERS.get(name, "expires_at" if "expires_at" in case.fields else "currency")
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields | case.changes[field]))
    room.forget()
    inputs = room.check(case.kind, case.fields)
    assert "exists already" in room.refusal(case.kind, case.fields)
    assert "object_id" not in inputs
    with pytest.raises(Refused, match=rf"exists already in .* and differs in {field}\..*adopt: true") as refusal:
        lifecycle.create(case.kind, inputs)
    assert str(case.fields[case.kind.key]) in str(refusal.value)
    assert room.writes() == []
    adopting = case.fields | {"adopt": True}
    inputs = room.check(case.kind, adopting)
    assert inputs["adopts"] == {
        "id": row["id"], "changes": {field: f"{case.changes[field][field]} => {case.fields[field]}"}
        | dict.fromkeys(case.kind.write_only & case.fields.keys(), "cannot be read, is set"),
    }  # fmt: skip
    assert room.check(case.kind, inputs) == inputs
    live = lifecycle.create(case.kind, inputs)
    assert live.object_id == row["id"]
    assert [write.split()[0] for write in room.writes()] == ["PUT"] * len(room.writes())
    assert "is kept" in lifecycle.delete(case.kind, live.object_id, live.outs)
    room.process()
    seen = room.read(case.kind, live)
    assert seen.outs["adopted"]
    assert room.differing(case.kind, seen, adopting) == []
    room.forget()
    assert "it was adopted, not created" in delete(room, case, live)
    assert room.writes() == []


@pytest.mark.parametrize("name", KINDS)
def test_adopting_what_is_as_declared_shows_as_a_take_over(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    made = room.create(case.kind, case.fields)
    room.process()
    adopts = room.check(case.kind, case.fields | {"adopt": True})["adopts"]
    assert adopts["id"] == made.object_id
    assert adopts["changes"].keys() == case.kind.write_only & case.fields.keys()


def test_adopting_leaves_initial_fields_to_people(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields | {"status": "paused", "cap": 99, "notes": "old"}))
    live = room.create(case.kind, case.fields | {"adopt": True})
    stored = room.stored(case.kind, row["id"])
    assert (stored["status"], stored["cap"], stored["notes"]) == (2, 99, case.fields["notes"])
    assert live.outs["changed_outside"] == {"status": "paused", "cap": 99}


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.key_is_fixed and name != "postback"])
def test_two_of_one_title_are_refused_with_their_ids(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    ids = [room.edit(case.kind, set=as_stored(case.kind, case.fields))["id"] for _ in range(2)]
    inputs = room.check(case.kind, case.fields | {"adopt": True})
    assert "object_id" not in inputs
    said = room.refusal(case.kind, case.fields | {"adopt": True})
    assert all(object_id in said for object_id in ids)
    with pytest.raises(Refused, match="Rename all but one") as refusal:
        lifecycle.create(case.kind, inputs)
    assert all(object_id in str(refusal.value) for object_id in ids)


@pytest.mark.parametrize("name", KINDS)
def test_existing_refers_and_never_writes(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    fields = {case.kind.key: case.fields[case.kind.key], "existing": True}
    assert "has none" in room.refusal(case.kind, fields)
    row = room.edit(case.kind, set=as_stored(case.kind, case.fields))
    room.process()
    room.forget()
    inputs = room.check(case.kind, fields | {"on_delete": "delete"})
    assert room.check(case.kind, inputs) == inputs
    live = lifecycle.create(case.kind, inputs)
    assert live.object_id == inputs["object_id"] == row["id"]
    room.process()
    live = room.read(case.kind, live)
    assert room.differing(case.kind, live, fields | {"on_delete": "delete"}) == []
    live = room.update(case.kind, live, fields)
    assert "only refers to it" in delete(room, case, live)
    assert room.writes() == []


def test_what_was_only_referred_to_is_not_managed_without_a_word(room: "Room", cases: "Cases") -> None:
    case = cases["channel"]
    room.edit(case.kind, set=as_stored(case.kind, case.fields | {"currency": "CHF"}))
    live = room.create(case.kind, {"title": case.fields["title"], "existing": True})
    with pytest.raises(Refused, match="differs in currency"):
        room.update(case.kind, live, case.fields)
    room.update(case.kind, live, case.fields | {"adopt": True})
    assert room.stored(case.kind, live.object_id)["currency"] == "EUR"


@pytest.mark.parametrize("effect", ["cut", "status:500", "status:502", "html"])
@pytest.mark.parametrize("name", KINDS)
def test_a_create_whose_answer_is_lost_makes_one_object(
    room: "Room", cases: "Cases", name: str, effect: str
) -> None:  # fmt: skip
    case = cases[name]
    before = len(room.all_stored(case.kind))
    service = "redtrack" if name in REDTRACK else "bridge"
    room.control("POST", "faults", json={"service": service, "method": "POST", "effect": effect, "after": True})
    live = create(room, case)
    assert len(room.all_stored(case.kind)) == before + 1
    assert live.outs["adopted"] is False
    room.process()
    assert room.differing(case.kind, room.read(case.kind, live), case.fields) == []


@pytest.mark.parametrize("name", KINDS)
def test_a_create_that_failed_for_good_can_be_run_again(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    before = len(room.all_stored(case.kind))
    service = "redtrack" if name in REDTRACK else "bridge"
    room.control("POST", "faults", json={"service": service, "method": "POST", "effect": "status:500"})
    with pytest.raises(ServiceError):
        create(room, case)
    create(room, case)
    assert len(room.all_stored(case.kind)) == before + 1


@pytest.mark.parametrize("name", ["offer", "campaign"])
def test_a_pause_alone_makes_it_no_other_object(room: "Room", cases: "Cases", said: "Said", name: str) -> None:
    """As after a commit that took it out of the file was reverted: what had clicks was only paused."""
    case = cases[name]
    fields = case.fields | {"status": "active", "on_delete": "pause"}
    live = room.create(case.kind, fields)
    assert "is paused" in delete(room, case, live)
    room.process()
    said.clear()
    room.forget()
    taken = room.create(case.kind, fields)
    assert (taken.object_id, taken.outs["adopted"], room.writes()) == (live.object_id, False, [])
    assert said.ids.count("left-alone") == 1
    assert "status is paused, and stays so when it is taken over (declared: active)" in said.text
    room.process()
    taken = room.read(case.kind, taken)
    room.update(case.kind, taken, fields | {"enforce": ["status"]})
    assert room.stored(case.kind, live.object_id)["status"] == 1
    # One that differs in anything else as well is another's; so is one whose status is to be as the file says.
    room.edit(case.kind, live.object_id, set={"status": 2})
    room.process()
    assert "differs in status" in room.refusal(case.kind, fields | {"enforce": ["status"]})
    room.edit(case.kind, live.object_id, set={"notes": "other" if name == "offer" else ["other"]})
    room.process()
    assert "differs in notes, status" in room.refusal(case.kind, fields)


def test_two_resources_of_one_title_make_no_two_objects(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    room.switch(latency=0.02)
    inputs = room.check(case.kind, case.fields)
    outcomes: list[str] = []

    def work() -> None:
        try:
            outcomes.append(lifecycle.create(case.kind, inputs).object_id)
        except Refused as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum("declared twice" in outcome for outcome in outcomes) == 3
    assert [row["title"] for row in room.all_stored(case.kind)].count(case.fields["title"]) == 1


def test_four_threads_read_one_listing_and_write_each_object_once(room: "Room", cases: "Cases") -> None:
    case = cases["channel"]
    wanted = [case.fields | {"title": f"channel {n}"} for n in range(40)]
    room.process()
    room.forget()
    lives: list[lifecycle.Live] = []

    def work(part: int) -> None:
        lives.extend(room.create(case.kind, fields) for fields in wanted[part::4])

    threads = [threading.Thread(target=work, args=[part]) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({live.object_id for live in lives}) == 40
    methods = [entry["method"] for entry in room.requests()]
    assert methods.count("POST") == 40
    assert methods.count("GET") <= 2


def test_a_title_that_another_object_has_is_not_taken(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    live = create(room, case)
    other = room.edit(case.kind, set=as_stored(case.kind, case.fields | {"title": "Taken"}))
    room.process()
    room.forget()
    with pytest.raises(Refused, match=rf"'Taken'.*another one of this title \({other['id']}\)"):
        room.update(case.kind, live, case.fields | {"title": "Taken"})
    assert room.writes() == []


def test_a_title_that_the_service_refuses_names_the_object(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    live = create(room, case)
    room.process()
    room.read(case.kind, live)
    room.switch(titles="unique")
    room.edit(case.kind, set=as_stored(case.kind, case.fields | {"title": "Taken"}))
    with pytest.raises(ServiceError, match="already exists"):
        room.update(case.kind, live, case.fields | {"title": "Taken"})


def test_a_title_changed_there_and_here_at_once(room: "Room", cases: "Cases") -> None:
    case = cases["offer"]
    live = create(room, case)
    room.edit(case.kind, live.object_id, set={"title": "Theirs"})
    room.process()
    seen = room.read(case.kind, live)
    assert seen.inputs["title"] == "Theirs"
    assert room.differing(case.kind, seen, case.fields | {"title": "Ours"}) == ["title"]
    room.update(case.kind, seen, case.fields | {"title": "Ours"})
    assert room.stored(case.kind, live.object_id)["title"] == "Ours"


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("deleted", ["404", "status3"])
def test_deleted_there_is_gone(room: "Room", cases: "Cases", name: str, deleted: str) -> None:
    room.switch(deleted=deleted)
    case = cases[name]
    live = create(room, case)
    room.edit(case.kind, live.object_id, delete=True)
    room.process()
    room.forget()
    assert lifecycle.read(case.kind, live.object_id, live.outs) is None
    # Where there is no GET by id, whatever may refer to it is asked as well.
    witnesses = 0 if case.kind.can_get else len(list(users_of(case.kind)))
    assert len(room.requests()) <= 5 + witnesses
    said = delete(room, case, live)
    assert said.endswith("never deleted by default" if name in ("domain", "conversion_type") else "was gone already")
    room.process()
    with pytest.raises(Refused, match="is gone"):
        lifecycle.update(case.kind, live.object_id, live.outs, live.inputs)
    room.process()
    assert create(room, case).object_id


LIES = [
    {"effect": "status:401", "times": None},
    {"effect": "status:500", "times": None},
    {"effect": "html", "times": None},
    {"effect": "error200", "times": None},
    {"effect": "cut", "times": None},
]


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("fault", LIES, ids=lambda fault: str(fault["effect"]))
@pytest.mark.parametrize("path", ["", "/[0-9a-f]{24}$|/type[0-9]+$"], ids=["everything", "one"])
def test_a_fault_is_no_proof_that_an_object_is_gone(
    room: "Room", cases: "Cases", name: str, fault: dict[str, Any], path: str
) -> None:
    case = cases[name]
    if path and not case.kind.can_get:
        return
    live = create(room, case)
    room.edit(case.kind, live.object_id, delete=True)
    room.process()
    service = "redtrack" if name in REDTRACK else "bridge"
    room.control("POST", "faults", json={"service": service, "path": path, **fault})
    with pytest.raises(ServiceError):
        lifecycle.read(case.kind, live.object_id, live.outs)
    with pytest.raises(ServiceError):
        lifecycle.read(case.kind, live.object_id, live.outs)


@pytest.mark.parametrize("name", KINDS)
def test_an_empty_listing_is_not_believed(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = create(room, case)
    room.process()
    service = "redtrack" if name in REDTRACK else "bridge"
    path = f"^/{case.kind.path}$"  # type: ignore[attr-defined]
    room.control(
        "POST", "faults", json={"service": service, "method": "GET", "path": path, "effect": "empty", "times": None}
    )  # fmt: skip
    with pytest.raises(Refused, match="at all"):
        lifecycle.read(case.kind, live.object_id, live.outs)


@pytest.mark.parametrize("name", KINDS)
def test_all_gone_at_once_is_refused_unless_allowed(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    case = cases[name]
    for row in room.all_stored(case.kind):
        room.edit(case.kind, row["id"], delete=True)
    live = create(room, case)
    second = {**live.outs, "object_id": "0" * 24}
    room.edit(case.kind, live.object_id, delete=True)
    room.process()
    outcomes = []
    for object_id, outs in ((live.object_id, live.outs), ("0" * 24, second)):
        try:
            outcomes.append(lifecycle.read(case.kind, object_id, outs))
        except Refused as error:
            assert f"TRACKFORM_ALLOW=gone:{name}" in str(error)  # noqa: PT017 -- the first need not raise
            outcomes.append(error)  # type: ignore[arg-type]
    assert outcomes[1] is not None
    monkeypatch.setenv("TRACKFORM_ALLOW", f"something:else, gone:{name}")
    room.process()
    assert lifecycle.read(case.kind, live.object_id, live.outs) is None
    assert lifecycle.read(case.kind, "0" * 24, second) is None


@pytest.mark.parametrize("name", KINDS)
def test_another_account_is_no_proof_that_an_object_is_gone(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = create(room, case)
    room.redtrack_key, room.digistore24_key = "canary-other", "654321-canary-other"
    for call in (lifecycle.read, lifecycle.delete):
        room.process()
        outs = live.outs | {"on_delete": "delete"}
        with pytest.raises(Refused, match=r"account .* but the key in use is of"):
            call(case.kind, live.object_id, outs)
    room.process()
    with pytest.raises(Refused, match="Nothing was touched"):
        lifecycle.update(case.kind, live.object_id, live.outs, live.inputs)


@pytest.mark.parametrize("name", KINDS)
def test_rows_without_an_owner_are_the_keys_account(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    if name in REDTRACK:
        show = objects.show
        monkeypatch.setattr(
            objects, "show", lambda *a, **k: {f: v for f, v in show(*a, **k).items() if f != "user_id"}
        )  # fmt: skip
    live = create(room, cases[name])
    assert live.outs["owner"]
    room.redtrack_key, room.digistore24_key = "canary-other", "654321-canary-other"
    room.process()
    with pytest.raises(Refused, match="key in use is of"):
        lifecycle.read(cases[name].kind, live.object_id, live.outs)


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_written_before_the_account_was_checked(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = create(room, case)
    room.process(checked=False)
    room.forget()
    with pytest.raises(Refused, match="before the stack's Account was checked"):
        lifecycle.create(case.kind, room.check(case.kind, case.fields))
    with pytest.raises(Refused, match="before the stack's Account was checked"):
        lifecycle.update(case.kind, live.object_id, live.outs, live.inputs)
    assert room.writes() == []
    assert room.read(case.kind, live).object_id == live.object_id
