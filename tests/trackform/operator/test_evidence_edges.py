"""Each value on which the evidence of the conversion log turns."""

from datetime import timedelta
from typing import Any

import pytest

from tests.trackform.export.living import composed
from tests.trackform.operator.test_evidence import BILLING, CLICKS, NOW, kinds, row, weighed
from trackform.operator.evidence import ArrivalCount, Evidence
from trackform.operator.forms import FORMS, _products, changed_reason, shown
from trackform.operator.page import pieces
from trackform.operator.step import Field


def test_another_networks_conversions_do_not_hide_ours() -> None:
    foreign = row(p_sub20="", network="other", days=0.5)
    assert [(one.connection, one.total) for one in weighed(foreign, row(), BILLING).seen if one.total] == [
        ("sales", 1), ("billing", 1),
    ]  # fmt: skip
    unmarked = weighed(row(p_sub20=""), row(), BILLING)
    assert ("", 1) in [(one.connection, one.total) for one in unmarked.seen]


@pytest.mark.parametrize(("days", "recent"), [(6.99, 1), (7, 0), (7.01, 0)])
def test_what_counts_as_recent(days: float, recent: int) -> None:
    found = weighed(row(days=days), BILLING)
    assert [(one.recent, one.total) for one in found.seen if one.connection == "sales"] == [(recent, 1)]


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, []), ({"type": ""}, []), ({"type": "upsell"}, ["wrong_type"]),
        ({"type": "x", "default_type": 1}, ["wrong_type"]),
    ],
)  # fmt: skip
def test_under_which_type_it_is_counted(more: dict[str, Any], found: list[str]) -> None:
    assert len(kinds(weighed(row(**more), BILLING))) == len(found)


def evidence(*seen: ArrivalCount) -> Evidence:
    return Evidence(list(seen), [], [], CLICKS)


AT = NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("seen", "section", "name", "said"),
    [
        ([], "postbacks", "sales", "RedTrack's log: nothing seen in 30 days."),
        ([], "domains", "main", ""),
        ([], "postbacks", "", ""),
        ([ArrivalCount("sales", "a", "a", AT, 2, 3)], "postbacks", "sales",
         "RedTrack's log: last seen 2026-11-22 12:00 UTC, 2 in 7 days."),
        ([ArrivalCount("sales", "a", "a", AT, 2, 3, 1), ArrivalCount("sales", "b", "b", NOW, 1, 1)], "postbacks",
         "sales", "RedTrack's log: last seen 2026-11-23 12:00 UTC, 3 in 7 days, 1 test order in 30 days."),
        ([ArrivalCount("sales", "a", "b", AT, 2, 3, 2), ArrivalCount("other", "a", "a", AT, 5, 5)],
         "conversion_types", "a",
         ("RedTrack's log: last seen 2026-11-22 12:00 UTC, 7 in 7 days, 2 of them counted as another type, 2 test "
          "orders in 30 days.")),
        ([ArrivalCount("sales", "a", "b", AT, 0, 3)], "conversion_types", "a",
         "RedTrack's log: last seen 2026-11-22 12:00 UTC, 0 in 7 days."),
        ([ArrivalCount("sales", "a", "", AT, 2, 3)], "conversion_types", "a",
         "RedTrack's log: last seen 2026-11-22 12:00 UTC, 2 in 7 days."),
    ],
)  # fmt: skip
def test_one_line_beside_a_step(seen: list[ArrivalCount], section: str, name: str, said: str) -> None:
    assert evidence(*seen).beside(section, name) == said


def test_products_are_told_by_name() -> None:
    composition = composed(own="products: {keto: {id: 1, upsells: [2]}, yoga: {id: 3}}")
    assert _products(composition, {"product_ids": ["2", "9", "3"]}) == "2 is upsell of keto; 3 is yoga."
    assert _products(composition, {"product_ids": ["9"]}) == ""
    assert _products(composition, {}) == ""


def test_what_is_declared_otherwise() -> None:
    said = "Declared otherwise than it was last confirmed: {}."
    token = "the token in the postback URL"
    label = next(line.label for line in FORMS["postbacks"].lines if line.field == "events")
    assert changed_reason(FORMS["postbacks"], ["events", "token"]) == said.format(f"{label}, {token}")
    assert changed_reason(FORMS["postbacks"], ["token"]) == said.format(token)
    assert changed_reason(FORMS["postbacks"], ["odd", "other"]) == said.format("odd, other")


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        ("create_new", "create new"), ("new_repeated", "new / repeated"), ("ignore", "ignore"), ("edit", "edit"),
        ("increment", "keep original + increment payout"), ("of_tomorrow", "of_tomorrow"),
    ],
)  # fmt: skip
def test_a_mode_is_told_in_the_words_of_the_form(mode: str, said: str) -> None:
    (line,) = (line for line in FORMS["conversion_types"].lines if line.field == "duplicates")
    assert shown(line, {"duplicates": mode}) == said


def test_of_a_long_value_only_what_differs_is_marked() -> None:
    """However often a letter or a sign comes in it."""
    same = "&a=1" * 100
    found = pieces(Field("URL", f"{same}&new=2{same}", f"{same}&old=2{same}"))
    assert [piece.text for piece in found if piece.only == "now"] == ["new=2"]
    assert [piece.text for piece in found if piece.only == "before"] == ["old=2"]
