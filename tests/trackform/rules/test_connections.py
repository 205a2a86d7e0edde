"""Postback connections: each finding, to the letter."""

from pathlib import Path

import pytest

from tests.trackform.rules.mending import mended
from tests.trackform.rules.rows import (
    KNOWN,
    RETURNS,
    RETURNS_TOLD,
    SALES,
    SALES_URL,
    Row,
    Told,
    edited,
    expected,
    findings,
    returns,
    sales,
    seen,
)
from trackform.flow.setup import Connection
from trackform.policy import Policy
from trackform.rules.sums import books, may_book

URL, RETURNED = "postbacks.sales.url", "postbacks.returns.url"
ON = 'url: "http'
MORE = "  returns:\n    events: [refund"
BILLING_TYPES = (
    "offer_sources:\n",
    (
        "  single_payment: {slot: 5, duplicates: by_event_id, forward: none}\n"
        "  subscription: {slot: 6, duplicates: by_event_id, forward: none}\n"
        "  installment: {slot: 7, duplicates: by_event_id, forward: none}\n"
        "offer_sources:\n"
    ),
)


def url(rule: str, what: str, said: str, part: str, old: str, new: str) -> Row:
    """The sales connection's URL with one part changed: what is said of it."""
    return Row(rule, what, (sales(old, new),), (Told(URL, ON, said, part=part),))


def further(name: str, *lines: str) -> tuple[str, str]:
    """A connection before the returns."""
    return MORE, f"  {name}:\n" + "".join(f"    {line}\n" for line in lines) + MORE


UPSELL = ("offers:\n  guide", "  extra: {id: 411001, guarantee: 60d}\noffers:\n  guide")
"""The upsell as a product of its own: a connection can name it."""
QUERY = SALES_URL[SALES_URL.index("?") :]
MADE = "clickid={cid}&sum={amount_affiliate}&type={order_type}"
NO_TYPE = QUERY.replace("&type={order_type}", "")
NO_SUM = QUERY.replace("&sum={amount_affiliate}", "")
NO_ID = QUERY.replace("&rdtk_event_id={transaction_id}", "")
NO_CLICK = QUERY.replace("clickid={cid}&", "")
HOST = "https://track.acme.test/postback"
NOBODY = "the file has no postback connection: what books its sales, if anything does, nobody can check"
ROWS = [
    Row("marker", "of another connection behind its own", (sales("tf.sales", "tf.sales&sub20=tf.returns"),), (
        Told("postbacks.sales.url", "url:", "has 2 markers", part="sub20=tf.returns"),)),
    Row("marker", "of a connection that no file has, in another sub", (sales("&sub20", "&sub19=tf.gone&sub20"),), (
        Told("postbacks.sales.url", "url:", "has 2 markers", part="sub19=tf.gone"),)),
    url("type-macro", "none", "has no type, and needs one macro", NO_TYPE, "&type={order_type}", ""),
    url("type-macro", "empty", "has the type '', and needs one macro", "type=", "type={order_type}", "type="),
    url("type-macro", "a bare name", "has the type '', and needs one macro", NO_TYPE.replace("&rdtk", "&type&rdtk"),
        "type={order_type}", "type"),
    url("type-macro", "two in one", "has the type '{order_type}{billing_type}', and needs one macro",
        "type={order_type}{billing_type}", "{order_type}", "{order_type}{billing_type}"),
    url("type-macro", "none of the four", "has the type '{product_id}', and needs one macro", "type={product_id}",
        "{order_type}", "{product_id}"),
    url("type-macro", "a constant that no type has", "has the type 'sale', and needs one macro", "type=sale",
        "{order_type}", "sale"),
    url("type-macro", "two", "has several types, and needs one macro", "type={order_type}",
        "type={order_type}", "type={order_type}&type={billing_type}"),
    url("type-macro", "two constants", "has several types, and needs one macro", "type=upsell",
        "type={order_type}", "type=upsell&type=upsell"),
    url("type-in-status", "a macro", "status is '{transaction_type}'", "status={transaction_type}",
        "&type=", "&status={transaction_type}&type="),
    url("type-in-status", "empty", "status is ''", "status=", "&type=", "&status=&type="),
    url("sum-missing", "none", "its URL says no sum", NO_SUM, "&sum={amount_affiliate}", ""),
    url("sum-missing", "empty", "its URL says no sum", "sum=", "{amount_affiliate}", ""),
    url("sum-missing", "a word", "its URL says no sum", "sum=commission", "{amount_affiliate}", "commission"),
    url("sum-missing", "a comma", "its URL says no sum", "sum=7,5", "{amount_affiliate}", "7,5"),
    url("sum-amount", "gross", "books {amount_brutto}, not the commission", "sum={amount_brutto}",
        "{amount_affiliate}", "{amount_brutto}"),
    url("sum-amount", "net", "books {amount_netto}, not the commission", "sum={amount_netto}",
        "{amount_affiliate}", "{amount_netto}"),
    url("sum-amount", "gross without its sign", "books {amount_brutto_abs}, not the commission",
        "sum={amount_brutto_abs}", "{amount_affiliate}", "{amount_brutto_abs}"),
    url("sum-amount", "fixed", "books 23.5, not the commission", "sum=23.5", "{amount_affiliate}", "23.5"),
    url("sum-amount", "a macro that there is not", "books {amount_affilate}, not the commission",
        "sum={amount_affilate}", "{amount_affiliate}", "{amount_affilate}"),
    Row("sum-amount", "a minus on payments", ((SALES, SALES.replace("sum: commission", "sum: minus_commission")),),
        (Told("postbacks.sales.sum", "sum: minus", "books -{amount_affiliate_abs} of payments too",
              part="sum=-{amount_affiliate_abs}"),)),
    url("sum-amount", "a cent", "books -0.01, not the commission", "sum=-0.01", "{amount_affiliate}", "-0.01"),
    Row("sum-amount", "a minus before a signed amount", (returns("{amount_affiliate}", "-{amount_affiliate}"),),
        (Told(RETURNED, ON, "books -{amount_affiliate}, and the amount of a return has its minus already",
              part="sum=-{amount_affiliate}"),)),
    Row("sum-abs", "refunds and chargebacks", (returns("{amount_affiliate}", "{amount_affiliate_abs}"),),
        (Told(RETURNED, ON, "{amount_affiliate_abs} has no sign", part="sum={amount_affiliate_abs}"),)),
    Row("sum-abs", "chargebacks alone", (
            (RETURNS, RETURNS.replace("sum: commission", "sum: commission")),
            ("    events: [refund, chargeback]\n    type: transaction_type\n    sum: commission\n",
             "    events: [refund]\n    type: transaction_type\n    sum: commission\n  charged:\n"
             '    events: [chargeback]\n    url: "' + SALES_URL.replace("order_type", "transaction_type")
             .replace("{amount_affiliate}", "{amount_affiliate_abs}").replace("tf.sales", "tf.charged") + '"\n'),
        ), (Told("postbacks.charged.url", ON, "{amount_affiliate_abs} has no sign",
                 part="sum={amount_affiliate_abs}"),)),
    Row("sum-once", "a further dimension books", (
            further("more", "events: [payment]", "type: billing_type", 'event_id: "{transaction_id}-more"'),
            BILLING_TYPES,
        ), (Told("postbacks.more.sum", "more:", "payment of product 411000 is booked 2 times: by sales, more",
                 part="sum={amount_affiliate}"),)),
    Row("sum-once", "refunds twice, of one upsell", (
            UPSELL, further("more", "events: [refund]", "products: [extra]", "type: transaction_type",
                    'event_id: "{transaction_id}-more"'),
        ), (Told("postbacks.more.active", "more:",
                 "refund of product 411001 is booked 2 times: by more, returns", part="sum={amount_affiliate}"),)),
    Row("sum-once", "what several events have in common is told once", (
            further("more", "events: [refund, chargeback]", "type: transaction_type",
                    'event_id: "{transaction_id}-more"'),
        ), (Told("postbacks.returns.active", "returns:",
                 "refund of product 411000 is booked 2 times: by more, returns", part="sum={amount_affiliate}"),)),
    Row("product-covered", "no connection at all", (
            ("postbacks:\n  sales:\n    events: [payment]\n" + SALES + "  returns:\n"
             "    events: [refund, chargeback]\n" + RETURNS, "postbacks: {}\n"),
        ), (Told("postbacks", "postbacks:", NOBODY,
                'write `sales: {events: [payment], type: order_type, event_id: "{transaction_id}-{product_id}"}` under '
                f"postbacks; and write `returns: {{{RETURNS_TOLD}}}` under postbacks"),)),
    Row("product-covered", "the one that would is asleep", (("    events: [payment]\n", ("    events: [payment]\n"
            "    active: false\n")),), (Told("postbacks.sales.active", "active: false",
            "no connection books a payment of products 411000, 411001; 'sales' is not active"),)),
    Row("product-covered", "an upsell is left out", (UPSELL, ("    events: [payment]\n",
            "    events: [payment]\n    products: [extra]\n")), (Told("postbacks.sales.products", "products:",
            "no connection books a payment of product 411000"),)),
    Row("product-covered", "it books nothing", ((SALES, "    type: order_type\n    sum: 0\n"),),
        (Told("postbacks.sales.sum", "sum: 0",
              "no connection books a payment of products 411000, 411001; 'sales' has a sum of 0"),)),
    Row("product-covered", "no connection has payments", (("    events: [payment]\n", "    events: [refund]\n"),
            ("    events: [refund, chargeback]\n", "    events: [chargeback]\n")),
        (Told("postbacks", "postbacks:",
              "no connection books a payment of products 411000, 411001"),
         Told("postbacks.sales.type", "type: order_type", "once [product-covered] is mended: guide [sale, refund] and "
              "13 more: facebook is told Purchase of a refund (-47.00 or -30.08) and a partial refund (-16.92)",
              "write `type: transaction_type`", rule="told"))),
    Row("returns-booked", "no chargebacks", (("[refund, chargeback]", "[refund]"),),
        (Told("postbacks.returns.events", "events: [refund]",
              "no connection books a chargeback of products 411000, 411001"),)),
    Row("returns-booked", "no refunds", (("[refund, chargeback]", "[chargeback]"),),
        (Told("postbacks.returns.events", "events: [chargeback]",
              "no connection books a refund of products 411000, 411001"),)),
    Row("returns-booked", "asleep", (("    events: [refund, chargeback]\n", ("    events: [refund, chargeback]\n"
            "    active: false\n")),),
        (Told("postbacks.returns.active", "active: false",
              "no connection books a refund or a chargeback of products 411000, 411001; 'returns' is not active"),)),
    url("event-id", "none", "its URL has no event id", NO_ID, "&rdtk_event_id={transaction_id}", ""),
    Row("event-id", "the order's", ((SALES, SALES + '    event_id: "{order_id}"\n'),),
        (Told("postbacks.sales.event_id", "event_id:", "its event id {order_id} does not name one payment",
              part="rdtk_event_id={order_id}"),)),
    Row("event-id", "a random one", ((SALES, SALES + '    event_id: "{transaction_id}{random}"\n'),),
        (Told("postbacks.sales.event_id", "event_id:", "{random} is new at every delivery: no repetition is noticed",
              part="rdtk_event_id={transaction_id}{random}"),)),
    url("click-id", "none", "its URL has no clickid", NO_CLICK, "clickid={cid}&", ""),
    url("click-id", "twice", "clickid is {cid}, {cid}", "clickid={cid}", "clickid={cid}",
        "clickid={cid}&clickid={cid}"),
    url("click-id", "something else", "clickid is x", "clickid=x", "clickid={cid}", "clickid=x"),
    url("postback-address", "in the clear", "is not sent over https", "http://", "https://", "http://"),
    url("postback-address", "elsewhere", "track.other.test is no domain of the file (track.acme.test)",
        "track.other.test", "track.acme.test", "track.other.test"),
    url("postback-address", "another path", "the path is /post, not /postback", "/post", "/postback", "/post"),
    url("postback-address", "two question marks", "its query is joined wrongly", "?sub2=y&sub20=tf.sales", "&sub20",
        "&sub1=x?sub2=y&sub20"),
    url("postback-address", "no path", "the path is empty, not /postback", "", "/postback", ""),
    Row("token", "none is sent", (("    click_expiration: off\n", ("    click_expiration: off\n"
            "    postback_protected: true\n    postback_token: {secret: ptoken}\n")),),
        tuple(Told(f"postbacks.{name}.token", f"{name}:", "sends no token, and secret ptoken is asked for")
              for name in ("sales", "returns"))),
    Row("token", "another one is sent", (("    click_expiration: off\n", ("    click_expiration: off\n"
            "    postback_protected: true\n    postback_token: {secret: ptoken}\n")),
            (SALES, SALES + "    token: {secret: other}\n"), (RETURNS, RETURNS + "    token: {secret: ptoken}\n")),
        (Told("postbacks.sales.token", "token:", "sends secret other, and secret ptoken is asked for"),)),
    Row("error-email", "nobody", (("  notify: ops@acme.test\n", ""),),
        (Told("digistore24", "digistore24:", "sales, returns have no address for error notifications"),), "warning"),
    Row("error-email", "nobody for one", ((SALES, SALES + "    notify: []\n"),),
        (Told("postbacks.sales.notify", "notify:", "has no address for error notifications", "notify: <an address>"),),
        "warning"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    ("sums", "moves", "may"),
    [
        (("0", "0.0", "-0", "0.00"), False, False),
        (("{amount_affiliate}", "-{amount_affiliate_abs}", "0.01", "-0.01", "1", "23.5"), True, True),
        # What is no sum may book the offer's payout.
        (("", "7,5", "x", "1.", ".5", "{}", "+1"), False, True),
    ],
)
def test_which_sums_move_money(sums: tuple[str, ...], moves: bool, may: bool) -> None:
    for raw in sums:
        one = Connection("x", f"https://track.acme.test/postback?sum={raw}", frozenset(), frozenset())
        assert (books(one), may_book(one)) == (moves, may), raw
    silent = Connection("x", "https://track.acme.test/postback?sub1=1", frozenset(), frozenset())
    assert (books(silent), may_book(silent)) == (False, True)


def test_minus_commission_is_right_whichever_sign_arrives(tmp_path: Path) -> None:
    """Of the two open questions about the amount of returns one is left."""
    text = edited((RETURNS, RETURNS.replace("sum: commission", "sum: minus_commission")))
    others = {name: value for name, value in KNOWN.items() if name not in ("refund_amount", "negative_sum")}
    (open_question,) = findings(tmp_path, text, Policy(live=others))
    assert "negative_sum=ignored" in open_question.problem.message
    assert findings(tmp_path, text, Policy(live=others | {"negative_sum": "booked"})) == []


NO_PROOF = Policy(live={"refund_amount": "negative", "negative_sum": "booked"}, rules={"booked": "off"})
"""A pending sale is not revenue: that is the proof's to say, not that of the rule about `status`."""


@pytest.mark.parametrize(
    "edits",
    [
        ((SALES, "    type: order_type\n    sum: commission\n    active: true\n"),),
        # A sum of nothing on all that is further, however it is written.
        (further("more", "events: [payment]", "type: billing_type", "sum: 0", 'event_id: "{transaction_id}-m"'),
         BILLING_TYPES),
        # With a minus before it, an amount without its sign is one with the sign of a return.
        (returns("{amount_affiliate}", "-{amount_affiliate_abs}"),),
        ((RETURNS, RETURNS.replace("sum: commission", "sum: minus_commission")),),
        # RedTrack gives each account a host of its own, which is no domain of the file.
        (sales("track.acme.test", "x1y2z.ttrk.io"), returns("track.acme.test", "old.rdtk.io")),
        # An upsell of an upsell is covered by default.
        (("upsells: [411001], billing: single, guarantee: 60d}\n", ("upsells: [411001], guarantee: 60d}\n"
          "  more: {id: 411001, upsells: [411002], guarantee: 60d}\n")),),
        # No product that is paid at once sends what only others bring.
        (further("billing", "events: [payment]", "type: billing_type", "sum: 0", 'event_id: "{transaction_id}-b"'),
         ("offer_sources:\n", "  single_payment: {slot: 5, duplicates: by_event_id, forward: none}\noffer_sources:\n")),
        # No product sells an upsell.
        ((", upsells: [411001]", ""), ("  upsell: {slot: 2, duplicates: by_event_id, forward: none}\n", "")),
        # On payments the two are the same.
        (sales("{amount_affiliate}", "{amount_affiliate_abs}"),),
        (sales("https://track.acme.test", "HTTPS://Track.ACME.test"),),
        (sales("&type=", "&status=approved&type="),),
        (sales("&type=", "&status=pending&type="), ("events: [payment]", "events: [payment]\n    active: true")),
        (sales("{order_type}", "upsell"),),
        (("domains:\n  main: track.acme.test", "domains:\n  main: {existing: Track.acme.test}"),),
        (("    click_expiration: off\n", "    click_expiration: off\n    postback_token: {secret: ptoken}\n"),),
    ],
    ids=lambda edits: edits[0][1].strip()[:60],
)  # fmt: skip
def test_no_error_is_told(tmp_path: Path, edits: tuple[tuple[str, str], ...]) -> None:
    told = [one for one in findings(tmp_path, edited(*edits), NO_PROOF) if one.severity == "error"]
    assert [str(one) for one in told] == []


@pytest.mark.parametrize(("old", "new"), [("?clickid", "&clickid"), ("&sum", "?sum"), ("&type", "?type")])
def test_whatever_is_mended_a_wrongly_joined_query_is_joined_rightly(tmp_path: Path, old: str, new: str) -> None:
    text = edited(sales(old, new))
    told = findings(tmp_path, text)
    assert "its query is joined wrongly" in {each.problem.message for each in told}
    for each in told:
        assert [str(other) for other in findings(tmp_path, mended(text, each))] == []


def test_a_variable_of_the_whole_file_that_books_nothing_is_taken_out(tmp_path: Path) -> None:
    text = edited(("domains:\n", "variables: {sum: '0'}\ndomains:\n"))
    told = findings(tmp_path, text)
    assert {(each.rule, each.problem.where) for each in told} == {
        ("product-covered", "variables.sum"), ("returns-booked", "variables.sum"),
    }  # fmt: skip
    assert [str(each) for each in findings(tmp_path, mended(text, told[0]))] == []
