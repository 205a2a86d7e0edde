"""From an account file to what the simulator looks at."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.trackform.rules.rows import RETURNS, SALES, Edit, edited, link, sales
from trackform.account_file.compose import compose
from trackform.account_file.models import SecretRef, read_account
from trackform.flow.build import Flow, days, guarantee_days, secret_of
from trackform.flow.setup import ALL, USUAL_RATES, DeclaredType, SoldProduct, Source
from trackform.urls.promolink import linked_product

EXPIRY = "    click_expiration: off\n"
OFFER = "guide: {countries: [DE]}"
NO_CURRENCY = ("  affiliate: acme\n  currency: USD\n", "  affiliate: acme\n")
NO_ACCOUNT = ("account:\n  currency: USD\n", "account: {}\n")


Built = Callable[..., Flow]


@pytest.fixture
def flow(tmp_path: Path) -> Built:
    """The flow of the account with some edits."""

    def built(*edits: Edit) -> Flow:
        file = tmp_path / "acme.yaml"
        file.write_text(edited(*edits))
        return Flow(compose(read_account(file)))

    return built


def test_what_a_click_meets(flow: Built) -> None:
    (one,) = flow(sales()).sold
    assert (one.offer, one.name) == ("guide", "guide")
    upsell = SoldProduct("411001", currency="GBP")
    assert one.product == SoldProduct("411000", currency="GBP", upsells=(upsell,))
    setup = one.setup
    assert [each.name for each in setup.connections] == ["sales", "returns"]
    assert (setup.source, setup.account_currency, setup.channels) == (Source("USD"), "USD", ("facebook",))
    assert (setup.cid, setup.hosts, setup.offer_payout) == (
        "{clickid}",
        frozenset(["track.acme.test"]),
        Decimal("9.99"),
    )
    back = setup.connections[1]
    assert (back.events, back.products, back.currency, back.active, back.token) == (
        frozenset(["refund", "chargeback"]), frozenset(["411000", "411001"]), "USD", True, "",
    )  # fmt: skip
    assert setup.types["initial_sale"] == DeclaredType("initial_sale", "by_event_id", {"facebook": "Purchase"})
    assert setup.types["upsell"] == DeclaredType("upsell", "by_event_id", {})


def test_what_a_connection_says(flow: Built) -> None:
    more = "    active: false\n    currency: EUR\n    token: {secret: ptoken}\n"
    one = flow((SALES, SALES + more)).connections[0]
    assert (one.active, one.currency, one.token) == (False, "EUR", "secret ptoken")


def test_which_products_a_connection_covers(flow: Built) -> None:
    """In the order of the account file."""
    built = flow()
    sold = list(built.product_ids)
    one = replace(built.connections[0], products=frozenset({*sold[::-1][:2], "999999"}))
    assert built.covered_by(one) == sold[-2:]
    assert built.covered_by(replace(one, products=frozenset({ALL}))) == sold
    assert len(sold) > 1


def test_a_type_that_says_little(flow: Built) -> None:
    types = flow(
        ("  refund: {slot: 3, duplicates: by_event_id, forward: none}", "  back: {title: Refund, slot: 3}")
    ).types
    assert types["Refund"] == DeclaredType("Refund", "create_new", None)
    assert "back" not in types


@pytest.mark.parametrize(
    ("lines", "source"),
    [
        ("click_expiration: 30", Source("USD", expiration=30)),
        ("click_expiration: off", Source("USD")),
        ("currency: EUR", Source("EUR")),
        ("postback_mode: ignore", Source("USD", "ignore")),
        ("postback_protected: true\n    postback_token: {secret: x}", Source("USD", token="secret x")),
        # A token that nobody asks for.
        ("postback_token: {secret: x}", Source("USD")),
    ],
)
def test_the_offer_source(flow: Built, lines: str, source: Source) -> None:
    assert flow((EXPIRY, f"    {lines}\n")).sold[0].setup.source == source


def test_channels_are_those_of_running_campaigns_once(flow: Built) -> None:
    more = (
        "  fb: {channel: facebook, funnel: all}\n",
        (
            "  tb: {channel: taboola, funnel: all}\n  fb: {channel: facebook, funnel: all}\n"
            "  fb2: {channel: facebook, funnel: all}\n  off: {channel: tiktok, funnel: all, status: paused}\n"
            "  old: {existing: Old}\n"
        ),
    )
    others = "  taboola: {preset: taboola}\n  tiktok: {preset: tiktok}\n"
    channels = ("  facebook: {preset: facebook}\n", "  facebook: {preset: facebook}\n" + others)
    assert flow(channels, more).channels == ("taboola", "facebook")


def test_hosts(flow: Built) -> None:
    domains = ("  main: track.acme.test\n", ("  main: {existing: Old.acme.test}\n  new: {url: New.acme.test}\n"
               "  plain.acme.test: {}\n"))  # fmt: skip
    domain = (SALES, SALES + "    domain: new\n"), (RETURNS, RETURNS + "    domain: new\n")
    campaign = ("fb: {channel: facebook,", "fb: {channel: facebook, domain: new,")
    assert flow(domains, *domain, campaign).hosts == {"old.acme.test", "new.acme.test", "plain.acme.test"}


@pytest.mark.parametrize(
    ("edits", "paid", "account"),
    [
        ((), "GBP", "USD"),
        (((SALES, SALES + "    currency: GBP\n"),), "CHF", "USD"),
        (((SALES, SALES + "    currency: GBP\n"), (RETURNS, RETURNS + "    currency: CHF\n")), "EUR", "USD"),
        ((NO_ACCOUNT, (SALES, SALES + "    currency: EUR\n")), "GBP", "USD"),
        # Nothing says a currency.
        ((NO_ACCOUNT, NO_CURRENCY), "GBP", "USD"),
        ((NO_ACCOUNT, NO_CURRENCY, (SALES, SALES + "    currency: CHF\n")), "GBP", "CHF"),
        ((NO_ACCOUNT, NO_CURRENCY, (EXPIRY, EXPIRY + "    currency: EUR\n")), "GBP", "EUR"),
    ],
)
def test_which_currencies(flow: Built, edits: tuple[Edit, ...], paid: str, account: str) -> None:
    """Buyers pay in one that the file does not use: a conversion that is left out shows."""
    built = flow(*edits)
    assert built.sold[0].product.currency == paid == built.paid_in
    assert built.sold[0].setup.account_currency == account


def test_where_all_currencies_are_used_the_last_one_is_paid_in(flow: Built) -> None:
    names = ("GBP", "CHF", "EUR", "USD", "AUD")
    more = "".join(
        f"  x{code}:\n    events: [last_paid_day]\n    type: order_type\n    sum: 0\n    currency: {code}\n"
        for code in names
    )
    built = flow(("postbacks:\n", "postbacks:\n" + more))
    assert built.currencies == set(names)
    assert built.paid_in == "AUD"


def test_every_currency_has_a_rate_and_no_two_the_same(flow: Built) -> None:
    built = flow((SALES, SALES + "    currency: PLN\n"))
    assert USUAL_RATES.items() <= built.rates.items()
    assert {"GBP", "CHF", "EUR", "USD", "AUD", "PLN"} == set(built.rates)
    assert len(set(built.rates.values())) == 6
    assert (built.rates["AUD"], built.rates["PLN"]) == (Decimal("1.5"), Decimal("3.5"))


@pytest.mark.parametrize(("payout", "amount"), [("", "9.99"), (", payout: 0", "0"), (", payout: 12.5", "12.5")])
def test_an_offers_payout(flow: Built, payout: str, amount: str) -> None:
    assert flow((OFFER, f"guide: {{countries: [DE]{payout}}}")).sold[0].setup.offer_payout == Decimal(amount)


def test_upsells_of_upsells_once_each(flow: Built) -> None:
    products = (
        "  guide: {id: 411000, upsells: [411001], billing: single, guarantee: 60d}\n",
        (
            "  guide: {id: 411000, upsells: [411001, 411002], guarantee: 14d}\n"
            "  first: {id: 411001, upsells: [411003, 411000], billing: subscription, guarantee: 30d}\n"
            "  second: {id: 411002, upsells: [411004, 411003]}\n"
        ),
    )
    (one,) = flow(products).sold
    assert [(each.id, each.billing, each.guarantee_days) for each in one.product.upsells] == [
        ("411001", "subscription", 30), ("411002", "single", 60), ("411003", "single", 60), ("411004", "single", 60),
    ]  # fmt: skip
    assert one.product.guarantee_days == 14
    assert list(flow(products).product_ids) == ["411000", "411001", "411002", "411003", "411004"]
    assert flow(products).upsell_ids("499999") == []


def test_each_offer_of_a_product_is_looked_at(flow: Built) -> None:
    built = flow((OFFER, f"{OFFER}\n  again: {{product: guide, payout: 1}}"), ("{guide: 100}", "{guide: 1, again: 1}"))
    assert [(one.offer, one.name, one.setup.offer_payout) for one in built.sold] == [
        ("guide", "guide", Decimal("9.99")), ("again", "guide", Decimal(1)),
    ]  # fmt: skip
    assert list(built.product_ids) == ["411000", "411001"]


def test_a_product_is_named_or_found_by_its_link(flow: Built) -> None:
    url = "https://www.digistore24.com/redir/411000/acme?cid={clickid}"
    named = link(url)[1:]
    built = flow(*named, (OFFER, f'free: {{url: "{url}"}}'), ("{guide: 100}", "{free: 1}"))
    assert (built.product_named("free"), built.sold[0].name) == ("guide", "guide")
    stranger = flow(
        *named, (OFFER, f'free: {{url: "{url.replace("411000", "499999")}"}}'), ("{guide: 100}", "{free: 1}")
    )
    (one,) = stranger.sold
    assert (stranger.product_named("free"), one.offer, one.name, one.product.id) == (None, "free", "free", "499999")
    # What is no promolink sells nothing that anybody knows.
    other = flow(*named, (OFFER, 'free: {url: "https://shop.test/?cid={clickid}"}'), ("{guide: 100}", "{free: 1}"))
    assert (other.product_named("free"), other.sold) == (None, [])


def test_offers_of_other_sources_are_not_digistore24s(flow: Built) -> None:
    ours, second = "digistore24", (EXPIRY, EXPIRY + "  shop: {title: Shop, click_expiration: off}\n")
    edits = (
        second, (SALES, f"{SALES}    offer_source: {ours}\n"), (RETURNS, f"{RETURNS}    offer_source: {ours}\n"),
        (OFFER, 'guide: {offer_source: digistore24}\n  other: {offer_source: shop, url: "https://shop.test/{clickid}"}'),
    )  # fmt: skip
    built = flow(*edits)
    assert built.sources == ("digistore24",)
    assert list(built.offers) == ["guide"]
    assert (built.source_of("guide"), built.source_of("other")) == ("digistore24", "shop")


@pytest.mark.parametrize(
    ("text", "found"),
    [("60d", 60), ("60", 60), ("60 d", 60), ("0d", 0), ("", None), (None, None), ("forever", None), ("60days", None),
     ("-1d", None), ("1.5d", None), (" 60d", None)],
)  # fmt: skip
def test_days(text: str | None, found: int | None) -> None:
    assert days(text) == found
    assert guarantee_days(text) == (60 if found is None else found)


@pytest.mark.parametrize(
    ("path", "product"),
    [
        ("/redir/411000/acme", "411000"),
        ("/redir/411000/acme/key", "411000"),
        ("/redir/411000/acme/", "411000"),
        ("/content/411000/12/acme", "411000"),
        ("/content/411000/12/acme/key", "411000"),
        ("/content/411000/12", None),
        ("/redir/411000", None),
        ("/redir/411000/acme/key/more", None),
        ("/product/411000/acme", None),
        ("", None),
    ],
)
def test_the_product_of_a_promolink(path: str, product: str | None) -> None:
    assert linked_product(f"https://www.digistore24.com{path}?cid=x#y") == product


def test_a_secret_is_known_by_its_name() -> None:
    assert secret_of(SecretRef(secret="ptoken")) == "secret ptoken"
    assert secret_of("in the clear") == secret_of(None) == ""
