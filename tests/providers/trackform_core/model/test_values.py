"""Values, worked out by hand: what is the same, what covers what, what is merged, cleared, found."""

from typing import Any

import pytest

from trackform_core.model.compare import Comparison, asked, changed_fields
from trackform_core.model.kind import Kind
from trackform_core.model.marks import marked, stacks, without
from trackform_core.model.validate import holds
from trackform_core.model.wire import (
    Values,
    Wire,
    blank_of,
    canonical,
    covers,
    dig,
    is_blank,
    overlay,
    plant,
    same,
    within,
)
from trackform_digistore24.marker import marker
from trackform_redtrack.funnel import KIND as FUNNEL
from trackform_redtrack.offer import KIND as OFFER
from trackform_redtrack.offer_source import KIND as SOURCE
from trackform_redtrack.offer_source import with_braces
from trackform_redtrack.traffic_channel import KIND as CHANNEL


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (None, None, True), (None, [], True), (None, {}, True), (None, "", False), (None, 0, False), ([], {}, False),
        (True, 1, False), (False, 0, False), (True, True, True), (1, 1.0, True), ("1", 1, False),
        ({"a": 1}, {"a": 1, "b": 2}, False), ({"a": 1}, {"b": 1}, False), ({"a": 1, "b": 2}, {"a": 1, "b": 3}, False),
        ({"a": None}, {"a": []}, True), ([1, 2], [1, 2], True), ([1, 2], [1, 3], False), ([1], [1, 2], False),
        ([1, 2], [1], False), ([1], {"a": 1}, False), ([True], [1], False),
    ],
)  # fmt: skip
def test_what_is_the_same(one: Any, other: Any, expected: bool) -> None:
    assert same(one, other) is expected
    assert same(other, one) is expected


@pytest.mark.parametrize(
    ("live", "declared", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 1}, True), ({"a": 1}, {"a": 1, "b": 2}, False), ({"a": 1}, {"b": None}, True),
        ({"a": 1}, {"b": ""}, True), ([{"a": 1, "b": 2}], [{"a": 1}], True), ([1, 2], [1], False), ([1], [1, 2], False),
        (0, "", True), (None, False, True), ("", None, True), (0, 1, False), ("x", "", False), (1, True, False),
        ([], {}, True), ({"a": 1}, [], False),
    ],
)  # fmt: skip
def test_what_says_all_that_is_declared(live: Any, declared: Any, expected: bool) -> None:
    assert covers(live, declared) is expected


@pytest.mark.parametrize(
    ("live", "declared", "expected"),
    [
        ({"a": 1, "b": 2}, {"a": 5}, {"a": 1}), ({"a": 1}, {"b": 5}, {}), ([1, 2, 3], [1], [1, 2, 3]),
        ([{"a": 1, "b": 2}, {"c": 3}], [{"a": 9}], [{"a": 1}, {"c": 3}]), (0, "", ""), ("", 0, 0), ("x", "y", "x"),
        ({"a": None}, {"a": ""}, {"a": ""}), (5, {"a": 1}, 5),
    ],
)  # fmt: skip
def test_what_is_said_of_what_is_declared(live: Any, declared: Any, expected: Any) -> None:
    found = within(live, declared)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("base", "change", "expected"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"b": {"c": 5}}, {"a": 1, "b": {"c": 5, "d": 3}}),
        ([{"id": "1", "x": 1}, {"id": 2, "x": 2}], [{"id": "2", "y": 0}], [{"id": "2", "x": 2, "y": 0}]),
        ([{"id": "1", "x": 1}], [{"id": "9", "y": 0}], [{"id": "9", "y": 0}]),
        ([{"x": 1}, {"x": 2}], [{"y": 1}, {"y": 2}, {"y": 3}], [{"x": 1, "y": 1}, {"x": 2, "y": 2}, {"y": 3}]),
        ([1, 2], [3], [3]), ({"a": 1}, [1], [1]), ([{"x": 1}], [5], [5]), ([1], "xy", "xy"), ([1], {"a": 1}, {"a": 1}),
        ({"a": 1}, "x", "x"), (["x"], [{"y": 1}], [{"y": 1}]),
        (None, {"a": [1]}, {"a": [1]}), ([{"x": 1}], [{"y": 1}, 2], [{"x": 1, "y": 1}, 2]),
    ],
)  # fmt: skip
def test_what_is_laid_over(base: Any, change: Any, expected: Any) -> None:
    assert overlay(base, change) == expected


def test_a_change_is_not_shared_with_what_it_was_laid_over() -> None:
    change = {"a": [{"b": 1}]}
    merged = overlay({}, change)
    merged["a"][0]["b"] = 2
    assert change == {"a": [{"b": 1}]}


@pytest.mark.parametrize("value", [None, "", 0, 0.0, False, [], {}])
def test_what_is_blank(value: Any) -> None:
    assert is_blank(value)
    assert (blank_of(value), type(blank_of(value))) == (value, type(value))


@pytest.mark.parametrize(("value", "blank"), [("x", ""), (5, 0), (1.5, 0.0), (True, False), ([1], []), ({"a": 1}, {})])
def test_what_is_not_blank_is_emptied_in_its_own_type(value: Any, blank: Any) -> None:
    assert not is_blank(value)
    assert blank_of(value) == blank
    assert type(blank_of(value)) is type(blank)


def test_canonical_values() -> None:
    given = {"a": None, 1: 2.0, "b": (1, 2.5), "c": [None, {"d": None}]}
    assert canonical(given) == {"1": 2, "b": [1, 2.5], "c": [None, {}]}
    assert isinstance(canonical(2.0), int)


def test_paths_into_a_row() -> None:
    row: Values = {"a": {"b": 1}, "c": 5}
    assert (dig(row, "a.b"), dig(row, "a.x"), dig(row, "c.b"), dig(row, "x.y")) == (1, None, None, None)
    plant(row, "a.d", 2)
    plant(row, "c.e.f", 3)
    assert row == {"a": {"b": 1, "d": 2}, "c": {"e": {"f": 3}}}
    wire = Wire("a.b")
    wire.blank(row)
    wire.blank(row, "unused")
    assert row["a"] == {"b": 0, "d": 2}
    Wire("a.new").blank(row, [])
    assert row["a"]["new"] == []


MEMBERS = FUNNEL.fields["offer_ids"], FUNNEL.fields["offer_weights"]


@pytest.mark.parametrize(
    ("live", "ids", "expected"),
    [
        ([{"id": "a", "weight": 1}], None, ["a"]), ([], ["a"], None), (None, ["a"], None), ("x", ["a"], None),
        ([{"id": "c"}, {"id": "b"}, {"id": "a"}], ["b"], ["b", "a", "c"]), ([{"id": 5}, "x"], ["5"], ["5"]),
    ],
)  # fmt: skip
def test_who_is_in_a_list(live: Any, ids: Any, expected: Any) -> None:
    assert MEMBERS[0].read({"offers": live}, {"offer_ids": ids}) == expected


def test_weights_go_with_their_members() -> None:
    ids, weights = MEMBERS
    row = {"offers": [{"id": "a", "weight": 1}, {"id": "b"}, {"id": "c", "weight": 3}]}
    assert weights.read(row, {"offer_ids": ["b", "a", "x"]}) == [0, 1]
    assert weights.read(row, {"offer_ids": ["x"]}) is None
    kept: Any = weights
    assert kept.kept(row, {"offer_ids": ["b", "x"], "offer_weights": [7, 8]}) == [7, 1, 3]
    assert kept.kept({"offers": [{"id": "z"}]}, {"offer_ids": None}) == [0]
    old, new = {"offer_ids": ["a", "b"], "offer_weights": [1, 2]}, {"offer_ids": ["b"], "offer_weights": [2]}
    assert weights.anew(old, new, "offer_weights") is None
    assert weights.anew(old, new | {"offer_weights": [3]}, "offer_weights") == [3]
    assert weights.anew(old, old | {"offer_weights": [1, 3]}, "offer_weights") == [None, 3]
    assert ids.anew(old, new, "offer_ids") == ["b"]
    assert ids.anew(old, dict(old), "offer_ids") is None
    body: Values = {"offers": row["offers"]}
    ids.write(body, {"offer_ids": ["c", "n"], "offer_weights": [50, 60]}, "offer_ids")
    assert body["offers"] == [{"id": "c", "weight": 3}, {"id": "n", "weight": 60}]
    weights.write(body, {"offer_ids": ["c", "n"], "offer_weights": [50]}, "offer_weights")
    assert body["offers"] == [{"id": "c", "weight": 50}, {"id": "n", "weight": 60}]
    assert weights.read(body, {"offer_ids": ["c", "n"], "offer_weights": [None, 1]}) == [None, 60]
    weights.write(body, {"offer_ids": ["c", "n"], "offer_weights": [None, 61]}, "offer_weights")
    assert body["offers"] == [{"id": "c", "weight": 50}, {"id": "n", "weight": 61}]
    ids.write(body, {"offer_ids": ["m"]}, "offer_ids")
    assert body["offers"] == [{"id": "m", "weight": 100}]


@pytest.mark.parametrize(
    ("value", "plain", "names"),
    [
        (["a", "trackform:x", "trackform:y"], ["a"], ["x", "y"]), ("note [trackform:x]", "note", ["x"]),
        ("[trackform:x] [trackform:y]", "", ["x", "y"]), (["xtrackform:a", 5], ["xtrackform:a", 5], []),
        ("trackform:x", "trackform:x", []), (5, 5, []), (None, None, []),
    ],
)  # fmt: skip
def test_marks_in_tags_and_notes(value: Any, plain: Any, names: list[str]) -> None:
    assert stacks(value) == names
    assert without(value) == plain


@pytest.mark.parametrize(
    ("value", "text", "expected"),
    [
        (["a", "trackform:x"], False, ["a", "trackform:n"]), (None, False, ["trackform:n"]),
        ("a [trackform:x]", True, "a [trackform:n]"), ("", True, "[trackform:n]"), (None, True, "[trackform:n]"),
        ("abc", False, ["trackform:n"]), (["a"], True, "[trackform:n]"), (5, True, "[trackform:n]"),
    ],
)  # fmt: skip
def test_marking(value: Any, text: bool, expected: Any) -> None:
    assert marked(value, ["n"], text=text) == expected


@pytest.mark.parametrize(
    ("macro", "expected"),
    [
        ("cid", "{cid}"),
        ("{cid}", "{cid}"),
        ("[cid]", "[cid]"),
        ("", ""),
        (None, None),
        ("x{y}", "x{y}"),
        (7, 7),
        (True, True),
        (["cid"], ["cid"]),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_braces_of_a_macro(macro: Any, expected: Any) -> None:
    assert with_braces(macro) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("?", True), ([1, ["?"]], True), ({"a": {"b": "?"}}, True), ({"?": 1}, False), ("x?", False)],
)
def test_what_holds_something_unknown(value: Any, expected: bool) -> None:
    assert holds(value, "?") is expected
    assert holds("", "") is False


@pytest.mark.parametrize(
    ("kind", "row", "olds", "news", "expected"),
    [
        # An initial field is sent when the file's value changed, not because the live one did.
        (OFFER, {"status": 2}, {"status": "active"}, {"status": "active"}, set()),
        (OFFER, {"status": 2}, {"status": "paused"}, {"status": "active"}, {"status"}),
        (OFFER, {"status": 2}, None, {"status": "active"}, set()),
        (OFFER, {"status": 2}, {"status": "active"}, {"status": "active", "enforce": ["status"]}, {"status"}),
        (OFFER, {"notes": "b"}, {"notes": "a"}, {"notes": "a"}, {"notes"}),
        (OFFER, {"notes": "b"}, None, {"notes": "a"}, {"notes"}),
        (OFFER, {"notes": "b"}, {"notes": "a"}, {"notes": "c", "leave": ["notes"]}, set()),
        (OFFER, {"cap_alert": 1}, {"extra": {"cap_alert": 2}}, {"extra": {"cap_alert": 2}}, {"extra.cap_alert"}),
        (OFFER, {"cap_alert": 1}, None, {"extra": {"cap_alert": 2}, "leave": ["cap_alert"]}, set()),
        (OFFER, {"postback_url": "x"}, {"extra": {"postback_url": "y"}}, {"extra": {"postback_url": "y"}}, set()),
        (OFFER, {"postback_url": "x"}, {"extra": {"postback_url": "z"}}, {"extra": {"postback_url": "y"}},
         {"extra.postback_url"}),
        (OFFER, {"notes": "b"}, {}, {"unset": ["notes"]}, {"unset"}),
        (OFFER, {"notes": "b"}, {}, {"unset": ["notes"], "leave": ["notes"]}, set()),
        (OFFER, {"notes": ""}, {}, {"unset": ["notes"]}, set()),
        (OFFER, {"cap_alert": 1}, {}, {"unset": ["cap_alert"]}, {"unset"}),
        # What leaves a map goes; a field that leaves the file stays.
        (OFFER, {"cap_alert": 1}, {"extra": {"cap_alert": 1}}, {}, {"extra.cap_alert"}),
        (OFFER, {"cap_alert": 0}, {"extra": {"cap_alert": 1}}, {}, set()),
        (OFFER, {"cap_alert": 1}, {"extra": {"cap_alert": 1}}, {"leave": ["cap_alert"]}, set()),
        (OFFER, {"cap_alert": 1}, {"extra": {"cap_alert": 1}}, {"unset": ["cap_alert"]}, {"unset"}),
        (OFFER, {"cap_alert": 1}, {}, {}, set()),
        (OFFER, {"postback_url": "x"}, {"extra": {"postback_url": "x"}}, {}, set()),
        (OFFER, {"script_id": "x"}, {"extra": {"script_id": "x"}}, {"script_id": "x"}, set()),
        (OFFER, {"notes": "a", "tags": ["b"]}, {"notes": "a", "tags": ["b"]}, {}, set()),
        (SOURCE, {"hints": {"sub1": "a", "sub2": "b"}}, {"extra": {"hints": {"sub1": "a", "sub2": "b"}}},
         {"extra": {"hints": {"sub1": "a"}}}, {"extra.hints"}),
        (SOURCE, {"hints": {"sub1": "a", "sub2": ""}}, {"extra": {"hints": {"sub1": "a", "sub2": "b"}}},
         {"extra": {"hints": {"sub1": "a"}}}, set()),
        (SOURCE, {"hints": {"sub1": "a", "sub3": "c"}}, {"extra": {"hints": {"sub1": "a"}}}, {}, {"extra.hints"}),
        (SOURCE, {"hints": {"sub3": "c"}}, {"extra": {"hints": {"sub1": "a"}}}, {}, set()),
    ],
)  # fmt: skip
def test_what_an_update_has_to_send(
    kind: Kind[Any], row: Values, olds: Values | None, news: Values, expected: set[str]
) -> None:
    wanted = news if olds is None else asked(kind, olds, news)
    assert Comparison(kind, row, wanted).to_write(olds) == expected


def test_what_would_declare_an_object_as_it_is() -> None:
    row: Values = {"title": "t", "status": 2, "notes": "live", "cap_alert": 1, "postback_url": "live", "tags": ["x"]}
    declared: Values = {"title": "t", "status": "active", "notes": "file", "unset": ["tags", "category"],
                        "extra": {"cap_alert": 2, "postback_url": "file"}}  # fmt: skip
    assert Comparison(OFFER, row, declared).live_inputs == {
        "title": "t", "status": "active", "notes": "live", "unset": ["category"],
        "extra": {"cap_alert": 1, "postback_url": "file"},
    }  # fmt: skip


def test_which_fields_the_file_asks_to_be_otherwise() -> None:
    olds: Values = {"title": "t", "notes": "a", "adopt": True, "object_id": "1", "mark": True, "account_id": "u"}
    news: Values = {"title": "t", "notes": "b", "cap": 1, "adopt": None, "object_id": "2", "on_delete": "keep"}
    assert changed_fields(SOURCE, olds, news | {"stranger": 1}) == ["notes", "on_delete"]
    assert changed_fields(CHANNEL, {}, {"currency": "EUR"}) == ["currency"]
    assert changed_fields(CHANNEL, {"currency": "EUR"}, {}) == ["currency"]


def test_macros_go_out_with_all_four_parts() -> None:
    body = CHANNEL.body({}, {"subs": [{"value": "x"}, {"role": "aid"}]}, frozenset(["subs"]))
    assert body["subs"] == [
        {"alias": "", "hint": "", "role": "", "value": "x"}, {"alias": "", "hint": "", "role": "aid", "value": ""},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "name"),
    [(None, None), ("", None), ("https://t/?sub20=tf.a", "a"), ("https://t/?x=1&sub20=tf.a&y=2#z", "a"),
     ("https://t/?sub20=tf.", ""), ("https://t/?xsub20=tf.a", None), ("https://t/?sub20=a", None)],
)  # fmt: skip
def test_the_name_in_a_connections_url(url: str | None, name: str | None) -> None:
    assert marker(url) == name
