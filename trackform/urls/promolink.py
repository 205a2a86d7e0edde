"""Links that credit an affiliate: which product they lead to, and who earns. Digistore24's, and other networks'.

The one reader of such links. Parameters may stand in any order.
"""

import re
from dataclasses import dataclass

from trackform.urls.macros import decode, macros
from trackform.urls.parts import Url, param, parse

HOSTS = (
    "www.digistore24.com", "digistore24.com", "www.checkout-ds24.com", "checkout-ds24.com", "www.digistore24-app.com",
    "digistore24-app.com",
)  # fmt: skip
"""Where Digistore24 serves promolinks."""
PATH = re.compile(
    r"/(?:redir/(?P<product>[^/]+)|content/(?P<content>[^/]+)/[^/]+)/(?P<affiliate>[^/]+)(?:/(?P<campaignkey>[^/]*))?/?"
)
"""Of a promolink or a content link (Digistore24's help centre)."""
GO = re.compile(r"go\.(?P<affiliate>[^.]+)\.(?P<product>[^.]+)\.digistore24\.com", re.IGNORECASE)
"""The host of a promolink, as Digistore24's German help has it."""
ORDER_FORM = re.compile(r"/product/(?P<product>[^/]+)/?")
HOPLINK = re.compile(r"(?P<affiliate>[^.]+)\.(?P<vendor>[^.]+)\.hop\.clickbank\.net", re.IGNORECASE)
"""The host of a ClickBank hoplink."""
AFFILIATE_PARAMS = ("aff", "hop", "affiliate", "aff_id", "affid", "affiliate_id", "affiliateid", "a_aid")
"""Parameters in which networks name the affiliate: ClickBank's ``hop``, BuyGoods' ``aff_id``, and what others use."""


@dataclass(frozen=True)
class PromolinkPath:
    """The parts of a promolink's path as they are written: nothing is decoded.

    Attributes:
        is_content: it leads to a page of the vendor's, not to the product's own.
    """

    product: str
    affiliate: str
    campaignkey: str | None
    is_content: bool


@dataclass(frozen=True)
class Credit:
    """Whom a link credits, decoded.

    Attributes:
        product: Digistore24's product id; empty where the link does not tell it, or is another network's.
        campaignkey: Digistore24's.
    """

    affiliate: str
    product: str = ""
    campaignkey: str = ""


def promolink_path(url: str) -> PromolinkPath | None:
    """The parts of the path; None where the URL has the path of no promolink. Hosts are not looked at."""
    match = PATH.fullmatch(parse(url).path)
    if match is None:
        return None
    content = match["content"]
    return PromolinkPath(content or match["product"], match["affiliate"], match["campaignkey"], bool(content))


def linked_product(url: str) -> str | None:
    """The product that a promolink leads to."""
    if path := promolink_path(url):
        return path.product
    other_form = _other_form(parse(url))
    return other_form.product or None if other_form else None


def promolink_credit(url: str) -> Credit | None:
    """Whom and what a promolink of Digistore24 credits, in each form that its help knows."""
    parts = parse(url)
    if (path := promolink_path(url)) and parts.host.lower() in HOSTS:
        return Credit(decode(path.affiliate), decode(path.product), decode(path.campaignkey or ""))
    return _other_form(parts)


def is_clickbank(url: str) -> bool:
    """Whether it is a link of ClickBank, of which ``tid`` is the tracking id."""
    host = parse(url).host.lower()
    return host == "clickbank.net" or host.endswith(".clickbank.net")


def keeps_cid(url: str) -> bool:
    """Whether its click id surely gets to the order: of Digistore24's other forms of link that is not published."""
    return promolink_path(url) is not None or _other_form(parse(url)) is None


def credit(url: str) -> Credit | None:
    """Whom a link credits, of whichever network; None where it names nobody in a way that is known."""
    if path := promolink_path(url):
        return Credit(decode(path.affiliate), decode(path.product), decode(path.campaignkey or ""))
    if promolink := promolink_credit(url):
        return promolink
    if hoplink := HOPLINK.fullmatch(parse(url).host):
        return Credit(hoplink["affiliate"])
    given = {name.lower(): name for name, _ in parse(url).params}
    values = (param(url, given[name]) or "" for name in AFFILIATE_PARAMS if name in given)
    return next((Credit(value) for value in values if value and not macros(value)), None)


def _other_form(parts: Url) -> Credit | None:
    """``go.AFFILIATE.PRODUCT.digistore24.com/KEY``, ``/product/PRODUCT?aff=AFFILIATE``, ``#aff=AFFILIATE&cam=KEY``."""
    if go := GO.fullmatch(parts.host):
        # Its help has the id there; which product a name stands for is known to Digistore24 alone.
        product = go["product"] if go["product"].isdecimal() or macros(go["product"]) else ""
        return Credit(go["affiliate"], product, decode(parts.path.strip("/")))
    form = ORDER_FORM.fullmatch(parts.path) if parts.host.lower() in HOSTS else None
    said = param(str(parts), "aff") if form else None
    if form and said:
        return Credit(said, form["product"], param(str(parts), "cam") or "")
    tail = f"?{parts.fragment or ''}"
    if promoted := param(tail, "aff"):
        return Credit(promoted, form["product"] if form else "", param(tail, "cam") or "")
    return None
