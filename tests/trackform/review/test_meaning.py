"""What a change of the files means for the money, for the rules, and for other stacks."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.trackform.review.conftest import DATA, recorded, step
from trackform.account_file.compose import Composition, compose
from trackform.account_file.models import read_account
from trackform.cli import main
from trackform.policy import read_policy
from trackform.preview.plan import read_plan
from trackform.review.judge import judge
from trackform.review.meaning import Files, loosened
from trackform.review.model import Review
from trackform.rules import rule_ids
from trackform_core.model.messages import marked

REPOSITORY = Path(__file__).parents[3]
ACCOUNT = """\
extends: [shared/digistore24.yaml]
account: {currency: USD}
domains: {main: track.acme.test}
traffic_channels: {facebook: {preset: facebook}}
digistore24: {affiliate: acme, currency: USD}
offers: {keto-guide: {countries: [DE]}}
"""
BROKEN = ACCOUNT + "postbacks: {returns: {sum: 0}}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project in git, at the commit that everything is compared with."""
    shared = tmp_path / "stacks" / "shared"
    shared.mkdir(parents=True)
    shared.joinpath("digistore24.yaml").write_text((REPOSITORY / "stacks/shared/digistore24.yaml").read_text())
    tmp_path.joinpath("stacks/demo.yaml").write_text(ACCOUNT)
    tmp_path.joinpath("stacks/policy.yaml").write_text("limits: {offers: {delete: {percent: 5}}}\n")
    who = ["-c", "user.name=t", "-c", "user.email=t@acme.test", "-c", "init.defaultBranch=main"]
    for command in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "base"]):
        subprocess.run(["git", *who, *command], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TRACKFORM_POLICY", raising=False)
    return tmp_path


def composed(text: str, folder: Path) -> Composition:
    path = folder / "stacks" / "tried.yaml"
    path.write_text(text)
    return compose(read_account(path))


def judged(name: str, files: Files) -> Review:
    return judge(read_plan(recorded(name), "demo"), files)


def money(review: Review) -> list[str]:
    return [one.reason for one in review.dangers if one.kind == "money"]


def test_booked_payouts_that_would_no_longer_equal_commissions(project: Path) -> None:
    good, bad = composed(ACCOUNT, project), composed(BROKEN, project)
    (said,) = money(judged("clean", Files(composition=bad, base=good)))
    assert said == (
        "booked payouts are not the earned commissions: keto-guide [sale, refund]: after the refund 47.00 is booked, "
        "0.00 is earned, and 14 more sequences. See `trackform validate --matrix`"
    )
    assert money(judged("clean", Files(composition=bad, base=bad))) == [], "it was so before this change"
    assert money(judged("clean", Files(composition=good, base=bad))) == []
    assert judged("clean", Files(composition=bad, base=good)).verdict == "differs", (
        "a finding, though nothing is written"
    )


def test_what_can_no_longer_be_proved_for_want_of_knowledge(project: Path) -> None:
    """A field of which nobody knows what it does: told when it comes, not while it stays."""
    open_ = composed(ACCOUNT + "offer_sources: {digistore24: {postback_status: pending}}\n", project)
    good = composed(ACCOUNT, project)
    (said,) = money(judged("clean", Files(composition=open_, base=good)))
    assert said == (
        "it is no longer proved that booked payouts are the earned commissions: keto-guide [test order]: "
        "offer_sources.digistore24 sets postback_status (pending): its values and what they do are not published. See "
        "`trackform validate --matrix`"
    ), "all else was open before"
    assert money(judged("clean", Files(composition=open_, base=open_))) == []


def test_a_fault_stays_one_whatever_the_product_is_called_beside_other_offers(project: Path) -> None:
    """Another offer of the product gives the first one's proof another name, and is no fault of this change."""
    again = "offers: {again: {product: keto-guide, default_conversion_status: pending}, "
    more = composed(BROKEN.replace("offers: {", again), project)
    said = money(judged("clean", Files(composition=more, base=composed(BROKEN, project))))
    assert [one.partition(" [sale")[0].rpartition(": ")[2] for one in said] == ["keto-guide (offer again)"]


def test_without_a_base_only_a_change_that_touches_the_money_is_judged(project: Path) -> None:
    bad = composed(BROKEN, project)
    assert money(judged("dangerous", Files(composition=bad)))
    assert money(judged("clean", Files(composition=bad))) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("", "rules: {booked: off}", ["rule booked counts as off, no longer as error"]),
        ("rules: {told-rebill: error}", "", ["rule told-rebill counts as warning, no longer as error"]),
        ("", "live: {negative_sum: booked}", ["live.negative_sum is taken as booked: proofs no longer try the other"]),
        ("", "new_campaigns: running", ["new campaigns run before their connections are confirmed: their clicks may"]),
        ("new_campaigns: running", "new_campaigns: running", []), ("new_campaigns: running", "", []),
        ("limits: {offers: {delete: {percent: 5}}}", "limits: {offers: {delete: {percent: 6}}}",
         ["the limit delete.percent goes from 5 up to 6 for offers"]),
        ("limits: {offers: {delete: {percent: 5}}}", "", ["the limit delete.percent goes from 5 up to 20 for offers"]),
        ("", "limits: {all: {update: {objects: 500}}}",
         ["the limit update.objects goes from 100 up to 500 for all kinds"]),
        ("", "limits: {all: {update: {objects: 50}}}", []),
        ("rules: {unproven: off}", "rules: {unproven: error}", []),
    ],
)  # fmt: skip
def test_a_policy_that_is_loosened(tmp_path: Path, old: str, new: str, said: list[str]) -> None:
    policies = []
    for text in (old, new):
        (tmp_path / "policy.yaml").write_text(text + "\n")
        policies.append(read_policy(tmp_path, rule_ids(), named=False))
    found = [one.reason for one in loosened(Files(base_policy=policies[0], policy=policies[1]))]
    assert len(found) == len(said)
    assert all(reason.startswith(start) for reason, start in zip(found, said, strict=True))


def test_an_object_that_another_stack_declares_is_taken_over(project: Path) -> None:
    other = composed(ACCOUNT.replace("keto-guide: {", "there: {product: keto-guide, "), project)
    review = judged("taken_over", Files(composition=composed(ACCOUNT, project), others={"beta": other}))
    (danger,) = [one for one in review.dangers if one.kind == "other-stack"]
    assert (danger.about, danger.reason) == (
        "offers/there", "is taken over, and stack beta declares it as well: both would write it"
    )  # fmt: skip
    pinned = [
        composed(text.replace("currency: USD}\nd", f"currency: USD, redtrack_user: {n * 24}}}\nd", 1), project)
        for n, text in (("a", ACCOUNT), ("b", ACCOUNT.replace("keto-guide: {", "there: {product: keto-guide, ")))
    ]
    review = judged("taken_over", Files(composition=pinned[0], others={"beta": pinned[1]}))
    assert not [one for one in review.dangers if one.kind == "other-stack"], "another account's object of that name"
    both = Files(composition=pinned[0], others={"beta": pinned[1], "gamma": other})
    (danger,) = [one for one in judged("taken_over", both).dangers if one.kind == "other-stack"]
    assert "stack gamma declares it as well" in danger.reason


def test_a_mark_of_another_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    data: Any = recorded("taken_over")
    said = "offer 'there': 12ab carries the mark of stack beta in its notes. Refer to it with `existing` instead"
    step(data, "Offer/there")["newState"]["inputs"]["refused"] = [marked("marked-elsewhere", said)]
    review = judge(read_plan(data, "demo"))
    assert [one.reason for one in review.dangers if one.kind == "other-stack"] == [said]
    monkeypatch.setenv("TRACKFORM_ALLOW", "take-over:offer/there")
    review = judge(read_plan(recorded("taken_over"), "demo"))
    assert [one.about for one in review.dangers if one.kind == "other-stack"] == ["offers/there"]


def run(*arguments: str, **environment: str) -> tuple[int, str]:
    saved = ["--preview", str(DATA / "clean.json")]
    done = CliRunner().invoke(main, ["review", "demo", *saved, *arguments], env=environment)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.output
    return done.exit_code, done.output


def commit(project: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=project, check=True)
    who = ["-c", "user.name=t", "-c", "user.email=t@acme.test"]
    subprocess.run(["git", *who, "commit", "-q", "-m", "another"], cwd=project, check=True)


def test_the_base_branch_is_read_from_git(project: Path) -> None:
    _, said = run("--base", "HEAD")
    assert "DANGER" not in said
    (project / "stacks/policy.yaml").write_text("rules: {booked: off}\n")
    (project / "stacks/demo.yaml").write_text(BROKEN)
    status, said = run("--base", "HEAD")
    assert status == 1, "another rule notices it as well"
    assert said.startswith("demo: REFUSED, 3 dangers"), said
    assert "stacks/policy.yaml: rule booked counts as off, no longer as error" in said
    assert "stacks/policy.yaml: the limit delete.percent goes from 5 up to 20 for offers" in said
    assert "postbacks: booked payouts are not the earned commissions" in said
    status, said = run("--base", "no-such-branch")
    assert status == 1
    assert "Error: git cannot read no-such-branch: " in said
    assert "git fetch origin" in said


def test_a_base_branch_with_a_link_out_of_the_project_is_told(project: Path) -> None:
    (project / "stacks" / "elsewhere.yaml").symlink_to("/elsewhere.yaml")
    commit(project)
    status, said = run("--base", "HEAD")
    assert status == 1
    assert "Error: HEAD cannot be read: 'stacks/elsewhere.yaml' is a link to an absolute path" in said


def test_a_policy_that_ci_names_does_not_hide_that_the_branchs_own_is_looser(project: Path, tmp_path: Path) -> None:
    base = tmp_path / "base-policy.yaml"
    base.write_text("rules: {}\n")
    (project / "stacks/policy.yaml").write_text("rules: {booked: off}\n")
    _, said = run(TRACKFORM_POLICY=str(base))
    assert "rule booked counts as off, no longer as error" in said
    assert "Whether a service has another address, or the money was right before: name the branch" in said


STACK = "config:\n  trackform:redtrackUrl: {}\n  trackform:digistore24Url: http://sandbox.test\n"


@pytest.mark.parametrize("default", ["{type: string, default: 'URL'}", "{value: 'URL'}", "URL"])
@pytest.mark.parametrize("name", ["bridgeUrl", "trackform:bridgeUrl"])
def test_another_address_than_on_the_base_branch(project: Path, name: str, default: str) -> None:
    """It may stand in the stack's settings or be the project's default; the saved preview tells what counts now."""

    def base(of_stack: str, of_project: str) -> str:
        (project / "stacks/Pulumi.demo.yaml").write_text(STACK.format(of_stack))
        (project / "Pulumi.yaml").write_text(
            f"name: trackform\nconfig:\n  {name}: {default.replace('URL', of_project)}\n"
        )
        commit(project)
        return run("--base", "HEAD")[1]

    assert "DANGER" not in base("http://sandbox.test", "http://sandbox.test")
    said = base("https://api.redtrack.io", "http://sandbox.test")
    assert "trackform:redtrackUrl: goes from https://api.redtrack.io to http://sandbox.test" in said
    said = base("http://sandbox.test", "https://bridge.test")
    assert "demo: 1 DANGER" in said
    assert "trackform:bridgeUrl: goes from https://bridge.test to http://sandbox.test" in said


def test_a_policy_that_allows_another_host_is_looser(project: Path) -> None:
    old, new = project / "old", project / "new"
    for folder, text in (
        (old, "hosts: {bridge: [a.test], redtrack: [b.test]}\n"), (new, "hosts: {bridge: [A.test, b.test:8443]}\n"),
    ):  # fmt: skip
        folder.mkdir()
        (folder / "policy.yaml").write_text(text)
    before, after = (read_policy(folder, rule_ids()) for folder in (old, new))
    assert [one.reason for one in loosened(Files(policy=after, base_policy=before))] == [
        "hosts.bridge allows b.test:8443: the key may be sent there"
    ]
    assert [one.reason for one in loosened(Files(policy=before, base_policy=after))] == [
        "hosts.redtrack allows b.test: the key may be sent there"
    ]


def test_a_pin_that_is_another_one_or_none() -> None:
    data = recorded("clean")
    (at,) = (each for each in data["steps"] if "trackform:Account::" in each["urn"] and each["op"] != "refresh")
    inputs = at["newState"]["inputs"]

    def told(before: str | None, after: str | None) -> list[str]:
        at["oldState"] = {"inputs": {**inputs, "redtrack_user": before}}
        at["newState"] = {"inputs": {**inputs, "redtrack_user": after}}
        review = judge(read_plan(data, "demo"))
        return [each.reason for each in review.dangers if (each.kind, each.about) == ("protection", "account")]

    (said,) = told("u1", "u2")
    assert said.startswith("account.redtrack_user goes from u1 to u2: ")
    (said,) = told("u1", None)
    assert said.startswith("account.redtrack_user no longer says u1: ")
    assert told("u1", "u1") == told(None, "u1") == told(None, None) == []
