"""Macros in postback and offer URLs: each finding, to the letter."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import KNOWN, LINK, Row, Told, edited, elsewhere, expected, findings, link, sales, seen
from trackform.policy import Policy
from trackform.rules import RULES
from trackform.rules.vocabulary import (
    CHANNELS_OWN,
    DIGISTORE24,
    FOREIGN,
    FURTHER_VALUES,
    NOTICES,
    REDTRACK,
    TYPE_VALUES,
    VENDOR,
    WRONG_BRACES,
)

POSTBACK, OFFER = "postbacks.sales.url", "offers.guide.url"
ON, OFFERED = 'url: "https', 'guide: {url: "https'
QUIET = Policy(live=KNOWN, rules={"macro-unknown": "error", "not-judged": "off"})


def sent(rule: str, what: str, said: str, part: str, fix: str = "", severity: str = "error") -> Row:
    """The postback with a further parameter."""
    value = what if rule == "macro-braces" else part
    edits = (sales("&sub20", f"&sub1={value}&sub20"),)
    return Row(rule, f"{what} in a postback", edits, (Told(POSTBACK, ON, said, fix, part),), severity)


def linked(rule: str, what: str, said: str, part: str, fix: str = "", severity: str = "error") -> Row:
    """The offer with a further parameter."""
    value = what if rule == "macro-braces" else part
    edits = link(f"{LINK}&x={value}")
    return Row(rule, f"{what} in an offer", edits, (Told(OFFER, OFFERED, said, fix, part),), severity)


def meant(macro: str) -> str:
    return f"if {{{macro}}} is meant, write that; else look into the conversion log whether it is filled in"


def landing(rule: str, what: str, part: str, said: str, fix: str = "", severity: str = "error") -> Row:
    """A landing with a parameter."""
    text = f'landings: {{quiz: {{url: "https://pages.test/quiz?x={part}"}}}}\nfunnels:\n'
    return Row(
        rule, what, (("funnels:\n", text),), (Told("landings.quiz.url", "landings:", said, fix, part),), severity
    )


def channel(rule: str, what: str, fields: str, told: Told) -> Row:
    """A further channel."""
    edits = (("traffic_channels:\n", f"traffic_channels:\n  taboola: {{{fields}}}\n"),)
    return Row(rule, what, edits, (told,), RULES[rule].severity)


RECEIVER = (
    "ipn_connections:\n  shop: {url: 'https://YOUR_SERVER/i?s={replace}', domain_id: s-1, passphrase: {secret: p}}\n"
)
ROWS = [
    Row("placeholder", "in where a vendor's events go", (("products:\n", f"{RECEIVER}products:\n"),), (
        Told("ipn_connections.shop.url", "shop:", "{replace} is still to be filled in", part="{replace}"),
        Told("ipn_connections.shop.url", "shop:", "YOUR_SERVER is still to be filled in", part="YOUR_SERVER"))),
    sent("macro-foreign", "RedTrack's", "Digistore24 does not fill {clickid}", "{clickid}"),
    sent("macro-foreign", "a vendor's", "Digistore24 does not fill {email}", "{email}"),
    sent("macro-foreign", "a channel's", "Digistore24 does not fill {gclid}", "{gclid}"),
    linked("macro-foreign", "Digistore24's", "RedTrack does not fill {cid}", "{cid}"),
    linked("macro-foreign", "a vendor's", "RedTrack does not fill {email}", "{email}"),
    linked("macro-foreign", "a channel's", "RedTrack does not fill {gclid}", "{gclid}"),
    linked("macro-misspelt", "a channel's, or RedTrack's", "{campaign_id} is in no published list", "{campaign_id}",
           meant("campaignid"), "warning"),
    sent("macro-misspelt", "a letter", "{product_ids} is in no published list", "{product_ids}", meant("product_id"),
         "warning"),
    sent("macro-misspelt", "the case", "{Product_Id} is in no published list", "{Product_Id}", "", "warning"),
    sent("macro-misspelt", "a dash", "{product-id} is in no published list", "{product-id}", meant("product_id"),
         "warning"),
    linked("macro-misspelt", "a letter", "{clickd} is in no published list", "{clickd}", meant("clickid"), "warning"),
    linked("macro-misspelt", "the case", "{ClickID} is in no published list", "{ClickID}", "", "warning"),
    sent("macro-unknown", "no list has it", "{zzzzzz} is in no published list", "{zzzzzz}", severity="warning"),
    linked("macro-unknown", "no list has it", "{zzzzzz} is in no published list", "{zzzzzz}", severity="warning"),
    *(linked("macro-unknown", f"another word than {known}", f"{{{word}}} is in no published list", f"{{{word}}}",
             severity="warning")
      for word, known in (("utm_source", "rt_source"), ("random", "brand"), ("cost", "os"), ("adid", "rt_adid"),
                          ("keyword", "rt_keyword"), ("connection", "connectiontype"), ("payout", "cust_payout"))),
    sent("macro-unknown", "another word than order_type", "{order_date} is in no published list", "{order_date}",
         severity="warning"),
    sent("placeholder", "RedTrack's", "{replace_or_remove} is still to be filled in", "{replace_or_remove}"),
    linked("placeholder", "in words", "REPLACE_ME is still to be filled in", "REPLACE_ME"),
    Row("macro-foreign", "another marketplace's click id", (*link(LINK)[1:], *elsewhere(
        "https://acme.vendor.hop.clickbank.net/?tid={cid}")), (
        Told("offers.free.url", "free: {url", "RedTrack does not fill {cid}", part="{cid}"),)),
    landing("macro-foreign", "in a landing", "{amount_affiliate}", "RedTrack does not fill {amount_affiliate}"),
    landing("macro-misspelt", "in a landing", "{clickIds}", "{clickIds} is in no published list", meant("clickid"),
            "warning"),
    landing("placeholder", "in a landing", "xxx", "xxx is still to be filled in"),
    channel("placeholder-told", "of Taboola's preset", "preset: taboola",
            Told("traffic_channels.taboola.postback_url", "taboola:", "EVENT_NAME is still to be filled in",
                 part="EVENT_NAME")),
    channel("placeholder-told", "in a channel's pixel", """postback_pixel: "<img src='https://x.test/?n=EVENT_NAME'>\"""",
            Told("traffic_channels.taboola.postback_pixel", "taboola:", "EVENT_NAME is still to be filled in",
                 part="EVENT_NAME")),
    *(channel("placeholder-told", f"in a channel's postback: {part}",
              f'postback_url: "https://x.test/?c={{ref_id}}&n={part}"',
              Told("traffic_channels.taboola.postback_url", "taboola:", f"{part} is still to be filled in", part=part))
      for part in ("{EVENT_NAME}", "[EVENT_NAME]", "event-name", "your_event_name", "ADVERTISER_ID", "%3Cevent%3E")),
    Row("placeholder-told", "in a message of a campaign", (("fb: {channel: facebook, funnel: all}",
        """fb: {channel: facebook, funnel: all, postbacks: [{url: "", json_body: '{"name": "EVENT_NAME"}'}]}"""),), (
        Told("campaigns.fb.postbacks[0].json_body", "fb:", "EVENT_NAME is still to be filled in", part="EVENT_NAME"),),
        "warning", Policy(live=KNOWN, rules={"unproven": "off"})),
    *(Row("macro-foreign", f"in {field} of a campaign", (("fb: {channel: facebook, funnel: all}",
          f"fb: {{channel: facebook, funnel: all, extra: {{{field}: {value}}}}}"),), (
          Told(f"campaigns.fb.extra.{field}{inside}", "fb:", "RedTrack does not fill {cid}", part="{cid}"),),
          policy=Policy(live=KNOWN, rules={"unproven": "off"}))
      for field, value, inside in (
          ("integration_postback", '{url: "https://x.test/?c={cid}"}', ".url"),
          ("pixels", """[{code: "<img src='https://x.test/?c={cid}'>"}]""", "[0].code"))),
    Row("macro-foreign", "where an offer source fills in a form", (("    click_expiration: off\n",
        '    click_expiration: off\n    offer_url: "?cid={cid}"\n'),), (
        Told("offer_sources.digistore24.offer_url", "offer_url:", "RedTrack does not fill {cid}", part="{cid}"),)),
    Row("placeholder", "where a domain sends the lost", (("  main: track.acme.test\n",
        '  main: {url: track.acme.test, fallback_url: "https://YOUR-DOMAIN.com/"}\n'),), (
        Told("domains.main.fallback_url", "main:", "YOUR-DOMAIN is still to be filled in", part="YOUR-DOMAIN"),)),
    *(Row(rule, f"{part} of an offer source, told once", (("    click_expiration: off\n",
          f'    click_expiration: off\n    extra: {{sub3: "{part}"}}\n'),), (
          Told("offer_sources.digistore24.extra.sub3", "extra:", said, part=part),), RULES[rule].severity)
      for rule, part, said in (
          ("placeholder", "EVENT_NAME", "EVENT_NAME is still to be filled in"),
          ("macro-unknown", "{zzzzzz}", "{zzzzzz} is in no published list"))),
    channel("placeholder-told", "of Google's preset", "preset: google_ads",
            Told("traffic_channels.taboola.subs[0].value", "taboola:", "{replace} is still to be filled in",
                 part="{replace}")),
    channel("macro-foreign", "in what a channel is called", 'postback_url: "https://x.test/?c={ref_id}&v={cid}"',
            Told("traffic_channels.taboola.postback_url", "taboola:", "RedTrack does not fill {cid}", part="{cid}")),
    channel("macro-foreign", "in a channel's link", 'subs: [{value: "{order_type}"}]',
            Told("traffic_channels.taboola.subs[0].value", "taboola:", "The channel does not fill {order_type}",
                 part="{order_type}")),
    channel("macro-braces", "in what a channel is called", 'postback_url: "https://x.test/?c=[ref_id]"',
            Told("traffic_channels.taboola.postback_url", "taboola:", "[ref_id] is not filled", part="[ref_id]")),
    Row("macro-foreign", "in what RedTrack calls for a campaign", (("fb: {channel: facebook, funnel: all}",
        'fb: {channel: facebook, funnel: all, postbacks: [{url: "https://x.test/?v={amount_affiliate}"}]}'),), (
        Told("campaigns.fb.postbacks[0].url", "fb:", "RedTrack does not fill {amount_affiliate}",
             part="{amount_affiliate}"),), policy=Policy(live=KNOWN, rules={"unproven": "off"})),
    Row("placeholder-told", "of a campaign", (("fb: {channel: facebook, funnel: all}",
        'fb: {channel: facebook, funnel: all, extra: {click_postbacks: [{url: "https://x.test/YOUR_ID?a=b"}]}}'),), (
        Told("campaigns.fb.extra.click_postbacks[0].url", "fb:", "YOUR_ID is still to be filled in", part="YOUR_ID"),),
        "warning"),
    Row("macro-foreign", "in what an offer source sends along", (("    click_expiration: off\n",
        '    click_expiration: off\n    extra: {sub3: "{clickid}"}\n'),), (
        Told("offer_sources.digistore24.extra.sub3", "extra:", "Digistore24 does not fill {clickid}",
             part="{clickid}"),)),
    sent("macro-braces", "{{product_id}}", "{{product_id}} is not filled", "{{product_id}}"),
    sent("macro-braces", "[product_id]", "[product_id] is not filled", "[product_id]"),
    sent("macro-braces", "%7Bproduct_id%7D", "%7Bproduct_id%7D is not filled", "%7Bproduct_id%7D"),
    linked("macro-braces", "{{clickid}}", "{{clickid}} is not filled", "{{clickid}}"),
    Row("macro-foreign", "in a made URL it is its entry's", (("  guide: {countries: [DE]}",
        '  guide: {countries: [DE], variables: {sid1: "{cid}"}}'),), (
        Told("offers.guide", "guide: {countries", "RedTrack does not fill {cid}", part="{cid}"),)),
    Row("macro-foreign", "in a made postback URL it is its entry's", (
        ("    type: order_type\n", '    type: order_type\n    event_id: "{transaction_id}-{sub1}"\n'),), (
        Told("postbacks.sales.event_id", "event_id:", "Digistore24 does not fill {sub1}", part="{sub1}"),)),
    *(Row("behind-hash", f"{behind} of an offer", link(f"{LINK}#{behind}"), (
        Told(OFFER, OFFERED, f"{behind} stands behind #: no server gets it", part=behind),), "warning")
      for behind in ("sid1={sub1}", "sid1=x", "{clickid}", "{cid}", "x=[sub1]")),
    *(Row("behind-hash", f"{behind} of a postback", (sales("tf.sales", f"tf.sales#{behind}"),), (
        Told(POSTBACK, ON, f"{behind} stands behind #: nobody sends it", part=behind),), "warning")
      for behind in ("sub1={order_id}", "sub1=x", "{clickid}", "sum=0")),
    channel("behind-hash", "of what a channel is called", 'postback_url: "https://x.test/#c={ref_id}&v={cust_payout}"',
            Told("traffic_channels.taboola.postback_url", "taboola:", "c={ref_id}, v={cust_payout} stand behind #: "
                 "nobody sends it", part="c={ref_id}")),
    Row("behind-hash", "of what is called for a campaign", (("fb: {channel: facebook, funnel: all}",
        'fb: {channel: facebook, funnel: all, postbacks: [{url: "https://x.test/#c={ref_id}"}]}'),), (
        Told("campaigns.fb.postbacks[0].url", "fb:", "c={ref_id} stands behind #: nobody sends it",
             part="c={ref_id}"),), "warning", Policy(live=KNOWN, rules={"unproven": "off"})),
    Row("behind-hash", "of a landing", (("funnels:\n",
        'landings: {quiz: {url: "https://pages.test/quiz#/start?c={clickid}"}}\nfunnels:\n'),), (
        Told("landings.quiz.url", "landings:", "/start?c={clickid} stands behind #: no server gets it",
             part="/start?c={clickid}"),), "warning"),
    Row("behind-hash", "of a page of a vendor's", link("https://v.test/?cid={clickid}#aff=acme&cam=k&x={sub1}"), (
        Told(OFFER, OFFERED, "x={sub1} stands behind #: no server gets it", part="x={sub1}"),), "warning",
        Policy(live=KNOWN | {"link_cid": "kept"})),
]  # fmt: skip


@pytest.mark.parametrize(
    "url",
    [
        "https://www.xxx.test/xxx/quiz?a[0]=1&utm_medium=(none)&x=f(y)",
        "https://pages.test/replace/todo/event?x=your-body",
        "https://pages.test/quiz#top",
        "https://pages.test/quiz#/start?step=1&tab=2",
        "https://pages.test/quiz#:~:text=guide",
        "https://pages.test/quiz?c={clickid}&k={rt_keyword}&s={sub3}",
    ],
)
def test_nothing_is_said_of_a_landing(tmp_path: Path, url: str) -> None:
    text = edited(("funnels:\n", f'landings: {{quiz: {{url: "{url}"}}}}\nfunnels:\n'))
    assert [str(each) for each in findings(tmp_path, text, QUIET)] == []


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("https://pages.test/quiz?x=REPLACE_ME", "REPLACE_ME"),
        ("https://pages.test/quiz?x=a{replace}", "{replace}"),
        ("https://pages.test/quiz?x=xxx", "xxx"),
        ("https://pages.test/XXX", "XXX"),
        ("https://YOUR-DOMAIN/quiz", "YOUR-DOMAIN"),
        ("https://www.YOUR-DOMAIN.com/quiz", "YOUR-DOMAIN"),
        ("https://pages.test/YOUR_ID", "YOUR_ID"),
        ("https://pages.test/quiz?x=<your id>", "<your id>"),
        ("https://pages.test/quiz#TODO", "TODO"),
        ("https://pages.test/quiz#a=1&x=EVENT_NAME", "EVENT_NAME"),
        ("https://pages.test/quiz#x={replace}", "{replace}"),
        ("https://pages.test/quiz?x={REPLACE-THIS}", "{REPLACE-THIS}"),
    ],
)
def test_what_is_left_to_be_filled_in(tmp_path: Path, url: str, part: str) -> None:
    text = edited(("funnels:\n", f'landings: {{quiz: {{url: "{url}"}}}}\nfunnels:\n'))
    (found,) = findings(tmp_path, text, QUIET)
    assert (found.rule, found.part) == ("placeholder", part)


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


def test_every_macro_of_a_system_may_stand_in_what_it_fills(tmp_path: Path) -> None:
    known = [*sorted(DIGISTORE24 - {"random"}), "utm_source", "utm_x"]
    more = "".join(f"&sub1={{{one}}}" for one in known)
    offered = "".join(f"&x={{{one}}}" for one in sorted(REDTRACK))
    text = edited(sales("&sub20", f"{more}&sub20"), *link(LINK + offered))
    assert [str(one) for one in findings(tmp_path, text, QUIET)] == []


def test_every_macro_of_others_is_foreign(tmp_path: Path) -> None:
    """A macro that both systems have, or that may be anybody's, is nobody's mistake."""
    foreign = sorted(FOREIGN["Digistore24"])
    text = edited(sales("&sub20", "".join(f"&sub1={{{one}}}" for one in foreign) + "&sub20"))
    told = {one.problem.message for one in findings(tmp_path, text, QUIET)}
    assert told == {f"Digistore24 does not fill {{{one}}}" for one in foreign}
    foreign = sorted(FOREIGN["RedTrack"])
    text = edited(*link(LINK + "".join(f"&x={{{one}}}" for one in foreign)))
    told = {one.problem.message for one in findings(tmp_path, text, QUIET)}
    assert told == {f"RedTrack does not fill {{{one}}}" for one in foreign}


# What the help articles list, so that a list that loses one is noticed.
LISTED = {
    "Digistore24": (
        DIGISTORE24,
        (
            "cid campaignkey country amount_affiliate amount_brutto amount_netto currency product_id product_name "
            "transaction_id transaction_type merchant_id merchant_name billing_status billing_type order_type "
            "upsell_no is_test affiliate_id affiliate_name datetime_unix datetime_full datetime_utc random sid1 "
            "sid2 sid3 sid4 sid5 order_id amount_affiliate_abs amount_brutto_abs"
        ),
    ),
    "a vendor's": (VENDOR, "first_name last_name company email amount_vendor"),
    "RedTrack": (
        REDTRACK,
        (
            "clickid campaignid campaignname offerid offername networkid networkname sourceid trafficsourcename ref_id "
            "offer_payout cust_payout clicktime landerid landername prelanderid prelandername postbackid rt_source "
            "rt_medium rt_campaign rt_adgroup rt_ad rt_placement rt_keyword rt_campaignid rt_adgroupid rt_adid "
            "rt_placementid rt_role_1 rt_role_2 country countryname region city isp ip os osversion browser browserver "
            "brand model language useragent connectiontype referrerdomain timestamp external_id status type palias "
            "lpkeyua sub1 sub2 sub3 sub4 sub5 sub6 sub7 sub8 sub9 sub10 sub11 sub12 sub13 sub14 sub15 "
            "sub16 sub17 sub18 sub19 sub20"
        ),
    ),
    "channels": (
        CHANNELS_OWN,
        (
            "ad.id adset.id campaign.id ad.name adset.name campaign.name site_source_name gclid wbraid gbraid fbclid "
            "ttclid campaign_item_id matchtype adgroupid adposition"
        ),
    ),
}


def test_the_values_of_macros() -> None:
    """As the help articles list them, and what other interfaces have beyond that."""
    assert TYPE_VALUES == {
        "order_type": ("initial_sale", "upsell"),
        "transaction_type": ("payment", "refund", "chargeback"),
        "billing_type": ("single_payment", "subscription", "installment"),
        "billing_status": ("paying", "completed", "aborted"),
    }
    assert FURTHER_VALUES == {"billing_status": ("unpaid", "reminding"), "transaction_type": ("refund_request",)}
    assert NOTICES == ("payment_missed", "payment_denial", "rebill_cancelled", "rebill_resumed", "last_paid_day")


@pytest.mark.parametrize("system", LISTED)
def test_the_lists(system: str) -> None:
    known, listed = LISTED[system]
    assert known == set(listed.split())


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("a={x}&b={x.y_z}", []),
        ("a={{x}}", ["{{x}}"]),
        ("ids[0]=1&f(x)=2&a=b(c)", []),
        ("a={{x y}}&b=1", ["{{x y}}"]),
        ("a=[x.y]", ["[x.y]"]),
        ("a=[]", []),
        ("a=(x)", ["(x)"]),
        ("a=(x y)", []),
        ("a=%7Bx%7D", ["%7Bx%7D"]),
        ("a=%7bx%7d&b", ["%7bx%7d"]),
        ("a=%7Bx&b=1", ["%7Bx"]),
        ("a=${x}", ["${x}"]),
        ("a=<x>", ["<x>"]),
        ("a={x&b=1", ["{x"]),
        ("a={x", ["{x"]),
        ("a={x?b", ["{x"]),
        ("a={x#b", ["{x"]),
        ("a={x/b", ["{x"]),
        ("a={", ["{"]),
        ("a=x}&b", ["x}"]),
        ("a/x}/b-y}", ["x}", "y}"]),
    ],
)
def test_what_looks_like_a_macro_and_is_none(text: str, wrong: list[str]) -> None:
    assert [found[0] for found in WRONG_BRACES.finditer(text)] == wrong
