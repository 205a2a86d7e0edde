"""What a conversion log shows of an account, and what the verb says of it: whole."""

import json
import re
from datetime import datetime, tzinfo
from typing import Any

import httpx
import pytest

from tests.kept import as_kept
from tests.trackform.export.living import composed
from tests.trackform.verify.conftest import Live
from tests.trackform.verify.test_log import REFUND, flow, judged
from trackform.flow.build import Flow
from trackform.verify import live as verify_live
from trackform.verify.log import Judged, judge
from trackform.verify.sandbox import _named
from trackform_core.http import api as http
from trackform_redtrack.campaign import KIND as CAMPAIGN
from trackform_redtrack.conversions import Logs
from trackform_redtrack.traffic_channel import KIND as CHANNEL

__all__ = ["flow"]
ODD: list[dict[str, Any]] = [
    {}, {"payout_network": 7}, {"type": "upsell", "event": "upsell", "p_sub1": "411531"}, {"type": "refund"},
    {"type": "default", "event": "Initial_Sale"}, {"type": "default", "event": "other"}, {"type": None, "event": ""},
    {"p_sub20": "tf.old"}, {"p_sub20": "tf.old", "type": "upsell"}, {"p_sub20": ""}, {"p_sub20": "strange"},
    {"deduplicate_token": ""}, {"deduplicate_token": None}, {"p_sub1": "999"}, {"p_sub1": "998"}, {"p_sub1": ""},
    {"status": "declined"}, {"status": "DECLINED"}, {"status": "pending"}, {"status": None}, {"currency": "EUR"},
    {"currency": "CHF"}, {"currency": ""}, REFUND, {**REFUND, "payout_network": 2.5, "deduplicate_token": "20"},
    {**REFUND, "payout_network": 0, "deduplicate_token": "21"},
    {"p_sub20": "tf.billing", "type": "single_payment", "payout_network": 5, "deduplicate_token": "22-x"},
    {"p_sub20": "tf.billing", "type": "single_payment", "payout_network": 0, "deduplicate_token": "23-x"},
]  # fmt: skip


def whole(found: Judged) -> str:
    return "\n".join(
        [*(f"good: {one}" for one in found.good), *(f"bad: {one}" for one in found.bad),
         *(f"silent: {one}" for one in found.silent), *(f"seen: {name}: {value}" for name, value in found.seen.items())]
    )  # fmt: skip


def test_a_log_with_everything(flow: Flow) -> None:
    as_kept("verify/log.txt", whole(judged(flow, *ODD)))
    same = [{"deduplicate_token": "7"}] * 3 + [{"deduplicate_token": "7", "type": "upsell", "event": "upsell"}] * 2
    as_kept("verify/doubles.txt", whole(judged(flow, *same, {"deduplicate_token": "7", "type": "unknown"})))
    live = {"negative_sum": "ignored", "event_ids": "within_type", "refund_amount": "negative"}
    as_kept("verify/live.txt", whole(judged(flow, {}, REFUND, *same, live=live)))


OWN = """\
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD}
offer_sources: {shop: {clickid: '{cid}'}}
products: {keto: {id: 1}}
offers: {keto: {offer_source: shop}}
conversion_types: {sale: {slot: 1}, back: {slot: 2, duplicates: ignore}}
postbacks:
  fixed: {events: [payment], currency: GBP, url: 'https://track.acme.test/postback?clickid={cid}&type=sale&sum=5.00&currency=EUR&sub20=tf.fixed'}
  own: {events: [payment], currency: GBP, url: 'https://track.acme.test/postback?clickid={cid}&type=sale&currency={currency}&sub20=tf.own'}
  plain: {events: [payment], url: 'https://track.acme.test/postback?clickid={cid}&type=sale&sum={amount_affiliate}&sub1={product_id}&sub20=tf.plain'}
  mixed: {events: [payment, refund], url: 'https://track.acme.test/postback?clickid={cid}&type=back&sum={amount_affiliate}&sub20=tf.mixed'}
  asleep: {active: false, events: [refund], url: 'https://track.acme.test/postback?clickid={cid}&type=back&sum={amount_affiliate}&sub20=tf.asleep'}
  gone: {active: false, events: [refund], url: 'https://track.acme.test/postback?clickid={cid}&type=back&sub20=tf.gone'}
"""


def test_connections_of_every_sort() -> None:
    told = (
        ("fixed", "sale", "EUR", 5), ("fixed", "sale", "USD", 5), ("fixed", "sale", "GBP", 4),
        ("own", "sale", "GBP", 1), ("own", "sale", "EUR", 1), ("plain", "sale", "XXX", 1), ("mixed", "back", "USD", 3),
        ("mixed", "back", "USD", -3), ("asleep", "back", "USD", 3), ("asleep", "sale", "USD", -3),
    )  # fmt: skip
    rows = [
        {"type": kind, "p_sub20": f"tf.{who}", "currency": currency, "payout": amount, "p_sub1": "2",
         "deduplicate_token": f"{at}"}
        for at, (who, kind, currency, amount) in enumerate(told)
    ]  # fmt: skip
    again = [{"type": "back", "p_sub20": "tf.asleep", "payout": -1, "deduplicate_token": "8"}] * 2
    as_kept("verify/sorts.txt", whole(judge(Flow(composed(own=OWN)), [*rows, *again])))


class Noon(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> "Noon":
        return cls(2026, 11, 23, 12, tzinfo=tz)


def test_what_the_verb_says(live: Live) -> None:
    live.sale()
    live.sale("refund")
    done = live.verify("--clicks", "check", "--days", "2")
    text = re.sub(r"\d{4}-\d\d-\d\d", "<day>", re.sub(r"[0-9a-f]{24}", "<click id>", done.output))
    as_kept("verify/verb.txt", text.rstrip())
    row = live.row("campaign", title="check")
    live.living.edit("campaign", row["id"], status=2)
    assert (
        "  differs: the tracking link of 'check' answers 404 and leads nowhere"
        in live.verify("--clicks", "check").stdout
    )
    _, told = live.told()
    as_kept("verify/verb.json", json.dumps(told, indent=1, ensure_ascii=False))


def test_which_days_are_read(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_live, "datetime", Noon)
    assert live.verify("--days", "3").exit_code == 0
    asked = [
        entry["query"] for entry in live.web.get("_control/requests").json() if entry["path"].endswith("/conversions")
    ]
    assert {(query["date_from"], query["date_to"]) for query in asked} == {("2026-11-20", "2026-11-23")}


FILLED = {
    "postback_url": "x", "postback_pixel": "x", "integrations": {"a": {"b": "x"}}, "integration_types": ["x"],
    "integration_id": "x", "pixels": ["x"], "pixels_relations": [{}], "google_analytics_key": "x", "postbacks": ["x"],
    "click_postbacks": ["x"], "impression_postbacks": ["x"], "integration_postback": {"on": True},
}  # fmt: skip


def test_by_what_somebody_hears_of_a_click() -> None:
    of_channel, of_campaign = (verify_live._hears(FILLED, kind) for kind in (CHANNEL, CAMPAIGN))
    assert {*of_channel, *of_campaign} == FILLED.keys()
    assert set(of_campaign) == {
        "pixels", "postbacks", "click_postbacks", "impression_postbacks", "integration_postback",
    }  # fmt: skip
    blank: dict[str, Any] = {"integrations": {"a": {"b": ""}, "c": []}, "pixels": [], "postback_url": None}
    assert verify_live._hears(blank, CHANNEL) == verify_live._hears(blank, CAMPAIGN) == []


@pytest.mark.parametrize(
    ("row", "tracking", "link"),
    [
        ({"trackback_url": "https://t.test/abc?sub1={x}"}, "", "https://t.test/abc"),
        ({"trackback_url": "https://t.test/abc?sub1={x}"}, "http://127.0.0.1/t/", "http://127.0.0.1/t/abc"),
        ({"trackback_url": ""}, "http://127.0.0.1/t", ""), ({"trackback_url": None}, "", ""), ({}, "", ""),
        ({"trackback_url": "https://t.test"}, "http://127.0.0.1/t", "http://127.0.0.1/t/"),
    ],
)  # fmt: skip
def test_where_a_click_goes(live: Live, row: dict[str, Any], tracking: str, link: str) -> None:
    check = verify_live.Check(Flow(composed(own="")), None, None, tracking)  # type: ignore[arg-type]
    assert check._link(row) == link


def test_the_campaign_of_a_check_by_the_file(live: Live) -> None:
    """Each way in which a channel would hear of it."""
    text = live.file.read_text()
    for old, new, said in (
        ("  check: {}\n", "  check: {postback_url: 'https://x.test/?c={ref_id}'}\n", "its channel 'check'"),
        ("  check: {}\n", "  check: {extra: {pixels: [1]}}\n", "(pixels)"),
        ("channel: check, ", "channel: check, postbacks: [{url: 'https://x.test/'}], ", "(postbacks of the campaign)"),
    ):
        live.file.write_text(text.replace(old, new))
        done = live.verify("--clicks", "check")
        assert (done.exit_code, said in done.stderr) == (1, True), done.output
    assert live.clicks == 0


def test_a_click_that_is_not_in_the_log_yet(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verify_live, "datetime", Noon)
    said = {}
    for known in (True, False, None):
        monkeypatch.setattr(Logs, "known_clicks", lambda _self, asked, known=known: (
            {click: known for click, day in asked if str(day) == "2026-11-23"} if known is not None else {}
        ))  # fmt: skip
        _, told = live.told("--clicks", "check")
        said[known] = re.sub(r"[0-9a-f]{24}", "ID", told["as_declared"][0])
    whole = "click on 'check': leads to product 411530 with the click id ID"
    assert said == {
        True: f"{whole}, which is in RedTrack's click log", False: f"{whole}, which is not in RedTrack's click log yet",
        None: whole,
    }  # fmt: skip


def test_a_tracking_link_that_gives_no_answer(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    transport = httpx.MockTransport(refused)
    inner = http.NETWORK.transport
    choose = http.Network(lambda url: transport if "track.acme.test" in str(url) else inner(url), sleep=lambda _: None)
    monkeypatch.setattr(http, "NETWORK", choose)
    done = live.verify("--clicks", "check")
    assert done.exit_code == 1
    (error,) = (line for line in done.stderr.splitlines() if line.startswith("Error"))
    assert re.sub(r"[0-9a-f]{24}", "ID", error) == (
        "Error: the tracking link of 'check', https://track.acme.test/ID, gives no answer (refused): look at the "
        "domain's DNS record and certificate in RedTrack"
    )


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (("sale", "1.00", "approved", "sales"), "sale 1.00 by sales"),
        (("sale", "1.00", "pending", "sales"), "sale 1.00 by sales (pending)"),
        (("refund", "-1.00", "declined", ""), "refund -1.00 by nobody (declined)"),
    ],
)
def test_a_row_that_differs_is_named_with_the_status_that_is_no_revenue(
    row: tuple[str, str, str, str], said: str
) -> None:
    assert _named(*row) == said
