"""Rules on offer URLs: the promolink of the right product and affiliate, with the click id exactly once."""

import re
from collections.abc import Iterator
from urllib.parse import unquote

from trackform.policy import POLICY
from trackform.rules.conversion_types import written
from trackform.rules.edits import FileEdit
from trackform.rules.fixes import has_url, parameter, url_of, without_variable
from trackform.rules.registry import Breach, Case, RuleBook
from trackform.rules.vocabulary import FOREIGN, MACRO, PLACEHOLDER, WRONG_BRACES
from trackform.urls import join_query, param, parse, with_param
from trackform.urls.macros import Raw, decode, encode
from trackform.urls.promolink import HOSTS, credit, is_clickbank, linked_product, promolink_credit, promolink_path

RULES = RuleBook()
CLICK_ID_LENGTH = 24
MOST_SUBS = 1000
LONGEST_KEY = 127
SUBS = ("cid", "sid1", "sid2", "sid3", "sid4", "sid5")
ALLOWED = re.compile(r"[A-Za-z0-9.,_-]*")
CLICK_ID = "{clickid}"
LINK = "https://www.digistore24.com/redir"


def place(case: Case, offer: str) -> tuple[str | int, ...]:
    return ("offers", offer, "url") if has_url(case, "offers", offer) else ("offers", offer)


def _mend(case: Case, offer: str, url: str) -> tuple[FileEdit, ...]:
    return url_of(case, "offers", offer, url)


@RULES.rule(
    "offer-cid", "error", "An offer URL that does not hand over the click id exactly once",
    why="Digistore24 keeps what the promolink brings as `cid` and hands it back as `{cid}`. Without it no sale can be "
    "credited to its click.",
    fix="cid={clickid}, once", explains="money",
)  # fmt: skip
def offer_cid(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        if url.partition("#")[0].count("?") != 1:
            continue
        given = [value or "" for key, value in parse(url).params if decode(key) == "cid"]
        if given == [CLICK_ID] or (len(given) == 1 and _told_of_macros(given[0])):
            continue
        other = next((key for key, value in parse(url).params if value == CLICK_ID and key != "cid"), "")
        said = f"has cid {len(given)} times" if len(given) > 1 else f"has cid={given[0]}" if given else "has no cid"
        said += f": the click id is handed over as {other}" if other else ""
        part = f"{other}={CLICK_ID}" if other else written(url, "cid")
        edits = parameter(case, ("offers", name), url, "cid", CLICK_ID)
        yield Breach(place(case, name), said, "", url, part, edits, OF_TEMPLATE)


OF_TEMPLATE = "its template makes it so, and a template is no part of the account file"


def _told_of_macros(value: str) -> bool:
    """Whether the rules on macros say what is wrong: another system's macro, or wrong braces."""
    foreign = any(macro in FOREIGN["RedTrack"] for macro in MACRO.findall(value))
    return foreign or bool(WRONG_BRACES.search(MACRO.sub("", f"={value}")))


@RULES.rule(
    "offer-joiner", "error", "An offer URL whose query is joined wrongly",
    why="A second `?`, or an `&` without a `?`, makes the click id a part of something else.",
    fix="`?` before the first parameter, `&` before each further one", explains="money",
)  # fmt: skip
def offer_joiner(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        plain, hash_sign, fragment = url.partition("#")
        if plain.count("?") > 1:
            first, _, rest = plain.partition("?")
            mended = f"{first}?{rest.replace('?', '&')}{hash_sign}{fragment}"
            part = plain[plain.rfind("?") :]
            yield Breach(place(case, name), "has two question marks", "", url, part, _mend(case, name, mended),
                         OF_TEMPLATE)  # fmt: skip
        elif "cid=" in fragment and "aff=" not in fragment:
            # A parameter of that name in the fragment is the click id in the wrong place.
            yield Breach(place(case, name), "has its query behind #, which no server sees", "", url,
                         f"{hash_sign}{fragment}", _mend(case, name, _before_hash(plain, fragment)),
                         OF_TEMPLATE)  # fmt: skip
        elif "?" not in plain:
            part = plain[plain.find("&") :] if "&" in plain else url
            mended = plain.replace("&", "?", 1) if "&" in plain else f"{plain}?cid={CLICK_ID}"
            yield Breach(place(case, name), "has no question mark: no query is handed over", "", url, part,
                         _mend(case, name, f"{mended}{hash_sign}{fragment}"), OF_TEMPLATE)  # fmt: skip


def _before_hash(plain: str, fragment: str) -> str:
    """The URL with what a promolink takes in its query, where it stands behind #; the click id as it has to be."""
    plain = plain if "?" in plain else plain.replace("&", "?", 1)
    mended = with_param(plain, "cid", Raw(CLICK_ID))
    for piece in re.split("[?&]", fragment):
        name, _, value = piece.partition("=")
        if value and name in SUBS and param(mended, name) is None:
            mended = with_param(mended, name, Raw(value))
    return mended


@RULES.rule(
    "offer-link", "error", "An offer of Digistore24 that is no promolink",
    why="https://www.digistore24.com/redir/PRODUCT/AFFILIATE and /content/PRODUCT/LINK/AFFILIATE credit the "
    "affiliate; see `offer-other-form` for further links that do. Any other brings nobody a commission.",
    fix="take the link from the marketplace, or leave `url` out", explains="money",
)  # fmt: skip
def offer_link(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items():
        parts = parse(url)
        if promolink_path(url) is None:
            if promolink_credit(url) is None:
                yield Breach(place(case, name), "is no promolink", "", url, parts.path or parts.host,
                             _redir(case, name, url), NO_PRODUCT)  # fmt: skip
        elif parts.scheme.lower() != "https" or parts.host.lower().removesuffix(":443") not in HOSTS:
            mended = url.replace(f"{parts.scheme}://{parts.host}", "https://www.digistore24.com", 1)
            yield Breach(place(case, name), "is not Digistore24 over https", "", url, f"{parts.scheme}://{parts.host}",
                         _mend(case, name, mended), OF_TEMPLATE)  # fmt: skip


NO_PRODUCT = "the link does not tell which product it sells: take the promolink from the marketplace"


@RULES.rule(
    "offer-other-form", "warning", "A link that credits the affiliate in another form",
    why="Digistore24's help knows three more links that credit an affiliate: go.AFFILIATE.PRODUCT.digistore24.com, the "
    "order form /product/PRODUCT?aff=AFFILIATE, and #aff=AFFILIATE behind a page of the vendor's. Whether `cid` comes "
    "through them is not published; its help on S2S postbacks asks for a promolink. Whoever has seen it come says so "
    f"in {POLICY}, live: {{link_cid: kept}}.",
    fix="the promolink https://www.digistore24.com/redir/PRODUCT/AFFILIATE?cid={clickid}",
)  # fmt: skip
def offer_other_form(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.offers.items() if case.policy.live.get("link_cid") != "kept" else ():
        if promolink_path(url) is None and (paid := promolink_credit(url)):
            message = f"credits {paid.affiliate}, and whether `cid` comes back from it is not known"
            yield Breach(place(case, name), message, "", url, _credit_part(url), _redir(case, name, url), NO_PRODUCT)


def _credit_part(url: str) -> str:
    parts = parse(url)
    if parts.fragment and "aff=" in parts.fragment:
        return f"#{parts.fragment}"
    return parts.path if any(key == "aff" for key, _ in parts.params) else parts.host


def _redir(case: Case, offer: str, url: str) -> tuple[FileEdit, ...]:
    """The promolink to the same product, with the link's own parameters."""
    paid = promolink_credit(url)
    declared = case.flow.file.products.get(case.flow.file.offers[offer].product or offer)
    product = (paid.product if paid else "") or linked_product(url) or (declared.id if declared else "")
    section = case.flow.file.digistore24
    named = paid.affiliate if paid else ""
    known = bool(named) and not MACRO.search(named) and not PLACEHOLDER.fullmatch(named)
    affiliate = named if known else section.affiliate if section else ""
    if not product or not affiliate:
        return ()
    key = f"/{encode(paid.campaignkey)}" if paid and paid.campaignkey else ""
    kept = [(name, Raw(value or "")) for name, value in parse(url).params if name and name not in ("aff", "cam", "cid")]
    mended = join_query(f"{LINK}/{encode(product)}/{encode(affiliate)}{key}", [("cid", Raw(CLICK_ID)), *kept])
    return _mend(case, offer, mended)


@RULES.rule(
    "offer-product", "error", "An offer URL of another product",
    why="Visitors buy what the link says, and the connections cover what the product says.",
    fix="the product's own id in the link, or another `product`", explains="money",
)  # fmt: skip
def offer_product(case: Case) -> Iterator[Breach]:
    known = {each for product in case.flow.file.products.values() for each in (product.id, *product.upsells)}
    for name, url in case.flow.offers.items():
        linked = linked_product(url)
        if linked is None or MACRO.search(linked):
            continue
        entry = case.flow.file.offers[name]
        declared = case.flow.file.products.get(entry.product or name)
        if declared and linked != declared.id:
            message = f"sells product {linked}, and is to sell {declared.id}"
            edits = _mend(case, name, url.replace(linked, declared.id, 1))
            edits = edits or without_variable(case, ("offers", name), "product")
            yield Breach(place(case, name), message, "", url, linked, edits, OF_TEMPLATE)
        elif declared is None and linked not in known:
            known.add(linked)
            edits = (FileEdit(("products", _free(f"product-{linked}", case)), {"id": linked}),)
            yield Breach(place(case, name), f"sells product {linked}, which is not under products", "", url, linked,
                         edits)  # fmt: skip


def _free(name: str, case: Case) -> str:
    return next(each for each in (name, *(f"{name}-{n}" for n in range(2, 99))) if each not in case.flow.file.products)


@RULES.rule(
    "offer-affiliate", "error", "An offer URL of another affiliate",
    why="The commission goes to the affiliate in the link, and the postbacks to the affiliate of the account.",
    fix="the name under digistore24.affiliate", explains="money",
)  # fmt: skip
def offer_affiliate(case: Case) -> Iterator[Breach]:
    own = case.flow.file.digistore24.affiliate if case.flow.file.digistore24 else None
    for name, url in case.flow.offers.items():
        path = promolink_path(url)
        paid = None if path else promolink_credit(url)
        named = path.affiliate if path else paid.affiliate if paid else ""
        if not own or not named or unquote(named) == own:
            continue
        if has_url(case, "offers", name):
            # An ampersand in place of the question mark is told, and belongs to no name.
            start, sign, rest = url.rpartition(named) if path is None else url.partition(f"/{named}")
            mended = url.replace(f"/{named}", f"/{encode(own)}", 1) if path else f"{start}{encode(own)}{rest}"
            edits = _mend(case, name, mended) if sign and "&" not in named else ()
        else:
            edits = without_variable(case, ("offers", name), "affiliate")
        message = f"credits {named}, and the account is {own}"
        yield Breach(place(case, name), message, "", url, f"/{named}" if path else named, edits,
                     "mend how its query is joined first")  # fmt: skip


@RULES.rule(
    "offer-length", "error", "Click id and sids that Digistore24 cuts off",
    why="`cid` and the sub ids have 1,000 characters together, a campaign key 127 (Digistore24's help). A click id "
    "has 24; what other macros become is not known and counts nothing here.",
    fix="shorter sids", explains="", by_hand="nobody but you knows what of it may go",
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
                kept = _kept(unquote(value or ""))
                edits = parameter(case, ("offers", name), url, key, kept)
                yield Breach(place(case, name), f"{key} has other characters", "", url, f"{key}={value}", edits,
                             OF_TEMPLATE)  # fmt: skip


def _kept(value: str) -> str:
    """The value with `-` for each run of other characters, macros as they are."""
    pieces, at = list[str](), 0
    for macro in MACRO.finditer(value):
        pieces += [re.sub(r"[^A-Za-z0-9.,_-]+", "-", value[at : macro.start()]), macro[0]]
        at = macro.end()
    return "".join([*pieces, re.sub(r"[^A-Za-z0-9.,_-]+", "-", value[at:])])


def _filled(value: str) -> str:
    """A value with its click id, and without the macros whose length is not known."""
    return MACRO.sub(lambda match: "c" * CLICK_ID_LENGTH if match[1] == "clickid" else "", value)


@RULES.rule(
    "offer-click-id", "error", "An affiliate link of another marketplace without the click id",
    why="A marketplace credits a sale to a click by what its link brought: ClickBank as `tid`, others under a name of "
    "their own. Without {clickid} no sale is ever credited.",
    fix="hand {clickid} over in the marketplace's parameter for it", explains="",
)  # fmt: skip
def offer_click_id(case: Case) -> Iterator[Breach]:
    for name, url in case.flow.elsewhere.items():
        source = case.flow.source_of(name)
        hands_back = source is not None and bool(case.flow.fields("offer_sources", source).get("clickid"))
        paid = bool(credit(url)) or is_clickbank(url)
        # A network's server sees nothing behind #; a page of a shop's may read it.
        if CLICK_ID in (url.partition("#")[0] if paid else url) or not (hands_back or paid):
            continue
        if "{cid}" in url or any(_told_of_macros(value or "") for _, value in parse(url).params):
            # The rules on macros say what is wrong.
            continue
        edits = _mend(case, name, with_param(url, "tid", Raw(CLICK_ID))) if is_clickbank(url) else ()
        said = "does not hand over the click id"
        yield Breach(place(case, name), said, "", url, written(url, "tid"), edits,
                     "the marketplace's own help tells how it calls the click id")  # fmt: skip
