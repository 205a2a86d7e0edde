"""What each kind decides about its objects, as one table: a change of it is a change for every user."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.providers.conftest import KINDS
from tests.providers.trackform_digistore24.test_ipn import FIELDS as IPN_FIELDS
from trackform.resources import RESOURCES
from trackform.sandbox.accounts import redtrack_account
from trackform.sandbox.bridge.resources import RESOURCES as BRIDGED
from trackform.sandbox.redtrack.entities import ENTITIES
from trackform_core.lifecycle import manual as by_hand
from trackform_core.lifecycle import service as lifecycle
from trackform_core.model.markers import Books, Directs, InCode, InLink, Link, OfAccount, OnByDefault, Reports, Tells

if TYPE_CHECKING:
    from tests.providers.conftest import Case, Room
    from trackform_core.model.kind import Kind

    Cases = dict[str, Case]

EVERY: dict[str, "Kind[Any]"] = {resource.provider.kind.name: resource.provider.kind for resource in RESOURCES}
OF_REDTRACK = {"id", "_id", "serial_number", "user_id", "created_at", "updated_at", "stat"}
OF_A_BRIDGE = {"id", "account", "created_at", "updated_at"}
SERVED = {
    "domain": OF_REDTRACK | {"acme", "registry_expiry_date"},
    "channel": OF_REDTRACK | {"campaign_count"},
    "offer_source": OF_REDTRACK | {"offer_count"},
    "conversion_type": OF_A_BRIDGE,
    "offer": OF_REDTRACK | {"network_title"},
    "landing": OF_REDTRACK,
    "funnel": OF_REDTRACK,
    "campaign": OF_REDTRACK | {"impression_url", "postback_url", "source_title", "trackback_url"},
    "script": OF_REDTRACK | {"script_code", "is_auto_generated", "reg_view_once"},
    "postback": OF_A_BRIDGE,
    "ipn": {"api_key_fingerprint", "id", "ipn_id", "ipn_config_id", "have_settings", "created", "updated", "deleted"},
}
INITIAL = {
    "channel": {"status"},
    "offer_source": {"status"},
    "offer": {"status", "cap", "clcap", "click_cap", "click_cap_period", "click_cap_type"},
    "funnel": {"offer_weights", "landing_weights", "prelanding_weights"},
    "campaign": {"status", "cpc", "rev_share", "funnel_weights", "funnel_optimizations"},
}
SECRET = {"domain": {"ssl"}, "offer_source": {"postback_token"}, "postback": {"token"}, "ipn": {"sha_passphrase"}}
COMPUTED = {
    "offer_source": {"postback_url"}, "campaign": {"tracking_link", "impression_link"}, "conversion_type": {"status"},
    "script": {"script_code"},
    "postback": {"status"}, "ipn": {"api_key"},
}  # fmt: skip
REFERENCES = {
    "offer": {"offer_source_id": "offer_source", "script_id": "script"}, "landing": {"domain_id": "domain"},
    "funnel": {"offer_ids": "offer", "landing_ids": "landing", "prelanding_ids": "landing"},
    "campaign": {"channel_id": "channel", "domain_id": "domain", "funnel_ids": "funnel"},
    "script": {"campaign_id": "campaign", "domain_id": "domain"},
}  # fmt: skip
KEPT_WHILE_USED = {"script", "domain", "channel", "offer_source", "landing", "funnel", "offer", "campaign"}
MARKED: dict[type, dict[str, tuple[str, ...]]] = {
    InLink: {
        "domain": ("url",), "campaign": ("channel_id", "domain_id"),
        "channel": ("subs", "ref_id", "ref_id_alias", "external_id", "external_id_alias", "cost_id", "extra.pixels"),
    },
    Books: {
        "offer": ("payout", "default_conversion_status", "url"),
        "offer_source": ("clickid", "sum", "subs", "currency", "click_expiration", "postback_mode", "postback_status",
                         "postback_protected", "postback_token"),
        "channel": ("currency",), "conversion_type": ("duplicates",), "postback": ("currency",),
    },
    Link: {"offer": ("url",), "landing": ("url",), "domain": ("fallback_url",), "postback": ("url",)},
    Directs: {
        "offer": ("countries", "cap", "clcap", "click_cap", "expires_at"),
        "campaign": ("expires_at", "funnel_ids", "funnel_weights"),
        "funnel": ("expires_at", "filters", "offer_ids", "offer_weights", "offer_filters", "landing_ids",
                   "landing_weights", "landing_filters", "prelanding_ids", "prelanding_weights", "prelanding_filters"),
    },
    InCode: {
        "script": ("type", "attribution_type", "attribution_window", "cookie_domain", "campaign_id", "domain_id"),
    },
    Reports: {"postback": ("events", "product_ids")},
    Tells: {
        "channel": ("postback_url", "postback_pixel", "google_analytics_key", "extra.pixels", "extra.integrations",
                    "extra.integration_types", "extra.integration_id", "extra.pixels_relations"),
        "campaign": ("postbacks", "extra.pixels", "extra.click_postbacks", "extra.impression_postbacks",
                     "extra.integration_postback"),
    },
    OfAccount: {
        "domain": ("workspace_ids", "url"),
        "channel": ("currency", "postback_pixel", "google_analytics_key", "extra.pixels", "extra.integrations",
                    "extra.integration_id", "extra.pixels_relations", "extra.workspace_ids"),
        "offer_source": ("currency", "extra.workspace_ids"),
        "offer": ("url", "extra.pixels", "extra.pixels_relations", "extra.postback_url", "extra.workspace_ids"),
        "landing": ("extra.workspace_ids",),
        "script": ("cookie_domain",),
        "campaign": ("extra.pixels", "extra.source_campaign_id", "extra.source_campaigns", "extra.workspace_ids"),
        "postback": ("currency", "url", "error_emails"),
    },
    OnByDefault: {"domain": ("use_auto_generated_ssl",), "conversion_type": ("show_in_journey",)},
}  # fmt: skip
DEFAULTS: dict[str, Any] = {
    "books": False, "known_by": "", "unique": set(),
    "on_delete": "delete", "key": "title", "key_is_fixed": False, "awaits": "", "mark_in": "", "can_get": True,
    "has_listing": True, "equal_is_ours": True, "owner": "user_id", "to_create": set(), "may_compute": set(),
}  # fmt: skip
ELSE: dict[str, dict[str, Any]] = {
    "domain": {
        "books": True,
        "on_delete": "keep",
        "key": "url",
        "key_is_fixed": True,
        "awaits": "DNS",
        "can_get": False,
    },
    "channel": {},
    "offer_source": {"books": True, "awaits": "operator", "mark_in": "notes", "may_compute": {"postback_url"}},
    "conversion_type": {
        "books": True,
        "known_by": "name",
        "unique": {"name"},
        "on_delete": "keep",
        "key": "slot",
        "key_is_fixed": True,
        "owner": "account",
    },
    "offer": {"mark_in": "tags", "may_compute": {"postback_url"}},
    "landing": {"mark_in": "tags"},
    "funnel": {"can_get": False},
    "campaign": {"mark_in": "tags", "to_create": {"funnel_ids"}},
    "script": {"key": "name"},
    "postback": {"books": True, "key": "name", "owner": "account"},
    "ipn": {"known_by": "name", "key": "domain_id", "key_is_fixed": True, "has_listing": False, "equal_is_ours": False},
}


def test_every_kind_is_in_the_table() -> None:
    assert EVERY.keys() == SERVED.keys() == ELSE.keys()


@pytest.mark.parametrize("name", EVERY)
def test_what_a_kind_decides(name: str) -> None:
    kind = EVERY[name]
    assert {field: getattr(kind, field) for field in DEFAULTS} == DEFAULTS | ELSE[name]
    assert kind.initial == INITIAL.get(name, set())
    assert kind.secret == SECRET.get(name, set())
    assert kind.write_only == (SECRET[name] if name in ("domain", "ipn") else set())
    assert kind.computed.keys() == COMPUTED.get(name, set())
    assert kind.references == REFERENCES.get(name, {})
    assert set(kind.references.values()) <= EVERY.keys()
    assert kind.kept_while_used == (name in KEPT_WHILE_USED)
    assert kind.policies == ({"delete", "keep", "pause"} if name in ("offer", "campaign") else {"delete", "keep"})


@pytest.mark.parametrize("marker", MARKED)
def test_which_fields_are_marked(marker: type) -> None:
    assert {name: kind.marked(marker) for name, kind in EVERY.items() if kind.marked(marker)} == MARKED[marker]


@pytest.mark.parametrize("name", EVERY)
def test_only_parts_of_extra_are_marked_besides(name: str) -> None:
    assert EVERY[name].more_markers.keys() <= EVERY[name].more


def test_what_is_on_by_default_is_so_in_the_sandbox() -> None:
    """Switches with a default of ours are always sent."""
    entities = {each.path: dict(each.defaults) for each in ENTITIES}
    bridged = {each.path: {name: info.default for name, info in each.body.model_fields.items()} for each in BRIDGED}
    for kind in EVERY.values():
        defaults = (entities | bridged).get(getattr(kind, "path", ""), {})
        model = kind.model.model_fields
        unsaid = {
            name for name, wire in kind.fields.items() if defaults.get(wire.name) is True and not model[name].default
        }
        assert unsaid == set(kind.marked(OnByDefault)), kind.name


@pytest.mark.parametrize("name", EVERY)
def test_what_the_service_sets_is_never_sent(name: str) -> None:
    kind = EVERY[name]
    assert kind.served == SERVED[name]
    base = dict.fromkeys([*SERVED[name], "of_theirs"], "x")
    assert kind.body(base, {}, frozenset()).keys() - {"streams"} == {"of_theirs"}


@pytest.mark.parametrize("name", ["conversion_type", "postback"])
def test_by_hand_another_object_only_where_its_key_changes_and_cannot(cases: "Cases", name: str) -> None:
    kind: Any = KINDS[name]
    inputs = by_hand.check(kind, {}, cases[name].fields, "?").inputs
    other = by_hand.check(kind, inputs, cases[name].fields | cases[name].changes[kind.key], "?").inputs
    assert by_hand.diff(kind, inputs, inputs)[1] == []
    assert by_hand.diff(kind, inputs, other)[1] == ([kind.key] if kind.key_is_fixed else [])
    assert kind.key in by_hand.diff(kind, inputs, other)[0]


@pytest.mark.parametrize("name", KINDS)
def test_another_object_only_where_its_key_changes_and_cannot(room: "Room", cases: "Cases", name: str) -> None:
    case = cases[name]
    live = room.create(case.kind, case.fields)
    for field, change in case.changes.items():
        moved = room.check(case.kind, case.fields | change, live.inputs)
        fixed = case.kind.key_is_fixed and field == case.kind.key
        assert lifecycle.diff(case.kind, live.outs, moved)[1] == ([field] if fixed else [])


OPTIONS: dict[str, Any] = {
    "adopt": True, "on_delete": "keep", "enforce": ["status"], "leave": ["notes"], "unset": ["category"], "mark": True,
    "account_id": None, "extra": {"cap_alert": True},
}  # fmt: skip


@pytest.mark.parametrize("option", OPTIONS)
def test_a_refresh_tells_back_how_an_object_is_treated(room: "Room", cases: "Cases", option: str) -> None:
    """Left out, each preview would show it as new."""
    offer = cases["offer"]
    fields = {field: offer.fields[field] for field in ("title", "url", "offer_source_id", "status")}
    value = OPTIONS[option] or sandbox_user(room)
    live = room.create(offer.kind, fields | {option: value})
    room.process()
    seen = room.read(offer.kind, live)
    assert seen.inputs[option] == value
    assert seen.outs[option] == value
    assert seen.inputs == room.check(offer.kind, fields | {option: value}, seen.inputs)
    assert room.differing(offer.kind, seen, fields | {option: value}) == []


def sandbox_user(room: "Room") -> str:
    return redtrack_account(room.redtrack_key)


@pytest.mark.parametrize("option", ["existing", "adopt_id"])
def test_a_refresh_tells_back_which_object_is_meant(room: "Room", cases: "Cases", option: str) -> None:
    case = cases["channel"]
    made = room.edit(case.kind, set={"title": "t"})["id"]
    fields: dict[str, Any] = {"title": "t"} | ({"existing": True} if option == "existing" else {"adopt_id": made})
    live = room.create(case.kind, fields)
    room.process()
    assert room.read(case.kind, live).inputs[option] == fields[option]


def test_of_a_map_the_declared_entries_are_watched_and_of_a_list_of_macros_all() -> None:
    filters = {"country": {"active": True, "values": ["DE"]}, "os": {"active": False}}
    declared = {"filters": {"country": {"active": True}}}
    assert KINDS["funnel"].live({"filters": filters}, declared) == {
        "filters": {"country": {"active": True, "values": ["DE"]}}
    }
    subs = [{"value": "x", "alias": "theirs"}]
    assert KINDS["channel"].live({"subs": subs}, {"subs": [{"value": "x"}]}) == {"subs": subs}
    hooks = [{"url": "u", "goals": ["a"]}]
    assert KINDS["campaign"].live({"postbacks": hooks}, {"postbacks": [{"url": "u"}]}) == {"postbacks": [{"url": "u"}]}


EVENTS = ["payment", "refund", "chargeback", "payment_missed", "payment_denial", "rebill_cancelled", "rebill_resumed",
          "last_paid_day"]  # fmt: skip
CHOICES: dict[tuple[str, str], list[str]] = {
    ("offer", "status"): ["active", "paused"],
    ("campaign", "status"): ["active", "paused"],
    ("campaign", "cost_model"): ["CPC", "CPA", "CPM", "POPCPM", "REVSHARE", "DONOTTRACK"],
    ("landing", "type"): ["landing", "prelanding"],
    ("conversion_type", "duplicates"): ["create_new", "new_repeated", "ignore", "edit", "increment", "by_event_id"],
    ("postback", "events"): EVENTS,
    ("ipn", "transactions"): [*EVENTS, "all"],
    ("ipn", "timing"): ["before_thankyou", "delayed"],
}


@pytest.mark.parametrize(("name", "field"), CHOICES)
def test_the_words_that_a_field_can_be(room: "Room", cases: "Cases", name: str, field: str) -> None:
    fields = cases[name].fields if name in cases else IPN_FIELDS
    as_list = field in ("events", "transactions")
    for word in CHOICES[name, field]:
        wanted = [word] if as_list else word
        assert lifecycle.check(EVERY[name], {}, fields | {field: wanted}, "?").inputs[field] == wanted
    for word in ("XX", CHOICES[name, field][0].swapcase()):
        (failure,) = lifecycle.check(EVERY[name], {}, fields | {field: [word] if as_list else word}, "?").failures
        assert failure.field == field
        assert all(f"'{each}'" in failure.reason for each in CHOICES[name, field])


@pytest.mark.parametrize(
    ("name", "field", "declared", "wire"),
    [
        ("landing", "type", "landing", "l"), ("landing", "type", "prelanding", "p"), ("offer", "status", "active", 1),
        ("offer", "status", "paused", 2), ("campaign", "status", "paused", 2),
        ("offer_source", "click_expiration", "off", 0), ("offer_source", "click_expiration", 60, 60),
    ],
)  # fmt: skip
def test_how_a_word_is_spelled_on_the_wire(name: str, field: str, declared: Any, wire: Any) -> None:
    kind = EVERY[name]
    body = kind.body({}, {field: declared}, frozenset([field]))
    assert body[field] == wire
    assert kind.live(body, {field: declared}) == {field: declared}
    assert EVERY["landing"].live({"type": declared}, {"type": declared}) == {"type": declared}, "either was seen"
