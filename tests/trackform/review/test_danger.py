"""Changes of meaning get a section of their own, each with its reason."""

from typing import Any

import pytest

from tests.trackform.review.conftest import account, item, recorded, reviewed, step
from trackform.preview.plan import Step, read_plan
from trackform.review.judge import judge
from trackform.review.model import Danger


def dangers(data: Any, clicked: bool | None = None) -> list[Danger]:
    return list(judge(read_plan(data, "demo"), traffic=lambda _: clicked).dangers)


def told(data: Any, kind: str, about: str, clicked: bool | None = None) -> list[str]:
    return [one.reason for one in dangers(data, clicked) if (one.kind, one.about) == (kind, about)]


def test_nothing_is_dangerous_in_a_first_run_or_in_none() -> None:
    for name in ("first", "clean", "secret"):
        assert dangers(recorded(name)) == []


def test_the_tracking_link_of_a_campaign_with_clicks_changes() -> None:
    (said,) = told(recorded("dangerous"), "tracking-link", "campaigns/fb", clicked=True)
    assert said.startswith("its tracking link changes: its domain changes. There were clicks in the last 30 days.")
    assert "https://track.acme.test/" in said, "the link that ads point at"
    assert told(recorded("dangerous"), "tracking-link", "campaigns/fb", clicked=False) == []
    (said,) = told(recorded("dangerous"), "tracking-link", "campaigns/fb", clicked=None)
    assert "was not looked up" in said


def test_another_host_changes_the_links_of_all_campaigns_over_the_domain() -> None:
    found = dangers(recorded("another_host"), clicked=True)
    assert {one.about for one in found if one.kind != "url"} == {"campaigns/fb", "campaigns/tt"}
    assert {one.about: one.reason for one in found if one.kind == "url"} == dict.fromkeys(
        ("postbacks/sales", "postbacks/returns", "postbacks/billing"),
        "host of its URL goes from track.acme.test to new.acme.test",
    )
    data = recorded("clean")
    moved = step(data, "TrackingDomain/main")
    moved["op"] = "replace"
    moved["newState"]["inputs"]["url"] = "new.acme.test"
    (said,) = told(data, "tracking-link", "campaigns/fb", clicked=True)
    assert "domains/main is another host" in said


def test_the_parameters_of_a_channel_stand_in_the_links_of_its_campaigns() -> None:
    data = recorded("clean")
    channel = step(data, "TrafficChannel/facebook")
    channel["op"] = "update"
    channel["newState"]["inputs"]["subs"] = [{"value": "{{ad.id}}", "alias": "ad"}]
    (said,) = told(data, "tracking-link", "campaigns/fb", clicked=True)
    assert "subs of traffic_channels/facebook change" in said
    assert told(data, "tracking-link", "campaigns/tt", clicked=True) == [], "another channel's"


def test_a_campaign_that_is_made_again_has_another_link() -> None:
    data = recorded("clean")
    made = step(data, "Campaign/fb")
    made["op"] = "create"
    del made["oldState"]
    (said,) = told(data, "tracking-link", "campaigns/fb")
    assert said.startswith("was deleted outside and is created again with another tracking link")
    assert told(recorded("first"), "tracking-link", "campaigns/fb") == [], "it never had one"


def test_a_reason_cannot_rewrite_the_terminal() -> None:
    data = recorded("dangerous")
    step(data, "ConversionType/refund")["newState"]["inputs"]["name"] = "money\x1b[2K\nback"
    (said,) = told(data, "conversion-type", "conversion_types/refund")
    assert "\x1b" not in said
    assert "\n" not in said


def test_conversion_types_keep_their_slot_and_name() -> None:
    data = recorded("dangerous")
    renamed, moved = told(data, "conversion-type", "conversion_types/upsell")
    assert renamed.startswith("is renamed from upsell to upsells")
    assert moved.startswith("moves from slot 2 to slot 12")
    assert told(data, "conversion-type", "conversion_types/refund")[0].startswith(
        "is renamed from refund to money_back"
    )
    (said,) = told(recorded("removed"), "conversion-type", "conversion_types/installment")
    assert said.startswith("leaves the file and is kept: never deleted by default. Slot 7")


def test_what_a_url_cannot_do_without() -> None:
    data = recorded("dangerous")
    assert told(data, "url", "offers/other")[0].startswith("cid leaves its URL")
    assert told(data, "url", "postbacks/returns")[0].startswith(
        "sum is 0 for every order in place of -{amount_affiliate_abs}"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("clickid={cid}&", "", "clickid leaves its URL"),
        ("sum={amount_affiliate}&", "", "sum leaves its URL"),
        ("sum={amount_affiliate}&", "sum=&", "sum leaves its URL"),
        ("rdtk_event_id={transaction_id}-{product_id}&", "", "rdtk_event_id leaves its URL"),
        (
            "rdtk_event_id={transaction_id}-{product_id}&",
            "rdtk_event_id={order_id}&",
            "rdtk_event_id changes from {transaction_id}-{product_id}",
        ),
        ("clickid={cid}&", "clickid=abc&", "clickid is abc for every order in place of {cid}"),
        ("sub2={order_id}&", "", "sub2 goes from {order_id} to nothing"),
    ],
)
def test_what_a_postback_cannot_do_without(old: str, new: str, said: str) -> None:
    data = recorded("clean")
    changed = step(data, "PostbackConnection/sales")
    changed["op"] = "update"
    url = changed["newState"]["inputs"]["url"]
    assert old in url
    changed["newState"]["inputs"]["url"] = url.replace(old, new, 1)
    found = told(data, "url", "postbacks/sales")
    assert [one.startswith(said) for one in found] == [True]


def test_setting_back_what_somebody_broke_is_no_danger() -> None:
    assert dangers(recorded("drift")) == []


def test_connections_that_report_less() -> None:
    assert told(recorded("dangerous"), "postback", "postbacks/returns") == ["no longer reports events chargeback"]
    (said,) = told(recorded("removed"), "postback", "postbacks/billing")
    assert said == "leaves the file and is deleted: it no longer reports payment to RedTrack"
    data = recorded("clean")
    off = step(data, "PostbackConnection/sales")
    off["op"] = "update"
    off["newState"]["inputs"]["active"] = False
    assert told(data, "postback", "postbacks/sales")[0].startswith("is switched off")


def test_traffic_that_is_paused_switched_on_or_ended() -> None:
    data = recorded("dangerous")
    assert told(data, "traffic", "offers/keto-guide", clicked=True) == [
        "is paused. There were clicks in the last 30 days",
        "sends other visitors, or sends them elsewhere: countries. There were clicks in the last 30 days",
    ]
    assert told(data, "traffic", "offers/keto-guide", clicked=False) == []
    assert told(data, "traffic", "campaigns/tt", clicked=False)[0].startswith("is switched on again")
    removed = recorded("removed")
    account(removed).pop("fates")
    (said,) = told(removed, "traffic", "campaigns/tt", clicked=True)
    assert said == "leaves the file and is paused, not deleted. There were clicks in the last 30 days"
    assert told(removed, "traffic", "campaigns/tt", clicked=False) == []


def test_what_the_account_found_out_is_believed() -> None:
    """It asks for clicks itself before it says what becomes of an object; of a saved preview that is all there is."""
    data = recorded("removed")
    assert told(data, "traffic", "campaigns/tt") == []
    account(data)["fates"]["campaign"]["tt"] = {"fate": "paused-clicked"}
    (said,) = told(data, "traffic", "campaigns/tt")
    assert said == "leaves the file and is paused, not deleted. There were clicks in the last 30 days"


def test_deleting_what_campaigns_with_clicks_run_over() -> None:
    for ref in ("Funnel/keto", "Offer/keto-guide", "TrafficChannel/tiktok", "OfferSource/digistore24"):
        data = recorded("clean")
        gone = step(data, ref)
        gone["op"] = "delete"
        del gone["newState"]
        found = [one for one in dangers(data, clicked=True) if one.kind == "traffic"]
        assert len(found) == 1, ref
        assert "There were clicks in the last 30 days" in found[0].reason
        assert not [one for one in dangers(data, clicked=False) if one.kind == "traffic"], ref


def test_what_is_kept_is_no_loss() -> None:
    data = recorded("removed")
    account(data).pop("fates")
    step(data, "Campaign/tt", "delete")["oldState"]["outputs"]["adopted"] = True
    assert told(data, "traffic", "campaigns/tt", clicked=True) == []
    assert item(judge(read_plan(data, "demo")), "delete", "campaigns/tt").note == "Is kept: it was adopted, not created"


def test_protection_that_is_taken_away() -> None:
    data = recorded("clean")
    changed = step(data, "Offer/other")
    changed["op"] = "update"
    changed["oldState"]["protect"] = True
    changed["oldState"]["inputs"]["on_delete"], changed["newState"]["inputs"]["on_delete"] = "keep", "delete"
    assert told(data, "protection", "offers/other") == [
        "on_delete is loosened from keep to delete",
        "protect is taken away: a later change may delete it",
    ]


def test_nobody_is_asked_about_objects_that_are_in_no_danger() -> None:
    asked: list[Step] = []

    def ask(one: Step) -> bool:
        asked.append(one)
        return True

    judge(read_plan(recorded("dangerous"), "demo"), traffic=ask)
    assert sorted(one.ref.name for one in asked) == ["fb", "keto-guide"]
    asked.clear()
    judge(read_plan(recorded("clean"), "demo"), traffic=ask)
    assert asked == []


def test_dangers_are_in_the_first_line() -> None:
    assert reviewed("dangerous").summary == "demo: 10 DANGERS, 6 to update, 1 to replace"
