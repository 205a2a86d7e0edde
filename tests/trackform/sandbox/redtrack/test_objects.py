"""Create, read, list, update and delete of every entity over HTTP."""

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from trackform.sandbox.redtrack.entities import BY_KIND, ENTITIES, SERVER_SET, Entity
from trackform.sandbox.world import Sandbox

KINDS = pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.kind)


def body_for(entity: Entity, funnel: dict[str, str], title: str = "another") -> dict[str, Any]:
    match entity.kind:
        case "offer":
            return {"title": title, "url": "https://shop.test/1", "program_id": funnel["network"]}
        case "campaign":
            return {"title": title, "source_id": funnel["source"]}
        case "domain":
            return {"url": f"{title}.acme.test"}
        case "landing":
            return {"title": title, "url": "https://shop.test/lp", "type": "l"}
        case _:
            return {entity.key: title}


def listed(redtrack: httpx.Client, entity: Entity, **query: str) -> list[dict[str, Any]]:
    answer = redtrack.get(f"/{entity.path}", params=query).json()
    rows = answer["items"] if entity.enveloped else answer
    return rows or []


def name_of(entity: Entity) -> str:
    return "url" if entity.kind == "domain" else entity.key


def missing(entity: Entity) -> int:
    """The published spec has no 404 for scripts."""
    return 400 if entity.kind == "script" else 404


@KINDS
def test_a_created_object_is_listed_and_read_as_answered(
    redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]
) -> None:
    sent = body_for(entity, funnel)
    created = redtrack.post(f"/{entity.path}", json=sent)
    assert created.status_code == entity.created
    row = created.json()
    assert sent.items() <= row.items()
    assert re.fullmatch("[0-9a-f]{24}", row["id"])
    assert (set(entity.fields) & SERVER_SET) <= set(row)

    def steady(shown: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in shown.items() if name not in ("stat", "type")}

    assert steady(row) in [steady(shown) for shown in listed(redtrack, entity)]
    if entity.readable:
        assert steady(redtrack.get(f"/{entity.path}/{row['id']}").json()) == steady(row)


@KINDS
def test_a_create_without_a_required_field_is_refused(
    redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]
) -> None:
    whole = body_for(entity, funnel)
    for name in entity.required:
        answer = redtrack.post(f"/{entity.path}", json={key: value for key, value in whole.items() if key != name})
        assert (answer.status_code, answer.json()) == (400, {"error": f"{name} is required"})


@KINDS
def test_an_update_answers_with_the_published_status_and_changes_the_object(
    redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]
) -> None:
    created = redtrack.post(f"/{entity.path}", json=body_for(entity, funnel)).json()

    field = name_of(entity)
    if entity.kind == "campaign":
        assert redtrack.put(f"/{entity.path}/{created['id']}", json={}).status_code == 404
    answer = redtrack.put(f"/{entity.path}/{created['id']}", json={field: "changed.acme.test"})
    assert answer.status_code == entity.updated
    assert answer.json()[field] == "changed.acme.test"
    row = next(row for row in listed(redtrack, entity) if row["id"] == created["id"])
    assert row[field] == "changed.acme.test"
    assert row.get("created_at") == created.get("created_at")


@KINDS
def test_what_the_server_sets_cannot_be_written(redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]) -> None:
    forged = {"id": "f" * 24, "user_id": "f" * 24, "created_at": "1999-01-01T00:00:00Z"}
    row = redtrack.post(f"/{entity.path}", json=body_for(entity, funnel) | forged).json()
    assert not forged.items() & row.items()


@KINDS
def test_a_value_of_the_wrong_type_is_refused(redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]) -> None:
    answer = redtrack.post(f"/{entity.path}", json=body_for(entity, funnel) | {entity.required[0]: 7})
    assert answer.status_code == 400
    assert entity.required[0] in answer.json()["error"]


@KINDS
def test_a_body_that_is_no_object_is_refused(redtrack: httpx.Client, entity: Entity) -> None:
    for content in (b"", b"[]", b"{"):
        assert redtrack.post(f"/{entity.path}", content=content).status_code == 400


@KINDS
def test_an_unknown_id_is_not_found(redtrack: httpx.Client, entity: Entity) -> None:
    path = f"/{entity.path}/{'0' * 24}"
    answers = [redtrack.put(path, json={})]
    if entity.readable:
        answers.append(redtrack.get(path))
    if not entity.by_status:
        answers.append(redtrack.delete(path))
    for answer in answers:
        assert (answer.status_code, answer.json()) == (missing(entity), {"error": f"{entity.label} not found"})


@KINDS
def test_deleting(redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]) -> None:
    row_id = redtrack.post(f"/{entity.path}", json=body_for(entity, funnel)).json()["id"]
    if entity.by_status:
        answer = redtrack.delete(f"/{entity.path}/{row_id}")
        assert (answer.status_code, "html" in answer.headers["Content-Type"]) == (200, True)
        answer = redtrack.patch(f"/{entity.path}/status", params={"ids": row_id, "status": 3})
        assert (answer.status_code, answer.content) == (200, b"")
        assert row_id in [row["id"] for row in listed(redtrack, entity, status="3")]
    else:
        answer = redtrack.delete(f"/{entity.path}/{row_id}")
        assert (answer.status_code, answer.content) == (204, b"")
    assert row_id not in [row["id"] for row in listed(redtrack, entity)]


@KINDS
def test_accounts_do_not_see_each_other(redtrack: httpx.Client, entity: Entity, funnel: dict[str, str]) -> None:
    row_id = funnel.get(entity.kind) or redtrack.post(f"/{entity.path}", json=body_for(entity, funnel)).json()["id"]
    answer = redtrack.get(f"/{entity.path}", params={"api_key": "another"})
    assert answer.json() in (None, {"items": None, "total": 0})
    refused = redtrack.put(f"/{entity.path}/{row_id}", params={"api_key": "another"}, json={})
    assert refused.status_code == missing(entity)


@pytest.mark.parametrize("kind", ["offer", "campaign"])
def test_status_changes_all_or_none(redtrack: httpx.Client, kind: str, funnel: dict[str, str]) -> None:
    path = f"/{BY_KIND[kind].path}"
    missing = redtrack.patch(f"{path}/status", params={"ids": f"{funnel[kind]},{'0' * 24}", "status": 2})
    assert missing.status_code == 404
    assert redtrack.get(f"{path}/{funnel[kind]}").json()["status"] == 1
    wrong: list[dict[str, str]] = [{"ids": funnel[kind], "status": "4"}, {"status": "1"}, {"ids": funnel[kind]}]
    for query in wrong:
        assert redtrack.patch(f"{path}/status", params=query).status_code == 400
    assert redtrack.patch(f"{path}/status", params={"ids": funnel[kind], "status": 2}).status_code == 200
    assert redtrack.get(f"{path}/{funnel[kind]}").json()["status"] == 2


def test_null_clears_a_field(redtrack: httpx.Client, funnel: dict[str, str]) -> None:
    path = f"/offers/{funnel['offer']}"
    redtrack.put(path, json={"category": "health", "notes": "mine"})
    row = redtrack.put(path, json={"category": None, "notes": None}).json()
    assert "category" not in row
    assert row["notes"] == ""


def test_a_round_trip_of_what_was_read_changes_nothing(redtrack: httpx.Client, funnel: dict[str, str]) -> None:
    for path in (f"/networks/{funnel['network']}", f"/offers/{funnel['offer']}", f"/sources/{funnel['source']}"):
        before = redtrack.get(path).json()
        redtrack.put(path, json=before)
        after = redtrack.get(path).json()
        for volatile in ("stat", "updated_at"):
            del before[volatile], after[volatile]
        assert after == before


def test_writes_at_the_same_time_do_not_meet(redtrack: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.switches.titles = "unique"
    with ThreadPoolExecutor(8) as pool:
        bodies = [{"title": str(n // 4)} for n in range(40)]
        answers = list(pool.map(lambda body: redtrack.post("/sources", json=body), bodies))
    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [400] * 30
    rows = listed(redtrack, BY_KIND["source"])
    assert sorted(row["serial_number"] for row in rows) == list(range(1, 11))
