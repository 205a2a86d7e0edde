"""Currencies and expiring clicks: each finding, to the letter, and the numbers that decide."""

from pathlib import Path

import pytest

from tests.trackform.rules.rows import (
    INSTALMENTS,
    KNOWN,
    RETURNS,
    SALES,
    Edit,
    Row,
    Told,
    edited,
    expected,
    findings,
    not_judged,
    returns,
    sales,
    seen,
    told_rebill,
)
from trackform.policy import Policy

SOURCE = "offer_sources.digistore24"
EXPIRY, EXPIRES = "    click_expiration: off\n", f"{SOURCE}.click_expiration"
NO_CURRENCY = ("  affiliate: acme\n  currency: USD\n", "  affiliate: acme\n")
NO_ACCOUNT = ("account:\n  currency: USD\n", "account: {}\n")
SAYS = "&currency={currency}&type="
EACH = "write `currency: USD` under digistore24"
NOBODY = "currency: the account's own, or &currency={currency} in the URL"


def source(currency: str) -> Edit:
    return EXPIRY, f"{EXPIRY}    currency: {currency}\n"


def expiry(value: object) -> Edit:
    return EXPIRY, f"    click_expiration: {value}\n"


def guarantee(text: str) -> Edit:
    return ", guarantee: 60d", f", guarantee: {text}" if text else ""


def of_both(said: str, fix: str = "", field: str = "") -> tuple[Told, ...]:
    return tuple(Told(f"postbacks.{name}{field}", f"{name}:", said, fix) for name in ("sales", "returns"))


OWN_CURRENCY = of_both("amounts come in each order's own currency, and RedTrack reads them as the account's", NOBODY)
ROWS = [
    Row("currency-once", "the URL says another one than is sent", (sales("&type=", "&currency=EUR&type="),), (
        Told("postbacks.sales.url", 'url: "', "sends USD and says it is EUR", part="currency=EUR"),)),
    Row("currency-once", "the URL says one, and each order has its own", (
        NO_CURRENCY, sales("&type=", "&currency=EUR&type="), returns("&type=", SAYS)), (
        Told("postbacks.sales.url", 'url: "', "sends the currency of each order and says it is EUR",
             part="currency=EUR"),)),
    Row("currency-once", "the URL says nothing at all", (sales("&type=", "&currency=&type="),), (
        Told("postbacks.sales.url", 'url: "', "sends USD and says it is ", part="currency="),)),
    *(Row("currency-once", f"each order's own, read as the {which}", edits, (
        Told("digistore24.currency", "digistore24:",
             "amounts come in each order's own currency, and RedTrack reads them as USD", EACH),))
      for which, edits in (("offer source's", (NO_CURRENCY, source("USD"))), ("account's", (NO_CURRENCY,)))),
    Row("currency-once", "each order's own, and nobody knows how it is read", (NO_CURRENCY, NO_ACCOUNT), (
        Told("account", "account:", "says no currency", rule="account-currency"),
        OWN_CURRENCY[0], not_judged("currency-once", "postbacks.sales", "sales:"), OWN_CURRENCY[1])),
    Row("currency-once", "one connection converts, the offer source expects another", (
        (SALES, SALES + "    currency: CHF\n"), source("USD")), (
        Told("postbacks.sales.currency", "currency: CHF", "Digistore24 sends CHF, and RedTrack reads it as USD"),)),
    Row("currency-once", "one connection converts, the account is in another", ((SALES, SALES + "    currency: CHF\n"),
        source("CHF")), (
        Told("postbacks.sales.currency", "currency: CHF",
             "converted twice: by Digistore24 to CHF, and by RedTrack to USD"),)),
    Row("currency-once", "the URL says what is sent, and the account is in another", (
        NO_CURRENCY, (SALES, SALES + "    currency: EUR\n"), returns("&type=", SAYS)), (
        Told("postbacks.sales.currency", "currency: EUR", "Digistore24 sends EUR, and RedTrack reads it as USD"),)),
    Row("currency-once", "converted by both, though the URL says so", (
        ("account:\n  currency: USD", "account:\n  currency: CHF"), sales("&type=", "&currency=USD&type="),
        returns("&type=", SAYS)), (
        Told("digistore24.currency", "currency: USD", "converted twice: by Digistore24 to USD, and by RedTrack to CHF"),
        Told("postbacks.returns.url", "url:", "once [currency-once] is mended: cannot be proved on "
             "currency_macro=purchase (whether {currency} names what the connection converts to, or what the buyer "
             "paid in): [sale, refund], [sale, partial refund], [sale, two partial refunds] and 12 more; there, after "
             "the refund -33.84 is booked, 0.00 is earned", rule="unproven"))),
    Row("account-currency", "not declared", (NO_ACCOUNT,), (
        Told("account", "account:", "says no currency"),), "warning"),
    Row("account-currency", "declared as none", (("account:\n  currency: USD\n", "account:\n  currency: ''\n"),), (
        Told("account", "account:", "says no currency"),), "warning"),
    Row("click-expiration", "before a chargeback", (expiry(299),), (
        Told(EXPIRES, "click_expiration:", "clicks expire after 299, and a chargeback can come after 300 days"),)),
    Row("click-expiration", "a long guarantee", (expiry(359), guarantee("120d")), (
        Told(EXPIRES, "click_expiration:", "clicks expire after 359, and a chargeback can come after 360 days"),)),
    Row("click-expiration", "the longest guarantee", (expiry(359), ("offers:\n  guide", ("  other: {id: 411900, "
        "guarantee: 120d}\noffers:\n  other: {}\n  guide"))), (
        Told(EXPIRES, "click_expiration:", "clicks expire after 359, and a chargeback can come after 360 days"),)),
    Row("click-expiration", "a guarantee that nobody declares is the usual one", (expiry(299), guarantee("")), (
        Told(EXPIRES, "click_expiration:", "clicks expire after 299, and a chargeback can come after 300 days"),)),
    Row("click-expiration", "no guarantee at all", (expiry(239), guarantee("0d")), (
        Told(EXPIRES, "click_expiration:", "clicks expire after 239, and a chargeback can come after 240 days"),)),
    *(Row("click-expiration", f"{billing}: however long", (expiry(100000), ("billing: single", f"billing: {billing}")),
          (told_rebill("click-expiration", *said),
           Told(EXPIRES, "click_expiration:", "clicks expire after 100000, and guide keeps paying")))
      for billing, said in (("subscription", []), ("installment", [INSTALMENTS]))),
    Row("click-expiration", "several keep paying", (expiry(1), ("billing: single", "billing: subscription"),
        ("offers:\n  guide", "  club: {id: 411900, billing: installment}\noffers:\n  club: {}\n  guide")), (
        told_rebill("click-expiration"),
        Told(EXPIRES, "click_expiration:", "clicks expire after 1, and club, guide keeps paying"))),
    Row("click-expiration-unsaid", "not declared", ((EXPIRY, ""),), (
        Told(SOURCE, "digistore24:", "says no click_expiration"),), "warning"),
    Row("guarantee", "in words", (guarantee("30 days"),), (
        Told("products.guide.guarantee", "guide: {id", "'30 days' is no number of days", 'write `guarantee: "30d"`'),),
        "warning"),
    Row("guarantee", "for life", (guarantee("forever"),), (
        Told("products.guide.guarantee", "guide: {id", "'forever' is no number of days"),), "warning"),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS, ids=[row.id for row in ROWS])
def test_what_is_said(tmp_path: Path, row: Row) -> None:
    assert seen(tmp_path, row) == expected(row)


@pytest.mark.parametrize(
    "edits",
    [
        (expiry(300),),
        (expiry(301),),
        (expiry(0),),
        (expiry(360), guarantee("120d")),
        (expiry(300), guarantee("")),
        (expiry(240), guarantee("0d")),
        (guarantee('"14"'),),
        # Each order's own currency, and the URL says which: RedTrack converts, once.
        (NO_CURRENCY, sales("&type=", SAYS), returns("&type=", SAYS)),
        # All three say the same, the URL too.
        (source("USD"), sales("&type=", "&currency=USD&type="), returns("&type=", SAYS)),
    ],
)  # fmt: skip
def test_nothing_is_said(tmp_path: Path, edits: tuple[Edit, ...]) -> None:
    """Not by a rule, and not by the proof that stands behind them."""
    known = KNOWN | {"expiration_unit": "days", "currency_macro": "converted"}
    assert [str(one) for one in findings(tmp_path, edited(*edits), Policy(live=known))] == []


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        ((expiry(301),), "expiration_unit=hours"),
        # 300 days, in hours.
        ((expiry(7200),), ""),
        ((NO_CURRENCY, sales("&type=", SAYS), returns("&type=", SAYS)), ""),
        ((source("USD"), sales("&type=", SAYS), returns("&type=", SAYS)), "currency_macro=purchase"),
    ],
)
def test_what_is_right_in_one_unit_or_reading_only_cannot_be_proved(
    tmp_path: Path, edits: tuple[Edit, ...], said: str
) -> None:
    problems = [one.problem for one in findings(tmp_path, edited(*edits))]
    assert [f"cannot be proved on {said} " in one.message for one in problems] == ([True] if said else [])
    if said.startswith("expiration_unit"):
        assert problems[0].where == "offer_sources.digistore24.click_expiration"


def test_without_connections_no_currency_is_missed(tmp_path: Path) -> None:
    text = edited(NO_ACCOUNT, (EXPIRY, ""))
    cut = text[: text.index("postbacks:")] + text[text.index("products:") :]
    assert {one.rule for one in findings(tmp_path, cut)} == {"product-covered"}


def test_the_offer_source_of_a_connection_decides_how_it_is_read(tmp_path: Path) -> None:
    """Of two offer sources each connection is read by its own, the first where it names none."""
    own = ("guide: {countries: [DE]}", "guide: {offer_source: digistore24}")
    second = ("postbacks:\n  sales", ("  second: {preset: digistore24, title: Second, click_expiration: off, "
              "currency: CHF}\npostbacks:\n  sales"))  # fmt: skip
    text = edited(own, second, (SALES, SALES + "    offer_source: second\n"), (RETURNS, RETURNS + "    offer_source: "
                  "digistore24\n"))  # fmt: skip
    told = [(one.problem.where, one.problem.message) for one in findings(tmp_path, text) if one.rule == "currency-once"]
    assert told == [("offer_sources.second.currency", "Digistore24 sends USD, and RedTrack reads it as CHF")]


@pytest.mark.parametrize(
    "edits",
    [
        # A product that no offer sells, and an offer source that sells nothing.
        (expiry(9000), ("offers:\n  guide", "  club: {id: 411900, billing: installment}\noffers:\n  guide")),
        (
            (EXPIRY, f"{EXPIRY}  spare: {{preset: digistore24, click_expiration: 1}}\n"),
            ("    type: order_type\n", "    type: order_type\n    offer_source: digistore24\n"),
            ("    type: transaction_type\n", "    type: transaction_type\n    offer_source: digistore24\n"),
            ("guide: {countries: [DE]}", "guide: {offer_source: digistore24}"),
        ),
    ],
)
def test_only_what_is_sold_over_a_source_needs_its_clicks(tmp_path: Path, edits: tuple[tuple[str, str], ...]) -> None:
    assert [str(each) for each in findings(tmp_path, edited(*edits)) if each.severity == "error"] == []
