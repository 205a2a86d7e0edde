"""The core round of all kinds, whatever the live services turn out to do."""

from typing import TYPE_CHECKING, Any

import pytest

from trackform.resources import RESOURCES
from trackform_core.http.service_error import ServiceError
from trackform_core.lifecycle import service as lifecycle

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room

KINDS = {kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing}
SETTINGS: list[dict[str, Any]] = [
    {"put": "replaces"}, {"deleted": "status3"}, {"empty_list": "array"}, {"clickid": "without_braces"},
    {"postback_url": "writable"}, {"campaign_list": "without_streams"}, {"titles": "unique"},
    {"page_cap": 1}, {"page_cap": 2}, {"page_cap": 10}, {"bad_key": "500"}, {"bad_key": "200_error"},
    {"ipn_info_missing": "error"}, {"put": "merges_deeply"}, {"filters": "all"}, {"missing_script": "404"},
    {"put": "merges_deeply", "filters": "all"},
    {"put": "replaces", "clickid": "without_braces", "campaign_list": "without_streams", "page_cap": 3,
     "titles": "unique", "postback_url": "writable", "empty_list": "array", "deleted": "status3"},
]  # fmt: skip
CHANGED = {
    "domain": "fallback_url", "channel": "subs", "offer_source": "clickid", "conversion_type": "role",
    "landing": "url", "offer": "payout", "funnel": "offer_ids", "campaign": "notes", "postback": "token",
    "script": "cookie_domain",
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("switches", SETTINGS, ids=lambda s: ",".join(f"{k}={v}" for k, v in s.items()))
def test_create_read_drift_heal_update_delete(
    room: "Room", cases: "dict[str, Case]", name: str, switches: dict[str, Any]
) -> None:
    room.switch(**switches)
    room.control("POST", "clock", json={"advance_seconds": 2})
    case = cases[name]
    kind, field = case.kind, CHANGED[name]
    fields = case.fields | {"on_delete": "delete"}
    live = room.create(kind, fields)
    room.control("POST", "clock", json={"advance_seconds": 2})
    room.process()
    live = room.read(kind, live)
    assert room.differing(kind, live, fields) == []
    room.forget()
    room.update(kind, live, fields)
    assert room.writes() == []
    body = kind.body(room.stored(kind, live.object_id), fields | case.changes[field], frozenset(case.changes[field]))
    top = kind.fields[field].name.split(".")[0]
    room.edit(kind, live.object_id, set={top: body[top]})
    room.process()
    seen = room.read(kind, live)
    assert field in room.differing(kind, seen, fields)
    healed = room.update(kind, seen, fields)
    room.process()
    healed = room.read(kind, healed)
    assert room.differing(kind, healed, fields) == []
    changed = fields | case.changes[field]
    room.update(kind, healed, changed)
    room.process()
    live = room.read(kind, healed)
    assert room.differing(kind, live, changed) == []
    room.process()
    # Where titles may be shared by nobody, the same declaration finds its own object again.
    assert lifecycle.create(kind, room.check(kind, changed)).object_id == live.object_id
    room.process()
    assert "was deleted" in lifecycle.delete(kind, live.object_id, live.outs)
    room.process()
    assert lifecycle.read(kind, live.object_id, live.outs) is None
    room.control("POST", "keys/revoke", json={"key": room.redtrack_key})
    room.control("POST", "keys/revoke", json={"key": room.digistore24_key})
    room.process()
    with pytest.raises(ServiceError):
        lifecycle.read(kind, live.object_id, live.outs)


def test_a_plan_that_may_not_post_networks_says_what_to_do(room: "Room", cases: "dict[str, Case]") -> None:
    case = cases["offer_source"]
    room.switch(post_networks="premium_only")
    with pytest.raises(ServiceError, match=r"premium plans only.*declare `adopt: true`"):
        room.create(case.kind, case.fields)
