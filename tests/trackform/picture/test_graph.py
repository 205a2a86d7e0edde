"""Who leads to whom, and the few words that tell objects of one name apart."""

import pytest

from tests.trackform.export.living import composed
from trackform.account_file.compose import Ref
from trackform.picture.graph import graph
from trackform.picture.layout import GAP_X, HEIGHT, TOP, WIDTH, lay_out
from trackform.picture.marks import marks_of
from trackform.review.model import Danger, FieldChange, Item, Review

OWN = """\
account: {currency: USD}
digistore24: {affiliate: acme}
domains: {main: track.acme.test}
traffic_channels: {fb: {}}
conversion_types: {sale: {slot: 1, title: initial_sale}, upsell: {slot: 2}, refund: {slot: 3}, chargeback: {slot: 4}}
offer_sources: {shop: {clickid: '{cid}'}, theirs: {existing: Theirs}}
products: {keto: {id: 411530}}
offers:
  keto: {offer_source: shop}
  whole: {offer_source: theirs, url: 'https://x.test/?cid={clickid}', product: keto}
landings: {quiz: {url: 'https://l.test/', type: prelanding}, page: {url: 'https://l.test/p'}}
funnels: {one: {offers: {keto: 100}, landings: {page: 100}, prelandings: {quiz: 100}}}
campaigns:
  fb: {channel: fb, funnel: one, cost_model: CPC}
  inside: {channel: fb, funnel: embedded}
scripts: {shop: {campaign: fb}}
postbacks:
  sales: {events: [payment], type: order_type, offer_source: shop}
  returns: {events: [refund], type: transaction_type, offer_source: theirs}
  fixed: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&type=upsell&sub20=tf.fixed'}
"""


def test_who_leads_to_whom() -> None:
    edges = {
        (f"{one.section}/{one.name}", f"{other.section}/{other.name}")
        for one, other in graph(composed(own=OWN), ()).edges
    }
    assert edges == {
        ("traffic_channels/fb", "campaigns/fb"), ("traffic_channels/fb", "campaigns/inside"),
        ("scripts/shop", "campaigns/fb"),
        ("campaigns/fb", "funnels/one"), ("funnels/one", "landings/page"), ("funnels/one", "landings/quiz"),
        ("funnels/one", "offers/keto"), ("offers/keto", "offer_sources/shop"), ("offers/whole", "offer_sources/theirs"),
        ("offer_sources/shop", "postbacks/sales"), ("offer_sources/theirs", "postbacks/returns"),
        ("postbacks/sales", "conversion_types/sale"), ("postbacks/sales", "conversion_types/upsell"),
        ("postbacks/returns", "conversion_types/refund"), ("postbacks/fixed", "conversion_types/upsell"),
    }  # fmt: skip


def test_a_connection_of_the_only_offer_source() -> None:
    own = (
        OWN.replace(", theirs: {existing: Theirs}", "").replace("theirs", "shop").replace(", offer_source: shop}", "}")
    )
    found = {other.name for one, other in graph(composed(own=own), ()).edges if one.section == "offer_sources"}
    assert found == {"sales", "returns", "fixed"}


@pytest.mark.parametrize(
    ("ref", "detail"),
    [
        ("campaigns/fb", "CPC"), ("campaigns/inside", "embedded funnel"), ("conversion_types/upsell", "slot 2"),
        ("postbacks/returns", "refund"), ("offers/keto", "product 411530"), ("offers/whole", ""),
        ("offer_sources/theirs", "managed elsewhere"), ("funnels/one", ""), ("domains/main", ""),
    ],
)  # fmt: skip
def test_a_few_words_each(ref: str, detail: str) -> None:
    found = graph(composed(own=OWN), ())
    nodes = {
        f"{node.ref.section}/{node.ref.name}": node
        for nodes in (*found.columns.values(), *found.besides.values())
        for node in nodes
    }
    assert (nodes[ref].detail, nodes[ref].gone) == (detail, False)


def test_what_is_marked_and_not_in_the_file_is_there_too() -> None:
    found = graph(composed(own=OWN), ["offers/old", "offers/keto", "stacks/policy.yaml", "postbacks", "demo"])
    gone = [node for node in found.columns["offers"] if node.gone]
    assert [(node.ref, node.detail) for node in gone] == [(Ref("offers", "old"), "not in the file")]
    assert list(found.columns) == [
        "traffic_channels", "scripts", "campaigns", "funnels", "landings", "offers", "offer_sources", "postbacks",
        "conversion_types",
    ]  # fmt: skip
    assert list(found.besides) == ["domains"]


def test_nothing_makes_an_empty_picture() -> None:
    laid = lay_out(graph(composed(own=""), ()))
    assert (laid.placed, laid.headings, laid.width, laid.height) == ([], [], 0, TOP)


def test_where_columns_begin_and_end() -> None:
    laid = lay_out(graph(composed(own=OWN), ()))
    assert [x for _, x in laid.headings] == [at * (WIDTH + GAP_X) for at in range(9)]
    assert laid.width == 9 * (WIDTH + GAP_X) - GAP_X
    assert laid.height == max(each.y for each in laid.placed) + HEIGHT
    assert min(each.y for each in laid.placed) == TOP
    assert [each.number for each in laid.placed] == list(range(len(laid.placed)))


def item(change: str, **more: object) -> Item:
    return Item.model_validate(
        {"change": change, "section": "offers", "name": "x", "kind": "offer", "service": "RedTrack", **more}
    )


FIELDS = (FieldChange(name="a"), FieldChange(name="b"), FieldChange(name="a"))


@pytest.mark.parametrize(
    ("one", "sort", "text"),
    [
        (item("drift", fields=FIELDS), "drift", "a, b"),
        (item("drift"), "drift", "it is not what was applied"),
        (item("operator", fields=FIELDS), "step", "a, b"),
        (item("operator"), "step", "to be done by hand"),
        (item("update", fields=FIELDS), "change", "is updated: a, b"),
        (item("update"), "change", "is updated"),
        (item("create", fields=FIELDS), "change", "is created"),
        (item("take-over", fields=FIELDS), "change", "is taken over"),
        (item("replace"), "change", "is replaced"),
        (item("delete"), "change", "is deleted"),
        (item("delete", kept=True), "change", "leaves the file and stays in the account"),
    ],
)
def test_what_is_pinned_to_an_object(one: Item, sort: str, text: str) -> None:
    danger = Danger(kind="url", about="offers/x", reason="no cid")
    marks = marks_of(Review(stack="s", verdict="differs", items=(one, one), dangers=(danger,)))
    assert [(mark.sort, mark.text) for mark in marks["offers/x"]] == [("danger", "no cid"), (sort, text)]
