"""Values: compared, merged, cleared; and each codec there and back."""

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackform.resources import RESOURCES
from trackform_core.model.kind import Kind
from trackform_core.model.postback_token import join_token, split_token
from trackform_core.model.wire import Row, Values, canonical, covers, overlay, same, within
from trackform_digistore24.postback_connection import KIND as POSTBACK
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.funnel import KIND as FUNNEL
from trackform_redtrack.offer import KIND as OFFER
from trackform_redtrack.offer_source import KIND as OFFER_SOURCE
from trackform_redtrack.traffic_channel import KIND as CHANNEL

if TYPE_CHECKING:
    from tests.providers.conftest import Case

KINDS: dict[str, Kind[Any]] = {
    kind.name: kind for kind in (resource.provider.kind for resource in RESOURCES) if kind.has_listing
}
TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=8)
SCALAR = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | TEXT
JSON = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3), max_leaves=8
)
FOREIGN = st.dictionaries(TEXT.map(lambda name: f"x_{name}"), JSON, max_size=3)
WORDS = st.text("abcdefghijklmnop{}-_ 1", min_size=1, max_size=8).filter(lambda text: text.strip())
IDS = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=5, unique=True)


def written(kind: Kind[Any], base: Row, values: Values, only: frozenset[str] | None = None) -> Row:
    parts = {f"extra.{name}" for name in values.get("extra", {})}
    return kind.body(base, values, only if only is not None else frozenset(values) | parts)


@example({"a": None, "b": [1.0, {"c": None, "d": -0.0}], "e": {}})
@example([{"x": 1.5}, True, "", None])
@given(JSON)
def test_canonical_is_idempotent_and_covers_itself(value: Any) -> None:
    once = canonical(value)
    assert same(canonical(once), once)
    assert covers(once, once)
    assert same(within(once, once), once)


@example(None, [])
@example({}, None)
@example(0, None)
@example(True, 1)
@example([1], [1, 2])
@example({"a": 1}, {"a": 1, "b": 1})
@given(JSON, JSON)
def test_same_is_symmetric(one: Any, other: Any) -> None:
    assert same(one, other) == same(other, one)


def test_true_is_not_one() -> None:
    assert not same(True, 1)
    assert not same({"a": [False]}, {"a": [0]})
    assert same(1.0, 1)


@example({"a": [{"id": "1", "x": 1}, {"x": 2}]}, {"a": [{"id": "1", "y": {"z": 2}}, {"y": 3}, {"id": "9"}, 4]})
@example({"a": {"b": 1, "c": [1]}, "d": 1}, {"a": {"c": [], "e": None}})
@example({"a": [1]}, {"a": {"b": 1}})
@given(st.dictionaries(TEXT, JSON, max_size=4), st.dictionaries(TEXT, JSON, max_size=4))
def test_an_overlay_says_all_of_the_change_and_keeps_the_rest(base: Row, change: Row) -> None:
    before = deepcopy(base)
    merged = overlay(base, change)
    assert covers(canonical(merged), canonical(change))
    assert {name: merged[name] for name in base.keys() - change.keys()} == {
        name: base[name] for name in base.keys() - change.keys()
    }
    assert base == before


@example({"a": [{"b": 1, "c": 2}, {"d": 3}], "e": 1}, {"a": [{"b": 2}]})
@example({"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "d": ""}})
@example({"a": ""}, {"a": 0, "b": None})
@given(st.dictionaries(TEXT, JSON, max_size=4), st.dictionaries(TEXT, JSON, max_size=4))
def test_within_has_the_declared_shape(live: Row, declared: Row) -> None:
    found = within(live, declared)
    assert found.keys() <= declared.keys()
    assert covers(live, declared) == covers(found, declared)


def test_maps_in_a_list_go_on_from_the_one_of_their_id_or_place() -> None:
    base = [{"id": "1", "at": 5}, {"id": "2", "at": 6}]
    assert overlay(base, [{"id": "2"}, {"id": "3"}]) == [{"id": "2", "at": 6}, {"id": "3"}]
    assert overlay([{"a": 1, "b": 2}], [{"a": 3}]) == [{"a": 3, "b": 2}]


def there_and_back(kind: Kind[Any], values: Values, base: Row | None = None) -> None:
    row = written(kind, base or {}, values)
    assert kind.live(row, values) == canonical(values)
    assert written(kind, row, values) == row


@pytest.mark.parametrize("name", KINDS)
def test_every_field_goes_there_and_back(cases: "dict[str, Case]", name: str) -> None:
    case = cases[name]
    values = case.kind.model.model_validate(case.fields).model_dump(mode="json", exclude_none=True, exclude={"account"})
    there_and_back(case.kind, values)
    for change in case.changes.values():
        model = case.kind.model.model_validate(case.fields | change)
        changed = model.model_dump(mode="json", exclude_none=True, exclude={"account"})
        there_and_back(case.kind, changed, written(case.kind, {}, values))


SUB = st.fixed_dictionaries({}, optional={"value": WORDS, "alias": WORDS, "hint": WORDS, "role": WORDS}).filter(bool)


@example([{"value": "a"}], [{"value": "b", "alias": "c"}, {"hint": "d"}], 2)
@given(st.lists(SUB, min_size=1, max_size=4), st.lists(SUB, max_size=6), st.integers(0, 3))
def test_subs_replace_what_was_there_in_every_part(subs: list[Row], before: list[Row], blanks: int) -> None:
    row = {"subs": [{"alias": "", "hint": "", "role": "", "value": "", **sub} for sub in before]}
    there_and_back(CHANNEL, {"subs": subs}, row)
    there_and_back(OFFER_SOURCE, {"subs": subs}, row)
    filled = {"subs": [*subs, *({"alias": "", "hint": "", "role": "", "value": ""} for _ in range(blanks)), {}]}
    assert CHANNEL.live(filled, {"subs": subs})["subs"] == subs


@given(IDS, st.data())
def test_members_come_back_in_the_declared_order(ids: list[str], data: st.DataObject) -> None:
    weights = data.draw(st.lists(st.integers(0, 100), min_size=len(ids), max_size=len(ids)))
    values = {"offer_ids": ids, "offer_weights": weights}
    there_and_back(FUNNEL, values)
    row = written(FUNNEL, {}, values)
    row["offers"] = data.draw(st.permutations(row["offers"]))
    assert FUNNEL.live(row, values) == values


@given(IDS, IDS, st.data())
def test_members_that_stay_keep_what_they_hold(before: list[str], after: list[str], data: st.DataObject) -> None:
    live = [{"id": name, "weight": data.draw(st.integers(0, 9)), "filters": {"f": name}, "x": 1} for name in before]
    body = written(
        FUNNEL, {"offers": live}, {"offer_ids": after, "offer_weights": [50] * len(after)}, frozenset(["offer_ids"])
    )
    kept = {item["id"]: item for item in live}
    for item in body["offers"]:
        assert item == kept.get(item["id"], {"id": item["id"], "weight": 50})
    strangers = FUNNEL.live({"offers": live}, {"offer_ids": after})
    assert set(strangers["offer_ids"]) == set(before)


def test_a_funnel_in_a_campaign_keeps_its_optimisation_and_goes_by_its_id() -> None:
    shared = {"id": "1", "weight": 5, "optimization": {"is_enabled": True}, "stream": {"id": "1", "template": True}}
    own = {"id": "2", "weight": 5, "stream": {"id": "2", "template": False}}
    body = written(CAMPAIGN, {"streams": [shared, own]}, {"funnel_ids": ["1", "2", "3"]})
    assert body["streams"] == [
        {"id": "1", "weight": 5, "optimization": {"is_enabled": True}}, own,
        {"id": "3", "weight": 100, "optimization": {"is_enabled": False}},
    ]  # fmt: skip


TOKENS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
PARAMETERS = st.lists(st.tuples(st.text("abcd", min_size=1, max_size=3), st.text("{}abc1", max_size=4)), max_size=3)


@example([], "a+b/%3D&#?", "#part")
@example([("a", ""), ("b", "{c}")], "x", "")
@given(PARAMETERS, TOKENS, st.sampled_from(["", "#part"]))
def test_the_token_is_joined_and_split(pairs: list[tuple[str, str]], token: str, fragment: str) -> None:
    query = "&".join(f"{name}={value}" for name, value in pairs)
    url = "https://t.test/postback" + (f"?{query}" if query else "") + fragment
    joined = join_token(url, token)
    assert split_token(joined) == (url, token)
    assert join_token(url, None) == url
    assert split_token(url) == (url, None)


@pytest.mark.parametrize(("url", "rest"), [
    ("https://t/?ptoken=s&a=1", "https://t/?a=1"), ("https://t/?a=1&ptoken=s&b=2", "https://t/?a=1&b=2"),
    ("https://t/?ptoken=s", "https://t/"), ("https://t/?a=1&ptoken=s#x", "https://t/?a=1#x"),
])  # fmt: skip
def test_a_token_anywhere_is_split_off(url: str, rest: str) -> None:
    assert split_token(url) == (rest, "s")


def test_the_token_is_in_no_computed_url_and_survives_where_it_is_not_declared() -> None:
    row = {"postback_url": "https://t.test/postback?clickid={cid}&ptoken=secret"}
    assert OFFER_SOURCE.computed_of(row) == {"postback_url": "https://t.test/postback?clickid={cid}"}
    url = "https://t.test/postback?sub20=tf.sales"
    values = {"name": "sales", "url": url + "&x=1"}
    assert written(POSTBACK, {"url": f"{url}&ptoken=secret"}, values)["url"] == f"{url}&x=1&ptoken=secret"


@pytest.mark.parametrize("stored", ["{cid}", "cid"])
def test_a_macro_is_the_same_with_and_without_braces(stored: str) -> None:
    assert OFFER_SOURCE.live({"clickid": stored}, {"clickid": "{cid}"}) == {"clickid": "{cid}"}


@pytest.mark.parametrize("name", KINDS)
@given(foreign=FOREIGN, data=st.data())
def test_a_body_keeps_every_field_that_is_not_modelled(name: str, foreign: Row, data: st.DataObject) -> None:
    kind = KINDS[name]
    field = data.draw(st.sampled_from([f for f in kind.fields if f not in ("offer_ids", "funnel_ids", "url", "name")]))
    base = {**foreign, "id": "1", "user_id": "u", "stat": {"clicks": 1}}
    kept = deepcopy(base)
    body = written(kind, base, {}, frozenset([field]))
    assert {key: value for key, value in body.items() if key in foreign} == foreign
    assert base == kept
    # The bridge is ours: it has no such fields, and whatever else it holds stays.
    assert {"stat", "user_id"} & body.keys() == ({"stat", "user_id"} if kind.owner == "account" else set())


def test_only_declared_parts_of_extra_are_watched() -> None:
    row = {"custom_rates": {"is_enabled": True, "rates": {"EUR": 1.0, "USD": 2}}, "hints": {"sub1": ""}}
    declared = {"extra": {"custom_rates": {"rates": {"USD": 2}}, "hints": {"sub1": ""}}}
    assert OFFER_SOURCE.live(row, declared) == declared
    body = written(OFFER_SOURCE, row, {"extra": {"custom_rates": {"rates": {"USD": 3}}}})
    assert body["custom_rates"] == {"is_enabled": True, "rates": {"EUR": 1.0, "USD": 3}}


def test_payout_is_one_part_of_the_payment() -> None:
    body = written(OFFER, {"payment": {"amount": 1, "x": 2}}, {"payout": 12})
    assert body["payment"] == {"amount": 12, "x": 2}
