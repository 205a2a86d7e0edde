"""Whom a link credits, of whichever network, and which product a promolink leads to: parameters in any order."""

import pytest

from trackform.urls.promolink import Credit, credit, linked_product, promolink_credit

DS = "https://www.digistore24.com"


@pytest.mark.parametrize(
    ("url", "paid"),
    [
        (f"{DS}/redir/411530/acme", Credit("acme", "411530")),
        (f"{DS}/redir/411530/acme/?cid={{clickid}}", Credit("acme", "411530")),
        (f"{DS}/redir/411530/a%20b/key?sid1=x&cid={{clickid}}", Credit("a b", "411530", "key")),
        ("https://checkout-ds24.com/redir/411530/acme/key", Credit("acme", "411530", "key")),
        ("https://WWW.Digistore24-App.com/redir/411530/acme", Credit("acme", "411530")),
        (f"{DS}/content/411530/page/acme/key", Credit("acme", "411530", "key")),
        ("https://go.acme.411530.digistore24.com/key?cid=x", Credit("acme", "411530", "key")),
        ("https://GO.acme.411530.Digistore24.com", Credit("acme", "411530")),
        ("https://go.acme.guide.digistore24.com/key?cid=x", Credit("acme", "", "key")),
        (f"{DS}/product/411530?cid=x&aff=acme&cam=key", Credit("acme", "411530", "key")),
        (f"{DS}/product/411530/?aff=acme", Credit("acme", "411530")),
        (f"{DS}/product/411530?cid=x#aff=acme&cam=key", Credit("acme", "411530", "key")),
        ("https://vendor.test/offer?x=1#cam=key&aff=acme", Credit("acme", "", "key")),
    ],
)
def test_promolinks_in_each_form(url: str, paid: Credit) -> None:
    assert promolink_credit(url) == paid
    assert credit(url) == paid
    assert linked_product(url) == (paid.product or None)


@pytest.mark.parametrize(
    ("url", "affiliate"),
    [
        ("https://cbaff.vendor.hop.clickbank.net", "cbaff"),
        ("https://CBAFF.vendor.hop.clickbank.net/?tid={clickid}", "CBAFF"),
        ("https://hop.clickbank.net/?vendor=v&affiliate=cbaff", "cbaff"),
        ("https://vendor.test/?tid={clickid}&hop=cbaff", "cbaff"),
        ("https://www.buygoods.com/secure/checkout.html?subid={clickid}&aff_id=1177", "1177"),
        ("https://www.buygoods.com/secure/checkout.html?AFF_ID=1177&subid={clickid}", "1177"),
        ("https://network.test/click?s1={clickid}&affid=331", "331"),
        ("https://vendor.test/redir/1/acme", "acme"),
    ],
)
def test_links_of_other_networks(url: str, affiliate: str) -> None:
    found = credit(url)
    assert found is not None
    assert found.affiliate == affiliate
    assert promolink_credit(url) is None


@pytest.mark.parametrize(
    "url",
    ["", "https://vendor.test/?cid={clickid}", f"{DS}/product/411530?cid=x", "https://vendor.test/product/1?cid=x#top",
     "https://network.test/?aff_id={sub1}", "https://hop.clickbank.net/?aff_id="],
)  # fmt: skip
def test_links_that_name_nobody(url: str) -> None:
    assert credit(url) is None
    assert promolink_credit(url) is None
    assert linked_product(url) is None
