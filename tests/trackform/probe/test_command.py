"""The command: tables, several accounts, what is saved, and what it never does."""

import errno
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.trackform.probe.stage import ProbeStage, account
from trackform.flow.live_settings import SETTINGS, LiveFact
from trackform.policy import Policy, read_policy
from trackform.probe.accounts import Probed, contradictions
from trackform.probe.answer import Answer
from trackform.rules import rule_ids
from trackform_core.http import hosts

POLICY = Path("stacks/policy.yaml")


def written(text: str) -> None:
    POLICY.write_text(text, encoding="utf-8")


def saved() -> str:
    return POLICY.read_text(encoding="utf-8")


def test_it_only_reads(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    before = stage.control("accounts", {}, "GET")
    stage.probe()
    methods = {entry["method"] for entry in stage.sandbox.log.entries(service="redtrack")}
    functions = {entry["path"] for entry in stage.sandbox.log.entries(service="digistore24")}
    assert methods == {"GET"}
    assert functions <= {
        "/getUserInfo", "/ping", "/listTransactions", "/listProducts", "/listCommissions", "/listPurchases", "/ipnInfo",
    }  # fmt: skip
    assert stage.control("accounts", {}, "GET") == before
    assert not POLICY.exists()


def test_the_table_says_of_each_setting_how_it_is_known_or_what_it_takes(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    text = stage.probe().output
    assert re.search(r"refund_amount +negative +refunds and chargebacks: 1, 20\d\d-\d\d-\d\d +certain +20\d\d-", text)
    assert re.search(r"upsell_ids +open +it would take: an upsell in the log", text)
    assert re.search(r"demo: \d+ of 36 settings are answered", text)


def test_no_data_of_customers_is_shown(stage: ProbeStage) -> None:
    stage.declare()
    order = stage.sale()
    stage.follow("refund", order)
    shown = stage.probe().output + stage.probe("--json").output + stage.probe("--save").output + saved()
    clicks = {row["clickid"] for row in stage.conversions}
    transactions = {row["deduplicate_token"] for row in stage.conversions}
    amounts = {f"{abs(row['payout']):.2f}" for row in stage.conversions}
    for canary in {order, "keto-guide", "buyer@example.test", *clicks, *transactions, *amounts}:
        assert not re.search(rf"(?<![\w.]){re.escape(canary)}(?![\w.])", shown), canary


def test_without_a_terminal_there_is_no_progress(stage: ProbeStage) -> None:
    stage.declare()
    assert stage.probe().stderr == ""


def test_without_a_key_of_digistore24_the_rest_is_answered(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    stage.declare()
    monkeypatch.delenv("DIGISTORE24_API_KEY")
    answers = stage.answers()
    assert answers["empty_list"]["answer"] == "null"
    assert answers["refund_amount"]["evidence"] == "there is no key of Digistore24 for this stack"


def test_what_cannot_be_asked_is_open_and_says_why(stage: ProbeStage) -> None:
    stage.declare()
    stage.control("faults", {"service": "digistore24", "path": "ipnInfo", "effect": "status:403", "times": None})
    answer = stage.answers()["ipn_info_missing"]
    assert answer["answer"] is None
    assert answer["evidence"].startswith("could not be looked at: ")


def test_logs_that_cannot_be_read_are_asked_for_once(stage: ProbeStage) -> None:
    stage.declare()
    stage.control(
        "faults", {"service": "digistore24", "path": "listTransactions", "effect": "status:403", "times": None}
    )
    answers = stage.answers()
    assert answers["refund_amount"]["evidence"] == answers["upsell_ids"]["evidence"]
    assert len(stage.sandbox.log.entries(path="/listTransactions")) == 1


def test_a_key_that_is_not_taken_is_an_error(stage: ProbeStage) -> None:
    stage.declare()
    stage.control("keys/revoke", {"key": "canary-rt-0f1e2d3c4b"})
    done = stage.probe()
    assert done.exit_code == 1
    assert "is not accepted" in done.output


def test_a_key_of_another_account_is_refused(stage: ProbeStage) -> None:
    file = account()
    file["account"]["redtrack_user"] = "0123456789abcdef01234567"
    stage.declare(file)
    done = stage.probe()
    assert done.exit_code == 1
    assert "redtrack_user" in done.output


def test_signs_that_contradict_each_other_are_told(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    stage.switch(refund_amount="positive")
    stage.follow("refund", stage.sale())
    done = stage.probe("--save")
    assert done.exit_code == 2
    assert (
        "contradiction: refund_amount: demo shows negative 1 time and positive 1 time: "
        "the service does not always behave alike"
    ) in done.output
    assert "refund_amount" not in saved()


def two_accounts(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second stack whose account shows null where the first one shows an empty array."""
    stage.declare()
    Path("stacks/other.yaml").write_text(Path("stacks/demo.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    config = Path("stacks/Pulumi.demo.yaml").read_text(encoding="utf-8")
    Path("stacks/Pulumi.other.yaml").write_text(config, encoding="utf-8")
    monkeypatch.setenv("REDTRACK_API_KEY__OTHER", "canary-rt-other")
    stage.edit("network", stage.network, clickid="{cid}", sum="")
    other = {"kind": "network", "key": "canary-rt-other", "set": {"title": "digistore24"}}
    made = stage.control("webapp", other)["id"]
    stage.control("webapp", {**other, "id": made, "set": {"clickid": "cid"}})


def test_two_accounts_that_contradict_each_other_are_told(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    two_accounts(stage, monkeypatch)
    done = stage.probe("--all", "--save")
    assert done.exit_code == 2
    assert re.search(
        r"contradiction: clickid: demo shows with_braces \(macros of offer sources: 1, [\d-]+\), other shows "
        r"without_braces \(macros of offer sources: 1, [\d-]+\)",
        done.output,
    )
    assert "clickid" not in saved()
    assert "empty_list: {value" in saved()


COMMENTED = """\
# Ours.
rules: {}   # none
live: {}    # seen so far
#  put: merges
hosts: {}
"""


def test_saved_facts_have_lines_of_their_own_and_nothing_else_moves(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    written(COMMENTED)
    output = stage.probe("--save").output
    assert "saved: live.refund_amount in stacks/policy.yaml" in output
    kept = [line for line in saved().splitlines() if "value:" not in line and "redtrack/" not in line]
    assert kept == ["# Ours.", "rules: {}   # none", "live:    # seen so far", "#  put: merges", "hosts: {}", "",
                    "accounts:"]  # fmt: skip
    line = next(line for line in saved().splitlines() if "refund_amount" in line)
    assert re.fullmatch(
        r'  refund_amount: \{value: negative, seen: "20[\d-]+", '
        r'evidence: "demo: refunds and chargebacks: 1, 20[\d-]+"\}',
        line,
    )
    policy = read_policy(Path("stacks"), rule_ids())
    assert policy.live["refund_amount"] == "negative"
    (facts,) = policy.accounts.values()
    assert facts["log_time_zone"].value == "UTC+0000"
    assert "put" not in policy.facts


def test_saving_again_changes_nothing(stage: ProbeStage) -> None:
    stage.declare()
    stage.probe("--save")
    once = saved()
    assert "nothing to save" in stage.probe("--save").output
    assert saved() == once


def test_what_is_only_likely_is_not_saved(stage: ProbeStage) -> None:
    stage.switch(negative_sum="ignored", return_ids="own")
    file = account()
    file["postbacks"]["returns"] = {
        "events": ["refund"],
        "url": file["postbacks"]["returns"]["url"].replace("{transaction_id}", "{transaction_id}-{transaction_type}"),
    }
    stage.declare(file)
    stage.follow("refund", stage.sale())
    stage.advance(minutes=90)
    assert stage.answers("--save")["negative_sum"]["sure"] == "likely"
    assert "negative_sum" not in saved()


@pytest.mark.parametrize("entry", ["positive", "{value: positive, evidence: somebody said so}"])
def test_what_the_policy_says_otherwise_is_told_and_stays(stage: ProbeStage, entry: str) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    written(f"live:\n  refund_amount: {entry}  # by hand\n")
    done = stage.probe("--save")
    assert done.exit_code == 2
    assert "stacks/policy.yaml says live.refund_amount: positive, and demo shows negative" in done.output
    assert f"  refund_amount: {entry}  # by hand\n" in saved()


def test_what_the_policy_says_alike_gets_its_evidence(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    written("live:\n  refund_amount: negative  # by hand\n")
    assert stage.probe("--save").exit_code == 0
    assert re.search(r"^  refund_amount: \{value: negative, seen: .*\}  # by hand$", saved(), re.MULTILINE)


def test_what_has_aged_is_replaced(stage: ProbeStage) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    written("live:\n  refund_amount: {value: positive, seen: 2020-01-01}\n")
    assert stage.probe("--save").exit_code == 0
    assert read_policy(Path("stacks"), rule_ids()).live["refund_amount"] == "negative"


def test_a_file_that_cannot_be_edited_is_left_as_it_is(stage: ProbeStage) -> None:
    stage.declare()
    text = "rules: {}\n...\n"
    written(text)
    done = stage.probe("--save")
    assert done.exit_code == 1
    assert "Nothing is saved" in done.output
    assert saved() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing yet\n",
        "live:\n  put: merges\n\nlimits: {}\n# end\n",
        "accounts:\n  redtrack/other: {page_cap: 7}\n",
        "live: {put: merges}\n",
        "live: null\n# end\n",
        "live: ~  # none\nrules: {}\n",
        "rules: {}\r\nlive: {}\r\n# end\r\n",
        "\ufeffrules: {}\n",
    ],
)
def test_whatever_the_file_looks_like_the_rest_of_it_stays(stage: ProbeStage, text: str) -> None:
    stage.declare()
    stage.follow("refund", stage.sale())
    POLICY.write_bytes(text.encode())
    assert stage.probe("--save").exit_code == 0
    after = POLICY.read_bytes().decode()
    assert after.count("\r\n") in (0, after.count("\n"))
    kept = iter(after.splitlines())
    for line in text.replace(" null", "").replace(" ~", "").splitlines():
        assert any(line.replace(" {}", "").replace("}", "") in other for other in kept), line
    policy = read_policy(Path("stacks"), rule_ids())
    assert policy.live["refund_amount"] == "negative"
    assert policy.facts.get("put", None) == (LiveFact("merges") if "merges" in text else None)


@pytest.mark.parametrize(
    ("fault", "said"),
    [("read-only", "is read-only: nothing is saved. Make it writable"),
     ("full", "cannot be written: No space left on device. Nothing is saved")],
)  # fmt: skip
def test_what_cannot_be_saved_is_shown_all_the_same(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch, fault: str, said: str
) -> None:
    stage.declare()
    written("# ours\n")
    if fault == "read-only":
        POLICY.chmod(0o444)
    else:

        def full(*_arguments: object) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr("trackform.probe.save.atomic.write", full)
    done = stage.probe("--save")
    assert done.exit_code == 1
    assert "of 36 settings are answered" in done.stdout
    assert f"Error: stacks/policy.yaml {said}" in done.stderr
    assert "saved" not in done.stdout
    assert saved() == "# ours\n"


def test_a_link_stays_one(stage: ProbeStage, tmp_path: Path) -> None:
    stage.declare()
    (tmp_path / "theirs.yaml").write_text("# theirs\n", encoding="utf-8")
    POLICY.symlink_to(tmp_path / "theirs.yaml")
    assert stage.probe("--save").exit_code == 0
    assert POLICY.is_symlink()
    assert saved().startswith("# theirs\n\nlive:\n")


def test_an_account_that_cannot_be_looked_at_leaves_the_others(
    stage: ProbeStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_accounts(stage, monkeypatch)
    stage.control("keys/revoke", {"key": "canary-rt-other"})
    done = stage.probe("--all", "--save")
    assert done.exit_code == 1
    assert "demo: " in done.stdout
    assert "saved: live.clickid in stacks/policy.yaml" in done.stdout
    assert "Error: other: RedTrack: the API key from the environment variable REDTRACK_API_KEY__OTHER" in done.stderr
    document = json.loads(stage.probe("--all", "--json").stdout)
    assert document["stacks"].keys() == {"demo"}
    assert "is not accepted" in document["not_looked_at"]["other"]


def test_a_row_that_nobody_can_read_leaves_the_rest(stage: ProbeStage) -> None:
    stage.declare(expires=30)
    stage.follow("refund", stage.sale())
    for row in stage.conversions:
        stage.put(row, track_time="soon")
    answers = stage.answers()
    assert answers["expiration_unit"]["evidence"].startswith("could not be looked at: an answer could not be read: ")
    assert answers["refund_amount"]["answer"] == "negative"


def test_two_stacks_of_one_account_that_contradict_each_other_are_told() -> None:
    answers = [Probed(stack, "redtrack/1", [Answer(name, value, "1", "certain") if name == "page_cap" else Answer(name)
                                            for name in SETTINGS])
               for stack, value in (("a", "50"), ("b", "100"))]  # fmt: skip
    (told,) = contradictions(answers, Policy())
    assert str(told).startswith("page_cap: a shows 50 (1), b shows 100 (1). ")
    assert contradictions([answers[0], replace(answers[1], account="redtrack/2")], Policy()) == []


def test_what_a_sandbox_answers_is_shown_and_never_saved(stage: ProbeStage, monkeypatch: pytest.MonkeyPatch) -> None:
    """It says what somebody switched it to: proofs of live accounts must not rest on that."""
    two_accounts(stage, monkeypatch)
    monkeypatch.setattr("trackform.commands.probe.is_loopback", hosts.is_loopback)
    written("# ours\nmax_age: 30\n")
    done = stage.probe("--all", "--save")
    assert done.exit_code == 0
    assert "contradiction" not in done.output
    assert "demo is a sandbox on this machine: what it answers is not saved" in done.output
    assert "with_braces" in done.output
    assert saved() == "# ours\nmax_age: 30\n"
