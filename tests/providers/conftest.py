"""The sandbox in this process, a valid declaration of every kind, and what may change in it."""

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.providers.said import Said
from tests.providers.small_engine import Engine
from trackform.resources import RESOURCES
from trackform.sandbox.accounts import digistore24_account, redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.switches import Switches
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.lifecycle import service as lifecycle
from trackform_core.lifecycle.service import Live
from trackform_core.model.compare import as_accepted
from trackform_core.model.kind import Kind
from trackform_core.model.wire import Row, Values
from trackform_core.session import session as sessions
from trackform_core.session.session import Session
from trackform_redtrack.client import RedTrack

if TYPE_CHECKING:
    from flask import Flask

BASE = "http://127.0.0.1"
REDTRACK_KEY = "canary-rt-0f1e2d3c4b"
DIGISTORE24_KEY = "123456-canary-ds-9a8b7c"
BRIDGE_KEY = "canary-bridge-5d6e7f"
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
STORED = {
    "domain": "domain", "channel": "source", "offer_source": "network", "conversion_type": "conversion_type",
    "offer": "offer", "funnel": "stream", "campaign": "campaign", "landing": "landing", "postback": "connection",
    "script": "script",
}  # fmt: skip
KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}


@dataclass
class Case:
    """A declaration with every field, and for each field what else it may be (with what must change along)."""

    kind: Kind[Any]
    fields: Values
    changes: dict[str, Values] = field(default_factory=dict)


class Room:
    """The sandbox beside one process of ours after another."""

    def __init__(self, switches: Switches | None = None) -> None:
        self.app: Flask = create_app(switches=switches)
        self.sandbox = self.app.extensions["sandbox"]
        self.web = httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url=BASE)
        self.naps: list[float] = []
        self.redtrack_key = REDTRACK_KEY
        self.digistore24_key = DIGISTORE24_KEY
        self.bridge_key = BRIDGE_KEY

    def network(self) -> http.Network:
        return http.Network(
            lambda _url: httpx.WSGITransport(app=self.app), base_wait=0.01, sleep=self.naps.append, watch=here
        )

    def config(self) -> dict[str, str]:
        return {
            "redtrackUrl": f"{BASE}/redtrack", "redtrackApiKey": self.redtrack_key,
            "digistore24Url": f"{BASE}/digistore24/api/call", "digistore24ApiKey": self.digistore24_key,
            "bridgeUrl": f"{BASE}/bridge", "bridgeKey": self.bridge_key,
        }  # fmt: skip

    def process(self, *, checked: bool = True) -> Session:
        """Begin a new process of ours; ``checked``: as if the Account had been."""
        sessions.forget_everything()
        sessions.use_config(self.config())
        session = sessions.session_of("default")
        session.checked = checked
        return session

    def control(self, method: str, path: str, **options: Any) -> Any:
        answer = self.web.request(method, f"/_control/{path}", **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    def edit(self, kind: Kind[Any], object_id: str = "", **what: Any) -> Row:
        """Do something in the web application: ``set``, ``remove``, ``delete``."""
        stored = STORED[kind.name]
        key = DIGISTORE24_KEY if stored == "connection" else REDTRACK_KEY
        row: Row = self.control("POST", "webapp", json={"kind": stored, "key": key, "id": object_id, **what})
        return row

    def stored(self, kind: Kind[Any], object_id: str) -> Row:
        stored = STORED[kind.name]
        owner = digistore24_account(DIGISTORE24_KEY) if stored == "connection" else redtrack_account(REDTRACK_KEY)
        row: Row | None = self.sandbox.store.get(owner, stored, object_id)
        assert row is not None
        return row

    def all_stored(self, kind: Kind[Any]) -> list[Row]:
        stored = STORED[kind.name]
        owner = digistore24_account(DIGISTORE24_KEY) if stored == "connection" else redtrack_account(REDTRACK_KEY)
        rows: list[Row] = self.sandbox.store.rows(owner, stored)
        return rows

    def fault(self, effect: str, **how: Any) -> None:
        self.control("POST", "faults", json={"service": "redtrack", "effect": effect, **how})

    def switch(self, **values: Any) -> None:
        self.control("PATCH", "switches", json=values)

    def requests(self) -> list[Row]:
        rows: list[Row] = self.control("GET", "requests")
        return rows

    def writes(self) -> list[str]:
        """The writes since ``forget``, as ``METHOD /path``. Digistore24 is only read."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.requests()
            if entry["method"] != "GET" and entry["service"] != "digistore24"
        ]

    def asked(self, function: str) -> list[Row]:
        """The calls of one of Digistore24's functions since ``forget``."""
        return [entry for entry in self.requests() if entry["path"].endswith(f"/{function}")]

    def forget(self) -> None:
        self.control("DELETE", "requests")

    def check(self, kind: Kind[Any], fields: Values, olds: Values | None = None) -> Values:
        checked = lifecycle.check(kind, olds or {}, fields, UNKNOWN)
        assert not checked.failures, checked.failures
        return checked.inputs

    def refusal(self, kind: Kind[Any], fields: Values, olds: Values | None = None) -> str:
        """Why a check says that the write would be declined; empty where it would not."""
        checked = lifecycle.check(kind, olds or {}, fields, UNKNOWN)
        assert not checked.failures, checked.failures
        return "\n".join(checked.refusals)

    def create(self, kind: Kind[Any], fields: Values) -> Live:
        return lifecycle.create(kind, self.check(kind, fields))

    def read(self, kind: Kind[Any], live: Live) -> Live:
        found = lifecycle.read(kind, live.object_id, as_accepted(kind, live.outs, live.inputs))
        assert found is not None
        return found

    def differing(self, kind: Kind[Any], live: Live, fields: Values) -> list[str]:
        return lifecycle.diff(kind, live.outs, self.check(kind, fields, live.inputs))[0]

    def update(self, kind: Kind[Any], live: Live, fields: Values) -> Live:
        return lifecycle.update(kind, live.object_id, live.outs, self.check(kind, fields, live.inputs))


@pytest.fixture
def room(monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    keys = ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY")
    for name in (*keys, "TRACKFORM_ALLOW", "TRACKFORM_POLICY"):
        monkeypatch.delenv(name, raising=False)
    session = Room()
    monkeypatch.setattr(http, "NETWORK", session.network())
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    session.process()
    yield session
    sessions.forget_everything()


@pytest.fixture(scope="session")
def furnished() -> tuple[Room, dict[str, Case]]:
    """A sandbox that nobody uses, and the cases over what is in it: to copy from."""
    here = Room()
    return here, build_cases(here)


@pytest.fixture
def cases(room: Room, furnished: tuple[Room, dict[str, Case]]) -> dict[str, Case]:
    """A case of every kind, over objects that somebody made in the web application."""
    original, made = furnished
    original.sandbox.store._db.backup(room.sandbox.store._db)
    return {name: Case(case.kind, deepcopy(case.fields), deepcopy(case.changes)) for name, case in made.items()}


def build_cases(room: Room) -> dict[str, Case]:
    def made(kind: str, **fields: Any) -> str:
        return str(room.edit(KINDS[kind], set=fields)["id"])

    network, network2 = (made("offer_source", title=f"another network {n}") for n in (1, 2))
    source, source2 = (made("channel", title=f"another channel {n}") for n in (1, 2))
    offer, offer2, offer3 = (
        made("offer", title=f"another offer {n}", url="https://x.test/", program_id=network) for n in (1, 2, 3)
    )
    stream, stream2 = (
        made("funnel", title=f"another funnel {n}", offers=[{"id": offer, "weight": 100}]) for n in (1, 2)
    )
    domain, domain2 = (made("domain", url=f"another{n}.test") for n in (1, 2))
    made("landing", title="another landing", url="https://l.test/", type="l")
    campaign, campaign2 = (made("campaign", title=f"another campaign {n}", source_id=source) for n in (1, 2))
    script, script2 = (made("script", name=f"another script {n}") for n in (1, 2))
    made("conversion_type", slot=9, name="another type")
    made("postback", product_ids=["1"], events=["refund"], url="https://t.test/postback?sub20=tf.another")
    return {
        case.kind.name: case
        for case in (
            _domain(), _channel(), _offer_source(), _conversion_type(), _offer([network, network2], [script, script2]),
            _funnel([offer, offer2, offer3]), _campaign([source, source2], [domain, domain2], [stream, stream2]),
            _postback(), _landing([domain, domain2]), _script([campaign, campaign2], [domain, domain2]),
        )
    }  # fmt: skip


def _case(kind: str, fields: dict[str, tuple[Any, Any]], **more: Any) -> Case:
    """From field -> (value, another value)."""
    declared = {name: value for name, (value, _) in fields.items()}
    changes = {name: {name: other} for name, (_, other) in fields.items()}
    return Case(KINDS[kind], declared, changes | more)


def _domain() -> Case:
    return _case("domain", {
        "url": ("track.acme.test", "track2.acme.test"),
        "fallback_url": ("https://acme.test/", "https://acme.test/else"),
        "use_auto_generated_ssl": (False, True),
        "workspace_ids": (["w2", "w1"], ["w1"]),
        "ssl": ({"crt": "CERT", "key": "KEY"}, {"crt": "CERT2", "key": "KEY2"}),
        "type": ("track", "track"),
    })  # fmt: skip


SUBS = [{"value": "{campaign_id}", "alias": "cmp", "hint": "Campaign", "role": "cid"}, {"value": "{ad}"}]


def _channel() -> Case:
    texts = (
        "alias", "preset_id", "type", "status", "ref_id", "ref_id_alias", "external_id", "external_id_alias", "cost_id",
        "cost_level", "postback_url", "postback_pixel", "google_analytics_key",
    )  # fmt: skip
    return _case("channel", {
        "title": ("Taboola", "Taboola DE"),
        **{name: (f"some {name}", f"another {name}") for name in texts},
        "currency": ("EUR", "USD"),
        "subs": (SUBS, [{"value": "{campaign_id}", "alias": "campaign"}]),
        "cost_models": (["CPM", "CPC"], ["CPA"]),
        "enable_impressions": (True, False),
        "enable_direct_traffic": (True, False),
        "extra": ({"custom_rates": {"is_enabled": True}}, {"custom_rates": {"is_enabled": False}}),
    })  # fmt: skip


def _offer_source() -> Case:
    texts = ("alias", "preset_id", "status", "offer_url", "postback_mode", "postback_status", "postback_token", "notes")
    return _case("offer_source", {
        "title": ("Digistore24", "Digistore24 DE"),
        **{name: (f"some {name}", f"another {name}") for name in texts},
        "clickid": ("{cid}", "{sid1}"),
        "sum": ("{amount_affiliate}", "{amount_vendor}"),
        "subs": ([{"value": "{product_id}"}], SUBS),
        "currency": ("EUR", "CHF"),
        "click_expiration": ("off", 60),
        "postback_protected": (True, False),
        "extra": ({"event_tracking": True, "sub7": "x"}, {"event_tracking": False, "sub7": "x"}),
    })  # fmt: skip


def _conversion_type() -> Case:
    return _case("conversion_type", {
        "slot": (3, 4),
        "name": ("initial_sale", "Initial Sale"),
        "role": ("Purchase", "Lead"),
        "duplicates": ("by_event_id", "ignore"),
        "show_in_journey": (False, True),
    })  # fmt: skip


def _offer(networks: list[str], scripts: list[str]) -> Case:
    texts = ("category", "subcategory", "notes", "click_cap_period", "click_cap_type", "default_conversion_status")
    return _case("offer", {
        "title": ("Keto Guide", "Keto Guide 2"),
        "url": ("https://p.test/redir/1/acme?cid={clickid}", "https://p.test/redir/2/acme?cid={clickid}"),
        "offer_source_id": (networks[0], networks[1]),
        "script_id": (scripts[0], scripts[1]),
        **{name: (f"some {name}", f"another {name}") for name in texts},
        "status": ("active", "paused"),
        "payout": (12.5, 13),
        "countries": (["DE", "AT"], ["CH"]),
        "tags": (["b", "a"], ["c"]),
        "cap": (10, 20), "clcap": (11, 21), "click_cap": (12, 22),
        "expires_at": ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
        "extra": ({"cap_alert": True}, {"cap_alert": False}),
    })  # fmt: skip


def by(name: str, *values: str, **more: Any) -> Values:
    """One filter, as it is told in one way."""
    return {name: {"active": True, **more, **({"values": sorted(values)} if values else {})}}


def _funnel(offers: list[str]) -> Case:
    return _case(
        "funnel",
        {
            "title": ("Keto", "Keto 2"),
            "template": (True, False),
            "expires_at": ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
            "filters": ({"country": {"active": True, "values": ["DE"]}}, {"country": {"active": True, "values": []}}),
            "offer_ids": (offers[:2], offers[1:]),
            "offer_weights": ([70, 30], [60, 40]),
            "landing_ids": (["l1"], ["l2"]), "landing_weights": ([100], [90]),
            "prelanding_ids": (["p1"], ["p2"]), "prelanding_weights": ([100], [90]),
            "offer_filters": ([{}, by("os", "iOS", "Android")], [by("country", "DE") | by("os", "iOS"), {}]),
            "landing_filters": ([by("city", "Graz", exclude=True)], [by("city", "Graz")]),
            "prelanding_filters": ([by("languages", "de")], [by("unique_visitor")]),
        },
    )  # fmt: skip


def _campaign(sources: list[str], domains: list[str], streams: list[str]) -> Case:
    hook = {"url": "https://hook.test/", "request_method": 0}
    return _case("campaign", {
        "title": ("FB Keto DE", "FB Keto AT"),
        "status": ("active", "paused"),
        "type": ("campaign", "another type"),
        "cost_model": ("CPC", "CPM"),
        "cpc": (0.25, 0.3),
        "rev_share": (10, 20.5),
        "redirect_type": (1, 2),
        "tags": (["b", "a"], ["c"]),
        "notes": (["one", "two"], ["one"]),
        "expires_at": ("2027-01-01T00:00:00Z", "2028-01-01T00:00:00Z"),
        "postbacks": ([hook], [hook | {"request_method": 1}]),
        "channel_id": (sources[0], sources[1]),
        "domain_id": (domains[0], domains[1]),
        "funnel_ids": (streams, streams[1:]),
        "funnel_weights": ([50, 50], [80, 20]),
        "funnel_optimizations": ([{"is_enabled": True, "limit": 3}, {"metric": "roi", "subs": ["sub1", "sub2"]}],
                                 [{"is_enabled": False, "limit": 3}, {"metric": "epc", "subs": ["sub2"]}]),
        "extra": ({"coupon": "x", "pixels": [{"url": "https://p.test/"}]}, {"coupon": "y"}),
    }, funnel_ids={"funnel_ids": streams[1:], "funnel_weights": [100], "funnel_optimizations": [{}]})  # fmt: skip


def _landing(domains: list[str]) -> Case:
    return _case("landing", {
        "title": ("Advertorial", "Advertorial 2"),
        "url": ("https://l.test/a", "https://l.test/b"),
        "type": ("landing", "prelanding"),
        "listicle": (True, False),
        "tags": (["b", "a"], ["c"]),
        "domain_id": (domains[0], domains[1]),
        "extra": ({"workspace_ids": ["w"]}, {"workspace_ids": ["v"]}),
    })  # fmt: skip


def _script(campaigns: list[str], domains: list[str]) -> Case:
    return _case("script", {
        "name": ("Shop", "Shop 2"),
        "type": (1, 2),
        "attribution_type": (1, 2),
        "attribution_window": (30, 7),
        "cookie_domain": ("shop.acme.test", "acme.test"),
        "campaign_id": (campaigns[0], campaigns[1]),
        "domain_id": (domains[0], domains[1]),
    })  # fmt: skip


def _postback() -> Case:
    def url(name: str, more: str = "") -> str:
        return f"https://track.acme.test/postback?clickid={{cid}}&type={{order_type}}{more}&sub20=tf.{name}"

    return _case(
        "postback",
        {
            "name": ("sales", ""),
            "url": (url("sales"), url("sales", "&sum={amount_affiliate}")),
            "token": ("secret-token-1", "secret-token-2"),
            "events": (["payment"], ["refund", "payment"]),
            "currency": ("EUR", "USD"),
            "active": (True, False),
            "product_ids": (["411531", "411530"], ["411530"]),
            "error_emails": (["ops@acme.test"], ["it@acme.test"]),
        },
        name={"name": "sold", "url": url("sold")},
    )


@pytest.fixture
def engine(room: Room) -> Engine:
    return Engine(room)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> "Said":
    return Said(caplog)
