"""Connections that bring nothing: when that is a fault, and when it is only quiet."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.trackform.export.living import composed
from tests.trackform.verify.conftest import CHECK, Live
from trackform.flow.build import Flow
from trackform.reconcile.model import ZERO, Booking
from trackform.verify.silence import SilentPeriod, unheard
from trackform_core.no_api.ledger import Ledger, LedgerEntry, ledger_of

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLICK = "0123456789abcdef01234567"
SHARED = (Path(__file__).resolve().parents[3] / "stacks/shared/digistore24.yaml").read_text()


@pytest.fixture(scope="module")
def flow() -> Flow:
    return Flow(composed(own=CHECK, shared=SHARED))


def sale(**more: Any) -> Booking:
    return Booking(**{
        "transaction_id": "1", "order_id": "A", "click_id": CLICK, "at": NOON, "kind": "payment", "amount": ZERO,
        "currency": "USD", "product_id": "411530", **more,
    })  # fmt: skip


def row(who: str, **more: Any) -> dict[str, Any]:
    return {
        "clickid": CLICK, "type": "initial_sale", "created_at": NOON.isoformat(), "p_sub20": f"tf.{who}",
        "p_sub1": "411530", **more,
    }  # fmt: skip


def said(flow: Flow, *rows: dict[str, Any], live: dict[str, str] | None = None, **traffic: Any) -> dict[str, str]:
    since = {name: NOON - timedelta(days=5) for name in ("sales", "returns", "billing")}
    return unheard(flow, ["sales", "returns"], rows, SilentPeriod(**{"since": since, **traffic}), live or {})


def test_without_sales_and_clicks_it_is_only_quiet(flow: Flow) -> None:
    assert said(flow) == {}
    assert said(flow, settled=["sales"]) == {}
    assert said(flow, settled=["sales"], clicks={"keto-guide": 0, "another": 7}) == {}


@pytest.mark.parametrize(
    ("booked", "names"),
    [
        ({}, ["sales"]), ({"kind": "refund"}, ["returns"]), ({"kind": "chargeback"}, ["returns"]),
        ({"kind": "refund_request"}, []), ({"product_id": "411531"}, ["sales"]), ({"product_id": "9"}, []),
        ({"product_id": "", "main_product_id": "411530"}, ["sales"]), ({"test": True}, []), ({"click_id": ""}, []),
        ({"click_id": "voluum-77"}, []), ({"at": NOON - timedelta(days=6)}, []),
        ({"at": NOON - timedelta(days=5)}, ["sales"]),
    ],
)  # fmt: skip
def test_what_digistore24_booked_should_have_been_heard(flow: Flow, booked: dict[str, Any], names: list[str]) -> None:
    found = said(flow, sales=[sale(**booked)])
    assert list(found) == names
    assert all(text.startswith("Digistore24 booked 1 order event of its products (") for text in found.values())


def test_a_click_that_redtrack_does_not_know_could_not_be_booked(flow: Flow) -> None:
    assert said(flow, sales=[sale()], strangers=[CLICK]) == {}


@pytest.mark.parametrize(
    ("arrived", "heard"),
    [
        ({}, True), ({"p_sub1": "9"}, False), ({"p_sub1": None}, True), ({"p_sub8": "1"}, False),
        ({"created_at": (NOON - timedelta(days=6)).isoformat()}, False), ({"created_at": None}, False),
        ({"p_sub20": "tf.returns"}, False), ({"p_sub20": ""}, False),
    ],
)  # fmt: skip
def test_what_arrived_over_another_connection(flow: Flow, arrived: dict[str, Any], heard: bool) -> None:
    found = said(flow, row("billing", **arrived))
    assert found == ({"sales": "the same order events arrived over billing"} if heard else {})


def test_clicks_speak_against_a_sales_connection_that_is_there_for_long(flow: Flow) -> None:
    clicks = {"keto-guide": 2}
    assert said(flow, clicks=clicks) == {}, "confirmed a moment ago"
    assert said(flow, clicks=clicks, settled=["sales", "returns"]) == {
        "sales": "offer 'keto-guide' had 2 clicks. Perhaps nothing was sold"
    }
    assert said(flow, clicks=clicks, settled=["sales"], since={}) == {}, "nobody confirmed it"


def test_returns_that_are_known_to_leave_no_row(flow: Flow) -> None:
    refunds = [sale(kind="refund")]
    assert list(said(flow, sales=refunds, live={"negative_sum": "booked"})) == ["returns"]
    assert said(flow, sales=refunds, live={"negative_sum": "ignored"}) == {}
    assert list(said(flow, sales=[sale()], live={"negative_sum": "ignored"})) == ["sales"]


def connection(live: Live, name: str) -> dict[str, Any]:
    (found,) = (row for row in live.living.rows("connection") if row["url"].endswith(f"tf.{name}"))
    return found


def test_a_connection_that_somebody_switched_off(live: Live) -> None:
    live.living.edit("connection", connection(live, "sales")["id"], active=False)
    live.sale()
    status, told = live.told()
    assert status == 2
    (differs,) = told["differs"]
    assert differs.startswith("sales is confirmed and silent, while Digistore24 booked 1 order event of its products")
    assert told["silent"] == ["sales", "returns"], "a week without refunds is no fault"
    text = live.verify().stdout
    assert "  silent: sales" not in text
    assert "  silent: returns" in text


def test_a_refund_that_nobody_heard_of(live: Live) -> None:
    live.sale()
    live.living.edit("connection", connection(live, "returns")["id"], active=False)
    assert live.verify().exit_code == 0
    live.sale("refund")
    status, told = live.told()
    assert status == 2
    assert told["differs"][0].startswith("returns is confirmed and silent, while Digistore24 booked 1 order event")
    Path("stacks/policy.yaml").write_text("live: {negative_sum: ignored}\n")
    assert live.told()[0] == 0, "known to leave no row"


def test_clicks_without_a_sale(live: Live) -> None:
    live.web.get(f"t/{live.row('campaign', title='fb')['id']}")
    status, told = live.told()
    assert status == 2
    assert [text.partition(".")[0] for text in told["differs"]] == [
        "sales is confirmed and silent, while offer 'keto-guide' had 1 click",
        "billing is confirmed and silent, while offer 'keto-guide' had 1 click",
    ]


def test_a_check_click_is_no_traffic(live: Live) -> None:
    for _ in range(2):
        assert live.verify("--clicks", "check").exit_code == 0
    assert live.verify().exit_code == 0
    live.web.get(f"t/{live.row('campaign', title='fb')['id']}")
    assert live.verify().exit_code == 2


def test_where_nobody_hears_of_any_campaign_they_are_no_checks(live: Live) -> None:
    text = live.file.read_text().replace("check: {channel: check, funnel: keto}\n", "")
    live.file.write_text(text.replace("fb: {channel: facebook, funnel: keto}", "fb: {channel: check, funnel: keto}"))
    live.web.get(f"t/{live.row('campaign', title='fb')['id']}")
    assert live.verify().exit_code == 2


def test_sales_of_another_redtrack_account_are_none_of_ours(live: Live) -> None:
    live.control("orders", event="sale", product_id="411530", click_id="a" * 24, key=live.living.digistore24_key)
    assert live.told()[0] == 0


def test_what_nobody_confirmed_may_be_silent(live: Live) -> None:
    """Without a bridge the ledger says what is there, and since when."""
    config = Path("stacks/Pulumi.acme.yaml")
    config.write_text("".join(line for line in config.read_text().splitlines(keepends=True) if "bridge" not in line))
    live.living.edit("connection", connection(live, "sales")["id"], active=False)
    live.web.get(f"t/{live.row('campaign', title='fb')['id']}")
    done = live.verify()
    assert done.exit_code == 0
    assert "  not confirmed: sales, returns, billing: nobody has said that it was entered" in done.stdout
    assert "silent: " not in done.stdout
    confirm(ledger_of("acme"), datetime.now(UTC))
    text = live.verify().stdout
    assert "  silent: sales: " in text
    assert "  not confirmed: returns, billing: " in text
    assert live.told()[1]["not_confirmed"] == ["returns", "billing"]
    assert live.verify().exit_code == 0, "clicks prove nothing of what was confirmed a moment ago"
    live.sale()
    assert live.verify().exit_code == 2


def test_what_was_confirmed_in_another_account_says_nothing_of_this_one(live: Live) -> None:
    config = Path("stacks/Pulumi.acme.yaml")
    config.write_text("".join(line for line in config.read_text().splitlines(keepends=True) if "bridge" not in line))
    live.living.edit("connection", connection(live, "sales")["id"], active=False)
    live.sale()
    confirm(ledger_of("acme"), datetime.now(UTC) - timedelta(days=3))
    assert live.verify().exit_code == 2
    replace(ledger_of("acme"), accounts={"digistore24_account": "another"}).write()
    done = live.verify()
    assert done.exit_code == 1
    assert "holds what people saw in the Digistore24 account another, but the key" in done.output
    assert "[confirmed-elsewhere]" in done.output


def confirm(ledger: Ledger, at: datetime) -> None:
    ledger.with_entry(LedgerEntry("postbacks/tf.sales", {"name": "sales"}, f"{at:%Y-%m-%dT%H:%M:%SZ}", "Ann")).write()


def test_without_a_key_of_digistore24_clicks_are_all_there_is(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGISTORE24_API_KEY")
    config = Path("stacks/Pulumi.acme.yaml")
    config.write_text("".join(line for line in config.read_text().splitlines(keepends=True) if "bridge" not in line))
    confirm(ledger_of("acme"), datetime.now(UTC) - timedelta(days=3))
    live.living.edit("connection", connection(live, "sales")["id"], active=False)
    live.web.get(f"t/{live.row('campaign', title='fb')['id']}")
    status, told = live.told()
    assert (status, len(told["differs"])) == (2, 1)
