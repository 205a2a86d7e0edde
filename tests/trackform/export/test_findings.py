"""What the rules say of a fresh export: of what somebody set up by hand, the mistakes, and nothing else."""

from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings

from tests.trackform.export.generated import Plan, plans
from tests.trackform.export.living import House, Living
from tests.trackform.rules.mending import tried
from tests.trackform.rules.rows import findings
from trackform.export import export, take
from trackform.export.paper import whole
from trackform.policy import Policy

few = settings(
    max_examples=10,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
PROMOLINKS = (
    "https://www.digistore24.com/redir/{}/acme?cid={{clickid}}",
    "https://digistore24.com/redir/{}/acme/spring?cid={{clickid}}&sid1={{sub1}}",
    "https://www.checkout-ds24.com/redir/{}/acme?cid={{clickid}}&sid1={{rt_adid}}&sid2={{country}}",
    "https://www.digistore24-app.com/redir/{}/acme?cid={{clickid}}&utm_campaign={{campaignname}}",
    "https://www.digistore24.com/content/{}/12/acme?cid={{clickid}}",
)
OTHER_FORMS = (
    "https://go.acme.{}.digistore24.com/key?cid={{clickid}}",
    "https://www.digistore24.com/product/{}?aff=acme&cid={{clickid}}",
    "https://vendor.test/{}?cid={{clickid}}#aff=acme&cam=key",
)
ELSEWHERE = (
    "https://acme.vendor{}.hop.clickbank.net/?tid={{clickid}}&traffic_source={{rt_source}}",
    "https://hop.clickbank.net/?affiliate=acme&vendor=v{}&tid={{clickid}}",
    "https://www.buygoods.com/secure/checkout.html?account_id=8812&product_codename=x{}&subid={{clickid}}&aff_id=bg",
    "https://shop.test/{}?a[0]=1",
)
WITHOUT_CLICK_ID = "https://acme.vendor.hop.clickbank.net/?x={}"


def make(living: Living, sources: dict[str, tuple[str, ...]]) -> None:
    """An account made by hand: title of an offer source -> its offers' links; each is sold by a campaign."""
    channel = living.make("source", title="Facebook", subs=[{"value": "{{ad.id}}"}])
    domain = living.make("domain", url="track.acme.test")
    for at, (title, links) in enumerate(sources.items()):
        network = living.make("network", title=title, click_expiration=0)
        for number, link in enumerate(links):
            url = link.format(411000 + 100 * at + number)
            offer = living.make("offer", title=f"{title} {number}", url=url, program_id=network)
            stream = {"offers": [{"id": offer, "weight": 100}], "template": True}
            funnel = living.make("stream", title=f"{title} {number}", **stream)
            held = {"source_id": channel, "domain_id": domain, "streams": [{"id": funnel, "weight": 100}]}
            living.make("campaign", title=f"{title} {number}", **held)


def rules(folder: Path, living: Living) -> Counter[str]:
    text = living.file() if living.rows("connection") else whole_without_bridge(living)
    return Counter(each.rule for each in findings(folder, text, Policy()))


def whole_without_bridge(living: Living) -> str:
    return whole(export(take(living.process(bridgeUrl=""))), "acme")


def test_of_an_account_without_a_bridge_what_is_right_is_right(house: House, tmp_path: Path) -> None:
    """The one thing that nobody can see is whether anything books the sales."""
    make(house.living(), {"Digistore24": PROMOLINKS * 4, "ClickBank": ELSEWHERE[:2] * 9, "Others": ELSEWHERE[2:] * 5})
    assert rules(tmp_path, house.living()) == {"product-covered": 1}


def test_links_in_other_forms_credit_the_affiliate(house: House, tmp_path: Path) -> None:
    make(house.living(), {"Digistore24": OTHER_FORMS * 3})
    assert rules(tmp_path, house.living()) == {"product-covered": 1, "offer-other-form": 9}


def test_an_account_that_sells_elsewhere_is_none_of_digistore24(house: House, tmp_path: Path) -> None:
    make(house.living(), {"ClickBank": ELSEWHERE})
    assert rules(tmp_path, house.living()) == {}


def test_a_marketplace_whose_links_are_mixed_is_judged_link_by_link(house: House, tmp_path: Path) -> None:
    make(house.living(), {"Affiliate links": (*PROMOLINKS, *ELSEWHERE, PROMOLINKS[0].replace("acme?cid", "acme?sid1"))})
    assert rules(tmp_path, house.living()) == {"product-covered": 1, "offer-cid": 1}


def test_a_link_of_another_marketplace_without_a_click_id(house: House, tmp_path: Path) -> None:
    make(house.living(), {"ClickBank": (*ELSEWHERE, WITHOUT_CLICK_ID)})
    assert rules(tmp_path, house.living()) == {"offer-click-id": 1}


@few
@given(plan=plans())
def test_the_fixes_of_its_findings_fix(house: House, tmp_path: Path, plan: Plan) -> None:
    house.empty()
    plan.make(house.living())
    for text in (house.living().file(), whole_without_bridge(house.living())):
        tried(tmp_path, text, Policy(), anywhere=True)
