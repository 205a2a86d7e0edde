"""What a promolink says of the click."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trackform.sandbox.flow.promolink import SIDS, Click, parse

WORDS = st.text("abcXYZ019._-", min_size=1, max_size=10).filter(lambda word: word.strip("."))


def test_a_promolink_is_read() -> None:
    click = parse("https://www.digistore24.com/redir/411530/acme/fb-keto?cid=abc&sid1=x&sid5=y&utm_source=fb&other=1")

    assert click == Click(
        cid="abc",
        campaignkey="fb-keto",
        sids={"sid1": "x", "sid5": "y"},
        utm={"utm_source": "fb"},
        affiliate="acme",
        product_id="411530",
    )


@pytest.mark.parametrize(
    ("url", "campaignkey"),
    [
        ("https://www.checkout-ds24.com/redir/411530/acme", ""),
        ("https://www.checkout-ds24.com/redir/411530/acme/", ""),
        ("https://www.digistore24.com/content/411530/77/acme/fb", "fb"),
        ("https://www.digistore24.com/content/411530/77/acme?cid=", ""),
    ],
)
def test_the_forms_of_a_promolink(url: str, campaignkey: str) -> None:
    click = parse(url)

    assert (click.product_id, click.affiliate, click.campaignkey, click.cid) == ("411530", "acme", campaignkey, "")
    assert not click.is_other_link


@pytest.mark.parametrize(
    ("url", "product", "campaignkey"),
    [
        ("https://go.acme.411530.digistore24.com/fb?cid=c1", "411530", "fb"),
        ("https://go.acme.411530.digistore24.com?cid=c1", "411530", ""),
        ("https://www.digistore24.com/product/411530?aff=acme&cid=c1", "411530", ""),
        ("https://www.digistore24.com/product/411530?cid=c1&cam=fb&aff=acme", "411530", "fb"),
        ("https://vendor.example/page?cid=c1#aff=acme&cam=fb", None, "fb"),
        ("https://vendor.example/?cid=c1#aff=acme", None, ""),
    ],
)
def test_links_that_may_lose_the_click(url: str, product: str | None, campaignkey: str) -> None:
    click = parse(url)

    assert (click.product_id, click.affiliate, click.campaignkey, click.cid) == (product, "acme", campaignkey, "c1")
    assert click.is_other_link


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://www.digistore24.com/",
        "https://x.test/redir/411530",
        "https://x.test/redir/1/a/b/c",
        "https://go.acme.digistore24.com/fb",
        "https://go.a.1.digistore24.org/fb",
        "https://www.digistore24.com/product/1",
        "https://vendor.example/#cam=fb",
    ],
)
def test_other_links_are_refused_without_repeating_their_query(url: str) -> None:
    with pytest.raises(ValueError, match="not a promolink") as refusal:
        parse(f"{url}?token=secret")
    assert "secret" not in str(refusal.value)


@given(WORDS, WORDS, st.dictionaries(st.sampled_from(["cid", *SIDS]), st.text(max_size=8)))
def test_whatever_was_encoded_comes_back(affiliate: str, campaignkey: str, query: dict[str, str]) -> None:
    click = parse(f"https://www.digistore24.com/redir/1/{quote(affiliate)}/{quote(campaignkey)}?{urlencode(query)}")

    assert (click.affiliate, click.campaignkey) == (affiliate, campaignkey)
    assert {"cid": click.cid, **click.sids} == {"cid": "", **query}
