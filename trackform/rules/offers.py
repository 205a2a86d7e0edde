"""Rules on offer URLs: the promolink of the right product and affiliate, with the click id exactly once."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from trackform.rules.conversion_types import written
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import MACRO
from trackform.urls import parse
from trackform.urls.promolink import HOSTS, linked_product, promolink_path

RULES = RuleBook()
CLICK_ID_LENGTH = 24
MOST_SUBS = 1000
LONGEST_KEY = 127
SUBS = ("cid", "sid1", "sid2", "sid3", "sid4", "sid5")
ALLOWED = re.compile(r"[A-Za-z0-9.,_-]*")


def place(case: Case, offer: str) -> tuple[str | int, ...]:
    return ("offers", offer, "url") if case.flow.file.offers[offer].url else ("offers", offer)


@RULES.rule(
    "offer-cid", "error", "An offer URL that does not hand over the click id exactly once",
    why="Digistore24 keeps what the promolink brings as `cid` and hands it back as `{cid}`. Without it no sale can be "
    "credited to its click.",
    fix="cid={clickid}, once", explains="money",
)  # fmt: skip
def offer_cid(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        if url.count("?") != 1:
            continue
        given = [value or "" for key, value in parse(url).params if key == "cid"]
        # Another system's macro, a misspelt one or wrong braces have rules of their own.
        if given == ["{clickid}"] or (len(given) == 1 and re.search(r"[{}\[%]", given[0])):
            continue
        other = next((key for key, value in parse(url).params if value == "{clickid}" and key != "cid"), "")
        said = f"has cid {len(given)} times" if len(given) > 1 else f"has cid={given[0]}" if given else "has no cid"
        said += f": the click id is handed over as {other}" if other else ""
        part = f"{other}={{clickid}}" if other else written(url, "cid")
        yield Breach(place(case, name), said, "", url, part)


@RULES.rule(
    "offer-joiner", "error", "An offer URL whose query is joined wrongly",
    why="A second `?`, or an `&` without a `?`, makes the click id a part of something else.",
    fix="`?` before the first parameter, `&` before each further one", explains="money",
)  # fmt: skip
def offer_joiner(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        plain = url.partition("#")[0]
        if plain.count("?") > 1:
            yield Breach(place(case, name), "has two question marks", "", url, plain[plain.rfind("?") :])
        elif "?" not in plain:
            part = plain[plain.find("&") :] if "&" in plain else url
            yield Breach(
                place(case, name), "has no question mark: no query is handed over", "?cid={clickid}", url, part
            )
        elif "#" in url and "cid=" in url.partition("#")[2]:
            yield Breach(
                place(case, name), "has its query behind #, which no server sees", "", url, url[url.find("#") :]
            )


@RULES.rule(
    "offer-link", "error", "An offer of Digistore24 that is no promolink",
    why="Only https://www.digistore24.com/redir/PRODUCT/AFFILIATE and /content/PRODUCT/LINK/AFFILIATE credit the "
    "affiliate.",
    fix="take the link from the marketplace, or leave `url` out", explains="money",
)  # fmt: skip
def offer_link(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        parts = parse(url)
        if promolink_path(url) is None:
            yield Breach(place(case, name), "is no promolink", "", url, parts.path)
        elif parts.scheme != "https" or parts.host.lower() not in HOSTS:
            yield Breach(place(case, name), "is not Digistore24 over https", "", url, f"{parts.scheme}://{parts.host}")


@RULES.rule(
    "offer-product", "error", "An offer URL of another product",
    why="Visitors buy what the link says, and the connections cover what the product says.",
    fix="the product's own id in the link, or another `product`", explains="money",
)  # fmt: skip
def offer_product(case: Case) -> Iterator[Breach]:
    known = {product.id for product in case.flow.file.products.values()}
    for name, url in case.flow.offers.items():
        linked = linked_product(url)
        if linked is None:
            continue
        entry = case.flow.file.offers[name]
        declared = case.flow.file.products.get(entry.product or name)
        if declared and linked != declared.id:
            yield Breach(place(case, name), f"sells product {linked}, and is to sell {declared.id}", "", url, linked)
        elif declared is None and linked not in known:
            yield Breach(place(case, name), f"sells product {linked}, which is not under products", "", url, linked)


@RULES.rule(
    "offer-affiliate", "error", "An offer URL of another affiliate",
    why="The commission goes to the affiliate in the link, and the postbacks to the affiliate of the account.",
    fix="the name under digistore24.affiliate", explains="money",
)  # fmt: skip
def offer_affiliate(case: Case) -> Iterator[Breach]:
    own = case.flow.file.digistore24.affiliate if case.flow.file.digistore24 else None
    for name, url in case.flow.offers.items():
        path = promolink_path(url)
        if path and own and unquote(path.affiliate) != own:
            message = f"credits {path.affiliate}, and the account is {own}"
            yield Breach(place(case, name), message, "", url, f"/{path.affiliate}")


@RULES.rule(
    "offer-length", "error", "Click id and sids that Digistore24 cuts off",
    why="`cid` and the sub ids have 1,000 characters together, a campaign key 127 (Digistore24's help). A click id "
    "has 24; what other macros become is not known and counts nothing here.",
    fix="shorter sids", explains="",
)  # fmt: skip
def offer_length(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        values = [value or "" for key, value in parse(url).params if key in SUBS]
        length = sum(len(_filled(value)) for value in values)
        if length > MOST_SUBS:
            longest = max(values, key=len)
            yield Breach(
                place(case, name), f"cid and sids have {length} characters, {MOST_SUBS} are kept", "", url, longest
            )
        path = promolink_path(url)
        key = unquote((path.campaignkey if path else None) or "")
        if len(key) > LONGEST_KEY:
            message = f"its campaign key has {len(key)} characters, {LONGEST_KEY} are kept"
            yield Breach(place(case, name), message, "a shorter campaignkey", url, key)


@RULES.rule(
    "sid-characters", "warning", "Characters in a sid that Digistore24 does not keep",
    why="Sub ids take letters, digits and . , _ - (Digistore24's help).", fix="letters, digits and . , _ - only",
)  # fmt: skip
def sid_characters(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        # A query joined wrongly has a rule of its own.
        for key, value in parse(url).params if url.count("?") == 1 else ():
            if key in SUBS[1:] and not ALLOWED.fullmatch(_filled(unquote(value or ""))):
                yield Breach(place(case, name), f"{key} has other characters", "", url, f"{key}={value}")


def _filled(value: str) -> str:
    """A value with its click id, and without the macros whose length is not known."""
    return MACRO.sub(lambda match: "c" * CLICK_ID_LENGTH if match[1] == "clickid" else "", value)
