"""Every line that the doctor can say, to the letter: whose it is, about what, and the way out."""

import json
import re
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner

from tests.kept import as_kept
from tests.trackform.doctor.test_doctor import Clinic, clinic
from tests.trackform.doctor.test_each_line import MACHINE, DoctorServices, file, offering, services, session
from tests.trackform.doctor.test_specs import digistore24, redtrack
from tests.trackform.export.living import composed
from trackform.account_file.models import AccountFile
from trackform.cli import main
from trackform.doctor import accounts, partnership, specs
from trackform.doctor.check_result import CheckResult
from trackform.doctor.names import OF_REDTRACK, TIMEOUT_S, names
from trackform.project import pulumi_cli
from trackform_core.http.service_error import ServiceError
from trackform_core.no_api.ledger import BrokenLedger
from trackform_core.session.session import Session
from trackform_core.session.settings import settings_of

__all__ = ["clinic", "services", "session"]


def told(title: str, lines: Iterable[CheckResult]) -> str:
    return "\n".join([f"# {title}", *map(str, lines), ""])


SETTINGS: dict[str, dict[str, str]] = {
    "no key": {},
    "keys": {"redtrackApiKey": "canary", "digistore24ApiKey": "1-canary"},
    "no keys at all": {"redtrackApiKey": "a b", "digistore24ApiKey": "1-\nx"},
    "a bridge, no key for it": {"redtrackApiKey": "canary", "bridgeUrl": "http://127.0.0.1/bridge"},
    "a bridge": {"bridgeUrl": "http://127.0.0.1/bridge", "bridgeKey": "canary"},
    "a bridge elsewhere": {"bridgeUrl": "https://bridge.test", "bridgeKey": "canary"},
}


def test_keys(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(Path(__file__).parent)
    for name in ("REDTRACK_API_KEY", "DIGISTORE24_API_KEY", "TRACKFORM_BRIDGE_KEY"):
        monkeypatch.delenv(name, raising=False)
    found = []
    for title, config in SETTINGS.items():
        session.settings = settings_of("acme", config)
        found.append(told(title, accounts.keys(Session("acme", session.settings), file())))
        found.append(told(f"{title}; without Digistore24", accounts.keys(session, AccountFile())))
    assert "canary" not in "".join(found)
    as_kept("doctor/keys.txt", "\n".join(found))


SECRETS = """\
offer_sources: {shop: {postback_token: {secret: tok}}, other: {postback_token: {secret: another}}}
"""


def test_the_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = Path("Pulumi.acme.yaml")
    found = []
    for values in (
        {}, {"tok": {"secure": "v1:x"}}, {"tok": "clear", "another": {"secure": "x"}, "bridgeKey": "clear"},
        {"redtrackApiKey": "clear", "digistore24ApiKey": "clear", "redtrackUrl": "clear", "tok": None, "another": 1},
    ):  # fmt: skip
        config.write_text(yaml.safe_dump({"config": {f"trackform:{name}": value for name, value in values.items()}}))
        found.append(told(str(values), accounts.configuration(composed(own=SECRETS), "acme", config)))
    as_kept("doctor/configuration.txt", "\n".join(found))


PINNED = {"account": {"redtrack_user": "u1"}, "digistore24": {"affiliate": "acme", "account": "7", "currency": "USD"}}
DOWN = ServiceError("RedTrack", "failed", "no way")
PINS: dict[str, tuple[dict[str, str | ServiceError], dict[str, Any], bool]] = {
    "as pinned": ({"RedTrack": "u1", "Digistore24": "7"}, PINNED, True),
    "not pinned": ({"RedTrack": "u1", "Digistore24": "7"}, {}, True),
    "another RedTrack account": ({"RedTrack": "u2", "Digistore24": "7"}, PINNED, False),
    "another Digistore24 account": ({"RedTrack": "u1", "Digistore24": "8"}, PINNED, False),
    "no Digistore24 section": ({"RedTrack": "u1", "Digistore24": "8"}, {"digistore24": None}, True),
    "RedTrack is down": ({"RedTrack": DOWN, "Digistore24": "7"}, PINNED, True),
    "RedTrack is down, another Digistore24 account": ({"RedTrack": DOWN, "Digistore24": "8"}, PINNED, False),
}


def ended(said: Generator[CheckResult, None, bool]) -> tuple[list[CheckResult], bool]:
    lines: list[CheckResult] = []
    while True:
        try:
            lines.append(next(said))
        except StopIteration as end:
            return lines, end.value


def test_pins(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for title, (owners, sections, fits) in PINS.items():

        def owner(service: Any, owners: dict[str, str | ServiceError] = owners) -> str:
            said = owners[service.name]
            if isinstance(said, ServiceError):
                raise said
            return said

        monkeypatch.setattr(session, "owner", owner)
        lines, went_on = ended(accounts.pins(session, file(**sections)))
        assert went_on is fits, title
        found.append(told(title, lines))
    session.settings = settings_of("default", {"redtrackApiKey": "no key"})
    assert ended(accounts.pins(session, file())) == ([], True), "nobody is asked with what is no key"
    as_kept("doctor/pins.txt", "\n".join(found))


@pytest.mark.parametrize(
    ("error", "lines", "goes_on"),
    [
        (DOWN, 0, True), (BrokenLedger(Path("stacks/acme.ledger.yaml"), [(3, "it says nothing")]), 1, False),
    ],
)  # fmt: skip
def test_whose_state_and_ledger_they_are_where_nobody_can_tell(
    session: Session, monkeypatch: pytest.MonkeyPatch, error: Exception, lines: int, goes_on: bool
) -> None:
    """A key that the service refuses was told of; a ledger that is broken says nothing of anything."""

    def fails(*_arguments: Any) -> Any:
        raise error

    monkeypatch.setattr(accounts, "found_elsewhere", fails)
    said, went_on = ended(accounts.elsewhere(session))
    assert (len(said), went_on) == (lines, goes_on)
    assert all("stacks/acme.ledger.yaml:3: it says nothing" in each.said for each in said)


LIVE = """\
domains: {b: b.test, a: {existing: a.test}, c: c.test}
offer_sources: {shop: {}, other: {title: Other}, x: {existing: elsewhere}}
"""


def test_what_is_live(session: Session, services: DoctorServices) -> None:
    found = []
    services.answers["domains"] = [
        {"id": "1", "url": "a.test", "ssl": {"error": "expired"}}, {"id": "2", "url": "c.test", "ssl": None},
    ]  # fmt: skip
    services.answers["networks"] = {"items": [{"id": "n", "title": "Other"}], "total": 1}
    found.append(told("domains", accounts.domains(session, composed(own=LIVE))))
    found.append(told("plan", accounts.plan(session, composed(own=LIVE))))
    found.append(
        told("plan, with nothing to create", accounts.plan(session, composed(own=LIVE.replace("shop: {}, ", ""))))
    )
    session.settings = settings_of("default", {})
    found.append(told("no key: nothing is asked", accounts.domains(session, composed(own=LIVE))))
    found.append(told("no key: no plan", accounts.plan(session, composed(own=LIVE))))
    as_kept("doctor/live.txt", "\n".join(found))


def test_what_cannot_be_read(session: Session, services: DoctorServices) -> None:
    services.answers |= {"domains": 400, "networks": 403, "listCurrencies": 400, "validateAffiliate": 400}
    found = [
        told("domains", accounts.domains(session, composed(own=LIVE))),
        told("plan", accounts.plan(session, composed(own=LIVE))),
        told("currencies", accounts.currencies(session, file())),
        told(
            "partnerships", partnership.partnerships(session, offering(), partnership.PartnershipCache(Path("nowhere")))
        ),
        told("no advice", [accounts.refused("topic", ServiceError("RedTrack", "failed", "no"), "acme")]),
    ]
    as_kept("doctor/unreadable.txt", "\n".join(found))


def test_currencies(session: Session, services: DoctorServices) -> None:
    services.answers["listCurrencies"] = [{"code": "USD"}, {"code": "EUR"}, {"code": ""}, {}, "GBP"]
    found = [
        told(str(said), accounts.currencies(session, AccountFile.model_validate(said)))
        for said in (
            {}, {"account": {"currency": "USD"}}, {"digistore24": {"affiliate": "acme"}},
            {"digistore24": {"affiliate": "acme", "currency": "USD"}},
            {"digistore24": {"affiliate": "acme", "currency": "SEK"}},
        )
    ]  # fmt: skip
    services.answers["listCurrencies"] = None
    found.append(told("no answer", accounts.currencies(session, file())))
    session.settings = settings_of("default", {})
    found.append(told("no key", accounts.currencies(session, file())))
    as_kept("doctor/currencies.txt", "\n".join(found))


STATUS: list[Any] = [
    {"affiliation_status": "approved"}, {"affiliation_status": "approved", "invalid_product_ids": "2"},
    {"affiliation_status": "wait_for_approval"},
    {"affiliation_status": "no_valid_products", "invalid_product_ids": "1,2"},
    *(
        {"affiliation_status": "approved", "invalid_affiliate_name": value}
        for value in (True, "Y", 1, "1", "true", "N", 0)
    ),
    {}, {"affiliation_status": "rejected", "invite_url": "https://i.test/"}, [], None,
]  # fmt: skip


def test_partnerships(session: Session, services: DoctorServices, tmp_path: Path) -> None:
    found = []
    for at, answer in enumerate(STATUS):
        services.answers["validateAffiliate"] = answer
        kept = partnership.PartnershipCache(tmp_path / f"{at}.json")
        for again in (False, True, False):
            lines = partnership.partnerships(session, offering(), kept, **({"again": True} if again else {}))
            found.append(told(f"{answer}{', again' if again else ''}", lines))
    as_kept("doctor/partnerships.txt", "\n".join(found))


def not_there(_host: str) -> str:
    raise OSError


def test_where_names_lead() -> None:
    resolve: dict[str, Callable[[str], str]] = {
        "fine.test": lambda _: "x.ttrk.io", "old.test": lambda _: "x.rdtk.io", "gone.test": not_there,
        "self.test": str, "shop.test": lambda _: "shop.example.com", "near.test": lambda _: "ttrk.io",
    }  # fmt: skip
    assert OF_REDTRACK == (".ttrk.io", ".rdtk.io")
    found = names(list(resolve), "acme", lambda host: resolve[host](host))
    as_kept("doctor/names.txt", told("names", found))


def test_descriptions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lost, new, less = redtrack(), redtrack(), digistore24()
    for name in sorted(lost["definitions"]["offer"]["properties"])[:7]:
        del lost["definitions"]["offer"]["properties"][name]
    del lost["paths"]["/me/settings"], lost["paths"]["/campaigns/status"], lost["paths"]["/sources"]["get"]
    new["definitions"]["offer"]["properties"] |= {f"f{at}": {} for at in range(8)}
    del less["paths"]["/ping"]
    less["paths"]["/ipnSetup"]["post"]["parameters"] = []
    folder = Path("specs")
    folder.mkdir()
    (folder / specs.FILES["RedTrack"]).write_bytes(b"\xff")
    found = [
        told("lost", specs.compared("RedTrack", json.dumps(lost))),
        told("new", specs.compared("RedTrack", json.dumps(new))),
        told("less", specs.compared("Digistore24", yaml.safe_dump(less))),
        told("fine", specs.compared("Digistore24", yaml.safe_dump(digistore24()))),
        *(told("none", specs.compared(vendor, "[]")) for vendor in specs.FILES), told("folder", specs.given(folder)),
    ]  # fmt: skip
    as_kept("doctor/descriptions.txt", "\n".join(found))
    assert {name: sorted(fields) for name, fields in specs.FUNCTIONS.items()} == {
        "getUserInfo": [], "ping": [], "listCurrencies": ["convert_to"],
        "validateAffiliate": ["affiliate_name", "product_ids"],
        "listTransactions": ["from", "page_no", "page_size", "search", "to"],
        "listCommissions": ["from", "page_no", "page_size", "to"],
        "listPurchases": ["page_no", "page_size", "search"],
        "ipnSetup": sorted(specs.IPN), "ipnInfo": ["domain_id"], "ipnDelete": ["domain_id"],
    }  # fmt: skip


def test_the_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MACHINE.sys, "version_info", type("Version", (tuple,), {"major": 3, "minor": 10})((3, 10, 1)))
    monkeypatch.setattr(MACHINE, "version", lambda _name: "3.259.0")
    found = [told("no CLI", MACHINE.tools(None))]
    cli = tmp_path / "pulumi"
    for script in ("exit 1", "echo 3.1.0", "echo v3.254.0-beta", "echo v4.0.0", "echo 3.259.0; exit 1", "echo hello"):
        cli.write_text(f"#!/bin/sh\n{script}\n")
        cli.chmod(0o755)
        found.append(told(script, MACHINE.tools(cli)).replace(str(tmp_path), "<folder>"))
    as_kept("doctor/machine.txt", "\n".join(found))


def test_the_whole_report(clinic: Clinic) -> None:
    done = clinic.run()
    assert done.exit_code == 0
    text = re.sub(r"\d{4}-\d\d-\d\d", "<day>", re.sub(r"Python: .*", "Python: …", click.unstyle(done.output)))
    as_kept("doctor/report.txt", re.sub(r"Pulumi CLI: .*", "Pulumi CLI: …", text).rstrip())
    coloured = CliRunner().invoke(main, ["doctor", "demo"], color=True).output
    assert "\x1b[32mok\x1b[0m      demo: RedTrack key: " in coloured
    assert "\x1b[35munknown\x1b[0m demo: RedTrack currency" in coloured
    clinic.edit("currency: USD, notify", "currency: SEK, notify")
    coloured = CliRunner().invoke(main, ["doctor", "demo"], color=True).output
    assert "\x1b[31mFIX\x1b[0m     demo: Digistore24 currency" in coloured
    assert click.unstyle(coloured).endswith("\n1 to fix\n")


def test_how_long_is_waited_and_what_is_kept() -> None:
    assert (TIMEOUT_S, pulumi_cli.LONGEST_S, specs.LARGEST) == (5, 60, 20_000_000)
    assert (partnership.KEPT_S, partnership.SHORT_S) == ({"approved": 7 * 24 * 3600}, 3600)
