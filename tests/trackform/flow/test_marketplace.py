"""Which offers and offer sources stand for Digistore24."""

from pathlib import Path

import pytest

from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.build import Flow
from trackform.flow.marketplace import leads_to_digistore24

PROMOLINK = "https://www.digistore24.com/redir/411000/acme?cid={clickid}"
HOPLINK = "https://acme.vendor.hop.clickbank.net/?tid={clickid}"
SHOP = "https://shop.test/?c={clickid}"


def flow(folder: Path, sources: str, **links: str) -> Flow:
    """An account with these offer sources; each link is an offer of the source whose name it has."""
    offers = "".join(
        f"  {name}: {{url: '{url}', offer_source: {name.rstrip('0123')}}}\n" for name, url in links.items()
    )
    text = f"offer_sources: {sources}\n" + (f"offers:\n{offers}" if links else "")
    (folder / "acme.yaml").write_text(text)
    return Flow(compose(read_account(folder / "acme.yaml")))


@pytest.mark.parametrize(
    ("sources", "known"),
    [
        ("{a: {preset: digistore24}, b: {}}", ("a",)),
        ("{a: {}, digistore24-eur: {}}", ("digistore24-eur",)),
        ("{a: {title: My DS24}, b: {alias: DigiStore24 EU}}", ("a", "b")),
        ("{a: {sum: '{amount_affiliate}'}, b: {sum: amount_affiliate}, c: {sum: '{payout}'}}", ("a", "b")),
        ("{clickbank: {}}", ()),
        ("{clickbank: {clickid: '{tid}'}, buygoods: {}}", ()),
    ],
)
def test_sources_by_what_they_say(tmp_path: Path, sources: str, known: tuple[str, ...]) -> None:
    assert flow(tmp_path, sources).sources == known


def test_offers_by_their_links_where_a_source_says_nothing(tmp_path: Path) -> None:
    built = flow(tmp_path, "{a: {}, b: {}}", a1=PROMOLINK, a2=HOPLINK, a3=SHOP, b1=SHOP)
    assert built.sources == ("a",)
    assert (list(built.offers), list(built.elsewhere)) == (["a1"], ["a2", "a3", "b1"])


def test_all_offers_of_a_source_that_is_digistore24s_but_those_of_another_marketplace(tmp_path: Path) -> None:
    built = flow(tmp_path, "{digistore: {}}", digistore1=PROMOLINK, digistore2=HOPLINK, digistore3=SHOP)
    assert (list(built.offers), list(built.elsewhere)) == (["digistore1", "digistore3"], ["digistore2"])


@pytest.mark.parametrize(
    ("url", "leads"),
    [
        (PROMOLINK, True),
        ("https://www.checkout-ds24.com/product/411000", True),
        ("https://GO.acme.411000.digistore24.com/key", True),
        ("https://vendor.test/page#aff=acme", True),
        (HOPLINK, False),
        (SHOP, False),
        ("", False),
    ],
)
def test_where_a_link_leads(url: str, leads: bool) -> None:
    assert leads_to_digistore24(url) is leads
