"""What a delete does: for every kind, and for what is still in use."""

import shlex
from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.trackform_core.lifecycle.test_presence import create, delete
from trackform.resources import RESOURCES
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle.usage import users
from trackform_core.model.kind import Kind

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

    Cases = dict[str, Case]

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}
BY_STATUS = ("offer", "campaign")
KEPT = ("domain", "conversion_type")
"""Never deleted by default."""


@pytest.mark.parametrize("name", KINDS)
def test_what_was_created_is_deleted_as_the_kind_says(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = create(room, case)
    room.forget()
    said = delete(room, case, live)
    assert (case.kind.on_delete == "keep") == (name in KEPT)
    if name in KEPT:
        assert "is kept" in said
        assert "never deleted by default" in said
        assert room.requests() == []
        said = delete(room, case, create_deletable(room, case, live))
    assert "was deleted" in said
    assert len(room.writes()) == 1
    if name in BY_STATUS:
        assert room.stored(case.kind, live.object_id)["status"] == 3
    else:
        assert live.object_id not in {row["id"] for row in room.all_stored(case.kind)}


def create_deletable(room: "Room", case: "Case", live: lifecycle.Live) -> lifecycle.Live:
    room.process()
    return room.update(case.kind, room.read(case.kind, live), case.fields | {"on_delete": "delete"})


@pytest.mark.parametrize("name", KINDS)
def test_on_delete_keep_and_pause(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    checked = lifecycle.check(case.kind, {}, case.fields | {"on_delete": "pause"}, "?")
    assert [failure.field for failure in checked.failures] == ([] if name in BY_STATUS else ["on_delete"])
    live = create(room, case, on_delete="keep")
    assert "is kept: on_delete is keep" in delete(room, case, live)
    if name in BY_STATUS:
        assert "is paused" in delete(room, case, create_paused(room, case, live))
        assert room.stored(case.kind, live.object_id)["status"] == 2


def create_paused(room: "Room", case: "Case", live: lifecycle.Live) -> lifecycle.Live:
    room.process()
    return room.update(case.kind, room.read(case.kind, live), case.fields | {"on_delete": "pause"})


def test_an_offer_with_clicks_is_paused_and_stays_known(room: "Room", cases: "Cases") -> None:
    offer, campaign = cases["offer"], cases["campaign"]
    live = create(room, offer)
    funnel = room.create(KINDS["funnel"], {"title": "f", "offer_ids": [live.object_id]})
    fields = {"title": "c", "channel_id": campaign.fields["channel_id"], "funnel_ids": [funnel.object_id]}
    run = room.create(campaign.kind, fields)
    assert room.web.get(f"/t/{run.object_id}").status_code == 302
    assert "is kept: funnel 'f' still uses it" in delete(room, offer, live)
    assert "is kept: campaign 'c' still uses it" in lifecycle.delete(KINDS["funnel"], funnel.object_id, funnel.outs)
    assert lifecycle.read(offer.kind, live.object_id, live.outs) is not None
    assert "is paused, not deleted" in lifecycle.delete(campaign.kind, run.object_id, run.outs)
    room.edit(KINDS["funnel"], funnel.object_id, set={"offers": []})
    assert "is paused, not deleted: it had clicks" in delete(room, offer, live)
    assert lifecycle.read(offer.kind, live.object_id, live.outs) is not None


@pytest.mark.parametrize(
    ("name", "user", "field"),
    [("offer_source", "offer", "offer_source_id"), ("channel", "campaign", "channel_id"),
     ("funnel", "campaign", "funnel_ids"), ("domain", "campaign", "domain_id"), ("domain", "landing", "domain_id"),
     ("landing", "funnel", "landing_ids"), ("landing", "funnel", "prelanding_ids")],
)  # fmt: skip
def test_what_is_in_use_is_kept(room: "Room", cases: "Cases", name: str, user: str, field: str) -> None:
    live = create(room, cases[name], on_delete="delete")
    value = [live.object_id] if field.endswith("_ids") else live.object_id
    fields = {f: v for f, v in cases[user].fields.items() if f not in ("funnel_weights", "funnel_optimizations")} | {
        field: value
    }
    using = room.create(cases[user].kind, fields)
    assert f"is kept: {user} '{cases[user].fields['title']}' still uses it" in delete(room, cases[name], live)
    delete(room, cases[user], using)
    assert "was deleted" in delete(room, cases[name], live)


@pytest.mark.parametrize("name", BY_STATUS)
@pytest.mark.parametrize("why", ["on_delete", "clicks"])
def test_what_is_paused_is_still_listed_and_can_be_taken_again(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str, why: str
) -> None:
    """Taken for gone, a second one of this title would be made in the same run."""
    case = cases[name]
    live = create(room, case, on_delete="pause" if why == "on_delete" else None)
    monkeypatch.setattr(type(case.kind), "clicked", lambda *_: why == "clicks")
    session = room.process()
    said = lifecycle.delete(case.kind, live.object_id, live.outs)
    assert said.endswith("is paused") if why == "on_delete" else "is paused, not deleted" in said
    room.forget()
    assert [object_id for object_id, _ in session.listing(case.kind).named(case.fields["title"])] == [live.object_id]
    assert room.requests() == []
    assert lifecycle.create(case.kind, room.check(case.kind, case.fields)).object_id == live.object_id
    # It is not paused a second time.
    room.process()
    room.forget()
    assert "is paused" in lifecycle.delete(case.kind, live.object_id, live.outs)
    assert room.writes() == []


@pytest.mark.parametrize("name", BY_STATUS)
def test_what_is_deleted_is_listed_no_more(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = create(room, case)
    session = room.process()
    assert "was deleted (status 3)" in lifecycle.delete(case.kind, live.object_id, live.outs)
    assert session.listing(case.kind).named(case.fields["title"]) == []
    assert lifecycle.create(case.kind, room.check(case.kind, case.fields)).object_id != live.object_id


@pytest.mark.parametrize("name", BY_STATUS)
@pytest.mark.parametrize("policy", ["delete", "pause"])
def test_a_status_that_is_refused_is_not_taken_for_set(
    room: "Room", cases: "Cases", name: str, policy: str
) -> None:  # fmt: skip
    case = cases[name]
    live = create(room, case, on_delete=policy)
    room.process()
    room.fault("status:403", method="PATCH", times=None)
    with pytest.raises(ServiceError, match="HTTP 403"):
        lifecycle.delete(case.kind, live.object_id, live.outs)
    assert room.stored(case.kind, live.object_id)["status"] == 1


def test_nothing_uses_what_nothing_can_refer_to(room: "Room", monkeypatch: pytest.MonkeyPatch) -> None:
    session = room.process()
    room.forget()
    monkeypatch.setattr(KINDS["campaign"], "name", "what nothing refers to")
    assert list(users(KINDS["campaign"], session, "1")) == []
    assert room.requests() == []


@pytest.mark.parametrize("name", BY_STATUS)
@pytest.mark.parametrize("asked", ["delete", None], ids=["told to delete", "by default"])
def test_what_had_clicks_is_deleted_only_with_a_permission(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch, name: str, asked: str | None
) -> None:
    case, campaign = cases[name], cases["campaign"]
    offer = room.create(KINDS["offer"], cases["offer"].fields | {"on_delete": asked})
    funnel = room.create(KINDS["funnel"], {"title": "f", "offer_ids": [offer.object_id]})
    one = {"funnel_ids": [funnel.object_id], "funnel_weights": [100], "funnel_optimizations": [{}]}
    fields = campaign.fields | one | {"on_delete": asked}
    run = room.create(campaign.kind, fields)
    live = offer if name == "offer" else run
    assert room.web.get(f"/t/{run.object_id}").status_code == 302
    room.edit(KINDS["funnel"], funnel.object_id, set={"offers": []})
    said = delete(room, case, live)
    permission = f"delete-clicked:{name}/{case.fields['title']}"
    assert "is paused, not deleted: it had clicks in the last 30 days" in said
    assert f"TRACKFORM_ALLOW={shlex.quote(permission)}" in said
    assert room.stored(case.kind, live.object_id)["status"] == 2
    monkeypatch.setenv(
        "TRACKFORM_ALLOW", f"delete:{name},delete-clicked:{name}/Another,{permission.replace('-clicked', '')}"
    )
    assert "not deleted" in delete(room, case, live)
    monkeypatch.setenv("TRACKFORM_ALLOW", permission)
    assert "was deleted (status 3)" in delete(room, case, live)


def test_a_title_with_a_comma_is_permitted_by_its_id(
    room: "Room", cases: "Cases", monkeypatch: pytest.MonkeyPatch
) -> None:
    case = cases["campaign"]
    live = room.create(case.kind, case.fields | {"title": "Keto, DE"})
    monkeypatch.setattr(type(case.kind), "clicked", lambda *_: True)
    assert f"TRACKFORM_ALLOW=delete-clicked:campaign/{live.object_id}" in delete(room, case, live)
    monkeypatch.setenv("TRACKFORM_ALLOW", f"delete-clicked:campaign/{live.object_id}")
    assert "was deleted" in delete(room, case, live)


@pytest.mark.parametrize("name", KINDS)
def test_what_was_adopted_is_kept_unless_the_file_says_otherwise(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    made = create(room, case)
    room.process()
    for options, words in ({}, "it was adopted, not created"), ({"on_delete": "keep"}, "is kept: on_delete is keep"):
        live = create(room, case, adopt=True, **options)
        assert live.object_id == made.object_id
        room.process()
        room.forget()
        assert words in delete(room, case, live)
        assert room.writes() == []
        room.process()
    live = create(room, case, adopt=True, on_delete="delete")
    assert "was deleted" in delete(room, case, live)
