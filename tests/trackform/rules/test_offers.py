"""Offer URLs: each finding, to the letter, and the lengths that decide."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import (
    KNOWN,
    LINK,
    Edit,
    Row,
    Told,
    edited,
    elsewhere,
    expected,
    findings,
    link,
    not_judged,
    seen,
)  # fmt: skip
from trackform.policy import Policy

URL, ON = "offers.guide.url", 'guide: {url: "http'
BARE = LINK.partition("?")[0]
KEPT = 1000 - 24
"""What is left for sids beside a click id."""


ZENITH = "go.zenith.411000.digistore24.com"
OTHER = "credits acme, and whether `cid` comes back from it is not known"
REDIR = (
    "the promolink https://www.digistore24.com/redir/PRODUCT/AFFILIATE?cid={{clickid}}: write `url: "
    '"https://www.digistore24.com/redir/{}"`'
)


def one(
    rule: str, what: str, url: str, said: str, part: str, fix: str = "", severity: str = "error",
    besides: tuple[Told, ...] = (),
) -> Row:  # fmt: skip
    return Row(rule, what, link(url), (Told(URL, ON, said, fix, part), *besides), severity)


def other(affiliate: str, part: str) -> tuple[Told, ...]:
    """What is said beside of a link in another form."""
    return (Told(URL, ON, OTHER.replace("acme", affiliate), part=part, rule="offer-other-form"),)


def cut(path: str) -> str:
    return f"https://www.digistore24.com{path}?cid={{clickid}}"


def length(many: int) -> str:
    return f"cid and sids have {many} characters, 1000 are kept"


ROWS = [
    one("offer-cid", "none", f"{BARE}?sid1=x", "has no cid", "?sid1=x"),
    one("offer-cid", "empty", f"{BARE}?cid=&sid1=x", "has cid=", "cid="),
    one("offer-cid", "a bare name", f"{BARE}?cid&sid1=x", "has cid=", "?cid&sid1=x"),
    one("offer-cid", "a constant", f"{BARE}?cid=x", "has cid=x", "cid=x"),
    one("offer-cid", "twice", f"{LINK}&cid={{clickid}}", "has cid 2 times", "cid={clickid}"),
    one("offer-cid", "under another name", f"{BARE}?subid={{clickid}}",
        "has no cid: the click id is handed over as subid", "subid={clickid}"),
    one("offer-cid", "a constant, and the click id elsewhere", f"{BARE}?cid=x&sid1={{clickid}}",
        "has cid=x: the click id is handed over as sid1", "sid1={clickid}"),
    one("offer-joiner", "two question marks", f"{BARE}?sid1=x?cid={{clickid}}", "has two question marks",
        "?cid={clickid}"),
    one("offer-joiner", "no query", BARE, "has no question mark: no query is handed over", BARE),
    Row("offer-joiner", "an ampersand instead", link(f"{BARE}&cid={{clickid}}"), (
        Told(URL, ON, "credits acme&cid={clickid}, and the account is acme", part="/acme&cid={clickid}",
             rule="offer-affiliate"),
        Told(URL, ON, "has no question mark: no query is handed over", part="&cid={clickid}"))),
    *(Row("offer-joiner", f"all of it behind a hash: {tail}", link(f"{BARE}{tail}"), (
        Told(URL, ON, "has its query behind #, which no server sees",
             "`?` before the first parameter, `&` before each further one: "
             f'write `url: "{BARE}?cid={{clickid}}&sid1={{sub1}}"`', tail),))
      for tail in ("#?cid={clickid}&sid1={sub1}", "#cid={clickid}&sid1={sub1}", "#/buy?sid1={sub1}&cid={sub2}")),
    Row("offer-joiner", "behind a hash", link(f"{BARE}?sid1=x#cid={{clickid}}"), (
        not_judged("offer-joiner", URL, ON),
        Told(URL, ON, "has no cid", part="?sid1=x#cid={clickid}", rule="offer-cid"),
        Told(URL, ON, "has its query behind #, which no server sees", part="#cid={clickid}"))),
    one("offer-link", "another path", cut("/product/411000"), "is no promolink", "/product/411000"),
    one("offer-link", "no affiliate", cut("/redir/411000"), "is no promolink", "/redir/411000"),
    one("offer-link", "more behind the campaign key", cut("/redir/411000/acme/key/more"), "is no promolink",
        "/redir/411000/acme/key/more"),
    one("offer-link", "in the clear", LINK.replace("https", "http"), "is not Digistore24 over https",
        "http://www.digistore24.com"),
    one("offer-link", "another host", LINK.replace("www.digistore24", "shop"), "is not Digistore24 over https",
        "https://shop.com"),
    one("offer-product", "another than declared", cut("/redir/499999/acme"),
        "sells product 499999, and is to sell 411000", "499999"),
    one("offer-product", "another than declared, in a content link", cut("/content/499999/12/acme"),
        "sells product 499999, and is to sell 411000", "499999"),
    Row("offer-product", "one that is not in the file", (
        *link(cut("/redir/499999/acme"))[1:], ("guide: {countries: [DE]}",
        f'guide: {{countries: [DE]}}\n  free: {{url: "{cut("/redir/499999/acme")}"}}'), ("{guide: 100}",
        "{guide: 100, free: 1}")), (
        Told("postbacks.sales.products", "products: [guide]", "no connection books a payment of product 499999",
             rule="product-covered"),
        Told("postbacks.returns.products", "products: [guide]",
             "no connection books a refund or a chargeback of product 499999", rule="returns-booked"),
        Told("products.product-499999", "products:", "sells product 499999, which is not under products",
             part="499999"))),
    one("offer-affiliate", "somebody else's", cut("/redir/411000/zenith"), "credits zenith, and the account is acme",
        "/zenith"),
    one("offer-affiliate", "the case", cut("/redir/411000/Acme"), "credits Acme, and the account is acme", "/Acme"),
    one("offer-affiliate", "somebody else's content link", cut("/content/411000/12/zenith"),
        "credits zenith, and the account is acme", "/zenith"),
    one("offer-affiliate", "somebody else's in another form", f"https://{ZENITH}/?cid={{clickid}}",
        "credits zenith, and the account is acme", "zenith", besides=other("zenith", ZENITH)),
    Row("offer-other-form", "go", link("https://go.acme.411000.digistore24.com/key?cid={clickid}&sid1={sub1}"), (
        Told(URL, ON, OTHER, REDIR.format("411000/acme/key?cid={clickid}&sid1={sub1}"),
             "go.acme.411000.digistore24.com"),), "warning"),
    Row("offer-other-form", "go, with a product's name", link("https://go.acme.slim.digistore24.com/?cid={clickid}"), (
        Told(URL, ON, OTHER, REDIR.format("411000/acme?cid={clickid}"), "go.acme.slim.digistore24.com"),), "warning"),
    Row("offer-other-form", "an order form", link(cut("/product/411000") + "&aff=acme"), (
        Told(URL, ON, OTHER, REDIR.format("411000/acme?cid={clickid}"), "/product/411000"),), "warning"),
    Row("offer-other-form", "a page of the vendor's", link("https://vendor.test/page?cid={clickid}#aff=acme&cam=key"), (
        Told(URL, ON, OTHER, REDIR.format("411000/acme/key?cid={clickid}"), "#aff=acme&cam=key"),), "warning"),
    Row("offer-other-form", "nobody tells of which product", (*link("https://vendor.test/page?cid={clickid}#aff=acme")[1:],
        ("guide: {countries: [DE]}", 'guide: {}\n  free: {url: "https://vendor.test/page?cid={clickid}#aff=acme"}'),
        ("{guide: 100}", "{guide: 100, free: 1}")), (
        Told("offers.free.url", "free: {url", OTHER, part="#aff=acme"),), "warning",
        Policy(live=KNOWN, rules={"unproven": "off"})),
    *(Row("offer-click-id", what, (*link(LINK)[1:], *elsewhere(url)), (
        Told("offers.free.url", "free: {url", "does not hand over the click id", part=part),))
      for what, url, part in (
        ("ClickBank's", "https://acme.vendor.hop.clickbank.net/?x=1", "?x=1"),
        ("ClickBank's, with something else", "https://acme.vendor.hop.clickbank.net/?tid=7", "tid=7"),
        ("another's", "https://shop.test/?aff_id=acme", "?aff_id=acme"))),
    Row("offer-click-id", "ClickBank's, behind #",
        (*link(LINK)[1:], *elsewhere("https://acme.vendor.hop.clickbank.net/#tid={clickid}")), (
        Told("offers.free.url", "free: {url", "does not hand over the click id",
             part="https://acme.vendor.hop.clickbank.net/#tid={clickid}"),),
        policy=Policy(live=KNOWN, rules={"behind-hash": "off"})),
    Row("offer-other-form", "a page of a vendor's whose affiliate is still to be filled in",
        link("https://vendor.test/?cid={clickid}#aff=AFFILIATE"), (
        Told("offers.guide.url", "guide: {url", "credits AFFILIATE, and whether `cid` comes back from it is not known",
             "the promolink https://www.digistore24.com/redir/PRODUCT/AFFILIATE?cid={clickid}: write `url: "
             f'"{LINK}"`', "#aff=AFFILIATE"),), "warning",
        Policy(live=KNOWN, rules={"unproven": "off", "placeholder": "off", "offer-affiliate": "off"})),
    one("offer-length", "a long sid", f"{LINK}&sid1={'x' * (KEPT + 1)}", length(1001), "x" * (KEPT + 1)),
    one("offer-length", "several together", f"{LINK}&sid1={'x' * 500}&sid5={'y' * 501}", length(1025), "y" * 501),
    one("offer-length", "a click id in each", f"{LINK}&sid2={{clickid}}&sid3={'x' * (KEPT - 23)}", length(1001),
        "x" * (KEPT - 23)),
    one("offer-length", "a campaign key", cut(f"/redir/411000/acme/{'k' * 128}"),
        "its campaign key has 128 characters, 127 are kept", "k" * 128, "a shorter campaignkey"),
    one("sid-characters", "a slash", f"{LINK}&sid1=a/b", "sid1 has other characters", "sid1=a/b", severity="warning"),
    one("sid-characters", "an encoded one", f"{LINK}&sid5=a%20b", "sid5 has other characters", "sid5=a%20b",
        severity="warning"),
    one("sid-characters", "beside a macro", f"{LINK}&sid2={{sub1}}!", "sid2 has other characters", "sid2={sub1}!",
        severity="warning"),
    Row("sid-characters", "in a made URL", (("guide: {countries: [DE]}",
        'guide: {countries: [DE], variables: {sid1: "a/b"}}'),), (
        Told("offers.guide", "guide: {countries", "sid1 has other characters", part="sid1=a%2Fb"),), "warning"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    "edits",
    [
        link(LINK),
        link(LINK + "#top"),
        link(cut("/content/411000/12/acme/key")),
        *(link(LINK.replace("www.digistore24.com", host)) for host in (
            "digistore24.com", "www.checkout-ds24.com", "www.digistore24-app.com", "WWW.Digistore24.com")),
        link(cut("/redir/411000/acme/")),
        link(cut("/redir/411000/%61cme")),
        link(f"{LINK}&sid1={'x' * KEPT}"),
        link(f"{LINK}&sid1={'x' * (KEPT - 1)}"),
        # What macros become is not known and counts nothing; what is no sid is not counted.
        link(f"{LINK}&sid1={{sub1}}{'x' * KEPT}&other={'x' * 2000}"),
        link(cut(f"/redir/411000/acme/{'k' * 127}")),
        link(cut(f"/redir/411000/acme/{'k' * 126}%6B")),
        link(f"{LINK}&sid1=A-z0.,_9&sid2=&sid3&sid4={{clickid}}-{{sub1}}"),
        link(f"{LINK}&other=a/b"),
    ],
)  # fmt: skip
def test_nothing_is_said(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    assert [str(one) for one in findings(tmp_path, edited(*edits))] == []


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.vendor.hop.clickbank.net/?tid={clickid}",
        "https://shop.test/?aff_id=acme&x={clickid}&c={country}&p={product_name_of_the_shop}",
        # A page that credits nobody: RedTrack's script may count its sales.
        "https://shop.test/",
    ],
)
def test_other_marketplaces_are_no_promolinks(tmp_path: Path, url: str) -> None:
    told = findings(tmp_path, edited(*link(LINK)[1:], *elsewhere(url)))
    assert {one.rule for one in told} <= {"macro-unknown"}


@pytest.mark.parametrize("token", ["country", "city", "rt_adid", "campaignname", "os", "sub20"])
def test_every_token_of_redtrack_may_stand_in_an_offer(tmp_path: Path, token: str) -> None:
    assert findings(tmp_path, edited(*link(f"{LINK}&sid1={{{token}}}"))) == []


@pytest.mark.parametrize("cid", ["{{clickid}}", "[clickid]", "%7Bclickid%7D", "{clickd}", "{cid}", "clickid}"])
def test_a_click_id_in_wrong_braces_is_told_once(tmp_path: Path, cid: str) -> None:
    rules = {one.rule for one in findings(tmp_path, edited(*link(f"{BARE}?cid={cid}")))}
    assert len(rules) == 1
    assert rules < {"macro-braces", "macro-foreign", "offer-cid"}


def test_a_link_that_does_not_tell_its_product_sells_the_one_that_the_offer_is_called_after(tmp_path: Path) -> None:
    url = "https://vendor.example/page?cid={clickid}#aff=acme"
    text = edited(("guide: {countries: [DE]}", f'guide: {{url: "{url}"}}'))
    (told,) = findings(tmp_path, text)
    assert (told.rule, told.problem.where) == ("offer-other-form", "offers.guide.url")


def test_the_link_of_an_upsell_sells_a_product_of_the_file(tmp_path: Path) -> None:
    upsell = f'guide: {{countries: [DE]}}\n  more: {{url: "{LINK.replace("411000", "411001")}"}}'
    assert [str(each) for each in findings(tmp_path, edited(("guide: {countries: [DE]}", upsell)))] == []
