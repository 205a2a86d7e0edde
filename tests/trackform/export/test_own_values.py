"""What tells one account from another is found wherever it stands, and nothing else is."""

from typing import Any

import pytest
import yaml

from tests.trackform.export.rows import account, exported
from trackform.export.own_values import OwnValues
from trackform.export.paper import split

VALUES = OwnValues(
    account(
        {
            "offers": {"url": "https://cb-first.vendor.hop.clickbank.net/?tid={clickid}", "script_id": "sc99"},
            "traffic_channels": {"pixels": [{"id": "px1", "title": "Main"}], "integrations": {"name": "taboola"}},
            "postbacks": {"error_emails": ["a@x.test"]},
            "campaigns": {"user_id": "u77", "source_campaign_id": "123"},
        },
        redtrack_user="user1", digistore24_account="654321", affiliate=lambda: "the_login",
    )
)  # fmt: skip


@pytest.mark.parametrize(
    "value",
    [
        "cb-first", "For CB-First only", "sc99", "px1", "u77", "user1", "654321", 654321, "the_login", "the login",
        "o1", {"o1": 1}, [{"deep": ["see n1"]}], "on track.acme.test", "write to bob@else.test", "act_123",
        "123-456-7890", "12345678", "64f0aa64f0aa64f0aa64f0bb", "https://l.test/?affid=x", "https://l.test/?a={sub1}&b=1",
        "?cid={clickid}&who=me", "https://l.test/c/55555/x", "https://l.test/a1b2c3d4e5f6/", "https://l.test/#aff=x",
        "https://bob@l.test/", "https://x.y.hop.clickbank.net/", "go to https://l.test/?a=1 then",
    ],
    ids=str,
)  # fmt: skip
def test_what_is_somebodys(value: Any) -> None:
    assert VALUES.reason(value)


@pytest.mark.parametrize(
    "value",
    [
        "", "on", "o12", "acmes", "type1", "Main", "taboola", 7, 12345678 / 7, True, None, "?cid={clickid}",
        "https://l.test/page?x={{ad.id}}&y=[macro]&z=", "https://l.test/2026/quiz-de", "really? a=b", "1234567", "123",
        "2027-01-01T00:00:00Z", {"country": {"active": True, "values": ["DE"]}}, [{"type": "type1", "payout": 4}],
    ],
    ids=str,
)  # fmt: skip
def test_what_is_nobodys(value: Any) -> None:
    assert VALUES.reason(value) == ""


def test_reasons_and_cleaned_texts_hold_none_of_it() -> None:
    assert "sc99" not in VALUES.reason("sc99")
    assert VALUES.removed("its o1 and track.acme.test, bob@else.test!", "…") == "its … and …, …!"
    assert VALUES.removed("sale") == "sale"


def test_a_title_that_holds_the_accounts_name_stays_with_it() -> None:
    found, _ = exported({"campaigns": {"title": "FB acme DE"}, "traffic_channels": {"title": "FB act_70012"}})
    own, shared = map(yaml.safe_load, split(found, "acme", "shared.yaml"))
    assert own["campaigns"] == {"fb-de": {"title": "FB acme DE"}}
    assert shared["campaigns"]["fb-de"]["channel"] == "fb"
    assert own["traffic_channels"] == {"fb": {"title": "FB act_70012"}}
    assert shared["not_shared"]["campaigns"]["fb-de"].keys() == {"title"}


def test_payouts_by_type_postbacks_of_macros_and_rules_are_shared() -> None:
    """Seen to vanish: `type1` was taken for an account's id."""
    payouts, postbacks = [{"type": "type1", "payout": 4}], [{"url": "https://n.test/?c={ref_id}", "goals": ["type1"]}]
    rules = {"country": {"active": True, "values": ["DE"]}}
    found, _ = exported({
        "conversion_types": {"id": "type1"}, "funnels": {"filters": rules},
        "campaigns": {"custom_conversion_type_payouts": payouts, "postbacks": postbacks},
    })  # fmt: skip
    own, shared = map(yaml.safe_load, split(found, "acme", "shared.yaml"))
    assert "campaigns" not in own
    assert shared["campaigns"]["fb-de"]["postbacks"] == postbacks
    assert shared["campaigns"]["fb-de"]["extra"] == {"custom_conversion_type_payouts": payouts}
    assert shared["funnels"]["keto"]["filters"] == rules
