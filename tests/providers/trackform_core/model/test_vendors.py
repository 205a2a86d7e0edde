"""What is installed says which vendors there are: in a fresh plugin process too, and never in silence that none is."""

import ast
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import grpc
import httpx
import pulumi
import pytest
from click.testing import CliRunner

from tests.providers.conftest import Room
from tests.providers.trackform_core.plugin import KEY, ROOT, Engine, served_sandbox, with_provider
from trackform import program
from trackform.cli import main
from trackform.resources import RESOURCES
from trackform_core import account
from trackform_core.account import AccountProvider
from trackform_core.dynamic import Failed
from trackform_core.errors import Refused
from trackform_core.http.keys import Key
from trackform_core.model import vendors
from trackform_core.model.vendors import NotInstalled
from trackform_core.session import session as sessions
from trackform_core.session.settings import Settings
from trackform_redtrack.resources import OfferProvider
from trackform_redtrack.service import REDTRACK

NO_VENDOR = "trackform's installation names no vendor, so no object and no account would be guarded"
NOTHING_WRITTEN = ". Nothing was written. Run `make setup` in trackform's folder"
NAMES = ("a", "b", "c")
OF_VENDORS = ("redtrack", "digistore24")


@pytest.fixture
def sandbox() -> Iterator[str]:
    with served_sandbox() as url:
        yield url


@pytest.fixture
def install(tmp_path: Path) -> Callable[[str], dict[str, str]]:
    """The environment of a process that finds other metadata of trackform than what is installed, as after an update
    of the files alone."""

    def install(entry_points: str) -> dict[str, str]:
        info = tmp_path / "trackform-0.1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: trackform\nVersion: 0.1.0\n")
        (info / "entry_points.txt").write_text(entry_points)
        return {"PYTHONPATH": str(tmp_path)}

    return install


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(metadata, "entry_points", lambda **_group: metadata.EntryPoints())
    vendors.vendors.cache_clear()
    sessions.forget_everything()
    yield
    vendors.vendors.cache_clear()
    sessions.forget_everything()


def test_the_accounts_check_in_a_fresh_plugin_process_judges_what_no_provider_was_unpickled_for(sandbox: str) -> None:
    for name in NAMES:
        body = {"title": f"title of {name}"}
        assert httpx.post(f"{sandbox}/redtrack/sources", params={"api_key": KEY}, json=body).is_success
    inventory = {"channel": {name: f"title of {name}" for name in NAMES}, "offer_source": {"shop": "shop"}}
    engine = Engine(sandbox)
    first, failures = engine.check(AccountProvider(), {"name": "demo", "inventory": inventory})
    assert failures == []
    assert first["inventory"] == inventory
    assert sorted(first["recorded"]) == ["digistore24_account", "redtrack_user"]
    engine.end()
    later = Engine(sandbox)
    news = {"name": "demo", "inventory": {"offer_source": {"shop": "shop"}}}
    checked, failures = later.check(AccountProvider(), news, first)
    later.end()
    assert failures == []
    (refusal,) = checked["refused"]
    assert refusal.startswith("all 3 objects of the kind traffic channel would be deleted or paused: ")


def test_a_plugin_process_that_finds_no_vendor_says_so(sandbox: str, install: Callable[[str], dict[str, str]]) -> None:
    engine = Engine(sandbox, install("[console_scripts]\ntrackform = trackform.cli:main\n"))
    with pytest.raises(grpc.RpcError) as error:
        engine.check(AccountProvider(), {"name": "demo", "inventory": {"channel": {"a": "A"}}})
    assert NO_VENDOR + NOTHING_WRITTEN in str(error.value)
    with pytest.raises(grpc.RpcError) as again:
        engine.read("1", with_provider(OfferProvider(), {"account": "demo", "title": "Keto"}))
    assert f"{NO_VENDOR}, as told in full for another object" in str(again.value)
    engine.end()
    assert httpx.get(f"{sandbox}/_control/requests").json() == []


def test_a_vendor_that_moved_since_it_was_installed_is_no_vendor_less(
    sandbox: str, install: Callable[[str], dict[str, str]]
) -> None:
    found = {entry.name: entry.value for entry in metadata.entry_points(group=vendors.GROUP)}
    lines = [f"{name} = {value}\n" for name, value in {**found, "gone": "gone.x:VENDOR"}.items()]
    engine = Engine(sandbox, install(f"[{vendors.GROUP}]\n{''.join(lines)}"))
    with pytest.raises(
        grpc.RpcError, match="the vendor 'gone' of trackform's installation cannot be loaded: No module"
    ):
        engine.check(AccountProvider(), {"name": "demo"})
    engine.end()


@pytest.mark.usefixtures("nothing_installed")
def test_without_a_vendor_nothing_is_judged_and_everybody_says_why() -> None:
    for method in (
        lambda: AccountProvider().check({}, {"name": "default"}),
        lambda: AccountProvider().diff("default", {"name": "default"}, {"name": "default"}),
        lambda: AccountProvider().create({"name": "default"}),
        lambda: sessions.session_of("default"),
        vendors.kinds,
        vendors.endpoints,
    ):
        with pytest.raises((Failed, Refused)) as error:
            method()
        assert NO_VENDOR in str(error.value)
    for declare in (lambda: account.Account(name="demo"), lambda: program.run(ROOT)):
        with pytest.raises(pulumi.RunError, match=NO_VENDOR):
            declare()


@pytest.mark.usefixtures("nothing_installed")
def test_the_command_says_it_without_a_traceback() -> None:
    done = CliRunner().invoke(main, ["validate", "demo"])
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(f"Error: {NO_VENDOR}{NOTHING_WRITTEN}")


def test_a_service_that_no_installed_vendor_has_is_reached_by_nobody() -> None:
    for ask in (Settings({}).url, Settings({}).key):
        with pytest.raises(NotInstalled, match="no vendor of trackform's installation has the service RedTrack"):
            ask(REDTRACK)


def test_an_inventory_with_a_kind_that_no_vendor_has_is_refused(room: Room) -> None:
    room.process()
    with pytest.raises(Failed, match="the `inventory` has objects of the kind offers, which no vendor") as error:
        AccountProvider().check({}, {"name": "default", "inventory": {"offers": {"a": "A"}, "offer": {}}})
    assert "Known: domain, channel, offer_source, " in str(error.value)
    assert AccountProvider().check({}, {"name": "default", "inventory": {"offers": {}}}).failures == []


def test_an_account_takes_the_pins_of_the_vendors_and_no_others() -> None:
    with pytest.raises(TypeError, match=r"takes no redtrack_users\. Its pins are redtrack_user, digistore24_account"):
        account.Account(name="demo", redtrack_users="1")


def test_every_resource_is_of_a_kind_that_its_vendor_names() -> None:
    assert [resource.provider.kind for resource in RESOURCES] == list(vendors.kinds().values())
    for vendor in vendors.vendors():
        assert {kind.service for kind in vendor.kinds} <= set(vendor.services)
        for service in vendor.services:
            assert bool(service.pin) == bool(service.pin_in_file) == (service.acts_for is None)


def test_what_is_told_of_services_names_each_once() -> None:
    assert [service.name for service in vendors.services()] == [
        "RedTrack", "Digistore24", "the bridge to RedTrack", "the bridge to Digistore24",
    ]  # fmt: skip
    assert list(vendors.pins()) == ["redtrack_user", "digistore24_account"]
    assert [endpoint.title for endpoint in vendors.endpoints()] == ["RedTrack", "Digistore24", "bridge"]
    assert Key("", "nowhere").variable == ""


def generic() -> list[Path]:
    """The modules that know no vendor; the resources stand in states by the name of theirs."""
    found = [*ROOT.glob("providers/trackform_core/**/*.py"), *ROOT.glob("providers/*.py")]
    return [path for path in found if path.name not in ("__init__.py", "resources.py")]


def texts(path: Path) -> Iterator[str]:
    """The texts and names of a module that do something: all but docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    told: set[Any] = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in told:
            yield node.value
        elif isinstance(node, ast.Name | ast.Attribute | ast.arg | ast.ImportFrom):
            yield ast.unparse(node)


@pytest.mark.parametrize("path", generic(), ids=lambda path: path.stem)
def test_what_is_generic_spells_no_vendor(path: Path) -> None:
    assert [text for text in texts(path) if any(vendor in text.lower() for vendor in OF_VENDORS)] == []


@pytest.mark.parametrize("vendor", OF_VENDORS)
def test_no_vendor_imports_another(vendor: str) -> None:
    others = tuple(f"trackform_{other}" for other in OF_VENDORS if other != vendor)
    for path in ROOT.glob(f"providers/trackform_{vendor}/*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        assert [name for name in found if name.startswith(others)] == [], path
