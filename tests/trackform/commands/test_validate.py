"""trackform validate: findings, the flow matrix, exit statuses, and how much work it is."""

import shutil
import subprocess
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.cli import main

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["validate", *arguments])


def change(project: Path, old: str, new: str) -> None:
    path = project / "stacks/shared/digistore24.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_warnings_alone_are_fine(project: Path) -> None:
    done = call("demo")
    assert done.exit_code == 0
    assert "cannot be proved on negative_sum=ignored" in done.stderr

    strict = call("demo", "--strict")
    assert (strict.exit_code, strict.stderr) == (2, done.stderr)


def test_what_was_seen_on_the_live_service_is_taken_as_given(project: Path) -> None:
    (project / "stacks/policy.yaml").write_text(
        "live: {refund_amount: negative, negative_sum: booked, return_ids: own, upsell_ids: own, zero_sum: booked}\n"
    )
    for done in (call("demo"), call("demo", "--strict")):
        assert (done.exit_code, done.stdout, done.stderr) == (0, "demo: 16 objects, no mistakes\n", "")


def test_an_error_has_exit_status_2(project: Path) -> None:
    change(project, "type: billing_type, sum: 0", "type: billing_type")
    done = call("demo")
    assert done.exit_code == 2
    assert "stacks/shared/digistore24.yaml:28: error: postbacks.billing.sum: payment of product 411530" in done.stderr
    assert "[sum-once]" in done.stderr
    url = next(line.strip() for line in done.stderr.splitlines() if line.strip().startswith("http"))
    assert "    " + " " * url.index("sum=") + "^^^^^" in done.stderr
    (project / "stacks/policy.yaml").write_text("rules: {sum-once: warning, booked: off, told: off}\n")
    assert call("demo").exit_code == 0


def test_findings_for_machines(project: Path) -> None:
    change(project, "type: billing_type, sum: 0", "type: billing_type")
    told = for_machines(call("demo", "--json").stdout)
    (one,) = [row for row in told["findings"] if row["severity"] == "error"]
    assert (one["rule"], one["line"], one["stack"]) == ("sum-once", 28, "demo")
    assert one["url"][one["start"] : one["end"]] == one["part"] == "sum={amount_affiliate}"


def test_a_mistake_in_the_policy(project: Path) -> None:
    (project / "stacks/policy.yaml").write_text("rules: {sum-onc: off}\n")
    done = call("demo")
    assert done.exit_code == 1
    assert "stacks/policy.yaml:1: rules.sum-onc: there is no such rule" in done.stderr


def test_two_stacks_of_one_account(project: Path) -> None:
    text = (project / "stacks/demo.yaml").read_text()
    (project / "stacks/other.yaml").write_text(text)
    done = call("--all")
    assert done.exit_code == 2
    assert "stack 'demo' has connections of the same Digistore24 affiliate acme [shared-account]" in done.stderr


def test_the_matrix(project: Path) -> None:
    done = call("demo", "--matrix")
    assert done.exit_code == 0
    assert "keto-guide" in done.stdout
    rows = for_machines(call("demo", "--matrix", "--format", "json").stdout)["matrix"]["demo"]
    by_name = {row["sequence"]: row for row in rows}
    sale = by_name["sale, several upsells"]
    assert sale["types"] == {"initial_sale": 1, "single_payment": 3, "upsell": 2}
    assert sale["total"] == sale["expected"]
    assert (by_name["test order"]["verdict"], by_name["sale, refund"]["verdict"]) == ("proved", "cannot be proved")
    # All of it where it is known how the live services behave.
    known = "refund_amount: negative, negative_sum: booked, return_ids: own, upsell_ids: own, zero_sum: booked"
    (project / "stacks/policy.yaml").write_text(f"live: {{{known}}}\n")
    rows = for_machines(call("demo", "--matrix", "--format", "json").stdout)["matrix"]["demo"]
    assert {row["verdict"] for row in rows} == {"proved"}
    assert by_name["test order"]["conversions"] == 0
    told = call("demo", "--matrix", "--format", "markdown").stdout.splitlines()
    assert told[0] == "## demo"
    assert told[2].startswith("| product | sequence |")
    assert len({line.count("|") for line in told[2:] if line}) == 1


def test_the_matrix_shows_every_cell_however_much_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Types that channels are told by default make the widest column there is.
    forward = "single_payment: {slot: 5, duplicates: by_event_id, forward: none}"
    change(project, forward, forward.replace(", forward: none", ""))
    rows = for_machines(call("demo", "--matrix", "--json").stdout)["matrix"]["demo"]
    for terminal in (False, True):
        if terminal:
            monkeypatch.setenv("FORCE_COLOR", "1")
            monkeypatch.setenv("COLUMNS", "100")
        told = call("demo", "--matrix").stdout
        assert "…" not in told
        for row in rows:
            assert row["total"] in told
            assert row["verdict"].partition(" ")[0] in told


def test_the_matrix_is_not_silent_about_what_is_wrong_beside_it(project: Path) -> None:
    change(project, "type: billing_type, sum: 0", "type: billing_type")
    for form in ("table", "markdown"):
        done = call("demo", "--matrix", "--format", form)
        assert (done.exit_code, "[sum-once]" in done.stderr, "sum-once" in done.stdout) == (2, True, False)
    done = call("demo", "--matrix", "--json")
    told = for_machines(done.stdout)
    assert (done.exit_code, list(told), done.stderr) == (2, ["matrix", "findings"], "")
    assert "sum-once" in {row["rule"] for row in told["findings"]}
    assert for_machines(call("demo", "--matrix", "--format", "json").stdout) == told


def big(project: Path, offers: int) -> None:
    """An account of offers of a product each, with a funnel and a campaign for each."""
    lines = [
        "extends: [shared/digistore24.yaml]", "account: {currency: USD}", "domains: {main: track.acme.test}",
        "traffic_channels: {facebook: {preset: facebook}}",
        "digistore24: {affiliate: acme, currency: USD, notify: ops@acme.test}", "products:",
        *(f"  p{n}: {{id: {500000 + n}, upsells: [{600000 + n}, {700000 + n}], guarantee: {n}d}}"
          for n in range(offers)),
        # None is worth what a payment brings: that one would be proved by itself.
        "offers:", *(f"  p{n}: {{payout: {n}.25}}" for n in range(offers)),
        "funnels:", *(f"  f{n}: {{offers: {{p{n}: 100}}}}" for n in range(offers)),
        "campaigns:", *(f"  c{n}: {{channel: facebook, funnel: f{n}}}" for n in range(offers)),
    ]  # fmt: skip
    (project / "stacks/big.yaml").write_text("\n".join(lines) + "\n")


def calls(project: Path, offers: int) -> int:
    """How many calls of Python functions it takes to validate so many offers with all that belongs to them."""
    big(project, offers)
    count = 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(counted)
    try:
        done = call("big")
    finally:
        sys.setprofile(None)
    assert done.stdout == f"big: {3 * offers + 13} objects, no mistakes, 3 warnings\n"
    return count


def test_four_times_as_many_objects_are_at_most_four_times_the_work(project: Path) -> None:
    """Nothing is compared with everything: it stays quick, however many there are."""
    calls(project, 5)  # What is read and kept once.
    few, many = calls(project, 25), calls(project, 100)
    assert many < 4 * few


HEAVY = ("pulumi", "grpc", "flask", "waitress")


def test_what_validate_does_not_need_is_not_loaded(project: Path) -> None:
    """Loading it takes longer than checking a thousand objects."""
    script = (
        "import sys; from trackform.cli import main; main(['validate', 'demo'], standalone_mode=False); "
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
