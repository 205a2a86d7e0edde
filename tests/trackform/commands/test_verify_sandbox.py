"""`trackform verify --sandbox`: what it shows, and what it says where the sandbox is not as the file wants it."""

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner

from tests.kept import as_kept
from tests.terminal import seen
from tests.trackform.verify.conftest import Live
from trackform.account_file.compose import compose
from trackform.account_file.models import read_account
from trackform.cli import main
from trackform.flow.build import Flow
from trackform.flow.orders import SequenceStep
from trackform.verify.sandbox import SWITCHES, SandboxAccount, Verified, campaigns_for, played
from trackform_core.errors import TrackformError

URL = "http://127.0.0.1"


def test_each_cell_is_told_below_its_setting(served: Live) -> None:
    done = served.verify("--sandbox", URL)
    assert done.exit_code == 0, done.output
    head, *cells, verdict = done.stdout.splitlines()
    assert verdict == f"acme: {len(cells)} results, none red"
    assert head.startswith("acme on ")
    assert len(cells) > 5
    assert all(re.match(r"\s*green .*booked -?\d+\.\d\d, earned -?\d+\.\d\d", cell) for cell in cells), cells


def test_for_machines(served: Live) -> None:
    status, told = served.told("--sandbox", URL)
    assert status == 0
    cells = told["cells"]
    assert {cell["green"] for cell in cells} == {True}
    assert {cell["product"] for cell in cells} == {"keto-guide"}
    assert all(Decimal(cell["booked"]) == Decimal(cell["expected"]) for cell in cells)


def test_a_red_cell_is_a_difference(served: Live) -> None:
    (row,) = (row for row in served.living.rows("connection") if "tf.sales" in row["url"])
    served.living.edit("connection", row["id"], active=False)
    done = served.verify("--sandbox", URL)
    assert done.exit_code == 2
    as_kept("commands/verify-red.txt", done.stdout.rstrip())
    status, told = served.told("--sandbox", URL)
    assert status == 2
    assert {cell["green"] for cell in told["cells"]} == {True, False}


WIDE = """
extends: [shared.yaml]
account: {currency: EUR}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: EUR, notify: ops@acme.test}
products:
  keto-guide: {id: 411530, upsells: [411531]}
  club: {id: 420001, billing: subscription, upsells: [411532]}
  course: {id: 420002, billing: installment}
traffic_channels: {facebook: {preset: facebook}, check: {}}
offers: {keto-guide: {countries: [DE, AT], payout: 12.5}, club: {}, course: {}}
funnels: {keto: {offers: {keto-guide: 70, club: 30}}, other: {offers: {course: 100}}}
campaigns:
  fb: {channel: facebook, funnel: keto}
  other: {channel: facebook, funnel: other}
"""


def test_every_sequence_of_every_sort_of_product(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is earned and booked, on two settings; the prices are those of the sandbox's marketplace."""
    other = served.living.house.living(2)
    monkeypatch.setenv("REDTRACK_API_KEY", other.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", other.digistore24_key)
    other.apply(own=WIDE, shared=Path("stacks/shared.yaml").read_text())
    served.file.write_text(WIDE)
    flow = Flow(compose(read_account(served.file)))
    account = SandboxAccount(flow, served.web, other.redtrack_key, other.digistore24_key)
    cells: list[Verified] = []
    with account.restored():
        for settings in (account.settings(), replace(account.settings(), refund_amount="positive")):
            account.switch(settings)
            cells += account.verify(settings)
    lines = [
        f"{one.settings}: {one.product}: {one.sequence}: {one.expected} {one.booked} {one.reason}" for one in cells
    ]
    as_kept("commands/verify-cells.txt", "\n".join(line.rstrip() for line in lines))
    every = account.every_setting({})
    as_kept("commands/verify-settings.txt", "\n".join(settings.said(SWITCHES) for settings in every))


TWO = """
extends: [shared.yaml]
account: {currency: USD}
domains: {main: track.acme.test}
digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}
products: {keto-guide: {id: 411530}}
offer_sources: {second: {title: Second, click_expiration: off, currency: EUR}}
traffic_channels: {facebook: {preset: facebook}}
postbacks:
  sales: {offer_source: digistore24}
  returns: {offer_source: digistore24}
  billing: {offer_source: digistore24}
offers:
  keto-guide: {offer_source: digistore24}
  alike: {product: keto-guide, offer_source: digistore24}
  idle: {product: keto-guide, offer_source: digistore24, default_conversion_status: declined}
  euros: {product: keto-guide, offer_source: second, variables: {sid1: x}}
  pending: {product: keto-guide, offer_source: digistore24, default_conversion_status: pending, variables: {sid1: y}}
funnels: {keto: {offers: {keto-guide: 1, alike: 1, euros: 1, pending: 1, idle: 0}}}
campaigns: {fb: {channel: facebook, funnel: keto}}
"""


def test_each_sort_of_offers_is_played_by_itself(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """As simulated: what the sandbox books of an offer is what its own link, source and status make of it."""
    other = served.living.house.living(2)
    monkeypatch.setenv("REDTRACK_API_KEY", other.redtrack_key)
    monkeypatch.setenv("DIGISTORE24_API_KEY", other.digistore24_key)
    other.apply(own=TWO, shared=Path("stacks/shared.yaml").read_text())
    served.file.write_text(TWO)
    flow = Flow(compose(read_account(served.file)))
    assert {name: sold.offer for name, sold in played(flow).items()} == {
        "keto-guide (offer keto-guide)": "keto-guide", "keto-guide (offer euros)": "euros",
        "keto-guide (offer pending)": "pending",
    }  # fmt: skip
    account = SandboxAccount(flow, served.web, other.redtrack_key, other.digistore24_key)
    with account.restored():
        cells = list(account.verify(account.settings()))
    sales = {one.product: one.reason for one in cells if one.sequence == "sale"}
    assert sales["keto-guide (offer keto-guide)"] == ""
    for name in ("euros", "pending"):
        assert re.match("as the matrix says: .* is booked, .* is earned", sales[f"keto-guide (offer {name})"])
    assert not [one.reason for one in cells if "not booked" in one.reason or "not in the matrix" in one.reason]


def test_every_setting_that_can_matter_is_tried(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first few: all of them take long."""
    chosen: list[Any] = []
    every = SandboxAccount.every_setting

    def first(account: SandboxAccount, known: Mapping[str, str]) -> list[Any]:
        found = every(account, known)
        chosen.append(len(found))
        return found[:2]

    monkeypatch.setattr(SandboxAccount, "every_setting", first)
    done = served.verify("--sandbox", URL, "--every-setting")
    assert done.stdout.count("acme on ") == 2
    assert chosen[0] > 2
    assert served.living.house.sandbox.switches.refund_amount == "negative", "it is as it was"


def test_what_cannot_be_proved_is_not_red(served: Live) -> None:
    """On some settings nobody can earn what is booked: the sandbox agrees with the matrix, and `validate` says so."""
    done = served.verify("--sandbox", URL, "--every-setting")
    assert done.exit_code == 0, done.output
    unproven = [line for line in done.stdout.splitlines() if line.strip().startswith("unproven ")]
    assert unproven
    assert all(re.search("refund|chargeback|upsell|several products", line) for line in unproven), unproven
    assert " red " not in done.stdout
    assert f"{len(unproven)} unproven: the sandbox does as the matrix says" in done.stdout
    assert "setting 1 of " in seen("verify", "acme", "--sandbox", URL, "--every-setting", progress=True).told
    assert served.verify("--sandbox", URL, "--every-setting", "--strict").exit_code == 2


def test_what_the_policy_knows_is_played_and_nothing_else(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr("trackform.commands.verify.under_way", lambda _task: nullcontext(told.append))
    policy = Path("stacks/policy.yaml")
    known = "refund_amount: negative, negative_sum: booked, return_ids: own, upsell_ids: own, order: declared"
    policy.write_text(f"live: {{{known}}}\n")
    done = served.verify("--sandbox", URL, "--every-setting", "--strict")
    assert done.exit_code == 0, done.output
    settings = [re.match(r"setting (\d+) of (\d+), ", line) for line in told]
    numbers = {(int(each[1]), int(each[2])) for each in settings if each}
    assert numbers == {(number, len(numbers)) for number in range(1, len(numbers) + 1)}
    assert len(numbers) > 1
    assert not re.search("refund_amount|return_ids|upsell_ids|negative_sum=ignored", done.stdout)
    assert "unproven" not in done.stdout
    policy.write_text("live: {refund_amount: positive}\n")
    done = served.verify("--sandbox", URL)
    assert (done.exit_code, "refund_amount=positive" in done.stdout) == (2, True), "what is known is no question"
    assert served.verify("--sandbox", URL, "--every-setting").exit_code == 2
    assert served.living.house.sandbox.switches.refund_amount == "negative", "it is as it was"


def account(live: Live, text: str | None = None) -> SandboxAccount:
    if text is not None:
        live.file.write_text(text)
    flow = Flow(compose(read_account(live.file)))
    return SandboxAccount(flow, live.web, live.living.redtrack_key, live.living.digistore24_key)


def reasons(account: SandboxAccount) -> set[str]:
    return {one.reason for one in account.verify(account.settings())}


def test_a_sequence_that_cannot_be_played_is_red(served: Live) -> None:
    text = served.file.read_text()
    paused = text.replace("channel: facebook,", "status: paused, channel: facebook,")
    paused = paused.replace("check: {channel", "check: {status: paused, channel")
    assert reasons(account(served, paused)) == {"no running campaign sends clicks to keto-guide"}
    tried = account(served)
    assert {(one.booked, one.expected >= 0) for one in tried.verify(tried.settings())} == {(Decimal(0), True)}
    renamed = text.replace("fb: {channel", "fb: {title: other, channel").replace("check: {ch", "check: {title: x, ch")
    assert reasons(account(served, renamed)) == {"the sandbox has no campaign other, x: apply the stack first"}


def test_a_link_that_leads_elsewhere_is_said(served: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform.verify.sandbox.MOST_CLICKS", 3)
    served.living.edit("offer", served.row("offer")["id"], url="https://elsewhere.test/?cid={clickid}")
    tried = account(served)
    cells = list(tried.verify(tried.settings()))
    # Each sequence tries both of its campaigns so often.
    assert served.clicks == len(cells) * 2 * 3
    (reason,) = {one.reason.partition("?")[0] for one in cells}
    assert reason == "the tracking link does not lead to product 411530, but to https://elsewhere.test/"


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (httpx.Response(400, json={"error": "no such switch"}), "no such switch"),
        (httpx.Response(400, json={}), ""),
        (httpx.Response(502, text="<html>" + "x" * 200), "<html>" + "x" * 114),
    ],
)
def test_what_the_sandbox_refuses_is_said(served: Live, answer: httpx.Response, said: str) -> None:
    with pytest.raises(TrackformError, match=f"^the sandbox refused: {said}$"):
        account(served)._answer(answer)


def test_clicks_that_expire_are_waited_for(served: Live) -> None:
    """The clock goes on by whole days, but for the hour that the first sale needs, and never back."""
    waited: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        waited.append(json.loads(request.content)["advance_seconds"] / 3600)
        return httpx.Response(200)

    tried = account(served)
    tried._http = httpx.Client(transport=httpx.MockTransport(answer), base_url=URL)
    day = 0
    for at in (0, 3, 3, 2, 5):
        day = tried._wait_until(SequenceStep("sale", "411530", at), day)
    assert waited == [71.0, 48.0]
    assert day == 5


@pytest.mark.parametrize(
    ("campaign", "found"),
    [
        ("fb: {channel: facebook, funnel: keto}", {"fb"}),
        ("fb: {channel: facebook, funnel: keto, title: FB}", {"FB"}),
        ("fb: {channel: facebook, funnel: keto, status: paused}", set()),
        ("fb: {channel: facebook, funnels: {keto: 50, none: 50}}", {"fb"}),
        ("fb: {channel: facebook, funnel: none}", set()),
        ("fb: {channel: facebook, funnel: embedded}", set()),
        ("fb: {existing: theirs}", set()),
    ],
)
def test_which_campaigns_send_to_a_product(served: Live, campaign: str, found: set[str]) -> None:
    text = served.file.read_text().partition("campaigns:")[0] + f"campaigns:\n  {campaign}\n"
    text = text.replace("\noffers: {keto-guide", "\noffers: {x: {url: 'https://x.test/?cid={clickid}'}, keto-guide")
    text = text.replace("funnels: {keto: {", "funnels: {none: {offers: {x: 100, keto-guide: 0}}, keto: {")
    served.file.write_text(text)
    flow = Flow(compose(read_account(served.file)))
    (sold,) = (one for one in flow.sold if one.name == "keto-guide")
    assert campaigns_for(flow, sold) == found


@pytest.mark.usefixtures("live", "nobody")
def test_without_a_sandbox_it_is_said_how_to_start_one() -> None:
    done = CliRunner().invoke(main, ["verify", "acme", "--sandbox", URL])
    assert done.exit_code == 1
    assert f"no sandbox at {URL} (refused): start one with `trackform sandbox serve`" in done.output
