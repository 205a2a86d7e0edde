"""What an earlier version was given is read for ever: account files, policy and ledger of each released form.

``tests/data/released/<version>`` is written once, with the release whose form it is, and never again. The states of
that form are in ``tests/data/state``. What later versions add to an object may stand beside what it was composed to.
"""

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from trackform.cli import main
from trackform.policy import read_policy
from trackform_core.no_api.ledger import ledger_of

FORMS = sorted((Path(__file__).parents[1] / "data" / "released").iterdir())


@pytest.fixture(params=FORMS, ids=lambda path: path.name)
def project(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(request.param, tmp_path / "project")
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def holds(now: Any, then: Any) -> bool:
    """Whether all that was there is there; of a map, more may be."""
    if isinstance(then, dict):
        return isinstance(now, dict) and all(key in now and holds(now[key], item) for key, item in then.items())
    return bool(now == then)


def test_there_is_the_form_of_today() -> None:
    assert [path.name for path in FORMS] == ["0.1"]


def test_its_account_files_ask_for_the_same(project: Path) -> None:
    done = CliRunner().invoke(main, ["render", "--all", "--json"])
    assert done.exit_code == 0, done.output
    now, then = json.loads(done.stdout), json.loads((project / "rendered.json").read_text(encoding="utf-8"))
    assert now.keys() == then.keys()
    for stack, sections in then.items():
        for section, objects in sections.items():
            for name, fields in objects.items():
                assert holds(now[stack][section][name], fields), f"{stack}: {section}.{name}"
        assert {section: list(objects) for section, objects in now[stack].items()} == {
            section: list(objects) for section, objects in sections.items()
        }  # fmt: skip


def test_its_policy_says_what_it_said(project: Path) -> None:
    policy = read_policy(project / "stacks", ["told-rebill", "unproven"], today=date(2026, 11, 27))
    assert policy.rules == {"told-rebill": "off", "unproven": "error"}
    assert {name: fact.value for name, fact in policy.facts.items()} == {
        "return_ids": "own", "refund_amount": "negative",
    }  # fmt: skip
    assert {name: list(facts) for name, facts in policy.accounts.items()} == {
        "redtrack/5f0c1d2e3b4a59687766554f": ["page_cap", "post_networks"],
    }  # fmt: skip
    assert (policy.new_campaigns, policy.hosts["bridge"]) == ("running", ("bridge.example.com",))
    assert policy.limits_by_kind()["campaign"]["delete"]["percent"] == 10


def test_its_ledger_counts(project: Path) -> None:
    """An entry that does not fit its fingerprint would be refused."""
    ledger = ledger_of("demo", project / "stacks")
    entries = yaml.safe_load(ledger.file.read_text(encoding="utf-8"))
    assert ledger.entries.keys() == entries.keys() - {"version"}
    assert {key: entry.fingerprint for key, entry in ledger.entries.items()} == {
        key: entry["fingerprint"] for key, entry in entries.items() if key != "version"
    }  # fmt: skip
    done = CliRunner().invoke(main, ["operator", "demo", "--list"])
    assert (done.exit_code, "Nothing is open in demo" in done.output) == (0, True), done.output
