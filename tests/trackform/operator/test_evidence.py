"""Evidence from the conversion log: pure, over rows as RedTrack's published spec has them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.operator.evidence import MEANING, Evidence, LogFinding, weigh

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DEMO = compose(read_account(Path(__file__).parents[3] / "stacks" / "demo.yaml"))
LONG_AGO = dict.fromkeys(DEMO.postback_urls, NOW - timedelta(days=100))
CLICKS = {"keto-guide": 40}


def row(connection: str = "sales", kind: str = "initial_sale", *, days: float = 1, **more: Any) -> dict[str, Any]:
    """A conversion of the demo account, as the postback of its connection brings it."""
    subs = {"p_sub20": f"tf.{connection}", "p_sub3": "payment", "p_sub4": kind, "p_sub5": "single_payment"}
    if connection == "returns":
        subs |= {"p_sub3": kind, "p_sub4": "initial_sale"}
    at = (NOW - timedelta(days=days)).isoformat()
    found = {
        "id": f"{connection}{kind}{days}",
        "created_at": at,
        "type": kind,
        "network": "digistore24",
        "default_type": 0,
    }
    return found | subs | more


def weighed(*rows: dict[str, Any], clicks: dict[str, int] | None = None, **more: Any) -> Evidence:
    confirmed = more.get("confirmed", LONG_AGO)
    return weigh(DEMO, rows, at=NOW, confirmed=confirmed, clicks=CLICKS if clicks is None else clicks)


def only(found: Evidence, kind: str) -> LogFinding:
    (finding,) = (one for one in found.findings if one.kind == kind)
    return finding


def kinds(found: Evidence) -> list[str]:
    return [one.kind for one in found.findings]


BILLING = row("billing", "single_payment")


def test_what_arrived_is_counted_by_connection_and_type() -> None:
    found = weighed(
        row(days=1), row(days=6.9), row(days=7.1), row(days=20), row(kind="upsell", days=2),
        row("returns", "refund", days=3), BILLING,
    )  # fmt: skip
    told = [(one.connection, one.type, one.recent, one.total, one.tests) for one in found.seen]
    assert told == [
        ("sales", "initial_sale", 2, 4, 0), ("sales", "upsell", 1, 1, 0), ("returns", "refund", 1, 1, 0),
        ("billing", "single_payment", 1, 1, 0),
    ]  # fmt: skip
    assert found.seen[0].last == NOW - timedelta(days=1)
    assert found.silent_types == ["chargeback", "subscription", "installment"]
    assert found.findings == []


def test_an_empty_log_shows_every_connection_and_misses_sales_alone() -> None:
    found = weighed()
    assert [(one.connection, one.last) for one in found.seen] == [("sales", None), ("returns", None), ("billing", None)]
    assert [(one.kind, one.connection) for one in found.findings] == [("silent", "sales"), ("silent", "billing")]
    told = found.findings[0].message
    assert "offer 'keto-guide' had 40 clicks" in told
    assert "Perhaps nothing was sold" in told
    assert "not in 30 days" in told


def test_a_silent_refund_type_is_no_finding() -> None:
    found = weighed(row(), BILLING)
    assert found.findings == []
    assert "refund" in found.silent_types


def test_a_connection_that_fell_silent_is_found_and_others_are_named() -> None:
    found = weighed(row(days=12), BILLING)
    told = only(found, "silent").message
    assert "Last seen: 2026-11-11" in told
    assert "Sales did arrive over billing" in told


@pytest.mark.parametrize(
    ("clicks", "confirmed"),
    [
        ({"keto-guide": 0}, LONG_AGO),
        ({"another": 10}, LONG_AGO),
        (CLICKS, {}),
        (CLICKS, dict.fromkeys(LONG_AGO, NOW - timedelta(hours=5))),
    ],
    ids=["no clicks", "clicks of another offer", "not confirmed", "confirmed today"],
)
def test_silence_that_proves_nothing_is_no_finding(clicks: dict[str, int], confirmed: dict[str, datetime]) -> None:
    assert weighed(clicks=clicks, confirmed=confirmed).findings == []


def test_without_clicks_nothing_is_said_of_silence() -> None:
    found = weigh(DEMO, [], at=NOW, confirmed=LONG_AGO, clicks=None)
    assert (found.findings, found.clicks) == ([], None)


def test_a_near_miss_in_case_is_told_as_such() -> None:
    sent = row(kind="Initial_Sale", type="default", default_type=1)
    found = weighed(sent, BILLING)
    finding = only(found, "near_miss")
    assert (finding.connection, finding.type) == ("sales", "Initial_Sale")
    assert "'initial_sale'" in finding.message
    assert [(one.type, one.booked_as) for one in found.seen[:1]] == [("Initial_Sale", "default")]
    assert kinds(found) == ["near_miss"]


def test_a_type_that_is_not_declared_is_found() -> None:
    found = weighed(row(), row("billing", "lifetime", p_sub5="lifetime", type="default", default_type=1))
    assert kinds(found) == ["undeclared_type"]
    assert only(found, "undeclared_type").type == "lifetime"


def test_a_declared_type_that_redtrack_does_not_know_is_found() -> None:
    found = weighed(row(type="default", default_type=1), BILLING)
    told = only(found, "not_matched")
    assert "counts it as 'default'" in told.message
    assert kinds(found) == ["not_matched"]


def test_what_was_corrected_is_no_finding_any_more() -> None:
    wrong = row(days=3, type="default", default_type=1)
    assert weighed(wrong, row(days=2), BILLING).findings == []
    assert kinds(weighed(row(days=3), row(days=2, type="default", default_type=1), BILLING)) == ["not_matched"]
    long_ago = [row(kind="Initial_Sale", days=9), row("old", days=8), row(days=10, p_sub20="")]
    assert weighed(row(), BILLING, *long_ago).findings == []


def test_connections_that_are_not_declared_are_found_once_each() -> None:
    found = weighed(row(), BILLING, row("old"), row("old", "upsell"), row("Sales"))
    assert sorted((one.kind, one.connection) for one in found.findings) == [
        ("near_miss", "Sales"), ("undeclared_connection", "old"),
    ]  # fmt: skip
    assert "2 conversions" in only(found, "undeclared_connection").message


def test_conversions_without_a_marker_count_where_the_offer_source_is_ours() -> None:
    unmarked = row(p_sub20="", event="initial_sale")
    found = weighed(row(), BILLING, unmarked, row(days=2, p_sub20=None, network="another network"))
    assert kinds(found) == ["unmarked"]
    assert found.seen[-1].connection == ""
    assert found.seen[-1].total == 1


def test_test_orders_are_counted_apart_and_prove_that_it_fires() -> None:
    found = weighed(row(p_sub8="1"), row(days=3, p_sub8="0"), BILLING)
    (sales,) = (one for one in found.seen if one.connection == "sales")
    assert (sales.recent, sales.total, sales.tests) == (1, 1, 1)
    assert weighed(row(p_sub8="1"), BILLING).findings == []


def test_every_kind_of_finding_has_a_meaning() -> None:
    assert set(MEANING) == {
        "near_miss", "undeclared_type", "not_matched", "undeclared_connection", "unmarked", "silent",
    }  # fmt: skip


def test_a_row_without_a_time_is_an_error() -> None:
    with pytest.raises(ValueError, match="isoformat"):
        weighed(row() | {"created_at": "yesterday"})
