"""RedTrack's objects, one declaration each. The generic handling is in ``objects``.

Paths, fields, envelopes and status codes are of RedTrack's published spec. Defaults on create are plausible values of
ours: the service is known to set some, not which.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from trackform.sandbox.redtrack import fields, rules
from trackform.sandbox.redtrack.view import View
from trackform.sandbox.store import Row

SERVER_SET = frozenset({"id", "serial_number", "user_id", "created_at", "updated_at", "stat"})
BY_TITLE_AND_ID = {"ids": "id"}


@dataclass(frozen=True)
class Entity:
    """One sort of object.

    Attributes:
        kind: its name in the store.
        path: its path below ``/redtrack``.
        fields: the published model.
        required: fields without which a write is refused with 400 (seen in client code; the spec marks none).
        defaults: what the server sets when a create leaves it out.
        computed: further fields that the server sets and a body cannot.
        created: status of a POST; ``updated``: of a PUT.
        enveloped: whether a listing is always ``{items, total}``.
        by_status: deleted by status 3, for want of a DELETE.
        readable: whether GET of one object exists.
        paged: whether the listing takes ``page`` and ``per``.
        key: the field that people know an object by.
        missing: the switch that has the status for an id that there is no object of; empty where that is 404.
        filters: query parameter of the listing to field; comma-separated values.
        spellings: values of a filter to those stored.
        prepare: checks and rewrites a body, given the row it changes (None for a create).
        derive: the computed fields of a row; the flag says whether it is shown in a listing.
    """

    kind: str
    path: str
    fields: fields.Model
    required: tuple[str, ...]
    defaults: Mapping[str, Any] = field(default_factory=dict)
    computed: frozenset[str] = frozenset()
    created: int = 201
    updated: int = 200
    enveloped: bool = False
    by_status: bool = False
    readable: bool = True
    paged: bool = True
    key: str = "title"
    missing: str = ""
    filters: Mapping[str, str] = field(default_factory=lambda: BY_TITLE_AND_ID)
    spellings: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[View, Row, Row | None], None] = lambda _view, _body, _current: None
    derive: Callable[[View, Row, bool], Row] = lambda _view, _row, _listed: {}

    @property
    def label(self) -> str:
        return self.kind.capitalize()


NETWORK = Entity(
    "network", "networks", fields.NETWORK, ("title",),
    defaults={"status": "active", "currency": "USD", "click_expiration": 30, "postback_mode": "create_new",
              "postback_protected": False, "enable_ip_whitelist": False, "subs": []},
    computed=frozenset({"offer_count"}), prepare=rules.network, derive=rules.show_network,
)  # fmt: skip
OFFER = Entity(
    "offer", "offers", fields.OFFER, ("title", "url", "program_id"),
    defaults={"status": 1, "payment": {"amount": 0}, "country_codes": [], "tags": [], "notes": "",
              "default_conversion_status": "approved", "cap": 0, "click_cap": 0},
    computed=frozenset({"network_title"}), by_status=True,
    filters=BY_TITLE_AND_ID | {"networks": "program_id", "countries": "country_codes", "status": "status",
                               "tags": "tags"},
    prepare=rules.offer, derive=rules.show_offer,
)  # fmt: skip
CAMPAIGN = Entity(
    "campaign", "campaigns", fields.CAMPAIGN, ("title", "source_id"),
    defaults={"status": 1, "type": "campaign", "cost_model": "CPC", "cpc": 0, "redirect_type": 1, "tags": [],
              "notes": [], "streams": [], "postbacks": []},
    computed=frozenset({"trackback_url", "impression_url", "postback_url", "source_title"}),
    updated=201, by_status=True,
    filters=BY_TITLE_AND_ID | {"sources": "source_id", "status": "status", "tags": "tags"},
    prepare=rules.campaign, derive=rules.show_campaign,
)  # fmt: skip
SOURCE = Entity(
    "source", "sources", fields.SOURCE, ("title",),
    defaults={"status": "active", "currency": "USD", "subs": [], "cost_models": [], "enable_impressions": False},
    computed=frozenset({"campaign_count"}), updated=201, derive=rules.show_source,
)  # fmt: skip
DOMAIN = Entity(
    "domain", "domains", fields.DOMAIN, ("url",),
    defaults={"type": "track", "fallback_url": "", "use_auto_generated_ssl": True, "workspace_ids": []},
    computed=frozenset({"acme", "registry_expiry_date"}), created=200, enveloped=True, readable=False,
    filters={"type": "type"}, prepare=rules.domain, derive=rules.show_domain,
)  # fmt: skip
LANDING = Entity(
    "landing", "landings", fields.LANDING, ("title", "url"),
    defaults={"type": "l", "listicle": False, "tags": []},
    filters=BY_TITLE_AND_ID | {"type": "type", "tags": "tags"}, spellings=rules.LANDING_TYPES,
    prepare=rules.landing, derive=rules.show_landing,
)  # fmt: skip
STREAM = Entity(
    "stream", "streams", fields.STREAM, ("title",),
    defaults={"template": True, "offers": [], "landings": [], "prelandings": []},
    updated=201, enveloped=True, readable=False, filters={"template": "template"}, prepare=rules.stream,
    derive=rules.show_stream,
)  # fmt: skip
SCRIPT = Entity(
    "script", "scripts", fields.SCRIPT, ("name",), key="name",
    defaults={"script_type": 0, "attribution_type": 0, "attribution_window": 0, "cookie_domain": "", "campaign_id": "",
              "domain_id": "", "is_auto_generated": False, "reg_view_once": False},
    computed=frozenset({"script_code", "is_auto_generated", "reg_view_once"}), created=200, paged=False, filters={},
    missing="missing_script", derive=rules.show_script,
)  # fmt: skip

ENTITIES = (NETWORK, OFFER, CAMPAIGN, SOURCE, DOMAIN, LANDING, STREAM, SCRIPT)
BY_KIND = {entity.kind: entity for entity in ENTITIES}
