"""A live account in which every field of every kind is set, made from the models: nothing can be forgotten."""

from dataclasses import dataclass, field
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from trackform.account_file.sections import SECTIONS
from trackform.export import Snapshot
from trackform.sandbox.redtrack import fields as models
from trackform_core.model.markers import OnByDefault
from trackform_redtrack.campaign import Optimization

Row = dict[str, Any]

AFFILIATE = "acmeaff"
HOST = "track.acme-first.test"
OWN: Row = {
    "integration_id": "ig77812", "workspace_ids": ["ws5512"], "source_campaign_id": "sca4411",
    "source_campaigns": ["scb4412"], "google_analytics_key": "G-ACME9917", "error_emails": ["boss@acme-first.test"],
    "pixels": [{"id": "px1177", "facebook": {"pixel_id": "fbp5521", "conversions_apikey": "capi-canary-secret"}}],
    "pixels_relations": [{"id": "pxr1178", "created_at": "2026-01-01"}],
    "integrations": {"source_name": "facebook", "params": {"account_id": "act60061", "access_token": "tok-secret"}},
    "postback_pixel": "<img src='https://px.test/i?account=pxi9931'>",
    "postback_token": "ptok-canary-secret", "ssl": {"crt": "PEM", "key": "ssl-canary-secret"},
}  # fmt: skip
"""Field -> value, of what is one account's own whatever else it holds."""
CANARIES = (
    "ig77812", "sc99123", "ws5512", "sca4411", "scb4412", "ACME9917", "acme-first", "px1177", "fbp5521", "capi-canary",
    "pxr1178", "act60061", "tok-secret", "pxi9931", "canary-secret", AFFILIATE, "user4711", "ds654321", "pbacct881",
    "cbfirst", "bg9917", "cbhop1", "af331", "netaff7", "campacct5", "clickacct6", "lpaff9", "fallacct2",
    "otheraff", "act_7001", "998-877-6655", "64f0aa64f0aa64f0aa64f0bb", "anna@people.test", "1234567890123", "thelogin",
)  # fmt: skip
"""Parts of all values that must not reach another account."""
LINKS = (
    "https://cbfirst.vendorx.hop.clickbank.net/?tid={clickid}",
    "https://www.buygoods.com/secure/checkout.html?account_id=8812&product_codename=x&subid={clickid}&aff_id=bg9917",
    "https://hop.clickbank.test/?hop=cbhop1&tid={clickid}",
    "https://network.test/click?affid=af331&s1={clickid}",
    "https://network.test/c/netaff7/{clickid}",
)
"""Of other networks: each names the affiliate in its own way."""
PROMOLINKS = (
    f"https://www.digistore24.com/redir/411530/{AFFILIATE}?cid={{clickid}}",
    f"https://www.digistore24.com/redir/411531/{AFFILIATE}/spring?sid1={{sub1}}&cid={{clickid}}",
    f"https://www.digistore24.com/redir/411532/{AFFILIATE}?sid2={{sub2}}&sid1={{sub1}}&cid={{clickid}}",
    f"https://www.checkout-ds24.com/redir/411533/{AFFILIATE}?cid={{clickid}}",
    f"https://www.digistore24.com/content/411534/page1/{AFFILIATE}/key?cid={{clickid}}",
    f"https://go.{AFFILIATE}.411535.digistore24.com/key?cid={{clickid}}",
    f"https://www.digistore24.com/product/411536?aff={AFFILIATE}&cid={{clickid}}",
    f"https://vendor.test/page?cid={{clickid}}#aff={AFFILIATE}&cam=key",
    "https://www.digistore24.com/redir/411538/otheraff?sid1={sub1}&cid={clickid}",
    "https://www.digistore24.com/redir/411539/otheraff?cid={clickid}",
    f"https://www.digistore24.com/redir/411537/{AFFILIATE}?cid={{clickid}}&utm_source=rt",
)
"""Digistore24's own, in each form."""
SPECIAL: dict[str, Row] = {
    "domains": {"url": HOST, "fallback_url": "https://lost.test/?acct=fallacct2", "type": "track"},
    "traffic_channels": {"title": "FB act_7001", "alias": "998-877-6655", "postback_url": "https://net.test/pb?click={ref_id}&acct=pbacct881"},
    "offer_sources": {"preset_id": "5b2781722c822c00013beb61", "notes": "ask anna@people.test, or the login thelogin",
                      "clickid": "{cid}", "sum": "{amount_affiliate}"},
    "offers": {"postback_url": "https://elsewhere.test/"},
    "landings": {"url": "https://pages.test/quiz?aff_id=lpaff9", "type": "prelanding"},
    "conversion_types": {"slot": 1, "name": "initial_sale"},
    "scripts": {"name": "Page", "cookie_domain": "shop.acme-first.test"},
    "campaigns": {
        "postbacks": [{"url": "https://net.test/c?id={ref_id}&acct=campacct5", "goals": ["type1"]}],
        "click_postbacks": [{"url": "https://net.test/k?a=clickacct6"}],
        "title": "FB TheLogin keto", "tags": ["summer", "1234567890123"],
        "custom_conversion_type_payouts": [{"type": "type1", "payout": 4}],
    },
}  # fmt: skip
UNKNOWN = {"source": {"active": True, "values": ["64f0aa64f0aa64f0aa64f0bb"]}}
STRANGE = (
    {"isp": {"active": True, "values": ["act_7001"]}, "os": {"active": False, "values": ["iOS"]}},
    {"os": {"active": True, "values": ["iOS"], "brand_new": 7}, **UNKNOWN},
    {"subs": {"active": True, "items": {"sub21": "x"}}, "os": {"active": True, "values": ["iOS"]}},
    {"referrer": {"active": True, "values": ["https://r.test/?api_key=canary-secret"]}},
    UNKNOWN,
)
"""Filters with what is one account's own, off, not known, not a filter's to have, or secret."""
STORED = {
    "traffic_channels": models.SOURCE, "offer_sources": models.NETWORK, "offers": models.OFFER,
    "campaigns": models.CAMPAIGN, "landings": models.LANDING, "domains": models.DOMAIN, "funnels": models.STREAM,
}  # fmt: skip
"""The published models, for what ``extra`` may hold."""


@dataclass
class Full:
    """What varies from one generated account to the next."""

    links: list[str] = field(default_factory=lambda: [*LINKS, *PROMOLINKS])
    embedded: bool = True
    unknown: bool = True
    second_source: bool = True
    with_domain: bool = True
    own_rule: bool = False
    circle: bool = False
    strange: bool = True

    def snapshot(self) -> Snapshot:
        rows: dict[str, list[Row]] = {
            section: [{"id": f"{section}0001", **row(section)}]
            for section in ("domains", "conversion_types", "offer_sources", "traffic_channels", "landings", "scripts")
        }
        source, channel = rows["offer_sources"][0], rows["traffic_channels"][0]
        if self.second_source:
            rows["offer_sources"].append(source | {"id": "offersources0002", "title": "Second", "currency": "GBP"})
        script = rows["scripts"][0] | {"domain_id": rows["domains"][0]["id"]}
        rows["scripts"] = [
            script | ({"campaign_id": "campaigns0001"} if self.circle else {}),
            script | {"id": "scripts0002", "name": "Shop", "campaign_id": "campaigns0001"},
            script | {"id": "sc99123", "name": "Made by itself", "is_auto_generated": True},
        ]
        offer = row("offers") | {"script_id": "scripts0001"}
        rows["offers"] = [
            offer | {"id": f"offers{at:04}", "title": f"Offer {at}", "url": url, "program_id": source["id"]}
            for at, url in enumerate(self.links)
        ]
        rows["offers"][-1]["script_id"] = "sc99123" if self.strange else "scripts0001"
        rows["landings"][0]["domain_id"] = rows["domains"][0]["id"]
        whole = row("funnels")["filters"]
        filters = [whole, *STRANGE, {"os": {"active": True, "values": ["iOS"]}}, {}]
        offers = [
            {"id": each["id"], "weight": 10 + at, "filters": filters[at % len(filters) if self.strange else 0]}
            for at, each in enumerate(reversed(rows["offers"]))
        ]
        pages = [{"id": "landings0001", "weight": 100, "filters": whole}]
        funnel = row("funnels") | {"offers": offers, "landings": pages, "prelandings": pages}
        rows["funnels"] = [funnel | {"id": "funnels0001", "title": "Saved", "template": True}]
        held = [{"id": "funnels0001", "weight": 100}]
        if self.embedded:
            inside = funnel | {"id": "funnels0002", "title": "Inside", "template": False}
            held = [{"id": "funnels0001", "weight": 40}, {"id": "funnels0002", "weight": 60, "stream": inside}]
        optimization = _of_type("", Optimization)
        held[0]["optimization"] = optimization | ({"brand_new": 7} if self.strange else {})
        held[-1]["optimization"] = optimization | ({"subs": ["thelogin"]} if self.strange else {})
        domain = {"domain_id": rows["domains"][0]["id"]} if self.with_domain else {"domain_id": ""}
        rows["campaigns"] = [
            row("campaigns") | {"id": "campaigns0001", "source_id": channel["id"], "streams": held} | domain
        ]
        rows["postbacks"] = [connection("sales"), connection("returns"), connection(""), self._whole()]
        if self.unknown:
            for each in (one for several in rows.values() for one in several):
                each |= {"brand_new": 7, "brand_map": {"inner": "x"}, "of_thelogin": 1}
        for section in STORED:
            for each in rows[section]:
                each["user_id"] = "user4711"
        for each in rows["funnels"] if self.own_rule else ():
            each["filters"] = whole | UNKNOWN | {"isp": {"active": True, "values": ["64f0aa64f0aa64f0aa64f0bb"]}}
        unread = {"ipn_connections": "Digistore24 lists none"}
        return Snapshot(rows, unread, "user4711", "ds654321", lambda: "thelogin")

    def _whole(self) -> Row:
        return connection("whole") | {"url": f"https://{HOST}/postback?clickid={{cid}}&sum=1.50&sub20=tf.whole"}


def connection(name: str) -> Row:
    url = f"https://{HOST}/postback?clickid={{cid}}&sum={{amount_affiliate}}&type={{order_type}}"
    tail = "&rdtk_event_id={transaction_id}" + "".join(f"&sub{n}=sub{n}-x" for n in range(1, 20))
    marker = f"&sub20=tf.{name}" if name else ""
    return row("postbacks") | {
        "id": f"connection-{name}", "url": f"{url}{tail}{marker}&ptoken=ptok-canary-secret",
        "product_ids": ["411530", "411531"],
    }  # fmt: skip


def row(section: str) -> Row:
    """A row with every field that its kind can declare, and all that ``extra`` may hold."""
    kind = SECTIONS[section]
    values = {
        name: _value(name, info)
        for name, info in kind.model.model_fields.items()
        if name in kind.fields and name not in kind.references and name not in kind.weights.values()
    }
    found: Row = {}
    for name, wire in kind.fields.items():
        if name in values:
            wire.write(found, {**values, "url": values.get("url", "")}, name)
    stored = STORED.get(section, {})
    found |= {name: _stored(name, stored.get(name, "string")) for name in sorted(kind.more)}
    found |= {name: value for name, value in OWN.items() if name in kind.fields or name in kind.more}
    title = {"title": section.title()} if "title" in kind.fields else {}
    return found | title | SPECIAL.get(section, {})


def _value(name: str, info: FieldInfo) -> Any:
    if name in OWN:
        return OWN[name]
    return False if OnByDefault in info.metadata else _of_type(name, info.annotation)


def _of_type(name: str, annotation: Any) -> Any:  # noqa: PLR0911 -- one for each sort of type
    origin = get_origin(annotation)
    if origin is Annotated:
        return _of_type(name, get_args(annotation)[0])
    if origin is Literal:
        return get_args(annotation)[-1]
    if origin in (Union, UnionType):
        return _of_type(name, next(each for each in get_args(annotation) if each is not NoneType))
    if origin is list:
        return [_of_type(name, get_args(annotation)[0])]
    if origin is dict:
        key, item = get_args(annotation)
        return {_of_type("part", key): _of_type(name, item)}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {each: _value(each, info) for each, info in annotation.model_fields.items()}
    plain = {bool: True, int: 7, float: 2.5, str: "CHF" if name == "currency" else f"{name} words"}
    return plain.get(annotation, {"url": "words", "method": 1})


def _stored(name: str, kind: models.Type) -> Any:
    if isinstance(kind, dict):
        return {each: _stored(each, sort) for each, sort in kind.items()}
    if isinstance(kind, list):
        return [_stored(name, kind[0])]
    if name.startswith("sub") and name[3:].isdigit():
        return f"{name}-x"
    if name == "currency":
        return "CHF"
    plain = {"integer": 7, "number": 2.5, "boolean": True, "array": [f"{name} item"], "object": {"part": f"{name} x"}}
    return plain.get(kind, f"{name} words")
