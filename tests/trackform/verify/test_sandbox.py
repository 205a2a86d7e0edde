"""Playing the matrix on a sandbox, for accounts of other currencies and with every sort of billing."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import takewhile
from pathlib import Path

import httpx
import pytest

from tests.trackform.verify.conftest import Live
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.flow.assumptions import Assumptions
from trackform.flow.build import Flow
from trackform.verify.sandbox import SandboxAccount, Verified
from trackform_core.errors import TrackformError

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = """
extends: [shared.yaml]
account: {currency: CURRENCY}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: CURRENCY, notify: ops@acme.test}
products:
  club: {id: 420001, billing: subscription, upsells: [411532]}
  course: {id: 420002, billing: installment}
traffic_channels: {facebook: {preset: facebook}, check: {}}
offers: {keto-guide: {countries: [DE, AT]}, club: {}, course: {}}
funnels: {keto: {offers: {keto-guide: 100}}, other: {offers: {club: 50, course: 50}}}
campaigns:
  fb: {channel: facebook, funnel: keto}
  check: {channel: check, funnel: keto}
  other: {channel: facebook, funnel: other}
"""


def applied(live: Live, currency: str, monkeypatch: pytest.MonkeyPatch, account: str = ACCOUNT) -> SandboxAccount:
    """Another account on the same sandbox, with everything that can be sold."""
    other = live.living.house.living(2)
    monkeypatch.setenv("REDTRACK_API_KEY", other.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", other.digistore24_key)
    text = account.replace("CURRENCY", currency)
    other.apply(own=text, shared=Path("stacks/shared.yaml").read_text())
    live.file.write_text(text)
    flow = Flow(compose(read_account(live.file)))
    return SandboxAccount(flow, live.web, other.redtrack_key, other.digistore24_key)


def played(account: SandboxAccount, settings: Assumptions) -> list[Verified]:
    with account.restored():
        account.switch(settings)
        return list(account.verify(settings))


@pytest.mark.parametrize("currency", ["EUR", "PLN"])
def test_an_account_of_another_currency(live: Live, currency: str, monkeypatch: pytest.MonkeyPatch) -> None:
    account = applied(live, currency, monkeypatch)
    cells = played(account, Assumptions())
    assert [(one.product, one.sequence, one.reason) for one in cells if one.reason] == []
    sequences = {(one.product, one.sequence) for one in cells}
    assert sequences >= {("club", "sale, rebill x3"), ("course", "instalments"), ("club", "missed payment, resumed")}
    sandbox = live.living.house.sandbox
    assert [row["currency"] for _, row in sandbox.store.everywhere("account") if "redtrack" in row["id"]] == ["USD"] * 2
    assert sandbox.switches.refund_amount == "negative"


def test_a_setting_on_which_the_money_is_wrong_is_red_as_the_matrix_says(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = applied(live, "EUR", monkeypatch)
    cells = played(account, replace(Assumptions(), refund_amount="positive"))
    red = {one.sequence for one in cells if one.reason}
    assert red == {one.sequence for one in cells if "refund" in one.sequence or "chargeback" in one.sequence}
    assert all(one.reason.startswith("as the matrix says") for one in cells if one.reason)
    # What the play changed is as it was.
    assert live.living.house.sandbox.switches.refund_amount == "negative"


WIDE = """
extends: [shared.yaml]
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
products:
  club: {id: 420001, billing: subscription, upsells: [411531]}
postbacks:
  notices: {events: [payment_missed, last_paid_day], type: order_type, sum: commission}
  billing: {events: [payment], type: billing_type, sum: 0}
traffic_channels: {facebook: {preset: facebook}}
offers: {club: {payout: 12.5}}
funnels: {keto: {offers: {club: 100}}}
campaigns:
  fb: {channel: facebook, funnel: keto}
"""


def test_on_each_setting_that_can_matter_the_sandbox_does_as_the_matrix_says(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = applied(live, "USD", monkeypatch, WIDE)
    every = account.every_setting({})
    axes = {axis for setting in every for axis, _ in setting.unlike(Assumptions())}
    assert axes >= {
        "negative_sum", "refund_amount", "notice_amount", "return_ids", "upsell_ids", "rebill_type", "event_ids",
        "zero_sum", "missing_sum",
    }  # fmt: skip
    alone = [setting for setting in every if len(setting.unlike(Assumptions())) == 1]
    with account.restored():
        for setting in alone:
            account.switch(setting)
            reasons = {one.reason for one in account.verify(setting, Assumptions())}
            assert [one for one in reasons if one and not one.startswith("as the matrix says")] == [], setting


def test_a_connection_that_somebody_switched_off_is_red(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    account = applied(live, "EUR", monkeypatch)
    other = live.living.house.living(2)
    row = next(row for row in other.rows("connection") if row["url"].endswith("tf.sales"))
    other.edit("connection", row["id"], active=False)
    red = {one.sequence: one.reason for one in played(account, Assumptions()) if one.reason}
    assert red["sale"] == "not booked: initial_sale 18.80 by sales"
    assert "test order" not in red


def test_a_sequence_that_the_sandbox_refuses_is_red_and_the_others_are_played(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = applied(live, "EUR", monkeypatch)
    orders: list[str] = []

    def first_one_refused(request: httpx.Request) -> None:
        if request.url.path == "/_control/orders":
            orders.append(request.url.path)
            if len(orders) == 1:
                raise TrackformError("the sandbox refused: no")

    live.web.event_hooks["request"].append(first_one_refused)
    cells = played(account, Assumptions())
    assert [(one.sequence, one.booked, one.reason) for one in cells if one.reason] == [
        ("sale", Decimal(0), "the sandbox refused: no"),
    ]  # fmt: skip
    assert {one.product for one in cells} == {"keto-guide", "club", "course"}
    assert (cells[0].product, "sale, refund") in {(one.product, one.sequence) for one in cells}


@pytest.mark.parametrize("expiration", ["off", "400"])
def test_the_clock_goes_on_as_the_steps_say_where_clicks_expire(
    live: Live, expiration: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sale 180 days after the click, less an hour, as clicks expire in days; its refund when the guarantee ends."""
    text = ACCOUNT + f"offer_sources: {{digistore24: {{click_expiration: {expiration}}}}}\n"
    account = applied(live, "EUR", monkeypatch, text)
    hours: list[float] = []
    live.web.event_hooks["request"].append(
        lambda request: (
            hours.append(json.loads(request.content)["advance_seconds"] / 3600)
            if request.url.path == "/_control/clock"
            else None
        )
    )
    with account.restored():
        first = next(account.verify(Assumptions()))
        assert (first.sequence, hours) == ("sale", [] if expiration == "off" else [180 * 24 - 1])
        hours.clear()
        list(takewhile(lambda cell: cell.sequence != "sale, refund", account.verify(Assumptions())))
    assert hours[-2:] == ([] if expiration == "off" else [180 * 24 - 1, 60 * 24])


@pytest.mark.parametrize("wrapped", [True, False])
def test_connections_are_called_in_the_order_of_the_sandbox(wrapped: bool) -> None:
    """Not in the file's; those that are not there come last."""
    flow = Flow(compose(read_account(ROOT / "stacks/demo.yaml"), ROOT / "templates"))
    named = [each.name for each in flow.connections]
    rows = [{"url": "https://else.test/postback"}, {"url": flow.connections[-1].url}, {"url": flow.connections[1].url}]

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("postback-connections"):
            return httpx.Response(200, json={"items": rows} if wrapped else rows)
        return httpx.Response(200, json={"data": {"user_id": "7"}} if request.url.path.endswith("/getUserInfo") else [])

    with httpx.Client(transport=httpx.MockTransport(answer), base_url="http://sandbox.test/") as web:
        account = SandboxAccount(flow, web, "rt", "7-ds")
    assert [each.name for each in account._connections] == [named[-1], named[1], *named[:1], *named[2:-1]]
