"""The doctor names connections that somebody made by hand: by the bridge's list, else by RedTrack's log."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.trackform.operator.test_by_hand import BY_HAND
from tests.trackform.operator.test_evidence_command import stage
from tests.trackform.reconcile.stage import ROOT, Stage
from trackform.cli import main
from trackform_core.no_api.ledger import LedgerEntry, ledger_of

__all__ = ["stage"]


def examined() -> str:
    done = CliRunner().invoke(main, ["doctor", "demo"])
    assert done.exit_code in (0, 2), done.output
    assert "canary" not in done.output
    lines = done.stdout.splitlines()
    (at,) = (number for number, line in enumerate(lines) if "connections by hand" in line)
    return " ".join(line.strip() for line in lines[at : at + 2])


def by_hand(stage: Stage) -> str:
    return stage.edit("connection", url=BY_HAND, events=["payment"], product_ids=["411530"])


def test_the_log_shows_what_has_no_marker(stage: Stage) -> None:
    assert examined().startswith(
        "unknown demo: connections by hand: RedTrack's log shows none in 30 days. That is no proof"
    )
    by_hand(stage)
    stage.sale()
    said = examined()
    assert said.startswith(
        "FIX     demo: connections by hand: RedTrack's log has 1 conversion without our marker (sub20"
    )
    assert "type initial_sale; offer keto-guide. Each sale may be booked twice" in said
    assert said.endswith("`trackform operator demo --live` says what to write into them")


def test_what_came_before_all_were_confirmed_may_be_replaced_by_now(stage: Stage) -> None:
    by_hand(stage)
    stage.sale()
    ledger, at = ledger_of("demo"), datetime.now(UTC) + timedelta(seconds=5)
    for name in ("sales", "returns"):
        ledger = ledger.with_entry(
            LedgerEntry(f"postbacks/tf.{name}", {"name": name}, f"{at:%Y-%m-%dT%H:%M:%SZ}", "Ann")
        )
    ledger.write()
    assert examined().startswith("FIX"), "one is not confirmed yet"
    ledger_of("demo").with_entry(confirmed("billing", at)).write()
    assert examined().startswith("unknown")
    stage.advance(minutes=5)
    stage.sale()
    assert examined().startswith("FIX"), "it is still there"


def confirmed(name: str, at: datetime) -> LedgerEntry:
    return LedgerEntry(f"postbacks/tf.{name}", {"name": name}, f"{at:%Y-%m-%dT%H:%M:%SZ}", "Ann")


def test_a_bridge_lists_them(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "bridge-key")
    config = (ROOT / "stacks" / "Pulumi.demo.yaml").read_text()
    Path("stacks/Pulumi.demo.yaml").write_text(config)
    assert examined().startswith("ok      demo: connections by hand: none fires for the products and order events")
    row = by_hand(stage)
    said = examined()
    assert "'sales': each payment is booked twice: somebody made a connection by hand" in said
    assert f"({row}, {BY_HAND}) -> remove it in Digistore24, under Account → S2S postback" in said


def test_a_file_that_books_nothing_has_nothing_to_double(stage: Stage) -> None:
    Path("stacks/bare.yaml").write_text("account: {currency: USD}\n")
    done = CliRunner().invoke(main, ["doctor", "bare"])
    assert "connections by hand" not in done.output


def test_a_log_that_cannot_be_read_is_told(stage: Stage) -> None:
    stage.control("faults", {"service": "redtrack", "effect": "status:403", "path": "conversions", "times": None})
    assert examined().startswith("FIX     demo: connections by hand: RedTrack: ")
