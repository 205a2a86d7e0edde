"""Each line of the doctor against the sandbox: what is right, what is wrong, and what only a write would tell."""

import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import yaml
from click.testing import CliRunner, Result

from tests.machines import for_machines
from trackform.cli import main
from trackform.commands import doctor
from trackform.doctor.check_result import CheckResult
from trackform.doctor.names import names
from trackform.doctor.tools import tools
from trackform.project import live
from trackform.sandbox import webapp
from trackform.sandbox.accounts import digistore24_account, redtrack_account
from trackform.sandbox.app import create_app
from trackform.sandbox.digistore24.catalog import Catalog
from trackform.sandbox.switches import Switches
from trackform_core.errors import TrackformError
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.no_api.ledger import ledger_of

ROOT = Path(__file__).parents[3]
REDTRACK_KEY = "canary-redtrack-key"
DIGISTORE24_KEY = "123456-canary"
USER = redtrack_account(REDTRACK_KEY)
VENDOR = digistore24_account(DIGISTORE24_KEY)
CONFIG = """config:
  trackform:redtrackUrl: http://127.0.0.1/redtrack
  trackform:digistore24Url: http://127.0.0.1/digistore24/api/call
"""


class Clinic:
    """The project in a folder of its own, with a sandbox of both services."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "stacks" / "demo.yaml"
        self.config = folder / "stacks" / "Pulumi.demo.yaml"
        self.sandbox_app = create_app(switches=Switches())
        self.sandbox = self.sandbox_app.extensions["sandbox"]

    def edit(self, old: str, new: str) -> None:
        text = self.file.read_text(encoding="utf-8")
        assert old in text
        self.file.write_text(text.replace(old, new, 1), encoding="utf-8")

    def make(self, kind: str, **fields: Any) -> None:
        webapp.edit(self.sandbox, webapp.Edit(kind=kind, key=REDTRACK_KEY, set=fields))

    def run(self, *arguments: str) -> Result:
        return CliRunner().invoke(main, ["doctor", "demo", *arguments])

    def lines(self, *arguments: str, status: int | None = None) -> dict[str, dict[str, str]]:
        """Topic -> line."""
        done = self.run("--json", *arguments)
        assert "canary" not in done.output
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        told = for_machines(done.stdout)
        assert done.exit_code == (2 if told["to_fix"] else 0)
        assert status in (None, done.exit_code), done.stdout
        return {line["topic"]: line for line in told["lines"]}

    def asked(self, function: str) -> int:
        return sum(str(entry.get("path")).endswith(f"/{function}") for entry in self.sandbox.log.entries())


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    for name in ("stacks", "templates"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    place = Clinic(tmp_path)
    place.config.write_text(CONFIG, encoding="utf-8")
    place.edit("account: {currency: USD}", f"account: {{redtrack_user: {USER}, currency: USD}}")
    place.edit("digistore24: {affiliate: acme,", f"digistore24: {{account: {VENDOR}, affiliate: acme,")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("REDTRACK_API_KEY", REDTRACK_KEY)
    monkeypatch.setenv("DIGISTORE24_API_KEY", DIGISTORE24_KEY)
    for name in ("REDTRACK_API_KEY__DEMO", "DIGISTORE24_API_KEY__DEMO", "TRACKFORM_BRIDGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    network = http.Network(
        lambda _url: httpx.WSGITransport(app=place.sandbox_app), base_wait=0.0, sleep=lambda _seconds: None, watch=here
    )
    monkeypatch.setattr(http, "NETWORK", network)
    # The real one takes a while to say its name.
    cli = tmp_path / "pulumi"
    cli.write_text(f"#!/bin/sh\necho v{version('pulumi')}\n", encoding="utf-8")
    cli.chmod(0o755)
    monkeypatch.setattr(doctor, "binary", lambda: cli)
    return place


def test_a_file_needs_no_objects_yet(clinic: Clinic) -> None:
    """Keys and pins are looked at before there is anything to declare."""
    pins = f"account: {{redtrack_user: {USER}, currency: USD}}\ndigistore24: {{account: {VENDOR}, affiliate: acme}}\n"
    clinic.file.write_text(pins, encoding="utf-8")
    lines = clinic.lines()
    assert lines["RedTrack account"]["said"] == f"{USER}, as the file says"


def test_a_set_up_that_lacks_nothing(clinic: Clinic) -> None:
    clinic.make("network", title="digistore24")
    clinic.make("domain", url="track.acme.test")
    lines = clinic.lines(status=0)
    assert lines["RedTrack key"]["said"] == "from the environment variable REDTRACK_API_KEY"
    assert lines["RedTrack account"]["said"] == f"{USER}, as the file says"
    assert lines["Digistore24 account"]["state"] == "ok"
    assert lines["RedTrack plan"]["state"] == "ok"
    assert lines["domain track.acme.test"]["state"] == "ok"
    assert lines["Digistore24 currency"]["state"] == "ok"
    assert lines["RedTrack currency"]["state"] == "unknown"
    assert lines["partnership keto-guide"]["state"] == "ok"


def test_a_state_that_opens_no_secret_any_more(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the state Pulumi decrypts nothing; what is wrong with it is told, and nothing else can be."""
    state = clinic.folder / "kept" / ".pulumi" / "stacks" / "trackform" / "demo.json"
    state.parent.mkdir(parents=True)
    state.write_text('{"checkpoint": {}}', encoding="utf-8")
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{clinic.folder}/kept")

    def unreadable(_stack: str) -> NoReturn:
        raise TrackformError("failed to load checkpoint")

    assert clinic.lines()["state"]["said"] == "0 resources"
    monkeypatch.setattr(doctor, "live_session", unreadable)
    assert clinic.lines(status=2)["configuration"]["said"] == "failed to load checkpoint"
    state.write_text("", encoding="utf-8")
    assert {*clinic.lines(status=2)} == {"Python", "Pulumi CLI", "state"}


def test_nothing_is_written(clinic: Clinic) -> None:
    clinic.lines()
    writes = [entry for entry in clinic.sandbox.log.entries() if entry["service"] == "redtrack"]
    assert {entry["method"] for entry in writes} == {"GET"}


def test_people_are_told_the_way(clinic: Clinic) -> None:
    clinic.edit("currency: USD, notify", "currency: SEK, notify")
    done = clinic.run()
    assert done.exit_code == 2
    assert "FIX     demo: Digistore24 currency: Digistore24 has no currency SEK" in done.stdout
    assert "-> digistore24.currency: CHF | EUR | GBP | USD" in done.stdout
    assert done.stdout.splitlines()[-1] == "1 to fix"


def test_without_keys(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REDTRACK_API_KEY")
    monkeypatch.setenv("DIGISTORE24_API_KEY", "copied with a\nline break")
    lines = clinic.lines(status=2)
    assert "set REDTRACK_API_KEY" in lines["RedTrack key"]["fix"]
    assert lines["Digistore24 key"]["state"] == "fix"
    assert "RedTrack account" not in lines
    assert not list(clinic.sandbox.log.entries())


def test_a_bridge(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "bridge key" not in clinic.lines()
    clinic.config.write_text(f"{CONFIG}  trackform:bridgeUrl: http://127.0.0.1/bridge\n", encoding="utf-8")
    assert "set TRACKFORM_BRIDGE_KEY" in clinic.lines(status=2)["bridge key"]["said"]
    monkeypatch.setenv("TRACKFORM_BRIDGE_KEY", "canary-bridge")
    assert clinic.lines()["bridge key"]["said"] == "from the environment variable TRACKFORM_BRIDGE_KEY"
    clinic.config.write_text(f"{CONFIG}  trackform:bridgeUrl: https://bridge.test\n", encoding="utf-8")
    assert "trackform:bridgeUrl names bridge.test" in clinic.lines(status=2)["bridge key"]["said"]
    (clinic.folder / "stacks" / "policy.yaml").write_text("hosts: {bridge: [bridge.test]}\n", encoding="utf-8")
    assert clinic.lines()["bridge key"]["state"] == "ok"


@pytest.mark.parametrize(
    ("setting", "topic"), [("redtrackUrl", "RedTrack account"), ("digistore24Url", "Digistore24 account")]
)
def test_an_address_that_no_key_goes_to(clinic: Clinic, setting: str, topic: str) -> None:
    """In the stack's settings, or as the project's default."""
    config = clinic.config.read_text(encoding="utf-8").splitlines(keepends=True)
    clinic.config.write_text("".join(line for line in config if setting not in line), encoding="utf-8")
    project = clinic.folder / "Pulumi.yaml"
    project.write_text(f"name: t\nconfig: {{{setting}: {{default: 'https://evil.test'}}}}\n", encoding="utf-8")
    line = clinic.lines(status=2)[topic]
    assert f"trackform:{setting} names evil.test" in line["said"]


def test_a_key_in_the_clear(clinic: Clinic) -> None:
    clinic.config.write_text(f"{CONFIG}  trackform:redtrackApiKey: canary-in-the-clear\n", encoding="utf-8")
    assert "make a new one" in clinic.lines(status=2)["configuration"]["fix"]


def test_a_ledger_of_another_account(clinic: Clinic) -> None:
    replace(ledger_of("demo"), accounts={"redtrack_user": "another"}).write()
    lines = clinic.lines(status=2)
    assert "holds what people saw in the RedTrack account another" in lines["RedTrack account"]["said"]
    assert "RedTrack plan" not in lines, "what this account holds says nothing of the stack"


def test_a_ledger_that_cannot_be_relied_on(clinic: Clinic) -> None:
    ledger_of("demo").file.write_text("<<<<<<< ours\n", encoding="utf-8")
    assert "demo.ledger.yaml:1: " in clinic.lines(status=2)["ledger"]["said"]


def test_settings_that_pulumi_refuses_are_one_line_of_many(clinic: Clinic) -> None:
    clinic.config.write_text(f"{CONFIG}config: {{}}\n", encoding="utf-8")
    lines = clinic.lines(status=2)
    assert lines["configuration"] == {
        "topic": "configuration", "state": "fix", "stack": "demo", "fix": "keep one of them",
        "said": "stacks/Pulumi.demo.yaml:4: 'config' stands twice in one map, in lines 1 and 4",
    }  # fmt: skip
    assert "Pulumi CLI" in lines


def test_secrets_that_the_file_names(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.edit("domains: {main", "postbacks: {sales: {token: {secret: ptoken}}}\ndomains: {main")
    line = clinic.lines(status=2)["configuration"]
    assert (line["state"], line["fix"]) == ("fix", "`pulumi config set --secret trackform:ptoken`")
    clinic.config.write_text(f"{CONFIG}  trackform:ptoken:\n    secure: v1:xyz\n", encoding="utf-8")
    # Reading it is Pulumi's affair, which has the passphrase.
    monkeypatch.setattr(live, "decrypted", lambda _stack: yaml_config(CONFIG))
    assert clinic.lines()["configuration"]["said"] == "the secret ptoken is set"
    clinic.config.write_text(f"{CONFIG}  trackform:ptoken: canary-in-the-clear\n", encoding="utf-8")
    assert "in the clear" in clinic.lines(status=2)["configuration"]["said"]


def yaml_config(text: str) -> dict[str, str]:
    return {name.partition(":")[2]: value for name, value in yaml.safe_load(text)["config"].items()}


def test_the_key_of_another_account_ends_it(clinic: Clinic) -> None:
    clinic.edit(USER, "64f0aa11bb22cc33dd44ee55")
    lines = clinic.lines(status=2)
    assert "belongs to the RedTrack account 64f0aa11bb22cc33dd44ee55" in lines["RedTrack account"]["said"]
    assert "RedTrack plan" not in lines
    assert clinic.asked("validateAffiliate") == 0


def test_an_account_that_is_not_pinned(clinic: Clinic) -> None:
    clinic.edit(f"redtrack_user: {USER}, ", "")
    assert f"account.redtrack_user: {USER}" in clinic.lines(status=2)["RedTrack account"]["fix"]


def test_a_refused_key_is_a_line_and_no_end(clinic: Clinic) -> None:
    fault: dict[str, Any] = {"service": "redtrack", "effect": "status:401", "times": None}
    web = httpx.Client(transport=httpx.WSGITransport(app=clinic.sandbox_app), base_url="http://127.0.0.1")
    web.post("/_control/faults", json=fault).raise_for_status()
    lines = clinic.lines(status=2)
    said = lines["RedTrack account"]["said"]
    assert "is not accepted" in said
    assert lines["Digistore24 account"]["state"] == "ok"
    # One cause is told at length once; for machines each line says it.
    alike = [topic for topic, line in lines.items() if line["said"] == said]
    told = clinic.run().output
    assert (told.count(said), told.count(": as RedTrack account, above\n")) == (1, len(alike) - 1)
    assert len(alike) > 1


@pytest.mark.parametrize("post_networks", ["allowed", "premium_only"])
def test_the_plan_is_not_known_without_a_write(clinic: Clinic, post_networks: Any) -> None:
    clinic.sandbox.switches.post_networks = post_networks
    line = clinic.lines()["RedTrack plan"]
    assert line["state"] == "unknown"
    assert "digistore24 would be created" in line["said"]
    assert "adopt: true" in line["fix"]


@pytest.mark.parametrize(("answer", "state"), [("allowed", "ok"), ("premium_only", "fix")])
def test_the_plan_as_the_policy_has_it(clinic: Clinic, answer: str, state: str) -> None:
    """What a probe has seen of this account, and of no other."""
    policy = clinic.folder / "stacks/policy.yaml"
    fact = f"post_networks: {{value: {answer}, seen: '2026-11-01', evidence: 'one attempt'}}"
    policy.write_text(f"accounts: {{redtrack/somebody: {{{fact}}}}}\n", encoding="utf-8")
    assert clinic.lines()["RedTrack plan"]["state"] == "unknown"
    policy.write_text(f"accounts: {{redtrack/{USER}: {{{fact}}}}}\n", encoding="utf-8")
    line = clinic.lines(status=2 if state == "fix" else 0)["RedTrack plan"]
    assert line["state"] == state
    assert f"stacks/policy.yaml, accounts: redtrack/{USER}" in line["said"]


def test_a_domain_that_is_not_there_yet(clinic: Clinic) -> None:
    assert clinic.lines()["domain track.acme.test"]["state"] == "unknown"


def test_a_domain_without_a_certificate(clinic: Clinic) -> None:
    clinic.make("domain", url="track.acme.test", ssl={"error": "expired"})
    assert "expired" in clinic.lines(status=2)["domain track.acme.test"]["said"]


@pytest.mark.parametrize(
    ("status", "state", "words"),
    [
        ("approved", "ok", "may promote"),
        ("wait_for_approval", "fix", "has not approved"),
        ("no_affiliation", "fix", "is not the vendor's affiliate"),
    ],
)
def test_partnerships(clinic: Clinic, status: Any, state: str, words: str) -> None:
    Catalog(clinic.sandbox.store).set_status("acme", ["all"], status)
    line = clinic.lines()["partnership keto-guide"]
    assert line["state"] == state
    assert words in line["said"]
    assert ("https://" in line["fix"]) == (status == "no_affiliation")


def test_a_partnership_is_asked_for_once(clinic: Clinic) -> None:
    clinic.lines()
    assert clinic.asked("validateAffiliate") == 1
    assert "an earlier answer" in clinic.lines()["partnership keto-guide"]["said"]
    assert clinic.asked("validateAffiliate") == 1
    assert "an earlier answer" not in clinic.lines("--again")["partnership keto-guide"]["said"]
    assert clinic.asked("validateAffiliate") == 2


def test_a_broken_cache_is_asked_over(clinic: Clinic) -> None:
    kept = clinic.folder / ".state" / "doctor" / "partnerships.json"
    kept.parent.mkdir(parents=True)
    kept.write_text("{", encoding="utf-8")
    assert clinic.lines()["partnership keto-guide"]["state"] == "ok"
    json.loads(kept.read_text(encoding="utf-8"))


def test_a_product_that_digistore24_does_not_have(clinic: Clinic) -> None:
    shared = clinic.folder / "stacks" / "shared" / "digistore24.yaml"
    text = shared.read_text(encoding="utf-8")
    shared.write_text(text.replace("[411531, 411532]", "[411531, 999]"), encoding="utf-8")
    line = clinic.lines(status=2)["partnership keto-guide"]
    assert "999" in line["said"]


def test_a_file_with_mistakes_is_an_error(clinic: Clinic) -> None:
    clinic.edit("countries", "contries")
    done = clinic.run()
    assert done.exit_code == 1
    assert 'did you mean "countries"?' in done.output


def test_dns_only_on_request(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    def lookup(*_args: Any, **_options: Any) -> Any:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "abcde.ttrk.io.", ("127.0.0.1", 443))]

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    lines = clinic.lines()
    assert "DNS track.acme.test" not in lines
    assert lines["domain track.acme.test"]["fix"].endswith("`--dns` looks it up")
    lines = clinic.lines("--dns")
    assert lines["DNS track.acme.test"]["said"] == "leads to abcde.ttrk.io"
    assert lines["domain track.acme.test"]["fix"] == "DNS track.acme.test, below, tells whether it does"


def looked_up(resolve: Callable[[str], str], timeout: float = 30) -> CheckResult:
    (line,) = names(["track.acme.test"], "demo", resolve, timeout)
    return line


def no_such_name(_host: str) -> str:
    raise socket.gaierror(-2, "Name or service not known")


def test_where_a_name_leads() -> None:
    assert looked_up(lambda _: "x.ttrk.io").state == "ok"
    assert looked_up(lambda _: "x.rdtk.io").state == "ok"
    assert looked_up(lambda _: "shop.example.com").state == "fix"
    assert looked_up(lambda host: host).state == "unknown"
    assert looked_up(no_such_name).said == "the name does not resolve"


@pytest.fixture
def never() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


def test_a_resolver_that_does_not_answer_is_given_up(never: threading.Event) -> None:
    asking: list[threading.Thread] = []

    def hangs(host: str) -> str:
        asking.append(threading.current_thread())
        never.wait()
        return host

    line = looked_up(hangs, timeout=0.05)
    assert (line.state, line.said) == ("unknown", "no answer within 0.05 s")
    assert all(thread.daemon for thread in asking), "nor does the end of the command wait for it"


def test_the_cli(tmp_path: Path) -> None:
    def said(script: str) -> CheckResult:
        cli = tmp_path / "pulumi"
        cli.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        cli.chmod(0o755)
        return list(tools(cli))[-1]

    # What `make setup` takes is right, and only that: it could be the fix of nothing else.
    for told, state in (("3.253.9", "fix"), ("3.254.0", "ok"), ("3.300.1", "ok"), ("4.0.0", "fix"), ("3.1.0", "fix")):
        assert said(f"echo v{told}").state == state, told
    assert "does not tell its version" in said("exit 1").said
    assert list(tools(None))[-1].fix == "trackform setup"


@pytest.mark.parametrize("theirs", [{}, {"alias": "theirs"}])
def test_what_is_there_twice(clinic: Clinic, theirs: dict[str, str]) -> None:
    for fields in ({}, theirs):
        clinic.make("source", title="facebook", **fields)
    line = clinic.lines().get("made twice")
    if theirs:
        assert line is None
        return
    assert line is not None
    assert line["state"] == "fix"
    said = "traffic_channels.facebook: RedTrack has 2 of it with the same values ("
    assert line["said"].startswith(said)
    picked = line["said"].removeprefix(said)[:24]
    clinic.edit("facebook: {preset: facebook}", f"facebook: {{preset: facebook, id: {picked}}}")
    assert "made twice" not in clinic.lines()
    both = f"facebook: {{preset: facebook}}\n  other: {{preset: facebook, title: facebook, id: {picked}}}"
    clinic.edit(f"facebook: {{preset: facebook, id: {picked}}}", both)
    assert "made twice" not in clinic.lines(), "who declares both knows of them"
