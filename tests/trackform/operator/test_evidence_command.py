"""``trackform operator --evidence`` and ``--html``, on the demo account in a sandbox of this process."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from tests.trackform.reconcile.stage import DIGISTORE24_KEY, REDTRACK_KEY, ROOT, Stage
from trackform.cli import main
from trackform.sandbox.accounts import redtrack_account
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.no_api.ledger import ledger_of
from trackform_redtrack.conversions import Logs

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Stage]:
    """The demo account on the operator path, its project folder the working directory."""
    made = Stage()
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    settings = tmp_path / "stacks" / "Pulumi.demo.yaml"
    lines = settings.read_text().splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if "bridgeUrl" not in line))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
    monkeypatch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
    network = http.Network(
        lambda _url: httpx.WSGITransport(app=made.app), base_wait=0.01, sleep=made.naps.append, watch=here
    )
    monkeypatch.setattr(http, "NETWORK", network)
    monkeypatch.setattr("trackform_redtrack.conversions.SPACING", 0.0)
    yield made
    made.web.close()
    made.sandbox.store.close()


def operator(*arguments: str) -> Result:
    done = CliRunner().invoke(main, ["operator", "demo", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    assert "canary" not in done.output
    return done


def evidence() -> tuple[dict[str, Any], int]:
    done = operator("--evidence", "--json")
    found: dict[str, Any] = for_machines(done.stdout)["demo"]
    return found, done.exit_code


class LongAgo:
    @staticmethod
    def now(_zone: object) -> "LongAgo":
        return LongAgo()

    def strftime(self, _form: str) -> str:
        return LONG_AGO


def test_sales_prove_their_connections(stage: Stage) -> None:
    order = stage.sale()
    stage.order("upsell", order_id=order, product_id="411531")
    stage.order("refund", order_id=order, product_id="411530")
    found, status = evidence()
    assert status == 0
    assert found["findings"] == []
    counted = {(one["connection"], one["type"]): (one["recent"], one["booked_as"]) for one in found["seen"]}
    assert counted == {
        ("sales", "initial_sale"): (1, "initial_sale"),
        ("sales", "upsell"): (1, "upsell"),
        ("returns", "refund"): (1, "refund"),
        ("billing", "single_payment"): (2, "single_payment"),
    }
    assert found["clicks"] == {"keto-guide": 1}
    table = operator("--evidence").output
    assert "No findings." in table
    assert "Declared types that nothing brought in 30 days: chargeback, subscription, installment." in table


def test_without_a_connection_there_is_no_table(stage: Stage) -> None:
    """Its headings alone would stand there."""
    Path("stacks/demo.yaml").write_text("account: {currency: USD}\ntraffic_channels: {facebook: {preset: facebook}}\n")
    assert operator("--evidence").output.splitlines()[:2] == [
        "demo: RedTrack's conversion log", "Nothing arrived, and the file declares no connection.",
    ]  # fmt: skip


def test_what_was_confirmed_in_another_account_says_nothing_of_this_one(stage: Stage) -> None:
    stage.sale()
    replace(ledger_of("demo"), accounts={"redtrack_user": "another"}).write()
    done = operator("--evidence")
    assert done.exit_code == 1
    assert "holds what people saw in the RedTrack account another" in done.output


def test_a_type_that_is_missing_in_the_web_application_is_found(stage: Stage) -> None:
    (row,) = (
        one for one in stage.sandbox.store.rows(redtrack_account(REDTRACK_KEY), "conversion_type") if one["slot"] == 1
    )
    stage.edit("conversion_type", row["id"], name="Initial_Sale")
    stage.sale()
    found, status = evidence()
    assert status == 2
    (finding,) = found["findings"]
    assert (finding["kind"], finding["connection"], finding["type"]) == ("not_matched", "sales", "initial_sale")


def test_a_connection_that_nobody_declared_is_found(stage: Stage) -> None:
    # Of another type: one of the same type and event id leaves no row.
    url = (
        stage.connection("sales")["url"]
        .replace("tf.sales", "tf.old")
        .replace("={order_type}", "={transaction_type}", 1)
    )
    stage.edit("connection", url=url, events=["payment"], product_ids=["411530"])
    stage.sale()
    found, status = evidence()
    assert status == 2
    assert [(one["kind"], one["connection"]) for one in found["findings"]] == [("undeclared_connection", "old")]
    assert "the same sale may be counted twice" in operator("--evidence").output


def test_silence_counts_from_the_confirmation_on(stage: Stage) -> None:
    stage.click()
    found, status = evidence()
    assert (found["findings"], status) == ([], 0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trackform.operator.desk.datetime", LongAgo)
        assert operator("--confirm", "*", "--who", "ops").exit_code == 0
    found, status = evidence()
    assert status == 2
    assert [(one["kind"], one["connection"]) for one in found["findings"]] == [
        ("silent", "sales"),
        ("silent", "billing"),
    ]


def test_what_cannot_be_read_is_an_error_and_not_a_finding(stage: Stage) -> None:
    stage.control("faults", {"service": "redtrack", "path": "conversions", "effect": "html"})
    done = operator("--evidence")
    assert done.exit_code == 1
    assert "demo: RedTrack" in done.output
    other = operator("--evidence", "--list")
    assert other.exit_code == 1
    assert "call the verb again for the rest" in other.output


def test_the_log_of_another_account_proves_nothing(stage: Stage) -> None:
    file = Path("stacks/demo.yaml")
    file.write_text(file.read_text().replace("account: {", "account: {redtrack_user: 64f0aa, "))
    done = operator("--evidence")
    assert done.exit_code == 1
    assert "belongs to the RedTrack account 64f0aa" in done.output


def test_the_page_is_written_and_needs_no_network(stage: Stage, tmp_path: Path) -> None:
    stage.web.delete("/_control/requests")
    done = operator("--html", "steps.html")
    assert done.exit_code == 4
    assert "The page is steps.html" in done.output
    assert "postbacks/sales" in (tmp_path / "steps.html").read_text()
    assert operator("--confirm", "*", "--who", "ops", "--html", "steps.html").exit_code == 0
    assert "Nothing is open." in (tmp_path / "steps.html").read_text()
    file = Path("stacks/demo.yaml")
    file.write_text(file.read_text().replace("notify: ops@acme.test", "notify: it@acme.test"))
    assert operator("--html", "steps.html").exit_code == 4
    changed = (tmp_path / "steps.html").read_text()
    assert "Last confirmed: 20" in changed
    assert "by ops." in changed
    assert "<del>ops@acme.test</del><ins>it@acme.test</ins>" in changed
    refused = operator("--html", "no/such/folder/steps.html")
    assert refused.exit_code == 1
    assert "cannot be written" in refused.output
    assert stage.web.get("/_control/requests").json() == []


def test_the_log_stands_beside_each_step(stage: Stage) -> None:
    stage.sale()
    steps = for_machines(operator("--live", "--json").stdout)["steps"]
    said = {step["id"]: step["evidence"] for step in steps}
    nothing = "RedTrack's log: nothing seen in 30 days."
    assert said["postbacks/returns"] == said["conversion_types/upsell"] == nothing
    for seen in ("postbacks/sales", "conversion_types/initial_sale"):
        assert said[seen].startswith("RedTrack's log: last seen 20")
        assert said[seen].endswith(" UTC, 1 in 7 days.")
    assert said["traffic_channels/facebook"] == ""
    # Six types of which nothing was seen stand in one table, and say so once; two connections say it each.
    assert operator("--live", "--list").stdout.count(nothing) == 3
    assert "RedTrack's log" not in operator("--list").output
    walked = CliRunner().invoke(main, ["operator", "demo", "--live"], input="q\n")
    assert "RedTrack's log: last seen 20" in walked.stdout


def test_what_is_to_be_removed_and_still_arrives_is_seen(stage: Stage) -> None:
    stage.sale()
    assert operator("--confirm", "*", "--who", "ops").exit_code == 0
    file = Path("stacks/demo.yaml")
    file.write_text(file.read_text() + "postbacks: {billing: null}\n")
    (step,) = for_machines(operator("--live", "--json").stdout)["steps"]
    assert (step["id"], step["action"]) == ("postbacks/billing", "remove")
    assert step["evidence"].endswith(" UTC, 1 in 7 days.")


def test_a_type_that_is_missing_in_redtrack_is_no_proof_of_its_step(stage: Stage) -> None:
    (row,) = (
        one for one in stage.sandbox.store.rows(redtrack_account(REDTRACK_KEY), "conversion_type") if one["slot"] == 1
    )
    stage.edit("conversion_type", row["id"], name="Initial_Sale")
    stage.sale()
    steps = for_machines(operator("--live", "--json").stdout)["steps"]
    (told,) = (one["evidence"] for one in steps if one["id"] == "conversion_types/initial_sale")
    assert told.endswith(", 1 in 7 days, 1 of them counted as another type.")


def test_a_ledger_that_is_broken_is_told_with_its_line_on_the_live_list_as_well(stage: Stage) -> None:
    Path("stacks/demo.ledger.yaml").write_text("version: 2\n")
    done = operator("--live", "--list")
    assert done.exit_code == 1
    assert "stacks/demo.ledger.yaml:1: version 2 is not known here" in done.output


def test_a_log_that_cannot_be_understood_is_said(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.sale()
    monkeypatch.setattr(Logs, "conversions", lambda *_: [{"id": "1", "created_at": "some day"}])
    done = operator("--evidence")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "Error: demo: RedTrack's conversion log could not be read: " in done.stderr
