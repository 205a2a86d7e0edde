"""`trackform reconcile` on the sandbox: every kind of loss injected, and none."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.terminal import seen
from tests.trackform.reconcile.stage import Stage
from trackform.cli import main
from trackform.commands import reconcile
from trackform_core.errors import TrackformError

Row = dict[str, Any]


def test_nothing_is_wrong(busy: Stage) -> None:
    document, status = busy.found()
    assert (status, document["findings"], document["apart"]) == (0, [], [])
    sums = {(total["product"], total["type"]): total["booked"] for total in document["totals"]}
    assert sums == {
        ("411530", "initial_sale"): "70.50", ("411531", "upsell"): "27.00",
        ("411530", "refund"): "-23.50", ("411530", "chargeback"): "-23.50",
    }  # fmt: skip
    assert all(total["earned"] == total["booked"] for total in document["totals"])


def test_nothing_happened(stage: Stage) -> None:
    done = stage.reconcile()
    assert done.exit_code == 0
    assert "nothing was booked on either side" in done.stdout


@pytest.mark.parametrize("at", range(7))
def test_a_conversion_that_is_missing(busy: Stage, at: int) -> None:
    row = busy.conversions[at]
    busy.delete(row)
    found = busy.only("missing")
    assert (found["transaction_id"], found["click_id"]) == (row["deduplicate_token"].partition("-")[0], row["clickid"])
    assert found["expected"] == f"{row['payout']:.2f}"
    assert found["type"] == row["type"]


def test_a_conversion_that_is_doubled(busy: Stage) -> None:
    busy.double(busy.conversions[2])
    assert busy.only("doubled")["message"] == "booked 2 times"


def test_another_dimension_that_books_money(busy: Stage) -> None:
    row = busy.conversions[0]
    busy.double(row, p_sub20="tf.billing", type="single_payment", deduplicate_token=f"{row['p_sub2']}")
    busy.double(row, p_sub20="tf.billing", deduplicate_token=f"{row['deduplicate_token']}-single_payment")
    found = busy.only("doubled")
    assert found["message"] == "booked 3 times; one came from the connection billing, which should not book this"
    assert found["booked"] == "70.50"


def test_a_connection_by_hand_beside_ours(busy: Stage) -> None:
    busy.double(busy.conversions[0], p_sub20="")
    found = busy.only("doubled")
    assert "one came from a connection that this file does not name" in found["message"]


def test_conversions_of_others_are_not_ours(busy: Stage) -> None:
    row = busy.conversions[0]
    busy.double(row, p_sub20="", network="another network", deduplicate_token="A-1")
    busy.double(row, p_sub20="tf.other", deduplicate_token="", payout=0, payout_network=0)
    assert busy.findings() == []


@pytest.mark.parametrize("changed", [{"payout": 20.0, "payout_network": 20.0}, {"payout": 20.0}, {"payout": -23.5}])
def test_another_amount(busy: Stage, changed: Row) -> None:
    busy.put(busy.conversions[0], **changed)
    busy.only("wrong_amount")


def test_one_cent_is_another_amount(busy: Stage) -> None:
    busy.put(busy.conversions[0], payout=23.51, payout_network=23.51)
    assert "23.51 arrived for a commission of 23.50 USD" in busy.only("wrong_amount")["message"]


def test_another_currency(busy: Stage) -> None:
    busy.put(busy.conversions[0], currency="EUR")
    assert busy.only("wrong_currency")["message"] == "23.5 USD were booked as EUR"


def test_an_offer_source_of_another_currency(stage: Stage) -> None:
    network = stage.sandbox.store.everywhere("network")[0][1]["id"]
    stage.edit("network", network, currency="EUR")
    stage.sale()
    stage.only("wrong_currency")


def test_a_connection_that_converts_to_another_currency(stage: Stage) -> None:
    stage.edit("connection", stage.connection("sales")["id"], currency="EUR")
    stage.sale()
    assert stage.only("wrong_currency")["message"] == "the postback sent EUR, the account file has USD"


def test_another_click(busy: Stage) -> None:
    busy.put(busy.conversions[0], clickid="0" * 24)
    busy.only("wrong_click")


def test_a_status_that_does_not_count(busy: Stage) -> None:
    busy.put(busy.conversions[0], status="error")
    assert "its status is error" in busy.only("wrong_status")["message"]


def test_a_type_in_another_case(stage: Stage) -> None:
    stage.edit("conversion_type", "type1", name="Initial_Sale")
    stage.sale()
    found = stage.only("wrong_type")
    assert found["message"].startswith("sent as initial_sale, booked as default: no conversion type has exactly this")


def test_a_conversion_without_a_transaction(busy: Stage) -> None:
    busy.double(busy.conversions[0], deduplicate_token="99999999-411530")
    assert busy.only("surplus")["message"] == "no such transaction at Digistore24"


def test_a_test_order_that_books_money(stage: Stage) -> None:
    click = stage.click()
    stage.order("test_order", product_id="411530", promolink=click)
    stage.only("test_order")


def test_a_sale_paid_with_test_money(stage: Stage) -> None:
    stage.sale(test=True)
    assert stage.only("test_order")["expected"] == "0.00"
    (row,) = stage.conversions
    stage.put(row, payout=0, payout_network=0)
    assert stage.findings() == []
    stage.delete(row)
    document, status = stage.found()
    assert (status, [row["verdict"] for row in document["apart"]]) == (0, ["test"])


def test_a_test_order_without_a_click_books_nothing(busy: Stage) -> None:
    busy.order("test_order", product_id="411530")
    assert busy.findings() == []


def test_a_connection_that_was_inactive_for_a_while(stage: Stage) -> None:
    stage.sale()
    sales = stage.connection("sales")["id"]
    stage.edit("connection", sales, active=False)
    for _ in range(3):
        stage.advance(minutes=60)
        stage.sale()
    stage.edit("connection", sales, active=True)
    stage.sale()
    document, status = stage.found()
    assert status == 2
    assert [finding["kind"] for finding in document["findings"]] == ["missing"] * 3
    (stretch,) = document["stretches"]
    assert (stretch["connection"], stretch["missing"]) == ("sales", 3)
    assert "connection sales: nothing arrived from" in stage.reconcile().stdout


def test_an_upsell_that_no_connection_covers(stage: Stage) -> None:
    account = Path("stacks/shared/digistore24.yaml")
    account.write_text(account.read_text().replace("upsells: [411531, 411532]", "upsells: [411532]"))
    stage.edit("connection", stage.connection("sales")["id"], product_ids=["411530", "411532"])
    stage.order("upsell", order_id=stage.sale(), product_id="411531")
    assert "no connection of this file books a payment of product 411531" in stage.only("missing")["message"]


def test_a_product_that_the_file_does_not_name(busy: Stage) -> None:
    busy.order("sale", product_id="420010", click_id="a" * 24)
    document, status = busy.found()
    assert (status, [row["message"] for row in document["apart"]]) == (0, ["this file does not name the product"])


@pytest.mark.parametrize(
    ("switch", "kind"),
    [
        ({"refund_amount": "positive"}, "wrong_amount"),
        ({"refund_amount": "zero"}, "wrong_amount"),
        ({"negative_sum": "ignored"}, "missing"),
    ],
)
def test_returns_that_miscount(stage: Stage, switch: Row, kind: str) -> None:
    account = Path("stacks/shared/digistore24.yaml")
    account.write_text(account.read_text().replace("minus_commission", "commission"))
    returns = stage.connection("returns")
    url = returns["url"].replace("-{amount_affiliate_abs}", "{amount_affiliate}")
    stage.edit("connection", returns["id"], url=url)
    stage.switch(**switch)
    stage.order("refund", order_id=stage.sale())
    assert stage.only(kind)["type"] == "refund"


@pytest.mark.parametrize("switch", [{"return_ids": "payments"}, {"upsell_ids": "shared"}])
@pytest.mark.parametrize("event", ["refund", "chargeback", "partial_refund"])
def test_ids_that_name_something_else_too(stage: Stage, switch: Row, event: str) -> None:
    """Whether a return names its payment, and the products of one checkout share an id, is not published."""
    stage.switch(**switch)
    order = stage.sale()
    stage.order("upsell", order_id=order, product_id="411531")
    stage.order(event, order_id=order, product_id="411531", **({"share": "0.5"} if event == "partial_refund" else {}))
    assert stage.findings() == []
    stage.delete(stage.conversions[-1])
    assert stage.only("missing")["type"] == event.removeprefix("partial_")


def test_what_returns_are_sent_for_a_payment_is_booked_twice(stage: Stage) -> None:
    returns = stage.connection("returns")
    stage.edit("connection", returns["id"], events=["payment", "refund", "chargeback"])
    stage.sale()
    assert stage.findings() == ["doubled"]


def test_a_repeated_delivery_is_no_double(busy: Stage) -> None:
    busy.order("repeat")
    assert busy.findings() == []
    busy.edit("conversion_type", "type1", duplicates="create_new")
    busy.order("repeat")
    assert busy.findings() == ["doubled"]


def test_commissions_in_another_currency_are_converted(stage: Stage) -> None:
    account = Path("stacks/shared/digistore24.yaml")
    account.write_text(account.read_text().replace("id: 411530, upsells", "id: 420010, upsells"))
    for name in ("sales", "returns"):
        stage.edit("connection", stage.connection(name)["id"], product_ids=["420010"])
    stage.order("sale", product_id="420010", click_id=stage.click().partition("cid=")[2])
    document, status = stage.found()
    assert (status, document["totals"][0]["earned"], document["totals"][0]["booked"]) == (0, "61.88", "61.88")
    (row,) = stage.conversions
    stage.put(row, payout=62.5, payout_network=62.5)
    assert stage.findings() == []
    assert stage.findings("--tolerance", "0.5") == ["wrong_amount"]
    stage.put(row, payout=49.5, payout_network=49.5)
    assert stage.findings() == ["wrong_amount"]


def test_the_period(stage: Stage) -> None:
    stage.sale()
    first = stage.conversions[0]["created_at"][:10]
    stage.delete(stage.conversions[0])
    stage.advance(days=10)
    stage.sale()
    assert stage.findings() == []
    assert stage.findings("--days", "11") == ["missing"]
    assert stage.findings("--from", first) == ["missing"]
    assert stage.findings("--from", first, "--to", first) == ["missing"]
    document, _ = stage.found("--to", first, "--days", "2")
    assert (document["period"]["to"], document["period"]["time_zone"]) == (first, "UTC")


def test_a_postback_that_arrives_days_later(stage: Stage) -> None:
    sales = stage.connection("sales")["id"]
    stage.sale()
    (row,) = stage.conversions
    day = row["created_at"][:10]
    stage.advance(days=9)
    late = stage.sandbox.clock.now().isoformat()
    stage.put(row, created_at=late)
    assert stage.findings("--from", day, "--to", day) == []
    assert stage.findings("--from", late[:10], "--to", late[:10]) == []
    assert sales


def test_what_is_young_is_not_missed_yet(stage: Stage) -> None:
    stage.sale()
    stage.delete(stage.conversions[0])
    assert stage.findings() == ["missing"]
    document, status = stage.found("--grace", "10")
    assert (status, [row["verdict"] for row in document["apart"]]) == (0, ["in_flight"])
    stage.advance(minutes=11)
    assert stage.findings("--grace", "10") == ["missing"]


def test_people_see_totals_first(busy: Stage) -> None:
    busy.delete(busy.conversions[0])
    done = busy.reconcile()
    assert done.exit_code == 2
    lines = done.stdout.splitlines()
    assert lines[0].startswith("demo: ")
    assert lines[1] == "  7 order events, earned 50.50 USD; 6 conversions, booked 27.00 USD"
    assert lines[2] == "  1 missing: Digistore24 booked it, RedTrack did not"
    assert "nothing arrived from the connection sales" in done.stdout
    assert done.stderr == ""
    told = seen("reconcile", "demo", progress=True).told
    assert "Digistore24 listTransactions: page 1 of 1, 7 rows" in told
    assert "RedTrack conversions" in told


def test_every_order_event_in_a_spreadsheet(busy: Stage, tmp_path: Path) -> None:
    busy.order("sale", product_id="411530", click_id="=1+1")
    busy.delete(busy.conversions[0])
    file = tmp_path / "out.csv"
    assert busy.reconcile("--csv", str(file)).exit_code == 2
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [row["verdict"] for row in rows] == ["missing", *["ok"] * 6, "elsewhere"]
    assert rows[0]["stack"] == "demo"
    assert rows[-1]["click_id"] == "'=1+1"
    done = busy.reconcile("--csv", str(tmp_path / "no" / "out.csv"))
    assert (done.exit_code, "cannot be written" in done.stderr) == (1, True)


def test_a_click_id_is_no_markup(busy: Stage) -> None:
    busy.order("sale", product_id="411530", click_id="a" * 24)
    busy.put(busy.conversions[0], clickid="[/red]\x1b[31m")
    done = busy.reconcile()
    assert "[/red]" in done.stdout
    assert "\x1b" not in done.stdout


def test_many_pages(busy: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform_redtrack.conversions.PER_PAGE", 3)
    monkeypatch.setattr("trackform_digistore24.bookings.PAGE_SIZE", 2)
    monkeypatch.setattr("trackform_digistore24.bookings.ORDERS_PER_CALL", 1)
    monkeypatch.setattr("trackform_redtrack.conversions.PER_MINUTE", 1000)
    assert busy.findings() == []


def test_limits_are_waited_for(busy: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trackform_redtrack.conversions.PER_PAGE", 1)
    done = seen("reconcile", "demo", width=120, progress=True)
    assert done.status == 0
    assert "its logs take 10 requests a minute" in done.told
    assert sum(nap > 0 for nap in busy.naps) >= 1


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("account: {currency: USD, redtrack_user: 64f0aa}", "belongs to the RedTrack account 64f0aa"),
        (
            "account: {currency: USD}\ndigistore24: {account: 1, affiliate: acme}",
            "belongs to the Digistore24 account 1",
        ),
    ],
)
def test_the_key_of_another_account(busy: Stage, section: str, says: str) -> None:
    path = Path("stacks/demo.yaml")
    lines = path.read_text().splitlines()
    kept = [line for line in lines if not line.startswith(("account:", "digistore24:" if "ds" in section else "#"))]
    text = "\n".join(line for line in kept if not ("digistore24" in section and line.startswith("digistore24:")))
    path.write_text(f"{text}\n{section}\n")
    done = busy.reconcile()
    assert (done.exit_code, says in done.stderr) == (1, True), done.output
    assert "Use the right key" in done.stderr


def test_a_service_that_cannot_be_read(busy: Stage) -> None:
    busy.control("faults", {"service": "redtrack", "effect": "status:500", "path": "conversions", "times": None})
    done = busy.reconcile()
    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("Error: demo: RedTrack:")


def test_from_after_to(stage: Stage) -> None:
    done = stage.reconcile("--from", "2026-02-02", "--to", "2026-02-01")
    assert "--from is after --to" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [("--to", "9999-12-31"), ("--from", "0001-01-01"), ("--from", "1999-12-31"), ("--to", "2101-01-01"),
     ("--days", "3000000"), ("--days", "3661")],
)  # fmt: skip
def test_days_of_no_calendar(stage: Stage, arguments: tuple[str, str]) -> None:
    done = stage.reconcile(*arguments)
    assert done.exit_code == 1
    assert f"Invalid value for '{arguments[0]}'" in done.stderr


def test_a_file_without_connections_that_book(stage: Stage) -> None:
    account = Path("stacks/shared/digistore24.yaml")
    account.write_text(account.read_text().replace("sum: commission", "sum: 0").replace("minus_commission", "0"))
    done = stage.reconcile()
    assert (done.exit_code, "no postback connection of demo books money" in done.stderr) == (0, True)


def test_of_several_stacks_one_without_such_a_connection_is_passed_over(busy: Stage) -> None:
    """Its name comes first; the others are compared all the same."""
    text = Path("stacks/demo.yaml").read_text()
    Path("stacks/another.yaml").write_text(text + "postbacks: {sales: null, returns: null}\n")
    Path("stacks/Pulumi.another.yaml").write_text(Path("stacks/Pulumi.demo.yaml").read_text())
    done = CliRunner().invoke(main, ["reconcile", "--all", "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout).keys() == {"demo"}
    assert "no postback connection of another books money: there is nothing to compare\n" in done.stderr


def test_several_stacks_keep_their_keys_apart(busy: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("stacks/other.yaml").write_text(Path("stacks/demo.yaml").read_text())
    Path("stacks/Pulumi.other.yaml").write_text(Path("stacks/Pulumi.demo.yaml").read_text())
    monkeypatch.setenv("REDTRACK_API_KEY__OTHER", "another-key")
    document, status = busy.found("other")
    assert (status, document["findings"]) == (2, [])


def test_of_several_stacks_one_that_cannot_be_read_keeps_no_other_from_being_compared(
    busy: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes first; what the other shows is written and told, and the status says that one is missing."""
    Path("stacks/another.yaml").write_text(Path("stacks/demo.yaml").read_text())
    config = Path("stacks/Pulumi.demo.yaml").read_text()
    Path("stacks/Pulumi.another.yaml").write_text(config)
    compare = reconcile.Reading.compare

    def one_refuses(reading: reconcile.Reading) -> reconcile.Compared:
        if reading.session.account == "another":
            raise TrackformError("RedTrack: HTTP 403")
        return compare(reading)

    monkeypatch.setattr(reconcile.Reading, "compare", one_refuses)
    done = CliRunner().invoke(main, ["reconcile", "--all", "--json", "--csv", "rows.csv"])
    assert (done.exit_code, json.loads(done.stdout).keys()) == (1, {"demo"})
    assert done.stderr.endswith("Error: another: RedTrack: HTTP 403\n")
    assert {line.partition(",")[0] for line in Path("rows.csv").read_text().splitlines()[1:]} == {"demo"}


def test_an_answer_that_cannot_be_read_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def odd(_: object) -> None:
        raise ValueError("'soon' is no time")

    monkeypatch.setattr(reconcile.Reading, "compare", odd)
    done = CliRunner().invoke(main, ["reconcile", "demo"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.endswith("Error: demo: an answer could not be read: 'soon' is no time\n")


def test_a_file_that_cannot_be_written_is_told_before_anything_is_read(busy: Stage) -> None:
    done = busy.reconcile("--csv", "gone/orders.csv")
    assert done.exit_code == 1
    assert "gone/orders.csv cannot be written: No such file or directory" in done.output
    assert "page 1" not in done.output
    assert not Path("gone").exists()
