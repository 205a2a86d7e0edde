"""Every offer of every source is proved by itself: each finding, to the letter, at the line to change."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trackform.rules.rows import (
    KNOWN,
    LINK,
    RETURNS,
    SALES,
    SALES_URL,
    Edit,
    Row,
    Told,
    expected,
    link,
    not_judged,
    sales,
    seen,
)
from trackform.policy import Policy

OFFER, CAMPAIGN, FUNNEL = (
    "guide: {countries: [DE]}",
    "fb: {channel: facebook, funnel: all}",
    "all: {offers: {guide: 100}}",
)
SOURCE = "    click_expiration: off\n"
NAMED = (
    (SALES, f"{SALES}    offer_source: digistore24\n    products: [guide]\n"),
    (RETURNS, f"{RETURNS}    offer_source: digistore24\n    products: [guide]\n"),
)
NOTHING = "guide (offer again) [sale]: after the sale 0.00 is booked, 47.00 is earned (sales: unknown click)"
EXACTLY = "cid={clickid}, once and with nothing else"
CHANNELS = "  facebook: {preset: facebook}\n"
PURCHASE = "forward: {facebook: Purchase}}"


def second(entry: str, *, funnel: str = "{guide: 1, again: 1}") -> tuple[Edit, ...]:
    """Another offer of the same product, in the same funnel."""
    return (
        (OFFER, f"guide: {{offer_source: digistore24}}\n  again: {{product: guide, {entry}}}"),
        ("{guide: 100}", funnel),
        *NAMED,
    )


def over(source: str) -> tuple[Edit, ...]:
    """Another offer of the same product, over a second offer source."""
    return (*second("offer_source: second"), (SOURCE, f"{SOURCE}  second:\n    preset: digistore24\n{source}"))


def linked(cid: str) -> tuple[Edit, ...]:
    url = LINK.replace("{clickid}", cid)
    return second(f'offer_source: digistore24, url: "{url}"')


def handed_over(cid: str, on: str = "", offer: str = "again") -> Told:
    return Told(f"offers.{offer}.url", on or AGAIN, f"has cid={cid}", part=f"cid={cid}", rule="offer-cid")


AGAIN = "again: {product: guide, offer_source: digistore24"
PENDING = Told(
    "offers.again.default_conversion_status", AGAIN,
    "guide (offer again) [sale]: after the sale 0.00 is booked, 47.00 is earned",
    "write `default_conversion_status: approved`",
)  # fmt: skip
ALONE = PENDING.said.replace(" (offer again)", "")
ROWS = [
    *(
        Row("offer-cid", f"the second offer hands over cid={cid}", linked(cid), (handed_over(cid),))
        for cid in ("{sub1}", "{clickid}_x", "{clickid} ", "x{clickid}", "{clickid}{sub2}")
    ),
    Row("booked", "the second offer, where no rule looks at links", linked("{sub1}"), (
        Told("offers.again.url", AGAIN, NOTHING, EXACTLY),), policy=Policy(live=KNOWN, rules={"offer-cid": "off"})),
    Row("offer-cid", "the only offer, in a link with a trailing blank", link(LINK + " "), (
        handed_over("{clickid} ", "guide: {url:", "guide"),)),
    Row("booked", "a second source in another currency", over("    click_expiration: off\n    currency: EUR\n"), (
        Told("offer_sources.second.currency", "currency: EUR",
             "guide (offer again) [sale]: after the sale 58.75 is booked, 47.00 is earned",
             "write `currency: USD`"),)),
    Row("click-expiration", "a second source whose clicks expire", over("    click_expiration: 30\n"), (
        Told("offer_sources.second.click_expiration", "click_expiration: 30",
             "clicks expire after 30, and a chargeback can come after 300 days"),)),
    Row("token", "a second source that asks for one", over(
        "    click_expiration: off\n    postback_protected: true\n    postback_token: {secret: other}\n"), (
        Told("postbacks.sales.token", "sales:", "sends no token, and secret other is asked for"),
        Told("postbacks.returns.token", "returns:", "sends no token, and secret other is asked for")),
        ),
    Row("booked", "two sources that ask for two tokens", (
        *over("    click_expiration: off\n    postback_protected: true\n    postback_token: {secret: other}\n"),
        ("    preset: digistore24\n    click_expiration: off\n  second",
         ("    preset: digistore24\n    click_expiration: off\n    postback_protected: true\n"
          "    postback_token: {secret: own}\n  second")),
        (f"{SALES}    offer", f"{SALES}    token: {{secret: own}}\n    offer"),
        (f"{RETURNS}    offer", f"{RETURNS}    token: {{secret: own}}\n    offer")), (
        Told("offer_sources.second.postback_token", "postback_token: {secret: other}",
             ("guide (offer again) [sale]: after the sale 0.00 is booked, 47.00 is earned (sales: wrong "
              "token)"),
             "the token that the connections send; offer sources that share a connection share its token"),)),
    Row("token", "protection without a token", ((SOURCE, f"{SOURCE}    postback_protected: true\n"),), (
        not_judged("token", "offer_sources.digistore24.postback_protected", "postback_protected: true"),
        Told("offer_sources.digistore24.postback_protected", "postback_protected: true",
             "asks for a token and does not say which: without the right one every postback is refused",
             "postback_token: {secret: <the same as the connections' token>}"))),
    *(
        Row("booked", f"conversions that begin as {status}", second(
            f"offer_source: digistore24, default_conversion_status: {status}"), (PENDING,))
        for status in ("pending", "declined")
    ),
    Row("booked", "an offer in no running campaign books all the same", (
        *second("offer_source: digistore24, default_conversion_status: pending", funnel="{guide: 1}"),), (PENDING,)),
    Row("booked", "each of two offers that are wrong alike", (
        (OFFER, ("guide: {default_conversion_status: pending}\n  again: {product: guide, default_conversion_status: "
                "pending}")), ("{guide: 100}", "{guide: 1, again: 1}"), *NAMED), (
        replace(PENDING, where="offers.guide.default_conversion_status", on="guide: {", said=ALONE),
        replace(PENDING, on="again: {", said=ALONE))),
    Row("booked", "an offer, though a rule speaks of another thing", (
        *second("offer_source: digistore24, default_conversion_status: pending"),
        ("duplicates: by_event_id, forward: {", "duplicates: create_new, forward: {")), (
        Told("conversion_types.initial_sale.duplicates", "initial_sale:",
             "counts by 'create_new': a repeated delivery or a second payment miscounts", rule="event-mode"),
        PENDING)),
    Row("booked", "a connection whose conversions are pending", (sales("&type=", "&status=pending&type="),), (
        Told("postbacks.sales.url", "url:", "guide [sale]: after the sale 0.00 is booked, 47.00 is earned",
             f'leave `status` out: write `url: "{SALES_URL}"`'),)),
    Row("unproven", "an offer of which nobody knows the product", (
        (OFFER, f'{OFFER}\n  odd: {{url: "https://shop.test/?cid={{clickid}}"}}'), *NAMED), (
        Told("offers.odd", "odd:", "does not say which product it sells: none of its sales is simulated",
             "product: <the name under products>"),), "warning", Policy(live=KNOWN, rules={"offer-link": "off"})),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    told = [
        (*where, replace(one, said=re.sub(r" and [0-9]+ more", "", one.said))) for *where, one in seen(tmp_path, row)
    ]
    assert told == [(*where, one) for *where, one in expected(row)]
