"""What a change of a link does, part by part; what a change of a marked field does."""

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.trackform.review.test_danger_edges import CAMPAIGN, FUNNEL, OFFER, USES, same, told, update
from trackform.account_file.sections import SECTIONS, Ref
from trackform.preview.plan import Step
from trackform.review.links import link_dangers
from trackform_core.model.markers import Books, Directs, Link, Tells

LINK = "https://www.digistore24.com/redir/411531/acme/fb?cid={clickid}&s={sub1}&utm_source=fb"
POSTBACK = "https://t.test/postback?clickid={cid}&sum={amount_affiliate}&type=sale&sub20=tf.sales"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        (LINK.replace("https:", "http:"), "scheme of its URL goes from https to http"),
        (LINK.replace("www.digistore24.com", "www.digistore24.de"), "host of its URL goes from www.digistore24.com"),
        (LINK.replace("411531", "411532"), "the product in its URL goes from 411531 to 411532: it sells another"),
        (LINK.replace("acme", "acmee"), "the affiliate in its URL goes from acme to acmee: somebody else is paid"),
        (LINK.replace("/fb?", "/tt?"), "the campaignkey in its URL goes from fb to tt"),
        (LINK.replace("/fb?", "?"), "the campaignkey in its URL goes from fb to none"),
        (LINK.replace("/redir/411531/acme/fb", "/keto"), "the path of its URL changes: it leads to another page"),
        (LINK.replace("{clickid}", "{sub2}"), "cid changes from {clickid} to {sub2}"),
        (LINK.replace("{sub1}", "{sub2}"), "s goes from {sub1} to {sub2}"),
        (LINK.replace("{sub1}", "one"), "s goes from {sub1} to one"),
        (LINK.replace("&s={sub1}", ""), "s goes from {sub1} to nothing"),
        (LINK.replace("utm_source=fb", "utm_source=tt"), ""),
        (LINK + "&new=1", ""), (LINK + "#top", "fragment of its URL goes from nothing to top"),
    ],
)  # fmt: skip
def test_of_a_promolink(declared: str, said: str) -> None:
    found = list(link_dangers("offers", "url", LINK, declared, LINK))
    assert [each.startswith(said) for each in found] == ([True] if said else [])
    assert list(link_dangers("offers", "url", declared, LINK, LINK)) == [] or "cid" in said, "only set back"


def test_of_another_shop_each_parameter_may_decide_who_is_paid() -> None:
    live = "https://hop.test/?affiliate=five&vendor=keto&cid={clickid}&utm_x=1"
    declared = live.replace("five", "fiive").replace("utm_x=1", "utm_x=2")
    assert list(link_dangers("offers", "url", live, declared, live)) == ["affiliate goes from five to fiive"]


def test_of_a_postback_each_constant_counts() -> None:
    for old, new in (("type=sale", "type=Sale"), ("&type=sale", ""), ("tf.sales", "tf.other")):
        assert len(list(link_dangers("postbacks", "url", POSTBACK, POSTBACK.replace(old, new), POSTBACK))) == 1
    assert list(link_dangers("postbacks", "url", POSTBACK, POSTBACK + "&ptoken=secret", POSTBACK)) == [
        "ptoken goes from nothing to (hidden)"
    ]


PART = st.sampled_from(["scheme", "host", "product", "affiliate", "campaignkey"])


@given(st.lists(st.tuples(PART, st.from_regex("[a-z]{1,6}", fullmatch=True)), min_size=1, max_size=4))
@example([("affiliate", "a"), ("product", "b")])
def test_none_hides_another(changes: list[tuple[str, str]]) -> None:
    parts = {"scheme": "https", "host": "a.test", "product": "1", "affiliate": "me", "campaignkey": "k"}

    def link(values: dict[str, str]) -> str:
        return "{scheme}://{host}/redir/{product}/{affiliate}/{campaignkey}?cid={{clickid}}".format(**values)

    changed = parts | {name: f"x{value}" for name, value in changes}
    found = " ".join(link_dangers("offers", "url", link(parts), link(changed), link(parts)))
    assert [name for name in parts if name in found.replace("campaign key", "")] == [
        name for name in parts if changed[name] != parts[name]
    ]


BOOKS = [
    (section, field)
    for section, kind in SECTIONS.items()
    for field in kind.marked(Books)
    if field not in kind.marked(Link)
]


@pytest.mark.parametrize(("section", "field"), BOOKS)
def test_each_field_that_decides_what_is_booked(section: str, field: str) -> None:
    old, new = {"t": 1, field: "EUR"}, {"t": 1, field: "USD"}
    (danger,) = told(update(Ref(section, "x"), "1", old, new), clicked=False)
    assert (danger.kind, danger.about) == ("money", f"{section}/x")
    hidden = field in SECTIONS[section].secret
    assert ("EUR" in danger.reason) is not hidden
    assert told(update(Ref(section, "x"), "1", old, new, applied=new), clicked=False) == [], "only set back"
    assert [one.kind for one in told(update(Ref(section, "x"), "1", old, {"t": 1}), clicked=False)] == ["money"]


TELLS = [(section, field) for section, kind in SECTIONS.items() for field in kind.marked(Tells)]


@pytest.mark.parametrize(("section", "field"), TELLS)
def test_each_field_that_tells_others(section: str, field: str) -> None:
    name = field.removeprefix("extra.")
    old, new = ({"extra": {name: value}} if field != name else {name: value} for value in (["a"], ["b"]))
    (danger,) = told(update(Ref(section, "x"), "1", old, new), clicked=False)
    assert (danger.kind, danger.reason) == (
        "postback", f"tells others of conversions in another way: {field}. Channels learn from what they are told"
    )  # fmt: skip


DIRECTS = [(section, field) for section, kind in SECTIONS.items() for field in kind.marked(Directs)]


@pytest.mark.parametrize(("section", "field"), DIRECTS)
def test_each_field_that_sends_visitors_elsewhere(section: str, field: str) -> None:
    ref = {"offers": OFFER, "funnels": FUNNEL, "campaigns": CAMPAIGN}[section]
    known: dict[str, dict[str, Any]] = {"campaigns": USES, "funnels": {"offer_ids": ["o1"]}, "offers": {"t": 1}}
    live = {**known[section], field: known[section].get(field, ["o1"])}
    declared = {**live, field: ["o2"]}
    others = [] if section == "campaigns" else [same(CAMPAIGN, "k1", USES)]
    object_id = {"offers": "o1", "funnels": "f1", "campaigns": "k1"}[section]

    def reasons(step: Step, clicked: bool | None) -> list[str]:
        return [each.reason for each in told(step, *others, clicked=clicked) if each.kind == "traffic"]

    step = update(ref, object_id, live, declared)
    assert reasons(step, clicked=False) == []
    (reason,) = reasons(step, clicked=True)
    assert reason == f"sends other visitors, or sends them elsewhere: {field}. There were clicks in the last 30 days"
    assert "was not looked up" in reasons(step, clicked=None)[0]


def test_weights_that_somebody_steered_are_what_they_are() -> None:
    """What a person set in an initial field stands in no inputs: the file's new value is compared with theirs."""
    values = {"offer_ids": ["o1", "o2"], "offer_weights": [50, 50]}
    now = values | {"offer_weights": [70, 30]}
    steered = {"changed_outside": {"offer_weights": [70, 30]}}
    reached = same(CAMPAIGN, "k1", USES)
    assert len(told(update(FUNNEL, "f1", values, now), reached)) == 1
    assert told(update(FUNNEL, "f1", values, now, outputs=steered), reached) == [], "it is there already"
