"""A link, and a postback URL, is taken back to its parts only where the templates make exactly it of them."""

from typing import Any

import pytest

from tests.trackform.export.rows import ACCOUNT, LINK, POSTBACK
from trackform.export import links
from trackform.export.links import Promolink, is_made_again, parts_of, postback, promolink
from trackform.urls import TemplateProblem

REDIR = "https://www.digistore24.com/redir/411530/acme"
SHOP = ACCOUNT["offer_sources"]


@pytest.mark.parametrize(
    ("url", "link"),
    [
        (LINK, Promolink("411530", "acme")),
        (f"{REDIR}/a%20b?cid={{clickid}}", Promolink("411530", "acme", "a b")),
        (
            f"{REDIR}?cid={{clickid}}&sid1={{sub1}}&sid5=x",
            Promolink("411530", "acme", None, {"sid1": "{sub1}", "sid5": "x"}),
        ),
        (f"{REDIR}/{'k' * 127}?cid={{clickid}}", Promolink("411530", "acme", "k" * 127)),
        (f"{REDIR}/{'k' * 128}?cid={{clickid}}", None),
        (f"{REDIR.replace('411530', '0815')}?cid={{clickid}}", Promolink("0815", "acme")),
        (f"{REDIR.replace('411530', 'keto')}?cid={{clickid}}", None),
        (f"{REDIR}%20?cid={{clickid}}", None),
        (REDIR, None),
        (f"{REDIR}?cid={{clickid}}&sid6=x", None),
        (f"{REDIR}?cid={{clickid}}&sid1={{", None),
        (f"{REDIR}/a/b?cid={{clickid}}", None),
        ("https://vendor.test/?cid={clickid}", None),
    ],
)
def test_an_offers_link(url: str, link: Promolink | None) -> None:
    assert promolink(url) == link


LONGEST = "k" * 127


@pytest.mark.parametrize(
    ("url", "parts", "again"),
    [
        (f"{REDIR}/summer?cid={{clickid}}&sid1=x", {"campaignkey": "summer", "variables": {"sid1": "x"}}, True),
        (f"{REDIR}?sid5=x&cid={{clickid}}", {"variables": {"sid5": "x"}}, True),
        (f"{REDIR.replace('acme', '%61cme')}?cid={{clickid}}", {}, True),
        (f"{REDIR}/{LONGEST}?cid={{clickid}}", {"campaignkey": LONGEST}, True),
        (f"{REDIR}/{LONGEST}k?cid={{clickid}}", {}, False),
        (f"{REDIR}?cid={{clickid}}&sid6=x", {}, False),
        (f"{REDIR.replace('www.', '')}?cid={{clickid}}", {}, False),
        ("https://go.acme.411530.digistore24.com/key?cid={clickid}", {"campaignkey": "key"}, False),
        ("https://vendor.test/?cid={clickid}", None, False),
    ],
)
def test_what_the_templates_make_of_a_links_parts(url: str, parts: dict[str, Any] | None, again: bool) -> None:
    """For the account that the link credits, and for no other."""
    assert parts_of(url) == parts
    assert is_made_again(url, "acme") is again
    assert not is_made_again(url, "zenith")


@pytest.mark.parametrize(
    ("old", "new", "entry"),
    [
        ("", "", {}),
        ("{order_type}", "{billing_status}", {"type": "billing_status"}),
        ("{transaction_id}", "{transaction_id}-{order_type}", {"event_id": "{transaction_id}-{order_type}"}),
        ("sum={amount_affiliate}", "sum=0", {"sum": 0}),
        ("sum={amount_affiliate}", "sum=1.5", {"sum": 1.5}),
        ("sum={amount_affiliate}", "sum=-{amount_affiliate_abs}", {"sum": "minus_commission"}),
        ("sum={amount_affiliate}", "sum=-{amount_affiliate}", None),
        ("sum={amount_affiliate}", "sum=1.50", None),
        ("sum={amount_affiliate}", "sum=inf", None),
        ("sum={amount_affiliate}", "sum=nan", None),
        ("sum={amount_affiliate}", "sum=much", None),
        ("sum={amount_affiliate}&", "", None),
        ("{order_type}", "{product_id}", None),
        ("type={order_type}&", "", None),
        ("track.acme.test", "else.test", None),
        ("sub1={product_id}", "sub2={product_id}", None),
        ("tf.sales", "tf.other", None),
        ("{transaction_id}", "{", None),
    ],
)
def test_a_connections_url(old: str, new: str, entry: dict[str, Any] | None) -> None:
    url = POSTBACK.replace(old, new) if old else POSTBACK
    found = postback("sales", url, {"main": "track.acme.test"}, {"shop": SHOP})
    plain = {"type": "order_type", "sum": "commission", "domain": "main", "offer_source": "shop"}
    assert found == (None if entry is None else plain | entry)


def test_of_several_offer_sources_the_one_whose_macros_fit() -> None:
    sources: dict[str, Any] = {"first": {"clickid": "{other}"}, "second": {"sub1": "x"}, "third": SHOP}
    domains = {"go": "go.acme.test", "main": "track.acme.test"}
    found = postback("sales", POSTBACK, domains, sources)
    assert found is not None
    assert (found["offer_source"], found["domain"]) == ("third", "main")
    plain = POSTBACK.replace("&sub1={product_id}", "")
    found = postback("sales", plain, domains, {"bare": {}})
    assert found is not None, "without macros of its own it is RedTrack's default ones"
    numbered = POSTBACK.replace("&sub20", "&sub19=x&sub20")
    assert postback("sales", numbered, domains, {"shop": {**SHOP, "sub19": "x"}}) is not None
    assert postback("sales", POSTBACK, domains, {"shop": {**SHOP, "sub20": "x"}}) is not None, "sub20 is the marker's"


@pytest.mark.parametrize("value", [7, True, ["x"], {"a": 1}])
@pytest.mark.parametrize("name", ["clickid", "sum", "sub1"])
def test_an_offer_source_of_another_shape_makes_no_connections_url(name: str, value: Any) -> None:
    assert postback("sales", POSTBACK, {"main": "track.acme.test"}, {"shop": {**SHOP, name: value}}) is None


def test_where_a_template_does_not_render_a_link_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(template: str, *_: Any) -> str:
        raise TemplateProblem("no such variable", template=template)

    monkeypatch.setattr(links, "render", broken)
    assert promolink(LINK) is None
    assert not is_made_again(LINK, "acme")
    assert postback("sales", POSTBACK, {"main": "track.acme.test"}, {"shop": SHOP}) is None
