"""The templates behind offer links and postback URLs: a template is recognised where it gives every byte."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from trackform.account_file.models import TypeMacro
from trackform.account_file.money import MINUS_COMMISSION
from trackform.account_file.spelling import is_affiliate, is_product_id
from trackform.urls import TemplateProblem, number, param, parse, render
from trackform.urls.compare import same
from trackform.urls.macros import decode
from trackform.urls.promolink import promolink_credit, promolink_path
from trackform_core.model.wire import Row
from trackform_redtrack.offer_source import with_braces

SIDS = tuple(f"sid{number}" for number in range(1, 6))
LONGEST_CAMPAIGNKEY = 127
EVENT_ID = "{transaction_id}"


@dataclass(frozen=True)
class Promolink:
    """The parts of an offer's link."""

    product: str
    affiliate: str
    campaignkey: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)


def promolink(url: str) -> Promolink | None:
    """The parts of an offer's link, when the templates make exactly this link of them."""
    path = promolink_path(url)
    if path is None or path.is_content:
        return None
    sids = {name: value for name in SIDS if (value := param(url, name)) is not None}
    key = decode(path.campaignkey) if path.campaignkey else None
    link = Promolink(decode(path.product), decode(path.affiliate), key, sids)
    if not (is_product_id(link.product) and is_affiliate(link.affiliate)):
        return None
    variables = {
        "product": link.product, "affiliate": link.affiliate, "campaignkey": link.campaignkey, **link.variables,
    }  # fmt: skip
    if len(link.campaignkey or "") > LONGEST_CAMPAIGNKEY:
        return None
    try:
        whole = render("offer_url.j2", {**variables, "promolink": render("promolink.j2", variables)})
    except TemplateProblem:
        return None
    return link if whole == url else None


def parts_of(url: str) -> dict[str, Any] | None:
    """The entry's keys of which the templates make a link to the same product; None for what is no promolink."""
    paid = promolink_credit(url)
    if paid is None:
        return None
    sids = {name: value for name in SIDS if (value := param(url, name)) is not None}
    key = {"campaignkey": paid.campaignkey} if 0 < len(paid.campaignkey) <= LONGEST_CAMPAIGNKEY else {}
    return key | ({"variables": sids} if sids else {})


def is_made_again(url: str, affiliate: str) -> bool:
    """Whether what the templates make of those keys for the account means the same, if not letter for letter."""
    paid, parts = promolink_credit(url), parts_of(url)
    if paid is None or parts is None:
        return False
    variables = {
        "product": paid.product, "affiliate": affiliate, "campaignkey": parts.get("campaignkey"),
        **parts.get("variables", {}),
    }  # fmt: skip
    try:
        whole = render("offer_url.j2", {**variables, "promolink": render("promolink.j2", variables)})
    except TemplateProblem:
        return False
    return same(whole, url)


def postback(name: str, url: str, domains: Mapping[str, str], sources: Mapping[str, Row]) -> dict[str, Any] | None:
    """The entry's keys that make this URL, or None.

    Args:
        name: the connection's name, which is its marker.
        url: without the protection token.
        domains: name -> host of the declared tracking domains.
        sources: name -> row of the declared offer sources.
    """
    host = parse(url).host
    domain = next((each for each, known in domains.items() if known == host), None)
    macro = (param(url, "type") or "").strip("{}")
    if domain is None or macro not in get_args(TypeMacro):
        return None
    event_id = param(url, "rdtk_event_id")
    for source, row in sources.items():
        variables: dict[str, Any] = {
            "domain": host,
            "connection": name,
            "type": macro,
            "clickid": with_braces(row.get("clickid")) or "{cid}",
            "sum_macro": with_braces(row.get("sum")) or "{amount_affiliate}",
            "subs": {f"sub{n}": row[f"sub{n}"] for n in range(1, 20) if row.get(f"sub{n}")},
        }
        booked: str | float | None = "commission"
        if (raw := param(url, "sum") or "") != variables["sum_macro"]:
            booked = "minus_commission" if raw == MINUS_COMMISSION else number(raw)
        entry = {"type": macro, "sum": booked, "domain": domain, "offer_source": source}
        if event_id and event_id != EVENT_ID:
            entry["event_id"] = variables["event_id"] = event_id
        summed = MINUS_COMMISSION if booked == "minus_commission" else booked
        if booked is not None and _renders({**variables, "sum": summed}) == url:
            return entry
    return None


def _renders(variables: Mapping[str, Any]) -> str | None:
    try:
        return render("postback_url.j2", variables)
    except TemplateProblem:
        return None
