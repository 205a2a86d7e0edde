"""`trackform operator --live`: DNS, offer sources and partnerships, as the services tell them. Reads only."""

import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from tests.trackform.export.living import composed
from trackform.cli import main
from trackform.commands import operator_live
from trackform.sandbox import webapp
from trackform.sandbox.app import create_app
from trackform_core.http import api as http
from trackform_core.http.attempt import here
from trackform_core.session import session as sessions
from trackform_redtrack.client import RedTrack

ROOT = Path(__file__).parents[3]
BASE = "http://127.0.0.1"
KEYS = {"REDTRACK_API_KEY": "redtrack-key-1", "DIGISTORE24_API_KEY": "100001-digistore24-key"}


class Lobby:
    """The demo's stack beside a sandbox in which nothing was set up."""

    def __init__(self) -> None:
        self.app = create_app()
        self.web = httpx.Client(transport=httpx.WSGITransport(app=self.app), base_url=BASE)

    def make(self, stored: str, **fields: Any) -> None:
        edit = webapp.Edit(kind=stored, key=KEYS["REDTRACK_API_KEY"], set=fields)
        webapp.edit(self.app.extensions["sandbox"], edit)

    def partnership(self, status: str, *product_ids: str) -> None:
        body = {"affiliate": "acme", "product_ids": list(product_ids), "status": status}
        answer = self.web.post("/_control/partnerships", json=body)
        assert answer.is_success, answer.text


def call(*arguments: str, answers: str = "") -> Result:
    return CliRunner().invoke(main, ["operator", "demo", "--live", *arguments], input=answers)


@pytest.fixture
def lobby(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lobby:
    shutil.copytree(ROOT / "stacks", tmp_path / "stacks")
    (tmp_path / "stacks" / "Pulumi.demo.yaml").write_text(
        f"config:\n  trackform:redtrackUrl: {BASE}/redtrack\n"
        f"  trackform:digistore24Url: {BASE}/digistore24/api/call\n  trackform:bridgeUrl: {BASE}/bridge\n"
    )
    monkeypatch.chdir(tmp_path)
    for name in ("REDTRACK_API_KEY__DEMO", "DIGISTORE24_API_KEY__DEMO"):
        monkeypatch.delenv(name, raising=False)
    for name, key in KEYS.items():
        monkeypatch.setenv(name, key)
    made = Lobby()
    network = http.Network(
        lambda _url: httpx.WSGITransport(app=made.app), base_wait=0.01, sleep=lambda _: None, watch=here
    )
    monkeypatch.setattr(http, "NETWORK", network)
    monkeypatch.setattr(RedTrack, "lag", 0.0)
    sessions.forget_everything()
    return made


def test_what_the_services_do_not_have_is_a_step_until_they_do(lobby: Lobby) -> None:
    done = call("--list")
    assert done.exit_code == 4
    names = [line.partition(":")[0] for line in done.output.splitlines() if re.match(r"\w+/\w+: ", line)]
    assert names == ["domains/main", "offer_sources/digistore24", "traffic_channels/facebook"]
    assert "Awaiting DNS" in done.output
    assert "CNAME\n" in done.output
    lobby.make("domain", url="track.acme.test")
    lobby.make("network", title="digistore24")
    done = call("--list")
    assert "domains/main" not in done.output
    assert "offer_sources" not in done.output


def test_a_partnership_that_is_not_approved_is_a_step_with_its_link(lobby: Lobby) -> None:
    lobby.partnership("no_affiliation", "411531")
    done = call("--list")
    assert "products/keto-guide: enter" in done.output
    assert "\n411531\n" in done.output
    assert "Invite link" in done.output
    lobby.partnership("wait_for_approval", "411531")
    assert "Requested, and not approved yet" in call("--list").output
    lobby.partnership("approved", "411531")
    assert "products/keto-guide" not in call("--list").output


def test_nobody_can_talk_such_a_step_closed(lobby: Lobby) -> None:
    refused = call("--who", "Ann", "--confirm", "domains/main")
    assert refused.exit_code == 1
    assert "no open step is called 'domains/main'" in refused.output
    walked = call("--who", "Ann", answers="c\ns\ns\nc\n")
    assert walked.exit_code == 4
    assert "This closes by itself. skip / back / quit" in walked.output
    assert walked.output.endswith("2 steps are open in demo\n")
    assert call("--who", "Ann", "--confirm", "*").exit_code == 1


def test_without_keys_nothing_is_asked(lobby: Lobby, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in KEYS:
        monkeypatch.delenv(name)
    done = call("--list")
    assert done.exit_code == 4
    assert done.stdout.endswith("1 step is open in demo\n")
    assert [line.partition(", or ")[0] for line in done.stderr.splitlines()] == [
        "demo: RedTrack is not asked: there is no API key; set REDTRACK_API_KEY__DEMO",
        "demo: Digistore24 is not asked: there is no API key; set DIGISTORE24_API_KEY__DEMO",
    ]


def test_a_service_that_fails_is_told_without_a_traceback(lobby: Lobby) -> None:
    fault = {"service": "redtrack", "effect": "html", "times": None}
    assert lobby.web.post("/_control/faults", json=fault).is_success
    done = call("--list")
    assert done.exit_code == 1
    assert "demo: RedTrack: " in done.output
    assert "Traceback" not in done.output


def test_the_keys_of_another_account_are_refused(lobby: Lobby) -> None:
    file = Path("stacks/demo.yaml")
    file.write_text(file.read_text().replace("account: {currency: USD}", "account: {redtrack_user: somebody-else}"))
    done = call("--list")
    assert done.exit_code == 1
    assert "somebody-else" in done.output


def test_of_an_account_without_a_marketplace_no_partnership_is_asked_for() -> None:
    nobody: Any = None
    assert operator_live._partnerships(nobody, composed(own="empty: true\n")) == {}
