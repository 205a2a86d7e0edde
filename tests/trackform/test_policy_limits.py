"""The limits and hosts in stacks/policy.yaml, which count in every run."""

from pathlib import Path

import pytest

from trackform.documents.problems import Problems
from trackform.policy import Policy, read_policy
from trackform.rules import rule_ids
from trackform_core.guard.limits import DEFAULTS, Limit

ROOT = Path(__file__).resolve().parents[2]
OFFERS = "limits: {offers: {delete: {percent: 5, objects: 3}, update: {percent: 0}}, all: {recreate: {objects: 1}}}\n"


def test_without_a_file_every_kind_has_the_defaults(tmp_path: Path) -> None:
    by_kind = read_policy(tmp_path, rule_ids()).limits_by_kind()
    assert len(by_kind) == 11
    for limits in by_kind.values():
        assert limits == {name: {"percent": each.percent, "objects": each.objects} for name, each in DEFAULTS.items()}


def test_what_is_written_counts_and_the_rest_is_the_default(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(OFFERS)
    policy = read_policy(tmp_path, rule_ids())
    assert policy.limits["offers"] == {"delete": Limit(5, 3), "update": Limit(0, DEFAULTS["update"].objects)}
    assert policy.limits_by_kind()["offer"]["recreate"] == {"percent": DEFAULTS["recreate"].percent, "objects": 1}


def test_the_projects_own_policy_tells_the_defaults_as_they_are(tmp_path: Path) -> None:
    """Its comments: whoever takes the marks away gets what counts anyway."""
    text = (ROOT / "stacks" / "policy.yaml").read_text()
    limits = text[text.index("limits: {}") :].replace("limits: {}", "limits:").replace("#", "", 1)
    told = "\n".join(line.split("#")[1] if line.startswith("#") else line for line in limits.splitlines())
    (tmp_path / "policy.yaml").write_text(told)
    policy = read_policy(tmp_path, rule_ids())
    assert policy.limits["all"] == DEFAULTS
    assert policy.limits["campaigns"] == {"delete": Limit(10, DEFAULTS["delete"].objects)}


def test_the_policy_that_the_environment_names_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In CI it is the base branch's: a change cannot raise its own limit, nor switch a rule off."""
    (tmp_path / "policy.yaml").write_text(
        "limits: {all: {delete: {percent: 100, objects: 9999}}}\nrules: {event-id: off}\n"
    )
    base = tmp_path / "base.yaml"
    base.write_text(OFFERS)
    monkeypatch.setenv("TRACKFORM_POLICY", str(base))
    assert read_policy(tmp_path, rule_ids()).limits_by_kind()["offer"]["delete"] == {"percent": 5, "objects": 3}
    assert read_policy(tmp_path, rule_ids()).rules == {}
    base.write_text("")
    assert read_policy(tmp_path, rule_ids()) == Policy()


def test_every_mistake_at_once(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "limits:\n  ofers: {}\n  offers:\n    delte: {}\n    delete: 3\n    update: {percent: 130}\n"
        "    recreate: {objects: -1, per: 2}\n  campaigns: 5\n"
    )
    with pytest.raises(Problems) as raised:
        read_policy(tmp_path, rule_ids())
    told = [(one.line, one.where, one.message) for one in raised.value.problems]
    assert told == [
        (2, "limits.ofers", "there is no such section"),
        (4, "limits.offers.delte", "there is no such limit"),
        (5, "limits.offers.delete", "must be a map"),
        (6, "limits.offers.update.percent", "must be a number from 0 to 100 (got 130)"),
        (7, "limits.offers.recreate.objects", "must be a whole number from 0 on (got -1)"),
        (7, "limits.offers.recreate.per", "unknown key"),
        (8, "limits.campaigns", "must be a map"),
    ]


def test_every_mistake_of_the_hosts_at_once(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "hosts:\n  redtrak: [a.test]\n  redtrack: a.test\n  bridge:\n    - https://a.test\n    - '*.a.test'\n"
        "    - a.test.\n    - b.test:8443\n"
    )
    with pytest.raises(Problems) as raised:
        read_policy(tmp_path, rule_ids())
    told = [(one.line, one.where, one.message.partition(":")[0]) for one in raised.value.problems]
    assert told == [
        (2, "hosts.redtrak", "there is no such service"),
        (3, "hosts.redtrack", "must be a list of hosts"),
        (5, "hosts.bridge[0]", "'https"),
        (6, "hosts.bridge[1]", "'*.a.test' is no host"),
        (7, "hosts.bridge[2]", "a.test. ends with a dot"),
    ]


def test_hosts_are_kept_as_they_are_compared(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("hosts: {bridge: [B.test, 'c.test:443', 10.0.0.1:8443], redtrack: []}\n")
    policy = read_policy(tmp_path, rule_ids())
    assert policy.hosts == {"bridge": ("b.test", "c.test", "10.0.0.1:8443"), "redtrack": ()}
